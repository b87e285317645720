//! The reckoning: what the stand-ins have seen, held against what must always hold. The service is not asked.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::ledger::{Books, End, Message, Truth};
use crate::news::{News, Said};
use crate::robots::{BROKEN, ROBOTS};
use crate::service::FAILURE_GRACE;

/// Times are rounded to milliseconds.
const ROUNDING: Duration = Duration::from_millis(5);
/// The slot of a message is counted from its claim, if nothing came after that: a dead process may have sent it this
/// much later.
const CLAIM_TO_POST: Duration = Duration::from_millis(500);
/// An outcome is recorded this soon after an answer, unless the disk fails.
const RECORDED_WITHIN: Duration = Duration::from_secs(3);
/// WeCom lets nothing pass for so long after it said "too fast".
const BLOCKED: Duration = Duration::from_secs(60);
/// A failure that heals sooner need not be told: its grace, a look-up, and how late its success may be stored.
const HEALS_UNTOLD: Duration = Duration::from_secs(20);
/// How long the service takes to learn that Harbor answers again, and how long it waits for a look-up.
const LEARNS_OF_HARBOR: Duration = Duration::from_secs(30);
const LOOKS_UP: Duration = Duration::from_secs(12);
/// How long after its start it knows Harbor.
const GREETS_HARBOR: Duration = Duration::from_secs(5);
/// As many of one kind are named.
const NAMED: usize = 8;

/// A version, and whether it failed: what a group must be told once.
type What = (u32, bool);

#[derive(Default)]
pub struct Reckoning {
    pub once: usize,
    /// After an answer that leaves it in doubt, and after a crash.
    pub after_doubt: usize,
    pub after_crash: usize,
    /// Refused by WeCom, alone in its message.
    pub refused: usize,
    /// What no webhook told of, and Harbor's API did.
    pub by_api_alone: usize,
    pub early_after_clock: usize,
    pub deletions_as_arrivals: usize,
    pub unconfirmed: usize,
    pub repeated: Vec<String>,
    pub lost: Vec<String>,
    pub too_soon: Vec<String>,
    pub false_news: Vec<String>,
}

/// Of one robot: its messages in their order, and what they were about.
struct Told<'a> {
    robot: usize,
    messages: Vec<&'a Message>,
    shown: HashMap<What, Vec<usize>>,
    refused_alone: HashMap<What, usize>,
}

const fn what(news: &News) -> What {
    (news.version, matches!(news.said, Said::Failed))
}

impl<'a> Told<'a> {
    fn of(robot: usize, books: &'a Books) -> Self {
        let messages: Vec<_> = books.messages.iter().filter(|message| message.robot == robot).collect();
        let mut told = Self { robot, messages, shown: HashMap::new(), refused_alone: HashMap::new() };
        for (place, message) in told.messages.iter().enumerate() {
            let task = |news: &News| books.truths.get(&news.version).map(|truth| truth.task);
            let is_alone = message
                .news
                .windows(2)
                .all(|pair| task(&pair[0]) == task(&pair[1]) && what(&pair[0]).1 == what(&pair[1]).1);
            for news in &message.news {
                if message.shown {
                    told.shown.entry(what(news)).or_default().push(place);
                }
                if message.refused && is_alone {
                    told.refused_alone.insert(what(news), place);
                }
            }
        }
        told
    }

    fn name(&self) -> &'static str {
        ROBOTS[self.robot].name
    }
}

/// What each group must have been told by the end, and was neither told nor refused.
pub fn open(books: &Books) -> Vec<(usize, What)> {
    (0..BROKEN).map(|robot| Told::of(robot, books)).flat_map(|told| missing(&told, books)).collect()
}

fn missing(told: &Told<'_>, books: &Books) -> Vec<(usize, What)> {
    let robot = &ROBOTS[told.robot];
    let wanted = books.truths.iter().flat_map(|(version, truth)| {
        let success = truth.done_at.is_some() && robot.takes(truth.destination, false);
        let failure = must_tell_failure(truth, books) && robot.takes(truth.destination, true);
        [(success, (*version, false)), (failure, (*version, true))]
    });
    let is_settled = |what: &What| told.shown.contains_key(what) || told.refused_alone.contains_key(what);
    // Once a failure is told that named it, too, what was copied of it is put right on record alone.
    let is_partial = |version: &u32| {
        let truth = &books.truths[version];
        truth.failed_at.is_some() && truth.failed_at == truth.done_at && is_settled(&(*version, true))
    };
    let is_missing = |what: &What| !is_settled(what) && !is_partial(&what.0);
    let missing = wanted.filter(|(is_wanted, what)| *is_wanted && is_missing(what));
    missing.map(|(_, what)| (told.robot, what)).collect()
}

/// A failure that heals while the clock is set back may be healed within its grace, as far as anybody can tell.
fn must_tell_failure(truth: &Truth, books: &Books) -> bool {
    match (truth.failed_at, truth.done_at, truth.failure_stored) {
        (Some(_), None, _) => true,
        (Some(_), Some(done), Some(stored)) => {
            // Its webhook may have come much later.
            let healed = truth.success_stored.unwrap_or(done).max(done);
            done > stored + HEALS_UNTOLD && !clock_was_set(books, stored, healed)
        }
        _ => false,
    }
}

pub fn reckon(books: &Books) -> Reckoning {
    let mut reckoning = Reckoning::default();
    for robot in 0..ROBOTS.len() {
        let told = Told::of(robot, books);
        reckoning.count_pace(&told, books);
        reckoning.count_news(&told, books);
        if robot != BROKEN {
            reckoning.count_repeats(&told, books);
            let lost = missing(&told, books).into_iter().map(|(_, what)| describe(what, &told, books));
            reckoning.lost.extend(lost);
            reckoning.refused += told.refused_alone.keys().filter(|what| !told.shown.contains_key(what)).count();
        }
    }
    let is_silent = |truth: &&Truth| truth.success_stored.is_none() && truth.failure_stored.is_none();
    reckoning.by_api_alone = books.truths.values().filter(is_silent).count();
    reckoning
}

fn describe((version, is_failure): What, told: &Told<'_>, books: &Books) -> String {
    let stored =
        books.truths.get(&version).map(|truth| (truth.success_stored.is_some(), truth.failure_stored.is_some()));
    let kind = if is_failure { "failure" } else { "success" };
    format!("tt{version:06} {kind} to {}; success and failure answered 202: {stored:?}", told.name())
}

impl Reckoning {
    fn count_repeats(&mut self, told: &Told<'_>, books: &Books) {
        for (what, places) in &told.shown {
            if places.len() == 1 {
                self.once += 1;
            }
            for pair in places.windows(2) {
                let (first, again) = (told.messages[pair[0]], told.messages[pair[1]]);
                if pair[0] == pair[1] {
                    self.repeated.push(format!("{}, in one message", describe(*what, told, books)));
                } else if !first.sure {
                    self.after_doubt += 1;
                } else if may_be_unrecorded(told, pair[0], books) {
                    self.after_crash += 1;
                } else {
                    let apart = again.at.duration_since(first.at);
                    self.repeated.push(format!("{}, {:?} after a sure answer", describe(*what, told, books), apart));
                }
            }
        }
    }

    /// From one message to the next.
    fn count_pace(&mut self, told: &Told<'_>, books: &Books) {
        let gap = ROBOTS[told.robot].gap();
        for (place, pair) in told.messages.windows(2).enumerate() {
            let (first, next) = (pair[0], pair[1]);
            let has_restarted = books.starts.iter().any(|start| (first.at..=next.at).contains(start));
            let distance = next.at.duration_since(first.at);
            let tolerance = if has_restarted { CLAIM_TO_POST } else { ROUNDING };
            let is_blocked = first.too_fast && first.sure && !may_be_unrecorded(told, place, books);
            let least = if is_blocked { BLOCKED } else { gap.saturating_sub(tolerance) };
            if distance >= least {
                continue;
            }
            if has_restarted && clock_was_set(books, first.at, next.at) {
                self.early_after_clock += 1;
            } else {
                let after = first.way;
                self.too_soon.push(format!("to {}: {distance:?} after the one before it ({after})", told.name()));
            }
        }
    }

    fn count_news(&mut self, told: &Told<'_>, books: &Books) {
        for message in told.messages.iter().filter(|message| message.shown) {
            for news in &message.news {
                let truth = books.truths.get(&news.version);
                let wrong = truth.map_or(Some("no version of Harbor's"), |truth| untrue(news, truth, message, books));
                let is_deletion = truth.is_some_and(|truth| truth.is_deletion);
                match wrong {
                    Some(why) => self.false_news.push(format!("to {}, {why}: {news:?}, {truth:?}", told.name())),
                    None if news.said == Said::Unconfirmed => self.unconfirmed += 1,
                    None if news.said == Said::Arrived && is_deletion => self.deletions_as_arrivals += 1,
                    None => {}
                }
            }
        }
    }

    /// What is not zero and should be.
    pub fn faults(&self, books: &Books) -> Vec<String> {
        let kinds = [
            ("told more than once without a reason", &self.repeated),
            ("lost", &self.lost),
            ("too soon", &self.too_soon),
            ("false news", &self.false_news),
            ("fault", &books.faults),
        ];
        let mut faults: Vec<_> = kinds
            .into_iter()
            .flat_map(|(kind, all)| all.iter().take(NAMED).map(move |one| format!("{kind}: {one}")))
            .collect();
        faults.extend(books.leaks.iter().map(|place| format!("a secret was seen in {place}")));
        faults
    }
}

/// What is wrong with it; None where it is true, or nobody could know better.
fn untrue(news: &News, truth: &Truth, message: &Message, books: &Books) -> Option<&'static str> {
    let News { said, is_late, .. } = *news;
    let is_failure = said == Said::Failed;
    let (happened_at, is_accepted) =
        if is_failure { (truth.failed_at, truth.failure_accepted) } else { (truth.done_at, truth.success_accepted) };
    let is_known = could_be_looked_up(truth, message.at, books);
    let is_asked = is_accepted && truth.success_stored.is_some_and(|at| knew_harbor(at, books));
    let could_be_kept = truth.success_stored.is_none_or(|at| !books.disk_failed(at, at + LOOKS_UP));
    let faults = [
        (happened_at.is_none_or(|at| at > message.at), "it has not happened"),
        (news.repository != truth.repository, "of another repository"),
        (news.destination != Some(truth.destination), "elsewhere"),
        (!ROBOTS[message.robot].takes(truth.destination, is_failure), "by no route"),
        (is_late && is_accepted, "its webhook was answered 202 and not stored"),
        (is_failure && healed_within_grace(truth, books), "it had healed within its grace"),
        (said == Said::Deleted && !truth.is_deletion, "it was copied"),
        (said == Said::Arrived && truth.is_deletion && is_known, "it was deleted, as Harbor could say"),
        (said == Said::Arrived && truth.is_deletion && is_asked, "it was deleted, or unconfirmed at the least"),
        (said == Said::Unconfirmed && is_known && could_be_kept, "Harbor could say what it was"),
    ];
    faults.into_iter().find(|(is_wrong, _)| *is_wrong).map(|(_, why)| why)
}

/// Whether its success was stored while the failure was held back, or before it came in.
fn healed_within_grace(truth: &Truth, books: &Books) -> bool {
    let (Some(failed), Some(healed)) = (truth.failed_at, truth.success_stored) else { return false };
    healed < failed + FAILURE_GRACE && !clock_was_set(books, failed, healed)
}

/// Whether the process may have ended before it had recorded the outcome of this message.
fn may_be_unrecorded(told: &Told<'_>, place: usize, books: &Books) -> bool {
    let message = told.messages[place];
    let Some((ended, how)) = books.ends.iter().find(|(at, _)| *at >= message.at) else { return false };
    let is_last = told.messages.get(place + 1).is_none_or(|next| next.at >= *ended);
    let answered = message.answered_at.unwrap_or(message.at);
    let is_recent = *how != End::Stopped && ended.saturating_duration_since(answered) < RECORDED_WITHIN;
    is_last && (is_recent || books.disk_failed(message.at, *ended))
}

/// A process takes over the clock at its start: it cannot know what the one before it went by.
fn clock_was_set(books: &Books, from: Instant, to: Instant) -> bool {
    let began = books.starts.iter().rev().find(|start| **start <= from);
    books.clock_sets.iter().any(|at| began.is_none_or(|began| *at >= *began) && *at <= to)
}

/// Whether Harbor's API could say in time that this was a deletion: it was well, and the process that was told knew that
/// and lived on.
fn could_be_looked_up(truth: &Truth, told_at: Instant, books: &Books) -> bool {
    let stored = truth.success_stored.unwrap_or(told_at);
    let is_well = !books.harbor.iter().any(|span| span.touches(stored, stored + LOOKS_UP));
    let has_restarted = books.starts.iter().any(|start| (stored..=told_at).contains(start));
    knew_harbor(stored, books) && is_well && !has_restarted
}

/// Whether a process knew at this time that Harbor answers: then it told nothing without having asked.
fn knew_harbor(at: Instant, books: &Books) -> bool {
    let before = |length| at.checked_sub(length).unwrap_or(at);
    let began = books.starts.iter().rev().find(|start| **start <= at).copied().unwrap_or(at);
    let from = began.max(before(LEARNS_OF_HARBOR));
    let is_well = !books.harbor.iter().any(|span| span.touches(from, at));
    let has_restarted = books.starts.iter().any(|start| (before(GREETS_HARBOR)..=at).contains(start));
    is_well && !has_restarted
}
