//! Checkpoints of SQLite: what is in the write-ahead log goes to the file itself. SQLite makes them by itself, and says
//! nothing where they fail while the log grows.

use super::sql::Pools;
use super::{Result, Store};

/// A log that is larger has missed some: twice what lies between two checkpoints.
const LARGE_LOG: u64 = 8 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// The log is small, or all of it is in the file.
    Done,
    /// A reader keeps so many pages in the log.
    Held { pages: i64 },
}

impl Store {
    /// Makes one where the log is large; an error where that fails.
    pub async fn checkpoint(&self) -> Result<Checkpoint> {
        let Pools::Sqlite { write, .. } = &self.pools else { return Ok(Checkpoint::Done) };
        if self.wal_bytes() < LARGE_LOG {
            return Ok(Checkpoint::Done);
        }
        let mut held = write.hold().await?;
        let (_, pages, done): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(held.connection()?).await?;
        Ok(if done < pages { Checkpoint::Held { pages: pages - done } } else { Checkpoint::Done })
    }
}
