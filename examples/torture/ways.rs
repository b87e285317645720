//! Every way in which WeCom, or what is between, is known to answer.

use std::time::Duration;

use crate::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Fine,
    /// No connection.
    Refused,
    /// The connection ends before the request was read.
    Reset,
    Hangs,
    Slow,
    Cut,
    Html,
    Huge,
    Garbage,
    /// WeCom's passing errors, and codes that nobody documents.
    Passing,
    /// The key or the robot is refused, by a code or by a status.
    Broken,
    /// The message is refused, by a code or by a status.
    Rejected,
    /// 20 messages a minute; then nothing for a minute.
    Counts,
    TooMany,
    Redirects,
    ServerErrors,
}

pub const ALL: [Way; 15] = [
    Way::Refused,
    Way::Reset,
    Way::Hangs,
    Way::Slow,
    Way::Cut,
    Way::Html,
    Way::Huge,
    Way::Garbage,
    Way::Passing,
    Way::Broken,
    Way::Rejected,
    Way::Counts,
    Way::TooMany,
    Way::Redirects,
    Way::ServerErrors,
];

const PASSING: [i64; 7] = [-1, 6000, 45033, 81026, 40001, 99_999, 301_025];
const BROKEN: [i64; 3] = [93000, 93004, 93008];
const REJECTED: [i64; 10] = [40008, 40033, 40035, 40058, 40063, 40201, 40206, 44004, 45002, 82004];

/// How an answer goes on after its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Close,
    Hang,
    /// Its bytes come one by one.
    Drip(Duration),
    /// 100 MB more.
    Flood,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    /// Whether the group sees the message.
    pub shown: bool,
    /// Whether the answer says so without a doubt.
    pub sure: bool,
    pub refused: bool,
    pub too_fast: bool,
    pub then: Then,
}

impl Answer {
    fn of(name: &'static str, bytes: Vec<u8>) -> Self {
        Self { name, bytes, shown: false, sure: false, refused: false, too_fast: false, then: Then::Close }
    }

    pub fn ok() -> Self {
        let bytes = http(200, "", r#"{"errcode":0,"errmsg":"ok"}"#);
        Self { shown: true, sure: true, ..Self::of("ok", bytes) }
    }

    pub fn rejected(random: &mut Random, url: &str) -> Self {
        let bytes = match random.within(0..13) {
            0 => http(200, "", r#"{"errcode":0,"errmsg":"ok. Warning: wrong json format. "}"#),
            1 => http(*random.pick(&[400, 413, 415, 422]), "", &format!("refused: {url}")),
            _ => errcode(*random.pick(&REJECTED), random, url),
        };
        Self { refused: true, sure: true, ..Self::of("message refused", bytes) }
    }

    /// WeCom's own answer to who sends too fast.
    pub fn counted(random: &mut Random, url: &str) -> Self {
        Self { too_fast: true, sure: true, ..Self::of("45009", errcode(45009, random, url)) }
    }

    pub fn of_way(way: Way, random: &mut Random, url: &str) -> Self {
        let seen_by_chance = random.one_in(2);
        match way {
            Way::Fine | Way::Counts | Way::Refused | Way::Reset => Self::ok(),
            Way::Hangs => {
                let bytes = if random.one_in(2) { Vec::new() } else { b"HTTP/1.1 200 OK\r\ncontent-".to_vec() };
                Self { shown: seen_by_chance, then: Then::Hang, ..Self::of("hangs", bytes) }
            }
            Way::Slow if random.one_in(2) => {
                Self { then: Then::Drip(Duration::from_millis(4)), name: "slow", ..Self::ok() }
            }
            Way::Slow => {
                Self { then: Then::Drip(Duration::from_millis(80)), sure: false, name: "too slow", ..Self::ok() }
            }
            Way::Cut => Self { shown: seen_by_chance, ..Self::of("cut", cut(random, url)) },
            Way::Html => Self::of("HTML", http(200, "content-type: text/html\r\n", &html(url))),
            Way::Huge => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n{{\"errmsg\":\"{url}");
                Self { shown: seen_by_chance, then: Then::Flood, ..Self::of("100 MB", head.into_bytes()) }
            }
            Way::Garbage => Self { shown: seen_by_chance, ..Self::of("garbage", garbage(random, url)) },
            Way::Passing => Self::of("passing errcode", errcode(*random.pick(&PASSING), random, url)),
            Way::Broken => {
                let status = *random.pick(&[0, 401, 403, 404, 405, 410]);
                let by_code = errcode(*random.pick(&BROKEN), random, url);
                Self::of("robot refused", if status == 0 { by_code } else { http(status, "", &html(url)) })
            }
            Way::Rejected => Self::rejected(random, url),
            Way::TooMany => {
                let after = *random.pick(&["", "retry-after: 3\r\n", "retry-after: 70\r\n", "retry-after: soon\r\n"]);
                Self { too_fast: true, sure: true, ..Self::of("429", http(429, after, url)) }
            }
            Way::Redirects => {
                let status = *random.pick(&[301, 302, 303, 307, 308]);
                Self::of("redirect", http(status, &format!("location: {url}\r\n"), ""))
            }
            Way::ServerErrors => {
                let status = *random.pick(&[408, 425, 500, 502, 503, 504]);
                let bytes = http(status, "", &html(url));
                Self { shown: seen_by_chance, ..Self::of("5xx", bytes) }
            }
        }
    }
}

fn http(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} As It Is\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}").into()
}

/// WeCom's words, with the robot's URL in them, as some proxies have it.
fn errcode(code: i64, random: &mut Random, url: &str) -> Vec<u8> {
    let url = spelled(random, url);
    http(200, "", &format!(r#"{{"errcode":{code},"errmsg":"an error of {url}, hint: [1653710540075724015410106]"}}"#))
}

fn html(url: &str) -> String {
    format!("<html><body><h1>Sorry</h1>No answer from <a href=\"{url}\">{url}</a></body></html>")
}

/// However a text may repeat it.
fn spelled(random: &mut Random, url: &str) -> String {
    match random.within(0..4) {
        0 => url.to_uppercase(),
        1 => url.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        2 => url.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        _ => url.to_owned(),
    }
}

/// Broken off: before its end, in its head, or in the middle of a secret.
fn cut(random: &mut Random, url: &str) -> Vec<u8> {
    let mut whole = match random.within(0..3) {
        0 => http(200, "", r#"{"errcode":0,"errmsg":"ok"}"#),
        1 => format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{{\"errcode\":0,\"errmsg\":\"{url}").into_bytes(),
        _ => http(502, "", &html(url)),
    };
    whole.truncate(random.within(0..whole.len() as u64) as usize);
    whole
}

fn garbage(random: &mut Random, url: &str) -> Vec<u8> {
    let noise: Vec<_> = (0..64).map(|_| random.next() as u8).collect();
    match random.within(0..4) {
        0 => noise,
        1 => [http(200, "", ""), noise].concat(),
        2 => http(200, "", &format!("{}{url}", "[".repeat(40_000))),
        _ => [
            b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"errcode\":0,\"errmsg\":\"".as_slice(),
            &noise,
            url.as_bytes(),
        ]
        .concat(),
    }
}
