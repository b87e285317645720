//! Rendering: news → the Markdown that a group reads, within WeCom's 4,096 bytes.
//!
//! As many whole deliveries as fit make one message. One event with too many versions for a message is cut
//! between two versions and says how many are missing; repository and version themselves are never cut.

mod context;
mod template;
pub mod text;

use jiff::tz::TimeZone;

use crate::model::clock::Millis;
use crate::model::delivery::{Due, News};
use context::Context;
pub use context::{clock, date_time, length};
pub use template::{RenderError, Template};

/// The most bytes of UTF-8 that WeCom takes as Markdown; longer is refused whole (errcode 40058).
pub const LONGEST_MESSAGE: usize = 4_096;

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
    built_in: Template,
    /// `MESSAGE_TEMPLATE`
    custom: Option<Template>,
}

/// A version takes at least four bytes, a letter in a code span and a blank: more cannot be in any message.
const MOST_VERSIONS: usize = LONGEST_MESSAGE / 4;

/// The first `deliveries` of those that were due, as one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    pub deliveries: usize,
    pub content: String,
}

impl Renderer {
    /// `custom` is the source of a template that replaces the built-in one. The error names its line.
    pub fn new(settings: Settings, custom: Option<&str>) -> Result<Self, RenderError> {
        let custom = custom.map(Template::custom).transpose()?;
        Ok(Self { built_in: Template::built_in(settings.language), settings, custom })
    }

    /// The largest message that the oldest of these rows make. `due` must not be empty.
    pub fn pack(&self, due: &[Due], now: Millis) -> Packed {
        let news: Vec<_> = due.iter().take(whole(due)).map(|row| &row.news).collect();
        self.render(&news, now)
    }

    /// One message about all of these, or about as many as fit.
    pub fn render(&self, news: &[&News], now: Millis) -> Packed {
        if let Some(custom) = &self.custom {
            match self.fill(custom, news, now) {
                Ok(packed) => return packed,
                Err(error) => tracing::error!(%error, "MESSAGE_TEMPLATE failed; the built-in template is used instead"),
            }
        }
        self.fill(&self.built_in, news, now).expect("the built-in template renders every event")
    }

    /// Harbor's page of an execution; None without `HARBOR_URL`.
    pub fn harbor_link(&self, execution_id: i64) -> Option<String> {
        self.settings.harbor_url.as_deref().map(|base| context::link(base, execution_id))
    }

    /// What a test message says.
    pub fn test_message(&self, robot: &str, now: Millis) -> String {
        let time = date_time(now, &self.settings.timezone);
        match self.settings.language {
            Language::Zh => format!("**harborbell** 测试消息\n> 机器人:{}\n> 时间:{time}", text::code(robot)),
            Language::En => format!("**harborbell** test message\n> Robot: {}\n> Time: {time}", text::code(robot)),
        }
    }

    fn fill(&self, template: &Template, news: &[&News], now: Millis) -> Result<Packed, RenderError> {
        let digest = |count: usize| {
            template.render(&Context::of(news[..count].iter().copied(), now, &self.settings, MOST_VERSIONS))
        };
        let count = largest(2, showable(news), |count| fits(digest(count)))?;
        if let Some(deliveries) = count {
            return Ok(Packed { deliveries, content: digest(deliveries)? });
        }

        let alone = |versions: usize| {
            template.render(&Context::of(news.iter().copied().take(1), now, &self.settings, versions))
        };
        let most = news[0].event.versions.len().clamp(1, MOST_VERSIONS);
        let versions = largest(1, most, |versions| fits(alone(versions)))?.unwrap_or(1);
        let content = alone(versions)?;
        if content.len() > LONGEST_MESSAGE {
            return Err(RenderError::TooLong(content.len()));
        }
        Ok(Packed { deliveries: 1, content })
    }
}

/// How many of the oldest rows may stand in one digest, given that none may be in a larger one than its limit.
fn whole(due: &[Due]) -> usize {
    let mut limit = usize::MAX;
    let allowed = due.iter().enumerate().take_while(|(before, row)| {
        limit = limit.min(usize::try_from(row.batch_limit).unwrap_or(1).max(1));
        *before < limit
    });
    allowed.count()
}

/// How many of the first have few enough versions together to be whole in one message.
fn showable(news: &[&News]) -> usize {
    let mut versions = 0;
    let few = news.iter().take_while(|news| {
        versions += news.event.versions.len();
        versions <= MOST_VERSIONS
    });
    few.count()
}

fn fits(rendered: Result<String, RenderError>) -> Result<bool, RenderError> {
    Ok(rendered?.len() <= LONGEST_MESSAGE)
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
