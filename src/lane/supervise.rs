//! A lane, or the comparison with Harbor, that panics is a fault of ours. It is logged, it starts again, and all others
//! go on.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::model::outcome::LONGEST_PAUSE;

/// Doubled by each panic in a row, so that what makes it panic after each POST does not repeat a message all the time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_millis(LONGEST_PAUSE.unsigned_abs());

/// Runs it until it ends by itself. What it was sending when it panicked is taken up at its next start, as after a crash.
pub async fn supervise<F: Future<Output = ()>>(what: &str, stop: &CancellationToken, run: impl Fn() -> F) {
    let mut pause = FIRST_PAUSE;
    loop {
        let started = Instant::now();
        // A lane keeps nothing in memory that the next one uses.
        let Err(panic) = AssertUnwindSafe(run()).catch_unwind().await else { return };
        if started.elapsed() > LONGEST {
            pause = FIRST_PAUSE;
        }
        tracing::error!(
            panic = words(&*panic),
            pause_seconds = pause.as_secs(),
            "{what} failed by a fault of the program; it starts again after the pause; please report it"
        );
        if stop.is_cancelled() {
            return;
        }
        // When it is stopped in the pause, it starts once more to give the lane back.
        let _ = tokio::time::timeout(pause, stop.cancelled()).await;
        pause = (pause * 2).min(LONGEST);
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it says nothing")
}
