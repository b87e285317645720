//! What a replication task's log says: which versions were copied, which failed and why. Its texts are Harbor's code and
//! no contract: what cannot be read is unknown, never an error, and no secret comes out of it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use regex_lite::Regex;

use super::redact::{line, redact};

/// In bytes.
const LONGEST_REASON: usize = 300;
/// A shorter cause, such as "unexpected EOF", says too little without the sentence that led to it.
const TELLING: usize = 40;
/// So many bytes of one line of a log, with those that continue it, are looked at: more than is ever shown.
const LONGEST_ERROR: usize = 16 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskLog {
    /// The versions that the task is about, in the order of Harbor's webhook. None where the log does not say. Of a
    /// deletion, which stops at its first failure, those that it came to.
    pub references: Option<Vec<String>>,
    /// Those that were copied, or were there already.
    pub copied: Vec<String>,
    /// Those that were not, each with what went wrong, where that can be told.
    pub failed: Vec<(String, Option<String>)>,
    /// Those that were deleted at the destination, or were not there any more.
    pub deleted: Vec<String>,
    /// What went wrong, in one line.
    pub reason: Option<String>,
    /// The try that the log tells of is over: nothing more will be written. Without it, more may come.
    pub ended: bool,
}

/// Where in Harbor's source a line was written, such as `[/build/src/transfer.go:123]:`.
static PLACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[[^\]\s]*\.go:\d+\]:?\s*").expect("a constant that the tests compile"));

/// Reads a log of any length and any content.
pub fn read(log: &str) -> TaskLog {
    let mut reader = Reader::default();
    let mut is_error = false;
    for raw in log.lines() {
        let plain = plain(raw);
        match entry(&plain) {
            Some((level, text)) => {
                is_error = matches!(level, "ERROR" | "FATAL");
                reader.take(&said(text), is_error.then_some(text));
            }
            // An answer that Harbor repeats may have several lines.
            None if is_error => reader.go_on(&plain),
            None => {}
        }
    }
    reader.finish()
}

/// Without what colours it.
fn plain(raw: &str) -> Cow<'_, str> {
    if raw.contains('\x1b') { Cow::Owned(line(raw)) } else { Cow::Borrowed(raw) }
}

/// Whether it is one at all, and not a proxy's page or what else may be answered in its place.
pub fn is_log(text: &str) -> bool {
    text.lines().any(|raw| entry(&plain(raw)).is_some())
}

/// The level and the text of `TIME [LEVEL] [FILE:LINE]: TEXT`.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (time, rest) = line.trim_start().split_once(" [")?;
    let (level, text) = rest.split_once(']')?;
    let is_head = time.starts_with(|first: char| first.is_ascii_digit())
        && time.contains(':')
        && !level.is_empty()
        && level.bytes().all(|byte| byte.is_ascii_uppercase());
    let text = text.trim();
    let place =
        text.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).filter(|(place, _)| place.contains(".go:"));
    is_head.then_some((level, place.map_or(text, |(_, text)| text)))
}

/// A line whose meaning is known.
enum Said<'a> {
    /// A try begins, with these versions.
    Begin(Vec<&'a str>),
    /// A version, or a part of one, is now being copied.
    Copying(&'a str),
    Arrived(&'a str),
    Deleted(&'a str),
    /// Or not found out whether it is there, which is the first step of deleting, and one of copying.
    NotDeleted(&'a str),
    Ended(End),
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Badly,
    /// Somebody stopped it: what was not yet copied has neither arrived nor failed.
    Stopped,
}

fn said(text: &str) -> Said<'_> {
    let source = |from: &str| {
        let (source, rest) = text.strip_prefix(from)?.split_once("(source registry) to ")?;
        Some((source, rest.split_once("(destination registry)")?.1))
    };
    let named = |from: &str, to: &str| Some(text.strip_prefix(from)?.split_once(to)?.0).and_then(tag);
    if let Some((source, _)) = source("copying ") {
        return match source.split_once(":[") {
            Some((_, tags)) => Said::Begin(tags.trim_end_matches(']').split(',').collect()),
            None => tag(source).map_or(Said::Other, Said::Copying),
        };
    }
    if let Some((source, end)) = source("copy ") {
        return match (end.trim(), tag(source)) {
            ("completed", _) if source.contains(":[") => Said::Ended(End::Well),
            ("completed", Some(tag)) => Said::Arrived(tag),
            _ => Said::Other,
        };
    }
    if let Some(tag) = named("the artifact ", " already exists on the destination registry") {
        return Said::Arrived(tag);
    }
    let deleted = [("the manifest of artifact ", " is deleted"), ("the tag ", " is deleted")];
    let gone = ["the artifact ", "the tag "].map(|from| (from, " doesn't exist on the destination registry"));
    if let Some(tag) = deleted.iter().chain(&gone).find_map(|(from, to)| named(from, to)) {
        return Said::Deleted(tag);
    }
    let not_deleted = [
        "failed to delete the manifest of artifact ",
        "failed to delete the tag ",
        "failed to check the existence of the manifest of artifact ",
    ];
    if let Some(tag) = not_deleted.iter().find_map(|from| named(from, " on the destination registry")) {
        return Said::NotDeleted(tag);
    }
    match text {
        _ if text.starts_with(GIVEN_UP) || text.starts_with("failed to create client for ") => Said::Ended(End::Badly),
        "the job is stopped" => Said::Ended(End::Stopped),
        _ => Said::Other,
    }
}

/// The last line of a failed try, which says no more than that.
const GIVEN_UP: &str = "got error during the whole transfer period";

/// What stands behind the name of a repository; a digest has a colon itself.
fn tag(name: &str) -> Option<&str> {
    let last = name.rsplit('/').next()?;
    Some(last.split_once(':')?.1).filter(|tag| !tag.is_empty() && !tag.contains(char::is_whitespace))
}

#[derive(Default)]
struct Version {
    name: String,
    has_arrived: bool,
    errors: Vec<String>,
}

#[derive(Default)]
struct Reader {
    /// Of the copy; none before it begins, and none of a deletion.
    versions: Vec<Version>,
    /// Where each name is among them: a log may have many lines about many versions.
    places: HashMap<String, Vec<usize>>,
    /// How many of them were begun, one after the other.
    begun: usize,
    deleted: Vec<String>,
    not_deleted: Vec<(String, Option<String>)>,
    errors: Vec<String>,
    end: Option<End>,
}

impl Reader {
    fn take(&mut self, said: &Said<'_>, error: Option<&str>) {
        match said {
            Said::Begin(tags) => {
                *self = Self::default();
                for (place, tag) in tags.iter().filter(|tag| !tag.is_empty()).enumerate() {
                    self.versions.push(Version { name: (*tag).to_owned(), ..Version::default() });
                    self.places.entry((*tag).to_owned()).or_default().push(place);
                }
            }
            Said::Copying(tag) => {
                // The parts of an image go by the same words, while it is neither here nor given up.
                let is_open = self.current().is_some_and(|version| !version.has_arrived && version.errors.is_empty());
                let is_next = self.versions.get(self.begun).is_some_and(|next| next.name == *tag);
                self.begun += usize::from(is_next && !is_open);
            }
            Said::Arrived(tag) => {
                for place in self.places.remove(*tag).unwrap_or_default() {
                    self.versions[place].has_arrived = true;
                }
            }
            // A task copies or deletes.
            Said::Deleted(tag) if self.versions.is_empty() => self.deleted.push((*tag).to_owned()),
            Said::NotDeleted(tag) if self.versions.is_empty() => self.give_up_deleting(tag, error),
            Said::Ended(end) => self.end = Some(*end),
            Said::Deleted(_) | Said::NotDeleted(_) | Said::Other => {}
        }
        let telling = error.filter(|text| !text.starts_with(GIVEN_UP));
        if let Some(text) = telling {
            self.errors.push(text.to_owned());
            if let Some(version) = self.current() {
                version.errors.push(text.to_owned());
            }
        }
    }

    /// A deletion ends with its first failure.
    fn give_up_deleting(&mut self, tag: &str, error: Option<&str>) {
        let cause = error.and_then(|text| text.split_once(" on the destination registry: ")).map(|(_, cause)| cause);
        self.not_deleted.push((tag.to_owned(), cause.or(error).map(reason)));
        self.end = Some(End::Badly);
    }

    /// The line before goes on with this one.
    fn go_on(&mut self, text: &str) {
        let mut versions = self.versions.iter_mut().take(self.begun);
        let version = versions.next_back().and_then(|version| version.errors.last_mut());
        for error in version.into_iter().chain(self.errors.last_mut()).filter(|error| error.len() < LONGEST_ERROR) {
            error.push(' ');
            error.push_str(&text[..text.floor_char_boundary(LONGEST_ERROR)]);
        }
    }

    fn current(&mut self) -> Option<&mut Version> {
        self.versions.get_mut(self.begun.checked_sub(1)?)
    }

    fn finish(self) -> TaskLog {
        // Of the last one that was begun it is not known, until the end, whether it is tried once more.
        let given_up = if self.end == Some(End::Badly) { self.begun } else { self.begun.saturating_sub(1) };
        let is_deletion = self.versions.is_empty();
        let mut log = TaskLog { ended: self.end.is_some(), ..TaskLog::default() };
        let named: Vec<_> = if is_deletion {
            self.deleted.iter().chain(self.not_deleted.iter().map(|(tag, _)| tag)).cloned().collect()
        } else {
            self.versions.iter().map(|version| version.name.clone()).collect()
        };
        log.references = Some(named).filter(|named| !named.is_empty());
        for (index, version) in self.versions.into_iter().enumerate() {
            if version.has_arrived {
                log.copied.push(version.name);
            } else if index < given_up && !version.errors.is_empty() {
                log.failed.push((version.name, telling(&version.errors)));
            }
        }
        log.failed.extend(self.not_deleted);
        log.deleted = self.deleted;
        log.reason = match log.failed.first() {
            Some((_, reason)) => reason.clone(),
            None if self.end == Some(End::Well) => None,
            None => telling(&self.errors),
        };
        log
    }
}

/// Harbor first writes a sentence with the cause at its end, and then the cause alone.
fn telling(errors: &[String]) -> Option<String> {
    let last = errors.last()?;
    let sentence = errors.iter().rev().skip(1).find(|error| error.ends_with(last.as_str()));
    Some(reason(sentence.filter(|_| last.len() < TELLING).unwrap_or(last)))
}

/// One line that may be shown. Cut last, because a part of a secret would not be found.
pub fn reason(text: &str) -> String {
    let mut text = line(&redact(&PLACE.replace_all(text, "")));
    if text.len() > LONGEST_REASON {
        text.truncate(text.floor_char_boundary(LONGEST_REASON - "…".len()));
        text.push('…');
    }
    text
}
