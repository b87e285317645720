//! Harbor's shapes as they are in its JSON; everything may be missing. And how a wrong one is named.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Unreadable, malformed};

#[derive(Deserialize)]
pub(super) struct Head {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Only CloudEvents have one: the two formats are told apart by content, not by header.
    pub(super) specversion: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct DefaultFormat {
    pub(super) occur_at: Option<i64>,
    pub(super) event_data: Option<Data>,
}

#[derive(Deserialize)]
pub(super) struct CloudEvent {
    pub(super) time: Option<String>,
    pub(super) data: Option<Data>,
}

#[derive(Deserialize)]
pub(super) struct Data {
    pub(super) replication: Option<Replication>,
}

#[derive(Deserialize)]
pub(super) struct Replication {
    pub(super) harbor_hostname: Option<String>,
    pub(super) job_status: Option<String>,
    pub(super) description: Option<String>,
    pub(super) execution_timestamp: Option<i64>,
    pub(super) execution_id: Option<i64>,
    pub(super) task_id: Option<i64>,
    pub(super) src_resource: Option<Resource>,
    pub(super) dest_resource: Option<Resource>,
    pub(super) successful_artifact: Option<Vec<Artifact>>,
    pub(super) failed_artifact: Option<Vec<Artifact>>,
}

#[derive(Deserialize)]
pub(super) struct Resource {
    pub(super) registry_name: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) namespace: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Artifact {
    pub(super) name_tag: Option<String>,
    pub(super) references: Option<Vec<Option<String>>>,
}

/// Reads one shape; what does not fit is named by its place.
pub(super) fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Unreadable> {
    // Following the place costs as much as reading, and nearly every body fits.
    serde_json::from_str(body).or_else(|_| parse_with_place(body))
}

fn parse_with_place<T: DeserializeOwned>(body: &str) -> Result<T, Unreadable> {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        let cause = error.into_inner();
        if cause.is_data() {
            malformed(pointer, brief(cause.to_string()))
        } else {
            Unreadable::NotJson(cause.to_string())
        }
    })?;
    deserializer.end().map_err(|error| Unreadable::NotJson(error.to_string()))?;
    Ok(parsed)
}

/// The library repeats the value that it did not expect, however long that is.
fn brief(mut detail: String) -> String {
    const LONGEST: usize = 300;
    if detail.len() > LONGEST {
        detail.truncate(detail.floor_char_boundary(LONGEST));
        detail.push('…');
    }
    detail
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}
