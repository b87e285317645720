//! Watches SQLite's checkpoints: while they fail the log grows, until the disk is full.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;
use crate::model::trouble::Trouble;
use crate::store::Store;
use crate::store::checkpoint::Checkpoint;

/// A log of a busy service grows by some megabytes meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A list or a copy may keep the log for so long before it is worth a line.
const HELD_FOR: Duration = Duration::from_secs(60);

/// Runs until stopped; `failing` says whether checkpoints fail now.
pub async fn watch(store: Store, metrics: Metrics, failing: watch::Sender<bool>, stop: CancellationToken) {
    let (mut trouble, mut held_since) = (Trouble::default(), None);
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        let (looked, now, log_bytes) = (store.checkpoint().await, Instant::now(), store.wal_bytes());
        if !matches!(looked, Ok(Checkpoint::Held { .. })) {
            held_since = None;
        }
        match looked {
            Ok(Checkpoint::Done) => {
                if let Some(lasted) = trouble.is_over(now) {
                    tracing::info!(seconds = lasted.as_secs(), "checkpoints of the database work again");
                }
            }
            Ok(Checkpoint::Held { pages }) => {
                let since = *held_since.get_or_insert(now);
                if now.duration_since(since) >= HELD_FOR && trouble.is_there(now) {
                    tracing::warn!(
                        pages,
                        log_bytes,
                        "a long read of another program keeps the write-ahead log from being emptied; it grows meanwhile"
                    );
                }
            }
            Err(error) => {
                metrics.checkpoint_failed();
                if trouble.is_there(now) {
                    tracing::error!(
                        %error,
                        log_bytes,
                        "the write-ahead log cannot be written to the database file; it grows until the disk is full: check the disk"
                    );
                }
            }
        }
        failing.send_replace(trouble.is_there_now());
    }
}
