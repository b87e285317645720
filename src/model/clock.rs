//! Time as a value: who needs it is handed a [`Clock`], so that a test can be a week later at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Unix time, or a length of time, in milliseconds.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;

/// Where the present comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Stands still until somebody moves it.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn manual(start: Millis) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start)))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn now(&self) -> Millis {
        match self {
            Self::System => jiff::Timestamp::now().as_millisecond(),
            Self::Manual(now) => now.load(Ordering::SeqCst),
        }
    }

    /// Moves a manual clock on. The system's clock moves by itself.
    pub fn advance(&self, by: Millis) {
        if let Self::Manual(now) = self {
            now.fetch_add(by, Ordering::SeqCst);
        }
    }
}

/// A stored time that is further ahead than it can honestly be was written before the clock was set
/// back; it counts as now, so that nothing freezes until the old time comes round again.
pub fn believable(at: Millis, now: Millis, longest: Millis) -> Millis {
    if at > now.saturating_add(longest) { now } else { at }
}
