//! Retention: what is old enough to be removed, and from when on that happens. Ages go by harborbell's own times. Pure;
//! the module of the same name above acts upon it.

use serde::Serialize;

use super::clock::{HOUR, Leaps, MINUTE, Millis};

pub const DAY: Millis = 24 * HOUR;
/// What counts where nobody sets `RETENTION`.
pub const DEFAULT: &str = "180d";
/// A retention that nobody chose is announced for so long before it removes anything. A clock that may be wrong has as long
/// at most to be put right.
pub const NOTICE: Millis = 7 * DAY;

/// A clock of ours that is ahead of the one that it follows by more was wrong, perhaps by years.
const MOST_AHEAD: Millis = MINUTE;

/// A service looks every hour. Where more lies between two looks, no service ran, or the clock went ahead and may be wrong.
const PAUSE: Millis = 2 * HOUR;

/// The present, as two clocks have it: our own never goes back, the one that it follows may have been put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    pub own: Millis,
    pub followed: Millis,
}

/// How long what is kept; None: for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Deliveries, their attempts and messages, and payloads.
    pub records: Option<Millis>,
    /// Whether somebody set it.
    pub is_chosen: bool,
    /// The facts of events, by which repetitions are recognised and `where` and the board answer.
    pub arrivals: Option<Millis>,
}

/// What earlier looks left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Looks {
    /// 0: never, and nothing is known of any time.
    pub looked_at: Millis,
    /// 0: nothing is announced.
    pub announced_at: Millis,
    pub held_until: Millis,
}

/// What is old: what happened before these times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub records: Millis,
    pub arrivals: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Keep,
    /// Nobody chose it: if anything is old, that is announced first.
    Announce(Limits),
    Wait(Wait),
    Remove(Limits),
}

/// Nothing is removed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub until: Millis,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nobody chose the retention.
    Announced,
    /// For long nobody looked: no service ran, or the clock went ahead and may be wrong.
    LongPause,
    /// Our clock is ahead of the one that it follows.
    ClockAhead,
}

/// How many rows went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    pub deliveries: u64,
    pub attempts: u64,
    pub payloads: u64,
    pub messages: u64,
    pub changes: u64,
    pub events: u64,
    pub arrivals: u64,
}

impl Removed {
    pub fn all(&self) -> [(&'static str, u64); 7] {
        [
            ("deliveries", self.deliveries),
            ("attempts", self.attempts),
            ("payloads", self.payloads),
            ("messages", self.messages),
            ("changes", self.changes),
            ("events", self.events),
            ("arrivals", self.arrivals),
        ]
    }

    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub const fn add(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.attempts += other.attempts;
        self.payloads += other.payloads;
        self.messages += other.messages;
        self.changes += other.changes;
        self.events += other.events;
        self.arrivals += other.arrivals;
    }
}

impl Wait {
    /// Of what is announced now.
    pub const fn announced(now: Millis) -> Self {
        Self { until: now + NOTICE, why: Why::Announced }
    }
}

impl Present {
    /// The earlier one: by the other, what ended just now may be years old.
    pub fn time(self) -> Millis {
        self.own.min(self.followed)
    }

    const fn is_ahead(self) -> bool {
        self.own - self.followed > MOST_AHEAD
    }
}

impl Looks {
    /// When an announced retention begins; None where none is announced, or it has begun.
    pub fn begins_at(&self, now: Millis) -> Option<Millis> {
        let begins_at = self.announced_at + NOTICE;
        (self.announced_at > 0 && begins_at > now).then_some(begins_at)
    }

    /// How long nobody looked; 0 where that is as usual.
    pub const fn pause(&self, now: Millis) -> Millis {
        let passed = now - self.looked_at;
        if self.looked_at > 0 && passed > PAUSE { passed } else { 0 }
    }

    /// As far as a clock that may have been set meanwhile leaves it believable: no wait is shorter for a leap, none is
    /// longer than it can be, and after a pause nothing is removed for as long as that was, a week at most.
    fn believable(self, now: Millis, leaps: &Leaps) -> Self {
        let put_off = |until: Millis| {
            let left_out = if until > self.looked_at { leaps.within(self.looked_at, now) } else { 0 };
            (until + left_out).min(now + NOTICE)
        };
        Self {
            looked_at: now,
            announced_at: if self.announced_at > 0 { put_off(self.announced_at + NOTICE) - NOTICE } else { 0 },
            held_until: match self.pause(now) {
                0 => put_off(self.held_until),
                pause => put_off(self.held_until).max(now + pause.min(NOTICE)),
            },
        }
    }
}

impl Retention {
    pub fn limits(&self, now: Millis, leaps: &Leaps) -> Option<Limits> {
        let before = |length| leaps.before(now, length);
        self.records.map(|records| Limits { records: before(records), arrivals: self.arrivals.map(before) })
    }

    /// What is to be done now, and what the next look is to know.
    pub fn decide(&self, looks: Looks, present: Present, leaps: &Leaps) -> (Decision, Looks) {
        let now = present.time();
        let mut looks = looks.believable(now, leaps);
        let Some(limits) = self.limits(now, leaps) else {
            looks.announced_at = 0;
            return (Decision::Keep, looks);
        };
        if self.is_chosen {
            looks.announced_at = 0;
        } else if looks.announced_at == 0 {
            return (Decision::Announce(limits), looks);
        }
        let announced = Wait { until: looks.begins_at(now).unwrap_or_default(), why: Why::Announced };
        let held = Wait { until: looks.held_until, why: Why::LongPause };
        // They do not agree before.
        let ahead = Wait { until: if present.is_ahead() { present.own } else { 0 }, why: Why::ClockAhead };
        let longest = [announced, held, ahead].into_iter().max_by_key(|wait| wait.until);
        (longest.filter(|wait| wait.until > now).map_or(Decision::Remove(limits), Decision::Wait), looks)
    }
}
