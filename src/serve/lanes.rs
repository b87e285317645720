//! The lanes that run: one for each robot that is configured, also after the configuration was read again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::Config;
use crate::lane::heartbeat::Heartbeats;
use crate::lane::{Lane, supervise};
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::model::retry::RetryPolicy;
use crate::model::robot::Robot;
use crate::model::secret::Secrets;
use crate::render::Renderer;
use crate::robots::{RobotState, robots};
use crate::route::{Live, Routing};
use crate::store::lease::Holder;
use crate::store::{Store, StoreError};
use crate::wecom::Sender;

/// What was read again, and who waits until it applies: dropped then.
pub type Reload = (Routing, oneshot::Sender<()>);

/// What all lanes of this process have in common.
struct Common {
    store: Store,
    renderer: Arc<Renderer>,
    policy: RetryPolicy,
    timeout: Duration,
    clock: Clock,
    metrics: Metrics,
    heartbeats: Heartbeats,
    /// What must not be repeated, whatever answers.
    secrets: Secrets,
    /// One id for each start of the program.
    owner: String,
}

impl Common {
    fn new(config: &Config, store: &Store, clock: &Clock, metrics: &Metrics) -> Self {
        Self {
            store: store.clone(),
            renderer: config.renderer.clone(),
            policy: config.retry.clone(),
            timeout: config.wecom_timeout,
            clock: clock.clone(),
            metrics: metrics.clone(),
            heartbeats: Heartbeats::default(),
            secrets: secrets(config),
            owner: Uuid::now_v7().to_string(),
        }
    }

    fn lane(&self, robot: &Robot) -> anyhow::Result<Lane> {
        Ok(Lane {
            sender: Sender::new(robot, self.timeout, self.secrets.clone()).map_err(anyhow::Error::msg)?,
            robot: robot.clone(),
            store: self.store.clone(),
            renderer: self.renderer.clone(),
            policy: self.policy.clone(),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
            heartbeats: self.heartbeats.clone(),
            owner: self.owner.clone(),
            held_until: None,
        })
    }
}

/// What must not be repeated, whoever says it.
pub fn secrets(config: &Config) -> Secrets {
    let mut secrets = Secrets::default();
    let tokens = [&config.admin_token, &config.read_token, &config.harbor_auth_header];
    tokens.into_iter().flatten().for_each(|token| secrets.add(token));
    config.harbor_api.iter().for_each(|api| secrets.add(&api.password));
    config.routing.robots.iter().for_each(|robot| secrets.add_robot_url(&robot.url));
    secrets.add_database_url(&config.database_url);
    secrets
}

/// One lane for each robot, none of which runs yet.
pub fn lanes(config: &Config, store: &Store, clock: &Clock, metrics: &Metrics) -> anyhow::Result<Vec<Lane>> {
    let common = Common::new(config, store, clock, metrics);
    config.routing.robots.iter().map(|robot| common.lane(robot)).collect()
}

struct Running {
    robot: Robot,
    stop: CancellationToken,
    /// Cancelled when the lane has finished its last message and was given back.
    ended: CancellationToken,
}

pub struct Lanes {
    common: Common,
    routing: watch::Sender<Arc<Routing>>,
    nudge: watch::Sender<()>,
    /// By robot; those that were stopped stay, because a later one of the same robot waits for their end.
    running: HashMap<String, Running>,
    tasks: JoinSet<()>,
}

impl Lanes {
    /// No lane runs before the first [`Lanes::follow`].
    pub fn new(config: &Config, store: &Store, clock: &Clock, metrics: &Metrics, nudge: &watch::Sender<()>) -> Self {
        Self {
            common: Common::new(config, store, clock, metrics),
            routing: watch::Sender::default(),
            nudge: nudge.clone(),
            running: HashMap::new(),
            tasks: JoinSet::new(),
        }
    }

    pub fn routing(&self) -> Live {
        self.routing.subscribe()
    }

    /// Of all lanes, also of those that start later.
    pub fn heartbeats(&self) -> Heartbeats {
        self.common.heartbeats.clone()
    }

    /// Applies a routing: starts, stops and replaces lanes, and leaves alone those whose robot has not changed.
    /// On an error nothing has changed.
    pub async fn follow(&mut self, routing: Routing) -> anyhow::Result<()> {
        let is_running = |robot: &Robot| {
            let running = self.running.get(&robot.name);
            running.is_some_and(|running| running.robot.is_same(robot) && !running.stop.is_cancelled())
        };
        let changed: Vec<_> = routing.robots.iter().filter(|robot| !is_running(robot)).cloned().collect();
        let lanes = changed.iter().map(|robot| self.common.lane(robot)).collect::<anyhow::Result<Vec<_>>>()?;
        let names: Vec<_> = changed.iter().map(|robot| robot.name.as_str()).collect();
        self.common.store.register(&names, self.common.clock.now()).await?;

        for (name, running) in &self.running {
            if routing.robot(name).is_none() {
                running.stop.cancel();
            }
        }
        for lane in lanes {
            self.common.metrics.begin(&lane.robot.name);
            self.start(lane);
        }
        self.routing.send_replace(Arc::new(routing));
        if let Err(error) = self.warn_of_the_abandoned().await {
            tracing::error!(%error, "cannot look for robots that are no longer configured");
        }
        Ok(())
    }

    /// What a process that died was sending for a robot that is not configured any more becomes pending, like the rest of
    /// that robot's, once its lease is over. What lanes of our own still send, they finish.
    pub async fn reclaim_abandoned(&self) -> Result<(), StoreError> {
        let Common { store, clock, owner, .. } = &self.common;
        let routing = self.routing.borrow().clone();
        for row in store.robots(clock.now(), 1).await? {
            let still_sends = self.running.get(&row.name).is_some_and(|running| !running.ended.is_cancelled());
            let is_ours = routing.robot(&row.name).is_some() || still_sends;
            if row.sending && !is_ours {
                let holder = Holder { robot: &row.name, owner };
                if store.acquire_lease(holder, clock).await?.is_some() {
                    store.release_lease(holder).await?;
                }
            }
        }
        Ok(())
    }

    /// Resolves if a lane ends by itself, which none ever should.
    pub async fn failed(&mut self) -> JoinError {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(())) => {}
                Some(Err(error)) => return error,
                None => std::future::pending().await,
            }
        }
    }

    pub fn stop(&self) {
        for running in self.running.values() {
            running.stop.cancel();
        }
    }

    /// Waits until every message in flight is recorded and every lane was given back.
    pub async fn ended(mut self) -> Result<(), JoinError> {
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        Ok(())
    }

    fn start(&mut self, lane: Lane) {
        let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
        let running = Running { robot: lane.robot.clone(), stop: stop.clone(), ended: ended.clone() };
        let before = self.running.insert(lane.robot.name.clone(), running);
        let nudge = self.nudge.subscribe();
        self.tasks.spawn(async move {
            let _ended = ended.drop_guard();
            // The lane before this one finishes its message first: it has the same owner. What that message did to the
            // robot is of its old settings.
            if let Some(Running { stop, ended, .. }) = before {
                stop.cancel();
                ended.cancelled().await;
                if let Err(error) = lane.store.register(&[&lane.robot.name], lane.clock.now()).await {
                    tracing::warn!(robot = lane.robot.name, %error, "a broken robot's pause could not be ended");
                }
            }
            supervise(&format!("the lane of robot {}", lane.robot.name), &stop, || {
                lane.clone().run(nudge.clone(), stop.clone())
            })
            .await;
        });
    }

    async fn warn_of_the_abandoned(&self) -> Result<(), StoreError> {
        let Common { store, clock, .. } = &self.common;
        let routing = self.routing.borrow().clone();
        let views = robots(store, &routing, clock.now()).await?;
        for view in views.iter().filter(|view| view.state == RobotState::Unconfigured) {
            tracing::warn!(
                robot = view.name,
                waiting = view.waiting,
                "deliveries wait for a robot that is not configured; they are not sent"
            );
        }
        Ok(())
    }
}
