//! What a template may say: the variables of `MESSAGE_TEMPLATE` and of the built-in templates alike.

use jiff::tz::TimeZone;
use minijinja::Value;
use serde::Serialize;

use super::text::{clip, code, escape};
use super::{Language, Settings};
use crate::model::clock::{MINUTE, Millis, SECOND};
use crate::model::delivery::Notice;
use crate::model::event::{Event, Operation, ReplicationOutcome, label};
use crate::model::link::image_path;
use crate::model::robot::Format;

#[derive(Debug, Serialize)]
pub struct Context {
    /// Oldest first. One of them: the message is about it alone. More: a digest.
    events: Vec<EventContext>,
    /// The same events by kind, outcome and destination, failures first.
    groups: Vec<Group>,
    /// How many there are of each kind, in the order of [`Kind::ALL`].
    heads: Vec<Head>,
    succeeded: usize,
    failed: usize,
    /// The board; null without `PUBLIC_URL`.
    board: Option<Value>,
    #[serde(skip)]
    format: Format,
}

/// What a message is about, which is its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Replication,
    Deletion,
    Unconfirmed,
    /// An execution that failed before it had tasks.
    RuleFailed,
    RuleRecovered,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Replication, Self::Deletion, Self::Unconfirmed, Self::RuleFailed, Self::RuleRecovered];

    const fn of(event: &Event) -> Self {
        match (event.repository.is_empty(), event.operation, event.outcome) {
            (true, _, ReplicationOutcome::Failed) => Self::RuleFailed,
            (true, _, ReplicationOutcome::Succeeded) => Self::RuleRecovered,
            (false, Operation::Copy, _) => Self::Replication,
            (false, Operation::Delete, _) => Self::Deletion,
            (false, Operation::Unconfirmed, _) => Self::Unconfirmed,
        }
    }
}

#[derive(Debug, Serialize)]
struct Head {
    kind: Kind,
    succeeded: usize,
    failed: usize,
}

#[derive(Debug, Serialize)]
struct Group {
    kind: Kind,
    outcome: ReplicationOutcome,
    after_failure: bool,
    late: bool,
    label: String,
    events: Vec<EventContext>,
}

#[derive(Clone, Debug, Serialize)]
struct EventContext {
    kind: Kind,
    operation: Operation,
    outcome: ReplicationOutcome,
    after_failure: bool,
    /// Found by asking Harbor, where its webhook should have come in.
    late: bool,
    /// The rule's description, else the registry's name.
    label: String,
    description: String,
    registry: String,
    project: String,
    /// Null for an execution that failed before it had tasks, and for a rule that works again.
    repository: Option<String>,
    /// Harbor's rule; null where only a webhook is known.
    rule: Option<String>,
    /// Why it failed; null where that is unknown.
    reason: Option<String>,
    /// The same, cut for a line of a digest.
    short_reason: Option<String>,
    versions: Vec<String>,
    /// How many versions found no room.
    more: usize,
    /// `2024-11-23 15:31:43`
    time: String,
    /// `15:31:43`, with its date if that is not today's.
    clock: String,
    /// `2 分 36 秒`, from the start of Harbor's execution; null for a failure.
    took: Option<String>,
    /// Harbor's page of the execution; null without `HARBOR_URL`.
    link: Option<Value>,
    /// Our page of the image; null without `PUBLIC_URL`, and where its name is too long for a message.
    page: Option<Value>,
}

impl Context {
    /// `most_versions` is how many versions of each event are shown.
    pub fn of<'a>(
        notices: impl IntoIterator<Item = &'a Notice>,
        now: Millis,
        settings: &Settings,
        format: Format,
        most_versions: usize,
    ) -> Self {
        let events: Vec<_> =
            notices.into_iter().map(|notice| event_context(notice, now, settings, format, most_versions)).collect();
        let failed = events.iter().filter(|event| event.outcome == ReplicationOutcome::Failed).count();
        Self {
            succeeded: events.len() - failed,
            failed,
            groups: groups(&events),
            heads: heads(&events),
            events,
            board: settings.public_url.as_ref().map(|base| Value::from_safe_string(format!("{base}/"))),
            format,
        }
    }

    /// An image of which not even the last part of its name is in the message.
    pub fn image_missing_in(&self, message: &str) -> Option<&str> {
        let is_named = |repository: &&str| {
            let name = repository.rsplit('/').next().unwrap_or_default();
            message.contains(&escape(name, self.format)) || message.contains(code(name).trim_matches('`'))
        };
        let mut repositories = self.events.iter().filter_map(|event| event.repository.as_deref());
        repositories.find(|repository| !is_named(repository))
    }
}

fn groups(events: &[EventContext]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for event in events {
        let same = |group: &&mut Group| {
            (group.kind, group.outcome, group.after_failure, group.late, &group.label)
                == (event.kind, event.outcome, event.after_failure, event.late, &event.label)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.events.push(event.clone()),
            None => groups.push(Group {
                kind: event.kind,
                outcome: event.outcome,
                after_failure: event.after_failure,
                late: event.late,
                label: event.label.clone(),
                events: vec![event.clone()],
            }),
        }
    }
    groups.sort_by_key(|group| group.outcome != ReplicationOutcome::Failed);
    groups
}

fn heads(events: &[EventContext]) -> Vec<Head> {
    let of = |kind| {
        let of_kind = events.iter().filter(|event| event.kind == kind);
        let failed = of_kind.clone().filter(|event| event.outcome == ReplicationOutcome::Failed).count();
        Head { kind, succeeded: of_kind.count() - failed, failed }
    };
    Kind::ALL.into_iter().map(of).filter(|head| head.succeeded + head.failed > 0).collect()
}

fn event_context(
    notice: &Notice,
    now: Millis,
    settings: &Settings,
    format: Format,
    most_versions: usize,
) -> EventContext {
    let event = &notice.event;
    let clip = |text: &str| clip(text, format);
    let took = event.occurred_at - event.execution_timestamp * SECOND;
    let timed = event.outcome == ReplicationOutcome::Succeeded && took >= 0 && !event.repository.is_empty();
    let shown = event.versions.len().min(most_versions);
    let given = |text: &str| Some(clip(text)).filter(|text| !text.is_empty());
    EventContext {
        kind: Kind::of(event),
        operation: event.operation,
        outcome: event.outcome,
        after_failure: notice.after_failure,
        late: event.late,
        label: clip(label(&event.registry, &event.description)),
        description: clip(&event.description),
        registry: clip(&event.registry),
        project: clip(&event.project),
        repository: given(&event.repository),
        rule: given(&event.rule),
        reason: given(&event.reason),
        short_reason: given(&shortened(&event.reason)),
        versions: event.versions[..shown].iter().map(|version| clip(version)).collect(),
        more: event.versions.len() - shown,
        time: date_time(event.occurred_at, &settings.timezone),
        clock: clock(event.occurred_at, now, &settings.timezone),
        took: timed.then(|| length(took / SECOND, settings.language)),
        link: settings.harbor_url.as_deref().map(|base| Value::from_safe_string(link(base, event.execution_id))),
        page: page(event, settings, format).map(Value::from_safe_string),
    }
}

/// A reason on a line of a digest.
fn shortened(reason: &str) -> String {
    const LONGEST: usize = 120;
    let end = reason.floor_char_boundary(LONGEST);
    if end < reason.len() { format!("{}…", reason[..end].trim_end()) } else { reason.to_owned() }
}

/// Our page of an image, of its version where it is about one. Percent-encoded names may be long, and the message has
/// better use for its bytes then.
fn page(event: &Event, settings: &Settings, format: Format) -> Option<String> {
    let longest = format.longest() / 12;
    let version = if let [version] = &event.versions[..] { version } else { "" };
    let base = settings.public_url.as_ref().filter(|_| !event.repository.is_empty())?;
    Some(format!("{base}{}", image_path(&event.repository, version))).filter(|page| page.len() <= longest)
}

/// Harbor's web page of an execution; before 2.13 Harbor does not say which, and it is the list of all.
pub(super) fn link(harbor_url: &str, execution_id: i64) -> String {
    let base = harbor_url.trim_end_matches('/');
    match execution_id {
        0 => format!("{base}/harbor/replications"),
        id => format!("{base}/harbor/replications/{id}/tasks"),
    }
}

/// `2024-11-23 15:31:43`
pub fn date_time(at: Millis, timezone: &TimeZone) -> String {
    local(at, "%Y-%m-%d %H:%M:%S", timezone)
}

/// `UTC+08:00`: how far the clocks of a time zone are from UTC at that time.
pub fn offset(at: Millis, timezone: &TimeZone) -> String {
    local(at, "UTC%:z", timezone)
}

/// `Asia/Shanghai (UTC+08:00)`
pub fn zone(now: Millis, timezone: &TimeZone) -> String {
    let offset = offset(now, timezone);
    timezone.iana_name().map_or_else(|| offset.clone(), |name| format!("{name} ({offset})"))
}

fn local(at: Millis, format: &str, timezone: &TimeZone) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map(|at| at.to_zoned(timezone.clone()).strftime(format).to_string())
        .unwrap_or_default()
}

/// How long something has been so, no more exactly than a person wants to know.
pub fn age(waited: Millis, language: Language) -> String {
    let minutes = waited / MINUTE;
    if minutes < 1 {
        return if language == Language::Zh { "不到 1 分钟" } else { "less than 1 min" }.to_owned();
    }
    let (number, zh, en) = match (minutes / (24 * 60), minutes / 60) {
        (0, 0) => (minutes, "分钟", "min"),
        (0, hours) => (hours, "小时", "h"),
        (days, _) => (days, "天", "d"),
    };
    match language {
        Language::Zh => format!("{number} {zh}"),
        Language::En => format!("{number} {en}"),
    }
}

/// The time of day, with its date if that is not today's.
pub fn clock(at: Millis, now: Millis, timezone: &TimeZone) -> String {
    const DAY: &str = "%Y-%m-%d";
    let today = local(at, DAY, timezone) == local(now, DAY, timezone);
    if today { local(at, "%H:%M:%S", timezone) } else { date_time(at, timezone) }
}

/// `2 分 36 秒` or `2m36s`.
pub fn length(seconds: i64, language: Language) -> String {
    let ([hour, minute, second], gap) = match language {
        Language::Zh => ([" 小时", " 分", " 秒"], " "),
        Language::En => (["h", "m", "s"], ""),
    };
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}{second}"),
        (0, m, s) => format!("{m}{minute}{gap}{s}{second}"),
        (h, m, s) => format!("{h}{hour}{gap}{m}{minute}{gap}{s}{second}"),
    }
}
