//! Which deliveries are meant, and where a page of them begins.

use serde_json::{Value, json};

use super::sql::{Statement, sql};
use super::words::unindexed;
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::State;
use crate::model::event::ReplicationOutcome;
use crate::model::json::utc;

/// Which deliveries are meant; an empty filter means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<State>,
    /// How the replication ended.
    pub outcome: Option<ReplicationOutcome>,
    pub robot: Option<String>,
    /// By `created_at`, this moment included.
    pub since: Option<Millis>,
    /// By `created_at`, this moment excluded.
    pub until: Option<Millis>,
    /// The beginning of a repository, its last segment, a version, a registry or a description.
    pub q: Option<String>,
}

/// Where a page ended: the place of its last row in the order newest first.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Position {
    pub(super) created_at: Millis,
    event_id: String,
    robot: String,
}

impl Filter {
    /// As people and scripts read it: every key is there, null where it asks for nothing.
    pub fn json(&self) -> Value {
        let at = |at: Option<Millis>| at.map(|at| utc(at).to_string());
        json!({
            "state": self.state, "outcome": self.outcome, "robot": self.robot, "q": self.q,
            "since": at(self.since), "until": at(self.until),
        })
    }

    /// Conditions on `deliveries d`; what its event says is not among them.
    pub(super) fn conditions(&self) -> Statement {
        let state = self.state.map(|state| sql(" AND d.state = ?").bind(state.as_str()));
        state.unwrap_or_else(|| sql("")).and(self.but_state())
    }

    /// The same where rows are found by another way than their state.
    pub(super) fn conditions_on_found(&self) -> Statement {
        let state = format!(" AND {} = ?", unindexed("d.state"));
        let state = self.state.map(|wanted| sql(state).bind(wanted.as_str()));
        state.unwrap_or_else(|| sql("")).and(self.but_state())
    }

    /// The condition on the event of one row of `deliveries d`: how it ended.
    pub(super) fn outcome_in_row(&self) -> Statement {
        let ended = " AND EXISTS (SELECT 1 FROM events ended WHERE ended.id = d.event_id AND ended.outcome = ?)";
        self.outcome.map_or_else(|| sql(""), |outcome| sql(ended).bind(outcome.as_str()))
    }

    fn but_state(&self) -> Statement {
        let mut conditions = sql("");
        if let Some(robot) = &self.robot {
            conditions = conditions.and(sql(" AND d.robot = ?").bind(robot));
        }
        if let Some(since) = self.since {
            conditions = conditions.and(sql(" AND d.created_at >= ?").bind(since));
        }
        if let Some(until) = self.until {
            conditions = conditions.and(sql(" AND d.created_at < ?").bind(until));
        }
        conditions
    }
}

impl Position {
    /// Only what comes behind it.
    pub(super) fn condition(&self) -> Statement {
        let behind = sql(" AND (d.created_at, d.event_id, d.robot) < (?, ?, ?)");
        behind.bind(self.created_at).bind(&self.event_id).bind(&self.robot)
    }
}

impl Store {
    /// The place of the row that a cursor names; None where there is none.
    pub async fn position(&self, cursor: &str) -> Result<Option<Position>> {
        self.optional(sql("SELECT created_at, event_id, robot FROM deliveries WHERE id = $1").bind(cursor)).await
    }
}
