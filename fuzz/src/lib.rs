//! What several targets look at: an event that is whole, a message in which nothing of a payload acts.

use std::collections::HashSet;

use harborbell::model::delivery::Notice;
use harborbell::model::event::{Event, Operation, ReplicationOutcome};
use harborbell::model::harbor::Webhook;
use harborbell::model::robot::{Format, mention};
use harborbell::render::text::{code, steers};
use harborbell::render::{Language, Packed, Renderer, Settings};
use jiff::tz::TimeZone;

/// 2024-11-23 16:00:00 in Shanghai.
pub const NOW: i64 = 1_732_348_800_000;
/// A robot's key, in place of each `KEY` of an input.
pub const KEY: &str = "be7c4000-0f1e-4d2c-b3a4-95867a6bbeef";

const HARBOR: &str = "https://harbor.example.com";
const BELL: &str = "https://bell.example.com";

pub fn with_key(input: &str) -> String {
    input.replace("KEY", KEY)
}

/// A part of the key that is long enough to be one.
pub fn part_of_key(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    (0..=KEY.len() - 8).map(|from| &KEY[from..from + 8]).find(|part| text.contains(part))
}

/// What every later step relies upon.
pub fn check_webhook(Webhook { event, arrivals }: &Webhook) {
    let characters = |text: &str| text.chars().count();
    let texts = [&event.harbor_host, &event.project, &event.repository, &event.registry, &event.description];
    for text in texts.into_iter().chain([&event.remote_namespace]).chain(&event.versions) {
        assert!(!text.contains(char::is_control), "a control character in {text:?}");
        assert!(characters(text) <= 1_024, "{} characters", characters(text));
    }
    assert!((1..=255).contains(&characters(&event.repository)), "{:?}", event.repository);
    assert!(event.versions.iter().all(|version| (1..=255).contains(&characters(version))));
    let versions: HashSet<_> = event.versions.iter().collect();
    assert_eq!(versions.len(), event.versions.len(), "each version once");
    let keys: HashSet<_> = arrivals.iter().map(|arrival| &arrival.key).collect();
    assert_eq!((keys.len(), arrivals.len()), (event.versions.len().max(1), event.versions.len().max(1)));
    let year_10000 = 253_402_300_800;
    assert!((0..year_10000).contains(&event.execution_timestamp));
    assert!((1..year_10000 * 1_000).contains(&event.occurred_at));
    assert!(event.execution_id >= 0 && event.task_id >= 0);
}

pub fn renderer(language: Language, linked: bool, template: Option<&str>) -> Option<Renderer> {
    let settings = Settings {
        language,
        timezone: TimeZone::fixed(jiff::tz::offset(8)),
        harbor_url: linked.then(|| HARBOR.to_owned()),
        public_url: linked.then(|| BELL.to_owned()),
    };
    Renderer::new(settings, template).ok()
}

/// What the input says of one event: its texts, each ended by a unit separator. The first one is of letters that say
/// what happened, the second one tells how many people are mentioned, and versions are the last ones.
pub fn notice(record: &str) -> Notice {
    let mut units = record.split('\u{1f}');
    let mut next = || units.next().unwrap_or_default().to_owned();
    let (letters, people) = (next(), next());
    let is = |letter: char| letters.contains(letter);
    let event = Event {
        outcome: if is('f') { ReplicationOutcome::Failed } else { ReplicationOutcome::Succeeded },
        operation: match (is('d'), is('u')) {
            (true, _) => Operation::Delete,
            (_, true) => Operation::Unconfirmed,
            _ => Operation::Copy,
        },
        late: is('l'),
        execution_id: if is('z') { 0 } else { 815 },
        execution_timestamp: 1_732_346_947,
        occurred_at: if is('o') { 1_732_247_103_000 } else { 1_732_347_103_000 },
        harbor_host: "harbor.example.com".into(),
        repository: next(),
        registry: next(),
        description: next(),
        rule: next(),
        reason: next(),
        versions: units.map(str::to_owned).collect(),
        ..Event::default()
    };
    let mentions = (0..people.len().min(64)).map(|number| format!("somebody-{number}")).collect();
    Notice { event, after_failure: is('h'), mentions }
}

/// Invariants 4 and 6.
pub fn check_message(packed: &Packed, notices: &[Notice], format: Format) {
    let Packed { deliveries, content, mentions } = packed;
    assert!(content.len() <= format.longest(), "{} bytes", content.len());
    assert!((1..=notices.len()).contains(deliveries) && !content.trim().is_empty());
    let acts = |character: char| character != '\n' && steers(character) || matches!(character, '\u{2028}' | '\u{2029}');
    assert!(!content.contains(acts), "{content:?}");
    let told = &notices[..*deliveries];
    assert!(mentions.iter().all(|person| told.iter().any(|notice| notice.mentions.contains(person))));
    match format {
        Format::Markdown => check_markdown(content, mentions, deliveries * 2 + 1),
        Format::Text => {
            assert!(!content.contains(['<', '>']), "{content}");
            let payload = content.replace(&format!("{HARBOR}/"), "").replace(&format!("{BELL}/"), "");
            assert!(!payload.contains("://"), "a client would make a link of it: {content}");
        }
    }
    for event in told.iter().map(|notice| &notice.event) {
        // So short that it is shown whole in either format, however many bytes its characters become.
        let name = code(&event.repository);
        let is_short = event.repository.len() <= 384 / 3;
        let shown = content.contains(name.trim_matches('`')) || format == Format::Text;
        assert!(!is_short || shown, "{name} is missing in {content}");
    }
}

/// Nothing but what the templates say is a mark, and no line begins with another one.
fn check_markdown(content: &str, mentions: &[String], most_links: usize) {
    const HEADS: [&str; 10] = [
        "镜像入仓",
        "镜像删除",
        "镜像状态未确认",
        "复制失败",
        "复制恢复",
        "Image replication",
        "Image deletion",
        "Image state unconfirmed",
        "Replication failed",
        "Replication recovered",
    ];
    let called: Vec<_> = mentions.iter().map(|person| mention(person)).collect();
    let called = called.join(" ");
    let content = content.strip_suffix(&called).filter(|_| !called.is_empty()).unwrap_or(content);
    let mut links = 0;
    for line in content.lines() {
        let is_ours = ["**", "> ", "<font ", "["].iter().chain(&HEADS).any(|begin| line.starts_with(begin));
        assert!(is_ours, "whose line is {line:?} of {content}");
        let line = line.strip_prefix("> ").unwrap_or(line);
        assert_eq!(line.matches('`').count() % 2, 0, "code spans open and close in their line: {line}");
        let inside: String = line.split('`').skip(1).step_by(2).collect();
        assert!(!inside.contains(['<', '>']), "nothing rests on how a client reads code spans: {line}");
        let mut outside: String = line.split('`').step_by(2).collect();
        for mark in ["<font color=\"info\">", "<font color=\"warning\">", "</font>"] {
            outside = outside.replace(mark, "");
        }
        for head in HEADS {
            outside = outside.replace(&format!("**{head}**"), "");
        }
        while let Some((label, target, link)) = first_link(&outside) {
            assert!(target.starts_with(HARBOR) || target.starts_with(BELL), "{target} in {content}");
            assert!(!label.contains(['<', '>', '[', '*']) && !target.contains(['<', '>', ' ']), "{line}");
            links += 1;
            outside = outside.replacen(&link, "", 1);
        }
        assert!(!outside.contains(['<', '>', '[', ']', '*']) && !outside.contains("://"), "{line}");
    }
    assert!(links <= most_links, "{links} links in {content}");
}

fn first_link(text: &str) -> Option<(String, String, String)> {
    let (_, rest) = text.split_once('[')?;
    let (label, rest) = rest.split_once("](")?;
    let (target, _) = rest.split_once(')')?;
    Some((label.to_owned(), target.to_owned(), format!("[{label}]({target})")))
}

/// Nothing but the tags that the page makes of a message, each closed in its turn.
pub fn check_html(html: &str) {
    let mut open = Vec::new();
    for rest in html.split('<').skip(1) {
        let (tag, text) = rest.split_once('>').expect("a tag ends");
        assert!(!text.contains('>') && !text.contains('"') && !text.contains('\''), "{html}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
            continue;
        }
        let link = tag.strip_prefix("a href=\"").and_then(|rest| rest.strip_suffix("\" rel=\"noreferrer noopener\""));
        match (tag, link) {
            ("br", _) => continue,
            ("p" | "blockquote" | "strong" | "code" | "h3 class=\"md-heading\"", _) => {}
            (_, Some(target)) => {
                let is_web = target.starts_with("http://") || target.starts_with("https://");
                assert!(is_web && !target.contains('"'), "{html}");
            }
            _ => {
                let colour = tag.strip_prefix("span class=\"wecom-").and_then(|rest| rest.strip_suffix('"'));
                assert!(matches!(colour, Some("info" | "warning" | "comment" | "mention")), "{tag} in {html}");
            }
        }
        open.push(tag.split(' ').next().unwrap_or_default());
    }
    assert!(open.is_empty(), "{open:?} in {html}");
}
