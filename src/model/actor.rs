//! Who changes something, and in which way.

use serde::Serialize;

use super::words::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    Page,
    Api,
    Cli,
}
words!(Via, "way": Page = "page", Api = "api", Cli = "cli");

/// An operator, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub via: Via,
    /// The address that page or API was asked from; on the command line the user of the system.
    pub by: String,
}
