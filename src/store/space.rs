//! Giving space back. SQLite keeps the pages that become free for what comes in later, and gives them back only where it
//! is told to. PostgreSQL does so by itself, by its autovacuum: it uses them again, and seldom shortens a file.

use std::path::Path;

use rustix::fs::statvfs;
use sqlx::sqlite::SqliteConnection;

use super::connection::Held;
use super::sql::Pools;
use super::{Result, Store};

/// Pages that are given back at once: 512 KiB.
const PAGES: i64 = 128;
/// What stays free for what comes in next, as a share of the file, and at least.
const SPARE_SHARE: i64 = 10;
const SPARE_PAGES: i64 = 256;
/// SQLite's value of a file whose free pages can be given back a few at a time.
const INCREMENTAL: i64 = 2;

impl Store {
    /// Gives back some of SQLite's pages that are free; the number of bytes, 0 where there are none but the spare ones.
    pub async fn give_back(&self) -> Result<u64> {
        let Pools::Sqlite { write, .. } = &self.pools else { return Ok(0) };
        let mut held = write.hold().await?;
        let writer = held.connection()?;
        let (pages, free) = (pragma(writer, "page_count").await?, pragma(writer, "freelist_count").await?);
        let surplus = free - (pages / SPARE_SHARE).max(SPARE_PAGES);
        if surplus <= 0 || pragma(writer, "auto_vacuum").await? != INCREMENTAL {
            return Ok(0);
        }
        let some = sqlx::AssertSqlSafe(format!("PRAGMA incremental_vacuum({})", surplus.min(PAGES)));
        sqlx::raw_sql(some).execute(&mut *writer).await?;
        let given_back = pages - pragma(writer, "page_count").await?;
        Ok((given_back * pragma(writer, "page_size").await?).unsigned_abs())
    }
}

async fn pragma(writer: &mut SqliteConnection, name: &str) -> Result<i64> {
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(format!("PRAGMA {name}"))).fetch_one(writer).await?)
}

/// Makes sure that free pages can be given back. A file that was made before this program could is written anew once,
/// which needs as much room again twice: for a copy, and for the log. Where that fails all stays as it is.
pub(super) async fn prepare(mut held: Held, path: &Path) -> Result<()> {
    let writer = held.connection()?;
    if pragma(writer, "auto_vacuum").await? == INCREMENTAL {
        return Ok(());
    }
    let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    let room = statvfs(path).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    let is_large = bytes > 64 * 1024 * 1024;
    if room < bytes.saturating_mul(2) {
        tracing::warn!(
            bytes,
            room,
            "the database file is not written anew, because the disk has no room for it twice; what is removed from it leaves room for what comes in, and the file does not become smaller"
        );
        return Ok(());
    }
    if is_large {
        tracing::info!(
            bytes,
            "the database file is written anew once, so that it can become smaller; about ten seconds for each GB"
        );
    }
    sqlx::query("PRAGMA auto_vacuum = INCREMENTAL").execute(&mut *writer).await?;
    if let Err(error) = sqlx::query("VACUUM").execute(&mut *writer).await {
        tracing::warn!(%error, "the database file could not be written anew; the next start tries again");
        // What it had begun to write must not be taken for its own by the next transaction.
        held.forget();
    }
    Ok(())
}
