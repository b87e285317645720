//! A robot: a WeCom group robot, as the configuration describes it.

use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use super::clock::{Millis, SECOND};

/// The robot of a plain setup, and the one that is notified of what no route matches.
pub const DEFAULT: &str = "default";

#[derive(Clone, Debug)]
pub struct Robot {
    pub name: String,
    /// The whole URL with its key.
    pub url: SecretString,
    /// 0: no pace.
    pub rate_per_minute: u32,
    pub format: Format,
}

impl Robot {
    /// The least time between two messages: rounded up, so that a minute never holds more than the rate.
    pub fn gap(&self) -> Millis {
        match i64::from(self.rate_per_minute) {
            0 => 0,
            rate => (60 * SECOND + rate - 1) / rate,
        }
    }

    /// Whether nothing has changed between two readings of the configuration.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.name, self.rate_per_minute, self.format) == (&other.name, other.rate_per_minute, other.format)
            && self.url.expose_secret() == other.url.expose_secret()
    }
}

/// WeCom's message types that are used here. The limits are WeCom's own; longer content is refused whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Markdown,
    /// The only one that readers in personal WeChat see, and that can call everybody.
    Text,
}

impl Format {
    /// The most bytes of UTF-8.
    pub const fn longest(self) -> usize {
        match self {
            Self::Markdown => 4_096,
            Self::Text => 2_048,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Text => "text",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "markdown" => Ok(Self::Markdown),
            "text" => Ok(Self::Text),
            other => Err(format!("{other:?} is no format; use markdown or text")),
        }
    }
}

/// In [`Format::Text`] this mentions the whole group.
pub const EVERYBODY: &str = "@all";
/// What the mentions of one robot may take in a message, in bytes.
pub const LONGEST_MENTIONS: usize = 1_024;

/// A person in a Markdown message.
pub fn mention(userid: &str) -> String {
    format!("<@{userid}>")
}

/// Adds those that are not there yet.
pub fn unite(people: &mut Vec<String>, more: &[String]) {
    for person in more {
        if !people.contains(person) {
            people.push(person.clone());
        }
    }
}
