//! Harbor's patterns: does a name match? The answer is that of the library which Harbor uses (doublestar 1.3.4), or none
//! where a pattern is malformed or takes too long.
//!
//! `*` stands for any characters but `/`, `**` as a whole component for any components, `?` for one character, `[a-z]`
//! for one of a class, `{a,b}` for either; `\` takes the meaning of the next character away.

/// More is no name filter that a person typed: alternatives in alternatives, stars after stars.
const MOST_STEPS: usize = 10_000;
/// No name has so many characters; a longer pattern would only cost time, and the stack.
const LONGEST_PATTERN: usize = 512;

const MOST_ALTERNATIVES: usize = 1_000;

/// Why there is no answer.
struct Unanswered;

/// An empty pattern matches everything, as in Harbor.
pub fn matches(pattern: &str, name: &str) -> Option<bool> {
    if pattern.is_empty() {
        return Some(true);
    }
    let pattern: Vec<char> = pattern.chars().take(LONGEST_PATTERN + 1).collect();
    if pattern.len() > LONGEST_PATTERN {
        return None;
    }
    let components: Vec<Vec<char>> = name.split('/').map(|component| component.chars().collect()).collect();
    Matcher { steps: 0 }.path(&pattern, &components).ok()
}

/// The first components of all names that a pattern can mean; none where these cannot be listed. A name without a slash
/// does not count: every repository has a project.
pub fn first_components(pattern: &str) -> Option<Vec<String>> {
    let pattern: Vec<char> = pattern.chars().take(LONGEST_PATTERN + 1).collect();
    let has = |what: char| pattern.contains(&what);
    // What a brace or a comma means in a class or behind a backslash is left to the matcher.
    if pattern.is_empty() || pattern.len() > LONGEST_PATTERN || has('\\') || has('[') && has('{') {
        return None;
    }
    let mut plain = vec![pattern];
    while let Some(index) = plain.iter().position(|pattern| pattern.contains(&'{')) {
        let pattern = plain.swap_remove(index);
        let at = find(&pattern, '{')?;
        let (options, length) = alternatives(&pattern[at + 1..]).ok()?;
        plain.extend(options.iter().map(|option| [&pattern[..at], option, &pattern[at + 1 + length..]].concat()));
        if plain.len() > MOST_ALTERNATIVES {
            return None;
        }
    }
    let mut found = Vec::new();
    for pattern in plain {
        let Some(slash) = find(&pattern, '/') else {
            // Nothing but `**` alone stands for a slash.
            if pattern == ['*', '*'] {
                return None;
            }
            continue;
        };
        let first = &pattern[..slash];
        if first.iter().any(|character| "*?[".contains(*character)) {
            return None;
        }
        found.push(first.iter().collect());
    }
    found.sort();
    found.dedup();
    Some(found)
}

struct Matcher {
    steps: usize,
}

impl Matcher {
    /// Whether the pattern stands for all of these components.
    fn path(&mut self, pattern: &[char], components: &[Vec<char>]) -> Result<bool, Unanswered> {
        self.step()?;
        let Some((first, rest)) = components.split_first() else { return Ok(pattern.is_empty()) };
        if pattern.is_empty() {
            return Ok(rest.is_empty() && first.is_empty());
        }
        let slash = find(pattern, '/');
        if pattern[..slash.unwrap_or(pattern.len())] == ['*', '*'] {
            let Some(slash) = slash else { return Ok(true) };
            for from in 0..components.len() {
                // A fault further on is found only by those who come so far, and forgiven here.
                let found = self.path(&pattern[slash + 1..], &components[from..]);
                if self.steps > MOST_STEPS {
                    return Err(Unanswered);
                }
                if matches!(found, Ok(true)) {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let Some(ways) = self.component(pattern, first)? else { return Ok(false) };
        if ways.is_empty() && rest.is_empty() {
            return Ok(true);
        }
        if !rest.is_empty() {
            for way in ways {
                if self.path(&way, rest)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether the pattern begins with this component, and then what may remain of it for the next ones: nothing where
    /// it ends here, and several patterns where alternatives hold slashes.
    fn component(&mut self, pattern: &[char], name: &[char]) -> Result<Option<Vec<Vec<char>>>, Unanswered> {
        let (mut at, mut name) = (0, name);
        while let (Some(&expected), Some((&found, after))) = (pattern.get(at), name.split_first()) {
            self.step()?;
            match expected {
                '/' => {
                    at += 1;
                    break;
                }
                '\\' => {
                    let escaped = *pattern.get(at + 1).ok_or(Unanswered)?;
                    if escaped != found {
                        return Ok(None);
                    }
                    (at, name) = (at + 2, after);
                }
                '*' => return self.star(&pattern[at + 1..], name),
                '[' => {
                    let (is_in, length) = class(&pattern[at + 1..], found)?;
                    if !is_in {
                        return Ok(None);
                    }
                    (at, name) = (at + 1 + length, after);
                }
                '{' => {
                    let (options, length) = alternatives(&pattern[at + 1..])?;
                    let behind = &pattern[at + 1 + length..];
                    let mut ways = None;
                    for option in options {
                        if let Some(found) = self.component(&[option, behind].concat(), name)? {
                            ways.get_or_insert_with(Vec::new).extend(found);
                        }
                    }
                    return Ok(ways);
                }
                _ if expected == '?' || expected == found => (at, name) = (at + 1, after),
                _ => return Ok(None),
            }
        }
        if !name.is_empty() {
            return Ok(None);
        }
        let rest = &pattern[at..];
        if rest.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let slash = find(rest, '/');
        if !may_be_empty(&rest[..slash.unwrap_or(rest.len())])? {
            return Ok(None);
        }
        Ok(Some(slash.map(|slash| rest[slash + 1..].to_vec()).into_iter().collect()))
    }

    /// What follows a star, at the first place of the name where it fits.
    fn star(&mut self, rest: &[char], name: &[char]) -> Result<Option<Vec<Vec<char>>>, Unanswered> {
        match rest.first() {
            None => return Ok(Some(Vec::new())),
            Some('/') => return Ok(Some(vec![rest[1..].to_vec()])),
            Some(_) => {}
        }
        for from in 0..name.len() {
            let found = self.component(rest, &name[from..])?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn step(&mut self) -> Result<(), Unanswered> {
        self.steps += 1;
        if self.steps > MOST_STEPS { Err(Unanswered) } else { Ok(()) }
    }
}

/// The first such character that no backslash stands in front of.
fn find(pattern: &[char], what: char) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = pattern[from..].iter().position(|character| *character == what) {
        if found == 0 || pattern[from + found - 1] != '\\' {
            return Some(from + found);
        }
        from += found + 1;
    }
    None
}

/// Whether a character is in the class that begins here, behind its bracket, and how long the class is.
fn class(pattern: &[char], character: char) -> Result<(bool, usize), Unanswered> {
    let end = find(pattern, ']').ok_or(Unanswered)?;
    let mut members = pattern[..end].iter().copied().peekable();
    let is_negated = members.next_if_eq(&'^').is_some();
    if end == 0 {
        return Err(Unanswered);
    }
    let mut is_in = false;
    let member = |members: &mut dyn Iterator<Item = char>| match members.next() {
        None | Some('-') => Err(Unanswered),
        Some('\\') => members.next().ok_or(Unanswered),
        Some(plain) => Ok(plain),
    };
    while members.peek().is_some() {
        let low = member(&mut members)?;
        let high = if members.next_if_eq(&'-').is_some() { member(&mut members)? } else { low };
        is_in |= (low..=high).contains(&character);
    }
    Ok((is_in != is_negated, end + 1))
}

/// The alternatives that begin here, behind their brace, and how long they are together.
fn alternatives(pattern: &[char]) -> Result<(Vec<&[char]>, usize), Unanswered> {
    let (mut options, mut start, mut depth, mut is_escaped) = (Vec::new(), 0, 1, false);
    for (at, character) in pattern.iter().enumerate() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '{' => depth += 1,
            '}' if depth == 1 => {
                options.push(&pattern[start..at]);
                return Ok((options, at + 1));
            }
            '}' => depth -= 1,
            ',' if depth == 1 => {
                options.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    Err(Unanswered)
}

/// Whether a pattern can stand for nothing at all.
fn may_be_empty(pattern: &[char]) -> Result<bool, Unanswered> {
    match pattern {
        [] | ['*'] | ['*', '*'] => Ok(true),
        ['{', rest @ ..] => {
            let (options, length) = alternatives(rest)?;
            if !may_be_empty(&rest[length..])? {
                return Ok(false);
            }
            for option in options {
                if may_be_empty(option)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}
