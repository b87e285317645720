//! What a request asks for: strictly read, so that a misspelt filter is an error and never means "all".

use actix_web::http::StatusCode;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::model::clock::Millis;
use crate::model::delivery::State;
use crate::model::event::ReplicationOutcome;
use crate::model::moment::moment;
use crate::problem::Problem;
use crate::store::filter::Filter;

pub const MOST_ITEMS: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    #[param(nullable = false)]
    pub state: Option<State>,
    /// How the replication ended, whatever became of its message.
    #[param(nullable = false)]
    pub outcome: Option<ReplicationOutcome>,
    #[param(nullable = false)]
    pub robot: Option<String>,
    /// The beginning of a repository, of its last segment, of a version, a registry or a description; case does not
    /// matter, and only the first 100 characters do.
    #[param(nullable = false)]
    pub q: Option<String>,
    /// By `created_at`, this moment included: an RFC 3339 time, or such as `24h` for a day ago.
    #[param(nullable = false)]
    pub since: Option<String>,
    /// By `created_at`, this moment excluded.
    #[param(nullable = false)]
    pub until: Option<String>,
    #[param(nullable = false, minimum = 1, maximum = 1000, default = 50)]
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    pub cursor: Option<String>,
}

/// Which deliveries are to be replayed or discarded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    /// `failed`, `delivered` or `discarded` for a replay; `pending` for discarding.
    pub state: State,
    /// How the replication ended.
    pub outcome: Option<ReplicationOutcome>,
    pub robot: Option<String>,
    /// As in the list.
    pub q: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    /// Only count.
    pub dry_run: Option<bool>,
}

impl ListQuery {
    pub fn filter(&self, timezone: &TimeZone, now: Millis) -> Result<Filter, Problem> {
        filter(
            (self.state, self.outcome),
            &self.robot,
            &self.q,
            [("since", &self.since), ("until", &self.until)],
            timezone,
            now,
        )
        .map_err(|(_, detail)| bad(detail))
    }

    pub fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(50);
        if (1..=MOST_ITEMS).contains(&limit) { Ok(limit) } else { Err(bad(format!("limit is from 1 to {MOST_ITEMS}"))) }
    }
}

impl ChangeRequest {
    pub fn filter(&self, timezone: &TimeZone, now: Millis) -> Result<Filter, Problem> {
        let bounds = [("since", &self.since), ("until", &self.until)];
        filter((Some(self.state), self.outcome), &self.robot, &self.q, bounds, timezone, now)
            .map_err(|(field, detail)| unprocessable(detail).at(format!("/{field}")))
    }
}

fn filter(
    (state, outcome): (Option<State>, Option<ReplicationOutcome>),
    robot: &Option<String>,
    q: &Option<String>,
    [since, until]: [(&'static str, &Option<String>); 2],
    timezone: &TimeZone,
    now: Millis,
) -> Result<Filter, (&'static str, String)> {
    let bound = |(field, text): (&'static str, &Option<String>)| {
        let at = text.as_deref().map(|text| moment(text, timezone, now)).transpose();
        at.map_err(|detail| (field, detail))
    };
    Ok(Filter {
        state,
        outcome,
        robot: robot.clone(),
        since: bound(since)?,
        until: bound(until)?,
        q: searched(q.as_deref()),
    })
}

/// What is searched for; control characters are in no name.
pub fn searched(q: Option<&str>) -> Option<String> {
    let q: String = q?.chars().filter(|character| !character.is_control()).collect();
    let q = q.trim();
    (!q.is_empty()).then(|| q.to_owned())
}

pub fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

pub fn unprocessable(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}
