//! Text that fits into columns, of a page or a terminal. Wide characters, such as Chinese ones, take two.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub fn columns(text: &str) -> usize {
    text.width()
}

/// What is longer keeps its beginning and its end, by which long names differ.
pub fn middle(text: &str, most: usize) -> Cow<'_, str> {
    if columns(text) <= most {
        return text.into();
    }
    let kept = most.saturating_sub(1);
    let (beginning, _) = text.split_at(fitting(text.chars(), kept - kept / 2));
    let (_, end) = text.split_at(text.len() - fitting(text.chars().rev(), kept / 2));
    format!("{beginning}…{end}").into()
}

/// What is longer keeps its beginning.
pub fn beginning(text: &str, most: usize) -> Cow<'_, str> {
    if columns(text) <= most {
        return text.into();
    }
    format!("{}…", &text[..fitting(text.chars(), most.saturating_sub(1))]).into()
}

/// How many bytes of these characters fit.
fn fitting(characters: impl Iterator<Item = char>, most: usize) -> usize {
    let mut left = most;
    let fits = |character: &char| match left.checked_sub(character.width().unwrap_or_default()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    characters.take_while(fits).map(char::len_utf8).sum()
}
