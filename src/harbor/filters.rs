//! Which repositories and versions a rule replicates, by its filters: Harbor's name patterns (doublestar) and tags.

use super::answers::Policy;

/// Whether a rule's filters let a repository through; `project/name`, as Harbor calls it on the side that it copies from.
/// What is not understood may be let through.
pub fn may_replicate(rule: &Policy, repository: &str) -> bool {
    let names = rule.filters.iter().filter(|filter| filter.kind == "name");
    let names: Vec<_> =
        names.filter_map(|filter| filter.value.as_str()).filter(|pattern| !pattern.is_empty()).collect();
    // A pull names the remote side, which is called otherwise here.
    rule.is_pull() || names.iter().all(|pattern| matches(pattern, repository))
}

/// The local projects that a push rule can only be about; None where they cannot be known.
pub fn only_projects(rule: &Policy) -> Option<Vec<String>> {
    let pattern = rule.filters.iter().find(|filter| filter.kind == "name")?.value.as_str()?;
    if rule.is_pull() {
        return None;
    }
    let (project, _) = pattern.split_once('/')?;
    let projects = alternatives(project);
    projects.iter().all(|project| !project.contains(['*', '?', '['])).then_some(projects)
}

/// Harbor's doublestar: `*` any text within a segment, `**` any segments, `?` one character, `{a,b}` either.
pub fn matches(pattern: &str, text: &str) -> bool {
    alternatives(pattern).iter().any(|pattern| {
        let pattern: Vec<_> = pattern.split('/').collect();
        let text: Vec<_> = text.split('/').collect();
        segments(&pattern, &text)
    })
}

fn segments(pattern: &[&str], text: &[&str]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((&"**", rest)) => (0..=text.len()).any(|skipped| segments(rest, &text[skipped..])),
        Some((first, rest)) => text.split_first().is_some_and(|(segment, others)| {
            let (first, segment): (Vec<_>, Vec<_>) = (first.chars().collect(), segment.chars().collect());
            within(&first, &segment) && segments(rest, others)
        }),
    }
}

fn within(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skipped| within(rest, &text[skipped..])),
        Some(('?', rest)) => !text.is_empty() && within(rest, &text[1..]),
        Some(('\\', rest)) if !rest.is_empty() => text.first() == Some(&rest[0]) && within(&rest[1..], &text[1..]),
        Some(('[', rest)) if rest.contains(&']') => {
            let end = rest.iter().position(|character| *character == ']').unwrap_or(0);
            text.split_first()
                .is_some_and(|(first, others)| class(&rest[..end], *first) && within(&rest[end + 1..], others))
        }
        Some((first, rest)) => text.first() == Some(first) && within(rest, &text[1..]),
    }
}

/// `[abc]`, `[a-z]`, `[^a-z]`.
fn class(class: &[char], character: char) -> bool {
    let (is_negated, class) = match class.split_first() {
        Some(('^' | '!', rest)) => (true, rest),
        _ => (false, class),
    };
    let mut is_in = class.contains(&character);
    for range in class.windows(3).filter(|range| range[1] == '-') {
        is_in |= (range[0]..=range[2]).contains(&character);
    }
    is_in != is_negated
}

/// Each pattern that `{a,b}` stands for; at most 64, so that nobody can make it grow without end.
fn alternatives(pattern: &str) -> Vec<String> {
    const MOST: usize = 64;
    let mut found = vec![pattern.to_owned()];
    for _ in 0..MOST {
        let Some(at) = found.iter().position(|pattern| group(pattern).is_some()) else { break };
        let pattern = found.swap_remove(at);
        let Some((from, to)) = group(&pattern) else { break };
        let inner = &pattern[from + 1..to];
        found.extend(inner.split(',').map(|one| format!("{}{one}{}", &pattern[..from], &pattern[to + 1..])));
        if found.len() > MOST {
            break;
        }
    }
    found
}

/// The innermost first group.
fn group(pattern: &str) -> Option<(usize, usize)> {
    let to = pattern.find('}')?;
    Some((pattern[..to].rfind('{')?, to))
}
