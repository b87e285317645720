//! Time as a value: who needs it is handed a [`Clock`], so that a test can be a week later at once.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Unix time, or a length of time, in milliseconds.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;

/// Where the present comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// What somebody else's clock said, and when: several machines that share it agree, whatever their own clocks say.
    Told(Arc<Mutex<(Millis, Instant)>>),
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
            Self::Told(told) => {
                let (now, at) = *told.lock().expect("no holder of this lock panics");
                now + Millis::try_from(at.elapsed().as_millis()).unwrap_or(Millis::MAX)
            }
            Self::Manual(now) => now.load(Ordering::SeqCst),
        }
    }

    /// A clock that somebody will tell the time; until then it is the system's.
    pub fn told() -> Self {
        Self::Told(Arc::new(Mutex::new((Self::System.now(), Instant::now()))))
    }

    /// Tells it what the time was when somebody asked. An answer that took too long says little.
    pub fn set(&self, now: Millis, asked_at: Instant) {
        if let Self::Told(told) = self
            && asked_at.elapsed() < Duration::from_secs(1)
        {
            *told.lock().expect("no holder of this lock panics") = (now, asked_at);
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
