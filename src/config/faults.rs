//! Faults of the configuration: all of them are named at once, each by its key, and the program ends with exit code 2.

/// Of a program that was configured or called wrongly.
pub const EXIT_CODE: u8 = 2;

/// What is wrong with one key, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct Fault {
    pub key: String,
    pub problem: String,
}
