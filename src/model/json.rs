//! How facts are written in JSON for people and scripts: times as RFC 3339 UTC, null where something is empty.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::clock::Millis;

/// A time for a person or a script; the year 9999 for one that no calendar has.
pub fn utc(at: Millis) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::MAX)
}

pub fn rfc3339<S: Serializer>(at: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&utc(*at))
}

pub fn rfc3339_or_null<S: Serializer>(at: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    if *at == 0 { serializer.serialize_none() } else { rfc3339(at, serializer) }
}

pub fn text_or_null<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if text.is_empty() { serializer.serialize_none() } else { serializer.serialize_str(text) }
}

pub fn number_or_null<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    if *number == 0 { serializer.serialize_none() } else { serializer.serialize_i64(*number) }
}

/// The members of `facts`, those of `more` beside them or in their place.
pub fn with(facts: impl Serialize, more: Value) -> Value {
    let mut facts = serde_json::to_value(facts).unwrap_or_default();
    if let (Value::Object(facts), Value::Object(more)) = (&mut facts, more) {
        facts.extend(more);
    }
    facts
}
