//! Harbor's JSON → an event with its arrivals. Reads the default and the CloudEvents format, of Harbor 2.0
//! and later, and has three ways out: an event, *ignored* with a reason, *malformed* with the field's place.

mod ignored;
mod json;

use std::collections::HashSet;

use super::arrival::{Arrival, arrivals};
use super::clock::Millis;
use super::event::{Event, ReplicationOutcome};
pub use ignored::Ignored;
use json::{CloudEvent, DefaultFormat, Head, Replication, Resource, parse};

/// What a registry takes as a tag, and what Harbor takes as a repository with its project; in characters. Only lengths
/// are looked at: odd characters are taken, and made harmless where they are shown.
const LONGEST_TAG: usize = 128;
const LONGEST_REPOSITORY: usize = 255;
/// `sha512:` has 135 characters; other algorithms may come.
const LONGEST_DIGEST: usize = 255;
/// Texts that people type are cut to so many characters.
const LONGEST_TEXT: usize = 1_024;
/// So many arrivals take 16 MiB until they are stored: half of what all webhooks together may take. With more, a
/// webhook could find no room for ever.
pub const MOST_REFERENCES: usize = 65_536;

/// A webhook that is about a replication which ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub event: Event,
    pub arrivals: Vec<Arrival>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Reading {
    Event(Box<Webhook>),
    Ignored(Ignored),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    #[error("{detail} (at {pointer:?})")]
    Malformed { pointer: String, detail: String },
}

fn malformed(pointer: impl Into<String>, detail: impl Into<String>) -> Unreadable {
    Unreadable::Malformed { pointer: pointer.into(), detail: detail.into() }
}

/// Reads a webhook's body. `received_at` is taken where Harbor does not say when it happened;
/// `digest_only` lets references through that are no tags.
pub fn read(body: &str, received_at: Millis, digest_only: bool) -> Result<Reading, Unreadable> {
    if body.trim().is_empty() {
        return Ok(Reading::Ignored(Ignored::Empty));
    }
    let head: Head = parse(body)?;
    let Some(kind) = head.kind else {
        return Err(malformed("/type", "`type` is missing; is this a webhook of Harbor?"));
    };
    let (base, replication, occurred_at) = match (head.specversion.is_some(), kind.as_str()) {
        (true, "harbor.replication.status.changed") => {
            let envelope: CloudEvent = parse(body)?;
            let replication = envelope.data.and_then(|data| data.replication);
            ("/data/replication", replication, rfc3339(envelope.time)?)
        }
        (false, "REPLICATION") => {
            let envelope: DefaultFormat = parse(body)?;
            let replication = envelope.event_data.and_then(|data| data.replication);
            ("/event_data/replication", replication, unix_seconds(envelope.occur_at)?)
        }
        _ => return Ok(Reading::Ignored(Ignored::EventType)),
    };
    let replication = replication.ok_or_else(|| malformed(base, "the replication is missing"))?;
    // 0 is no time: nothing was replicated in 1970.
    let occurred_at = occurred_at.filter(|at| *at > 0);
    replication.read(base, occurred_at.unwrap_or(received_at), digest_only)
}

impl Replication {
    fn read(self, base: &str, occurred_at: Millis, digest_only: bool) -> Result<Reading, Unreadable> {
        let status =
            self.job_status.ok_or_else(|| malformed(format!("{base}/job_status"), "`job_status` is missing"))?;
        let execution_timestamp = self
            .execution_timestamp
            .ok_or_else(|| malformed(format!("{base}/execution_timestamp"), "`execution_timestamp` is missing"))?;
        check_seconds(execution_timestamp, &format!("{base}/execution_timestamp"))?;
        let (outcome, field, artifacts) = match status.as_str() {
            "Success" => (ReplicationOutcome::Succeeded, "successful_artifact", self.successful_artifact),
            "Error" => (ReplicationOutcome::Failed, "failed_artifact", self.failed_artifact),
            _ => return Ok(Reading::Ignored(Ignored::JobStatus)),
        };
        let artifact = artifacts.and_then(|artifacts| artifacts.into_iter().next());
        let artifact = artifact.ok_or_else(|| {
            malformed(format!("{base}/{field}"), format!("`{field}` is missing; {status} has one artifact"))
        })?;
        let name = repository_name(&clean(artifact.name_tag));
        let name_tag = format!("{base}/{field}/0/name_tag");
        if name.is_empty() {
            return Err(malformed(name_tag, "`name_tag` is missing or empty"));
        }
        let Some(versions) = versions(artifact.references, &format!("{base}/{field}/0/references"), digest_only)?
        else {
            return Ok(Reading::Ignored(Ignored::DigestOnly));
        };

        let harbor_host = text(self.harbor_hostname);
        let source = Place::read(self.src_resource, &format!("{base}/src_resource"))?;
        let destination = Place::read(self.dest_resource, &format!("{base}/dest_resource"))?;
        // Harbor swaps the namespaces of a push: in both directions this one is the local project.
        let project = destination.namespace.clone();
        let repository = if project.is_empty() { name } else { format!("{}/{name}", project.trim_end_matches('/')) };
        check_length("the repository", &repository, LONGEST_REPOSITORY, || name_tag)?;
        let event = Event {
            outcome,
            registry: remote(&source, &destination, &harbor_host).label().to_owned(),
            harbor_host,
            project,
            repository,
            versions,
            description: text(self.description),
            remote_namespace: source.namespace.clone(),
            execution_timestamp,
            execution_id: self.execution_id.unwrap_or(0).max(0),
            task_id: self.task_id.unwrap_or(0).max(0),
            occurred_at,
            ..Event::default()
        };
        let arrivals = arrivals(&event, &source.namespace, &destination.namespace);
        Ok(Reading::Event(Box::new(Webhook { event, arrivals })))
    }
}

/// One side of a replication.
struct Place {
    registry_name: String,
    endpoint: String,
    namespace: String,
}

impl Place {
    fn read(resource: Option<Resource>, base: &str) -> Result<Self, Unreadable> {
        let Some(Resource { registry_name, endpoint, namespace }) = resource else {
            return Ok(Self { registry_name: String::new(), endpoint: String::new(), namespace: String::new() });
        };
        let namespace = clean(namespace);
        check_length("`namespace`", &namespace, LONGEST_REPOSITORY, || format!("{base}/namespace"))?;
        Ok(Self { registry_name: text(registry_name), endpoint: text(endpoint), namespace })
    }

    fn label(&self) -> &str {
        if self.registry_name.is_empty() { &self.endpoint } else { &self.registry_name }
    }

    fn is_at(&self, host: &str) -> bool {
        let authority = self.endpoint.split_once("://").map_or(self.endpoint.as_str(), |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        !host.is_empty() && (authority == host || authority.split(':').next() == Some(host))
    }
}

/// Only the remote side bears a name. Without any, the side that is not this Harbor is the remote one,
/// and the destination if neither has one.
fn remote<'a>(source: &'a Place, destination: &'a Place, harbor_host: &str) -> &'a Place {
    match (source.registry_name.is_empty(), destination.registry_name.is_empty()) {
        (false, true) => source,
        (true, true) if destination.is_at(harbor_host) && !source.is_at(harbor_host) => source,
        _ => destination,
    }
}

/// The name in `payments/api [1 item(s) in total]`.
fn repository_name(name_tag: &str) -> String {
    let name = match name_tag.rsplit_once(" [") {
        Some((name, suffix)) if suffix.ends_with("item(s) in total]") => name,
        _ => name_tag,
    };
    name.trim().trim_matches('/').to_owned()
}

/// The tags among the references, each once. `None` where there are references, but not one tag.
fn versions(
    references: Option<Vec<Option<String>>>,
    pointer: &str,
    digest_only: bool,
) -> Result<Option<Vec<String>>, Unreadable> {
    let references = references.unwrap_or_default();
    if references.len() > MOST_REFERENCES {
        let detail = format!("{} references are too many; a webhook has at most {MOST_REFERENCES}", references.len());
        return Err(malformed(pointer, detail));
    }
    let mut seen = HashSet::new();
    let mut named = Vec::new();
    for (index, reference) in references.into_iter().map(clean).enumerate() {
        let is_tag = !is_digest_or_signature(&reference);
        let (what, longest) = if is_tag { ("a tag", LONGEST_TAG) } else { ("a digest", LONGEST_DIGEST) };
        check_length(what, &reference, longest, || format!("{pointer}/{index}"))?;
        if !reference.is_empty() && seen.insert(reference.clone()) {
            named.push(reference);
        }
    }
    if named.is_empty() {
        // An older Harbor, or a task from before its upgrade: the version is unknown, the news is not.
        return Ok(Some(named));
    }
    let (tags, others): (Vec<_>, Vec<_>) = named.into_iter().partition(|reference| !is_digest_or_signature(reference));
    Ok(match (tags.is_empty(), digest_only) {
        (false, _) => Some(tags),
        (true, true) => Some(others),
        (true, false) => None,
    })
}

/// `sha256:…` is a digest; `sha256-<64 hex>` with `.sig`, `.att`, `.sbom` or nothing is an accessory's tag.
fn is_digest_or_signature(reference: &str) -> bool {
    [("sha256", 64), ("sha512", 128)].iter().any(|(algorithm, digits)| {
        let Some(rest) = reference.strip_prefix(algorithm) else { return false };
        match rest.split_at_checked(1) {
            Some((":", _)) => true,
            Some(("-", rest)) => {
                let hex = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
                hex == *digits && (rest.len() == hex || rest[hex..].starts_with('.'))
            }
            _ => false,
        }
    })
}

/// Text without control characters, NUL among them, and without blanks at its ends.
fn clean(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    let kept: String = text.chars().filter(|character| !character.is_control()).collect();
    kept.trim().to_owned()
}

/// What people have typed, or machines in their place.
fn text(text: Option<String>) -> String {
    let text = clean(text);
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => text[..end].trim_end().to_owned(),
        None => text,
    }
}

fn check_length(what: &str, text: &str, longest: usize, pointer: impl FnOnce() -> String) -> Result<(), Unreadable> {
    // No text has more characters than bytes, and counting those of a large one takes time.
    if text.len() <= longest {
        return Ok(());
    }
    let characters = text.chars().count();
    if characters <= longest {
        return Ok(());
    }
    Err(malformed(pointer(), format!("{what} has {characters} characters; at most {longest} are taken")))
}

fn unix_seconds(seconds: Option<i64>) -> Result<Option<Millis>, Unreadable> {
    let Some(seconds) = seconds else { return Ok(None) };
    check_seconds(seconds, "/occur_at")?;
    Ok(Some(seconds * 1_000))
}

/// The years 1970 to 9999: what every later step can show.
fn check_seconds(seconds: i64, pointer: &str) -> Result<(), Unreadable> {
    const LAST: i64 = 253_402_207_200;
    if (0..=LAST).contains(&seconds) {
        return Ok(());
    }
    Err(malformed(pointer, format!("{seconds} is no Unix time in seconds between 1970 and 9999")))
}

fn rfc3339(time: Option<String>) -> Result<Option<Millis>, Unreadable> {
    let Some(time) = time else { return Ok(None) };
    let parsed: jiff::Timestamp =
        time.parse().map_err(|_| malformed("/time", "`time` is no RFC 3339 time such as 2026-08-21T06:30:14Z"))?;
    check_seconds(parsed.as_second(), "/time")?;
    Ok(Some(parsed.as_millisecond()))
}
