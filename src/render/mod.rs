//! Rendering: notices → the message that a group reads, within what WeCom takes of its format.
//!
//! Repository and version themselves are never cut; how many deliveries fit is decided in `digest`.

mod context;
mod digest;
pub mod fit;
mod template;
pub mod text;

use jiff::tz::TimeZone;

use crate::model::clock::Millis;
use crate::model::delivery::Notice;
use crate::model::event::{Event, Operation};
use crate::model::robot::Format;
pub use context::{age, clock, date_time, length, offset, zone};
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
    /// Where our own pages are, percent-encoded, without a slash at its end.
    pub public_url: Option<String>,
}

#[derive(Debug)]
pub struct Renderer {
    settings: Settings,
    markdown: Template,
    text: Template,
    /// `MESSAGE_TEMPLATE`, in place of the built-in Markdown.
    custom: Option<Template>,
}

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
}
