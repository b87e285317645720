//! What operators did, and who it was: each replay, discard and test message leaves a row.

use sqlx::FromRow;
use uuid::Uuid;

use super::filter::Filter;
use super::sql::{Statement, Transaction, sql};
use super::views::ChangeView;
use super::{Result, Store, rows};
use crate::model::actor::Actor;
use crate::model::clock::Millis;
use crate::model::delivery::Verb;

/// A delivery keeps the ids of so many of its changes.
const MOST_KEPT: usize = 20;
/// An id and a blank.
const LENGTH: usize = 37;

/// What a change is about.
#[derive(Debug)]
pub(super) enum About<'a> {
    Delivery { verb: Verb, id: &'a str },
    Matching { verb: Verb, filter: &'a Filter, deliveries: i64 },
    Test { robot: &'a str, message_id: &'a str },
}

/// A test message that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct TestRecord {
    pub robot: String,
    /// Empty: it waits for the robot's slot.
    pub outcome: String,
    pub http_status: i64,
    pub errcode: Option<i64>,
    pub errmsg: String,
}

pub(super) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// What an update of `deliveries` sets, so that each row knows of the change.
pub(super) fn noted(change: &str) -> Statement {
    sql(format!("changes = substr(? || changes, 1, {})", MOST_KEPT * LENGTH)).bind(format!("{change} "))
}

/// Writes a change down, in the transaction that makes it.
pub(super) async fn write(
    transaction: &mut Transaction,
    id: &str,
    actor: &Actor,
    about: &About<'_>,
    now: Millis,
) -> Result<()> {
    let (verb, deliveries, filter, delivery_id) = match about {
        About::Delivery { verb, id } => (verb.as_str(), 1, String::new(), *id),
        About::Matching { verb, filter, deliveries } => (verb.as_str(), *deliveries, filter.json().to_string(), ""),
        About::Test { .. } => ("test", 0, String::new(), ""),
    };
    let (robot, message_id) = match about {
        About::Test { robot, message_id } => (*robot, *message_id),
        _ => ("", ""),
    };
    let change =
        sql("INSERT INTO changes (id, at, verb, via, made_by, deliveries, filter, delivery_id, robot, message_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(id)
        .bind(now)
        .bind(verb)
        .bind(actor.via.as_str())
        .bind(&actor.by)
        .bind(deliveries)
        .bind(filter)
        .bind(delivery_id)
        .bind(robot)
        .bind(message_id);
    transaction.run(change).await?;
    Ok(())
}

impl Store {
    /// The changes of these ids, as a delivery keeps them; newest first.
    pub(super) async fn changes(&self, ids: &str) -> Result<Vec<ChangeView>> {
        let ids: Vec<_> = ids.split_whitespace().map(|id| [id]).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let changes = sql("SELECT at, verb, made_by, via, deliveries, filter FROM changes
             WHERE id IN (SELECT value->>0 FROM rows($1)) ORDER BY id DESC");
        self.all(changes.bind(rows(&ids))).await
    }

    /// What became of the test message that was asked for by this change; None where there is no such change.
    pub async fn test(&self, change: &str) -> Result<Option<TestRecord>> {
        let test = sql("SELECT c.robot, coalesce(m.outcome, '') AS outcome, coalesce(m.http_status, 0) AS http_status,
                 m.errcode, coalesce(m.errmsg, '') AS errmsg
             FROM changes c LEFT JOIN messages m ON m.id = c.message_id WHERE c.id = $1 AND c.verb = 'test'");
        self.optional(test.bind(change)).await
    }
}
