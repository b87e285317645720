//! A task's log: which versions were copied or deleted, which were not, and why. Its texts are Harbor's code and no
//! contract: what is not understood is unknown, and never an error.

use std::collections::BTreeMap;

use super::line::one_line;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskLog {
    /// What the task was about, as a webhook names it; None where the log does not say.
    pub references: Option<Vec<String>>,
    /// What has arrived, also what was there already.
    pub copied: Vec<String>,
    /// The most telling line of an error.
    pub reason: Option<String>,
    /// Whether the task says of itself that it is over.
    pub has_ended: bool,
}

/// One line: `TIME [LEVEL] [FILE:LINE]: TEXT`.
struct Line<'a> {
    is_error: bool,
    text: &'a str,
}

fn lines(log: &str) -> impl Iterator<Item = Line<'_>> {
    log.lines().filter_map(|line| {
        let (head, text) = line.split_once("]: ")?;
        Some(Line { is_error: head.contains("[ERROR]") || head.contains("[FATAL]"), text: text.trim() })
    })
}

/// Of a task's log; of its last try, which is all that Harbor keeps.
pub fn read(log: &str) -> TaskLog {
    let mut read = TaskLog::default();
    // What the last line about a version says of it.
    let mut versions: BTreeMap<String, bool> = BTreeMap::new();
    let mut deleted = Vec::new();
    for Line { is_error, text } in lines(log) {
        if let Some(listed) = text.strip_prefix("copying ").and_then(listed) {
            read.references = Some(listed);
        } else if let Some(version) = copying(text) {
            versions.insert(version, false);
        } else if let Some(version) = copied(text) {
            versions.insert(version, true);
        } else if let Some(version) = gone(text) {
            deleted.push(version);
        }
        read.has_ended |= text.starts_with("copy ") && text.ends_with(" completed") && text.contains(":[")
            || text.starts_with("got error during the whole transfer");
        if is_error && is_better(text, read.reason.as_deref()) {
            read.reason = Some(text.to_owned());
        }
    }
    read.reason = read.reason.as_deref().map(one_line).filter(|reason| !reason.is_empty());
    read.copied = versions.into_iter().filter_map(|(version, is_copied)| is_copied.then_some(version)).collect();
    if read.references.is_none() && !deleted.is_empty() {
        read.references = Some(deleted);
        read.has_ended = true;
    }
    read
}

/// `SRC:[t1,t2](source registry) to …`
fn listed(text: &str) -> Option<Vec<String>> {
    let (_, rest) = text.split_once(":[")?;
    let (list, rest) = rest.split_once(']')?;
    rest.starts_with("(source registry)").then(|| list.split(',').map(|tag| tag.trim().to_owned()).collect())
}

/// `copying SRC:TAG(source registry) to …`
fn copying(text: &str) -> Option<String> {
    source(text.strip_prefix("copying ")?)
}

/// `copy SRC:TAG(source registry) to DST:TAG(destination registry) completed`, or `the artifact DST:TAG already exists on
/// the destination registry, skip`.
fn copied(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix("copy ").filter(|rest| rest.ends_with(" completed")) {
        return source(rest);
    }
    let rest = text.strip_prefix("the artifact ")?;
    let (artifact, _) = rest.split_once(" already exists on the destination registry")?;
    reference(artifact)
}

fn source(text: &str) -> Option<String> {
    let (artifact, _) = text.split_once("(source registry)")?;
    reference(artifact)
}

/// `the manifest of artifact REPO:TAG is deleted`, `failed to delete the tag REPO:TAG on the destination registry: WHY`,
/// `the tag REPO:TAG doesn't exist on the destination registry, skip`, and the same about the other one.
fn gone(text: &str) -> Option<String> {
    let missing = ["the artifact ", "the tag "].iter().find_map(|begin| text.strip_prefix(begin));
    let missing = missing.and_then(|rest| rest.strip_suffix(" doesn't exist on the destination registry, skip"));
    let manifest = text.strip_prefix("the manifest of artifact ").and_then(|rest| rest.strip_suffix(" is deleted"));
    let failed = ["failed to delete the tag ", "failed to delete the manifest of artifact "];
    let failed = failed.iter().find_map(|begin| text.strip_prefix(begin));
    let failed = failed.and_then(|rest| rest.split_once(" on the destination registry").map(|(artifact, _)| artifact));
    let tag = text.strip_prefix("the tag ").and_then(|rest| rest.strip_suffix(" is deleted"));
    reference(missing.or(manifest).or(failed).or(tag)?)
}

/// The tag or digest of `REPO:TAG` or `REPO@sha256:…`.
fn reference(artifact: &str) -> Option<String> {
    let artifact = artifact.trim();
    let reference = match artifact.split_once('@') {
        Some((_, digest)) => digest,
        None => artifact.rsplit_once('/').map_or(artifact, |(_, name)| name).split_once(':')?.1,
    };
    let is_one = !reference.is_empty() && !reference.contains(['[', ' ', '/']);
    is_one.then(|| reference.to_owned())
}

/// Harbor says the cause first, and then that there was one.
fn is_better(text: &str, than: Option<&str>) -> bool {
    let rank = |text: &str| {
        if text.starts_with("got error during the whole transfer") {
            0
        } else if ["http status code", "dial tcp", "x509", "timeout", "denied", "unsupported", "isn't supported"]
            .iter()
            .any(|cause| text.contains(cause))
        {
            2
        } else {
            1
        }
    };
    than.is_none_or(|than| rank(text) > rank(than))
}
