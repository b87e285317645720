//! Replaying and discarding. A replayed delivery keeps its row, its attempts and their numbers; its failures and
//! its clock of giving up begin anew. A discarded one stays, too, and may be replayed.

use std::collections::BTreeMap;

use super::changes::{About, new_id, noted, write};
use super::filter::Filter;
use super::sql::{Statement, Transaction, sql};
use super::timeout::QueryTimeout;
use super::{Result, Store};
use crate::model::actor::Actor;
use crate::model::clock::Millis;
use crate::model::delivery::{LARGEST_DIGEST, State, Verb};

/// What became of one row that an operator wanted to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    Yes {
        robot: String,
        change_id: String,
    },
    /// Its state does not allow it.
    Refused(State),
    Unknown,
}

/// What became of all rows that match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedAll {
    pub change_id: String,
    /// How many of which robot.
    pub robots: BTreeMap<String, u64>,
}

impl ChangedAll {
    pub fn deliveries(&self) -> u64 {
        self.robots.values().sum()
    }
}

impl Store {
    pub async fn change(&self, verb: Verb, id: &str, actor: &Actor, now: Millis) -> Result<Changed> {
        let mut transaction = self.begin().await?;
        let change_id = new_id();
        let query = update(verb, &change_id, now, sql(" AND d.id = ?").bind(id));
        if let Some((robot,)) = transaction.optional(query).await? {
            write(&mut transaction, &change_id, actor, &About::Delivery { verb, id }, now).await?;
            wake_broken(&mut transaction, verb).await?;
            transaction.commit().await?;
            return Ok(Changed::Yes { robot, change_id });
        }
        let state = sql("SELECT state FROM deliveries WHERE id = $1").bind(id);
        let state: Option<(String,)> = transaction.optional(state).await?;
        Ok(state.and_then(|(state,)| state.parse().ok()).map_or(Changed::Unknown, Changed::Refused))
    }

    /// Changes all that match, in one transaction. Rows that are being sent are left alone. Where nothing matches, there
    /// is no change to be found later.
    pub async fn change_all(&self, verb: Verb, filter: &Filter, actor: &Actor, now: Millis) -> Result<ChangedAll> {
        let change_id = new_id();
        let query = update(verb, &change_id, now, self.matching(filter).await?);
        let mut transaction = self.begin_for(QueryTimeout::Bulk).await?;
        let robots: Vec<(String,)> = transaction.all(query).await?;
        if !robots.is_empty() {
            let about = About::Matching { verb, filter, deliveries: robots.len() as i64 };
            write(&mut transaction, &change_id, actor, &about, now).await?;
            wake_broken(&mut transaction, verb).await?;
        }
        transaction.commit().await?;
        let mut changed = BTreeMap::new();
        for (robot,) in robots {
            *changed.entry(robot).or_default() += 1;
        }
        Ok(ChangedAll { change_id, robots: changed })
    }
}

/// Gives the robots of the rows that it changes.
fn update(verb: Verb, change_id: &str, now: Millis, matching: Statement) -> Statement {
    let change = match verb {
        Verb::Replay => sql("state = 'pending', failures = 0, suspect = 0, finished_at = 0, batch_limit = ?,
             next_attempt_at = ?, tried_since = ?")
        .bind(LARGEST_DIGEST)
        .bind(now)
        .bind(now),
        Verb::Discard => sql("state = 'discarded', next_attempt_at = 0, finished_at = ?").bind(now),
    };
    let states: Vec<_> = verb.from_states().iter().map(|state| format!("'{state}'")).collect();
    let states = states.join(", ");
    sql(format!("UPDATE deliveries AS d SET {{}}, {{}} WHERE d.state IN ({states}){{}} RETURNING robot"))
        .clause(change)
        .clause(noted(change_id))
        .clause(matching)
}

/// Who replays expects to see it tried: the pause of a broken robot ends. A rate limit is WeCom's, and stays.
async fn wake_broken(transaction: &mut Transaction, verb: Verb) -> Result<()> {
    if verb == Verb::Replay {
        let statement = sql("UPDATE robots SET pause = 'none', paused_until = 0
             WHERE pause = 'broken' AND EXISTS (
                 SELECT 1 FROM deliveries d WHERE d.robot = robots.name AND d.state = 'pending')");
        transaction.run(statement).await?;
    }
    Ok(())
}
