//! What the stand-ins have seen, and what was done to the service: the books that the reckoning is made from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::news::News;

/// What happened to one version at one destination. Each version is of one task.
#[derive(Clone, Debug)]
pub struct Truth {
    pub task: i64,
    pub repository: String,
    pub destination: usize,
    pub is_deletion: bool,
    /// When Harbor had copied it, or deleted it.
    pub done_at: Option<Instant>,
    /// When a try of Harbor's failed that was about it.
    pub failed_at: Option<Instant>,
    /// When the service said that it has the success, or the failure, for the first time.
    pub success_stored: Option<Instant>,
    pub failure_stored: Option<Instant>,
    /// Whether it said so of the webhook itself, which was news then.
    pub success_accepted: bool,
    pub failure_accepted: bool,
}

/// A message that came in at the stand-in for WeCom.
#[derive(Clone, Debug)]
pub struct Message {
    pub robot: usize,
    pub at: Instant,
    pub way: &'static str,
    pub news: Vec<News>,
    /// Whether the group sees it.
    pub shown: bool,
    /// When the answer was written whole; None where it was not.
    pub answered_at: Option<Instant>,
    /// Whether the answer leaves no doubt.
    pub sure: bool,
    pub refused: bool,
    pub too_fast: bool,
}

/// How a process of the service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Killed,
    Stopped,
    /// By itself.
    Died,
}

/// A time with its end, which may be yet to come.
#[derive(Clone, Copy, Debug)]
pub struct Span(pub Instant, pub Option<Instant>);

impl Span {
    pub fn touches(&self, from: Instant, to: Instant) -> bool {
        self.0 <= to && self.1.is_none_or(|end| end >= from)
    }
}

#[derive(Default)]
pub struct Books {
    pub truths: BTreeMap<u32, Truth>,
    pub messages: Vec<Message>,
    pub starts: Vec<Instant>,
    pub ends: Vec<(Instant, End)>,
    pub clock_sets: Vec<Instant>,
    pub disk: Vec<Span>,
    pub harbor: Vec<Span>,
    /// How webhooks were answered.
    pub door: BTreeMap<String, u64>,
    pub slowest_answer: Duration,
    /// How often each way of failing was met.
    pub ways: BTreeMap<&'static str, u64>,
    /// Where a secret was seen.
    pub leaks: BTreeSet<String>,
    /// Faults that were seen at once.
    pub faults: Vec<String>,
}

#[derive(Default)]
pub struct Ledger(Mutex<Books>);

impl Ledger {
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().expect("no holder of this lock panics")
    }

    pub fn fault(&self, text: String) {
        self.books().faults.push(text);
    }
}

impl Books {
    /// Whether the disk failed at any moment between these.
    pub fn disk_failed(&self, from: Instant, to: Instant) -> bool {
        self.disk.iter().any(|span| span.touches(from, to))
    }

    pub fn count(&mut self, what: String) {
        *self.door.entry(what).or_default() += 1;
    }
}

/// Begins or ends the last of these.
pub fn mark(spans: &mut Vec<Span>, is_on: bool) {
    match spans.last_mut() {
        Some(last) if last.1.is_none() && !is_on => last.1 = Some(Instant::now()),
        Some(last) if last.1.is_none() => {}
        _ if is_on => spans.push(Span(Instant::now(), None)),
        _ => {}
    }
}
