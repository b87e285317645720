//! What becomes of a task of Harbor's, and of its webhooks: drawn by chance, before it begins.

use std::time::Duration;

use crate::payloads::{Execution, PROJECT, seconds};
use crate::random::Random;
use crate::robots::DESTINATIONS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Copied,
    /// Copied, and no webhook says so.
    Lost,
    /// A try fails, the next one does it.
    Healed,
    /// The same, and the Error comes in after the Success.
    HealedBackwards,
    Failed,
    /// Failed, and no webhook says so.
    FailedLost,
    /// The first version is copied, the others are not; the Error names all.
    Partial,
    Deleted,
}

pub struct Task {
    pub id: i64,
    pub repository: String,
    pub numbers: Vec<u32>,
    pub versions: Vec<String>,
    pub fate: Fate,
    /// How long a try takes.
    pub takes: Duration,
    /// How long after it the next one ends: before HARBOR_RECONCILE_DELAY, after which nobody looks at it again.
    pub again: Duration,
    /// How late its webhooks are, and when they are repeated.
    pub late: Duration,
    pub repeats: Vec<Duration>,
    pub is_cloud: bool,
    /// Whether Harbor has the body of a lost webhook on record.
    pub is_recorded: bool,
}

/// What is still to come, from the seed.
pub struct Fates {
    random: Random,
    executions: i64,
    tasks: i64,
    versions: u32,
}

impl Fates {
    pub const fn new(random: Random) -> Self {
        Self { random, executions: 0, tasks: 0, versions: 0 }
    }

    /// How long it is until the next execution.
    pub fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.within(150..700))
    }

    pub fn has_junk(&mut self) -> bool {
        self.random.one_in(10)
    }

    pub fn execution(&mut self) -> (Execution, Vec<Task>) {
        self.executions += 1;
        let destination = self.random.within(0..DESTINATIONS.len() as u64) as usize;
        // Now and then somebody replicates a whole project by hand.
        let tasks = if self.random.one_in(25) { 40 } else { self.random.within(1..7) };
        let execution = Execution { id: self.executions, destination, began: seconds() };
        (execution, (0..tasks).map(|_| self.task(destination)).collect())
    }

    fn task(&mut self, destination: usize) -> Task {
        self.tasks += 1;
        let fate = match self.random.within(0..100) {
            0..60 => Fate::Copied,
            60..68 => Fate::Lost,
            68..78 => Fate::Healed,
            78..83 => Fate::HealedBackwards,
            83..90 => Fate::Failed,
            90..92 => Fate::FailedLost,
            92..96 => Fate::Partial,
            _ if destination == 1 => Fate::Deleted,
            _ => Fate::Copied,
        };
        let numbers = self.numbers(fate);
        let random = &mut self.random;
        let kind = if fate == Fate::Deleted { "old" } else { "api" };
        let long = if random.one_in(30) { "-long".repeat(40) } else { String::new() };
        let late = match random.within(0..10) {
            0 => random.within(20_000..40_000),
            1..3 => random.within(1_000..10_000),
            _ => 0,
        };
        let repeats = if random.one_in(4) { random.within(1..4) } else { 0 };
        Task {
            id: self.tasks,
            repository: format!("{PROJECT}/{kind}-{}{long}", random.within(0..40)),
            versions: numbers.iter().map(|number| name(*number, random)).collect(),
            numbers,
            fate,
            takes: Duration::from_millis(random.within(0..3_000)),
            again: Duration::from_millis(*random.pick(&[300, 1_000, 4_000, 25_000])),
            late: Duration::from_millis(late),
            repeats: (0..repeats).map(|_| Duration::from_millis(random.within(0..5_000))).collect(),
            is_cloud: random.one_in(4),
            is_recorded: random.one_in(3),
        }
    }

    fn numbers(&mut self, fate: Fate) -> Vec<u32> {
        let least = if fate == Fate::Partial { 2 } else { 1 };
        let many = if self.random.one_in(3) { 3 } else { least };
        (0..many)
            .map(|_| {
                self.versions += 1;
                self.versions
            })
            .collect()
    }
}

/// A name that is found again, with an end that is long, or would like to act. Without `/` and `:`, by which names end in
/// Harbor's logs.
fn name(number: u32, random: &mut Random) -> String {
    let end = match random.within(0..40) {
        0 => format!(".{}", "z".repeat(110)),
        1 => "<@all>`失败".to_owned(),
        2 => "[a](example.com)".to_owned(),
        _ => String::new(),
    };
    format!("tt{number:06}{end}")
}
