//! What Harbor or a registry said, as one short line. Passwords in URLs, the queries of these, and what an Authorization
//! header bears are not in it.

/// In bytes.
const LONGEST: usize = 300;
/// What stands in the place of a secret.
const HIDDEN: &str = "***";
/// Digests, whose `@` is none of a URL.
const ALGORITHMS: [&str; 2] = ["sha256:", "sha512:"];

/// One short line without control characters and secrets, cut at a character.
pub fn one_line(text: &str) -> String {
    let mut words = Vec::new();
    let mut follows_scheme = false;
    for word in without_controls(text).split_whitespace() {
        if let Some(name) = authorization(word) {
            // How long its value is depends on its scheme, so nothing behind it is shown.
            words.push(format!("{name} {HIDDEN}"));
            break;
        }
        let is_hidden = follows_scheme && is_like_credentials(word);
        words.push(if is_hidden { HIDDEN.to_owned() } else { without_credentials(word) });
        follows_scheme = is_scheme(word);
    }
    cut(&words.join(" "))
}

fn cut(line: &str) -> String {
    if line.len() <= LONGEST {
        return line.to_owned();
    }
    format!("{}…", line[..line.floor_char_boundary(LONGEST - '…'.len_utf8())].trim_end())
}

/// Without what colours a terminal; every other control character is a blank.
fn without_controls(text: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text.chars().peekable());
    while let Some(character) = rest.next() {
        if character == '\u{1b}' && rest.next_if_eq(&'[').is_some() {
            while rest.next_if(|part| part.is_ascii_digit() || *part == ';').is_some() {}
            rest.next_if(char::is_ascii_alphabetic);
        } else {
            kept.push(if character.is_control() { ' ' } else { character });
        }
    }
    kept
}

/// The name of an Authorization header with its colon, where a word begins one.
fn authorization(word: &str) -> Option<&str> {
    let name = "authorization";
    let end = word.to_ascii_lowercase().find(name)? + name.len();
    let behind = word[end..].trim_start_matches(['"', '\'', ']', '\\']);
    let value = behind.strip_prefix([':', '='])?;
    Some(&word[..word.len() - value.len()])
}

fn is_scheme(word: &str) -> bool {
    let bare = word.trim_matches(|character: char| !character.is_ascii_alphanumeric());
    ["basic", "bearer"].iter().any(|scheme| bare.eq_ignore_ascii_case(scheme))
}

/// `Basic authentication` and `Bearer realm="…"` are none.
fn is_like_credentials(word: &str) -> bool {
    let is_mixed =
        word.contains(|letter: char| letter.is_ascii_digit() || letter.is_ascii_uppercase() || letter == '=');
    word.len() >= 6 && is_mixed && !word.contains("=\"")
}

/// Without what a URL may hold before its host, also where its scheme is missing, and without its query.
fn without_credentials(word: &str) -> String {
    let (scheme, rest) = match word.find("://") {
        Some(at) => word.split_at(at + "://".len()),
        None => ("", word),
    };
    let host = rest.match_indices('@').map(|(at, _)| at + 1).rfind(|at| !is_digest(&rest[*at..]));
    let rest = match host {
        Some(at) if !scheme.is_empty() || rest[..at].contains(':') => &rest[at..],
        _ => rest,
    };
    let query = if scheme.is_empty() { None } else { rest.split_once('?') };
    match query {
        Some((path, query)) => {
            let value = query.trim_end_matches(|end: char| !end.is_alphanumeric());
            format!("{scheme}{path}?…{}", &query[value.len()..])
        }
        None => format!("{scheme}{rest}"),
    }
}

fn is_digest(text: &str) -> bool {
    ALGORITHMS.iter().any(|algorithm| text.starts_with(algorithm))
}
