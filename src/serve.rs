//! The service: door, intake and lanes over one store, from start to an orderly stop.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::Data;
use actix_web::{App, HttpServer, web};
use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::admin::access::Access;
use crate::admin::{self, Admin, Pages};
use crate::config::Config;
use crate::health::{Health, healthz, readyz, scrape};
use crate::intake::intake;
use crate::lane::Lane;
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::receive::{Door, receive};
use crate::route::Routing;
use crate::store::Store;
use crate::wecom::Sender;

/// A message in flight has at most 12 s, and its record some more: a stop takes no longer than this.
const STOP_WITHIN: Duration = Duration::from_secs(14);
/// How long requests that came in before the stop may take.
const DRAIN_SECONDS: u64 = 3;

pub struct Service {
    addr: SocketAddr,
    server: Server,
    lanes: Vec<Lane>,
    nudge: watch::Sender<()>,
    committer: crate::intake::Committer,
    store: Store,
    stopping: CancellationToken,
}

impl Service {
    /// Opens the database and the port. When this returns, webhooks are taken.
    pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let store = Store::serve(&config.database_url).await?;
        let names: Vec<String> = config.robots.iter().map(|robot| robot.name.clone()).collect();
        store.enrol(&names.iter().map(String::as_str).collect::<Vec<_>>(), clock.now()).await?;
        let counts = Metrics::new(names.iter().map(String::as_str));
        let lanes = lanes(config, &store, &clock, &counts)?;

        let (nudge, _) = watch::channel(());
        let routing = Routing { robots: names.clone(), notify: config.notify_outcomes.clone() };
        let (intake, committer) = intake(store.clone(), routing, clock.clone(), counts.clone(), nudge.clone());

        let listener = TcpListener::bind(config.listen_addr)
            .with_context(|| format!("LISTEN_ADDR: cannot listen on {}", config.listen_addr))?;
        let addr = listener.local_addr()?;
        let stopping = CancellationToken::new();
        let admin = Admin {
            store: store.clone(),
            clock: clock.clone(),
            access: Access::new(
                config.admin_token.clone(),
                config.read_token.clone(),
                config.allow_anonymous,
                clock.clone(),
            ),
            renderer: config.renderer.clone(),
            timezone: config.timezone.clone(),
            robots: names.clone(),
            metrics: counts.clone(),
            nudge: nudge.clone(),
            stopping: stopping.clone(),
            wants_auth_header: config.harbor_auth_header.is_some(),
            pages: Pages::default(),
        };
        let health = Health::new(store.clone(), clock.clone(), names, counts.clone(), intake.clone());
        let door = Door {
            intake,
            clock,
            authorization: config.harbor_auth_header.clone(),
            digest_only: config.notify_digest_only,
            metrics: counts,
        };
        let server = server(listener, door, health, admin)?;
        Ok(Self { addr, server, lanes, nudge, committer, store, stopping })
    }

    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Runs until `stop` resolves, then stops in order: no more webhooks, the queue stored, messages in
    /// flight finished and recorded, lanes given back. An error if a part ended by itself.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self { server, lanes, nudge, committer, store, stopping, .. } = self;
        let handle = server.handle();
        let (stop_lanes, stop_intake) = (CancellationToken::new(), CancellationToken::new());
        let mut door = tokio::spawn(server);
        let mut tasks = JoinSet::new();
        tasks.spawn(committer.run(stop_intake.clone()));
        for lane in lanes {
            tasks.spawn(lane.run(nudge.subscribe(), stop_lanes.clone()));
        }

        let ended_early = tokio::select! {
            () = stop => None,
            ended = &mut door => Some(format!("the HTTP server ended: {ended:?}")),
            ended = tasks.join_next() => Some(format!("a task ended: {ended:?}")),
        };
        tracing::info!("stopping: no more webhooks; a message in flight is finished first");
        stop_lanes.cancel();
        stopping.cancel();
        let orderly = stop_in_order(&handle, &stop_intake, tasks);
        let stopped = tokio::time::timeout(STOP_WITHIN, orderly).await;
        store.close().await;
        if let Some(reason) = ended_early {
            bail!("{reason}");
        }
        match stopped {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error).context("a task failed while stopping"),
            Err(_) => bail!(
                "not everything ended within {} s; what is missing is taken up at the next start",
                STOP_WITHIN.as_secs()
            ),
        }
    }
}

async fn stop_in_order(
    handle: &ServerHandle,
    stop_intake: &CancellationToken,
    mut tasks: JoinSet<()>,
) -> Result<(), tokio::task::JoinError> {
    handle.stop(true).await;
    stop_intake.cancel();
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

/// One lane for each robot.
pub fn lanes(config: &Config, store: &Store, clock: &Clock, metrics: &Metrics) -> anyhow::Result<Vec<Lane>> {
    let owner = Uuid::now_v7().to_string();
    let lane = |robot: &crate::wecom::Robot| {
        Ok(Lane {
            sender: Sender::new(robot, config.wecom_timeout).map_err(anyhow::Error::msg)?,
            robot: robot.clone(),
            store: store.clone(),
            renderer: config.renderer.clone(),
            policy: config.retry.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
            owner: owner.clone(),
            held_until: None,
        })
    };
    config.robots.iter().map(lane).collect()
}

fn server(listener: TcpListener, door: Door, health: Health, admin: Admin) -> std::io::Result<Server> {
    let (door, health, admin) = (Data::new(door), Data::new(health), Data::new(admin));
    let app = move || {
        App::new()
            .wrap(
                DefaultHeaders::new()
                    .add(("x-content-type-options", "nosniff"))
                    .add(("referrer-policy", "same-origin")),
            )
            .app_data(door.clone())
            .app_data(health.clone())
            .app_data(admin.clone())
            .service(receive)
            .service(healthz)
            .service(readyz)
            .service(scrape)
            .configure(admin::configure)
            .default_service(web::to(admin::openapi::elsewhere))
    };
    let server = HttpServer::new(app)
        // Signals are ours: the order of the stop is.
        .disable_signals()
        .client_request_timeout(Duration::from_secs(5))
        .shutdown_timeout(DRAIN_SECONDS)
        .listen(listener)?;
    Ok(server.run())
}

/// Resolves at SIGTERM or SIGINT. From then on, a second signal ends the process at once.
pub async fn stop_signal() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut next = async move || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    next().await;
    tokio::spawn(async move {
        next().await;
        tracing::warn!("second signal: ending at once; what is missing is taken up at the next start");
        std::process::exit(130);
    });
    Ok(())
}
