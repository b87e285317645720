//! Faults of the configuration: the reader here collects all of them, so that they are named at once, each by its key;
//! `cli` prints them and ends the program with exit code 2.

use std::collections::HashMap;

use super::KEYS;

/// Of a program that was configured or called wrongly.
pub const EXIT_CODE: u8 = 2;

/// What is wrong with one key, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct Fault {
    pub key: String,
    pub problem: String,
}

/// Reads one key after the other and collects what is wrong: no fault hides another one.
pub(super) struct EnvironmentReader<'a> {
    pub(super) values: &'a HashMap<String, String>,
    pub(super) faults: Vec<Fault>,
}

impl EnvironmentReader<'_> {
    /// An empty value counts as none.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value or the key's default, parsed; None (and a fault on the list) where that fails.
    pub(super) fn read<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let default = KEYS.iter().find(|key| key.name == name).map_or("", |key| key.default);
        match parse(self.given(name).unwrap_or(default)) {
            Ok(parsed) => Some(parsed),
            Err(problem) => {
                self.faults.push(Fault { key: name.to_owned(), problem });
                None
            }
        }
    }

    pub(super) fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.read(name, |value| if value.is_empty() { Ok(None) } else { parse(value).map(Some) }).flatten()
    }
}
