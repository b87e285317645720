//! Why the store did not do what it was asked: for the data, or because the database cannot be used now.

use std::path::PathBuf;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// These rows will never fit; another try is of no use.
    #[error("the database refuses the data: {0}")]
    Refused(sqlx::Error),
    /// Locked, full, failing or gone; later it may work.
    #[error("the database cannot be used: {0}")]
    Unavailable(sqlx::Error),
    /// Another try is of no use here, either.
    #[error(
        "the database or its write-ahead log (-wal) is damaged, or is none of SQLite's: {0}; restore a backup, or fix DATABASE_URL"
    )]
    Damaged(sqlx::Error),
    #[error("the database is busy: what came before kept its connection for 2 s")]
    Busy,
    #[error("another harborbell (process {process}) serves {}; stop it first, or use another DATABASE_URL", path.display())]
    InUse { path: PathBuf, process: String },
    #[error(
        "{} was deleted or replaced while this process uses it; nothing more is accepted: stop the service, see to the file, and start again",
        .0.display()
    )]
    Replaced(PathBuf),
    #[error("there is no database of harborbell at {0}; start `harborbell serve` first, or fix DATABASE_URL")]
    Missing(String),
    #[error("{} is the database of another program, and stays as it is; fix DATABASE_URL", .0.display())]
    Foreign(PathBuf),
    #[error("the database at {place} was made by another version of harborbell: {detail}")]
    OtherVersion { place: String, detail: String },
    #[error("cannot use {}: {cause}; check the path in DATABASE_URL and its permissions", path.display())]
    File { path: PathBuf, cause: std::io::Error },
    #[error(
        "{} was put in place, and {} belongs to the database that was there before: move it and the -shm file away, and start again",
        path.display(), log.display()
    )]
    OldLog { path: PathBuf, log: PathBuf },
    #[error("no backup was made at {}: {problem}", file.display())]
    Backup { file: PathBuf, problem: String },
    #[error("no database of harborbell can be there: {0}")]
    Url(String),
    #[error(
        "{taken} rows of table {table} were copied, but {there} are there; nothing was kept: does somebody use it?"
    )]
    Copy { table: &'static str, there: i64, taken: i64 },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match sqlite_code(&error) {
            Some(CORRUPT | NOTADB) => Self::Damaged(error),
            Some(TOOBIG | CONSTRAINT | MISMATCH | RANGE) => Self::Refused(error),
            None if is_refused_by_postgres(&error) => Self::Refused(error),
            _ => Self::Unavailable(error),
        }
    }
}

/// SQLite's primary result codes (<https://sqlite.org/rescode.html>).
const CORRUPT: i64 = 11;
const TOOBIG: i64 = 18;
const CONSTRAINT: i64 = 19;
const MISMATCH: i64 = 20;
const RANGE: i64 = 25;
const NOTADB: i64 = 26;

fn sqlite_code(error: &sqlx::Error) -> Option<i64> {
    let error = error.as_database_error()?.try_downcast_ref::<SqliteError>()?;
    Some(error.code()?.parse::<i64>().ok()? & 0xff)
}

/// PostgreSQL's classes for data that it will not take: data exceptions and broken constraints.
fn is_refused_by_postgres(error: &sqlx::Error) -> bool {
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    error.is_some_and(|error| error.code().starts_with("22") || error.code().starts_with("23"))
}

impl StoreError {
    /// Whether it is that of a statement that fails where the data are not as it expects.
    pub(super) fn is_unexpected(&self) -> bool {
        matches!(self, Self::Unavailable(sqlx::Error::Database(error)) if error.message() == "malformed JSON")
    }

    /// Ended by the database in favour of another transaction: it would pass if it were begun anew.
    pub(super) fn is_conflict(&self) -> bool {
        const SERIALIZATION_FAILURE: &str = "40001";
        const DEADLOCK: &str = "40P01";
        let Self::Unavailable(sqlx::Error::Database(error)) = self else { return false };
        let error = error.try_downcast_ref::<PgDatabaseError>();
        error.is_some_and(|error| [SERIALIZATION_FAILURE, DEADLOCK].contains(&error.code()))
    }
}
