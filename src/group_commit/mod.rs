//! The group commit: a 202 comes only after it. Webhooks wait in a queue; whoever finds that nobody commits takes what
//! waits, commits it in one transaction and then answers all of it; what was found in Harbor goes the same way. A client
//! that hangs up changes nothing.

mod queue;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::lookup::{LookUps, Question};
use crate::metrics::Metrics;
use crate::model::clock::Clock;
use crate::model::delivery::State;
use crate::model::event::{Operation, ReplicationOutcome, Source};
use crate::model::harbor::Webhook;
use crate::route::{Live, Routing};
use crate::store::accept::{Acceptance, Offer};
use crate::store::supersede::Superseded;
use crate::store::{Store, StoreError};
use queue::{Queue, Submission, Turn, Waiting};
pub use queue::{Refusal, Room};

/// What an arrival takes in memory, beside its version.
pub const ARRIVAL_BYTES: usize = 256;

/// The receiver's end of the queue.
#[derive(Clone)]
pub struct Intake(Arc<GroupCommit>);

impl Intake {
    /// When a webhook was last refused because the database could not be used.
    pub fn refused_at(&self) -> Option<Instant> {
        *self.0.refused_at.borrow()
    }

    pub fn room(&self) -> Room {
        self.0.queue.room()
    }

    /// What waits in memory, bodies being read included.
    pub fn queued_bytes(&self) -> usize {
        self.0.queue.taken_bytes()
    }

    /// Waits until the webhook is durable. Whoever stops waiting does not stop the storing.
    pub async fn offer(&self, webhook: Webhook, payload: String, room: Room) -> Result<Acceptance, Refusal> {
        self.submit(webhook, payload, false, room).await
    }

    /// The same for what Harbor was asked about. Nobody is notified of what is quiet.
    pub async fn offer_found(&self, found: Webhook, payload: String, is_quiet: bool) -> Result<Acceptance, Refusal> {
        let mut room = self.room();
        room.grow(payload.len() + found.arrivals.len() * ARRIVAL_BYTES)?;
        self.submit(found, payload, is_quiet, room).await
    }

    async fn submit(
        &self,
        webhook: Webhook,
        payload: String,
        is_quiet: bool,
        room: Room,
    ) -> Result<Acceptance, Refusal> {
        let (reply, answer) = oneshot::channel();
        let submission = Submission { webhook, payload, is_quiet, waiting: Waiting { room, reply } };
        // On the thread that has something to commit: another one would have to be woken first.
        if let Some(turn) = self.0.queue.push(submission)? {
            tokio::spawn(self.0.clone().commit(turn));
        }
        answer.await.map_err(|_| Refusal::Stopping)?
    }
}

/// Commits what came in while somebody else committed, and what a thread that ended left; lives as long as the service.
pub struct Committer(Arc<GroupCommit>);

impl Committer {
    /// Runs until stopped, and then stores what is still queued.
    pub async fn run(self, stop: CancellationToken) {
        let queue = &self.0.queue;
        while !queue.has_ended() {
            tokio::select! {
                () = queue.left() => {}
                () = stop.cancelled(), if !queue.is_closed() => queue.close(),
            }
            while let Some(turn) = queue.turn() {
                self.0.clone().commit(turn).await;
            }
        }
    }
}

impl Drop for Committer {
    /// Nobody would store what waits from then on.
    fn drop(&mut self) {
        self.0.queue.end();
    }
}

struct GroupCommit {
    queue: Arc<Queue>,
    store: Store,
    routing: Live,
    clock: Clock,
    metrics: Metrics,
    /// Wakes the lanes, because there is something to look at.
    nudge: watch::Sender<()>,
    /// None where Harbor's API is not asked.
    look_ups: Option<LookUps>,
    /// When a webhook was last refused because the database could not be used.
    refused_at: watch::Sender<Option<Instant>>,
}

/// Makes both ends.
pub fn intake(
    store: Store,
    routing: Live,
    clock: Clock,
    metrics: Metrics,
    nudge: watch::Sender<()>,
    look_ups: Option<LookUps>,
) -> (Intake, Committer) {
    let group_commit = Arc::new(GroupCommit {
        queue: Queue::new(),
        store,
        routing,
        clock,
        metrics,
        nudge,
        look_ups,
        refused_at: watch::Sender::new(None),
    });
    (Intake(group_commit.clone()), Committer(group_commit))
}

impl GroupCommit {
    async fn commit(self: Arc<Self>, turn: Turn) {
        let batch = turn.batch(|webhook, payload, is_quiet| self.offer(webhook, payload, is_quiet));
        let routing = self.routing.borrow().clone();
        let answers: Vec<_> = match self.store(&batch.offers, &routing).await {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            // One event must not harm another: find out which it is.
            Err(StoreError::Refused(_)) => self.one_by_one(&batch.offers, &routing).await,
            Err(error) => {
                self.is_away(&error, batch.offers.len());
                batch.offers.iter().map(|_| Err(Refusal::Unavailable)).collect()
            }
        };
        batch.answer(answers);
        self.nudge.send_replace(());
    }

    /// An event of which Harbor is still to be asked waits for the answer.
    fn offer(&self, mut webhook: Webhook, payload: String, is_quiet: bool) -> Offer {
        let look_up = self.look_ups.as_ref().map_or(0, |look_ups| look_ups.wait_for(&webhook.event));
        if look_up > 0 && webhook.event.outcome == ReplicationOutcome::Succeeded {
            webhook.event.operation = Operation::Unconfirmed;
        }
        Offer { event_id: Uuid::now_v7().to_string(), webhook, payload, is_quiet, look_up }
    }

    async fn store(&self, offers: &[Offer], routing: &Routing) -> Result<Vec<Acceptance>, StoreError> {
        let stored = self.store.accept(offers, |event| routing.assignments(event), self.clock.now()).await?;
        for (offer, answer) in offers.iter().zip(&stored.answers) {
            if let Acceptance::Accepted { event_id, robots } = answer {
                for robot in robots {
                    self.metrics.came_to(State::Pending, robot, 1);
                }
                let asks = offer.look_up > 0 && offer.webhook.event.source == Source::Webhook;
                if let Some(look_ups) = self.look_ups.as_ref().filter(|_| asks) {
                    look_ups.ask(Question::of(event_id, &offer.webhook.event));
                }
            }
        }
        for Superseded { id, event_id, robot } in &stored.superseded {
            tracing::info!(delivery_id = id, event_id, robot, "superseded: its success came before it was sent");
            self.metrics.came_to(State::Superseded, robot, 1);
        }
        Ok(stored.answers)
    }

    /// Up to the first that finds the database away: each of those behind it would wait for it in vain.
    async fn one_by_one(&self, offers: &[Offer], routing: &Routing) -> Vec<Result<Acceptance, Refusal>> {
        let mut answers = Vec::with_capacity(offers.len());
        for offer in offers {
            let repository = &offer.webhook.event.repository;
            match self.store(std::slice::from_ref(offer), routing).await {
                Ok(mut answer) => answers.push(answer.pop().ok_or(Refusal::Unavailable)),
                Err(error @ StoreError::Refused(_)) => {
                    tracing::error!(%error, repository, "the database refuses a webhook; answered 422");
                    answers.push(Err(Refusal::Refused));
                }
                Err(error) => {
                    self.is_away(&error, offers.len() - answers.len());
                    break;
                }
            }
        }
        answers.resize_with(offers.len(), || Err(Refusal::Unavailable));
        answers
    }

    fn is_away(&self, error: &StoreError, webhooks: usize) {
        tracing::error!(%error, webhooks, "webhooks could not be stored; answered 503");
        self.refused_at.send_replace(Some(Instant::now()));
    }
}
