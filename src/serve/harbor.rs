//! Harbor's API, where it is configured: look-ups before an event is sent, and the comparison with what is stored.
//! Neither the webhooks nor a lane waits for any of it longer than a look-up's limit.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::{Config, HarborApi, HarborPlace};
use crate::group_commit::Intake;
use crate::harbor::client::{Access, Client};
use crate::harbor::connection::Connection;
use crate::lane::supervise;
use crate::lookup::{LookUp, LookUps, Worker, look_ups};
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::model::harbor_status::HarborStatus;
use crate::reconcile::{Reconciler, Settings};
use crate::route::Live;
use crate::store::Store;

/// What asks Harbor, before it runs.
pub(super) struct Harbor {
    pub(super) look_ups: LookUps,
    worker: Worker,
    settings: Settings,
    /// Wakes the comparison.
    pub(super) runs: watch::Sender<()>,
}

impl Harbor {
    /// None where no account is configured. Then nothing is known of what is being replicated.
    pub(super) async fn prepared(
        config: &Config,
        store: &Store,
        clock: &Clock,
        routing: Live,
        nudge: &watch::Sender<()>,
        status: &watch::Sender<HarborStatus>,
    ) -> anyhow::Result<Option<Self>> {
        let url = config.harbor_place.as_ref().map(|place| place.url.to_string()).unwrap_or_default();
        status.send_modify(|status| status.url = url);
        let Some(api) = &config.harbor_api else {
            // From when Harbor was asked.
            store.forget_replicating().await?;
            return Ok(None);
        };
        let client = Client::new(&access(api), super::lanes::secrets(config)).context("HARBOR_URL")?;
        let poll_interval = Duration::from_millis(api.poll_interval.unsigned_abs());
        let connection = Arc::new(Connection::new(client, clock.clone(), status.clone(), poll_interval));
        let (store, clock, nudge) = (store.clone(), clock.clone(), nudge.clone());
        let (look_ups, worker) = look_ups(LookUp { connection, store, routing, clock, nudge });
        let settings = Settings {
            poll_interval: api.poll_interval,
            reconcile_delay: api.reconcile_delay,
            backfill_max_age: api.backfill_max_age,
            webhook_url: config.webhook_url(),
            digest_only: config.notify_digest_only,
        };
        Ok(Some(Self { look_ups, worker, settings, runs: watch::Sender::default() }))
    }

    pub(super) fn connection(&self) -> Arc<Connection> {
        self.worker.look_up.connection.clone()
    }

    /// Runs until stopped.
    pub(super) fn start(self, intake: Intake, metrics: Metrics, stop: CancellationToken) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let Self { worker, settings, runs, .. } = self;
        let look_up = worker.look_up.clone();
        tasks.spawn(worker.run(stop.clone()));
        tasks.spawn(async move {
            let owner = Uuid::now_v7().to_string();
            let reconciler = || {
                Reconciler::new(look_up.clone(), intake.clone(), metrics.clone(), settings.clone(), owner.clone())
                    .run(runs.subscribe(), stop.clone())
            };
            supervise("the comparison with Harbor", &stop, reconciler).await;
        });
        tasks
    }
}

/// What opens Harbor's API.
pub fn access(api: &HarborApi) -> Access {
    let HarborPlace { url, ca } = api.place.clone();
    Access { url, username: api.username.clone(), password: api.password.clone(), ca }
}
