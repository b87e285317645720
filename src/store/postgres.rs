//! PostgreSQL: several services on one database. The lane's lease says who sends; the database's clock says when.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, Postgres};
use tokio::runtime::Handle;

use super::sql::Pools;
use super::timeout::silent;
use super::{Result, StoreError, migrations};

/// How long a connection is waited for; less than the 2.5 s in which a webhook is answered.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// For webhooks and lanes; and for all who only read, so that they cannot delay the others.
const WRITERS: u32 = 6;
const READERS: u32 = 4;
/// How long a connection that is given back may take to prove that it is sound.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
/// What a session may hold up: a replica that was stopped in the middle of a transaction loses it soon, and whoever
/// waits for another's lock gives up in time to answer a webhook. Milliseconds.
const LIMITS: [(&str, &str); 3] =
    [("lock_timeout", "2000"), ("idle_in_transaction_session_timeout", "5000"), ("statement_timeout", "120000")];
/// How long a server may take to let the migrations in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

fn options(url: &str) -> Result<PgConnectOptions> {
    // The library's own words may repeat the URL, and with it the password.
    let options = PgConnectOptions::from_str(url);
    let options = options.map_err(|_| StoreError::Url("use postgres://user:password@host:5432/database".into()))?;
    // Its notices say only that there is nothing to do.
    Ok(options.application_name("harborbell").options([("client_min_messages", "warning")]))
}

/// A database's name for people: no user, no password.
pub(super) fn name_of(url: &str) -> Result<String> {
    let options = options(url)?;
    Ok(format!("{}:{}/{}", options.get_host(), options.get_port(), options.get_database().unwrap_or("postgres")))
}

/// With `limits`, but for who copies whole tables.
pub(super) async fn connect(url: &str, limits: bool) -> Result<Pools> {
    let mut options = options(url)?;
    if limits {
        options = options.options(LIMITS);
    }
    // What webhooks and lanes look up has an index; a plan from when the table was small would go on reading all of it.
    let write = pool(WRITERS).connect_with(options.clone().options([("enable_seqscan", "off")])).await?;
    let encoding: String = sqlx::query_scalar("SELECT current_setting('server_encoding')").fetch_one(&write).await?;
    if encoding != "UTF8" {
        return Err(StoreError::Url(format!("its encoding is {encoding}; make a database with ENCODING 'UTF8'")));
    }
    Ok(Pools::Postgres { write, read: pool(READERS).connect_lazy_with(options), runtime: Handle::current() })
}

fn pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(0)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A 202 is a row on the disk, whatever the server is set to; what is stricter than `on` stays.
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection
                    .execute(
                        "SELECT set_config('synchronous_commit', 'on', false)
                         WHERE current_setting('synchronous_commit') IN ('off', 'local')",
                    )
                    .await?;
                Ok(())
            })
        })
        // A connection that was cut without a word, or is in a failed transaction, must not come back; and it must
        // not be waited for either, or a few of them would leave no room for sound ones.
        .after_release(|connection, _| {
            Box::pin(async move {
                let answered = tokio::time::timeout(RELEASE_TIMEOUT, connection.execute("SELECT 1")).await;
                answered.map_err(|_| silent()).flatten().map(|_| true)
            })
        })
}

/// Brings the schema up to date. Without the limits of other sessions: replicas that start together wait here for
/// each other, and an index of a large table takes its time.
pub(super) async fn migrate(url: &str) -> Result<(), sqlx::migrate::MigrateError> {
    let options = options(url).map_err(|error| sqlx::migrate::MigrateError::Source(Box::new(error)))?;
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options)).await;
    let mut connection = connected.map_err(|_| silent())??;
    // Text is ordered by its bytes, as SQLite does, and lower case is that of ASCII; so an order, a cursor and the
    // beginning of a word mean the same in both.
    migrations::apply(&mut connection, |text| text.replace(" TEXT ", " TEXT COLLATE \"C\" ")).await?;
    connection.close().await?;
    Ok(())
}

/// Begins a transaction. A connection that was left in a failed one refuses; it does not come back, so another one does.
pub(super) async fn begin(pool: &PgPool) -> Result<sqlx::Transaction<'static, Postgres>, sqlx::Error> {
    match pool.begin().await {
        Err(sqlx::Error::Database(_)) => pool.begin().await,
        begun => begun,
    }
}
