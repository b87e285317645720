//! The only home of SQL. One verb a file; each verb is one transaction or one read, on SQLite or PostgreSQL.
//!
//! Opened by the service, a [`Store`] brings the schema up to date, and on SQLite holds the lock beside the file;
//! opened by a command, it works beside the service.

use std::path::PathBuf;

use sqlx::migrate::MigrateError;
use tokio_util::context::TokioContext;

use crate::model::clock::Clock;
pub use engine::Engine;
pub use error::StoreError;
use in_use::InUse;
use migrations::newest_schema;
use place::Place;
use sql::{Pools, Transaction, sql};
use timeout::QueryTimeout;

pub mod accept;
pub mod arrivals;
pub mod backup;
pub mod change;
pub mod changes;
pub mod checkpoint;
pub mod claim;
mod columns;
mod connection;
mod copy;
pub mod correct;
pub mod counts;
mod dedup;
mod due;
mod engine;
mod error;
pub mod filter;
pub mod images;
mod in_use;
mod insert;
pub mod latest;
pub mod lease;
mod list;
mod migrations;
mod note;
mod offer;
pub mod old;
mod place;
mod postgres;
mod probe;
pub mod prune;
pub mod reconcile;
pub mod record;
pub mod related;
pub mod replicating;
mod robots;
mod search;
pub mod show;
mod space;
mod sql;
mod sqlite;
mod statement;
pub mod supersede;
pub mod task;
pub mod test_message;
mod timeout;
pub mod views;
mod words;

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The tables, and the right to use them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pools: Pools,
    /// SQLite's file.
    path: Option<PathBuf>,
    /// The same as a service opened it.
    in_use: Option<InUse>,
    /// Held by the one process that serves this file.
    lock: Option<std::sync::Arc<std::fs::File>>,
}

/// Whether several processes may use this database at once to send.
pub fn is_shared(url: &str) -> bool {
    matches!(Place::of(url), Ok(Place::Server(_)))
}

/// Says what is wrong with a database URL, before it is used. Never repeats it, because it may hold a password.
pub fn check_url(url: &str) -> Result<()> {
    Place::of(url).map(drop)
}

/// SQLite's file; None for a server.
pub fn file_of(url: &str) -> Result<Option<PathBuf>> {
    Ok(match Place::of(url)? {
        Place::File(path) => Some(path),
        Place::Server(_) => None,
    })
}

/// Says what would keep a service from the file that a database URL names, and makes nothing. A server is to be asked
/// itself.
pub fn check_file(url: &str) -> Result<()> {
    match Place::of(url)? {
        Place::File(path) => sqlite::check_writable(&path),
        Place::Server(_) => Ok(()),
    }
}

impl Store {
    /// Opens the database for the service: makes the file where there is none, takes its lock, migrates.
    pub async fn serve(url: &str) -> Result<Self> {
        let place = Place::of(url)?;
        let path = match &place {
            Place::File(path) => path,
            Place::Server(_) => {
                postgres::migrate(url).await.map_err(|error| not_migrated(&place, error))?;
                return Self::connect(url, &place).await;
            }
        };
        sqlite::make(path).map_err(|cause| StoreError::File { path: path.clone(), cause })?;
        // The migrator takes no lock of its own, so this one comes first.
        let lock = sqlite::lock(path)?;
        sqlite::check(path, true).await?;
        let mut store = Self::connect(url, &place).await?;
        if let Pools::Sqlite { write, .. } = &store.pools {
            let mut held = write.hold().await?;
            sqlite::migrate(held.connection()?).await.map_err(|error| not_migrated(&place, error))?;
            space::prepare(held, path).await?;
        }
        store.lock = Some(std::sync::Arc::new(lock));
        // The lanes' connection stays, so the log stays the same file whatever becomes of the writer's.
        store.first::<(i64,)>(sql("SELECT 1")).await?;
        let in_use = InUse::of(path);
        if let Pools::Sqlite { write, lanes, .. } = &store.pools {
            write.only_opens(&in_use);
            lanes.only_opens(&in_use);
        }
        store.in_use = Some(in_use);
        Ok(store)
    }

    /// Opens the database for a command that sends where no service runs: takes the file's lock. Only a file that is new
    /// is brought up to date; an older one may still be an older program's.
    pub async fn take(url: &str) -> Result<Self> {
        match Self::open(url).await {
            Err(StoreError::Missing(_)) => Self::serve(url).await,
            Err(error) => Err(error),
            Ok(store) => {
                let lock = store.path.as_deref().map(sqlite::lock).transpose()?;
                Ok(Self { lock: lock.map(std::sync::Arc::new), ..store })
            }
        }
    }

    /// Opens a database to copy all of it: it is not served, and no table is too large.
    pub async fn to_copy(url: &str) -> Result<Self> {
        let store = Self::serve(url).await?;
        Ok(if store.is_shared() { Self { pools: postgres::connect(url, false).await?, ..store } } else { store })
    }

    /// Opens an existing database for a command, whether or not the service runs.
    pub async fn open(url: &str) -> Result<Self> {
        let place = Place::of(url)?;
        if let Place::File(path) = &place {
            if !path.exists() {
                return Err(StoreError::Missing(place.to_string()));
            }
            sqlite::check(path, false).await?;
        }
        let store = Self::connect(url, &place).await?;
        let (applied, known) = (store.schema().await?, newest_schema());
        if applied == known {
            return Ok(store);
        }
        let other = |advice: &str| {
            let detail = format!("its schema is {applied}, this program knows {known}; {advice}");
            Err(StoreError::OtherVersion { place: place.to_string(), detail })
        };
        match applied {
            0 => Err(StoreError::Missing(place.to_string())),
            _ if applied > known => Err(newer(&place, applied)),
            // Whoever uses it may be the older program; a command changes no schema.
            _ => other("start this program's `harborbell serve` once, which brings it up to date"),
        }
    }

    /// Whether this process alone may send: on SQLite the holder of the file's lock has every lane.
    pub const fn is_exclusive(&self) -> bool {
        self.lock.is_some()
    }

    /// Whether several processes may send, each for the robots whose lanes it holds.
    pub const fn is_shared(&self) -> bool {
        matches!(self.pools, Pools::Postgres { .. })
    }

    /// The clock of a service on this database: what several share has one for all of them.
    pub fn clock(&self, own: Clock) -> Clock {
        match (&self.pools, own) {
            (Pools::Postgres { .. }, Clock::System) => Clock::external(),
            (_, own) => own,
        }
    }

    /// An error where a service's file was deleted or replaced.
    fn check_in_place(&self) -> Result<()> {
        self.in_use.as_ref().map_or(Ok(()), InUse::check)
    }

    /// The size of SQLite's write-ahead log; 0 where there is none.
    pub fn wal_bytes(&self) -> u64 {
        let Some(path) = &self.path else { return 0 };
        std::fs::metadata(in_use::log_of(path)).map_or(0, |log| log.len())
    }

    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { write, lanes, read } => {
                read.close().await;
                lanes.close().await;
                write.close().await;
            }
            Pools::Postgres { write, read, .. } => {
                read.close().await;
                write.close().await;
            }
        }
    }

    async fn connect(url: &str, place: &Place) -> Result<Self> {
        let (pools, path) = match place {
            Place::File(path) => (sqlite::connect(url, path).await?, Some(path.clone())),
            Place::Server(_) => (postgres::connect(url, true).await?, None),
        };
        Ok(Self { pools, path, in_use: None, lock: None })
    }

    async fn begin(&self) -> Result<Transaction> {
        self.begin_for(QueryTimeout::Write).await
    }

    async fn begin_for(&self, timeout: QueryTimeout) -> Result<Transaction> {
        Ok(match &self.pools {
            Pools::Sqlite { write, .. } => Transaction::on_sqlite(write.hold().await?),
            Pools::Postgres { write, runtime, .. } => {
                let begun = TokioContext::new(postgres::begin(write), runtime.clone());
                Transaction::on_postgres(timeout.wait(begun).await?, timeout)
            }
        })
    }

    /// One statement that changes something, in a transaction of its own.
    async fn execute(&self, statement: sql::Statement) -> Result<()> {
        let mut transaction = self.begin().await?;
        transaction.run(statement).await?;
        transaction.commit().await
    }

    /// The newest migration that this database has; 0 for none.
    async fn schema(&self) -> Result<i64> {
        let migrations = self.either(
            "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            "SELECT count(*) FROM pg_tables WHERE tablename = '_sqlx_migrations' AND schemaname = current_schema()",
        );
        if self.number(sql(migrations)).await? == 0 {
            return Ok(0);
        }
        self.number(sql("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")).await
    }
}

/// Rows as the JSON array that one statement takes apart again.
fn rows<T: serde::Serialize>(rows: &[T]) -> String {
    serde_json::to_string(rows).expect("strings, numbers and words are always JSON")
}

/// A newer program has used it. There is no way back but to what was there before.
fn newer(place: &Place, schema: i64) -> StoreError {
    let advice = "use the newer program, or the backup from before the upgrade";
    let detail = format!("its schema is {schema}, this program knows {}; {advice}", newest_schema());
    StoreError::OtherVersion { place: place.to_string(), detail }
}

fn not_migrated(place: &Place, error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(schema) if schema > newest_schema() => newer(place, schema),
        // Locked, full, away, or failing: the schema is not to blame.
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => StoreError::Unavailable(error),
        other => StoreError::OtherVersion { place: place.to_string(), detail: other.to_string() },
    }
}
