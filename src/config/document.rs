//! A TOML text, read so that all of its faults are named at once, each with its line and column. No fault repeats what
//! may be a part of a robot's URL.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::nearest::nearest;
use super::values::{may_be_secret, quoted, withheld};
use crate::model::robot::unite;

pub(super) type Item<'a> = Spanned<DeValue<'a>>;

pub(super) struct Document<'a> {
    text: &'a str,
    /// By where they are in the text.
    faults: Vec<(usize, String)>,
}

impl<'a> Document<'a> {
    /// The table that the text is, and the reader of what is in it. Where the text is no TOML, it is unknown what it
    /// means; then only that is said, once for each line.
    pub(super) fn parse(text: &'a str) -> Result<(DeTable<'a>, Self), Vec<String>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut document = Self { text, faults: Vec::new() };
        let mut of_lines: BTreeMap<usize, (usize, Error)> = BTreeMap::new();
        for error in errors {
            let begin = error.span().unwrap_or_default().start;
            let first = of_lines.entry(document.line(begin)).or_insert_with(|| (begin, error.clone()));
            if begin < first.0 {
                *first = (begin, error);
            }
        }
        for (_, error) in of_lines.into_values() {
            let span = error.span().unwrap_or_default();
            let problem = document.unquoted(span.clone()).unwrap_or_else(|| error.message().to_owned());
            document.fault(span, problem);
        }
        if document.faults.is_empty() { Ok((table.into_inner(), document)) } else { Err(document.faults()) }
    }

    /// All that was wrong, in the text's order.
    pub(super) fn faults(mut self) -> Vec<String> {
        self.faults.sort_by_key(|(begin, _)| *begin);
        self.faults.into_iter().map(|(_, fault)| fault).collect()
    }

    pub(super) fn fault(&mut self, span: Range<usize>, problem: impl Display) {
        let begin = self.text.floor_char_boundary(span.start);
        let column = self.text[self.begin_of_line(begin)..begin].chars().count() + 1;
        self.faults.push((begin, format!("{}:{column}: {problem}", self.line(begin))));
    }

    /// The value, or a fault where it is in the text.
    pub(super) fn take<T>(&mut self, span: Range<usize>, result: Result<T, String>) -> Option<T> {
        result.map_err(|problem| self.fault(span, problem)).ok()
    }

    /// As an editor counts them.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// What is under each of these keys. Any other key is a fault.
    pub(super) fn fields<'t, const N: usize>(
        &mut self,
        table: &'t DeTable<'a>,
        owner: &str,
        keys: [&str; N],
    ) -> [Option<&'t Item<'a>>; N] {
        for key in table.keys().filter(|key| !keys.contains(&key.get_ref().as_ref())) {
            let advice = match nearest(key.get_ref(), keys) {
                Some(meant) => format!("is {meant} meant?"),
                None => format!("use {}", keys.join(", ")),
            };
            self.fault(key.span(), format_args!("{} is no key of {owner}; {advice}", quoted(key.get_ref())));
        }
        keys.map(|key| table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, item)| item))
    }

    pub(super) fn table<'t>(&mut self, item: &'t Item<'a>, example: &str) -> Option<&'t DeTable<'a>> {
        let problem = || format!("is no table; use {example}");
        self.take(item.span(), item.get_ref().as_table().ok_or_else(problem))
    }

    pub(super) fn text<'t>(&mut self, item: &'t Item<'a>) -> Option<&'t str> {
        self.take(item.span(), item.get_ref().as_str().ok_or_else(|| "use a string".to_owned()))
    }

    /// A string, or a list of them, each once; nothing is an empty list.
    pub(super) fn texts(&mut self, item: Option<&Item<'a>>) -> Vec<String> {
        let Some(item) = item else { return Vec::new() };
        let texts = match item.get_ref() {
            DeValue::String(text) => Some(vec![text.to_string()]),
            DeValue::Array(list) if !list.is_empty() => {
                list.iter().map(|one| one.get_ref().as_str().map(str::to_owned)).collect()
            }
            _ => None,
        };
        let problem = "use a string, or a list of strings with at least one in it";
        let texts = self.take(item.span(), texts.ok_or_else(|| problem.to_owned())).unwrap_or_default();
        let mut once = Vec::new();
        unite(&mut once, &texts);
        once
    }

    /// One of a few known words.
    pub(super) fn word<T: FromStr<Err = String>>(&mut self, item: &Item<'a>) -> Option<T> {
        let text = self.text(item)?;
        self.take(item.span(), text.parse().map_err(|problem| withheld(text, problem)))
    }

    /// Each of a few known words.
    pub(super) fn words<T: FromStr<Err = String>>(&mut self, item: Option<&Item<'a>>) -> Vec<T> {
        let texts = self.texts(item);
        let span = item.map(Spanned::span).unwrap_or_default();
        let parse = |text: &String| text.parse().map_err(|problem| withheld(text, problem));
        texts.iter().filter_map(|text| self.take(span.clone(), parse(text))).collect()
    }

    pub(super) fn number(&mut self, item: &Item<'a>, example: &str) -> Option<u32> {
        let number = item.get_ref().as_integer();
        let number = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        self.take(item.span(), number.ok_or_else(|| format!("is no number of {example}")))
    }

    /// How to write a name that TOML takes only in quotes.
    fn unquoted(&self, span: Range<usize>) -> Option<String> {
        let name = self.text.get(span.clone())?;
        if name.is_ascii() || name.contains(|letter: char| letter.is_ascii() && !letter.is_ascii_alphanumeric()) {
            return None;
        }
        let line = self.text[self.begin_of_line(span.start)..].lines().next()?;
        let before = &line[..span.start - self.begin_of_line(span.start)];
        let after = &line[before.len() + name.len()..];
        let written = if line.starts_with('[') { format!("{before}\"{name}\"{after}") } else { format!("\"{name}\"") };
        let written = if may_be_secret(&written) { "\"…\"".to_owned() } else { written };
        Some(format!("a name with other letters than A to Z needs quotes; quote it: {written}"))
    }

    fn begin_of_line(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }
}
