//! The tests: one binary. The outside (WeCom, Harbor, signals, the disk) is faked over real HTTP and real
//! processes; our own code never is.

mod database;
mod support;

mod accept;
mod access;
mod api;
mod arrivals;
mod browser;
mod cli;
mod clock;
mod config;
mod connect;
mod copy;
mod crash;
mod desk;
mod door;
mod dotenv;
mod files;
mod grace;
mod harbor;
mod harbor_client;
mod harbor_log;
mod harbor_rebuilt;
mod harbor_rules;
mod lane;
mod laws;
mod metrics;
mod outage;
mod page;
mod process;
mod reconcile;
mod reconcile_captured;
mod reconcile_hostile;
mod reconcile_laws;
mod render;
mod replicas;
mod routes;
mod rude;
mod search;
mod secrecy;
mod shown;
mod tidy;
mod trouble;
mod wecom;
mod whereabouts;
