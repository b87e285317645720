//! Which engine it is, and whether it keeps what it commits.

use super::sql::{Pools, sql};
use super::{Result, Store};

/// The database engine and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// With its version.
    pub name: String,
    /// SQLite's; empty for PostgreSQL.
    pub journal_mode: String,
    /// Each commit is on the disk before it is answered.
    pub is_durable: bool,
}

impl Store {
    /// The settings on which it depends that a webhook survives a power cut.
    pub async fn engine(&self) -> Result<Engine> {
        let Pools::Sqlite { write, .. } = &self.pools else {
            let settings = "SELECT current_setting('server_version'), current_setting('synchronous_commit'),
                current_setting('fsync')";
            let (version, commit, fsync): (String, String, String) = self.one(sql(settings)).await?;
            let is_durable = fsync == "on" && !["off", "local"].contains(&commit.as_str());
            return Ok(Engine { name: format!("PostgreSQL {version}"), journal_mode: String::new(), is_durable });
        };
        let mut held = write.hold().await?;
        let writer = held.connection()?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *writer).await?;
        let journal_mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *writer).await?;
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *writer).await?;
        // FULL or above.
        Ok(Engine { name: format!("SQLite {version}"), journal_mode, is_durable: synchronous >= 2 })
    }
}
