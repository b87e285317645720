//! Whether each lane still moves. Whoever watches over the process may end it where one does not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// No step takes longer: a message has at most 12 s, and each of the claim's questions to a database that does not
/// answer 15 s.
pub const LONGEST_STEP: Duration = Duration::from_secs(180);

/// Until when each lane that runs will have made its next step, by robot.
#[derive(Clone, Debug, Default)]
pub struct Heartbeats(Arc<Mutex<HashMap<String, Instant>>>);

/// One lane's; it counts until it is dropped, so a lane that has ended or panicked is not missed.
pub struct Heartbeat {
    all: Heartbeats,
    robot: String,
}

impl Heartbeats {
    pub fn begin(&self, robot: &str) -> Heartbeat {
        let heartbeat = Heartbeat { all: self.clone(), robot: robot.to_owned() };
        heartbeat.beat();
        heartbeat
    }

    /// The robots whose lanes do not move.
    pub fn missing(&self, now: Instant) -> Vec<String> {
        let beats = self.beats();
        let late = beats.iter().filter(|(_, expected)| **expected < now);
        let mut robots: Vec<_> = late.map(|(robot, _)| robot.clone()).collect();
        robots.sort();
        robots
    }

    fn beats(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heartbeat {
    /// A step was made, and the next one begins.
    pub fn beat(&self) {
        self.pause(Duration::ZERO);
    }

    /// The next step begins after a pause that is meant.
    pub fn pause(&self, pause: Duration) {
        self.all.beats().insert(self.robot.clone(), Instant::now() + pause + LONGEST_STEP);
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.all.beats().remove(&self.robot);
    }
}
