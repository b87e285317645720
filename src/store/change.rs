//! Replaying and discarding. A replayed delivery keeps its row, its attempts and their numbers; its failures and
//! its clock of giving up begin anew. A discarded one stays, too, and may be replayed.

use std::collections::BTreeMap;

use super::inspect::Filter;
use super::sql::{Statement, Transaction, sql};
use super::timeout::QueryTimeout;
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
        if let Some((robot,)) = transaction.optional(query).await? {
            wake_broken(&mut transaction, verb).await?;
            transaction.commit().await?;
            return Ok(Changed::Yes { robot });
        }
        let state = sql("SELECT state FROM deliveries WHERE id = $1").bind(id);
        let state: Option<(String,)> = transaction.optional(state).await?;
        Ok(state.and_then(|(state,)| state.parse().ok()).map_or(Changed::Unknown, Changed::Refused))
    }

    /// Changes all that match, in one transaction, and says how many of which robot. Rows that are being sent are
    /// left alone.
    pub async fn change_all(&self, verb: Verb, filter: &Filter, now: Millis) -> Result<BTreeMap<String, u64>> {
        let mut query = update(verb, now);
        self.push_matching(&mut query, filter).await?;
        query.push(" RETURNING robot");
        let mut transaction = self.begin_for(QueryTimeout::Bulk).await?;
        let robots: Vec<(String,)> = transaction.all(query).await?;
        if !robots.is_empty() {
            wake_broken(&mut transaction, verb).await?;
        }
        transaction.commit().await?;
        let mut changed = BTreeMap::new();
        for (robot,) in robots {
            *changed.entry(robot).or_default() += 1;
        }
        Ok(changed)
    }
}

fn update(verb: Verb, now: Millis) -> Statement {
    let mut query = sql("UPDATE deliveries AS d SET ");
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
    let states: Vec<_> = verb.from_states().iter().map(|state| format!("'{state}'")).collect();
    query.push(&format!(" WHERE d.state IN ({})", states.join(", ")));
    query
}

/// Who replays expects to see it tried: a broken robot rests no longer. A throttle is WeCom's, and stays.
async fn wake_broken(transaction: &mut Transaction, verb: Verb) -> Result<()> {
    if verb == Verb::Replay {
        let statement = sql("UPDATE robots SET pause = 'none', paused_until = 0
             WHERE pause = 'broken' AND EXISTS (
                 SELECT 1 FROM deliveries d WHERE d.robot = robots.name AND d.state = 'pending')");
        transaction.run(statement).await?;
    }
    Ok(())
}
