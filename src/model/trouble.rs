//! Trouble that lasts: said when it begins, again each minute, and when it is over.

use std::time::{Duration, Instant};

/// Often enough to be found, seldom enough to be read.
const SAY_AGAIN_AFTER: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub struct Trouble {
    began_and_said_at: Option<(Instant, Instant)>,
}

impl Trouble {
    /// It is there. Whether that is to be said.
    pub fn is_there(&mut self, now: Instant) -> bool {
        let (began, said) = match self.began_and_said_at {
            Some((_, said)) if now.saturating_duration_since(said) < SAY_AGAIN_AFTER => return false,
            Some((began, _)) => (began, now),
            None => (now, now),
        };
        self.began_and_said_at = Some((began, said));
        true
    }

    pub const fn is_there_now(&self) -> bool {
        self.began_and_said_at.is_some()
    }

    /// It is not there any more. How long it was, if it was.
    pub fn is_over(&mut self, now: Instant) -> Option<Duration> {
        self.began_and_said_at.take().map(|(began, _)| now.saturating_duration_since(began))
    }
}
