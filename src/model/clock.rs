//! Time as a value: who needs it is handed a [`Clock`], so that a test can be a week later at once.
//!
//! A service's clock never goes back, and what it says passed has passed: [`Course`] is the rule.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Unix time, or a length of time, in milliseconds.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;

/// A clock that is ahead of the one that it follows loses an eighth of the time that passes, until both agree. So no
/// length is measured as more than it was, and a clock that was set back by 90 s is made up for in 12 minutes.
const SLOWER_BY: Millis = 8;
/// What is less is drift, a slow answer, or the system's own correction.
const LEAST_LEAP: Millis = SECOND;
/// A laptop that sleeps and wakes up all day has some.
const MOST_LEAPS: usize = 64;

/// Where the present comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// What the system says, whatever it said before: for commands, which end soon.
    System,
    /// Follows what somebody else's clock said: several machines that share it agree, whatever their own clocks say.
    External(Arc<Mutex<Follower>>),
    /// Follows the system's clock, or one that a test sets.
    Own(Arc<Mutex<Follower>>),
}

impl Clock {
    /// Set by a test.
    pub fn manual(start: Millis) -> Self {
        Self::Own(Follower::of(Source::Manual { says: start, ticks: 0 }))
    }

    /// A clock that follows another one's time; until it is first told that, it is the system's.
    pub fn external() -> Self {
        Self::External(Follower::of(Source::External { begun: Instant::now(), reading: None }))
    }

    /// The clock of a service, which lives long enough to see the system's being set.
    pub fn steady(self) -> Self {
        match self {
            Self::System => Self::Own(Follower::of(Source::System { begun: Instant::now() })),
            other => other,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn now(&self) -> Millis {
        match self {
            Self::System => jiff::Timestamp::now().as_millisecond(),
            Self::External(follower) | Self::Own(follower) => locked(follower).now(),
        }
    }

    /// What the clock that it follows says now, also where that was set back.
    pub fn followed(&self) -> Millis {
        match self {
            Self::System => self.now(),
            Self::External(follower) | Self::Own(follower) => locked(follower).source.read().0,
        }
    }

    /// The leaps that it has seen, in their order.
    pub fn leaps(&self) -> Leaps {
        match self {
            Self::System => Leaps::default(),
            Self::External(follower) | Self::Own(follower) => locked(follower).course.leaps().clone(),
        }
    }

    /// Gives it the time that the other clock said when it was asked at that time. An answer that took too long says little.
    pub fn set(&self, now: Millis, asked_at: Instant) {
        if let Self::External(follower) = self
            && asked_at.elapsed() < Duration::from_secs(1)
        {
            locked(follower).read(now);
        }
    }

    /// Lets time pass for a manual clock. For others it passes by itself.
    pub fn advance(&self, by: Millis) {
        self.turn(by, by);
    }

    /// Sets what a manual clock follows forward or back, while no time passes.
    pub fn jump(&self, by: Millis) {
        self.turn(by, 0);
    }

    fn turn(&self, by: Millis, passing: Millis) {
        if let Self::Own(follower) = self
            && let Source::Manual { says, ticks } = &mut locked(follower).source
        {
            (*says, *ticks) = (*says + by, *ticks + passing);
        }
    }
}

/// A source and how it is followed.
#[derive(Debug)]
pub struct Follower {
    source: Source,
    course: Course,
}

impl Follower {
    fn of(source: Source) -> Arc<Mutex<Self>> {
        let (says, ticks) = source.read();
        Arc::new(Mutex::new(Self { source, course: Course::from(says, ticks) }))
    }

    fn now(&mut self) -> Millis {
        let (says, ticks) = self.source.read();
        self.course.follow(says, ticks)
    }

    /// Counted from the answer and not from the question: so this clock is never ahead of the one that it follows.
    fn read(&mut self, now: Millis) {
        if let Source::External { begun, reading } = &mut self.source {
            let at = passed(*begun);
            if reading.replace((now, at)).is_none() {
                // Until now it had only guessed.
                self.course = Course::from(now, at);
            }
        }
    }
}

/// What is followed.
#[derive(Debug)]
enum Source {
    System { begun: Instant },
    External { begun: Instant, reading: Option<(Millis, Millis)> },
    Manual { says: Millis, ticks: Millis },
}

impl Source {
    /// What it says, and how much monotonic time has passed since its beginning.
    fn read(&self) -> (Millis, Millis) {
        match self {
            Self::System { begun } => (Clock::System.now(), passed(*begun)),
            Self::External { begun, reading: Some((said, at)) } => (said + passed(*begun) - at, passed(*begun)),
            Self::External { begun, reading: None } => (Clock::System.now(), passed(*begun)),
            Self::Manual { says, ticks } => (*says, *ticks),
        }
    }
}

fn passed(since: Instant) -> Millis {
    Millis::try_from(since.elapsed().as_millis()).unwrap_or(Millis::MAX)
}

fn locked(follower: &Mutex<Follower>) -> std::sync::MutexGuard<'_, Follower> {
    follower.lock().expect("no holder of this lock panics")
}

/// How a clock follows another one by the monotonic time that passes. It never goes back: where the other one was set
/// back, it goes on a little more slowly until the two agree. Where the other one is ahead (it was set, or the machine
/// slept), it follows at once and remembers the leap, because in truth less time has passed.
#[derive(Debug)]
pub struct Course {
    /// What it said when so many ticks had passed.
    from: (Millis, Millis),
    last: Millis,
    is_ahead: bool,
    leaps: Leaps,
}

impl Course {
    pub fn from(says: Millis, ticks: Millis) -> Self {
        Self { from: (says, ticks), last: says, is_ahead: false, leaps: Leaps::default() }
    }

    pub const fn leaps(&self) -> &Leaps {
        &self.leaps
    }

    /// The time when the other clock says this and so much monotonic time has passed in all.
    pub fn follow(&mut self, says: Millis, ticks: Millis) -> Millis {
        let (from, begun) = self.from;
        let passed = (ticks - begun).max(0);
        let ahead = from + passed - says;
        if ahead <= -LEAST_LEAP {
            tracing::warn!(
                seconds = -ahead / SECOND,
                "the clock went forward: it was set, or the machine slept; waits are not shortened by it"
            );
            self.leaps.add(Leap { at: from + passed, by: -ahead });
        }
        if ahead >= LEAST_LEAP && !self.is_ahead {
            tracing::warn!(
                seconds = ahead / SECOND,
                "the clock was set back: times on record are ahead of it, and come right by and by; a restart takes it over at once"
            );
        }
        self.is_ahead = ahead >= LEAST_LEAP || self.is_ahead && ahead > 0;
        let now = from + passed - ahead.min(passed / SLOWER_BY);
        self.last = self.last.max(now);
        // Not at each call, or the eighth of a few milliseconds would always be nothing.
        if passed >= SECOND || ahead < 0 {
            self.from = (self.last, ticks);
        }
        self.last
    }
}

/// Time that a clock left out: no wait and no deadline is shorter for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leap {
    pub at: Millis,
    pub by: Millis,
}

impl Leap {
    /// How much of it lies between two times.
    fn within(&self, from: Millis, to: Millis) -> Millis {
        ((self.at + self.by).min(to) - self.at.max(from)).max(0)
    }
}

/// In the order in which they happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaps(Vec<Leap>);

impl Leaps {
    pub fn add(&mut self, leap: Leap) {
        if self.0.len() == MOST_LEAPS {
            self.0.remove(0);
        }
        self.0.push(leap);
    }

    /// How much was left out between two times.
    pub fn within(&self, from: Millis, to: Millis) -> Millis {
        self.0.iter().map(|leap| leap.within(from, to)).sum()
    }

    /// How much time has passed between two times.
    pub fn length(&self, from: Millis, to: Millis) -> Millis {
        to - from - self.within(from, to)
    }

    /// The latest time from which so much had passed at `to`.
    pub fn before(&self, to: Millis, length: Millis) -> Millis {
        self.0.iter().rev().fold(to.saturating_sub(length), |from, leap| {
            if from < leap.at + leap.by { from - leap.within(leap.at, to) } else { from }
        })
    }
}

/// A stored time that is further ahead than it can be was written before the clock was set
/// back; it counts as now, so that nothing freezes until the old time comes round again.
pub fn believable(at: Millis, now: Millis, longest: Millis) -> Millis {
    if at > now.saturating_add(longest) { now } else { at }
}
