//! A table that fits a terminal: columns are left out, and cells cut, until it does. A pipe gets all of it.

use super::output::{harmless, table};
use crate::render::fit::{beginning, columns, middle};

/// What is between two columns.
const GAP: usize = 2;
/// A cell that is cut to less says nothing any more.
const LEAST: usize = 12;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Never,
    /// Names, which differ at their ends.
    Middle,
    End,
}

pub struct Column<'a> {
    pub header: &'a str,
    pub cut: Cut,
    /// Where there is no room, the highest one is left out first.
    pub rank: u8,
}

/// The width of the terminal that is written to; None where it is none.
pub fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|width| *width > 0)
}

pub fn print(shown: &[Column<'_>], rows: Vec<Vec<String>>, width: Option<usize>) -> std::io::Result<()> {
    let headers: Vec<_> = shown.iter().map(|column| column.header).collect();
    let Some(width) = width else { return table(&headers, rows) };
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect()).collect();
    let widths = fit(shown, &rows, width);
    let headers: Vec<_> = widths.iter().map(|(place, _)| headers[*place]).collect();
    let cut = |row: &Vec<String>| {
        let cell = |(place, most): &(usize, usize)| match shown[*place].cut {
            Cut::Never => row[*place].clone(),
            Cut::Middle => middle(&row[*place], *most).into_owned(),
            Cut::End => beginning(&row[*place], *most).into_owned(),
        };
        widths.iter().map(cell).collect()
    };
    table(&headers, rows.iter().map(cut))
}

/// The columns for which there is room, by their places, with the width of each.
fn fit(shown: &[Column<'_>], rows: &[Vec<String>], width: usize) -> Vec<(usize, usize)> {
    let natural = |(place, column): (usize, &Column<'_>)| {
        let header = columns(column.header);
        let widest = rows.iter().map(|row| columns(&row[place])).max().unwrap_or(0).max(header);
        let least = if column.cut == Cut::Never { widest } else { LEAST.max(header).min(widest) };
        (place, least, widest)
    };
    let mut fitted: Vec<_> = shown.iter().enumerate().map(natural).collect();
    let room = |columns: usize| width.saturating_sub(GAP * columns.saturating_sub(1));
    while fitted.len() > 1 && fitted.iter().map(|(_, least, _)| least).sum::<usize>() > room(fitted.len()) {
        let last = (0..fitted.len()).max_by_key(|at| shown[fitted[*at].0].rank).unwrap_or_default();
        fitted.remove(last);
    }
    let room = room(fitted.len());
    while fitted.iter().map(|(.., width)| width).sum::<usize>() > room {
        let widest = fitted.iter_mut().filter(|(_, least, width)| width > least).max_by_key(|(.., width)| *width);
        let Some((.., width)) = widest else { break };
        *width -= 1;
    }
    fitted.into_iter().map(|(place, _, width)| (place, width)).collect()
}
