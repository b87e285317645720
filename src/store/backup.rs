//! `backup`: a copy of SQLite's file, also while the service runs. It is checked and on the disk before it has its name,
//! and it has the schema that the database has: nothing is migrated.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, RenameFlags, renameat_with};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;

use super::in_use::beside;
use super::migrations::newest_schema;
use super::place::Place;
use super::sqlite::{FILE_MODE, check, folder_of, is_own_name};
use super::{Result, StoreError};

/// What a copy has in it.
#[derive(Debug)]
pub struct Backup {
    pub source: PathBuf,
    pub schema: i64,
    /// What this program would make of it.
    pub newest_schema: i64,
    pub events: i64,
    pub deliveries: i64,
    pub bytes: u64,
}

/// A database that was opened to be copied. Who copies it may be somebody else by then.
pub struct Source {
    path: PathBuf,
    database: SqliteConnection,
}

impl Source {
    pub async fn open(url: &str) -> Result<Self> {
        let path = match Place::of(url)? {
            Place::File(path) if path.exists() => path,
            Place::File(missing) => return Err(StoreError::Missing(missing.display().to_string())),
            Place::Server(name) => return Err(StoreError::Url(format!("{name} is no file; use pg_dump"))),
        };
        check(&path, false).await?;
        // What takes long here is no news.
        let mut database = SqliteConnectOptions::new().filename(&path).disable_statement_logging().connect().await?;
        // This opens all of its files.
        number(&mut database, "SELECT count(*) FROM sqlite_master").await?;
        Ok(Self { path, database })
    }

    /// Copies it to a file that is not there yet.
    pub async fn copy_to(mut self, file: &Path) -> Result<Backup> {
        let made = self.copy(file).await;
        // However it ended, SQLite takes its files beside the database away.
        self.database.close().await?;
        made
    }

    async fn copy(&mut self, file: &Path) -> Result<Backup> {
        let failed = |problem: String| StoreError::Backup { file: file.to_owned(), problem };
        let here = |error: Error| failed(error.to_string());
        if is_own_name(&self.path, file) {
            return Err(failed("the database itself uses that name; use another one".to_owned()));
        }
        if file.symlink_metadata().is_ok() {
            return Err(here(already_there()));
        }
        // Whatever SQLite makes, it is for its owner alone.
        rustix::process::umask(Mode::from_raw_mode(!FILE_MODE & 0o777));
        let partial = Partial::make(file).map_err(here)?;
        // A reader's snapshot: nobody waits for it, and each commit is in it whole or not at all.
        let copied = sqlx::query("VACUUM INTO ?").bind(partial.name().map_err(here)?).execute(&mut self.database).await;
        copied.map_err(|error| failed(format!("{error}; is there room on its disk?")))?;

        let made = partial.check(self.path.clone()).await;
        let made = made.map_err(|problem| failed(format!("the copy is not sound: {problem}")))?;
        partial.publish(file).map_err(here)?;
        Ok(made)
    }
}

fn already_there() -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        "something of this name is there, and nothing is overwritten; use another name",
    )
}

/// The copy under a name of its own, which goes with this.
struct Partial(PathBuf);

impl Partial {
    fn make(file: &Path) -> std::io::Result<Self> {
        let name = file.file_name().ok_or_else(|| Error::new(ErrorKind::InvalidInput, "this names no file"))?;
        let mut own = name.to_owned();
        own.push(format!(".{}.partial", Uuid::now_v7()));
        // The whole path, because SQLite takes some beginnings of a name for something else.
        let path = folder_of(file).canonicalize()?.join(own);
        // SQLite would make it for everybody to read; it takes an empty file, too.
        OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&path)?;
        Ok(Self(path))
    }

    fn name(&self) -> std::io::Result<&str> {
        self.0.to_str().ok_or_else(|| Error::new(ErrorKind::InvalidInput, "its path is not UTF-8"))
    }

    /// What is in it; an error where it is not whole.
    async fn check(&self, source: PathBuf) -> Result<Backup, String> {
        let said = |error: sqlx::Error| error.to_string();
        // Nobody else knows of it, so it needs no locks, which some network file systems do not have.
        let options = SqliteConnectOptions::new().filename(&self.0).immutable(true).read_only(true);
        let options = options.disable_statement_logging();
        let mut copy = options.connect().await.map_err(said)?;
        if let Some(problem) = problem(&mut copy).await.map_err(said)? {
            return Err(problem);
        }
        let schema = number(&mut copy, "SELECT max(version) FROM _sqlx_migrations").await.map_err(said)?;
        let events = number(&mut copy, "SELECT count(*) FROM events").await.map_err(said)?;
        let deliveries = number(&mut copy, "SELECT count(*) FROM deliveries").await.map_err(said)?;
        copy.close().await.map_err(said)?;
        let bytes = std::fs::metadata(&self.0).map_err(|error| error.to_string())?.len();
        Ok(Backup { source, schema, newest_schema: newest_schema(), events, deliveries, bytes })
    }

    /// Gives it its name, which nobody else has taken meanwhile, once it is on the disk.
    fn publish(self, file: &Path) -> std::io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        match renameat_with(CWD, &self.0, CWD, file, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(rustix::io::Errno::EXIST) => return Err(already_there()),
            // NFS cannot do that, and it has links.
            Err(_) => std::fs::hard_link(&self.0, file)?,
        }
        // Whoever may not read a folder can still write to it, and some file systems know no such thing.
        let _ = File::open(folder_of(file)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Neither is there any more where all went well.
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(beside(&self.0, "-journal"));
    }
}

/// What is wrong with a file of SQLite's; None where it is whole.
pub async fn problem(database: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let problems = "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'
        UNION ALL SELECT 'a row of ' || \"table\" || ' lacks its row of ' || parent FROM pragma_foreign_key_check";
    sqlx::query_scalar(problems).fetch_optional(database).await
}

async fn number(database: &mut SqliteConnection, sql: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(sql).fetch_one(database).await
}
