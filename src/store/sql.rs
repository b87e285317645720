//! One way to run a statement on two engines: transactions and reading. Where the engines differ, both texts are side
//! by side in [`Store::either`].

use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, PgPool, Postgres, SqlitePool};
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;

use super::connection::{Connection, Held};
pub(super) use super::statement::{Statement, sql};
use super::timeout::QueryTimeout;
use super::{Result, Store};
use crate::model::clock::{Clock, Millis};

/// The connections of one engine.
#[derive(Clone, Debug)]
pub(super) enum Pools {
    Sqlite {
        write: Connection,
        /// Lanes look here, and wait for no other reader.
        lanes: Connection,
        read: SqlitePool,
    },
    Postgres {
        /// Webhooks and lanes.
        write: PgPool,
        /// All who only look.
        read: PgPool,
        /// Where connections live, whoever asks for one: a worker of the HTTP server ends before the last lane does,
        /// and with it every connection that was made on it.
        runtime: Handle,
    },
}

/// What a row of either engine can become.
pub(super) trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
}

impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static {}

/// All or nothing. Dropped before [`Transaction::commit`], it is nothing.
pub(super) struct Transaction {
    begun: Begun,
    /// What is to run before the next statement that somebody waits for.
    queued: Vec<Statement>,
}

enum Begun {
    Sqlite(Held),
    Postgres(sqlx::Transaction<'static, Postgres>, QueryTimeout),
}

impl Transaction {
    pub(super) const fn on_sqlite(held: Held) -> Self {
        Self { begun: Begun::Sqlite(held), queued: Vec::new() }
    }

    pub(super) const fn on_postgres(transaction: sqlx::Transaction<'static, Postgres>, timeout: QueryTimeout) -> Self {
        Self { begun: Begun::Postgres(transaction, timeout), queued: Vec::new() }
    }

    /// Whether others may commit meanwhile.
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self.begun, Begun::Postgres(..))
    }

    /// Runs it before the next statement or the commit; on SQLite as one text with them, so it must give no rows.
    pub(super) fn queue(&mut self, statement: Statement) {
        self.queued.push(statement);
    }

    /// Gives the number of rows that it touched.
    pub(super) async fn run(&mut self, statement: Statement) -> Result<u64> {
        let statements = with(std::mem::take(&mut self.queued), statement);
        match &mut self.begun {
            Begun::Sqlite(held) => held.run(statements).await,
            Begun::Postgres(transaction, timeout) => run_on_postgres(transaction, *timeout, statements).await,
        }
    }

    pub(super) async fn all<T: Record>(&mut self, statement: Statement) -> Result<Vec<T>> {
        let queued = std::mem::take(&mut self.queued);
        match &mut self.begun {
            Begun::Sqlite(held) => held.rows(with(queued, statement)).await,
            Begun::Postgres(transaction, timeout) => {
                run_on_postgres(transaction, *timeout, queued).await?;
                let (text, values) = statement.postgres();
                timeout.wait(sqlx::query_as_with(text, values).fetch_all(&mut **transaction)).await
            }
        }
    }

    pub(super) async fn optional<T: Record>(&mut self, statement: Statement) -> Result<Option<T>> {
        Ok(self.all(statement).await?.pop())
    }

    /// Commits with this as the last statement, and gives its rows.
    pub(super) async fn commit_with<T: Record>(mut self, statement: Statement) -> Result<Vec<T>> {
        if let Begun::Sqlite(held) = self.begun {
            return held.commit(with(self.queued, statement)).await;
        }
        let rows = self.all(statement).await?;
        self.commit().await?;
        Ok(rows)
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        let queued = std::mem::take(&mut self.queued);
        match self.begun {
            Begun::Sqlite(held) => held.commit::<()>(queued).await.map(drop),
            Begun::Postgres(mut transaction, timeout) => {
                run_on_postgres(&mut transaction, timeout, queued).await?;
                timeout.wait(transaction.commit()).await
            }
        }
    }

    /// For who takes all of it back and wants to know whether it would work.
    pub(super) async fn take_back(mut self) -> Result<()> {
        self.run_queued().await?;
        match self.begun {
            Begun::Sqlite(held) => held.take_back().await,
            Begun::Postgres(transaction, timeout) => timeout.wait(transaction.rollback()).await?,
        }
        Ok(())
    }

    async fn run_queued(&mut self) -> Result<()> {
        let queued = std::mem::take(&mut self.queued);
        match &mut self.begun {
            Begun::Sqlite(held) if !queued.is_empty() => held.run(queued).await.map(drop),
            Begun::Sqlite(_) => Ok(()),
            Begun::Postgres(transaction, timeout) => run_on_postgres(transaction, *timeout, queued).await.map(drop),
        }
    }

    /// The time by which lanes are judged: the database's own where several processes use it, else ours. Asked for
    /// within a transaction, because its place may have been waited for; on SQLite in this process only.
    pub(super) async fn now(&mut self, clock: &Clock) -> Result<Millis> {
        if let (true, Clock::External(_)) = (self.is_shared(), clock) {
            let asked_at = Instant::now();
            if let Some((now,)) = self.optional(sql(DATABASE_TIME)).await? {
                clock.set(now, asked_at);
            }
        }
        Ok(clock.now())
    }
}

fn with(mut queued: Vec<Statement>, statement: Statement) -> Vec<Statement> {
    queued.push(statement);
    queued
}

/// Gives the number of rows that the last one touched.
async fn run_on_postgres(
    transaction: &mut sqlx::Transaction<'static, Postgres>,
    timeout: QueryTimeout,
    statements: Vec<Statement>,
) -> Result<u64> {
    let mut touched = 0;
    for statement in statements {
        let (text, values) = statement.postgres();
        let done = sqlx::query_with(text, values).execute(&mut **transaction);
        touched = timeout.wait(done).await?.rows_affected();
    }
    Ok(touched)
}

async fn look<T: Record>(pool: &SqlitePool, statement: Statement) -> Result<Vec<T>> {
    let (text, values) = Statement::sqlite(vec![statement]);
    Ok(sqlx::query_as_with(text, values).fetch_all(pool).await?)
}

async fn fetch<T: Record>(
    pool: &PgPool,
    runtime: &Handle,
    timeout: QueryTimeout,
    statement: Statement,
) -> Result<Vec<T>> {
    let (text, values) = statement.postgres();
    let rows = sqlx::query_as_with(text, values).fetch_all(pool);
    timeout.wait(TokioContext::new(rows, runtime.clone())).await
}

const DATABASE_TIME: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

impl Store {
    /// For the few statements that cannot be the same.
    pub(super) const fn either(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self.pools {
            Pools::Sqlite { .. } => sqlite,
            Pools::Postgres { .. } => postgres,
        }
    }

    pub(super) async fn all<T: Record>(&self, statement: Statement) -> Result<Vec<T>> {
        match &self.pools {
            Pools::Sqlite { read, .. } => look(read, statement).await,
            Pools::Postgres { read, runtime, .. } => fetch(read, runtime, QueryTimeout::Read, statement).await,
        }
    }

    pub(super) async fn optional<T: Record>(&self, statement: Statement) -> Result<Option<T>> {
        Ok(self.all(statement).await?.pop())
    }

    /// The same for a lane, which waits for no other reader.
    pub(super) async fn all_for_lane<T: Record>(&self, statement: Statement) -> Result<Vec<T>> {
        match &self.pools {
            Pools::Sqlite { lanes, .. } => lanes.hold().await?.look(statement).await,
            Pools::Postgres { write, runtime, .. } => fetch(write, runtime, QueryTimeout::Write, statement).await,
        }
    }

    pub(super) async fn first<T: Record>(&self, statement: Statement) -> Result<Option<T>> {
        Ok(self.all_for_lane(statement).await?.pop())
    }

    pub(super) async fn one<T: Record>(&self, statement: Statement) -> Result<T> {
        Ok(self.optional(statement).await?.ok_or(sqlx::Error::RowNotFound)?)
    }

    /// The first column of each row, of a table of any size.
    pub(super) fn stream(&self, statement: Statement) -> BoxStream<'_, Result<String>> {
        let first = |row: Result<(String,), sqlx::Error>| Ok(row?.0);
        match &self.pools {
            Pools::Sqlite { read, .. } => {
                let (text, values) = Statement::sqlite(vec![statement]);
                sqlx::query_as_with(text, values).fetch(read).map(first).boxed()
            }
            Pools::Postgres { read, .. } => {
                let (text, values) = statement.postgres();
                sqlx::query_as_with(text, values).fetch(read).map(first).boxed()
            }
        }
    }

    /// One number of one row.
    pub(super) async fn number(&self, statement: Statement) -> Result<i64> {
        Ok(self.one::<(i64,)>(statement).await?.0)
    }

    /// The first column of each row.
    pub(super) async fn texts(&self, statement: Statement) -> Result<Vec<String>> {
        Ok(self.all::<(String,)>(statement).await?.into_iter().map(|(text,)| text).collect())
    }

    /// Brings a clock to the time by which lanes are judged.
    pub async fn tell_time(&self, clock: &Clock) -> Result<Millis> {
        if let (Pools::Postgres { .. }, Clock::External(_)) = (&self.pools, clock) {
            let asked_at = Instant::now();
            let (now,) = self.first(sql(DATABASE_TIME)).await?.ok_or(sqlx::Error::RowNotFound)?;
            clock.set(now, asked_at);
        }
        Ok(clock.now())
    }
}
