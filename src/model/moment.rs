//! Moments and lengths of time as people and scripts write them.

use std::str::FromStr;
use std::time::Duration;

use jiff::SpanRelativeTo;
use jiff::tz::TimeZone;

use super::clock::Millis;

/// `10s`, `5m`, `72h`, `7d`, `2w`. A day has 24 hours.
pub fn duration(text: &str) -> Result<Duration, String> {
    let days = SpanRelativeTo::days_are_24_hours();
    let parsed = jiff::Span::from_str(text).ok().and_then(|span| span.to_duration(days).ok());
    let parsed = parsed.and_then(|parsed| Duration::try_from(parsed).ok());
    parsed.ok_or_else(|| format!("{text:?} is not a duration; use one such as 10s, 5m, 72h or 7d"))
}

/// An RFC 3339 time, `24h` for that long ago, or a date or local time in `timezone`.
pub fn moment(text: &str, timezone: &TimeZone, now: Millis) -> Result<Millis, String> {
    if let Ok(ago) = duration(text) {
        return Ok(now.saturating_sub(Millis::try_from(ago.as_millis()).unwrap_or(Millis::MAX)));
    }
    if let Ok(at) = jiff::Timestamp::from_str(text) {
        return Ok(at.as_millisecond());
    }
    let local = jiff::civil::DateTime::from_str(text).ok().and_then(|local| local.to_zoned(timezone.clone()).ok());
    let local = local.ok_or_else(|| {
        format!("{text:?} is no time; use one such as 2026-11-23T08:00:00Z, 2026-11-23, or 24h for a day ago")
    })?;
    Ok(local.timestamp().as_millisecond())
}
