//! Replaying and discarding. A replayed delivery keeps its row, its attempts and their numbers; its failures and
//! its clock of giving up begin anew. A discarded one stays, too, and may be replayed.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::inspect::Filter;
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::{LARGEST_DIGEST, State, Verb};

/// What became of one row that an operator wanted to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    Yes {
        robot: String,
    },
    /// Its state does not allow it.
    Refused(State),
    Unknown,
}

impl Store {
    pub async fn change(&self, verb: Verb, id: &str, now: Millis) -> Result<Changed> {
        let mut transaction = self.begin().await?;
        let mut query = update(verb, now);
        query.push(" AND d.id = ").push_bind(id.to_owned());
        query.push(" RETURNING robot");
        if let Some(robot) = query.build_query_scalar().fetch_optional(&mut *transaction).await? {
            wake_broken(&mut transaction, verb).await?;
            transaction.commit().await?;
            return Ok(Changed::Yes { robot });
        }
        let state: Option<String> = sqlx::query_scalar("SELECT state FROM deliveries WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
        Ok(state.and_then(|state| state.parse().ok()).map_or(Changed::Unknown, Changed::Refused))
    }

    /// Changes all that match, in one transaction, and says how many of which robot. Rows that are being sent are
    /// left alone.
    pub async fn change_all(&self, verb: Verb, filter: &Filter, now: Millis) -> Result<BTreeMap<String, u64>> {
        let mut query = update(verb, now);
        self.push_matching(&mut query, filter).await?;
        query.push(" RETURNING robot");
        let mut transaction = self.begin().await?;
        let robots: Vec<String> = query.build_query_scalar().fetch_all(&mut *transaction).await?;
        if !robots.is_empty() {
            wake_broken(&mut transaction, verb).await?;
        }
        transaction.commit().await?;
        let mut changed = BTreeMap::new();
        for robot in robots {
            *changed.entry(robot).or_default() += 1;
        }
        Ok(changed)
    }
}

fn update(verb: Verb, now: Millis) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("UPDATE deliveries AS d SET ");
    match verb {
        Verb::Replay => {
            query.push("state = 'pending', failures = 0, suspect = 0, finished_at = 0, batch_limit = ");
            query.push_bind(LARGEST_DIGEST).push(", next_attempt_at = ").push_bind(now);
            query.push(", tried_since = ").push_bind(now);
        }
        Verb::Discard => {
            query.push("state = 'discarded', next_attempt_at = 0, finished_at = ").push_bind(now);
        }
    }
    query.push(" WHERE d.state IN (");
    let mut states = query.separated(", ");
    for state in verb.from_states() {
        states.push_bind(state.as_str());
    }
    query.push(")");
    query
}

/// Who replays expects to see it tried: a broken robot rests no longer. A throttle is WeCom's, and stays.
async fn wake_broken(transaction: &mut Transaction<'_, Sqlite>, verb: Verb) -> Result<()> {
    if verb == Verb::Replay {
        sqlx::query(
            "UPDATE robots SET pause = 'none', paused_until = 0
             WHERE pause = 'broken' AND EXISTS (
                 SELECT 1 FROM deliveries d WHERE d.robot = robots.name AND d.state = 'pending')",
        )
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}
