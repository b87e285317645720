//! `ROUTES_FILE`: robots and routes in TOML. What it says is checked to its end, so that all faults are named at once.

use std::collections::{BTreeMap, HashMap, HashSet};

use glob::Pattern;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use toml::Spanned;
use toml::de::DeTable;

use super::document::{Document, Item};
use super::file;
use super::nearest::nearest;
use super::values::{may_be_secret, quoted, robot_url};
use crate::model::robot::{EVERYBODY, Format, LONGEST_MENTIONS, Robot, mention, unite};
use crate::route::{Globs, Route};

/// What the file may leave to the environment.
pub struct Surroundings<'a> {
    /// Where `${NAME}` is looked up.
    pub values: &'a HashMap<String, String>,
    /// Where a bare key is sent.
    pub base_url: &'a str,
    pub rate_per_minute: u32,
    /// The robot of `WECOM_WEBHOOK_URL`; one of the file's own takes its place.
    pub default: Option<Robot>,
}

/// Robots and routes of a file's text, or everything that is wrong with it, each with its place.
pub fn read(text: &str, surroundings: Surroundings<'_>) -> Result<(Vec<Robot>, Vec<Route>), Vec<String>> {
    let (table, document) = Document::parse(text)?;
    let mut reader =
        RoutesReader { document, robots: surroundings.default.iter().cloned().collect(), declared: Vec::new() };
    let [robots, routes] = reader.document.fields(&table, "the file", ["robots", "routes"]);
    if let Some(robots) = robots.and_then(|item| reader.document.table(item, "[robots.release]")) {
        reader.read_robots(robots, &surroundings);
    }
    let entries: Vec<_> = routes.map(|item| reader.entries(item)).unwrap_or_default();
    let routes: Vec<_> = entries.into_iter().filter_map(|entry| Some((entry, reader.route(entry)?))).collect();
    reader.check_mentions(&routes);
    let RoutesReader { document, robots, .. } = reader;
    let faults = document.faults();
    let routes = routes.into_iter().map(|(_, route)| route).collect();
    if faults.is_empty() { Ok((robots, routes)) } else { Err(faults) }
}

struct RoutesReader<'a> {
    document: Document<'a>,
    robots: Vec<Robot>,
    /// The names of the file's robots, also of those that are faulty.
    declared: Vec<String>,
}

impl<'a> RoutesReader<'a> {
    fn read_robots(&mut self, entries: &DeTable<'a>, surroundings: &Surroundings<'_>) {
        self.declared = entries.keys().map(|name| name.get_ref().to_string()).collect();
        let declared = &self.declared;
        self.robots.retain(|robot| !declared.contains(&robot.name));
        for (name, entry) in entries {
            self.document.take(name.span(), check_name(name.get_ref()));
            if let Some(robot) = self.robot(name.get_ref(), entry, surroundings) {
                self.robots.push(robot);
            }
        }
    }

    fn robot(&mut self, name: &str, entry: &Item<'a>, surroundings: &Surroundings<'_>) -> Option<Robot> {
        let document = &mut self.document;
        let table = document.table(entry, "[robots.NAME] with url = \"…\" below it")?;
        let [url, rate, format] = document.fields(table, "a robot", ["url", "rate_per_minute", "format"]);
        let rate_per_minute = match rate {
            Some(rate) => document.number(rate, "messages; use 18, or 0 for no pacing"),
            None => Some(surroundings.rate_per_minute),
        };
        let format = match format {
            Some(format) => document.word(format),
            None => Some(Format::Markdown),
        };
        let Some(place) = url else {
            document.fault(entry.span(), "has no url");
            return None;
        };
        let read = |text| expand(text, surroundings.values).and_then(|url| robot_url(&url, surroundings.base_url));
        let url = document.text(place).map(read);
        let url = url.and_then(|url| document.take(place.span(), url))?;
        if let Some(other) = self.robots.iter().find(|robot| identity(&robot.url) == identity(&url)) {
            let problem = "WeCom counts by URL, so the pace of two would not hold; let the routes name one of them";
            let other = quoted(&other.name);
            document.fault(place.span(), format_args!("is the URL of robot {other}, too; {problem}"));
        }
        Some(Robot { name: name.to_owned(), url, rate_per_minute: rate_per_minute?, format: format? })
    }

    /// The routes' own tables.
    fn entries<'t>(&mut self, item: &'t Item<'a>) -> Vec<&'t Item<'a>> {
        let entries = item.get_ref().as_array().map(|list| list.iter().collect());
        let problem = "is no list of routes; begin each with [[routes]]";
        self.document.take(item.span(), entries.ok_or_else(|| problem.to_owned())).unwrap_or_default()
    }

    fn route(&mut self, entry: &Item<'a>) -> Option<Route> {
        let table = self.document.table(entry, "[[routes]] with robots = \"…\" below it")?;
        let keys = [
            "robots",
            "project",
            "repository",
            "version",
            "registry",
            "description",
            "outcome",
            "operation",
            "mention",
        ];
        let [robots, project, repository, version, registry, description, outcome, operation, called] =
            self.document.fields(table, "a route", keys);
        if robots.is_none() {
            self.document.fault(entry.span(), "has no robots");
        }
        let names = self.document.texts(robots);
        for name in &names {
            self.check_robot(name, robots?);
        }
        let mention = self.document.texts(called);
        for person in &mention {
            self.check_person(person, &names, called?);
        }
        Some(Route {
            line: self.document.line(entry.span().start),
            robots: names,
            project: self.globs(project),
            repository: self.globs(repository),
            version: self.globs(version),
            registry: self.globs(registry),
            description: self.globs(description),
            outcome: self.document.words(outcome),
            operation: self.document.words(operation),
            mention,
        })
    }

    fn check_robot(&mut self, name: &str, place: &Item<'a>) {
        let configured = self.robots.iter().map(|robot| robot.name.as_str());
        let known: Vec<_> = self.declared.iter().map(String::as_str).chain(configured).collect();
        if known.contains(&name) {
            return;
        }
        let advice = match nearest(name, known.iter().copied()) {
            Some(meant) if !may_be_secret(meant) => format!("is {meant:?} meant?"),
            _ => "add it as [robots.NAME], or name one that is there".to_owned(),
        };
        self.document.fault(place.span(), format_args!("{} is no robot; {advice}", quoted(name)));
    }

    fn check_person(&mut self, person: &str, robots: &[String], place: &Item<'a>) {
        if person != EVERYBODY && !is_userid(person) {
            let problem = "is no user id; it has at most 64 letters, digits, and . _ - @";
            return self.document.fault(place.span(), format_args!("{} {problem}", quoted(person)));
        }
        let is_markdown = |robot: &&Robot| robots.contains(&robot.name) && robot.format == Format::Markdown;
        if let Some(robot) = self.robots.iter().find(is_markdown).filter(|_| person == EVERYBODY) {
            let problem = "acts in text only; use user ids, or set format = \"text\" for robot";
            let robot = quoted(&robot.name);
            self.document.fault(place.span(), format_args!("{EVERYBODY:?} {problem} {robot}"));
        }
    }

    /// All that one robot may have to mention at once has to leave room for the event itself.
    fn check_mentions(&mut self, routes: &[(&Item<'a>, Route)]) {
        let mut people: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (entry, route) in routes {
            for robot in &route.robots {
                let called = people.entry(robot).or_default();
                unite(called, &route.mention);
                let bytes: usize = called.iter().map(|person| mention(person).len() + 1).sum();
                if bytes > LONGEST_MENTIONS {
                    let problem =
                        format!("takes the mentions of robot {} to {bytes} bytes of a message", quoted(robot));
                    let limit = format_args!("{problem}; at most {LONGEST_MENTIONS} leave room for the message");
                    return self.document.fault(entry.span(), limit);
                }
            }
        }
    }

    fn globs(&mut self, patterns: Option<&Item<'a>>) -> Globs {
        let span = patterns.map(Spanned::span).unwrap_or_default();
        let read = |pattern: String| match Pattern::new(&pattern) {
            _ if pattern.contains("**") => Err(format!("{}: use one *, which matches / too", quoted(&pattern))),
            Ok(pattern) => Ok(pattern),
            Err(error) => Err(format!("{}: {}", quoted(&pattern), error.msg)),
        };
        let texts = self.document.texts(patterns);
        Globs::new(
            texts.into_iter().filter_map(|text| self.document.take(span.clone(), read(text))).collect::<Vec<_>>(),
        )
    }
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
    if (1..=64).contains(&name.chars().count()) && name.chars().all(is_fine) {
        Ok(())
    } else {
        Err(format!("{} is no name for a robot; use up to 64 letters, digits, and - _ .", quoted(name)))
    }
}

/// WeCom's rule for user ids.
fn is_userid(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte))
}

/// The names of the variables that `ROUTES_FILE` refers to, as far as it can be read.
pub fn references(values: &HashMap<String, String>) -> HashSet<String> {
    let text = values.get("ROUTES_FILE").and_then(|path| file::text(path.trim()).ok()).unwrap_or_default();
    let names = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    names.map(|(name, _)| name.to_owned()).collect()
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
        expanded.push_str(value.ok_or_else(|| {
            format!("{} is not set, neither in the environment nor in .env, and no file has it", variable(name))
        })?);
        rest = after;
    }
    Ok(expanded + rest)
}

/// A variable's name as a fault may repeat it: no key has as few digits.
fn variable(name: &str) -> &str {
    if name.bytes().filter(u8::is_ascii_digit).count() > 4 { "what it refers to" } else { name }
}
