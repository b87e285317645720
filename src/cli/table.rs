//! Tables for people, aligned also where Chinese stands in them; what came from a payload cannot steer the terminal.

use comfy_table::{ContentArrangement, Table, presets};

pub fn print(headers: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(headers);
    for row in rows {
        table.add_row(
            row.into_iter().map(|cell| cell.chars().filter(|character| !character.is_control()).collect::<String>()),
        );
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for line in table.lines() {
        println!("{}", line.trim_end());
    }
}
