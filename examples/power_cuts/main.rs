//! Power cuts: a file system that forgets what was not synced, in any order, sectors of a write apart from each other.
//!
//! The real program is recorded while it works: each call that changes a file, in their order, and between them what the
//! outside knows by then (`recorder.c`, `log.rs`, `recordings.rs`). Then the power is cut at points of that record by
//! chance: what was synced is there, of all else some (`disk.rs`), and the program or its store opens what is left
//! (`check.rs`). Last comes a control: a drive that lies about syncs must lose something, or the check proves nothing.
//!
//! `cargo run --release --example power_cuts -- --cuts 1000 --seed 1`

#[path = "../built/mod.rs"]
mod built;
mod check;
mod cuts;
mod disk;
mod facts;
mod log;
mod names;
mod recordings;
mod report;
mod service;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use fastrand::Rng;
use tempfile::TempDir;

use crate::cuts::{Cuts, Where};
use crate::recordings::{Recording, SCHEMAS};
use crate::report::Report;
use crate::service::Tools;

#[derive(Parser)]
struct Options {
    /// How many cuts, divided among the situations
    #[arg(long, default_value_t = 1_000)]
    cuts: usize,
    /// Which cuts: what a recording has in it is different in each run all the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only the control: a drive that says of a sync that it is done when it is not. Cuts must lose something
    #[arg(long)]
    ignore_syncs: bool,
}

/// The control needs a few for each situation, because most of them lose something.
const CONTROL: usize = 240;

/// Where the power is cut, and in which recordings.
struct Situation {
    name: &'static str,
    at: Where,
    recordings: Vec<Arc<Recording>>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    harborbell::wecom::use_ring();
    let holder = TempDir::with_prefix("power-cuts-tools-")?;
    let tools = Tools {
        program: built::program("power_cuts")?,
        recorder: built::library("examples/power_cuts/recorder.c", holder.path())?,
    };
    let situations = record(&tools).await?;
    let mut is_fine = true;
    if !options.ignore_syncs {
        let reports = cut(&tools, &situations, options.cuts, options.seed, false).await?;
        report::print("what was synced stays", &reports);
        is_fine = reports.iter().all(Report::is_fine);
    }
    let control = if options.ignore_syncs { options.cuts } else { CONTROL };
    let reports = cut(&tools, &situations, control, options.seed, true).await?;
    report::print("control: syncs are ignored, so something must be lost", &reports);
    for blind in reports.iter().filter(|report| report.is_fine()) {
        println!("THE CONTROL FAILS: nothing is lost at {}, so the check proves nothing there", blind.name);
        is_fine = false;
    }
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn record(tools: &Tools) -> anyhow::Result<[Situation; 6]> {
    let situation = |name, at, recordings: &[&Arc<Recording>]| {
        let recordings = recordings.iter().map(|recording| Arc::clone(recording)).collect();
        Situation { name, at, recordings }
    };
    let start = Arc::new(recordings::start(tools).await?);
    let mut migrations = Vec::new();
    for schema in SCHEMAS {
        migrations.push(Arc::new(recordings::migration(tools, schema).await?));
    }
    let load = Arc::new(recordings::load(tools).await?);
    let backup = Arc::new(recordings::backup(tools).await?);
    let prune = Arc::new(recordings::prune(tools).await?);
    Ok([
        situation("start", Where::Anywhere, &[&start]),
        situation("migration", Where::Anywhere, &migrations.iter().collect::<Vec<_>>()),
        situation("load", Where::Anywhere, &[&load]),
        situation("checkpoint", Where::AtCheckpoint, &[&load]),
        situation("backup", Where::Anywhere, &[&backup]),
        situation("prune", Where::Anywhere, &[&prune]),
    ])
}

/// So many cuts, divided among all situations and their recordings.
async fn cut(
    tools: &Tools,
    situations: &[Situation],
    cuts: usize,
    seed: u64,
    ignores_syncs: bool,
) -> anyhow::Result<Vec<Report>> {
    let (mut chance, mut reports) = (Rng::with_seed(seed), Vec::new());
    for (number, Situation { name, at, recordings }) in situations.iter().enumerate() {
        let (mut report, began) = (Report::new(name), Instant::now());
        let of_situation = share(cuts, situations.len(), number);
        for (part, recording) in recordings.iter().enumerate() {
            let number = share(of_situation, recordings.len(), part);
            let cuts = Cuts { tools, recording, at: *at, ignores_syncs, number };
            cuts.make(&mut chance, &mut report).await?;
        }
        report.seconds = began.elapsed().as_secs_f64();
        reports.push(report);
    }
    Ok(reports)
}

/// The share of one part: together they have all.
fn share(of: usize, parts: usize, part: usize) -> usize {
    of * (part + 1) / parts - of * part / parts
}
