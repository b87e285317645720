//! The tests: one binary. The outside (WeCom, Harbor, signals, the disk) is faked over real HTTP and real
//! processes; our own code never is.

mod support;

mod accept;
mod cli;
mod config;
mod crash;
mod door;
mod harbor;
mod lane;
mod laws;
mod outage;
mod process;
mod render;
mod secrecy;
mod tidy;
mod wecom;
