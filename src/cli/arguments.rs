//! Arguments that several commands share: which deliveries are meant.

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use reqwest::Url;

use super::Failure;
use crate::model::clock::{Clock, Millis};
use crate::model::delivery::State;
use crate::model::event::ReplicationOutcome;
use crate::model::moment::moment;
use crate::store::filter::Filter;

#[derive(Args)]
pub(super) struct FilterArgs {
    /// Only replications that succeeded, or that failed, whatever became of their messages
    #[arg(long)]
    pub(super) outcome: Option<ReplicationOutcome>,
    /// Only this robot's
    #[arg(long)]
    pub(super) robot: Option<String>,
    /// Only those created since: 24h, 2026-11-23, or 2026-11-23T08:00:00Z
    #[arg(long)]
    pub(super) since: Option<String>,
    /// Only those created before
    #[arg(long)]
    pub(super) until: Option<String>,
    /// Only those whose repository, image name, version, registry or description begins so
    #[arg(long)]
    pub(super) q: Option<String>,
}

impl FilterArgs {
    pub(super) fn is_empty(&self) -> bool {
        self.outcome.is_none() && [&self.robot, &self.since, &self.until, &self.q].into_iter().all(Option::is_none)
    }

    pub(super) fn read(&self, state: Option<State>, timezone: &TimeZone) -> Result<Filter, Failure> {
        Ok(Filter {
            state,
            outcome: self.outcome,
            robot: self.robot.clone(),
            since: read_moment(self.since.as_deref(), timezone)?,
            until: read_moment(self.until.as_deref(), timezone)?,
            q: self.q.clone().filter(|q| !q.is_empty()),
        })
    }
}

pub(super) fn read_moment(text: Option<&str>, timezone: &TimeZone) -> Result<Option<Millis>, Failure> {
    text.map(|text| moment(text, timezone, Clock::System.now())).transpose().map_err(Failure::Usage)
}

/// The address of a service. What a proxy has before its paths stays there, with or without a slash at the end.
pub(super) fn service_url(text: &str) -> Result<Url, String> {
    let mut url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        Err(error) if text.contains("://") => return Err(error.to_string()),
        _ => return Err("use an address that begins with http:// or https://".into()),
    };
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// pending, sending, delivered, failed, superseded or discarded
    #[arg(long)]
    pub(super) state: Option<State>,
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// Maximum rows; else 50, or all of them as CSV
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) limit: Option<u16>,
    /// Cursor from the previous page
    #[arg(long)]
    pub(super) cursor: Option<String>,
    /// All columns whole, also where the terminal is narrower
    #[arg(long)]
    pub(super) wide: bool,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(super) json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Json,
    Csv,
}

#[derive(Args)]
pub(super) struct ChangeArgs {
    /// Deliveries by their ids
    #[arg(required_unless_present = "state", conflicts_with = "state")]
    pub(super) ids: Vec<String>,
    /// All of this state: failed, delivered or discarded for replay; pending for discard
    #[arg(long)]
    pub(super) state: Option<State>,
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// Only count
    #[arg(long, requires = "state")]
    pub(super) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, requires = "state")]
    pub(super) yes: bool,
    #[arg(long)]
    pub(super) json: bool,
}
