//! What a database URL names.

use std::path::PathBuf;

use super::{Result, StoreError, postgres, sqlite};

/// Where a database URL leads.
pub(super) enum Place {
    /// SQLite's file.
    File(PathBuf),
    /// PostgreSQL; named without user and password.
    Server(String),
}

impl Place {
    pub(super) fn of(url: &str) -> Result<Self> {
        match url.split_once(':') {
            Some(("sqlite", _)) => sqlite::path_of(url).map(Self::File),
            Some(("postgres" | "postgresql", _)) => postgres::name_of(url).map(Self::Server),
            _ => Err(StoreError::Url("use sqlite://path/to/file.db or postgres://user:password@host/database".into())),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Server(name) => f.write_str(name),
        }
    }
}
