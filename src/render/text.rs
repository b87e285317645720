//! What a payload says is text. WeCom documents no escaping, so untrusted words get none: they lose or
//! change the few characters that could act, and nothing relies on how a client treats a backslash.

use crate::model::robot::Format;

/// The most bytes that a value may take as it is shown. More than any name that a registry accepts (tags: 128,
/// repositories: 255 bytes), so only a forged value is cut; and few enough that one event always fits.
const fn longest_value(format: Format) -> usize {
    match format {
        Format::Markdown => 512,
        Format::Text => 384,
    }
}

/// A value in a message of this format.
pub fn escape(text: &str, format: Format) -> String {
    match format {
        Format::Markdown => plain(text),
        Format::Text => bare(text),
    }
}

/// Text outside of a code span: it cannot link, colour, mention or embolden.
pub fn plain(text: &str) -> String {
    let shown = shown(text).map(|character| match character {
        '<' => '＜',
        '>' => '＞',
        '[' => '［',
        ']' => '］',
        '*' => '＊',
        '`' => '\'',
        other => other,
    });
    shown.collect()
}

/// Text in a message of type text, where only a mention could act.
fn bare(text: &str) -> String {
    let shown = shown(text).map(|character| match character {
        '<' => '＜',
        '>' => '＞',
        other => other,
    });
    shown.collect()
}

/// A code span of one line. Inside, only the backtick acts.
pub fn code(text: &str) -> String {
    let inside: String = shown(text).map(|character| if character == '`' { '\'' } else { character }).collect();
    format!("`{inside}`")
}

/// A link's target: what would end it is percent-encoded.
pub fn link_target(url: &str) -> String {
    url.chars()
        .map(|character| match character {
            '(' => "%28".to_owned(),
            ')' => "%29".to_owned(),
            '<' => "%3C".to_owned(),
            '>' => "%3E".to_owned(),
            ' ' => "%20".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

/// As much of a value as may be shown, ended by an ellipsis where some is missing.
pub fn clip(text: &str, format: Format) -> String {
    let mut shown = 0;
    let too_much = |character: char| {
        // As `plain` shows it, with three bytes instead of one.
        let grows = matches!(character, '<' | '>' | '[' | ']' | '*');
        shown += if grows { 3 } else { character.len_utf8() };
        shown > longest_value(format)
    };
    match text.find(too_much) {
        Some(end) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Line ends become blanks; characters that turn the reading direction of what follows are dropped.
fn shown(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .map(
            |character| if matches!(character, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}') { ' ' } else { character },
        )
        .filter(|character| !steers(*character))
}

/// Whether a character is not shown itself, but controls a terminal or turns the reading direction of what follows.
pub fn steers(character: char) -> bool {
    let turns =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || character.is_control()
}
