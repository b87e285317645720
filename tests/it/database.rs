//! A database for each test: a file in its folder or, where TEST_POSTGRES_URL is set (`tests/with-postgres`), a schema
//! named after the folder.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The database server that the tests may use; None: they use files.
pub fn postgres() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL").ok()
}

/// What is about a file is not asked of PostgreSQL.
macro_rules! only_on_sqlite {
    () => {
        if crate::database::postgres().is_some() {
            return;
        }
    };
}
pub(crate) use only_on_sqlite;

/// What is about several replicas needs PostgreSQL.
macro_rules! only_on_postgres {
    () => {
        if crate::database::postgres().is_none() {
            println!("not run: it needs PostgreSQL; use tests/with-postgres cargo test");
            return;
        }
    };
}
pub(crate) use only_on_postgres;

/// The database of this folder, without tables at first.
pub fn url_of(folder: &Path) -> String {
    match postgres() {
        None => format!("sqlite://{}", folder.join("test.db").display()),
        Some(server) => schema(&server, folder),
    }
}

fn schema(server: &str, folder: &Path) -> String {
    let name = format!("t{:.20x}", Sha256::digest(folder.as_os_str().as_encoded_bytes()));
    let program = Path::new(&std::env::var("TEST_POSTGRES_BIN").unwrap_or_default()).join("psql");
    let create = format!("SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS {name}");
    let made = Command::new(program).args(["-q", "-c", &create, server]).status().unwrap();
    assert!(made.success());
    format!("{server}?options=-csearch_path%3D{name}")
}

/// Another program at the same database.
pub enum Intruder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Intruder {
    pub async fn at(url: &str) -> Self {
        match url.starts_with("sqlite:") {
            true => Self::Sqlite(SqliteConnection::connect(url).await.unwrap()),
            false => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    pub async fn execute(&mut self, sql: impl Into<String>) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.into()));
        match self {
            Self::Sqlite(connection) => drop(sql.execute(connection).await.unwrap()),
            Self::Postgres(connection) => drop(sql.execute(connection).await.unwrap()),
        }
    }

    /// The first column of all rows.
    pub async fn texts(&mut self, sql: impl Into<String>) -> Vec<String> {
        let sql = AssertSqlSafe(sql.into());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_all(connection).await.unwrap(),
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await.unwrap(),
        }
    }

    /// Makes the database refuse what would make a message so: `new` is its row.
    pub async fn refuse_messages(&mut self, condition: &str) {
        self.execute(match self {
            Self::Sqlite(_) => format!(
                "CREATE TRIGGER refused BEFORE UPDATE ON messages WHEN {condition}
                 BEGIN SELECT RAISE(ABORT, 'the test refuses it'); END"
            ),
            Self::Postgres(_) => format!(
                "CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN RAISE EXCEPTION 'the test refuses it' USING ERRCODE = '23514'; END $$;
                 CREATE TRIGGER refused BEFORE UPDATE ON messages
                     FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION refused()"
            ),
        })
        .await;
    }

    pub async fn refuse_no_more(&mut self) {
        self.execute(match self {
            Self::Sqlite(_) => "DROP TRIGGER refused",
            Self::Postgres(_) => "DROP TRIGGER refused ON messages",
        })
        .await;
    }

    /// From now on an arrival of this version finds the database failing, and no other one does.
    pub async fn fail_on(&mut self, version: &str) {
        self.on_arrival("fails", version, "abs(-9223372036854775807 - 1)", "55P03").await;
    }

    /// From now on the database refuses an arrival of this version for its data.
    pub async fn refuse(&mut self, version: &str) {
        self.on_arrival("refuses", version, "RAISE(ABORT, 'refused')", "23514").await;
    }

    async fn on_arrival(&mut self, name: &str, version: &str, sqlite: &str, sqlstate: &str) {
        self.execute(match self {
            Self::Sqlite(_) => format!(
                "DROP TRIGGER IF EXISTS {name};
                 CREATE TRIGGER {name} BEFORE INSERT ON arrivals WHEN NEW.version = '{version}' BEGIN SELECT {sqlite}; END"
            ),
            Self::Postgres(_) => format!(
                "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$ BEGIN
                     RAISE EXCEPTION 'as wished' USING ERRCODE = '{sqlstate}'; END $$ LANGUAGE plpgsql;
                 CREATE OR REPLACE TRIGGER {name} BEFORE INSERT ON arrivals FOR EACH ROW
                     WHEN (NEW.version = '{version}') EXECUTE FUNCTION {name}()"
            ),
        })
        .await;
    }

    /// Keeps all others from writing, until [`Intruder::let_go`].
    pub async fn lock(&mut self) {
        self.execute(match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN; LOCK TABLE arrivals, robots IN EXCLUSIVE MODE",
        })
        .await;
    }

    pub async fn let_go(&mut self) {
        self.execute("ROLLBACK").await;
    }
}

/// A database as the program of this schema left it, and a connection to it. SQLite's file is there, PostgreSQL's schema
/// was made by [`url_of`].
pub async fn older_database(url: &str, schema: i64) -> Intruder {
    use sqlx::SqlSafeStr;
    use sqlx::migrate::{Migration, Migrator};
    let all = Migrator::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").as_path()).await.unwrap();
    let older = all.iter().filter(|migration| migration.version <= schema).cloned().map(|mut migration| {
        if !url.starts_with("sqlite:") {
            // As the program gives them to PostgreSQL.
            let text = migration.sql.as_str().replace(" TEXT ", " TEXT COLLATE \"C\" ");
            migration = Migration::new(
                migration.version,
                migration.description,
                migration.migration_type,
                AssertSqlSafe(text).into_sql_str(),
                migration.no_tx,
            );
        }
        migration
    });
    let migrator = Migrator::with_migrations(older.collect());
    let url = url.replacen(".db", ".db?mode=rwc", 1);
    let mut database = Intruder::at(&url).await;
    match &mut database {
        Intruder::Sqlite(connection) => migrator.run(connection).await.unwrap(),
        Intruder::Postgres(connection) => migrator.run(connection).await.unwrap(),
    }
    database
}

fn program(name: &str) -> Command {
    let path = Path::new(&std::env::var("TEST_POSTGRES_BIN").unwrap()).join(name);
    // It does not run as root.
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !is_root {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
    command
}

/// A PostgreSQL of a test's own, which it may restart.
pub struct Cluster {
    folder: TempDir,
    port: u16,
}

impl Cluster {
    pub fn start() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { folder, port };
        let options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        cluster.run(program("initdb").args(options));
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=");
        cluster.run(
            program("pg_ctl").args(["-w", "-o", &options, "-l"]).arg(cluster.folder.path().join("log")).arg("start"),
        );
        cluster
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// As an operator does; sessions are ended.
    pub fn restart(&self) {
        self.run(program("pg_ctl").args(["-w", "-m", "fast", "-l"]).arg(self.folder.path().join("log")).arg("restart"));
    }

    fn run(&self, command: &mut Command) {
        let data = self.folder.path().join("data");
        let status = command.arg("-D").arg(data).current_dir(self.folder.path()).stdout(Stdio::null()).status();
        assert!(status.unwrap().success(), "{command:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run(program("pg_ctl").args(["-m", "immediate", "stop"]));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    /// What is open is closed, and nothing else is let in.
    Closed,
    /// Nothing passes, and nobody is told.
    Silent,
}

/// A way to the database that can be interrupted.
pub struct Proxy {
    pub url: String,
    way: watch::Sender<Way>,
}

impl Proxy {
    pub async fn to(url: &str) -> Self {
        let address = url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxied = url.replace(&address, &listener.local_addr().unwrap().to_string());
        let way = watch::Sender::new(Way::Open);
        let ways = way.clone();
        tokio::spawn(async move {
            loop {
                let (inside, _) = listener.accept().await.unwrap();
                tokio::spawn(carry(inside, address.clone(), ways.subscribe()));
            }
        });
        Self { url: proxied, way }
    }

    pub fn go_away(&self, silently: bool) {
        self.way.send_replace(if silently { Way::Silent } else { Way::Closed });
    }

    /// New connections pass; those that fell silent stay so.
    pub fn come_back(&self) {
        self.way.send_replace(Way::Open);
    }
}

async fn carry(mut inside: TcpStream, address: String, mut way: watch::Receiver<Way>) {
    if *way.borrow_and_update() == Way::Open {
        let mut outside = TcpStream::connect(address).await.unwrap();
        tokio::select! {
            _ = copy_bidirectional(&mut inside, &mut outside) => return,
            _ = way.changed() => {}
        }
    }
    if *way.borrow() == Way::Silent {
        // Held open for as long as the test lasts.
        std::future::pending::<()>().await;
    }
}
