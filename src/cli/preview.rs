//! `preview`: the message that payloads would make, with the templates and settings in force.

use std::io::Read;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::value::RawValue;

use super::output::line;
use super::{Failure, Outcome};
use crate::config::Config;
use crate::model::clock::Clock;
use crate::model::delivery::News;
use crate::model::harbor::{Reading, read};

pub fn preview(config: &Config, file: &str) -> Outcome {
    let text = contents(file)?;
    let now = Clock::System.now();
    let mut news = Vec::new();
    for (number, payload) in payloads(&text)?.iter().enumerate() {
        match read(payload, now, config.notify_digest_only) {
            Ok(Reading::Event(webhook)) => news.push(News { event: webhook.event, after_failure: false }),
            Ok(Reading::Ignored(reason)) => eprintln!("payload {}: ignored, {}", number + 1, reason.as_str()),
            Err(error) => return Err(anyhow::anyhow!("payload {}: {error}", number + 1).into()),
        }
    }
    let mut rest: Vec<_> = news.iter().collect();
    while !rest.is_empty() {
        let packed = config.renderer.render(&rest, now);
        line(&packed.content)?;
        rest.drain(..packed.deliveries);
        if !rest.is_empty() {
            line("\n--- next message ---\n")?;
        }
    }
    Ok(ExitCode::SUCCESS)
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

/// The JSON values that stand one after the other.
fn payloads(text: &str) -> Result<Vec<String>, Failure> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Box<RawValue>>();
    let values = values.map(|value| value.map(|value| value.get().to_owned()));
    Ok(values.collect::<Result<_, _>>().context("this is not JSON")?)
}
