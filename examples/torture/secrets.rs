//! What must be seen nowhere, not even a part of it, and the search for it.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::robots::ROBOTS;

pub const HARBOR_AUTH_HEADER: &str = "Bearer-mJ4qT8zK2wR6nX9vB3yL";
pub const ADMIN_TOKEN: &str = "admin-Qe7uYt5rIo2pAs9dFg4h";
pub const READ_TOKEN: &str = "read-Zx8cVb3nMk6jHg1fDs5a";
pub const HARBOR_PASSWORD: &str = "Pw-9xKd2mVq7LrT5sYb8nGc";

/// A shorter part may be there by chance.
const LEAST: usize = 12;

/// All parts of so many bytes.
static PARTS: LazyLock<HashSet<&[u8]>> = LazyLock::new(|| {
    let keys = ROBOTS.iter().map(|robot| robot.key);
    let all = keys.chain([HARBOR_AUTH_HEADER, ADMIN_TOKEN, READ_TOKEN, HARBOR_PASSWORD]);
    all.flat_map(|secret| secret.as_bytes().windows(LEAST)).collect()
});

/// Whether any of it is in these bytes.
pub fn is_in(bytes: &[u8]) -> bool {
    bytes.windows(LEAST).any(|window| PARTS.contains(window))
}
