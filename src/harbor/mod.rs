//! Harbor's API: asked over HTTP, read leniently, and turned into what a webhook would have told.

pub mod answers;
pub mod client;
pub mod connection;
mod error;
pub mod filters;
mod http;
pub mod log;
pub mod pattern;
pub mod rebuild;
mod redact;
