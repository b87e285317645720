//! One value each: from what a person wrote to what the program uses, or a sentence that says what to
//! write instead. Values that may be secret are never repeated.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;
use tracing::Level;
use tracing_subscriber::filter::Targets;

use super::LogFormat;
use crate::model::clock::{HOUR, Millis};
use crate::model::failure_grace::FailureGrace;
use crate::model::moment::duration;
use crate::store;

/// The documentation's own key: it once answered `ok` and shows nothing.
const SAMPLE_KEY: &str = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa";
/// A message must end before the lane's lease of 30 s can.
pub(super) const LONGEST_TIMEOUT: Duration = Duration::from_secs(12);

pub(super) fn listen_addr(value: &str) -> Result<SocketAddr, String> {
    let numeric = value.strip_prefix("localhost:").map_or(value.to_owned(), |port| format!("127.0.0.1:{port}"));
    let problem = "is no address with a port; use one such as 127.0.0.1:8080 or 0.0.0.0:8080";
    numeric.parse().map_err(|_| format!("{} {problem}", quoted(value)))
}

pub(super) fn database_url(value: &str) -> Result<String, String> {
    // The value may hold a password, so no error repeats it.
    let problem = "is no database; use sqlite://path/to/file.db or postgres://user:password@host:5432/database";
    store::check_url(value).map(|()| value.to_owned()).map_err(|_| problem.into())
}

pub(super) fn timeout(value: &str) -> Result<Duration, String> {
    match length(value)? {
        Duration::ZERO => Err("is 0; a message needs some time".into()),
        long if long > LONGEST_TIMEOUT => {
            Err(format!("{value} is too long; a message may take {}s at most", LONGEST_TIMEOUT.as_secs()))
        }
        fine => Ok(fine),
    }
}

pub(super) fn length(value: &str) -> Result<Duration, String> {
    duration(value).map_err(|problem| withheld(value, problem))
}

pub(super) fn positive_millis(value: &str) -> Result<Millis, String> {
    const TEN_YEARS: Millis = 10 * 366 * 24 * 3_600_000;
    match Millis::try_from(length(value)?.as_millis()) {
        Ok(millis @ 1..=TEN_YEARS) => Ok(millis),
        _ => Err(format!("{value} is out of range; use from 1ms to ten years")),
    }
}

pub(super) fn grace(value: &str) -> Result<FailureGrace, String> {
    const A_DAY: Millis = 24 * HOUR;
    match Millis::try_from(length(value)?.as_millis()) {
        Ok(millis @ 0..=A_DAY) => Ok(FailureGrace(millis)),
        _ => Err(format!("{value} is longer than a day; Harbor tries again within minutes")),
    }
}

pub(super) fn number(value: &str, from: f64, to: f64) -> Result<f64, String> {
    let parsed = value.parse().ok().filter(|number| (from..=to).contains(number));
    parsed.ok_or_else(|| format!("{} is no number from {from} to {to}", quoted(value)))
}

pub(super) fn switch(value: &str) -> Result<bool, String> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(format!("{} is neither true nor false", quoted(other))),
    }
}

/// Words that are separated by commas.
pub(super) fn words<T: FromStr<Err = String>>(value: &str) -> Result<Vec<T>, String> {
    value.split(',').map(str::trim).map(|word| word.parse().map_err(|problem| withheld(word, problem))).collect()
}

pub(super) fn header(value: &str) -> Result<SecretString, String> {
    if value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Ok(value.into());
    }
    Err("holds characters that no HTTP header may have; use printable ASCII".into())
}

/// A token that people and programs show; its length is what makes guessing vain.
pub(super) fn token(value: &str) -> Result<SecretString, String> {
    match value.len() {
        0..16 => Err("is shorter than 16 characters; make one with: openssl rand -hex 32".into()),
        _ => header(value),
    }
}

/// An address without a path: the page cannot live under one.
pub(super) fn public_url(value: &str) -> Result<Url, String> {
    let url = web_url(value)?;
    if url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() {
        Ok(url)
    } else {
        Err("is more than an address; use one such as https://harborbell.example.com".into())
    }
}

pub(super) fn log_format(value: &str) -> Result<LogFormat, String> {
    match value {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        other => Err(format!("{} is no format; use text or json", quoted(other))),
    }
}

pub(super) fn log_filter(value: &str) -> Result<String, String> {
    let targets = value.parse::<Targets>().ok();
    // A word that is no level is taken for the name of a target; then all others are silent, errors too.
    let says_something = |targets: &Targets| targets.would_enable("harborbell", &Level::ERROR);
    let is_meant = targets.is_some_and(|targets| says_something(&targets) || value.contains("off"));
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_:-=,".contains(letter);
    if !is_meant || !value.chars().all(is_plain) {
        return Err(format!("{} is no filter; use a level such as info, or warn,harborbell=debug", quoted(value)));
    }
    Ok(value.to_owned())
}

pub(super) fn web_url(value: &str) -> Result<Url, String> {
    let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| "is not a valid URL; use one that begins with https:// or http://".into())
}

/// Links in messages begin with it, and show all of it.
pub(super) fn harbor_url(value: &str) -> Result<Url, String> {
    let url = web_url(value)?;
    if url.username().is_empty() && url.password().is_none() {
        return Ok(url);
    }
    Err("has an account in it, which links would show; use HARBOR_USERNAME and HARBOR_PASSWORD".into())
}

/// A URL of WeCom's, or of a private deployment, which may be called anything else than these.
fn wecom_url(value: &str) -> Result<Url, String> {
    const OTHERS: [(&str, &str); 4] = [
        ("feishu.cn", "Feishu (飞书)"),
        ("larksuite.com", "Lark"),
        ("dingtalk.com", "DingTalk (钉钉)"),
        ("slack.com", "Slack"),
    ];
    let url = web_url(value)?;
    let host = url.host_str().unwrap_or_default();
    let other = OTHERS
        .iter()
        .find(|(domain, _)| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    match other {
        Some((_, product)) => Err(format!(
            "belongs to {product}, and harborbell sends to WeCom (企业微信) only; use the URL of a WeCom group's robot"
        )),
        None => Ok(url),
    }
}

pub(super) fn base_url(value: &str) -> Result<String, String> {
    let url = wecom_url(value)?;
    if url.query().is_some() {
        return Err("is the address only, without a key; the whole URL belongs into WECOM_WEBHOOK_URL".into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// A robot's whole URL, from that or from its bare key. No error repeats the value.
pub(super) fn robot_url(value: &str, base: &str) -> Result<SecretString, String> {
    if value.contains(SAMPLE_KEY) {
        return Err("is the sample key of WeCom's documentation, which shows nothing; use your own robot's".into());
    }
    if value.contains("://") {
        let url = wecom_url(value)?;
        let has_key = url.query_pairs().any(|(name, value)| name == "key" && !value.is_empty());
        return if url.path().ends_with("/webhook/send") && !has_key {
            Err("has no key; copy the robot's whole URL, with ?key=… at its end".into())
        } else {
            Ok(value.into())
        };
    }
    let is_key = value.len() >= 8 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_key {
        Ok(format!("{base}/cgi-bin/webhook/send?key={value}").into())
    } else {
        Err("is neither a robot's URL (https://…) nor its bare key".into())
    }
}

/// A value as a fault may repeat it. Wherever a person can write, a robot's URL may be by mistake, or its key.
pub(super) fn quoted(value: &str) -> String {
    if may_be_secret(value) { "this".to_owned() } else { format!("{value:?}") }
}

/// What another says of a value, without it where it must not be repeated.
pub(super) fn withheld(value: &str, problem: String) -> String {
    problem.replace(&format!("{value:?}"), &quoted(value))
}

/// The file that a value names. Few secrets have a dot or a slash and are no URL.
pub(super) fn named(path: &str) -> String {
    let is_path = path.contains(['.', '/']) && !is_url(path);
    if is_path { path.to_owned() } else { quoted(path) }
}

/// Whether it may be a part of a robot's URL that is secret: a key has digits, or is long.
pub(super) fn may_be_secret(value: &str) -> bool {
    const SHORTEST_PART: usize = 8;
    const SHORTEST_OF_LETTERS: usize = 16;
    let mut runs = value.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter));
    is_url(value)
        || runs.any(|run| {
            let has_digit = run.bytes().any(|byte| byte.is_ascii_digit());
            run.len() >= if has_digit { SHORTEST_PART } else { SHORTEST_OF_LETTERS }
        })
}

fn is_url(value: &str) -> bool {
    value.contains("://") || value.contains("key=")
}
