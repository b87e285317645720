//! What an outcome means for the rows and for the robot: the table of ARCHITECTURE.md as one pure function.

use serde::Serialize;

use super::clock::{Leaps, MINUTE, Millis};
use super::delivery::{Due, State};
use super::outcome::{LONGEST_PAUSE, Outcome, Report, THROTTLE_PAUSE, Trouble};
use super::retry::RetryPolicy;

/// A failing robot rests no longer than this between two probes; a single row may, by its own backoff.
const LONGEST_PROBE_PAUSE: Millis = MINUTE;

/// Why a robot is resting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    None,
    Retry,
    Throttled,
    Broken,
}

impl Pause {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Retry => "retry",
            Self::Throttled => "throttled",
            Self::Broken => "broken",
        }
    }
}

/// What is stored of a robot's condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Messages in a row that did not pass; a throttled one is not counted.
    pub failures: i64,
    /// When the first of those was sent; 0 while all is well.
    pub failing_since: Millis,
    /// WeCom refused the key or the robot, and no message has passed since.
    pub broken: bool,
    pub pause: Pause,
    pub paused_until: Millis,
    pub last_error: String,
}

impl Condition {
    pub const WELL: Self = Self {
        failures: 0,
        failing_since: 0,
        broken: false,
        pause: Pause::None,
        paused_until: 0,
        last_error: String::new(),
    };

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

/// When a message's POST began and ended, and what the clock left out before and meanwhile: nobody's patience is
/// shorter for it.
#[derive(Clone, Debug)]
pub struct Span {
    pub started_at: Millis,
    pub now: Millis,
    pub leaps: Leaps,
}

/// Decides what follows from a message's outcome.
pub fn settle(rows: &[Due], robot: &Condition, report: &Report, span: &Span, policy: &RetryPolicy) -> Settlement {
    let now = span.now;
    let alone = rows.len() == 1;
    let error = report.summary();
    let waiting = |row: &Due| RowChange {
        id: row.id.clone(),
        state: State::Pending,
        failures: row.failures,
        batch_limit: row.batch_limit,
        suspect: i64::from(row.suspect),
        next_attempt_at: now,
        finished_at: 0,
        last_error: error.clone(),
    };
    let finished = |row: &Due, state, last_error: &str| RowChange {
        state,
        next_attempt_at: 0,
        finished_at: now,
        last_error: last_error.to_owned(),
        ..waiting(row)
    };
    // A digest is taken apart by halves, so that one poison row is found in a few messages; but not where
    // the request never left, because then no row can be the reason.
    let left = report.outcome != Outcome::Retry(Trouble::Unreachable);
    let halved = |row: &Due| if left && !alone { (rows.len() as i64 / 2).max(1) } else { row.batch_limit };
    let mut settlement = Settlement {
        rows: Vec::new(),
        robot: robot.clone(),
        release: false,
        clear_suspects: false,
        give_up_before: None,
    };

    match report.outcome {
        Outcome::Delivered => {
            settlement.rows = rows.iter().map(|row| finished(row, State::Delivered, "")).collect();
            settlement.release = robot.is_failing();
            settlement.robot = Condition::WELL;
        }
        Outcome::Retry(_) => {
            let is_suspect = alone && left && !robot.is_failing();
            let retried = |row: &Due| RowChange {
                failures: row.failures + 1,
                // A suspect is told alone, so that it harms no digest.
                batch_limit: if is_suspect { 1 } else { halved(row) },
                suspect: i64::from(row.suspect || is_suspect),
                next_attempt_at: now + policy.interval(row.failures, policy.max_interval),
                ..waiting(row)
            };
            // Others pass and this one does not: its own deadline ends it, though the robot is well.
            let deadline = span.leaps.before(span.started_at, policy.max_elapsed);
            let is_over = |row: &Due| is_suspect && row.failures > 0 && row.tried_since <= deadline;
            let change = |row: &Due| if is_over(row) { finished(row, State::Failed, &error) } else { retried(row) };
            settlement.rows = rows.iter().map(change).collect();
            settlement.clear_suspects = robot.is_failing() && rows.iter().any(|row| row.failures == 0);
            settlement.robot = failed(robot, Pause::Retry, LONGEST_PROBE_PAUSE, span, error, policy);
            settlement.give_up_before = give_up_before(&settlement.robot, span, policy);
        }
        Outcome::RobotBroken => {
            settlement.rows = rows.iter().map(waiting).collect();
            settlement.robot =
                Condition { broken: true, ..failed(robot, Pause::Broken, LONGEST_PAUSE, span, error, policy) };
            settlement.give_up_before = give_up_before(&settlement.robot, span, policy);
        }
        Outcome::Throttled { pause } => {
            settlement.rows = rows.iter().map(waiting).collect();
            settlement.robot = Condition {
                pause: Pause::Throttled,
                paused_until: now + pause.clamp(THROTTLE_PAUSE, LONGEST_PAUSE),
                last_error: error,
                ..robot.clone()
            };
        }
        Outcome::Rejected if alone => {
            settlement.rows = rows.iter().map(|row| finished(row, State::Failed, &error)).collect();
        }
        Outcome::Rejected => {
            settlement.rows = rows.iter().map(|row| RowChange { batch_limit: halved(row), ..waiting(row) }).collect();
        }
    }
    settlement
}

fn failed(
    robot: &Condition,
    pause: Pause,
    cap: Millis,
    span: &Span,
    last_error: String,
    policy: &RetryPolicy,
) -> Condition {
    let started_at = span.started_at;
    Condition {
        failures: robot.failures + 1,
        // `min`: a clock set back must not put the end of patience off.
        failing_since: if robot.is_failing() { robot.failing_since.min(started_at) } else { started_at },
        broken: robot.broken,
        pause,
        paused_until: span.now + policy.interval(robot.failures, cap),
        last_error,
    }
}

/// Rows past their deadline end here, but only once the robot has failed for a while: after a week
/// switched off, the first message may fail because the network is not up yet, and that gives up nobody.
fn give_up_before(robot: &Condition, span: &Span, policy: &RetryPolicy) -> Option<Millis> {
    let patience = policy.max_interval.min(policy.max_elapsed);
    let before = |length| span.leaps.before(span.started_at, length);
    (robot.failing_since <= before(patience)).then(|| before(policy.max_elapsed))
}
