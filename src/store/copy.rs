//! Moving house: all rows of one database into another, empty one. All of them or none, and counted.

use futures_util::TryStreamExt;

use super::sql::{Patience, sql};
use super::{Result, Store, StoreError};
use crate::model::clock::Clock;

/// A table with its columns; those that hold numbers are marked.
struct Table {
    name: &'static str,
    columns: &'static str,
}

/// Whoever refers to another stands behind it.
const TABLES: [Table; 6] = [
    Table {
        name: "events",
        columns: "id accepted_at# outcome harbor_host project repository versions registry description
            execution_timestamp# execution_id# occurred_at# payload",
    },
    Table { name: "arrivals", columns: "key outcome version event_id" },
    Table {
        name: "deliveries",
        columns: "id event_id robot state attempts# failures# batch_limit# suspect# created_at# tried_since#
            next_attempt_at# finished_at# last_error mentions",
    },
    Table { name: "messages", columns: "id robot body started_at# duration_ms# outcome http_status# errcode# errmsg" },
    Table { name: "attempts", columns: "delivery_id number# message_id" },
    Table {
        name: "robots",
        columns: "name failures# failing_since# broken# pause paused_until# last_error next_slot_at# test_id
            lease_owner lease_until#",
    },
];
/// How much one statement inserts.
const MOST_BYTES: usize = 4 * 1024 * 1024;

impl Table {
    fn columns(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.columns.split_whitespace().map(|column| (column.trim_end_matches('#'), column.ends_with('#')))
    }

    fn names(&self) -> String {
        self.columns().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
    }

    fn insert(&self) -> String {
        let value = |(place, (_, is_number)): (usize, (&str, bool))| match is_number {
            true => format!("CAST(value->>{place} AS BIGINT)"),
            false => format!("value->>{place}"),
        };
        let values: Vec<_> = self.columns().enumerate().map(value).collect();
        format!("INSERT INTO {} ({}) SELECT {} FROM rows($1)", self.name, self.names(), values.join(", "))
    }
}

impl Store {
    /// Whether there is nothing at all in it.
    pub async fn is_empty(&self) -> Result<bool> {
        for table in &TABLES {
            if self.number(sql(format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1) one", table.name))).await? > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a service holds a lane here now.
    pub async fn is_served(&self, clock: &Clock) -> Result<bool> {
        Ok(!self.served(clock).await?.is_empty())
    }

    /// Takes everything of another database along, in one transaction; says of each table how many rows it has. Nobody
    /// may use either of them meanwhile.
    pub async fn copy_from(&self, source: &Store) -> Result<Vec<(&'static str, i64)>> {
        let mut transaction = self.begin_for(Patience::Long).await?;
        let mut copied = Vec::new();
        for table in &TABLES {
            let json = source.either("json_array", "json_build_array");
            let text = format!("SELECT CAST({json}({}) AS TEXT) FROM {}", table.names(), table.name);
            let mut stream = source.stream(sql(text));
            let (mut batch, mut bytes, mut taken) = (Vec::new(), 0, 0);
            loop {
                let row = stream.try_next().await?;
                let is_last = row.is_none();
                if let Some(row) = row {
                    taken += 1;
                    bytes += row.len();
                    batch.push(row);
                }
                if !batch.is_empty() && (is_last || bytes >= MOST_BYTES) {
                    transaction.run(sql(table.insert()).bind(format!("[{}]", batch.join(",")))).await?;
                    (batch, bytes) = (Vec::new(), 0);
                }
                if is_last {
                    break;
                }
            }
            let counted: Option<(i64,)> =
                transaction.optional(sql(format!("SELECT count(*) FROM {}", table.name))).await?;
            let there = source.number(sql(format!("SELECT count(*) FROM {}", table.name))).await?;
            if counted != Some((taken,)) || there != taken {
                return Err(StoreError::Copy { table: table.name, there, taken });
            }
            copied.push((table.name, taken));
        }
        // Nobody holds a lane here yet.
        transaction.run(sql("UPDATE robots SET lease_owner = '', lease_until = 0")).await?;
        transaction.commit().await?;
        Ok(copied)
    }
}
