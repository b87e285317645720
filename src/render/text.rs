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
    let marks = |character| match character {
        '[' => '［',
        ']' => '］',
        '*' => '＊',
        '`' => '\'',
        other => other,
    };
    bare(text).chars().map(marks).collect()
}

/// Text in a message of type text, where a mention could act, and an address that clients make a link by themselves.
fn bare(text: &str) -> String {
    unmarked(text).replace("://", "：//")
}

/// A code span of one line. An address in it stays as it is, so that it can be searched for.
pub fn code(text: &str) -> String {
    format!("`{}`", unmarked(text).replace('`', "'"))
}

/// Without what opens a tag or a mention.
fn unmarked(text: &str) -> String {
    let marks = |character| match character {
        '<' => '＜',
        '>' => '＞',
        other => other,
    };
    shown(text).map(marks).collect()
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

/// As much of a value as may be shown, ended by an ellipsis where some is missing. Its bytes are counted as they are
/// shown outside of a code span, where a value is longest.
pub fn clip(text: &str, format: Format) -> String {
    let grow = match format {
        Format::Markdown => &['<', '>', '[', ']', '*'][..],
        Format::Text => &['<', '>'],
    };
    let text: String = shown(text).collect();
    let mut bytes = 0;
    let too_much = |(at, character): (usize, char)| {
        let grows = grow.contains(&character) || text[at..].starts_with("://");
        bytes += if grows { 3 } else { character.len_utf8() };
        (bytes > longest_value(format)).then_some(at)
    };
    match text.char_indices().find_map(too_much) {
        Some(end) => format!("{}…", &text[..end]),
        None => text,
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
