//! The only home of SQL. One verb a file; each verb is one transaction or one read.
//!
//! Opened by the service, a [`Store`] holds the lock beside the file and brings the schema up to date;
//! opened by a command, it works beside the service.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

pub mod accept;
pub mod arrivals;
pub mod change;
pub mod counts;
pub mod due;
pub mod inspect;
pub mod lane;
pub mod record;
mod search;
pub mod test_message;
pub mod views;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// How long a statement waits for another writer; less than the 2.5 s in which a webhook is answered.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// The write-ahead log shrinks back to this many bytes after a long reader let it grow.
const WAL_LIMIT: &str = "67108864";
/// Pages of 4 KiB between two checkpoints. Few, because the writer pays for a checkpoint: measured at 256
/// connections, 250 has a p99 of 41 ms where SQLite's own 1,000 has 57 and 4,000 has 70.
const CHECKPOINT_PAGES: &str = "250";
const READERS: u32 = 4;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// These rows will never fit; another try is of no use.
    #[error("the database refuses the data: {0}")]
    Refused(#[source] sqlx::Error),
    /// Locked, full, failing or gone; later it may work.
    #[error("the database cannot be used: {0}")]
    Unavailable(#[source] sqlx::Error),
    #[error("another harborbell (process {process}) serves {}; stop it first, or use another DATABASE_URL", path.display())]
    InUse { path: PathBuf, process: String },
    #[error("there is no database at {}; start `harborbell serve` first, or mend DATABASE_URL", .0.display())]
    Missing(PathBuf),
    #[error("the database at {} was made by another version of harborbell: {detail}", path.display())]
    OtherVersion { path: PathBuf, detail: String },
    #[error("cannot use {}: {source}; check the path in DATABASE_URL and its permissions", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("DATABASE_URL is no database of harborbell: {0}")]
    Url(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_about_data(&error) { Self::Refused(error) } else { Self::Unavailable(error) }
    }
}

/// SQLite's primary result codes for data that it will not take: TOOBIG, CONSTRAINT, MISMATCH, RANGE.
fn is_about_data(error: &sqlx::Error) -> bool {
    const CODES: [i64; 4] = [18, 19, 20, 25];
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| CODES.contains(&(code & 0xff)))
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The tables, and the right to use them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// One connection: SQLite has one writer, and queueing here is fairer than its busy handler.
    write: SqlitePool,
    read: SqlitePool,
    path: PathBuf,
    /// Held by the one process that serves this file.
    lock: Option<std::sync::Arc<File>>,
}

/// The database engine and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    pub version: String,
    pub journal_mode: String,
    /// Each commit is on the disk before it is answered (`synchronous` FULL or above).
    pub is_durable: bool,
}

impl Store {
    /// Opens the database for the service: makes it where there is none, takes its lock, migrates.
    pub async fn serve(url: &str) -> Result<Self> {
        let path = path_of(url)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder).map_err(|source| StoreError::File { path: folder.to_owned(), source })?;
        }
        // The migrator takes no lock of its own, so this one comes first.
        let lock = lock(&path)?;
        let mut store = Self::connect(url).await?;
        MIGRATOR.run(&store.write).await.map_err(|error| not_migrated(&path, error))?;
        store.lock = Some(std::sync::Arc::new(lock));
        Ok(store)
    }

    /// Opens an existing database for a command, whether or not the service runs.
    pub async fn open(url: &str) -> Result<Self> {
        let path = path_of(url)?;
        if !path.exists() {
            return Err(StoreError::Missing(path));
        }
        let store = Self::connect(url).await?;
        let (applied, known) = (store.schema().await?, newest_schema());
        if applied < known {
            store.close().await;
            // An older database that nobody serves is brought up to date; its lock is given back at once.
            return Ok(Self { lock: None, ..Self::serve(url).await? });
        }
        if applied > known {
            let detail = format!("its schema is {applied}, this program knows {known}; use the newer program");
            return Err(StoreError::OtherVersion { path, detail });
        }
        Ok(store)
    }

    /// Whether this process alone may send: on SQLite the holder of the file's lock has every lane.
    pub const fn is_exclusive(&self) -> bool {
        self.lock.is_some()
    }

    /// Proves that a webhook could be stored now: a real write with a real commit.
    pub async fn probe(&self) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE robots SET name = name").execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// What stands behind the promise that a webhook survives a power cut.
    pub async fn engine(&self) -> Result<Engine> {
        let mut writer = self.write.acquire().await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *writer).await?;
        let journal_mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *writer).await?;
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *writer).await?;
        Ok(Engine { version, journal_mode, is_durable: synchronous >= 2 })
    }

    /// The size of the write-ahead log; 0 where there is none.
    pub fn wal_bytes(&self) -> u64 {
        let mut name = self.path.clone().into_os_string();
        name.push("-wal");
        std::fs::metadata(name).map_or(0, |wal| wal.len())
    }

    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    async fn connect(url: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| StoreError::Url(error.to_string()))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An accepted webhook survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("journal_size_limit", WAL_LIMIT)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES);
        let pool = || SqlitePoolOptions::new().acquire_timeout(BUSY_TIMEOUT).test_before_acquire(false);
        let write = pool().max_connections(1).connect_with(options.clone()).await?;
        let read = pool().max_connections(READERS).min_connections(0);
        Ok(Self {
            write,
            read: read.connect_lazy_with(options.pragma("query_only", "ON")),
            path: path_of(url)?,
            lock: None,
        })
    }

    /// Takes the writer's place at once: a transaction that reads first and writes later fails under load.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        const BEGIN: &str = "BEGIN IMMEDIATE";
        match self.write.begin_with(BEGIN).await {
            // SQLite ends a transaction by itself when the disk is full or fails; sqlx 0.9 then still counts
            // it as open and never begins another one. Only a new connection helps.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.write.acquire().await?.close().await?;
                Ok(self.write.begin_with(BEGIN).await?)
            }
            begun => Ok(begun?),
        }
    }

    /// The newest migration that this database has; 0 for none.
    async fn schema(&self) -> Result<i64> {
        let migrations = "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
        let migrated: i64 = sqlx::query_scalar(migrations).fetch_one(&self.read).await?;
        if migrated == 0 {
            return Ok(0);
        }
        let newest = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations");
        Ok(newest.fetch_one(&self.read).await?)
    }
}

fn newest_schema() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The file that a database URL names.
pub fn path_of(url: &str) -> Result<PathBuf> {
    if !url.starts_with("sqlite:") {
        return Err(StoreError::Url("use sqlite://path/to/file.db".into()));
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|error| StoreError::Url(error.to_string()))?;
    let path = options.get_filename().to_owned();
    let name = path.to_string_lossy();
    if name.is_empty() || name.contains(":memory:") || name.starts_with("file:") {
        return Err(StoreError::Url("it must name a file; what is in memory is lost".into()));
    }
    Ok(path)
}

/// A new folder survives a power cut only once its parent is on the disk, too.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn lock(path: &Path) -> Result<File> {
    // Two names for one file must not make two locks.
    let real = path.canonicalize();
    let path = real.as_deref().unwrap_or(path);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = |source| StoreError::File { path: path.to_owned(), source };
    let folder = folder.canonicalize().map_err(failed)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let lock_path = folder.join(name);
    let open = File::options().read(true).write(true).create(true).truncate(false).open(&lock_path);
    let mut file = open.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // Only to name it in the error; an empty file is no trouble.
            let _ = file.read_to_string(&mut process);
            return Err(StoreError::InUse { path: path.to_owned(), process: process.trim().to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
    // The lock holds without the number in it, also where the disk is full.
    drop(written);
    Ok(file)
}

/// Rows as the JSON array that one statement takes apart again.
fn rows<T: serde::Serialize>(rows: &[T]) -> String {
    serde_json::to_string(rows).expect("strings, numbers and words are always JSON")
}

fn not_migrated(path: &Path, error: MigrateError) -> StoreError {
    match error {
        // Locked, full, or failing: the schema is not to blame.
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => StoreError::Unavailable(error),
        other => StoreError::OtherVersion { path: path.to_owned(), detail: other.to_string() },
    }
}
