//! Facts and decisions. Pure: no clock, no database, no network; everything else is built on this. Facts that are
//! stored as they are derive how a row becomes one.

pub mod actor;
pub mod arrival;
pub mod clock;
pub mod delivery;
pub mod destination;
pub mod event;
pub mod failure_grace;
pub mod harbor;
pub mod harbor_status;
pub mod json;
pub mod link;
pub mod moment;
pub mod outcome;
pub mod rate_limit;
pub mod retention;
pub mod retry;
pub mod robot;
pub mod secret;
pub mod settle;
pub mod trouble;
pub mod version;
mod words;
