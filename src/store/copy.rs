//! Migrating between databases: all rows of one into another, empty one. All of them or none, and counted.

use futures_util::TryStreamExt;

use super::sql::sql;
use super::timeout::QueryTimeout;
use super::{Result, Store, StoreError};
use crate::model::clock::Clock;

/// A table that refers to another comes after it.
const TABLES: [&str; 14] = [
    "events",
    "arrivals",
    "images",
    "destinations",
    "deliveries",
    "messages",
    "attempts",
    "robots",
    "harbors",
    "executions",
    "replicating",
    "failing_rules",
    "changes",
    "retention",
];
/// How much one statement inserts.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A table with its columns, as the schema has them.
struct Table {
    name: &'static str,
    columns: Vec<Column>,
}

#[derive(sqlx::FromRow)]
struct Column {
    name: String,
    is_number: bool,
}

impl Table {
    fn names(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn insert(&self) -> String {
        let value = |(place, column): (usize, &Column)| {
            if column.is_number { format!("CAST(value->>{place} AS BIGINT)") } else { format!("value->>{place}") }
        };
        let values: Vec<_> = self.columns.iter().enumerate().map(value).collect();
        format!("INSERT INTO {} ({}) SELECT {} FROM rows($1)", self.name, self.names(), values.join(", "))
    }
}

impl Store {
    /// Whether there is nothing at all in it.
    pub async fn is_empty(&self) -> Result<bool> {
        for table in TABLES {
            if self.number(sql(format!("SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 1) one"))).await? > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn table(&self, name: &'static str) -> Result<Table> {
        let columns = self.either(
            "SELECT name, type = 'BIGINT' AS is_number FROM pragma_table_info($1) ORDER BY cid",
            "SELECT CAST(column_name AS TEXT) AS name, data_type = 'bigint' AS is_number
             FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
        );
        Ok(Table { name, columns: self.all(sql(columns).bind(name)).await? })
    }

    /// Whether a service holds a lane here now.
    pub async fn is_served(&self, clock: &Clock) -> Result<bool> {
        Ok(!self.served(clock).await?.is_empty())
    }

    /// Takes everything of another database along, in one transaction; says of each table how many rows it has. Both must
    /// be unused meanwhile.
    pub async fn copy_from(&self, source: &Store) -> Result<Vec<(&'static str, i64)>> {
        let mut transaction = self.begin_for(QueryTimeout::Bulk).await?;
        let mut copied = Vec::new();
        for name in TABLES {
            let table = self.table(name).await?;
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
        // No lane is held here yet.
        transaction.run(sql("UPDATE robots SET lease_owner = '', lease_until = 0")).await?;
        transaction.commit().await?;
        Ok(copied)
    }
}
