//! What must be seen nowhere, not even a part of it, however it is spelled, and the search for it.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::robots::ROBOTS;

pub const HARBOR_AUTH_HEADER: &str = "Bearer-mJ4qT8zK2wR6nX9vB3yL";
pub const ADMIN_TOKEN: &str = "admin-Qe7uYt5rIo2pAs9dFg4h";
pub const READ_TOKEN: &str = "read-Zx8cVb3nMk6jHg1fDs5a";
pub const HARBOR_USERNAME: &str = "robot$torture";
pub const HARBOR_PASSWORD: &str = "Pw-9xKd2mVq7LrT5sYb8nGc";
/// As it is sent to Harbor, behind the username and a colon in Base64, which are no secret.
const HARBOR_PASSWORD_SENT: &str = "Qdy05eEtkMm1WcTdMclQ1c1liOG5HYw==";

/// A shorter part may be there by chance.
const LEAST: usize = 12;

/// All parts of so many bytes, in lower case.
static PARTS: LazyLock<HashSet<Vec<u8>>> = LazyLock::new(|| {
    let keys = ROBOTS.iter().map(|robot| robot.key);
    let all = keys.chain([HARBOR_AUTH_HEADER, ADMIN_TOKEN, READ_TOKEN, HARBOR_PASSWORD, HARBOR_PASSWORD_SENT]);
    all.flat_map(|secret| secret.to_ascii_lowercase().as_bytes().windows(LEAST).map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect()
});

/// Whether any of it is in these bytes.
pub fn is_in(bytes: &[u8]) -> bool {
    let has = |text: &[u8]| text.windows(LEAST).any(|window| PARTS.contains(window));
    has(&bytes.to_ascii_lowercase()) || has(&unescaped(bytes).to_ascii_lowercase())
}

/// Without percent-encoding and JSON's escapes, also where one of them was escaped again.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let (mut plain, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some((first, after)) = rest.split_first() {
        let escape = [b"%".as_slice(), b"\\u00"].into_iter().find_map(|begin| {
            let (digits, after) = rest.strip_prefix(begin)?.split_at_checked(2)?;
            Some((u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?, after))
        });
        rest = escape.map_or(after, |(_, after)| after);
        plain.extend(escape.map(|(byte, _)| byte).or(Some(*first).filter(|byte| *byte != b'\\')));
    }
    plain
}
