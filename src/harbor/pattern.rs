//! Harbor's patterns of names, as doublestar 1.3 takes them. Whatever is in a pattern, matching takes a time that grows
//! with its length times the text's.

/// `{a,b}` may stand for so many patterns.
const MOST_ALTERNATIVES: usize = 256;

/// Why a pattern cannot be matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Harbor takes it for an error, and replicates nothing.
    Malformed,
    /// It stands for so many others that nobody should wait for it.
    TooMany,
}

enum Segment {
    /// `**`: any segments.
    Any,
    Parts(Vec<Part>),
}

enum Part {
    One(char),
    /// `?`
    AnyOne,
    /// `*`: any text.
    AnyText,
    /// `[a-z]`, `[^a-z]`
    Class {
        is_negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// Whether the whole text matches; an empty pattern lets everything through.
pub fn matches(pattern: &str, text: &str) -> Result<bool, Unusable> {
    if pattern.is_empty() {
        return Ok(true);
    }
    let text: Vec<Vec<char>> = text.split('/').map(|segment| segment.chars().collect()).collect();
    for alternative in alternatives(pattern)? {
        if segments(&parsed(&alternative)?, &text) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Goes through the pattern once, with all places of the text that it may have come to.
fn segments(pattern: &[Segment], text: &[Vec<char>]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for (at, segment) in pattern.iter().enumerate() {
        match segment {
            // At the end it takes at least one segment, elsewhere none is enough.
            Segment::Any if at + 1 == pattern.len() => return reached[..text.len()].contains(&true),
            Segment::Any => spread(&mut reached),
            Segment::Parts(parts) => {
                for place in (0..text.len()).rev() {
                    reached[place + 1] = reached[place] && within(parts, &text[place]);
                }
                reached[0] = false;
            }
        }
    }
    reached[text.len()]
}

fn within(parts: &[Part], text: &[char]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for part in parts {
        if let Part::AnyText = part {
            spread(&mut reached);
            continue;
        }
        for place in (0..text.len()).rev() {
            reached[place + 1] = reached[place] && part.is(text[place]);
        }
        reached[0] = false;
    }
    reached[text.len()]
}

/// From a place that was reached, each later one is.
fn spread(reached: &mut [bool]) {
    if let Some(first) = reached.iter().position(|is_reached| *is_reached) {
        reached[first..].fill(true);
    }
}

impl Part {
    fn is(&self, character: char) -> bool {
        match self {
            Self::One(one) => *one == character,
            Self::AnyOne | Self::AnyText => true,
            Self::Class { is_negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != *is_negated
            }
        }
    }
}

fn parsed(pattern: &str) -> Result<Vec<Segment>, Unusable> {
    let mut segments = vec![Vec::new()];
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        let part = match character {
            '/' => {
                segments.push(Vec::new());
                continue;
            }
            '\\' => Part::One(rest.next().ok_or(Unusable::Malformed)?),
            '?' => Part::AnyOne,
            '*' => Part::AnyText,
            '[' => class(&mut rest)?,
            one => Part::One(one),
        };
        segments.last_mut().ok_or(Unusable::Malformed)?.push(part);
    }
    let is_any = |parts: &[Part]| matches!(parts, [Part::AnyText, Part::AnyText]);
    Ok(segments.into_iter().map(|parts| if is_any(&parts) { Segment::Any } else { Segment::Parts(parts) }).collect())
}

/// What is behind `[`, up to its end.
fn class(rest: &mut std::str::Chars<'_>) -> Result<Part, Unusable> {
    let is_negated = rest.as_str().starts_with('^');
    if is_negated {
        rest.next();
    }
    let mut ranges = Vec::new();
    let mut next = rest.next();
    while next != Some(']') {
        let from = bound(next, rest)?;
        next = rest.next();
        let mut to = from;
        if next == Some('-') {
            to = bound(rest.next().filter(|bound| *bound != ']'), rest)?;
            next = rest.next();
        }
        ranges.push((from, to));
    }
    if ranges.is_empty() { Err(Unusable::Malformed) } else { Ok(Part::Class { is_negated, ranges }) }
}

fn bound(character: Option<char>, rest: &mut std::str::Chars<'_>) -> Result<char, Unusable> {
    match character {
        None | Some('-' | '/') => Err(Unusable::Malformed),
        Some('\\') => rest.next().ok_or(Unusable::Malformed),
        Some(one) => Ok(one),
    }
}

/// Each pattern that `{a,b}` stands for.
pub fn alternatives(pattern: &str) -> Result<Vec<String>, Unusable> {
    let (mut found, mut open) = (Vec::new(), vec![pattern.to_owned()]);
    while let Some(pattern) = open.pop() {
        let Some(group) = group(&pattern)? else {
            found.push(pattern);
            continue;
        };
        for option in &group.options {
            open.push(format!("{}{option}{}", group.before, group.behind));
        }
        if found.len() + open.len() > MOST_ALTERNATIVES {
            return Err(Unusable::TooMany);
        }
    }
    Ok(found)
}

struct Group<'a> {
    before: &'a str,
    options: Vec<&'a str>,
    behind: &'a str,
}

/// The first group, with what is around it.
fn group(pattern: &str) -> Result<Option<Group<'_>>, Unusable> {
    let (mut depth, mut begin, mut cuts, mut is_escaped, mut in_class) = (0, 0, Vec::new(), false, false);
    for (at, character) in pattern.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ']' if in_class => in_class = false,
            _ if in_class => {}
            // Inside a group Harbor looks for its end first.
            '[' if depth == 0 => in_class = true,
            '{' => {
                depth += 1;
                if depth == 1 {
                    begin = at;
                    cuts = vec![at];
                }
            }
            ',' if depth == 1 => cuts.push(at),
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    cuts.push(at);
                    let options = cuts.windows(2).map(|cut| &pattern[cut[0] + 1..cut[1]]).collect();
                    return Ok(Some(Group { before: &pattern[..begin], options, behind: &pattern[at + 1..] }));
                }
            }
            _ => {}
        }
    }
    if depth > 0 { Err(Unusable::Malformed) } else { Ok(None) }
}
