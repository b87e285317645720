//! Reconcile: comparing what Harbor's API knows with what is stored. Every task that Harbor has ended becomes an event,
//! whatever happened to its webhook; an execution that failed before it had tasks, of which Harbor sends no webhook, too.
//!
//! One process does it at a time. It asks about once a minute, and at once when a webhook says that something runs.

mod found;
mod history;
mod logs;
mod poll;
mod record;
mod silent;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::group_commit::{Intake, Refusal};
use crate::harbor::client::Error;
use crate::harbor::connection::Connection;
use crate::lookup::LookUp;
use crate::metrics::Metrics;
use crate::model::clock::{Clock, HOUR, MINUTE, Millis};
use crate::model::event::Source;
use crate::store::{Store, StoreError};
use logs::Logs;
use record::Record;

/// The lease's name: on PostgreSQL one replica does the work.
const WORK: &str = "reconcile";
/// However often a webhook says that something runs.
const SHORTEST_PAUSE: Duration = Duration::from_secs(5);
/// How long Harbor is asked about what is unconfirmed; by then its sweeper has been there.
const REMEMBERED: Millis = 48 * HOUR;
/// How often at least something is looked at again.
const SELDOM: Millis = 10 * MINUTE;
/// How old the rules may be for what is shown and checked.
const RULES_SERVE: Duration = Duration::from_secs(600);

/// What the comparison goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    pub poll_interval: Millis,
    pub reconcile_delay: Millis,
    pub backfill_max_age: Millis,
    /// Where Harbor's webhooks should go; None: nobody can tell whether one reaches this service.
    pub webhook_url: Option<String>,
    pub digest_only: bool,
}

pub struct Reconciler {
    pub connection: Arc<Connection>,
    pub store: Store,
    pub intake: Intake,
    pub look_up: LookUp,
    pub clock: Clock,
    pub metrics: Metrics,
    pub settings: Settings,
    /// This process.
    pub owner: String,
    record: Record,
    logs: Logs,
    /// The page of the history that was read last.
    history_page: u32,
    /// From where executions are read once more, because pages may have shifted while many of them were read.
    read_again_from: Option<i64>,
}

/// Why a comparison did not come to its end. It begins again at the next poll.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    #[error("{0}")]
    Harbor(#[from] Error),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Intake(#[from] Refusal),
}

impl Reconciler {
    pub fn new(look_up: LookUp, intake: Intake, metrics: Metrics, settings: Settings, owner: String) -> Self {
        let LookUp { connection, store, clock, .. } = look_up.clone();
        let record = Record::new(connection.clone(), settings.webhook_url.clone());
        Self {
            connection,
            store,
            intake,
            look_up,
            clock,
            metrics,
            settings,
            owner,
            record,
            logs: Logs::default(),
            history_page: 1,
            read_again_from: None,
        }
    }

    /// Runs until stopped. `runs` is woken by webhooks that say that something is running.
    pub async fn run(mut self, mut runs: watch::Receiver<()>, stop: CancellationToken) {
        loop {
            let began = Instant::now();
            runs.mark_unchanged();
            tokio::select! {
                () = self.round() => {}
                // Everything that a round stores is one transaction; the next start takes it up from there.
                () = stop.cancelled() => break,
            }
            let next = began + Duration::from_millis(self.settings.poll_interval.unsigned_abs());
            tokio::select! {
                () = sleep_until(next) => {}
                _ = runs.changed() => sleep_until(began + SHORTEST_PAUSE).await,
                () = stop.cancelled() => break,
            }
        }
        if let Err(error) = self.store.release_work(WORK, &self.owner).await {
            tracing::warn!(%error, "the comparison with Harbor was not given back; its lease runs out by itself");
        }
    }

    /// One comparison, where this process is to do it; an error is logged and ends it.
    pub async fn round(&mut self) {
        match self.compare().await {
            Ok(()) => {}
            // The connection has said so already.
            Err(Interrupted::Harbor(error)) => {
                tracing::debug!(%error, "a comparison with Harbor was interrupted");
                if let Err(error) = self.store.forget_replicating().await {
                    tracing::debug!(%error, "what was being replicated could not be forgotten");
                }
            }
            Err(error) => tracing::warn!(%error, "a comparison with Harbor was interrupted; the next one goes on"),
        }
    }

    /// When to look again at what cannot be read, which has been there for so long: soon while it is new.
    fn pause(&self, age: Millis) -> Millis {
        age.min(SELDOM).max(self.settings.poll_interval)
    }

    async fn compare(&mut self) -> Result<(), Interrupted> {
        self.record.begin_round();
        self.logs.begin_round(self.clock.now());
        let info = self.connection.greet().await?;
        self.connection.rules(RULES_SERVE).await?;
        self.show_progress(&info.external_url).await?;
        if !self.store.acquire_work(WORK, &self.owner, &self.clock).await? {
            return Ok(());
        }
        self.record.ask_again().await?;
        self.poll(&info).await?;
        self.confirm().await?;
        self.read_history(&info).await?;
        if !self.record.is_forbidden() {
            self.connection.permitted();
        }
        Ok(())
    }

    /// What was stored as unconfirmed is put right. Nobody is notified again.
    async fn confirm(&self) -> Result<(), Interrupted> {
        const AT_ONCE: i64 = 50;
        let Some(host) = self.connection.host() else { return Ok(()) };
        let since = self.clock.now() - REMEMBERED;
        for (event_id, event) in self.store.unconfirmed(since, AT_ONCE).await? {
            // Of what its API alone tells without a rule, nobody knows in which direction it went.
            let is_of_no_rule = event.source == Source::HarborApi && event.rule_id == 0;
            if event.harbor_host != host || is_of_no_rule {
                continue;
            }
            let question = crate::lookup::Question::of(&event_id, &event);
            match self.look_up.ask(&question).await {
                Ok(Some(finding)) if finding.operation.is_some() => self.look_up.correct(&finding).await?,
                // Harbor has forgotten the execution, or has a new word for what it did: it stays unconfirmed.
                Ok(_) => {}
                Err(error) if error.is_of_one_answer() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
