//! SQLite: one file, one service, one writer. A lock beside the file keeps a second service away.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use rustix::fs::Access;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _};

use super::connection::{BUSY_TIMEOUT, Connection};
use super::in_use::{beside, log_of};
use super::sql::Pools;
use super::{Result, StoreError, migrations};

/// The write-ahead log shrinks back to this many bytes after a long reader let it grow.
const WAL_LIMIT: &str = "67108864";
/// Pages of 4 KiB between two checkpoints, which the writer pays for. Measured at 256 connections: with 250 it accepts a tenth
/// less, with 4,000 the slowest answers take longer.
const CHECKPOINT_PAGES: &str = "1000";
/// KiB of pages that the writer keeps at most, as SQLite wants it, with a minus: what one batch touches.
const WRITER_CACHE: &str = "-8000";
/// For all who only look: the page, the API, commands.
const READERS: u32 = 4;
/// The files hold what people replicate, and messages: other users are not to read them.
pub(super) const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// With what else the URL says; the file is the one that its name led to when it was looked at.
pub(super) async fn connect(url: &str, path: &Path) -> Result<Pools> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| StoreError::Url(error.to_string()))?
        .filename(path)
        // A log that lies beside an empty file would be deleted.
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // Of a slow one it would repeat all of a batch.
        .disable_statement_logging();
    let writing = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        // An accepted webhook survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", WAL_LIMIT)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("cache_size", WRITER_CACHE);
    let write = Connection::lazy(writing);
    // Says at once whether it can be opened.
    write.hold().await?;
    // Whatever file is there by then, who only reads moves nothing from a log to it.
    let reading = options.read_only(true);
    let lanes = Connection::lazy(reading.clone());
    let read = SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(0)
        .acquire_timeout(BUSY_TIMEOUT)
        .test_before_acquire(false)
        // A connection that is opened anew would open whatever file is there by then.
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(reading);
    Ok(Pools::Sqlite { write, lanes, read })
}

/// Whether a name is one that SQLite or a service gives to a file of this database: whatever is there would be lost.
pub(super) fn is_own_name(database: &Path, file: &Path) -> bool {
    let in_folder = |path: &Path| Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    let (Some(database), Some(file)) = (in_folder(database), in_folder(file)) else { return false };
    ["-wal", "-shm", "-journal", ".lock"].iter().any(|ending| beside(&database, ending) == file)
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Files that this process has looked into. Another look would end SQLite's locks on the file
/// (<https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).
static LOOKED_INTO: Mutex<BTreeSet<(u64, u64)>> = Mutex::new(BTreeSet::new());

/// Refuses a copy that was put beside the log of another database: SQLite would take that log's pages for the copy's,
/// and destroy it. To be asked before SQLite opens the file.
pub(super) fn check_log(path: &Path) -> Result<()> {
    check_regular(path).map_err(|cause| StoreError::File { path: path.to_owned(), cause })?;
    let log = log_of(path);
    let Ok(identity) = path.metadata().map(|file| (file.dev(), file.ino())) else { return Ok(()) };
    let has_log = log.metadata().is_ok_and(|log| log.len() > 0);
    if !has_log || !LOOKED_INTO.lock().unwrap_or_else(PoisonError::into_inner).insert(identity) {
        return Ok(());
    }
    // Whether it has a log of its own; a backup has none (<https://sqlite.org/fileformat.html#file_format_version_numbers>).
    let mut versions = [0; 2];
    let read = File::open(path).and_then(|file| file.read_exact_at(&mut versions, 18));
    if read.is_ok() && versions == [1, 1] { Err(StoreError::OldLog { path: path.to_owned(), log }) } else { Ok(()) }
}

/// Refuses what is no database of ours before anything is written to it; a new one may be empty.
pub(super) async fn check(path: &Path, is_new: bool) -> Result<()> {
    check_log(path)?;
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
    // Who may write moves what is in the write-ahead log to the file, at the latest when it closes it.
    let found = match tables_in(&options.clone().read_only(true)).await {
        // A transaction of which a power cut left a part: each program that may write takes that back first.
        Err(error) if is_to_roll_back(&error) => tables_in(&options).await,
        found => found,
    };
    match found? {
        (0, _) if is_new => Ok(()),
        (0, _) => Err(StoreError::Missing(path.display().to_string())),
        (_, 0) => Err(StoreError::Foreign(path.to_owned())),
        _ => Ok(()),
    }
}

/// How many tables and indexes there are, and whether the list of migrations is one of them.
async fn tables_in(options: &SqliteConnectOptions) -> sqlx::Result<(i64, i64)> {
    const TABLES: &str = "SELECT count(*), count(*) FILTER (WHERE name = '_sqlx_migrations') FROM sqlite_master";
    let mut database = options.connect().await?;
    let found = sqlx::query_as(TABLES).fetch_one(&mut database).await;
    database.close().await?;
    found
}

fn is_to_roll_back(error: &sqlx::Error) -> bool {
    const SQLITE_READONLY_ROLLBACK: &str = "776";
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == SQLITE_READONLY_ROLLBACK)
}

/// A pipe or a device would be waited for, or worse; what is not there yet is fine.
fn check_regular(path: &Path) -> std::io::Result<()> {
    match path.metadata() {
        Ok(found) if !found.is_file() => Err(Error::new(ErrorKind::InvalidInput, "it is no regular file")),
        _ => Ok(()),
    }
}

/// Brings the schema up to date.
pub(super) async fn migrate(writer: &mut SqliteConnection) -> Result<(), MigrateError> {
    let dropped =
        |text: &str| text.replace("ALTER TABLE events DROP CONSTRAINT events_repository_named", DROP_CONSTRAINT);
    migrations::apply(writer, dropped).await
}

/// What PostgreSQL says with `ALTER TABLE events DROP CONSTRAINT`, in the way that SQLite documents for it
/// (<https://sqlite.org/lang_altertable.html#otheralter>): no row is touched. The statements before it have changed the
/// schema's number, so every other connection reads it again.
const DROP_CONSTRAINT: &str = "PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, ',
    CONSTRAINT events_repository_named CHECK (repository <> '''')', '') WHERE type = 'table' AND name = 'events';
    PRAGMA writable_schema = RESET";

/// The file that a database URL leads to. SQLite has its other files beside the file itself, not beside a link to it.
pub fn path_of(url: &str) -> Result<PathBuf> {
    let options = SqliteConnectOptions::from_str(url).map_err(|error| StoreError::Url(error.to_string()))?;
    let path = options.get_filename().to_owned();
    let name = path.to_string_lossy();
    if name.is_empty() || name.contains(":memory:") || name.starts_with("file:") {
        return Err(StoreError::Url("it must name a file; what is in memory is lost".into()));
    }
    Ok(followed(path))
}

/// The file that a link leads to, whether or not it is there. The folder keeps the name that a person knows it by.
fn followed(mut path: PathBuf) -> PathBuf {
    // As many as Linux follows; what goes in a circle cannot be opened under any of its names.
    for _ in 0..40 {
        let Ok(target) = path.read_link() else { break };
        path = path.with_file_name(target);
    }
    path
}

/// Whether a service could write this file, and those beside it, or make all of it.
pub(super) fn check_writable(path: &Path) -> Result<()> {
    let check = |path: &Path, access| {
        let failed = |error: rustix::io::Errno| StoreError::File { path: path.to_owned(), cause: error.into() };
        rustix::fs::access(path, access).map_err(failed)
    };
    check_regular(path).map_err(|cause| StoreError::File { path: path.to_owned(), cause })?;
    if path.exists() {
        check(path, Access::READ_OK | Access::WRITE_OK)?;
    }
    let folders = path.ancestors().skip(1);
    let folders = folders.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let Some(folder) = folders.into_iter().find(|folder| folder.exists()) else { return Ok(()) };
    if !folder.is_dir() {
        let cause = std::io::ErrorKind::NotADirectory.into();
        return Err(StoreError::File { path: folder.to_owned(), cause });
    }
    check(folder, Access::WRITE_OK | Access::EXEC_OK)
}

/// Makes the folder and the file where there are none.
pub(super) fn make(path: &Path) -> std::io::Result<()> {
    check_regular(path)?;
    let folder = folder_of(path);
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    // SQLite gives its other files the mode of this one.
    OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(path)?;
    for folder in entered_in(folder) {
        // Whoever may not read a folder has not made anything in it, and some file systems know no such thing.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// The folders whose entries lead to the file: each must be on the disk before anything is promised, also where an
/// earlier start made some of them and lost power before it could finish.
fn entered_in(folder: &Path) -> Vec<PathBuf> {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    whole.ancestors().map(Path::to_owned).collect()
}

pub(super) fn lock(path: &Path) -> Result<File> {
    let failed = |cause| StoreError::File { path: path.to_owned(), cause };
    let lock_path = beside(path, ".lock");
    let open = File::options().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(&lock_path);
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
