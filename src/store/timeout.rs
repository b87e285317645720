//! How long an answer of PostgreSQL is waited for. A connection that was cut without a word says nothing for ever; one
//! who waits for it would never find out that there are others. SQLite always answers.

use std::time::Duration;

use super::Result;

#[derive(Clone, Copy, Debug)]
pub(super) enum QueryTimeout {
    /// For what a webhook or a lane waits for.
    Write,
    /// For reading.
    Read,
    /// For what concerns many rows.
    Bulk,
}

impl QueryTimeout {
    const fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Write => 5,
            Self::Read => 15,
            Self::Bulk => 120,
        })
    }

    pub(super) async fn wait<T>(self, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T> {
        let answered = tokio::time::timeout(self.limit(), answer).await;
        Ok(answered.unwrap_or_else(|_| Err(silent()))?)
    }
}

/// A connection that was cut without a word.
pub(super) fn silent() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "PostgreSQL does not answer"))
}
