//! Which program this is. `build.rs` asks git for the commit.

/// The commit that it was built from; `-dirty` if its source had been changed since, `unknown` without a repository.
pub const COMMIT: &str = env!("HARBORBELL_COMMIT");
/// With the commit and its date: `0.1.0 (0a1b2c3d4e 2026-11-23)`.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("HARBORBELL_BUILD"), ")");
