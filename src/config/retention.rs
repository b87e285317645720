//! How long what is kept.

use super::faults::EnvironmentReader;
use super::values::{length, positive_millis};
use crate::model::clock::Millis;
use crate::model::retention::{DAY, Retention};

/// Less is rather a slip of the pen than a wish.
const SHORTEST: Millis = DAY;
/// A webhook that is repeated within this must be recognised.
const SHORTEST_OF_ARRIVALS: Millis = 30 * DAY;

impl EnvironmentReader<'_> {
    /// `backfill_max_age`: what ended within this and is not known is sent.
    pub(super) fn retention(&mut self) -> Retention {
        let records = self.read("RETENTION", |value| kept(value, SHORTEST, "a day"));
        let backfill = self.values.get("HARBOR_BACKFILL_MAX_AGE").and_then(|value| positive_millis(value.trim()).ok());
        let arrivals = self.read("RETENTION_ARRIVALS", |value| match kept(value, SHORTEST_OF_ARRIVALS, "30 days")? {
            None => Ok(None),
            Some(_) if records == Some(None) => Err("is set, and RETENTION keeps everything for ever".into()),
            short if short < records.flatten() => {
                Err(format!("{value} is shorter than RETENTION; what happened is known for as long as its messages"))
            }
            short if short < backfill => {
                Err(format!("{value} is shorter than HARBOR_BACKFILL_MAX_AGE; what is forgotten would be sent again"))
            }
            fine => Ok(fine),
        });
        let is_chosen = self.values.get("RETENTION").is_some_and(|value| !value.trim().is_empty());
        Retention { records: records.flatten(), is_chosen, arrivals: arrivals.flatten() }
    }
}

/// None: for ever.
fn kept(value: &str, shortest: Millis, name: &str) -> Result<Option<Millis>, String> {
    if value == "0" || length(value).is_ok_and(|length| length.is_zero()) {
        return Ok(None);
    }
    match positive_millis(value)? {
        short if short < shortest => Err(format!("{value} is shorter than {name}; use more, or 0 for ever")),
        fine => Ok(Some(fine)),
    }
}
