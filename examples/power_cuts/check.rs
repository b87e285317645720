//! What must hold after a cut, whoever opens the database then: the store in this process, or the real program, which
//! also sends what is left to be sent.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use harborbell::store::Store;
use harborbell::store::backup::problem;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::time::timeout;

use crate::facts::{Facts, facts};
use crate::log::Mark;
use crate::recordings::{BACKUP, DATABASE, OLD, OLD_EVENTS, WAITING_SHARE};
use crate::service::{Environment, Group, NOWHERE, Tools, VERSION};

/// All that is left is sent within this, or never.
const SENT_WITHIN: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Something that was promised is not there.
    Lost,
    /// A file that cannot be used, or a database that is not what it must be.
    Corrupt,
    /// Something is there, or was sent, twice.
    Twice,
    /// A message was sent of which nothing is on record.
    Unrecorded,
}

#[derive(Debug)]
pub struct Fault {
    pub kind: Kind,
    pub what: String,
}

fn fault(kind: Kind, what: impl Into<String>) -> Fault {
    Fault { kind, what: what.into() }
}

/// A webhook that was answered 202, and its event's id where the answer had one.
pub struct Accepted {
    version: String,
    event_id: Option<String>,
}

struct Backup {
    name: String,
    /// So many webhooks had been answered when it began.
    answered: usize,
    is_done: bool,
}

/// What the world knows at the moment of the cut.
#[derive(Default)]
pub struct Known {
    pub accepted: Vec<Accepted>,
    /// Messages, in their order.
    received: Vec<Vec<String>>,
    backups: Vec<Backup>,
}

impl Known {
    pub fn learn(&mut self, mark: &Mark) {
        match mark {
            Mark::Accepted { version, event_id } => {
                self.accepted.push(Accepted { version: version.clone(), event_id: event_id.clone() });
            }
            Mark::Received(versions) => self.received.push(versions.clone()),
            Mark::Begins(name) if name.starts_with(BACKUP) => {
                self.backups.push(Backup { name: name.clone(), answered: self.accepted.len(), is_done: false });
            }
            Mark::Ends(name) => {
                self.backups.iter_mut().filter(|backup| backup.name == *name).for_each(|backup| backup.is_done = true);
            }
            Mark::Begins(_) => {}
        }
    }

    /// Of all messages but the last one the outcome was on record before the next one was sent.
    fn recorded(&self) -> impl Iterator<Item = &String> {
        self.received.iter().rev().skip(1).flatten()
    }
}

/// What is checked beyond what always holds.
#[derive(Default)]
pub struct Wanted {
    /// What an undisturbed migration makes of it.
    pub migrated: Option<Facts>,
    pub prunes: bool,
}

pub struct Checker<'a> {
    pub tools: &'a Tools,
    pub wanted: &'a Wanted,
    /// Whether the program opens it.
    pub by_program: bool,
}

impl Checker<'_> {
    pub async fn check(&self, folder: &Path, known: &Known) -> Vec<Fault> {
        let mut faults = Vec::new();
        for backup in &known.backups {
            if let Err(fault) = check_backup(folder, backup, &known.accepted).await {
                faults.push(fault);
            }
        }
        let opened = if self.by_program {
            self.open_by_program(folder, known, &mut faults).await
        } else {
            open_by_store(folder).await
        };
        if let Err(error) = opened {
            faults.push(fault(Kind::Corrupt, format!("{error:#}")));
        } else if let Err(error) = self.check_database(folder, known, &mut faults).await {
            faults.push(fault(Kind::Corrupt, format!("{error:#}")));
        }
        faults
    }

    /// Starts the service, and where a robot was there before has it send all that is left.
    async fn open_by_program(&self, folder: &Path, known: &Known, faults: &mut Vec<Fault>) -> anyhow::Result<()> {
        let group = Group::start(None).await?;
        let robot = if self.wanted.migrated.is_some() { NOWHERE.to_owned() } else { group.url() };
        let service = Environment { tools: self.tools, folder, database: DATABASE, robot, log: None }.serve()?;
        let recorded: HashSet<_> = known.recorded().collect();
        // The last message may be on record, and is sent again where it is not.
        let received: HashSet<_> = known.received.iter().flatten().collect();
        let accepted = known.accepted.iter().map(|accepted| &accepted.version);
        let left: HashSet<_> = accepted.filter(|version| !received.contains(version)).collect();
        if timeout(SENT_WITHIN, group.has_received(&left)).await.is_err() {
            let received = group.received();
            let missing = left.iter().filter(|version| !received.contains(version)).count();
            faults.push(fault(Kind::Lost, format!("{missing} of {} are never sent", left.len())));
        }
        let mut sent = HashSet::new();
        for version in group.received() {
            if recorded.contains(&version) || !sent.insert(version.clone()) {
                faults.push(fault(Kind::Twice, format!("{version} is sent again, and was not in the last message")));
            }
        }
        service.stop()
    }

    async fn check_database(&self, folder: &Path, known: &Known, faults: &mut Vec<Fault>) -> anyhow::Result<()> {
        let mut database = open(&folder.join(DATABASE)).await?;
        check_integrity(&mut database).await?;
        let stored = stored(&mut database).await?;
        for accepted in known.accepted.iter().filter(|accepted| !accepted.is_in(&stored)) {
            faults.push(fault(Kind::Lost, format!("{} was answered 202", accepted.version)));
        }
        for (version, row) in stored.iter().filter(|(_, row)| row.rows > 1) {
            faults.push(fault(Kind::Twice, format!("{version} is there {} times", row.rows)));
        }
        let last = known.received.last().into_iter().flatten().filter(|_| !self.by_program);
        for version in last {
            if stored.get(version).is_none_or(|row| row.attempts == 0) {
                faults.push(fault(Kind::Unrecorded, format!("{version} was received, and has no attempt")));
            }
        }
        for version in known.recorded() {
            if stored.get(version).is_some_and(|row| row.state != "delivered") {
                faults.push(fault(Kind::Twice, format!("{version} was delivered, and would be sent again")));
            }
        }
        if let Some(migrated) = &self.wanted.migrated {
            let found = facts(&mut database).await?;
            let differs = migrated.iter().filter(|(table, rows)| found.get(*table) != Some(rows));
            let differs: Vec<_> = differs.map(|(table, _)| table.as_str()).collect();
            ensure!(
                differs.is_empty() && found.len() == migrated.len(),
                "the migration ended otherwise: {}",
                differs.join(", ")
            );
        }
        if self.wanted.prunes {
            check_old(&mut database, faults).await?;
        }
        Ok(database.close().await?)
    }
}

/// As the service opens it, without what it does then.
pub async fn open_by_store(folder: &Path) -> anyhow::Result<()> {
    let store = Store::serve(&format!("sqlite://{}", folder.join(DATABASE).display())).await?;
    store.close().await;
    Ok(())
}

pub async fn open(path: &Path) -> anyhow::Result<SqliteConnection> {
    Ok(SqliteConnectOptions::new().filename(path).disable_statement_logging().connect().await?)
}

async fn check_integrity(database: &mut SqliteConnection) -> anyhow::Result<()> {
    let problem = problem(database).await?;
    ensure!(problem.is_none(), "{}", problem.unwrap_or_default());
    Ok(())
}

impl Accepted {
    fn is_in(&self, stored: &HashMap<String, Row>) -> bool {
        let row = stored.get(&self.version);
        row.is_some_and(|row| self.event_id.as_ref().is_none_or(|id| *id == row.event_id))
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    version: String,
    event_id: String,
    rows: i64,
    state: String,
    attempts: i64,
}

/// The webhooks that are whole: arrival, event and delivery.
async fn stored(database: &mut SqliteConnection) -> anyhow::Result<HashMap<String, Row>> {
    let rows =
        "SELECT a.version, max(e.id) AS event_id, count(*) AS rows, max(d.state) AS state, max(d.attempts) AS attempts
        FROM arrivals a JOIN events e ON e.id = a.event_id JOIN deliveries d ON d.event_id = e.id
        WHERE a.version LIKE $1 || '%' AND e.payload <> '' GROUP BY a.version";
    let rows: Vec<Row> = sqlx::query_as(rows).bind(VERSION).fetch_all(database).await?;
    Ok(rows.into_iter().map(|row| (row.version.clone(), row)).collect())
}

/// A file under the name of a backup is one; and it is there once `backup` has said so.
async fn check_backup(folder: &Path, backup: &Backup, accepted: &[Accepted]) -> Result<(), Fault> {
    let Backup { name, answered, is_done } = backup;
    let path = folder.join(name);
    if !path.exists() {
        return if *is_done { Err(fault(Kind::Lost, format!("{name} was made and is not there"))) } else { Ok(()) };
    }
    let broken = |error: anyhow::Error| fault(Kind::Corrupt, format!("{name}: {error:#}"));
    let mut copy = open(&path).await.map_err(broken)?;
    check_integrity(&mut copy).await.map_err(broken)?;
    let stored = stored(&mut copy).await.map_err(broken)?;
    let missing = accepted[..*answered].iter().filter(|accepted| !accepted.is_in(&stored)).count();
    if missing > 0 {
        return Err(fault(Kind::Lost, format!("{missing} of {answered} are not in {name}")));
    }
    Ok(())
}

/// Of what is old: all facts are there, what waits is whole, and what does not is whole or reduced to its facts.
async fn check_old(database: &mut SqliteConnection, faults: &mut Vec<Fault>) -> anyhow::Result<()> {
    let counted = "SELECT count(DISTINCT e.id),
            count(*) FILTER (WHERE a.version LIKE '%0' AND e.payload <> '' AND d.id IS NOT NULL),
            count(*) FILTER (WHERE (e.payload = '') <> (d.id IS NULL)
                OR (d.finished_at > 0 AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.delivery_id = d.id)))
        FROM arrivals a JOIN events e ON e.id = a.event_id LEFT JOIN deliveries d ON d.event_id = e.id
        WHERE a.version LIKE $1 || '%'";
    let (all, waiting, half): (i64, i64, i64) = sqlx::query_as(counted).bind(OLD).fetch_one(database).await?;
    let (facts, waited) = (OLD_EVENTS as i64, (OLD_EVENTS / WAITING_SHARE) as i64);
    for (is_wrong, kind, what) in [
        (all != facts, Kind::Lost, format!("of {facts} old events {all} are there")),
        (waiting != waited, Kind::Lost, format!("of {waited} old events that wait {waiting} are whole")),
        (half > 0, Kind::Corrupt, format!("{half} old events are removed by half")),
    ] {
        faults.extend(is_wrong.then(|| fault(kind, what)));
    }
    Ok(())
}
