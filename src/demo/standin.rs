//! A stand-in for WeCom on loopback, over real HTTP: its answers, its 20 messages a minute, its 4,096 bytes.
//! The demo shows what it shows; the tests set how it fails.

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{App, HttpResponse, HttpServer, post};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::model::clock::{Clock, MINUTE, Millis};
use crate::model::robot::Format;

/// An answer that is prepared instead of the usual one.
#[derive(Clone, Debug)]
pub enum Answer {
    Errcode(i64, &'static str),
    Status(u16, &'static str),
    /// HTTP 429 with a Retry-After of so many seconds.
    TooMany(u64),
    /// A redirect to a page that says 200.
    Redirect,
    /// Shows the message, but never answers.
    ShowAndHang,
    /// Begins an answer and breaks the connection.
    BreakOff,
}

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Millis,
    pub body: String,
    pub errcode: Option<i64>,
}

/// A message that the group sees.
#[derive(Clone, Debug)]
pub struct Shown {
    pub at: Millis,
    pub format: Format,
    pub content: String,
    /// Whom a text calls on; a Markdown message names them in its content.
    pub mentioned: Vec<String>,
}

#[derive(Default)]
struct Group {
    key: String,
    per_minute: Option<usize>,
    blocked_until: Millis,
    script: VecDeque<Answer>,
    always: Option<Answer>,
    /// How long an answer takes, after the message is shown.
    answers_after: Duration,
    /// A message that holds the word gets the answer.
    marked_words: Vec<(String, Answer)>,
    seen: Vec<Seen>,
    shown: Vec<Shown>,
}

struct State {
    group: Mutex<Group>,
    clock: Clock,
    changed: watch::Sender<()>,
}

impl State {
    fn group(&self) -> MutexGuard<'_, Group> {
        self.group.lock().expect("no holder of this lock panics")
    }
}

pub struct Standin {
    addr: SocketAddr,
    state: Arc<State>,
    server: Option<ServerHandle>,
}

impl Standin {
    /// Starts on a free port of loopback. `per_minute` is WeCom's 20, or None for no limit.
    pub async fn start(key: &str, per_minute: Option<usize>) -> std::io::Result<Self> {
        let group = Group { key: key.to_owned(), per_minute, ..Group::default() };
        let state = State { group: Mutex::new(group), clock: Clock::System, changed: watch::channel(()).0 };
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut standin = Self { addr: listener.local_addr()?, state: Arc::new(state), server: None };
        standin.listen(listener)?;
        Ok(standin)
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn url(&self) -> String {
        format!("{}/cgi-bin/webhook/send?key={}", self.base_url(), self.state.group().key)
    }

    /// From now on connections are refused.
    pub async fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(false).await;
        }
    }

    /// Listens again, where it did before.
    pub async fn come_back(&mut self) -> std::io::Result<()> {
        self.listen(TcpListener::bind(self.addr)?)
    }

    pub fn answer_next(&self, answer: Answer) {
        self.state.group().script.push_back(answer);
    }

    /// Answers everything so, or as usual again.
    pub fn answer_always(&self, answer: Option<Answer>) {
        self.state.group().always = answer;
    }

    /// Refuses every message that contains this, as anti-spam does (40201).
    pub fn refuse_containing(&self, word: &str) {
        self.fail_containing(word, Answer::Errcode(40201, "refused by anti-spam, hint: [6]"));
    }

    /// Answers every message that contains this in this way.
    pub fn fail_containing(&self, word: &str, answer: Answer) {
        self.state.group().marked_words.push((word.to_owned(), answer));
    }

    /// Takes so long to answer, after the message is shown.
    pub fn answer_after(&self, delay: Duration) {
        self.state.group().answers_after = delay;
    }

    /// Takes again what it refused because of a word.
    pub fn forgive(&self) {
        self.state.group().marked_words.clear();
    }

    pub fn change_key(&self, key: &str) {
        self.state.group().key = key.to_owned();
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.group().seen.clone()
    }

    pub fn shown(&self) -> Vec<Shown> {
        self.state.group().shown.clone()
    }

    /// Waits until the condition holds for what has been seen and shown.
    pub async fn until(&self, holds: impl Fn(&[Seen], &[Shown]) -> bool) {
        let mut changed = self.state.changed.subscribe();
        loop {
            changed.mark_unchanged();
            {
                let group = self.state.group();
                if holds(&group.seen, &group.shown) {
                    return;
                }
            }
            // The sender lives in `self`, so this ends only with a change.
            let _ = changed.changed().await;
        }
    }

    fn listen(&mut self, listener: TcpListener) -> std::io::Result<()> {
        let state = Data::from(self.state.clone());
        let server = HttpServer::new(move || App::new().app_data(state.clone()).service(send))
            .workers(1)
            .disable_signals()
            .listen(listener)?
            .run();
        self.server = Some(server.handle());
        tokio::spawn(server);
        Ok(())
    }
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

#[post("/cgi-bin/webhook/send")]
async fn send(query: Query<Key>, body: Bytes, state: Data<State>) -> HttpResponse {
    let (answer, delay) = {
        let now = state.clock.now();
        let mut group = state.group();
        let prepared = group.script.pop_front().or_else(|| group.always.clone());
        let message = message_of(&body, now);
        let answer = prepared.unwrap_or_else(|| group.judge(&query.key, message.as_ref(), now));
        let shows = matches!(answer, Answer::Errcode(0, "ok") | Answer::ShowAndHang);
        group.shown.extend(message.filter(|_| shows));
        let errcode = if let Answer::Errcode(errcode, _) = answer { Some(errcode) } else { None };
        group.seen.push(Seen { at: now, body: String::from_utf8_lossy(&body).into_owned(), errcode });
        (answer, group.answers_after)
    };
    state.changed.send_replace(());
    tokio::time::sleep(delay).await;
    match answer {
        Answer::Errcode(errcode, errmsg) => HttpResponse::Ok().json(json!({ "errcode": errcode, "errmsg": errmsg })),
        Answer::Status(status, body) => {
            HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT)).body(body)
        }
        Answer::TooMany(seconds) => {
            HttpResponse::TooManyRequests().insert_header(("retry-after", seconds.to_string())).finish()
        }
        Answer::Redirect => HttpResponse::Found().insert_header(("location", "/elsewhere")).finish(),
        Answer::ShowAndHang => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            HttpResponse::Ok().finish()
        }
        Answer::BreakOff => {
            let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "broken off");
            let parts = [Ok(Bytes::from_static(b"{\"errcode\"")), Err(broken)];
            HttpResponse::Ok().streaming(futures_util::stream::iter(parts))
        }
    }
}

impl Group {
    /// What WeCom would answer, in its order: key, frequency, then the message itself.
    fn judge(&mut self, key: &str, message: Option<&Shown>, now: Millis) -> Answer {
        if key != self.key {
            return Answer::Errcode(93000, "invalid webhook url, hint: [1], more info at ?e=93000");
        }
        let recent = self.shown.iter().filter(|shown| shown.at > now - MINUTE).count();
        if self.per_minute.is_some_and(|limit| recent >= limit) {
            self.blocked_until = now + MINUTE;
        }
        if now < self.blocked_until {
            return Answer::Errcode(45009, "api freq out of limit, hint: [2], more info at ?e=45009");
        }
        let Some(Shown { format, content, .. }) = message else {
            return Answer::Errcode(40008, "invalid message type, hint: [3]");
        };
        match content.len() {
            0 => Answer::Errcode(44004, "empty content, hint: [4]"),
            long if long > format.longest() => {
                Answer::Errcode(40058, "content exceed max length. invalid Request Parameter, hint: [5]")
            }
            _ => {
                let marked = self.marked_words.iter().find(|(word, _)| content.contains(word));
                marked.map_or(Answer::Errcode(0, "ok"), |(_, answer)| answer.clone())
            }
        }
    }
}

fn message_of(body: &[u8], at: Millis) -> Option<Shown> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let format: Format = body.get("msgtype")?.as_str()?.parse().ok()?;
    let message = body.get(format.as_str())?;
    let mentioned = message.get("mentioned_list").and_then(Value::as_array).into_iter().flatten();
    Some(Shown {
        at,
        format,
        content: message.get("content")?.as_str()?.to_owned(),
        mentioned: mentioned.filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}
