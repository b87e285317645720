//! One POST to a WeCom robot, and what its answer means. Whoever has the URL can write into the group, so
//! the URL is a secret here: it appears in no error, no log and no answer.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::model::clock::{Clock, Millis, SECOND};
use crate::model::outcome::{MessageOutcome, Report, RetryReason};
use crate::model::robot::{Format, Robot};
use crate::model::secret::Secrets;

/// WeCom's answers have about 300 bytes; more is somebody else's page.
const LONGEST_ANSWER: usize = 64 * 1024;
/// How much of an answer's words is kept.
const LONGEST_ERRMSG: usize = 300;

/// What sends for one robot.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    url: SecretString,
    secrets: Secrets,
}

/// The TLS of every HTTP client here. The first call counts; whoever comes later finds it there.
pub fn use_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Sender {
    /// Neither this robot's URL nor what else is secret is ever repeated. Fails where the system has no CA certificates.
    pub fn new(robot: &Robot, timeout: Duration, mut secrets: Secrets) -> Result<Self, String> {
        use_ring();
        let builder = if Url::parse(robot.url.expose_secret()).is_ok_and(|url| is_loopback(&url)) {
            // A proxy's own loopback is another machine's.
            Client::builder().no_proxy()
        } else {
            Client::builder()
        };
        let client = builder
            .timeout(timeout)
            // Less than the whole, so that a connection that was never made is not taken for a lost answer.
            .connect_timeout(timeout / 2)
            // A 302 would turn the POST into a GET, whose 200 looks like success.
            .redirect(Policy::none())
            // Messages are seconds apart. A connection that idled may be dead, and then it would be unknown
            // whether the message was shown.
            .pool_max_idle_per_host(0)
            .http1_only()
            .user_agent(concat!("harborbell/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                let causes = causes(&error.without_url());
                format!("cannot make an HTTPS client ({causes}); install the system's CA certificates")
            })?;
        secrets.add_robot_url(&robot.url);
        Ok(Self { client, url: robot.url.clone(), secrets })
    }

    /// Sends one body, exactly once. Every way in which this can go is a report.
    pub async fn deliver(&self, body: &str, clock: &Clock) -> Report {
        let request = self
            .client
            .post(self.url.expose_secret())
            .header("content-type", "application/json; charset=utf-8")
            .body(body.to_owned());
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return self.no_answer(error),
        };
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|value| pause_of(value, clock.now()));
        let mut answer = Vec::new();
        while answer.len() < LONGEST_ANSWER {
            match response.chunk().await {
                Ok(Some(chunk)) => answer.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return self.no_answer(error),
            }
        }
        answer.truncate(LONGEST_ANSWER);
        let report = judge(status, retry_after, &answer);
        Report { errmsg: self.presentable(&report.errmsg), ..report }
    }

    fn no_answer(&self, error: reqwest::Error) -> Report {
        let trouble =
            if error.is_connect() || error.is_builder() { RetryReason::Unreachable } else { RetryReason::Ambiguous };
        let what = match trouble {
            RetryReason::Unreachable => "cannot connect to WeCom",
            _ if error.is_timeout() => "no answer from WeCom in time",
            _ => "the connection to WeCom broke before its answer",
        };
        let causes = causes(&error.without_url());
        let errmsg = self.presentable(&format!("{what}: {causes}"));
        Report { outcome: MessageOutcome::Retry(trouble), http_status: 0, errcode: None, errmsg }
    }

    /// One short line in which no secret occurs, whoever wrote it. Cut last, because a part of a secret would not be
    /// found.
    fn presentable(&self, text: &str) -> String {
        let text = self.secrets.hide(text);
        let line: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
        line[..line.floor_char_boundary(LONGEST_ERRMSG)].trim().to_owned()
    }
}

/// The body of a message. In Markdown the mentions are part of the content.
pub fn body(format: Format, content: &str, mentions: &[String]) -> String {
    let body = match format {
        Format::Markdown => json!({ "msgtype": "markdown", "markdown": { "content": content } }),
        Format::Text if mentions.is_empty() => json!({ "msgtype": "text", "text": { "content": content } }),
        Format::Text => json!({ "msgtype": "text", "text": { "content": content, "mentioned_list": mentions } }),
    };
    body.to_string()
}

/// Whether a URL leads to this machine.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[derive(Deserialize)]
struct WecomAnswer {
    errcode: i64,
    errmsg: Option<String>,
}

/// What an answer means, by WeCom's documented codes and the bodies that people have seen. The HTTP status
/// of WeCom itself is always 200; another one comes from something on the way. The words are as they came: of any
/// length, and with whatever they repeat.
pub fn judge(status: u16, retry_after: Option<Millis>, body: &[u8]) -> Report {
    let report =
        |outcome, errcode, errmsg: &str| Report { outcome, http_status: status, errcode, errmsg: errmsg.to_owned() };
    match status {
        200..=299 => {}
        300..=399 => {
            return report(
                MessageOutcome::Retry(RetryReason::Answered),
                None,
                "a redirect, which is not followed; check the robot's URL",
            );
        }
        401 | 403 | 404 | 405 | 410 => {
            return report(MessageOutcome::RobotBroken, None, "the robot's URL is refused; check it");
        }
        429 => return report(MessageOutcome::throttled(retry_after), None, "too many requests"),
        407 | 408 | 425 | 500.. => {
            return report(
                MessageOutcome::Retry(RetryReason::Answered),
                None,
                "passing trouble at WeCom or on the way to it",
            );
        }
        _ => return report(MessageOutcome::Rejected, None, "the message is refused"),
    }
    let Ok(WecomAnswer { errcode, errmsg }) = serde_json::from_slice(body) else {
        let text = String::from_utf8_lossy(body);
        return report(
            MessageOutcome::Retry(RetryReason::Answered),
            None,
            &format!("the answer is not WeCom's JSON: {text}"),
        );
    };
    let errmsg = errmsg.unwrap_or_default();
    let outcome = match errcode {
        0 if errmsg.trim().eq_ignore_ascii_case("ok") => MessageOutcome::Delivered,
        // `ok. Warning: wrong json format.` was reported as not shown.
        0 => MessageOutcome::Rejected,
        45009 => MessageOutcome::throttled(retry_after),
        93000 | 93004 | 93008 => MessageOutcome::RobotBroken,
        40008 | 40033 | 40035 | 40058 | 40063 | 40201 | 40206 | 44004 | 45002 | 82004 => MessageOutcome::Rejected,
        // -1, 6000, 45033 and 81026 are WeCom's passing trouble; what is not documented is taken for it.
        _ => MessageOutcome::Retry(RetryReason::Answered),
    };
    report(outcome, Some(errcode), &errmsg)
}

/// Retry-After as a length of time: seconds, or a date (RFC 9110 §10.2.3).
pub fn pause_of(value: &str, now: Millis) -> Option<Millis> {
    if let Ok(seconds) = value.trim().parse::<i64>() {
        return Some(seconds.clamp(0, i64::from(u16::MAX)) * SECOND);
    }
    let date = jiff::fmt::rfc2822::parse(value.trim()).ok()?;
    Some((date.timestamp().as_millisecond() - now).max(0))
}

fn causes(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}
