//! What commands print: lines and tables for people, aligned also where they have Chinese in them, and remarks beside them.
//! A reader that has seen enough and closes the pipe changes what is written, and never what is done or the exit code.

use std::fmt::Display;
use std::io::{ErrorKind, Result, Write, stderr, stdout};

use comfy_table::{ContentArrangement, Table, presets};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::model::clock::{Clock, Millis};
use crate::render::text::steers;
use crate::render::{date_time, offset};

pub fn line(text: impl Display) -> Result<()> {
    write(&harmless(&text.to_string()))
}

/// A value as JSON, on a line of its own.
pub fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value)?;
    // JSON has these only in its strings, where an escape means the same; but for CR, which is a blank outside of them.
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' => escaped.push(' '),
            '\n' | '\t' => escaped.push(character),
            character if steers(character) => escaped.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => escaped.push(character),
        }
    }
    write(&escaped)
}

/// A line on standard error. Where it cannot be written, nothing else is to be done.
pub fn remark(text: impl Display) {
    let _ = writeln!(stderr().lock(), "{}", harmless(&text.to_string()));
}

pub fn table(headers: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(headers);
    for row in rows {
        table.add_row(row.into_iter().map(|cell| harmless(&cell).replace('\n', " ")));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for row in table.lines() {
        line(row.trim_end())?;
    }
    Ok(())
}

/// A moment in a table; empty for one that has not come.
pub fn time(at: Millis, timezone: &TimeZone) -> String {
    if at == 0 { String::new() } else { date_time(at, timezone) }
}

/// The header of a column of such moments, with their time zone.
pub fn times(header: &str, timezone: &TimeZone) -> String {
    let zone = timezone.iana_name().map_or_else(|| offset(Clock::System.now(), timezone), str::to_owned);
    format!("{header} ({zone})")
}

/// Text that cannot steer the terminal, whoever wrote it.
pub fn harmless(text: &str) -> String {
    text.chars().filter(|character| *character == '\n' || !steers(*character)).collect()
}

fn write(text: &str) -> Result<()> {
    write_all(format!("{text}\n").as_bytes()).map(drop)
}

/// Says whether somebody still reads.
pub fn write_all(bytes: &[u8]) -> Result<bool> {
    match stdout().lock().write_all(bytes) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}
