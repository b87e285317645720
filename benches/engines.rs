//! Accepting on SQLite and on PostgreSQL, side by side, and against a plain loop that inserts row by row. Prints figures
//! and ratios of one run; it fails nothing. `tests/with-postgres cargo bench --bench engines`; without PostgreSQL it
//! measures SQLite alone.

#[allow(dead_code, reason = "another benchmark prints more of it")]
mod load;

use std::time::{Duration, Instant};

use harborbell::demo::standin::Standin;
use load::{CONNECTIONS, MEASURED, Service, body, load, print};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, raw_sql};

const TABLE: &str = "DROP TABLE IF EXISTS plain; CREATE TABLE plain (id BIGINT PRIMARY KEY, payload TEXT NOT NULL)";
const INSERT: &str = "INSERT INTO plain (id, payload) VALUES ($1, $2)";

#[tokio::main]
async fn main() {
    let folder = tempfile::TempDir::new().unwrap();
    let wecom = Standin::start("be7c4000-0000-4000-8000-000000000000", None).await.unwrap();
    println!("accepting, {CONNECTIONS} connections, {} s each; and one row after the other:", MEASURED.as_secs());

    let sqlite = accepted(folder.path(), "sqlite://bench.db", &wecom).await;
    let options = SqliteConnectOptions::new().filename(folder.path().join("plain.db")).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let mut plain = SqliteConnection::connect_with(&options).await.unwrap();
    raw_sql(TABLE).execute(&mut plain).await.unwrap();
    let row_by_row = rows(async |number, payload| {
        sqlx::query(INSERT).bind(number).bind(payload).execute(&mut plain).await.unwrap();
    });
    let row_by_row = row_by_row.await;
    println!("  SQLite       {sqlite:>6.0} /s ÷ {row_by_row:>6.0} /s inserted row by row = {:.1}", sqlite / row_by_row);

    let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
        println!("  PostgreSQL   not measured: use tests/with-postgres cargo bench --bench engines");
        return;
    };
    let postgres = accepted(folder.path(), &url, &wecom).await;
    let mut plain = PgConnection::connect(&url).await.unwrap();
    raw_sql(TABLE).execute(&mut plain).await.unwrap();
    let row_by_row = rows(async |number, payload| {
        sqlx::query(INSERT).bind(number).bind(payload).execute(&mut plain).await.unwrap();
    });
    let row_by_row = row_by_row.await;
    println!(
        "  PostgreSQL   {postgres:>6.0} /s ÷ {row_by_row:>6.0} /s inserted row by row = {:.1}",
        postgres / row_by_row
    );
    println!("  PostgreSQL ÷ SQLite = {:.2}", postgres / sqlite);
}

async fn accepted(folder: &std::path::Path, url: &str, wecom: &Standin) -> f64 {
    let service = Service::start(folder, url, wecom, "18").await;
    let figures =
        load(&service.address, CONNECTIONS, "202 Accepted", |number| body(&format!("v1.0.{number}"), number)).await;
    print(url.split(':').next().unwrap(), &figures);
    figures.rate
}

/// How many a second, each in a transaction of its own, with a payload as Harbor sends it.
async fn rows(mut insert: impl AsyncFnMut(i64, &str)) -> f64 {
    const WITHIN: Duration = Duration::from_secs(4);
    let payload = body("v1.0.0", 0);
    let began = Instant::now();
    let mut number = 0;
    while began.elapsed() < WITHIN {
        insert(number, &payload).await;
        number += 1;
    }
    number as f64 / began.elapsed().as_secs_f64()
}
