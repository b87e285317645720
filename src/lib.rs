//! harborbell tells WeCom groups when Harbor has finished replicating an image, and loses nothing on the way.
//!
//! ```text
//! Harbor ──POST──▶ receive ─▶ group_commit ═▶ store  202 only after the commit
//!                                         │ nudge
//!          lane of each robot:  claim ─▶ render ─▶ deliver ─▶ record
//!                                         ▲
//!          operators: page, API, CLI ─▶ inspect, change
//! ```
//!
//! The modules in layers, which import only downwards: the first imports none, the last may import all.

pub mod model;

pub mod harbor;
pub mod metrics;
pub mod render;
pub mod route;
pub mod store;
pub mod wecom;

pub mod admin;
pub mod board;
pub mod group_commit;
pub mod health;
pub mod http;
pub mod lane;
pub mod lookup;
pub mod problem;
pub mod receive;
pub mod reconcile;
pub mod retention;
pub mod robots;
pub mod webhooks;

pub mod cli;
pub mod config;
pub mod demo;
pub mod serve;
pub mod telemetry;
