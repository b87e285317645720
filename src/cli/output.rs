//! Standard output: lines, and tables for people, aligned also where Chinese stands in them. A reader that
//! has seen enough and closes the pipe is an error that `main` takes for a quiet end.

use std::fmt::Display;
use std::io::{Result, Write, stdout};

use comfy_table::{ContentArrangement, Table, presets};
use jiff::tz::TimeZone;

use crate::model::clock::Millis;
use crate::render::date_time;

pub fn line(text: impl Display) -> Result<()> {
    writeln!(stdout().lock(), "{text}")
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

/// Text that cannot steer the terminal, whoever wrote it.
pub fn harmless(text: &str) -> String {
    text.chars().filter(|character| *character == '\n' || !character.is_control()).collect()
}
