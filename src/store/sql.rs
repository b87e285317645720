//! One SQL text for two engines: statements with their values, transactions, and reading.
//!
//! A text is written once, with `$1` for values; where the engines differ, both texts stand side by side in
//! [`Store::either`]. Only the way to take a JSON array apart is so frequent that it has a word of its own, `rows($1)`.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Encode, FromRow, PgPool, Postgres, Sqlite, SqlitePool, Type};
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;

use super::postgres::silent;
use super::{Result, Store};
use crate::model::clock::{Clock, Millis};

/// The connections of one engine.
#[derive(Clone, Debug)]
pub(super) enum Pools {
    Sqlite {
        /// One connection: SQLite has one writer, and queueing here is fairer than its busy handler.
        write: SqlitePool,
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

/// A value that a statement is given.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Maybe(Option<i64>),
    Flag(bool),
}

macro_rules! value_from {
    ($($from:ty => $value:ident),*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$value(value.into())
            }
        }
    )*};
}
value_from!(String => Text, &String => Text, &str => Text, i64 => Number, Option<i64> => Maybe, bool => Flag);

/// A statement with its values.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    text: String,
    values: Vec<Value>,
}

pub(super) fn sql(text: impl Into<String>) -> Statement {
    Statement { text: text.into(), values: Vec::new() }
}

impl Statement {
    /// The value of the next `$n` of the text.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Writes the next `$n` and gives it its value.
    pub(super) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push_str(&format!("${}", self.values.len()));
        self
    }

    fn sqlite(self) -> (AssertSqlSafe<String>, SqliteArguments) {
        (AssertSqlSafe(self.text.replace("rows($1)", "json_each($1)")), arguments(self.values))
    }

    fn postgres(self) -> (AssertSqlSafe<String>, PgArguments) {
        let array = "json_array_elements(CAST($1 AS json)) AS rows(value)";
        // Its texts cannot hold this character, so nothing that is there can equal one that does.
        let values = self.values.into_iter().map(|value| match value {
            Value::Text(text) if text.contains('\0') => Value::Text(text.replace('\0', "\u{fffd}")),
            value => value,
        });
        (AssertSqlSafe(self.text.replace("rows($1)", array)), arguments(values.collect()))
    }
}

fn arguments<A: Arguments + Default>(values: Vec<Value>) -> A
where
    for<'v> String: Encode<'v, A::Database> + Type<A::Database>,
    for<'v> i64: Encode<'v, A::Database> + Type<A::Database>,
    for<'v> Option<i64>: Encode<'v, A::Database> + Type<A::Database>,
    for<'v> bool: Encode<'v, A::Database> + Type<A::Database>,
{
    let mut arguments = A::default();
    for value in values {
        let added = match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
            Value::Maybe(number) => arguments.add(number),
            Value::Flag(flag) => arguments.add(flag),
        };
        added.expect("both engines take every text and number");
    }
    arguments
}

/// What a row of either engine can become.
pub(super) trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
}

impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static {}

/// How long an answer of PostgreSQL is waited for. A connection that was cut without a word says nothing for ever;
/// one who waits for it would never find out that there are others. SQLite always answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// For what a webhook or a lane waits for.
    Short,
    /// For reading.
    Some,
    /// For what concerns many rows.
    Long,
}

impl Patience {
    const fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Short => 5,
            Self::Some => 15,
            Self::Long => 120,
        })
    }

    pub(super) async fn wait<T>(self, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T> {
        let answered = tokio::time::timeout(self.limit(), answer).await;
        Ok(answered.unwrap_or_else(|_| Err(silent()))?)
    }
}

/// All or nothing. Dropped before [`Transaction::commit`], it is nothing.
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>, Patience),
}

impl Transaction {
    /// Gives the number of rows that it touched.
    pub(super) async fn run(&mut self, statement: Statement) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(transaction) => {
                let (text, values) = statement.sqlite();
                sqlx::query_with(text, values).execute(&mut **transaction).await?.rows_affected()
            }
            Self::Postgres(transaction, patience) => {
                let (text, values) = statement.postgres();
                let done = sqlx::query_with(text, values).execute(&mut **transaction);
                patience.wait(done).await?.rows_affected()
            }
        })
    }

    pub(super) async fn all<T: Record>(&mut self, statement: Statement) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(transaction) => {
                let (text, values) = statement.sqlite();
                Ok(sqlx::query_as_with(text, values).fetch_all(&mut **transaction).await?)
            }
            Self::Postgres(transaction, patience) => {
                let (text, values) = statement.postgres();
                patience.wait(sqlx::query_as_with(text, values).fetch_all(&mut **transaction)).await
            }
        }
    }

    pub(super) async fn optional<T: Record>(&mut self, statement: Statement) -> Result<Option<T>> {
        Ok(self.all(statement).await?.pop())
    }

    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => Ok(transaction.commit().await?),
            Self::Postgres(transaction, patience) => patience.wait(transaction.commit()).await,
        }
    }

    /// The time by which lanes are judged: the database's own where several processes use it, else ours. Asked for
    /// within a transaction, because its place may have been waited for.
    pub(super) async fn now(&mut self, clock: &Clock) -> Result<Millis> {
        if let (Self::Postgres(..), Clock::Told(_)) = (&self, clock) {
            let asked_at = Instant::now();
            if let Some((now,)) = self.optional(sql(DATABASE_TIME)).await? {
                clock.set(now, asked_at);
            }
        }
        Ok(clock.now())
    }
}

async fn fetch<T: Record>(pool: &PgPool, runtime: &Handle, patience: Patience, statement: Statement) -> Result<Vec<T>> {
    let (text, values) = statement.postgres();
    let rows = sqlx::query_as_with(text, values).fetch_all(pool);
    patience.wait(TokioContext::new(rows, runtime.clone())).await
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
            Pools::Sqlite { read, .. } => {
                let (text, values) = statement.sqlite();
                Ok(sqlx::query_as_with(text, values).fetch_all(read).await?)
            }
            Pools::Postgres { read, runtime, .. } => fetch(read, runtime, Patience::Some, statement).await,
        }
    }

    pub(super) async fn optional<T: Record>(&self, statement: Statement) -> Result<Option<T>> {
        Ok(self.all(statement).await?.pop())
    }

    /// The same for a lane, which waits for no other reader.
    pub(super) async fn all_for_lane<T: Record>(&self, statement: Statement) -> Result<Vec<T>> {
        match &self.pools {
            Pools::Sqlite { .. } => self.all(statement).await,
            Pools::Postgres { write, runtime, .. } => fetch(write, runtime, Patience::Short, statement).await,
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
                let (text, values) = statement.sqlite();
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
        if let (Pools::Postgres { .. }, Clock::Told(_)) = (&self.pools, clock) {
            let asked_at = Instant::now();
            let (now,) = self.first(sql(DATABASE_TIME)).await?.ok_or(sqlx::Error::RowNotFound)?;
            clock.set(now, asked_at);
        }
        Ok(clock.now())
    }
}
