//! A stand-in for one WeCom group, on raw sockets, so that an answer can go wrong anywhere. It keeps what it got.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::ledger::{Ledger, Message};
use crate::news;
use crate::random::Random;
use crate::robots::{BROKEN, CALL, ROBOTS, Robot};
use crate::ways::{Answer, Then, Way};

const MINUTE: Duration = Duration::from_secs(60);
const PER_MINUTE: usize = 20;
/// One answer that takes longer may have come too late.
const IN_TIME: Duration = Duration::from_secs(1);

pub struct Group {
    index: usize,
    port: u16,
    way: watch::Sender<Way>,
    ledger: Arc<Ledger>,
    random: Mutex<Random>,
    /// When the last messages were shown, and until when nothing more is.
    counted: Mutex<(VecDeque<Instant>, Option<Instant>)>,
}

impl Group {
    pub async fn start(index: usize, ledger: Arc<Ledger>, random: Random) -> std::io::Result<Arc<Self>> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let first = if index == BROKEN { Way::Broken } else { Way::Fine };
        let (way, random) = (watch::channel(first).0, Mutex::new(random));
        let group = Arc::new(Self { index, port, way, ledger, random, counted: Mutex::default() });
        tokio::spawn(group.clone().listen());
        Ok(group)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/cgi-bin/webhook/send?key={}", self.port, self.robot().key)
    }

    pub fn answer(&self, way: Way) {
        self.way.send_replace(way);
    }

    fn robot(&self) -> &'static Robot {
        &ROBOTS[self.index]
    }

    async fn listen(self: Arc<Self>) {
        let mut changes = self.way.subscribe();
        loop {
            while *changes.borrow_and_update() == Way::Refused {
                let _ = changes.changed().await;
            }
            let Ok(listener) = TcpListener::bind(("127.0.0.1", self.port)).await else {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            while *changes.borrow_and_update() != Way::Refused {
                tokio::select! {
                    Ok((stream, _)) = listener.accept() => {
                        let group = self.clone();
                        tokio::spawn(async move { group.serve(stream).await });
                    }
                    _ = changes.changed() => {}
                }
            }
        }
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let way = *self.way.borrow();
        if way == Way::Reset {
            // What is left unread makes it a reset.
            stream.read_u8().await.ok()?;
            let answer = Answer { shown: false, sure: false, name: "reset", ..Answer::ok() };
            self.keep(&answer, Vec::new());
            return None;
        }
        let (head, body) = read_request(&mut stream).await?;
        let (answer, news) = self.decide(way, &head, &body);
        let (at, number) = (Instant::now(), self.keep(&answer, news));
        let is_whole = write(&mut stream, &answer).await.is_some();
        if is_whole && answer.then != Then::Hang {
            let mut books = self.ledger.books();
            let message = &mut books.messages[number];
            message.answered_at = Some(Instant::now());
            message.sure = answer.sure && at.elapsed() < IN_TIME;
        }
        Some(())
    }

    fn keep(&self, answer: &Answer, news: Vec<news::News>) -> usize {
        let mut books = self.ledger.books();
        *books.ways.entry(answer.name).or_default() += 1;
        books.messages.push(Message {
            robot: self.index,
            at: Instant::now(),
            way: answer.name,
            news,
            shown: answer.shown,
            answered_at: None,
            sure: false,
            refused: answer.refused,
            too_fast: answer.too_fast,
        });
        books.messages.len() - 1
    }

    /// What is answered to a request, and what it says.
    fn decide(&self, way: Way, head: &str, body: &[u8]) -> (Answer, Vec<news::News>) {
        let content = self.content(head, body);
        let news = news::read(&content);
        let mut random = self.random.lock().expect("no holder of this lock panics");
        let url = self.url();
        // Anti-spam dislikes some versions, whatever else is the matter.
        if way == Way::Fine && news.iter().any(|one| one.version % 211 == 5) {
            return (Answer::rejected(&mut random, &url), news);
        }
        if way == Way::Counts && self.is_too_fast() {
            return (Answer::counted(&mut random, &url), news);
        }
        let answer = Answer::of_way(way, &mut random, &url);
        if answer.shown {
            self.counted.lock().expect("no holder of this lock panics").0.push_back(Instant::now());
        }
        (answer, news)
    }

    /// The content of a message. What WeCom could not take is a fault.
    fn content(&self, head: &str, body: &[u8]) -> String {
        let robot = self.robot();
        let format = if robot.is_text { "text" } else { "markdown" };
        let fault = |what: &str| self.ledger.fault(format!("{what}: a message to {}", robot.name));
        if !head.starts_with(&format!("POST /cgi-bin/webhook/send?key={} ", robot.key)) {
            fault("wrong address");
        }
        if std::str::from_utf8(body).is_err() {
            fault("invalid UTF-8");
        }
        let message: Value = serde_json::from_slice(body).unwrap_or_default();
        let content = message[format]["content"].as_str().unwrap_or_default().to_owned();
        if message["msgtype"] != format || content.is_empty() {
            fault("not WeCom's JSON");
        }
        // What a character becomes that was cut.
        if content.contains('\u{fffd}') {
            fault("invalid UTF-8");
        }
        let calls = content.matches("<@").count();
        if calls != content.matches(CALL).count() || calls != usize::from(robot.calls()) {
            fault("the wrong people are called");
        }
        if content.len() > robot.longest() {
            fault("too long");
        }
        content
    }

    fn is_too_fast(&self) -> bool {
        let (now, mut counted) = (Instant::now(), self.counted.lock().expect("no holder of this lock panics"));
        let (shown, blocked_until) = &mut *counted;
        shown.retain(|at| now.duration_since(*at) < MINUTE);
        if shown.len() >= PER_MINUTE {
            *blocked_until = Some(now + MINUTE);
        }
        blocked_until.is_some_and(|until| now < until)
    }
}

/// Head and body of a request; None where it ends early.
async fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut request = Vec::new();
    loop {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).into_owned();
        let length = head.to_ascii_lowercase();
        let length = length.split("content-length: ").nth(1)?.lines().next()?.trim().parse::<usize>().ok()?;
        let body = &request[end + 4..];
        if body.len() >= length {
            return Some((head, body[..length].to_vec()));
        }
    }
}

/// None where nobody takes it any more.
async fn write(stream: &mut TcpStream, answer: &Answer) -> Option<()> {
    match answer.then {
        Then::Drip(pause) => {
            for byte in &answer.bytes {
                stream.write_all(&[*byte]).await.ok()?;
                tokio::time::sleep(pause).await;
            }
        }
        _ => stream.write_all(&answer.bytes).await.ok()?,
    }
    match answer.then {
        Then::Hang => while stream.read_u8().await.is_ok() {},
        Then::Flood => {
            for _ in 0..1_600 {
                stream.write_all(&[b' '; 65_536]).await.ok()?;
            }
        }
        Then::Close | Then::Drip(_) => {}
    }
    stream.shutdown().await.ok()
}
