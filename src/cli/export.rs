//! `list --format csv`: what the API says of each delivery, as rows for a spreadsheet (RFC 4180). Page by page, so a
//! million rows take no more memory than a thousand.

use csv::{Terminator, WriterBuilder};
use serde_json::Value;

use super::output::{harmless, write_all};
use crate::store::Store;
use crate::store::filter::{Filter, Position};
use crate::store::views::Delivery;

/// As the API's keys are called and ordered; the event's id beside the delivery's.
const COLUMNS: [&str; 23] = [
    "id",
    "state",
    "robot",
    "attempts",
    "failures",
    "created_at",
    "next_attempt_at",
    "finished_at",
    "last_error",
    "event_id",
    "source",
    "operation",
    "outcome",
    "project",
    "repository",
    "versions",
    "registry",
    "description",
    "rule",
    "reason",
    "execution_timestamp",
    "execution_id",
    "occurred_at",
];
const PAGE: usize = 1_000;

/// All that match, newest first, or so many of them.
pub async fn csv(
    store: &Store,
    filter: &Filter,
    mut after: Option<Position>,
    most: Option<usize>,
) -> anyhow::Result<()> {
    let mut left = most.unwrap_or(usize::MAX);
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    loop {
        let page = store.list(filter, left.min(PAGE), after.as_ref()).await?;
        for delivery in &page.items {
            rows.push(cells(delivery)?);
        }
        left -= page.items.len();
        let is_read = write_all(&encoded(&rows)?)?;
        rows.clear();
        match page.next_cursor {
            Some(cursor) if left > 0 && is_read => after = store.position(&cursor).await?,
            _ => return Ok(()),
        }
    }
}

fn encoded(rows: &[Vec<String>]) -> anyhow::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner()?)
}

fn cells(delivery: &Delivery) -> anyhow::Result<Vec<String>> {
    let Value::Object(mut facts) = serde_json::to_value(delivery)? else { unreachable!("a delivery is an object") };
    let event = facts.remove("event").unwrap_or_default();
    let event = event.as_object().into_iter().flat_map(|event| event.values());
    Ok(facts.values().chain(event).map(cell).collect())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text_only(text),
        Value::Array(texts) => text_only(&texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}

/// A spreadsheet takes a text that begins so for a formula and runs it, unless a ' stands before it.
fn text_only(text: &str) -> String {
    let text = harmless(text);
    if text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) { format!("'{text}") } else { text }
}
