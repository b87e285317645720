//! What Prometheus reads. Counters and durations are kept here and begin anew with the process; what the
//! database knows is asked for when somebody looks.

mod form;
mod labels;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::clock::{Millis, SECOND};
use crate::model::delivery::State;
use crate::model::event::Source;
use crate::model::harbor_status::{HarborState, HarborStatus};
use crate::model::retention::Removed;
use crate::model::version::COMMIT;
pub use form::Form;
use form::as_text;
use labels::{OfKind, OfOutcome, OfResult, OfRobot, OfSource, OfState};

/// From "at once" to a day's outage.
const SECONDS: [f64; 12] = [0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0];

/// What became of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Received {
    Accepted,
    Duplicate,
    Ignored,
    /// 4xx: sending it again does not help.
    Refused,
    /// 503: Harbor sends it again.
    Unavailable,
}

impl Received {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Ignored => "ignored",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

const RECEIVED: [Received; 5] =
    [Received::Accepted, Received::Duplicate, Received::Ignored, Received::Refused, Received::Unavailable];

#[derive(Clone, Debug)]
struct Durations;

impl MetricConstructor<Histogram> for Durations {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

/// Shared by all who count; cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    webhooks: Family<OfResult, Counter>,
    deliveries: Family<OfState, Counter>,
    messages: Family<OfOutcome, Counter>,
    attempts: Family<OfOutcome, Counter>,
    durations: Family<OfRobot, Histogram, Durations>,
    checkpoint_failures: Counter,
    reconciled: Family<OfSource, Counter>,
    removed: Family<OfKind, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let webhooks = Family::default();
        for result in RECEIVED {
            let _ = webhooks.get_or_create(&OfResult { result: result.as_str() });
        }
        let reconciled = Family::default();
        for source in [Source::HarborRecord, Source::HarborApi] {
            let _ = reconciled.get_or_create(&OfSource { source: source.as_str() });
        }
        let removed = Family::default();
        for (kind, _) in Removed::default().all() {
            let _ = removed.get_or_create(&OfKind { kind });
        }
        Self {
            webhooks,
            deliveries: Family::default(),
            messages: Family::default(),
            attempts: Family::default(),
            durations: Family::new_with_constructor(Durations),
            checkpoint_failures: Counter::default(),
            reconciled,
            removed,
        }
    }
}

/// What a robot's deliveries come to while the process runs.
const STATES: [State; 5] = [State::Pending, State::Delivered, State::Failed, State::Superseded, State::Discarded];
const OUTCOMES: [&str; 6] = ["delivered", "retry", "ambiguous", "throttled", "robot_broken", "rejected"];

/// What the rest of the program knows at the moment of looking.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub robots: Vec<RobotGauges>,
    pub wal_bytes: u64,
    pub intake_queue_bytes: usize,
    pub harbor: HarborStatus,
}

#[derive(Debug)]
pub struct RobotGauges {
    pub name: String,
    pub is_configured: bool,
    pub is_paused: bool,
    pub is_broken: bool,
    pub waiting: i64,
    /// The age of the oldest delivery that waits; 0 where none does.
    pub oldest_waiting: Millis,
}

impl Metrics {
    /// Each series of a robot begins at 0, because Prometheus does not see the step with which one appears. Those that
    /// it has go on.
    pub fn begin(&self, robot: &str) {
        for state in STATES {
            self.came_to(state, robot, 0);
        }
        for outcome in OUTCOMES {
            let label = OfOutcome { robot: robot.to_owned(), outcome };
            let _ = self.messages.get_or_create(&label);
            let _ = self.attempts.get_or_create(&label);
        }
        let _ = self.durations.get_or_create(&OfRobot { robot: robot.to_owned() });
    }

    pub fn received(&self, result: Received) {
        self.webhooks.get_or_create(&OfResult { result: result.as_str() }).inc();
    }

    /// So many deliveries of a robot came to this state.
    pub fn came_to(&self, state: State, robot: &str, deliveries: u64) {
        let label = OfState { robot: robot.to_owned(), state: state.as_str() };
        self.deliveries.get_or_create(&label).inc_by(deliveries);
    }

    /// A message of so many deliveries was sent.
    pub fn sent(&self, robot: &str, outcome: &'static str, deliveries: u64) {
        let label = OfOutcome { robot: robot.to_owned(), outcome };
        self.messages.get_or_create(&label).inc();
        self.attempts.get_or_create(&label).inc_by(deliveries);
    }

    /// From acceptance, or the last replay, to WeCom's ok.
    pub fn delivered_after(&self, robot: &str, took: Millis) {
        let label = OfRobot { robot: robot.to_owned() };
        self.durations.get_or_create(&label).observe(took.max(0) as f64 / SECOND as f64);
    }

    /// What is in SQLite's write-ahead log could not be written to the file.
    pub fn checkpoint_failed(&self) {
        self.checkpoint_failures.inc();
    }

    /// An event was found by asking Harbor, and stored.
    pub fn reconciled(&self, source: Source) {
        self.reconciled.get_or_create(&OfSource { source: source.as_str() }).inc();
    }

    /// Rows that had ended longer ago than they are kept.
    pub fn removed(&self, removed: &Removed) {
        for (kind, rows) in removed.all() {
            self.removed.get_or_create(&OfKind { kind }).inc_by(rows);
        }
    }

    /// The text that a scrape gets.
    pub fn render(&self, snapshot: &Snapshot, form: Form) -> String {
        let mut registry = Registry::with_prefix("harborbell");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION")), ("commit", COMMIT)]);
        registry.register("build", "The program that runs", build);
        registry.register("webhooks", "Webhooks by what became of them", self.webhooks.clone());
        registry.register(
            "deliveries",
            "Deliveries that came to a state since the process started",
            self.deliveries.clone(),
        );
        registry.register("messages", "POSTs to WeCom by their outcome", self.messages.clone());
        registry.register("attempts", "Deliveries' parts in messages by their outcome", self.attempts.clone());
        registry.register_with_unit(
            "delivery_duration",
            "From acceptance or replay to WeCom's ok",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("checkpoint_failures", "Checkpoints of SQLite that failed", self.checkpoint_failures.clone());
        registry.register(
            "reconciled_events",
            "Events that were found by asking Harbor, where no webhook had come in",
            self.reconciled.clone(),
        );
        registry.register(
            "removed_rows",
            "Rows that were removed because they had ended longer ago than RETENTION, by what they are",
            self.removed.clone(),
        );
        let gauge =
            |help: &str, name: &str, unit: Option<Unit>, of: &dyn Fn(&RobotGauges) -> i64, to: &mut Registry| {
                let family = Family::<OfRobot, Gauge>::default();
                for robot in &snapshot.robots {
                    family.get_or_create(&OfRobot { robot: robot.name.clone() }).set(of(robot));
                }
                match unit {
                    Some(unit) => to.register_with_unit(name, help, unit, family),
                    None => to.register(name, help, family),
                }
            };
        let to = &mut registry;
        gauge("Deliveries that wait", "deliveries_waiting", None, &|robot| robot.waiting, to);
        let oldest = |robot: &RobotGauges| robot.oldest_waiting / SECOND;
        gauge("Age of the oldest delivery that waits", "oldest_waiting", Some(Unit::Seconds), &oldest, to);
        gauge("1: the robot is paused", "robot_paused", None, &|robot| robot.is_paused.into(), to);
        gauge("1: WeCom refuses the robot", "robot_broken", None, &|robot| robot.is_broken.into(), to);
        gauge(
            "0: no robot of this name is configured",
            "robot_configured",
            None,
            &|robot| robot.is_configured.into(),
            to,
        );
        let wal = Gauge::<i64>::default();
        wal.set(i64::try_from(snapshot.wal_bytes).unwrap_or(i64::MAX));
        registry.register_with_unit("wal", "Size of SQLite's write-ahead log", Unit::Bytes, wal);
        let queue = Gauge::<i64>::default();
        queue.set(i64::try_from(snapshot.intake_queue_bytes).unwrap_or(i64::MAX));
        registry.register_with_unit("intake_queue", "Webhooks in memory that wait to be stored", Unit::Bytes, queue);

        register_harbor(&mut registry, &snapshot.harbor);

        let mut text = String::new();
        encode(&mut text, &registry).expect("a String takes all that is written");
        match form {
            Form::OpenMetrics => text,
            Form::Text => as_text(&text),
        }
    }
}

/// Of a Harbor that is not asked nothing is said.
fn register_harbor(registry: &mut Registry, harbor: &HarborStatus) {
    if harbor.state == HarborState::Off {
        return;
    }
    let up = Gauge::<i64>::default();
    up.set((harbor.state == HarborState::Ok).into());
    registry.register("harbor_up", "1: Harbor's API answers all that it is asked", up);
    let open = Gauge::<i64>::default();
    open.set(harbor.open_executions);
    registry.register("harbor_open_executions", "Executions of Harbor that are still followed", open);
    if harbor.last_success_at > 0 {
        let at = Gauge::<i64>::default();
        at.set(harbor.last_success_at / SECOND);
        let help = "When Harbor's API last answered, in Unix seconds";
        registry.register_with_unit("harbor_last_success_timestamp", help, Unit::Seconds, at);
    }
}
