//! Torture: the program itself under load, while WeCom, Harbor, the disk, the clock and the process fail in any order.
//! Then everything heals, and a reckoning is made from what the stand-ins have seen, not from the service's word.
//!
//! `cargo run --release --example torture -- --minutes 5 --seed 1`

#[path = "../built/mod.rs"]
mod built;
mod control;
mod door;
mod fate;
mod ledger;
mod news;
mod payloads;
mod plan;
mod random;
mod reckoning;
mod report;
mod robots;
mod secrets;
mod service;
mod ways;
mod wecom;
mod world;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use harborbell::demo::harbor::Harbor;
use tokio::time::sleep;

use control::{Control, Disk};
use door::Door;
use fate::Fates;
use ledger::{Ledger, mark};
use plan::{Act, plan};
use random::Random;
use robots::ROBOTS;
use service::Service;
use wecom::Group;
use world::World;

/// A robot may be paused for 10 min when everything heals.
const STUCK_AFTER: Duration = Duration::from_secs(15 * 60);
const LOOK_EVERY: Duration = Duration::from_millis(200);
const SAID_EVERY: Duration = Duration::from_secs(30);
const AIMS_FOR: Duration = Duration::from_secs(3);
const VISIT_EVERY: Duration = Duration::from_secs(4);

#[derive(Parser)]
struct Arguments {
    /// How long things fail; after that they heal, which takes a minute or more
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// Repeats a schedule
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

struct Run {
    service: Service,
    control: Control,
    groups: Vec<Arc<Group>>,
    world: Arc<World>,
    door: Door,
    ledger: Arc<Ledger>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let Arguments { minutes, seed } = Arguments::parse();
    ensure!((0.1..1_000.0).contains(&minutes), "--minutes is from 0.1 to 1000");
    harborbell::wecom::use_ring();
    let (began, length) = (Instant::now(), Duration::from_secs_f64(minutes * 60.0));
    let folder = tempfile::Builder::new().prefix("harborbell-torture-").tempdir()?;
    let ledger = Arc::new(Ledger::default());
    let run = Run::begin(folder.path(), seed, ledger.clone()).await?;
    println!("seed {seed}: {minutes} min with {}", run.service.program().display());
    run.play(seed, length).await?.finish(folder.path()).await?;

    let books = ledger.books();
    let reckoning = reckoning::reckon(&books);
    report::print(&books, &reckoning, began.elapsed());
    let faults = reckoning.faults(&books);
    if faults.is_empty() {
        println!("no fault");
        return Ok(ExitCode::SUCCESS);
    }
    println!("FAULTS; log and database are in {}", folder.keep().display());
    faults.iter().for_each(|fault| println!("  {fault}"));
    Ok(ExitCode::FAILURE)
}

impl Run {
    /// Everything is well, and the service knows Harbor.
    async fn begin(folder: &std::path::Path, seed: u64, ledger: Arc<Ledger>) -> anyhow::Result<Self> {
        let control = Control::new(folder)?;
        let mut groups = Vec::new();
        for (index, robot) in ROBOTS.iter().enumerate() {
            groups.push(Group::start(index, ledger.clone(), Random::of(seed, robot.name)).await?);
        }
        let harbor = Harbor::start().await?;
        let mut service = Service::new(folder, &control, &groups, &harbor.url(), ledger.clone())?;
        let door = Door::new(service.url(), ledger.clone())?;
        let world = World::new(harbor, door.clone(), ledger.clone(), &format!("{}/webhook/harbor", service.url()));
        service.start()?;
        let deadline = Instant::now() + Duration::from_secs(30);
        while !world.is_followed().await {
            ensure!(Instant::now() < deadline, "it does not begin: {}", std::fs::read_to_string(service::log(folder))?);
            sleep(LOOK_EVERY).await;
        }
        Ok(Self { service, control, groups, world, door, ledger })
    }

    /// All acts in their order; then waits until what must be told is told.
    async fn play(mut self, seed: u64, length: Duration) -> anyhow::Result<Self> {
        let began = Instant::now();
        let fates = Fates::new(Random::of(seed, "world"));
        let harbor = tokio::spawn(self.world.clone().run(fates, began + length));
        let door = self.door.clone();
        let visitor = tokio::spawn(async move {
            loop {
                sleep(VISIT_EVERY).await;
                door.look_around().await;
            }
        });
        for (at, act) in plan(seed, length) {
            while began.elapsed() < at {
                self.service.look_after().await?;
                sleep(LOOK_EVERY.min(at.saturating_sub(began.elapsed()))).await;
            }
            self.act(act).await?;
        }
        let healed = Instant::now();
        let (mut said, mut fell, mut fewest) = (healed, healed, usize::MAX);
        loop {
            let open = reckoning::open(&self.ledger.books());
            if harbor.is_finished() && open.is_empty() {
                break;
            }
            if open.len() < fewest {
                (fell, fewest) = (Instant::now(), open.len());
            }
            if said.elapsed() > SAID_EVERY {
                said = Instant::now();
                println!(
                    "healed {} s ago; {} to be told yet: {:?}",
                    healed.elapsed().as_secs(),
                    open.len(),
                    open.first()
                );
            }
            if fell.elapsed() > STUCK_AFTER {
                self.ledger.fault(format!("nothing more was told for {STUCK_AFTER:?} although everything had healed"));
                break;
            }
            self.service.look_after().await?;
            sleep(5 * LOOK_EVERY).await;
        }
        println!("all is told {} s after everything healed", healed.elapsed().as_secs());
        visitor.abort();
        Ok(self)
    }

    async fn act(&mut self, act: Act) -> anyhow::Result<()> {
        match act {
            Act::Wecom(robot, way) => self.groups[robot].answer(way),
            Act::Disk(disk) => {
                self.control.set_disk(disk)?;
                mark(&mut self.ledger.books().disk, disk != Disk::Fine);
            }
            Act::Clock(by) => {
                self.ledger.books().clock_sets.push(Instant::now());
                self.control.set_clock(by)?;
            }
            Act::End { kill, aimed, rest } => {
                let (since, seen) = (Instant::now(), self.ledger.books().messages.len());
                while aimed && since.elapsed() < AIMS_FOR && self.ledger.books().messages.len() == seen {
                    sleep(Duration::from_millis(1)).await;
                }
                self.service.end(kill).await?;
                sleep(rest).await;
                self.service.start()?;
            }
            Act::Harbor(trouble) => self.world.trouble(trouble).await.context("Harbor's stand-in")?,
        }
        Ok(())
    }

    /// The last looks: at pages and metrics, and, when it has stopped, at its files.
    async fn finish(mut self, folder: &std::path::Path) -> anyhow::Result<()> {
        self.door.look_around().await;
        let open = reckoning::open(&self.ledger.books());
        for (robot, (version, is_failure)) in open.into_iter().take(8) {
            let path = format!("/api/v1/deliveries?q=tt{version:06}&robot={}", ROBOTS[robot].name);
            let (_, answer) = self.door.look(&path).await;
            println!("not told, failure {is_failure}: {answer}");
        }
        self.service.end(false).await?;
        for file in std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()? {
            let (name, bytes) = (file.file_name().display().to_string(), std::fs::read(file.path())?);
            if secrets::is_in(&bytes) {
                self.ledger.books().leaks.insert(format!("the file {name}"));
            }
            if name == "log" && bytes.windows(8).any(|window| window == b"panicked") {
                self.ledger.fault("it panicked: see the log".to_owned());
            }
        }
        Ok(())
    }
}
