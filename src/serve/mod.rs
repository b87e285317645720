//! The service: receiver, intake and lanes over one store, from start to an orderly stop.

mod checkpoints;
mod harbor;
mod lanes;
mod server;
mod stop_signal;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use anyhow::{Context, bail};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::admin::access::Access;
use crate::admin::{Admin, Pages};
use crate::config::Config;
use crate::group_commit::{Committer, Intake, intake};
use crate::health::{Health, Latest};
use crate::lane::heartbeat::Heartbeats;
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::model::harbor_status::HarborStatus;
use crate::receive::WebhookReceiver;
use crate::retention::Pruner;
use crate::route::Routing;
use crate::store::Store;
use crate::webhooks::Webhooks;
use harbor::Harbor;
pub use harbor::access;
use lanes::Lanes;
pub use lanes::{Reload, lanes, secrets};
pub use server::listen;
use server::server;
pub use stop_signal::stop_signal;

/// A message in flight has at most 12 s, and its record some more: a stop takes no longer than this.
const STOP_WITHIN: Duration = Duration::from_secs(14);
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// How long a start waits for other replicas.
const START_WITHIN: Duration = Duration::from_secs(20);
/// As long as the lease of a dead process lasts.
const LOOK_FOR_ABANDONED: Duration = Duration::from_secs(30);

pub struct Service {
    addr: SocketAddr,
    server: Server,
    lanes: Lanes,
    harbor: Option<Harbor>,
    intake: Intake,
    committer: Committer,
    store: Store,
    stopping: CancellationToken,
    metrics: Metrics,
    checkpoints_fail: watch::Sender<bool>,
    harbor_status: watch::Sender<HarborStatus>,
    pruner: Pruner,
    reloader: mpsc::Sender<Reload>,
    reloads: mpsc::Receiver<Reload>,
}

impl Service {
    /// Opens the database and the port. When this returns, webhooks are taken.
    pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let store = Store::serve(&config.database_url).await?;
        let clock = store.clock(clock).steady();
        store.tell_time(&clock).await?;
        let counts = Metrics::default();
        let (nudge, _) = watch::channel(());
        let mut lanes = Lanes::new(config, &store, &clock, &counts, &nudge);
        let routing = lanes.routing();
        let harbor_status = watch::Sender::default();
        let harbor = Harbor::prepared(config, &store, &clock, routing.clone(), &nudge, &harbor_status).await?;
        let look_ups = harbor.as_ref().map(|harbor| harbor.look_ups.clone());
        let (intake, committer) =
            intake(store.clone(), routing.clone(), clock.clone(), counts.clone(), nudge.clone(), look_ups);

        let listener = listen(config.listen_addr)?;
        let addr = listener.local_addr()?;
        let stopping = CancellationToken::new();
        let names = config.names();
        let (admin_token, read_token) = (config.admin_token.clone(), config.read_token.clone());
        let access = Arc::new(Access::new(admin_token, read_token, names.clone(), clock.clone()));
        let webhooks = Arc::new(Webhooks::new(secrets(config), routing.clone()));
        let admin = Admin {
            store: store.clone(),
            clock: clock.clone(),
            access: access.clone(),
            renderer: config.renderer.clone(),
            timezone: config.timezone.clone(),
            routing: routing.clone(),
            metrics: counts.clone(),
            webhooks: webhooks.clone(),
            harbor: harbor_status.subscribe(),
            harbor_api: harbor.as_ref().map(harbor::Harbor::connection),
            nudge: nudge.clone(),
            stopping: stopping.clone(),
            webhook_url: config.webhook_url(),
            wants_auth_header: config.harbor_auth_header.is_some(),
            pages: Pages::default(),
        };
        let (checkpoints_fail, do_fail) = watch::channel(false);
        let health = Health {
            store: store.clone(),
            clock: clock.clone(),
            routing,
            metrics: counts.clone(),
            intake: intake.clone(),
            checkpoints_fail: do_fail,
            harbor: harbor_status.subscribe(),
            shows_token: Box::new(move |request| access.is_shown_by(request)),
            probed: Latest::default(),
            robots: Latest::default(),
        };
        let pruner = Pruner::new(store.clone(), clock.clone(), config.retention, counts.clone());
        let receiver = WebhookReceiver {
            intake: intake.clone(),
            runs: harbor.as_ref().map(|harbor| harbor.runs.clone()),
            clock,
            authorization: config.harbor_auth_header.clone(),
            names,
            digest_only: config.notify_digest_only,
            metrics: counts.clone(),
            webhooks,
        };
        prepare(&mut lanes, &config.routing, store.is_shared()).await?;
        let server = server(listener, receiver, health, admin)?;
        let (reloader, reloads) = mpsc::channel(1);
        Ok(Self {
            addr,
            server,
            lanes,
            harbor,
            intake,
            committer,
            store,
            stopping,
            metrics: counts,
            checkpoints_fail,
            harbor_status,
            pruner,
            reloader,
            reloads,
        })
    }

    /// Takes what applies from then on when the configuration is read again.
    pub fn reloader(&self) -> mpsc::Sender<Reload> {
        self.reloader.clone()
    }

    pub fn heartbeats(&self) -> Heartbeats {
        self.lanes.heartbeats()
    }

    /// Where it is said how Harbor's API is; page, API, health and metrics show it.
    pub const fn harbor_status(&self) -> &watch::Sender<HarborStatus> {
        &self.harbor_status
    }

    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Runs until `stop` resolves, then stops in order: no more webhooks, the queue stored, messages in
    /// flight finished and recorded, lanes given back. An error if a part ended by itself.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self {
            server,
            mut lanes,
            harbor,
            intake: offers,
            committer,
            store,
            stopping,
            mut reloads,
            metrics,
            checkpoints_fail,
            pruner,
            ..
        } = self;
        let handle = server.handle();
        let stop_intake = CancellationToken::new();
        let mut serving = tokio::spawn(server);
        let mut intake = tokio::spawn(committer.run(stop_intake.clone()));
        let asking = harbor.map(|harbor| harbor.start(offers.clone(), metrics.clone(), stopping.clone()));
        tokio::spawn(checkpoints::watch(store.clone(), metrics, checkpoints_fail, stopping.clone()));
        tokio::spawn(pruner.run(stopping.clone()));
        tokio::pin!(stop);
        let mut look_for_abandoned = tokio::time::interval(LOOK_FOR_ABANDONED);

        let ended_early = loop {
            tokio::select! {
                () = &mut stop => break None,
                ended = &mut serving => break Some(format!("the HTTP server ended: {ended:?}")),
                ended = &mut intake => break Some(format!("the intake ended: {ended:?}")),
                ended = lanes.failed() => break Some(format!("a lane ended: {ended:?}")),
                // What takes long does not keep the stop waiting.
                Some((routing, _applied)) = reloads.recv() => tokio::select! {
                    () = &mut stop => break None,
                    () = reload(&mut lanes, routing) => {}
                },
                _ = look_for_abandoned.tick() => tokio::select! {
                    () = &mut stop => break None,
                    taken_up = lanes.reclaim_abandoned() => if let Err(error) = taken_up {
                        tracing::debug!(%error, "cannot look for what a dead process left");
                    }
                },
            }
        };
        tracing::info!("stopping: no more webhooks; a message in flight is finished first");
        lanes.stop();
        stopping.cancel();
        let orderly = stop_in_order(&handle, &stop_intake, asking, intake, lanes);
        let stopped = tokio::time::timeout(STOP_WITHIN, orderly).await;
        // A connection that does not answer must not hold up the end.
        let _ = tokio::time::timeout(CLOSE_WITHIN, store.close()).await;
        if let Some(reason) = ended_early {
            bail!("{reason}");
        }
        match stopped {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error).context("a task failed while stopping"),
            Err(_) => bail!(
                "not everything ended within {} s; what is missing is done at the next start",
                STOP_WITHIN.as_secs()
            ),
        }
    }
}

async fn stop_in_order(
    handle: &ServerHandle,
    stop_intake: &CancellationToken,
    asking: Option<JoinSet<()>>,
    intake: JoinHandle<()>,
    lanes: Lanes,
) -> Result<(), JoinError> {
    handle.stop(true).await;
    if let Some(asking) = asking {
        asking.join_all().await;
    }
    stop_intake.cancel();
    if !intake.is_finished() {
        intake.await?;
    }
    lanes.ended().await
}

async fn reload(lanes: &mut Lanes, routing: Routing) {
    let (robots, routes) = (routing.names().join(" "), routing.routes.len());
    match lanes.follow(routing).await {
        Ok(()) => {
            tracing::info!(
                robots,
                routes,
                "the configuration was read again: its robots and routes are active, other changes need a restart"
            )
        }
        Err(error) => tracing::error!(
            error = format!("{error:#}"),
            "the configuration was read again, but could not be applied; the earlier one stays active"
        ),
    }
}

/// A replica that was stopped in the middle of a transaction holds its rows for some seconds.
async fn prepare(lanes: &mut Lanes, routing: &Routing, is_shared: bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + START_WITHIN;
    while let Err(error) = lanes.follow(routing.clone()).await {
        if !is_shared || Instant::now() > deadline {
            return Err(error);
        }
        tracing::warn!(error = format!("{error:#}"), "the lanes cannot be prepared yet; trying again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}
