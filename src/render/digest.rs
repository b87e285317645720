//! A digest: how many deliveries fit into one message, of the 128 at most that a lane reads. As many whole ones as fit; a single event with too many versions is
//! cut between two of them, and says how many are missing.

use super::context::Context;
use super::template::{RenderError, Template};
use super::{Packed, Renderer, Settings};
use crate::model::clock::Millis;
use crate::model::delivery::{Due, Notice};
use crate::model::robot::{EVERYBODY, Format, LONGEST_MENTIONS, mention, unite};

/// A version takes at least four bytes, a letter in a code span and a blank: more cannot be in any message.
const MOST_VERSIONS: usize = Format::Markdown.longest() / 4;

impl Renderer {
    /// The largest message that the oldest of these rows make. `due` must not be empty.
    pub fn pack(&self, due: &[Due], now: Millis, format: Format) -> Packed {
        let notices: Vec<_> = due.iter().take(whole(due)).map(|row| &row.notice).collect();
        self.render(&notices, now, format)
    }

    /// Where not even one event has room, links to our own pages go first.
    pub(super) fn fill(
        &self,
        template: &Template,
        notices: &[&Notice],
        now: Millis,
        format: Format,
    ) -> Result<Packed, RenderError> {
        match fill(template, notices, now, format, &self.settings) {
            Err(RenderError::TooLong(..)) if self.settings.public_url.is_some() => {
                let settings = Settings { public_url: None, ..self.settings.clone() };
                fill(template, notices, now, format, &settings)
            }
            filled => filled,
        }
    }
}

fn fill(
    template: &Template,
    notices: &[&Notice],
    now: Millis,
    format: Format,
    settings: &Settings,
) -> Result<Packed, RenderError> {
    let message = |count: usize, versions: usize| {
        let first = notices[..count].iter().copied();
        let content = template.render(&Context::of(first.clone(), now, settings, format, versions))?;
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
