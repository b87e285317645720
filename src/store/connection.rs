//! A connection to SQLite that is used in turn, and a transaction on it. Each text that SQLite's thread is handed costs two switches
//! between threads, which is more than a statement costs; so a transaction begins with its first statement and ends with
//! its last one.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection as _, Either, Executor, FromRow};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use super::in_use::InUse;
use super::statement::{Statement, sql};
use super::{Result, StoreError};

/// How long a statement waits for another process, and who needs the connection for those before; less than the 2.5 s in
/// which a webhook is answered.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// SQLite has one writer, and queueing for it here is fairer than its busy handler. A pool would ask the connection
/// whether it lives each time it is given back.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    options: Arc<SqliteConnectOptions>,
    connection: Arc<Mutex<Option<SqliteConnection>>>,
    in_use: Arc<OnceLock<InUse>>,
}

impl Connection {
    /// Opened by who needs it first.
    pub(super) fn lazy(options: SqliteConnectOptions) -> Self {
        Self { options: Arc::new(options), connection: Arc::default(), in_use: Arc::default() }
    }

    /// From here on no other file is opened: SQLite would take this one's log for another file's, or delete it.
    pub(super) fn only_opens(&self, in_use: &InUse) {
        self.in_use.get_or_init(|| in_use.clone());
    }

    /// Waits until nobody else has the connection, and opens it anew where it was lost.
    pub(super) async fn hold(&self) -> Result<Held> {
        let held = timeout(BUSY_TIMEOUT, self.connection.clone().lock_owned()).await;
        let mut connection = held.map_err(|_| StoreError::Busy)?;
        if connection.is_none() {
            self.in_use.get().map_or(Ok(()), InUse::check)?;
            *connection = Some(self.options.connect().await?);
        }
        Ok(Held { connection, is_begun: false })
    }

    pub(super) async fn close(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            // What was committed is in the log already.
            let _ = connection.close().await;
        }
    }
}

/// The right to use it. Dropped within a transaction, the connection is closed, which takes the transaction back.
#[derive(Debug)]
pub(super) struct Held {
    connection: OwnedMutexGuard<Option<SqliteConnection>>,
    /// Whether SQLite may have begun a transaction that has not ended.
    is_begun: bool,
}

impl Held {
    /// For what is no transaction.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        // Lost by what failed before: whoever goes on after an error has no connection.
        Ok(self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)?)
    }

    /// A statement that only looks, outside of a transaction.
    pub(super) async fn look<T>(&mut self, statement: Statement) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let (text, values) = Statement::sqlite(vec![statement]);
        Ok(sqlx::query_as_with(text, values).fetch_all(self.connection()?).await?)
    }

    /// Closes the connection; the next one who needs it opens it anew.
    pub(super) fn forget(mut self) {
        self.connection.take();
    }

    /// Gives the number of rows that the last statement touched.
    pub(super) async fn run(&mut self, statements: Vec<Statement>) -> Result<u64> {
        let (text, values) = Statement::sqlite(self.begun_by(statements));
        let mut touched = 0;
        let ran = async {
            let mut results = self.connection()?.fetch_many(sqlx::query_with(text, values));
            while let Some(result) = results.try_next().await? {
                if let Either::Left(done) = result {
                    touched = done.rows_affected();
                }
            }
            Ok(())
        };
        match ran.await {
            Ok(()) => Ok(touched),
            Err(error) => self.failed(error).await,
        }
    }

    /// Gives the rows of all of them.
    pub(super) async fn rows<T>(&mut self, statements: Vec<Statement>) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let (text, values) = Statement::sqlite(self.begun_by(statements));
        let connection = self.connection()?;
        match sqlx::query_as_with(text, values).fetch_all(connection).await {
            Ok(rows) => Ok(rows),
            Err(error) => self.failed(error.into()).await,
        }
    }

    /// Ends the transaction with these, and gives their rows.
    pub(super) async fn commit<T>(mut self, mut statements: Vec<Statement>) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        if statements.is_empty() && !self.is_begun {
            return Ok(Vec::new());
        }
        statements.push(sql("COMMIT"));
        let rows = self.rows(statements).await?;
        self.is_begun = false;
        Ok(rows)
    }

    pub(super) async fn take_back(mut self) {
        self.roll_back().await;
    }

    fn begun_by(&mut self, mut statements: Vec<Statement>) -> Vec<Statement> {
        if !self.is_begun {
            self.is_begun = true;
            // Takes the writer's place at once: a transaction that reads first and writes later fails under load.
            statements.insert(0, sql("BEGIN IMMEDIATE"));
        }
        statements
    }

    async fn failed<T>(&mut self, error: StoreError) -> Result<T> {
        self.roll_back().await;
        Err(error)
    }

    /// Where that fails, only a new connection is known to have no transaction.
    async fn roll_back(&mut self) {
        if !self.is_begun {
            return;
        }
        if let Some(connection) = self.connection.as_mut()
            && let Err(error) = connection.execute("ROLLBACK").await
            && !is_without_transaction(&error)
        {
            self.connection.take();
        }
        self.is_begun = false;
    }
}

/// Its beginning may have failed; and SQLite ends a transaction by itself when the disk is full or fails.
fn is_without_transaction(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().contains("no transaction is active"))
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.is_begun {
            self.connection.take();
        }
    }
}
