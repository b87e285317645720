//! Standard output: lines, and tables for people, aligned also where Chinese stands in them. A reader that
//! has seen enough and closes the pipe is an error that `main` takes for a quiet end.

use std::fmt::Display;
use std::io::{Result, Write, stdout};

use comfy_table::{ContentArrangement, Table, presets};

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

/// Text that cannot steer the terminal, whoever wrote it.
pub fn harmless(text: &str) -> String {
    text.chars().filter(|character| *character == '\n' || !character.is_control()).collect()
}
