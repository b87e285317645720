//! A lane: the work of one robot, one message after the other. claim → deliver → record, and again.
//!
//! Woken by a nudge, by the next due time, or by a poll, because other processes write, too. Each step is
//! public, so that a test can stop between two of them by not calling the next.

pub mod heartbeat;
mod log;
mod supervise;

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use crate::metrics::Metrics;
use crate::model::clock::{Clock, Millis, SECOND};
use crate::model::delivery::{Due, LARGEST_DIGEST};
use crate::model::outcome::Report;
use crate::model::rate_limit::LONGEST_PAUSE;
use crate::model::retry::RetryPolicy;
use crate::model::robot::Robot;
use crate::model::settle::{Condition, Settlement, Span, settle};
use crate::model::trouble::Trouble;
use crate::render::Renderer;
use crate::store::claim::{Claim, Claimed};
use crate::store::lease::{Holder, LEASE};
use crate::store::record::{Recorded, Sent};
use crate::store::{Result, Store, StoreError};
use crate::wecom::{Sender, body};
use heartbeat::{Heartbeat, Heartbeats};
pub use supervise::supervise;

/// The CLI replays and other replicas accept without a nudge; this is the longest that it goes unseen.
const POLL: Millis = SECOND;
/// Kept in place of an answer's words.
const REFUSED_WORDS: &str = "the database refuses the words of this answer";

#[derive(Clone)]
pub struct Lane {
    pub robot: Robot,
    pub sender: Sender,
    pub store: Store,
    pub renderer: std::sync::Arc<Renderer>,
    pub policy: RetryPolicy,
    pub clock: Clock,
    pub metrics: Metrics,
    pub heartbeats: Heartbeats,
    /// This process; the same for all of its lanes.
    pub owner: String,
    /// Until when the lease holds; None while another process has the lane, or it is unknown.
    pub held_until: Option<Millis>,
}

/// What a look at the lane came to.
#[derive(Debug)]
pub enum Next {
    Send(Message),
    /// Nothing is due before this time, but for what comes in.
    Wait(Millis),
    /// Nothing may be sent before this time, whatever comes in.
    Pause(Millis),
}

/// A message that is on record and about to be sent.
#[derive(Debug)]
pub struct Message {
    pub id: String,
    pub body: String,
    /// Empty for a test message.
    pub rows: Vec<Due>,
    pub started_at: Millis,
    robot: Condition,
}

impl Lane {
    /// Runs until stopped; a message in flight is finished and recorded first.
    pub async fn run(mut self, mut nudge: watch::Receiver<()>, stop: CancellationToken) {
        let mut trouble = Trouble::default();
        let mut refused = 0;
        let heartbeat = self.heartbeats.begin(&self.robot.name);
        while !stop.is_cancelled() {
            heartbeat.beat();
            // Seen before the look, so that what comes in during it is not slept over.
            nudge.mark_unchanged();
            let claimed = self.claim().await;
            self.say(&mut trouble, &claimed);
            let (wait_until, is_paused) = match claimed {
                Ok(Next::Send(message)) => {
                    let (lane, span) = (&self, self.span(&message));
                    let sent = async {
                        let report = lane.deliver(&message).await;
                        lane.record_until_stored(&message, &report, &heartbeat).await
                    };
                    if sent.instrument(span).await {
                        refused = 0;
                        continue;
                    }
                    // Acquiring the lease again reclaims the message. Not at once, because the group may see it each time.
                    self.held_until = None;
                    let pause = self.policy.interval(refused, LONGEST_PAUSE);
                    refused += 1;
                    heartbeat.pause(length(pause));
                    let _ = tokio::time::timeout(length(pause), stop.cancelled()).await;
                    continue;
                }
                Ok(Next::Wait(until)) => (until, false),
                Ok(Next::Pause(until)) => (until, true),
                Err(_) => (Millis::MAX, false),
            };
            let wait = (wait_until - self.clock.now()).clamp(0, POLL);
            tokio::select! {
                _ = nudge.changed(), if !is_paused => {}
                () = tokio::time::sleep(length(wait)) => {}
                () = stop.cancelled() => {}
            }
        }
        if let Err(error) = self.release().await {
            tracing::warn!(robot = self.robot.name, %error, "the lane was not given back; its lease runs out by itself");
        }
    }

    /// Gives the lane back.
    pub async fn release(&mut self) -> Result<()> {
        self.held_until = None;
        self.store.release_lease(self.holder()).await
    }

    /// Looks at what is due and, if a message may leave now, puts it on record.
    pub async fn claim(&mut self) -> Result<Next> {
        let looked = self.look().await;
        if looked.is_err() {
            // Perhaps the claim is in the database after all: acquiring the lease again reclaims it.
            self.held_until = None;
        }
        looked
    }

    async fn look(&mut self) -> Result<Next> {
        let now = self.store.tell_time(&self.clock).await?;
        if !self.hold(now).await? {
            return Ok(Next::Wait(now + POLL));
        }
        let robot = self.store.robot(&self.robot.name, now).await?;
        // Both are counted from the end of the last message. What the clock has left out since then does not count.
        let last_end = robot.next_slot_at - self.robot.gap();
        let left_out = self.clock.leaps().within(last_end, now);
        let may_send_at = robot.next_slot_at.max(robot.condition.paused_until) + left_out;
        if may_send_at > now {
            return Ok(Next::Pause(may_send_at));
        }
        let Robot { name, format, .. } = &self.robot;
        let (id, content, mentions, rows) = match robot.test {
            Some(id) => (id, self.renderer.test_message(name, now, *format), Vec::new(), Vec::new()),
            None => {
                let mut due = self.store.due(name, now, self.policy.max_interval, LARGEST_DIGEST).await?;
                if robot.condition.is_failing() {
                    due = probe(due);
                }
                if due.is_empty() {
                    let next = self.store.next_due_at(name).await?;
                    return Ok(Next::Wait(next.unwrap_or(Millis::MAX)));
                }
                let packed = self.renderer.pack(&due, now, *format);
                due.truncate(packed.deliveries);
                (Uuid::now_v7().to_string(), packed.content, packed.mentions, due)
            }
        };
        let body = body(*format, &content, &mentions);
        let claim = Claim {
            message_id: &id,
            body: &body,
            deliveries: rows.iter().map(|row| row.id.as_str()).collect(),
            gap: self.robot.gap(),
        };
        match self.store.claim(self.holder(), &claim, &self.clock).await? {
            Claimed::Yes(started_at) => {
                self.held_until = Some(started_at + LEASE);
                Ok(Next::Send(Message { id, body, rows, started_at, robot: robot.condition }))
            }
            Claimed::Stale => Ok(Next::Wait(now)),
            Claimed::LeaseLost => {
                self.held_until = None;
                Ok(Next::Wait(now + POLL))
            }
        }
    }

    /// Takes the lane, or renews its lease when a third of it is gone.
    async fn hold(&mut self, now: Millis) -> Result<bool> {
        let held = match self.held_until {
            Some(until) if until - now > LEASE * 2 / 3 && until - now <= LEASE => return Ok(true),
            Some(_) => self.store.renew_lease(self.holder(), &self.clock).await?,
            None => self.store.acquire_lease(self.holder(), &self.clock).await?,
        };
        self.held_until = held.map(|now| now + LEASE);
        Ok(held.is_some())
    }

    /// One POST. Nothing is decided here.
    pub async fn deliver(&self, message: &Message) -> Report {
        self.sender.deliver(&message.body, &self.clock).await
    }

    /// Writes down what became of a message.
    pub async fn record(&self, message: &Message, report: &Report) -> Result<Recorded> {
        let (sent, settlement) = self.settled(message, report, self.clock.now());
        let recorded = self.store.record(&sent, &settlement).await?;
        self.log(message, report, &settlement, &recorded);
        Ok(recorded)
    }

    /// An outcome that the database cannot take now is kept and recorded again, until it is written or another process
    /// has taken the lane. One that it refuses is recorded without the answer's words, which are the only part of it that
    /// came from outside. False: it refuses that, too, and the outcome stays unknown.
    async fn record_until_stored(&self, message: &Message, report: &Report, heartbeat: &Heartbeat) -> bool {
        let now = self.clock.now();
        let without_words = Report { errmsg: REFUSED_WORDS.to_owned(), ..report.clone() };
        let mut report = report;
        let mut trouble = Trouble::default();
        loop {
            heartbeat.beat();
            let (sent, settlement) = self.settled(message, report, now);
            match self.store.record(&sent, &settlement).await {
                Ok(recorded) => {
                    if let Some(lasted) = trouble.is_over(Instant::now()) {
                        tracing::info!(seconds = lasted.as_secs(), "the outcome is recorded now");
                    }
                    self.log(message, report, &settlement, &recorded);
                    return true;
                }
                Err(StoreError::Refused(error)) if report.errmsg != REFUSED_WORDS => {
                    tracing::warn!(%error,
                        "the database refuses the outcome of a message; it is recorded without the answer's words");
                    report = &without_words;
                }
                Err(StoreError::Refused(error)) => {
                    tracing::error!(%error, outcome = report.outcome.as_str(),
                        "the database refuses the outcome of a message; it stays unknown, and the message is sent again \
                         after a pause, until somebody removes what refuses it");
                    return false;
                }
                Err(error) => {
                    if trouble.is_there(Instant::now()) {
                        tracing::error!(%error, outcome = report.outcome.as_str(),
                            "the outcome of a message cannot be recorded; it keeps trying");
                    }
                    tokio::time::sleep(length(POLL)).await;
                }
            }
        }
    }

    fn say(&self, trouble: &mut Trouble, claimed: &Result<Next>) {
        let robot = &self.robot.name;
        match claimed {
            Ok(_) => {
                if let Some(lasted) = trouble.is_over(Instant::now()) {
                    tracing::info!(robot, seconds = lasted.as_secs(), "the lane can use the database again");
                }
            }
            Err(error) => {
                if trouble.is_there(Instant::now()) {
                    tracing::error!(robot, %error, "the lane cannot use the database; it keeps trying");
                }
            }
        }
    }

    fn settled<'a>(&'a self, message: &'a Message, report: &'a Report, now: Millis) -> (Sent<'a>, Settlement) {
        let span = Span { started_at: message.started_at, now, leaps: self.clock.leaps() };
        let settlement = settle(&message.rows, &message.robot, report, &span, &self.policy);
        let sent = Sent {
            message_id: &message.id,
            robot: &self.robot.name,
            report,
            duration_ms: span.leaps.length(message.started_at, now).max(0),
            now,
            // From the later of claim and end, whatever the clock did in between.
            next_slot_at: message.started_at.max(now) + self.robot.gap(),
        };
        (sent, settlement)
    }

    fn holder(&self) -> Holder<'_> {
        Holder { robot: &self.robot.name, owner: &self.owner }
    }
}

const fn length(millis: Millis) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

/// In an outage one small message at a time asks whether it is over. The row that has failed least asks, and the
/// oldest of those: so no single row, which may itself be the reason, speaks for all others.
fn probe(due: Vec<Due>) -> Vec<Due> {
    due.into_iter().min_by_key(|row| row.failures).into_iter().collect()
}
