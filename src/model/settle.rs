//! What an outcome means for the rows and for the robot: the table of ARCHITECTURE.md as one pure function.

use serde::Serialize;

use super::clock::{Leaps, MINUTE, Millis, believable};
use super::delivery::{Due, State};
use super::outcome::{MessageOutcome, Report, RetryReason};
use super::rate_limit::LONGEST_PAUSE;
use super::retry::RetryPolicy;
use super::words::words;

/// A failing robot is paused no longer than this between two probes; a single row may be, by its own backoff.
const LONGEST_PROBE_PAUSE: Millis = MINUTE;

/// Why a robot is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    None,
    Retry,
    Throttled,
    Broken,
}

words!(Pause, "pause": None = "none", Retry = "retry", Throttled = "throttled", Broken = "broken");

/// What is stored of a robot's condition.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Condition {
    /// Messages in a row that did not pass; a throttled one is not counted.
    pub failures: i64,
    /// When the first of those was sent; 0 while the robot is healthy.
    pub failing_since: Millis,
    /// WeCom refused the key or the robot, and no message has passed since.
    pub broken: bool,
    #[sqlx(try_from = "String")]
    pub pause: Pause,
    pub paused_until: Millis,
    pub last_error: String,
}

impl Condition {
    pub const HEALTHY: Self = Self {
        failures: 0,
        failing_since: 0,
        broken: false,
        pause: Pause::None,
        paused_until: 0,
        last_error: String::new(),
    };

    /// Without a pause that comes from a clock which was wrong.
    pub fn believable(self, now: Millis) -> Self {
        Self { paused_until: believable(self.paused_until, now, LONGEST_PAUSE), ..self }
    }

    pub const fn is_failing(&self) -> bool {
        self.failures > 0
    }
}

/// The new state of one row that was in the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowChange {
    pub id: String,
    pub state: State,
    pub failures: i64,
    pub batch_limit: i64,
    pub suspect: i64,
    pub next_attempt_at: Millis,
    /// 0 while it is not finished.
    pub finished_at: Millis,
    pub last_error: String,
}

/// All that one recorded outcome changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub rows: Vec<RowChange>,
    pub robot: Condition,
    /// The robot has recovered: its waiting rows become due now, suspects excepted.
    pub release: bool,
    /// Another row failed on its first try: it is the robot, and no row is suspect any more.
    pub clear_suspects: bool,
    /// Pending rows whose clock of giving up began at or before this are given up, if they were ever tried.
    pub give_up_before: Option<Millis>,
}

/// When a message's POST began and ended, and what the clock left out before and meanwhile: no deadline comes
/// earlier for it.
#[derive(Clone, Debug)]
pub struct Span {
    pub started_at: Millis,
    pub now: Millis,
    pub leaps: Leaps,
}

/// Decides what follows from a message's outcome.
pub fn settle(rows: &[Due], robot: &Condition, report: &Report, span: &Span, policy: &RetryPolicy) -> Settlement {
    let message = Message { rows, robot, report, span, policy };
    match report.outcome {
        MessageOutcome::Delivered => message.delivered(),
        MessageOutcome::Retry(_) => message.retry(),
        MessageOutcome::RobotBroken => message.broken(),
        MessageOutcome::Throttled { pause } => message.throttled(pause),
        MessageOutcome::Rejected => message.rejected(),
    }
}

/// A message that has come back, and what the decision needs.
struct Message<'a> {
    rows: &'a [Due],
    robot: &'a Condition,
    report: &'a Report,
    span: &'a Span,
    policy: &'a RetryPolicy,
}

impl Message<'_> {
    fn delivered(&self) -> Settlement {
        Settlement {
            rows: self.each(|row| self.finished(row, State::Delivered, "")),
            release: self.robot.is_failing(),
            robot: Condition::HEALTHY,
            ..self.nothing()
        }
    }

    fn retry(&self) -> Settlement {
        let is_suspect = self.is_alone() && self.has_left() && !self.robot.is_failing();
        // Others pass and this one does not: its own deadline ends it, though the robot is healthy.
        let deadline = self.before(self.policy.max_elapsed);
        let is_over = |row: &Due| is_suspect && row.failures > 0 && row.tried_since <= deadline;
        let retried = |row: &Due| RowChange {
            failures: row.failures + 1,
            // A suspect is sent alone, so that it harms no digest.
            batch_limit: if is_suspect { 1 } else { self.halved(row) },
            suspect: i64::from(row.suspect || is_suspect),
            next_attempt_at: self.span.now + self.policy.interval(row.failures, self.policy.max_interval),
            ..self.waiting(row)
        };
        let robot = self.failed(Pause::Retry, LONGEST_PROBE_PAUSE);
        Settlement {
            rows: self.each(|row| {
                if is_over(row) { self.finished(row, State::Failed, &self.report.summary()) } else { retried(row) }
            }),
            clear_suspects: self.robot.is_failing() && self.rows.iter().any(|row| row.failures == 0),
            give_up_before: self.give_up_before(&robot),
            robot,
            ..self.nothing()
        }
    }

    fn broken(&self) -> Settlement {
        let robot = Condition { broken: true, ..self.failed(Pause::Broken, LONGEST_PAUSE) };
        Settlement {
            rows: self.each(|row| self.waiting(row)),
            give_up_before: self.give_up_before(&robot),
            robot,
            ..self.nothing()
        }
    }

    fn throttled(&self, pause: Millis) -> Settlement {
        let robot = Condition {
            pause: Pause::Throttled,
            paused_until: self.span.now + pause,
            last_error: self.report.summary(),
            ..self.robot.clone()
        };
        Settlement { rows: self.each(|row| self.waiting(row)), robot, ..self.nothing() }
    }

    fn rejected(&self) -> Settlement {
        let rows = if self.is_alone() {
            self.each(|row| self.finished(row, State::Failed, &self.report.summary()))
        } else {
            self.each(|row| RowChange { batch_limit: self.halved(row), ..self.waiting(row) })
        };
        Settlement { rows, ..self.nothing() }
    }

    fn nothing(&self) -> Settlement {
        Settlement {
            rows: Vec::new(),
            robot: self.robot.clone(),
            release: false,
            clear_suspects: false,
            give_up_before: None,
        }
    }

    fn each(&self, change: impl Fn(&Due) -> RowChange) -> Vec<RowChange> {
        self.rows.iter().map(change).collect()
    }

    fn waiting(&self, row: &Due) -> RowChange {
        RowChange {
            id: row.id.clone(),
            state: State::Pending,
            failures: row.failures,
            batch_limit: row.batch_limit,
            suspect: i64::from(row.suspect),
            next_attempt_at: self.span.now,
            finished_at: 0,
            last_error: self.report.summary(),
        }
    }

    fn finished(&self, row: &Due, state: State, last_error: &str) -> RowChange {
        let last_error = last_error.to_owned();
        RowChange { state, next_attempt_at: 0, finished_at: self.span.now, last_error, ..self.waiting(row) }
    }

    const fn is_alone(&self) -> bool {
        self.rows.len() == 1
    }

    /// Whether the request left; if it did not, no row can be the reason.
    fn has_left(&self) -> bool {
        self.report.outcome != MessageOutcome::Retry(RetryReason::Unreachable)
    }

    /// A digest is taken apart by halves, so that one rejected row is found in a few messages.
    fn halved(&self, row: &Due) -> i64 {
        if self.has_left() && !self.is_alone() { (self.rows.len() as i64 / 2).max(1) } else { row.batch_limit }
    }

    fn failed(&self, pause: Pause, cap: Millis) -> Condition {
        let (robot, started_at) = (self.robot, self.span.started_at);
        Condition {
            failures: robot.failures + 1,
            // `min`: a clock set back must not put the deadline off.
            failing_since: if robot.is_failing() { robot.failing_since.min(started_at) } else { started_at },
            broken: robot.broken,
            pause,
            paused_until: self.span.now + self.policy.interval(robot.failures, cap),
            last_error: self.report.summary(),
        }
    }

    /// Rows past their deadline end here, but only once the robot has failed for a while: after a week
    /// switched off, the first message may fail because the network is not up yet, and no row is given up for that.
    fn give_up_before(&self, robot: &Condition) -> Option<Millis> {
        let longest = self.policy.max_interval.min(self.policy.max_elapsed);
        (robot.failing_since <= self.before(longest)).then(|| self.before(self.policy.max_elapsed))
    }

    fn before(&self, length: Millis) -> Millis {
        self.span.leaps.before(self.span.started_at, length)
    }
}
