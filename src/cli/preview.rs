//! `preview`: the message that payloads would make, with the active templates and settings.

use std::process::ExitCode;

use super::CommandResult;
use super::output::line;
use super::payload::each_event;
use crate::config::Config;
use crate::model::clock::Clock;
use crate::model::delivery::Notice;
use crate::model::robot::Format;

pub fn preview(config: &Config, file: &str) -> CommandResult {
    let mut notice = Vec::new();
    each_event(config, file, |event| {
        notice.push(Notice { event, after_failure: false, mentions: Vec::new() });
        Ok(())
    })?;
    let now = Clock::System.now();
    let mut rest: Vec<_> = notice.iter().collect();
    while !rest.is_empty() {
        let packed = config.renderer.render(&rest, now, Format::Markdown);
        line(&packed.content)?;
        rest.drain(..packed.deliveries);
        if !rest.is_empty() {
            line("\n--- next message ---\n")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
