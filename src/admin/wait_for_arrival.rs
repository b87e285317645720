//! `GET /api/v1/arrivals`: answered at once or, with `wait`, when an arrival is stored; `where --wait` asks it.

use std::time::Duration;

use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, get};
use serde::Deserialize;
use tokio::time::{Instant, sleep, sleep_until};
use utoipa::IntoParams;

use super::access::Role;
use super::answers::{Guarded, Queried};
use super::query::bad;
use super::{Admin, apart};
use crate::model::moment::{duration, moment};
use crate::problem::Problem;
use crate::store::arrivals::Question;
use crate::store::views::Arrivals;

const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Other processes store arrivals, too, without a nudge here.
const POLL: Duration = Duration::from_secs(1);
/// Under load something arrives all the time; whoever waits looks no more often than this.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ArrivalsQuery {
    /// The whole `project/name`.
    #[param(min_length = 1)]
    repository: String,
    #[param(nullable = false)]
    version: Option<String>,
    /// A registry's name, or a replication rule's description.
    #[param(nullable = false)]
    registry: Option<String>,
    /// Only executions of this moment or later: an RFC 3339 time, or such as `24h` for a day ago.
    #[param(nullable = false)]
    since: Option<String>,
    /// How long the answer may be held back until something has arrived or failed: seconds, or such as `30s`; at most 60 s.
    #[param(nullable = false)]
    wait: Option<String>,
}

/// Say where an image has arrived
#[utoipa::path(tag = "arrivals", params(ArrivalsQuery), security(("token" = [])), responses(
    (status = 200, body = Arrivals),
    Queried,
    Guarded,
))]
#[get("/api/v1/arrivals")]
pub(super) async fn arrivals(
    request: HttpRequest,
    query: Query<ArrivalsQuery>,
    admin: Data<Admin>,
) -> Result<Json<Arrivals>, Problem> {
    admin.access.admit(&request, Role::Read).await?;
    let query = query.into_inner();
    let deadline = Instant::now() + wait(query.wait.as_deref())?;
    let since = query.since.as_deref().map(|since| moment(since, &admin.timezone, admin.clock.now()));
    if query.repository.is_empty() {
        return Err(bad("repository is empty; use the whole project/name"));
    }
    let question = Question {
        repository: query.repository,
        version: query.version.filter(|version| !version.is_empty()),
        registry: query.registry.filter(|registry| !registry.is_empty()),
        since: since.transpose().map_err(bad)?,
    };
    let mut nudge = admin.nudge.subscribe();
    loop {
        // Seen before the look, so that what comes in during it is not slept over.
        nudge.mark_unchanged();
        let (store, asked) = (admin.store.clone(), question.clone());
        let rules = admin.rule_names();
        let arrivals = apart(async move { store.arrivals(&asked, &rules).await }).await?;
        let now = Instant::now();
        if !arrivals.items.is_empty() || now >= deadline || admin.stopping.is_cancelled() {
            return Ok(Json(arrivals));
        }
        sleep_until(deadline.min(now + LOOK_EVERY)).await;
        tokio::select! {
            _ = nudge.changed() => {}
            () = sleep(POLL.min(deadline.saturating_duration_since(Instant::now()))) => {}
            () = admin.stopping.cancelled() => {}
        }
    }
}

/// A bare number is seconds.
fn wait(text: Option<&str>) -> Result<Duration, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Duration::ZERO) };
    let seconds = text.parse().map(Duration::from_secs);
    let wait = seconds.or_else(|_| duration(text)).map_err(|detail| bad(format!("wait: {detail}")))?;
    if wait <= LONGEST_WAIT { Ok(wait) } else { Err(bad("wait is at most 60s; ask again after that")) }
}
