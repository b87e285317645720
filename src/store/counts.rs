//! Counting: exactly, before many rows are changed; and, for the page, no further than a person reads, so that a
//! page costs the same whether the table has a thousand rows or a million.

use std::str::FromStr;

use serde::Serialize;

use super::filter::Filter;
use super::sql::sql;
use super::words::count_up_to;
use super::{Result, Store, rows};
use crate::model::clock::{HOUR, Millis};
use crate::model::delivery::State;
use crate::model::event::ReplicationOutcome;

/// The page counts up to here and then says "at least".
pub const MOST_COUNTED: i64 = 1_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub rows: i64,
    /// There are more than these.
    pub more: bool,
}

impl Count {
    const fn of(rows: i64) -> Self {
        if rows > MOST_COUNTED { Self { rows: MOST_COUNTED, more: true } } else { Self { rows, more: false } }
    }
}

impl Store {
    /// How many match, exactly.
    pub async fn count(&self, filter: &Filter) -> Result<i64> {
        let matching = self.matching(filter).await?;
        self.number(sql("SELECT count(*) FROM deliveries d WHERE true{}").clause(matching)).await
    }

    /// Whether any webhook was ever stored.
    pub async fn has_events(&self) -> Result<bool> {
        Ok(self.number(count_up_to(1, sql("SELECT 1 FROM events"))).await? > 0)
    }

    /// How many of each state match a filter that leaves the state open.
    pub async fn counts(&self, filter: &Filter) -> Result<Vec<(State, Count)>> {
        let filter = Filter { state: None, ..filter.clone() };
        if filter.q.is_none() && filter.outcome.is_none() {
            let mut counts = Vec::with_capacity(State::ALL.len());
            for state in State::ALL {
                let one = Filter { state: Some(state), ..filter.clone() };
                let rows = sql("SELECT 1 FROM deliveries d WHERE true{}").clause(one.conditions());
                counts.push((state, Count::of(self.number(count_up_to(MOST_COUNTED + 1, rows)).await?)));
            }
            return Ok(counts);
        }
        let newest = self.newest(&filter, MOST_COUNTED + 1, None).await?;
        let query = sql("SELECT state, count(*) FROM ({}) found GROUP BY state").clause(newest);
        let found: Vec<(String, i64)> = self.all(query).await?;
        // Beyond the newest, each state may have more.
        let more = found.iter().map(|(_, rows)| rows).sum::<i64>() > MOST_COUNTED;
        let rows = |state: State| found.iter().find(|(name, _)| name == state.as_str()).map_or(0, |(_, rows)| *rows);
        Ok(State::ALL.into_iter().map(|state| (state, Count { rows: rows(state), more })).collect())
    }

    /// How many deliveries of each state were created in each of the hours that begin then: (hour, state, count).
    pub async fn hours(&self, begin: &[Millis], states: &[State]) -> Result<Vec<(Millis, State, Count)>> {
        let rows = "SELECT 1 FROM deliveries d
             WHERE d.state = value->>1 AND d.created_at >= CAST(value->>0 AS BIGINT)
                 AND d.created_at < CAST(value->>0 AS BIGINT) + $2";
        self.count_hours(rows, begin, states).await
    }

    /// How many replications came in each of these hours, by how they ended. What Harbor's API tells of an earlier day is
    /// history and not of these hours.
    pub async fn hours_of_outcomes(&self, begin: &[Millis]) -> Result<Vec<(Millis, ReplicationOutcome, Count)>> {
        let rows = "SELECT 1 FROM events e
             WHERE e.outcome = value->>1 AND e.accepted_at >= CAST(value->>0 AS BIGINT)
                 AND e.accepted_at < CAST(value->>0 AS BIGINT) + $2
                 AND (e.source = 'webhook' OR e.occurred_at >= CAST(value->>0 AS BIGINT) - 24 * $2)";
        self.count_hours(rows, begin, &ReplicationOutcome::ALL).await
    }

    async fn count_hours<T: FromStr + Serialize>(
        &self,
        rows_of: &str,
        begin: &[Millis],
        words: &[T],
    ) -> Result<Vec<(Millis, T, Count)>> {
        let cells: Vec<_> = begin.iter().flat_map(|hour| words.iter().map(move |word| (hour, word))).collect();
        let statement = sql(format!(
            "SELECT CAST(value->>0 AS BIGINT), value->>1, (SELECT count(*) FROM ({rows_of} LIMIT $3) counted)
             FROM rows($1)"
        ))
        .bind(rows(&cells))
        .bind(HOUR)
        .bind(MOST_COUNTED + 1);
        let counted: Vec<(Millis, String, i64)> = self.all(statement).await?;
        let known = |(hour, word, rows): (Millis, String, i64)| Some((hour, word.parse().ok()?, Count::of(rows)));
        Ok(counted.into_iter().filter_map(known).collect())
    }
}
