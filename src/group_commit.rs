//! The group commit: a 202 comes only after it. Requests hand their webhooks to one task, which commits whatever is
//! waiting in one transaction and then answers them all; what was found in Harbor goes the same way. A client that hangs
//! up changes nothing.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
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

/// What may wait in memory, bodies being read included. Beyond it the answer is 503 and Harbor sends it again.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;
/// What an arrival takes in memory, beside its version.
pub const ARRIVAL_BYTES: usize = 256;
/// What one transaction takes: small enough to be answered in time, large enough to share its cost. Half of what a busy
/// service gets at once, so that it answers the one half and reads new webhooks while the other half is stored.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
const BATCH_WEBHOOKS: usize = 128;

/// Why a webhook was not stored.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("too much is waiting to be stored; try again")]
    QueueFull,
    #[error("the database cannot store it now; try again")]
    Unavailable,
    #[error("the service is stopping; try again")]
    Stopping,
    #[error("the database refuses this event; harborbell's log says why")]
    Refused,
}

/// A share of the queue's memory, given back when it is dropped.
pub struct Room {
    budget: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Room {
    /// Takes room for so many bytes more, or says that there is none.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let wanted = u32::try_from(bytes).map_err(|_| Refusal::QueueFull)?;
        let more = self.budget.clone().try_acquire_many_owned(wanted).map_err(|_| Refusal::QueueFull)?;
        self.bytes += bytes;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }
}

struct Submission {
    webhook: Webhook,
    payload: String,
    is_quiet: bool,
    room: Room,
    reply: oneshot::Sender<Result<Acceptance, Refusal>>,
}

/// The receiver's end of the queue.
#[derive(Clone)]
pub struct Intake {
    queue: mpsc::UnboundedSender<Submission>,
    budget: Arc<Semaphore>,
    refused_at: watch::Receiver<Option<Instant>>,
}

impl Intake {
    /// When a webhook was last refused because the database could not be used.
    pub fn refused_at(&self) -> Option<Instant> {
        *self.refused_at.borrow()
    }

    pub fn room(&self) -> Room {
        Room { budget: self.budget.clone(), taken: None, bytes: 0 }
    }

    /// What waits in memory, bodies being read included.
    pub fn queued_bytes(&self) -> usize {
        QUEUE_BYTES.saturating_sub(self.budget.available_permits())
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
        let submission = Submission { webhook, payload, is_quiet, room, reply };
        self.queue.send(submission).map_err(|_| Refusal::Stopping)?;
        answer.await.map_err(|_| Refusal::Stopping)?
    }
}

/// The committing end: a loop that lives as long as the service.
pub struct Committer {
    queue: mpsc::UnboundedReceiver<Submission>,
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
    // Unbounded in number: the budget of bytes is the bound.
    let (sender, receiver) = mpsc::unbounded_channel();
    let (refused_at, is_refused) = watch::channel(None);
    let budget = Arc::new(Semaphore::new(QUEUE_BYTES));
    let intake = Intake { queue: sender, budget, refused_at: is_refused };
    (intake, Committer { queue: receiver, store, routing, clock, metrics, nudge, look_ups, refused_at })
}

impl Committer {
    /// Runs until stopped, and then stores what is still queued.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let first = tokio::select! {
                first = self.queue.recv() => first,
                () = stop.cancelled() => {
                    self.queue.close();
                    self.queue.recv().await
                }
            };
            let Some(first) = first else { return };
            let batch = self.gather(first);
            self.commit(batch).await;
        }
    }

    fn gather(&mut self, first: Submission) -> Vec<Submission> {
        let mut bytes = first.room.bytes;
        let mut batch = vec![first];
        while bytes < BATCH_BYTES && batch.len() < BATCH_WEBHOOKS {
            let Ok(next) = self.queue.try_recv() else { break };
            bytes += next.room.bytes;
            batch.push(next);
        }
        batch
    }

    async fn commit(&self, batch: Vec<Submission>) {
        let mut offers = Vec::with_capacity(batch.len());
        let mut waiting = Vec::with_capacity(batch.len());
        for Submission { webhook, payload, is_quiet, room, reply } in batch {
            offers.push(self.offer(webhook, payload, is_quiet));
            waiting.push((reply, room));
        }
        let routing = self.routing.borrow().clone();
        let answers: Vec<_> = match self.store(&offers, &routing).await {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            // One event must not harm another: find out which it is.
            Err(StoreError::Refused(_)) => self.one_by_one(&offers, &routing).await,
            Err(error) => {
                self.is_away(&error, offers.len());
                offers.iter().map(|_| Err(Refusal::Unavailable)).collect()
            }
        };
        for ((reply, _room), answer) in waiting.into_iter().zip(answers) {
            // A client that is gone needs no answer; its event is stored.
            let _ = reply.send(answer);
        }
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
