//! Facts and decisions. Pure: no clock, no database, no network; everything else is built on this.

pub mod arrival;
pub mod clock;
pub mod delivery;
pub mod event;
pub mod harbor;
pub mod moment;
pub mod outcome;
pub mod retry;
pub mod robot;
pub mod secret;
pub mod settle;
pub mod trouble;
