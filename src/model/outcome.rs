//! What became of a message. A value, never an error: each of these has a row of ARCHITECTURE.md's table.

use super::clock::Millis;
use super::rate_limit;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageOutcome {
    /// errcode 0 and errmsg `ok`: the group sees it.
    Delivered,
    /// A temporary error; another try may succeed.
    Retry(RetryReason),
    /// WeCom's rate limit: the robot is paused, and no delivery's try is counted. Made by [`MessageOutcome::throttled`].
    Throttled { pause: Millis },
    /// The key is wrong, or the robot is gone: every message would be refused alike.
    RobotBroken,
    /// This message is refused and always will be.
    Rejected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryReason {
    /// The request never left: no content of ours can be the reason.
    Unreachable,
    /// Something answered, but not with a success.
    Answered,
    /// The request went out and no answer came back: the group may have seen it.
    Ambiguous,
}

impl MessageOutcome {
    /// The answer is errcode 45009 or HTTP 429, perhaps with a Retry-After.
    pub fn throttled(retry_after: Option<Millis>) -> Self {
        Self::Throttled { pause: rate_limit::pause(retry_after) }
    }

    /// The word on record in `messages.outcome`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry(RetryReason::Ambiguous) => "ambiguous",
            Self::Retry(_) => "retry",
            Self::Throttled { .. } => "throttled",
            Self::RobotBroken => "robot_broken",
            Self::Rejected => "rejected",
        }
    }
}

/// A message's outcome with the evidence for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub outcome: MessageOutcome,
    /// 0 where no HTTP answer came.
    pub http_status: u16,
    pub errcode: Option<i64>,
    /// WeCom's own words or ours; never holds the robot's key.
    pub errmsg: String,
}

impl Report {
    /// One line for `last_error`, the log and the operator.
    pub fn summary(&self) -> String {
        match (self.errcode, self.http_status) {
            (Some(errcode), _) => format!("errcode {errcode}: {}", self.errmsg),
            (None, 0) => self.errmsg.clone(),
            (None, status) => format!("HTTP {status}: {}", self.errmsg),
        }
    }
}

/// WeCom's errcode in a [`Report::summary`].
pub fn errcode_of(summary: &str) -> Option<i64> {
    summary.strip_prefix("errcode ")?.split_once(':')?.0.parse().ok()
}

/// The HTTP status in a [`Report::summary`] that has no errcode.
pub fn http_status_of(summary: &str) -> Option<u16> {
    summary.strip_prefix("HTTP ")?.split_once(':')?.0.parse().ok()
}
