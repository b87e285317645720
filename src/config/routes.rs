//! `ROUTES_FILE`: robots and routes in TOML. Every fault is named with its line and column, and none repeats a value
//! that may be a robot's URL.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::str::FromStr;

use glob::Pattern;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml::{Spanned, Value};

use super::values::robot_url;
use crate::model::robot::{EVERYBODY, Format, LONGEST_MENTIONS, Robot, mention, unite};
use crate::route::{Globs, Route};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    robots: BTreeMap<Spanned<String>, RobotEntry>,
    #[serde(default)]
    routes: Vec<Spanned<RouteEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RobotEntry {
    url: Spanned<String>,
    rate_per_minute: Option<Spanned<i64>>,
    format: Option<Spanned<String>>,
}

/// Where a string or a list of strings stands: a [`Value`], so that both keep their place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteEntry {
    robots: Spanned<Value>,
    project: Option<Spanned<Value>>,
    repository: Option<Spanned<Value>>,
    version: Option<Spanned<Value>>,
    registry: Option<Spanned<Value>>,
    description: Option<Spanned<Value>>,
    outcome: Option<Spanned<String>>,
    mention: Option<Spanned<Value>>,
}

/// What the file may leave to the environment.
pub(super) struct Surroundings<'a> {
    /// Where `${NAME}` is looked up.
    pub(super) values: &'a HashMap<String, String>,
    /// Where a bare key is sent.
    pub(super) base_url: &'a str,
    pub(super) rate_per_minute: u32,
    /// The robot of `WECOM_WEBHOOK_URL`; one of the file's own takes its place.
    pub(super) default: Option<Robot>,
}

/// Robots and routes of a file's text, or everything that is wrong with it, each with its place.
pub(super) fn read(text: &str, surroundings: Surroundings<'_>) -> Result<(Vec<Robot>, Vec<Route>), Vec<String>> {
    let file: File = toml::from_str(text).map_err(|error| {
        // The library's own words may repeat what stands there.
        let problem = error.message().split(": string \"").next().unwrap_or_default();
        let problem = if problem.contains("://") { "this does not belong here" } else { problem };
        vec![format!("{}: {problem}", place(text, error.span().unwrap_or_default()))]
    })?;
    let mut reader = Reader { text, faults: Vec::new() };
    let robots = reader.robots(&file.robots, surroundings);
    let routes: Vec<_> = file.routes.iter().map(|entry| reader.route(entry, &robots, &file.robots)).collect();
    reader.check_mentions(&file.routes, &routes);
    if reader.faults.is_empty() { Ok((robots, routes)) } else { Err(reader.faults) }
}

/// `12:9`, line and column as an editor counts them.
fn place(text: &str, span: Range<usize>) -> String {
    let before = &text[..text.floor_char_boundary(span.start)];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    format!("{}:{}", line(text, &span), before[line_start..].chars().count() + 1)
}

fn line(text: &str, span: &Range<usize>) -> usize {
    text.as_bytes()[..span.start].iter().filter(|byte| **byte == b'\n').count() + 1
}

struct Reader<'a> {
    text: &'a str,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn fault(&mut self, span: Range<usize>, problem: impl std::fmt::Display) {
        self.faults.push(format!("{}: {problem}", place(self.text, span)));
    }

    /// The value, or a fault where it stands.
    fn take<T>(&mut self, span: Range<usize>, result: Result<T, String>) -> Option<T> {
        result.map_err(|problem| self.fault(span, problem)).ok()
    }

    /// One of a few words.
    fn word<T: FromStr<Err = String>>(&mut self, word: &Spanned<String>) -> Option<T> {
        let known = word.get_ref().parse().map_err(|problem| match is_url(word.get_ref()) {
            true => "this does not belong here".to_owned(),
            false => problem,
        });
        self.take(word.span(), known)
    }

    fn robots(
        &mut self,
        entries: &BTreeMap<Spanned<String>, RobotEntry>,
        Surroundings { values, base_url, rate_per_minute, default }: Surroundings<'_>,
    ) -> Vec<Robot> {
        let mut robots: Vec<Robot> = default.into_iter().collect();
        robots.retain(|robot| !entries.keys().any(|name| name.get_ref() == &robot.name));
        for (name, entry) in entries {
            self.take(name.span(), check_name(name.get_ref()));
            let url = expand(entry.url.get_ref(), values).and_then(|url| robot_url(&url, base_url));
            let url = self.take(entry.url.span(), url);
            let rate = entry.rate_per_minute.as_ref().map(|rate| {
                let problem = "is no number of messages; use 18, or 0 for no pacing";
                (rate.span(), u32::try_from(*rate.get_ref()).map_err(|_| format!("{} {problem}", rate.get_ref())))
            });
            let rate = rate.map_or(Some(rate_per_minute), |(span, rate)| self.take(span, rate));
            let format = entry.format.as_ref().map_or(Some(Format::Markdown), |format| self.word(format));
            let (Some(url), Some(rate_per_minute), Some(format)) = (url, rate, format) else { continue };
            let url_of = identity(&url);
            if let Some(other) = robots.iter().find(|robot| identity(&robot.url) == url_of) {
                let problem = "WeCom counts by URL, so the pace of two would not hold; let the routes name one of them";
                self.fault(entry.url.span(), format_args!("is the URL of robot {:?}, too; {problem}", other.name));
            }
            robots.push(Robot { name: name.get_ref().clone(), url, rate_per_minute, format });
        }
        robots
    }

    fn route(
        &mut self,
        entry: &Spanned<RouteEntry>,
        robots: &[Robot],
        declared: &BTreeMap<Spanned<String>, RobotEntry>,
    ) -> Route {
        let RouteEntry { robots: to, project, repository, version, registry, description, outcome, mention } =
            entry.get_ref();
        let names = self.texts(Some(to));
        for name in &names {
            let is_known = declared.keys().any(|known| known.get_ref() == name);
            if !is_known && !robots.iter().any(|robot| robot.name == *name) {
                let known: Vec<_> = declared.keys().map(|known| known.get_ref().as_str()).collect();
                let problem = "is no robot; add it as [robots.NAME], or use one of these:";
                self.fault(to.span(), format_args!("{} {problem} {}", harmless(name), known.join(", ")));
            }
        }
        let called = self.texts(mention.as_ref());
        let markdown = robots.iter().find(|robot| names.contains(&robot.name) && robot.format == Format::Markdown);
        for person in &called {
            let span = mention.as_ref().map(Spanned::span).unwrap_or_default();
            match markdown {
                _ if person != EVERYBODY && !is_userid(person) => self.fault(
                    span,
                    format_args!("{} is no user id; it has at most 64 letters, digits, and . _ - @", harmless(person)),
                ),
                Some(robot) if person == EVERYBODY => {
                    let problem = "acts in text only; use user ids, or set format = \"text\" for robot";
                    self.fault(span, format_args!("{EVERYBODY:?} {problem} {:?}", robot.name));
                }
                _ => {}
            }
        }
        let outcome = outcome.as_ref().and_then(|outcome| self.word(outcome));
        Route {
            line: line(self.text, &entry.span()),
            robots: names,
            project: self.globs(project.as_ref()),
            repository: self.globs(repository.as_ref()),
            version: self.globs(version.as_ref()),
            registry: self.globs(registry.as_ref()),
            description: self.globs(description.as_ref()),
            outcome,
            mention: called,
        }
    }

    /// All that one robot may have to mention at once has to leave room for the event itself.
    fn check_mentions(&mut self, entries: &[Spanned<RouteEntry>], routes: &[Route]) {
        let mut people: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (entry, route) in entries.iter().zip(routes) {
            for robot in &route.robots {
                let called = people.entry(robot).or_default();
                unite(called, &route.mention);
                let bytes: usize = called.iter().map(|person| mention(person).len() + 1).sum();
                if bytes > LONGEST_MENTIONS {
                    let problem = format!("takes the mentions of robot {robot:?} to {bytes} bytes of a message");
                    self.fault(entry.span(), format_args!("{problem}; at most {LONGEST_MENTIONS} leave room for news"));
                    return;
                }
            }
        }
    }

    fn globs(&mut self, patterns: Option<&Spanned<Value>>) -> Globs {
        let span = patterns.map(Spanned::span).unwrap_or_default();
        let read = |pattern: String| match Pattern::new(&pattern) {
            _ if pattern.contains("**") => Err(format!("{}: use one *, which matches / too", harmless(&pattern))),
            Ok(pattern) => Ok(pattern),
            Err(error) => Err(format!("{}: {}", harmless(&pattern), error.msg)),
        };
        let patterns: Result<Vec<_>, _> = self.texts(patterns).into_iter().map(read).collect();
        Globs::new(self.take(span, patterns).unwrap_or_default())
    }

    /// A string, or a list of them, each once; nothing is an empty list.
    fn texts(&mut self, value: Option<&Spanned<Value>>) -> Vec<String> {
        let Some(value) = value else { return Vec::new() };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts = match value.get_ref() {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(list) if !list.is_empty() => list.iter().map(text).collect(),
            _ => None,
        };
        let problem = "use a string, or a list of strings with at least one in it";
        let texts = self.take(value.span(), texts.ok_or_else(|| problem.to_owned())).unwrap_or_default();
        let mut once = Vec::new();
        unite(&mut once, &texts);
        once
    }
}

/// What a fault may repeat of a value. Wherever a person can write, a robot's URL may stand by mistake.
fn harmless(value: &str) -> String {
    if is_url(value) { "this".to_owned() } else { format!("{value:?}") }
}

fn is_url(value: &str) -> bool {
    value.contains("://") || value.contains("key=")
}

/// What WeCom counts messages by, however the rest of the URL is written.
fn identity(url: &SecretString) -> Option<(String, Option<u16>, String)> {
    let url = Url::parse(url.expose_secret()).ok()?;
    let key = url.query_pairs().find(|(name, _)| name == "key").map(|(_, key)| key.into_owned());
    let key = key.unwrap_or_else(|| url.path().to_owned());
    Some((url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default(), key))
}

fn check_name(name: &str) -> Result<(), String> {
    let is_fine = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    match (1..=64).contains(&name.chars().count()) && name.chars().all(is_fine) {
        true => Ok(()),
        false => Err(format!("{} is no name for a robot; use up to 64 letters, digits, and - _ .", harmless(name))),
    }
}

/// WeCom's rule for user ids.
fn is_userid(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte))
}

/// Replaces each `${NAME}` by its value. An error names the name and never a value.
fn expand(text: &str, values: &HashMap<String, String>) -> Result<String, String> {
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or("has a ${ without its }")?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err("has something else than the name of a variable between ${ and }".to_owned());
        }
        let value = values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        expanded.push_str(before);
        expanded.push_str(value.ok_or_else(|| format!("{name} is not set, neither in the environment nor in .env"))?);
        rest = after;
    }
    Ok(expanded + rest)
}
