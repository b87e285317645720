//! Rendering: notices → the message that a group reads, within what WeCom takes of its format.
//!
//! As many whole deliveries as fit make one message. One event with too many versions for a message is cut
//! between two versions and says how many are missing; repository and version themselves are never cut.

mod context;
mod template;
pub mod text;

use jiff::tz::TimeZone;

use crate::model::clock::Millis;
use crate::model::delivery::{Due, Notice};
use crate::model::event::{Event, Operation};
use crate::model::robot::{EVERYBODY, Format, LONGEST_MENTIONS, mention, unite};
use context::Context;
pub use context::{clock, date_time, length};
pub use template::{RenderError, Template};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Zh,
    En,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub language: Language,
    pub timezone: TimeZone,
    /// Where links lead, percent-encoded; never built from what a payload says.
    pub harbor_url: Option<String>,
}

#[derive(Debug)]
pub struct Renderer {
    settings: Settings,
    markdown: Template,
    text: Template,
    /// `MESSAGE_TEMPLATE`, in place of the built-in Markdown.
    custom: Option<Template>,
}

/// A version takes at least four bytes, a letter in a code span and a blank: more cannot be in any message.
const MOST_VERSIONS: usize = Format::Markdown.longest() / 4;

/// The first `deliveries` of those that were due, as one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    pub deliveries: usize,
    pub content: String,
    /// Each person once. In Markdown they are in the content, too, because that is where they act.
    pub mentions: Vec<String>,
}

impl Renderer {
    /// `custom` is the source of a template that replaces the built-in one. The error names its line.
    pub fn new(settings: Settings, custom: Option<&str>) -> Result<Self, RenderError> {
        let custom = custom.map(Template::custom).transpose()?;
        let built_in = |format| Template::built_in(settings.language, format);
        Ok(Self { markdown: built_in(Format::Markdown), text: built_in(Format::Text), settings, custom })
    }

    /// The largest message that the oldest of these rows make. `due` must not be empty.
    pub fn pack(&self, due: &[Due], now: Millis, format: Format) -> Packed {
        let notices: Vec<_> = due.iter().take(whole(due)).map(|row| &row.notice).collect();
        self.render(&notices, now, format)
    }

    /// One message about all of these, or about as many as fit.
    pub fn render(&self, notices: &[&Notice], now: Millis, format: Format) -> Packed {
        let is_plain = |notice: &&Notice| {
            let Event { operation, late, repository, .. } = &notice.event;
            *operation == Operation::Copy && !late && !repository.is_empty()
        };
        // A template that does not name `operation` would show a deletion as an arrival.
        let suits = |custom: &&Template| custom.knows_operations || notices.iter().all(is_plain);
        if let (Some(custom), Format::Markdown) = (self.custom.as_ref().filter(suits), format) {
            match self.fill(custom, notices, now, format) {
                Ok(packed) => return packed,
                Err(error) => tracing::error!(%error, "MESSAGE_TEMPLATE failed; the built-in template is used instead"),
            }
        }
        let built_in = match format {
            Format::Markdown => &self.markdown,
            Format::Text => &self.text,
        };
        self.fill(built_in, notices, now, format).expect("the built-in template renders every event")
    }

    /// Harbor's page of an execution; None without `HARBOR_URL`.
    pub fn harbor_link(&self, execution_id: i64) -> Option<String> {
        self.settings.harbor_url.as_deref().map(|base| context::link(base, execution_id))
    }

    /// What a test message says.
    pub fn test_message(&self, robot: &str, now: Millis, format: Format) -> String {
        let time = date_time(now, &self.settings.timezone);
        let (name, mark, line) = match format {
            Format::Markdown => (text::code(robot), "**", "> "),
            Format::Text => (text::escape(robot, format), "", ""),
        };
        match self.settings.language {
            Language::Zh => format!("{mark}harborbell{mark} 测试消息\n{line}机器人：{name}\n{line}时间：{time}"),
            Language::En => format!("{mark}harborbell{mark} test message\n{line}Robot: {name}\n{line}Time: {time}"),
        }
    }

    fn fill(
        &self,
        template: &Template,
        notices: &[&Notice],
        now: Millis,
        format: Format,
    ) -> Result<Packed, RenderError> {
        let message = |count: usize, versions: usize| {
            let first = notices[..count].iter().copied();
            let content = template.render(&Context::of(first.clone(), now, &self.settings, format, versions))?;
            let mentions = mentions(first);
            let called = if format == Format::Markdown { called(&mentions) } else { String::new() };
            Ok(Packed { deliveries: count, content: content + &called, mentions })
        };
        let fits = |packed: Result<Packed, RenderError>| Ok(packed?.content.len() <= format.longest());
        let count = largest(2, showable(notices), |count| fits(message(count, MOST_VERSIONS)))?;
        if let Some(count) = count {
            return message(count, MOST_VERSIONS);
        }

        let most = notices[0].event.versions.len().clamp(1, MOST_VERSIONS);
        let versions = largest(1, most, |versions| fits(message(1, versions)))?.unwrap_or(1);
        let packed = message(1, versions)?;
        if packed.content.len() > format.longest() {
            return Err(RenderError::TooLong(packed.content.len(), format.longest()));
        }
        Ok(packed)
    }
}

/// Everybody whom one of these mentions, once. The configuration sees to it that they have room.
fn mentions<'a>(notices: impl Iterator<Item = &'a Notice>) -> Vec<String> {
    let mut people = Vec::new();
    for notice in notices {
        unite(&mut people, &notice.mentions);
    }
    let mut room = LONGEST_MENTIONS;
    people.retain(|person| {
        room = room.saturating_sub(mention(person).len() + 1);
        room > 0
    });
    people
}

/// The last line of a Markdown message. There is nothing in Markdown that calls everybody.
fn called(mentions: &[String]) -> String {
    let people: Vec<_> = mentions.iter().filter(|person| *person != EVERYBODY).map(|person| mention(person)).collect();
    if people.is_empty() { String::new() } else { format!("\n{}", people.join(" ")) }
}

/// How many of the oldest rows may be in one digest, given that none may be in a larger one than its limit.
fn whole(due: &[Due]) -> usize {
    let mut limit = usize::MAX;
    let allowed = due.iter().enumerate().take_while(|(before, row)| {
        limit = limit.min(usize::try_from(row.batch_limit).unwrap_or(1).max(1));
        *before < limit
    });
    allowed.count()
}

/// How many of the first have few enough versions together to be whole in one message.
fn showable(notices: &[&Notice]) -> usize {
    let mut versions = 0;
    let few = notices.iter().take_while(|notice| {
        versions += notice.event.versions.len();
        versions <= MOST_VERSIONS
    });
    few.count()
}

/// The largest number from `from` to `to` that does it, the largest itself tried first, then by halving;
/// None where not even `from` does.
fn largest(
    from: usize,
    to: usize,
    does: impl Fn(usize) -> Result<bool, RenderError>,
) -> Result<Option<usize>, RenderError> {
    if to < from {
        return Ok(None);
    }
    if does(to)? {
        return Ok(Some(to));
    }
    let (mut good, mut bad) = (from - 1, to);
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        if does(middle)? { good = middle } else { bad = middle }
    }
    Ok((good >= from).then_some(good))
}
