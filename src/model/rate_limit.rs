//! How long nothing is sent to a robot after WeCom says "too fast": errcode 45009, or HTTP 429.

use super::clock::{MINUTE, Millis, SECOND};

/// WeCom blocks a robot for about 60 s; a little more lets its window pass for certain.
pub const RATE_LIMIT_PAUSE: Millis = 65 * SECOND;
/// The longest that a robot is paused, whatever a Retry-After asks for.
pub const LONGEST_PAUSE: Millis = 10 * MINUTE;

/// The pause, given what a Retry-After asks for.
pub fn pause(retry_after: Option<Millis>) -> Millis {
    retry_after.unwrap_or(0).clamp(RATE_LIMIT_PAUSE, LONGEST_PAUSE)
}
