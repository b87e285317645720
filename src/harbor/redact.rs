//! Other people's words, made fit to be shown: one line, without control characters, and without what looks like a
//! secret. A secret that is known is hidden by [`crate::model::secret::Secrets`]; this finds those that are not.

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

/// What stands in front of a secret, and the secret. The first part stays.
static SECRETS: LazyLock<[Regex; 6]> = LazyLock::new(|| {
    [
        // A header, in a text, in JSON or as Go prints a map.
        r#"(?i)(\bauthorization\\?["']?\s*[:=]\s*)("[^"]*|'[^']*|\[[^\]]*|[^\]}\n]*)"#,
        // A query may be a signature, as in the addresses of an object store.
        r#"(?i)([a-z][a-z0-9+.-]*://[^\s?"'<>]*\?)([^\s"'<>]+)"#,
        // `password=…`, `"access_token": "…"`
        r#"(?i)((?:password|passwd|secret|token|(?:api|access|secret)_?key|cookie)\\?(?:["']\s*[:=]\s*\\?["']|["']?[:=]\\?["']?))([^\s"',;&\]}\\]+)"#,
        r"(?i)((?:password|passwd|secret|(?:api|access|secret)_?key):\s+)(\S+)",
        // A header with one or many.
        r"(?i)(\bcookie:\s*)([^\]}\n]*)",
        // "failed to fetch a token: …" goes on with words, which are no token.
        r"(?i)(token:\s+)([a-z0-9._~+/=-]{16,})",
    ]
    .map(compiled)
});

/// A word that may have `user:password@` in it.
static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| compiled(r#"[^\s"'<>]*@[^\s"'<>]*"#));

static SCHEME: LazyLock<Regex> = LazyLock::new(|| compiled(r"(?i)\b(bearer|basic)\s+([a-z0-9._~+/=-]{8,})"));

/// Colours and the like of a terminal.
static ANSI: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)"));

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant that the tests compile")
}

/// `***` in place of what looks like a secret.
pub(super) fn redact(text: &str) -> String {
    let text = SCHEME.replace_all(text, |found: &Captures<'_>| {
        // "Basic authentication" is no secret, and no token has small letters only.
        let is_word = found[2].bytes().all(|byte| byte.is_ascii_lowercase());
        if is_word { found[0].to_owned() } else { format!("{} ***", &found[1]) }
    });
    // Before queries: a password may have a question mark in it.
    let text = ACCOUNT.replace_all(&text, |found: &Captures<'_>| without_account(&found[0]));
    SECRETS.iter().fold(text.into_owned(), |text, secret| {
        secret.replace_all(&text, |found: &Captures<'_>| format!("{}***", &found[1])).into_owned()
    })
}

/// `https://user:password@host`, also without its scheme, and with whatever is in the password.
fn without_account(word: &str) -> String {
    let (scheme, rest) = word.split_at(word.find("://").map_or(0, |at| at + "://".len()));
    let is_of_digest = |at: &usize| ["@sha256:", "@sha512:"].iter().any(|digest| rest[*at..].starts_with(digest));
    let end = rest.match_indices('@').map(|(at, _)| at).rfind(|at| !is_of_digest(at));
    match end {
        Some(end) if !scheme.is_empty() || rest[..end].contains(':') => format!("{scheme}***{}", &rest[end..]),
        _ => word.to_owned(),
    }
}

/// One line: no control characters, no colours, single blanks.
pub(super) fn line(text: &str) -> String {
    let text = ANSI.replace_all(text, "");
    let plain: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
