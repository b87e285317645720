//! Replaying: a finished delivery is told again. It keeps its row, its attempts and their numbers; its
//! failures and its clock of giving up begin anew.

use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::inspect::Filter;
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::{LARGEST_DIGEST, State};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    Replayed,
    /// It is still on its way, or must not be told.
    Refused(State),
    Unknown,
}

impl Store {
    pub async fn replay(&self, id: &str, now: Millis) -> Result<Replay> {
        let mut transaction = self.begin().await?;
        let mut query = replay_query(now);
        query.push(" AND d.id = ").push_bind(id.to_owned());
        if query.build().execute(&mut *transaction).await?.rows_affected() == 1 {
            wake_broken(&mut transaction).await?;
            transaction.commit().await?;
            return Ok(Replay::Replayed);
        }
        let state: Option<String> = sqlx::query_scalar("SELECT state FROM deliveries WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await?;
        Ok(state.and_then(|state| state.parse().ok()).map_or(Replay::Unknown, Replay::Refused))
    }

    /// Replays all that match, in one transaction, and says how many. Rows on their way are left alone.
    pub async fn replay_all(&self, filter: &Filter, now: Millis) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let mut query = replay_query(now);
        filter.narrow(&mut query);
        let replayed = query.build().execute(&mut *transaction).await?.rows_affected();
        if replayed > 0 {
            wake_broken(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(replayed)
    }

    /// How many match.
    pub async fn count(&self, filter: &Filter) -> Result<i64> {
        let mut query = QueryBuilder::new("SELECT count(*) FROM deliveries AS d WHERE true");
        filter.narrow(&mut query);
        Ok(query.build_query_scalar().fetch_one(&self.read).await?)
    }
}

fn replay_query(now: Millis) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("UPDATE deliveries AS d SET state = 'pending', failures = 0, suspect = 0");
    query.push(", batch_limit = ").push_bind(LARGEST_DIGEST);
    query.push(", next_attempt_at = ").push_bind(now);
    query.push(", tried_since = ").push_bind(now);
    query.push(", finished_at = 0 WHERE d.state IN ('failed', 'delivered', 'discarded')");
    query
}

/// Who replays expects to see it tried: a broken robot rests no longer. A throttle is WeCom's, and stays.
async fn wake_broken(transaction: &mut Transaction<'_, Sqlite>) -> Result<()> {
    sqlx::query(
        "UPDATE robots SET pause = 'none', paused_until = 0
         WHERE pause = 'broken' AND name IN (SELECT robot FROM deliveries WHERE state = 'pending')",
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
