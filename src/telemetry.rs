//! Logging: to standard error, as text for people or JSON for machines.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, registry};

use crate::config::LogFormat;

/// Starts logging. Called once, before anything is worth saying; a second call changes nothing.
pub fn start(format: LogFormat, filter: &str) {
    // The configuration has been checked.
    let targets: Targets = filter.parse().unwrap_or_default();
    // Unless it is asked for, actix says nothing of its workers and of the signals that it leaves to others.
    let most = targets.default_level().unwrap_or(LevelFilter::OFF).min(LevelFilter::WARN);
    let targets = if filter.contains("actix") { targets } else { targets.with_target("actix_server", most) };
    let lines = tracing_subscriber::fmt::layer()
        // A log that cannot be written (a full disk, a reader that died) must not stop what is logged.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    // An error means that somebody, such as a test, logs already.
    let _ = registry().with(targets).with(lines).try_init();
}
