//! What is recorded: the service at its start, at a migration, under load with its checkpoints, and beside `backup` and
//! `prune`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use harborbell::model::clock::{Clock, Millis};
use harborbell::model::delivery::Assignment;
use harborbell::model::harbor::{Reading, read};
use harborbell::model::retention::{DAY, Looks};
use harborbell::store::Store;
use harborbell::store::accept::Offer;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::time::sleep;
use uuid::Uuid;

use crate::check::{Wanted, open, open_by_store};
use crate::disk::Disk;
use crate::facts::{Facts, facts};
use crate::log::{Log, Mark, Marker};
use crate::service::{Environment, Group, Load, NOWHERE, Tools, payload};

/// In a folder that the service makes.
pub const DATABASE: &str = "data/harborbell.db";
/// Programs of these schemas were there before.
pub const SCHEMAS: std::ops::RangeInclusive<usize> = 1..=7;
/// The name of a backup, but for its number.
pub const BACKUP: &str = "backup-";
/// Between these marks cuts are made.
pub const CUTS: &str = "cuts";
/// What the versions of old events begin with; a number follows.
pub const OLD: &str = "old-";
/// Events of a year ago that `prune` finds; every tenth of them still waits for a robot.
pub const OLD_EVENTS: usize = 600;
pub const WAITING_SHARE: usize = 10;
const SENDERS: usize = 16;
const BACKUPS: usize = 3;

/// What programs did to a folder, and what was in it before.
pub struct Recording {
    pub name: String,
    pub before: Disk,
    pub log: Log,
    pub wanted: Wanted,
}

/// A recording that is being made.
struct Recorder<'a> {
    tools: &'a Tools,
    /// Holds the folder that is recorded, and the log beside it.
    _holder: TempDir,
    folder: PathBuf,
    log: Marker,
    name: String,
    began: Instant,
}

impl<'a> Recorder<'a> {
    fn new(tools: &'a Tools, name: impl Into<String>) -> anyhow::Result<Self> {
        let holder = TempDir::with_prefix("power-cuts-")?;
        let folder = holder.path().canonicalize()?.join("recorded");
        std::fs::create_dir(&folder)?;
        let log = Marker::new(holder.path().join("log"))?;
        Ok(Self { tools, _holder: holder, folder, log, name: name.into(), began: Instant::now() })
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.folder.join(DATABASE).display())
    }

    fn environment(&self, robot: impl Into<String>) -> Environment<'_> {
        let (folder, log) = (self.folder.as_path(), Some(self.log.clone()));
        Environment { tools: self.tools, folder, database: DATABASE, robot: robot.into(), log }
    }

    fn begins(&self, what: impl Into<String>) -> anyhow::Result<()> {
        self.log.mark(&Mark::Begins(what.into()))
    }

    fn ends(&self, what: impl Into<String>) -> anyhow::Result<()> {
        self.log.mark(&Mark::Ends(what.into()))
    }

    fn end(self, before: Disk, wanted: Wanted) -> anyhow::Result<Recording> {
        let log = Log::read(&self.log.path, &self.folder)?;
        let (calls, seconds) = (log.steps.len(), self.began.elapsed().as_secs_f64());
        println!("recorded in {seconds:.1} s: {}, {calls} calls and marks, {} KB", self.name, log.bytes.len() / 1_024);
        before.again(false).check_all(&log, &self.folder).with_context(|| format!("the recording of {}", self.name))?;
        Ok(Recording { name: self.name, before, log, wanted })
    }
}

/// The first start, with nothing there; one after an orderly stop, and one after a kill.
pub async fn start(tools: &Tools) -> anyhow::Result<Recording> {
    let recorder = Recorder::new(tools, "start")?;
    let before = Disk::of(&recorder.folder)?;
    recorder.begins(CUTS)?;
    for (name, is_killed) in [("first", false), ("second", true), ("third", false)] {
        let service = recorder.environment(NOWHERE).serve()?;
        Load::start(&service, name, 4, 10, &recorder.log)?.done().await?;
        if is_killed {
            drop(service);
        } else {
            service.stop()?;
        }
    }
    recorder.ends(CUTS)?;
    recorder.end(before, Wanted::default())
}

/// A database of an older program is brought up to date.
pub async fn migration(tools: &Tools, schema: usize) -> anyhow::Result<Recording> {
    let recorder = Recorder::new(tools, format!("migration of schema {schema}"))?;
    older_database(&recorder.folder, schema).await?;
    let before = Disk::of(&recorder.folder)?;
    recorder.begins(CUTS)?;
    recorder.environment(NOWHERE).serve()?.stop()?;
    recorder.ends(CUTS)?;
    recorder.end(before, Wanted { migrated: Some(undisturbed(schema).await?), prunes: false })
}

/// Webhooks and messages at once, with checkpoints all the time.
pub async fn load(tools: &Tools) -> anyhow::Result<Recording> {
    let recorder = Recorder::new(tools, "load")?;
    let before = Disk::of(&recorder.folder)?;
    let group = Group::start(Some(recorder.log.clone())).await?;
    let service = recorder.environment(group.url()).serve()?;
    recorder.begins(CUTS)?;
    Load::start(&service, "load", SENDERS, 60, &recorder.log)?.done().await?;
    recorder.ends(CUTS)?;
    service.stop()?;
    recorder.end(before, Wanted::default())
}

/// Copies are made under load.
pub async fn backup(tools: &Tools) -> anyhow::Result<Recording> {
    let recorder = Recorder::new(tools, "backup")?;
    let before = Disk::of(&recorder.folder)?;
    let group = Group::start(Some(recorder.log.clone())).await?;
    let environment = recorder.environment(group.url());
    let service = environment.serve()?;
    Load::start(&service, "before", SENDERS, 15, &recorder.log)?.done().await?;
    let load = Load::start(&service, "beside", 2, usize::MAX, &recorder.log)?;
    recorder.begins(CUTS)?;
    for number in 0..BACKUPS {
        let file = format!("{BACKUP}{number}");
        recorder.begins(&file)?;
        environment.run(&["backup", &recorder.folder.join(&file).display().to_string()], &[])?;
        recorder.ends(&file)?;
    }
    recorder.ends(CUTS)?;
    load.stop().await?;
    service.stop()?;
    recorder.end(before, Wanted::default())
}

/// What is old is removed under load.
pub async fn prune(tools: &Tools) -> anyhow::Result<Recording> {
    let recorder = Recorder::new(tools, "prune")?;
    old_events(&recorder.url()).await?;
    let before = Disk::of(&recorder.folder)?;
    let environment = recorder.environment(NOWHERE);
    let service = environment.serve()?;
    let load = Load::start(&service, "beside", 1, 400, &recorder.log)?;
    recorder.begins(CUTS)?;
    let said = loop {
        match environment.run(&["prune", "--json"], &[("RETENTION", "30d")]) {
            // The service itself looks for what is old at its start.
            Err(error) if error.to_string().contains("another process") => sleep(Duration::from_millis(50)).await,
            said => break said?,
        }
    };
    recorder.ends(CUTS)?;
    let removed = serde_json::from_str::<serde_json::Value>(&said)?["removed"]["deliveries"].as_u64();
    let expected = (OLD_EVENTS - OLD_EVENTS / WAITING_SHARE) as u64;
    ensure!(removed == Some(expected), "prune was to remove {expected} deliveries: {said}");
    load.stop().await?;
    service.stop()?;
    recorder.end(before, Wanted { migrated: None, prunes: true })
}

/// The database that the last program of this schema left.
async fn older_database(folder: &Path, schema: usize) -> anyhow::Result<()> {
    let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/databases/schema-{schema}.sql"));
    let file = folder.join(DATABASE);
    std::fs::create_dir(file.parent().context("it is in a folder")?)?;
    let mut database = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", file.display())).await?;
    sqlx::raw_sql(AssertSqlSafe(std::fs::read_to_string(dump)?)).execute(&mut database).await?;
    Ok(database.close().await?)
}

/// What a migration makes that nothing ends.
async fn undisturbed(schema: usize) -> anyhow::Result<Facts> {
    let folder = TempDir::new()?;
    older_database(folder.path(), schema).await?;
    open_by_store(folder.path()).await?;
    facts(&mut open(&folder.path().join(DATABASE)).await?).await
}

async fn old_events(url: &str) -> anyhow::Result<()> {
    let (store, now) = (Store::serve(url).await?, Clock::System.now());
    store.register(&["default"], now).await?;
    let offers = (0..OLD_EVENTS).map(|number| old_event(number, now)).collect::<anyhow::Result<Vec<_>>>()?;
    let assign = |_: &_| {
        let delivery_id = Uuid::now_v7().to_string();
        vec![Assignment { delivery_id, robot: "default".into(), mentions: Vec::new(), grace: 0 }]
    };
    store.accept(&offers, assign, now - 365 * DAY).await?;
    // Without it the time since then would count as a pause, after which nothing is removed for a week.
    store.looked(Looks { looked_at: now, ..Looks::default() }).await?;
    store.close().await;
    drop(store);
    let ended = now - 364 * DAY;
    let sent = format!(
        "UPDATE deliveries SET state = 'delivered', attempts = 1, next_attempt_at = 0, finished_at = {ended}
         WHERE event_id IN (SELECT event_id FROM arrivals WHERE version NOT LIKE '{OLD}%0');
         INSERT INTO messages SELECT id, 'default', '{{}}', {ended}, 5, 'delivered', 200, 0, 'ok' FROM deliveries
         WHERE attempts = 1;
         INSERT INTO attempts SELECT id, 1, id FROM deliveries WHERE attempts = 1"
    );
    let mut database = SqliteConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sent)).execute(&mut database).await?;
    Ok(database.close().await?)
}

fn old_event(number: usize, now: Millis) -> anyhow::Result<Offer> {
    let payload = payload(&format!("{OLD}{number:04}"), 4_000);
    let Reading::Event(webhook) = read(&payload, now - 365 * DAY, false)? else { bail!("it is a push that ended") };
    let event_id = Uuid::now_v7().to_string();
    Ok(Offer { event_id, webhook: *webhook, payload, is_quiet: false, look_up: 0 })
}
