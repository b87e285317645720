//! Payloads in a file, as `preview` and `route` read them.

use std::io::Read;

use anyhow::Context;
use serde_json::value::RawValue;

use super::Failure;
use super::output::remark;
use crate::config::Config;
use crate::model::clock::Clock;
use crate::model::event::Event;
use crate::model::harbor::{Reading, read};

/// Reads the payloads of a file, and says which of them are no events.
pub fn each_event(
    config: &Config,
    file: &str,
    mut with: impl FnMut(Event) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let payloads = payloads(&contents(file)?)?;
    if payloads.is_empty() {
        return Err(Failure::Usage(format!(
            "there is no payload in {file}; `harborbell show` prints those that came in"
        )));
    }
    for (number, payload) in payloads.iter().enumerate() {
        match read(payload, Clock::System.now(), config.notify_digest_only) {
            Ok(Reading::Event(webhook)) => with(webhook.event)?,
            Ok(Reading::Ignored(reason)) => {
                remark(format_args!("payload {}: ignored, {}: {}", number + 1, reason.as_str(), reason.about()))
            }
            Err(error) => return Err(anyhow::anyhow!("payload {}: {error}", number + 1).into()),
        }
    }
    Ok(())
}

/// A file's text, or standard input's for `-`.
fn contents(file: &str) -> Result<String, Failure> {
    let mut text = String::new();
    match file {
        "-" => std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?,
        path => std::fs::File::open(path)
            .and_then(|mut file| file.read_to_string(&mut text))
            .with_context(|| format!("cannot read {path}"))?,
    };
    Ok(text)
}

/// The JSON values, one after the other.
fn payloads(text: &str) -> Result<Vec<String>, Failure> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Box<RawValue>>();
    let values = values.map(|value| value.map(|value| value.get().to_owned()));
    Ok(values.collect::<Result<_, _>>().context("this is not JSON")?)
}
