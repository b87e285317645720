//! What waits to be stored, within a bound of memory, and whose turn it is to commit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

use crate::model::harbor::Webhook;
use crate::store::accept::{Acceptance, Offer};

/// What may wait in memory, bodies being read included. Beyond it the answer is 503 and Harbor sends it again.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;
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

pub(super) struct Submission {
    pub(super) webhook: Webhook,
    pub(super) payload: String,
    pub(super) is_quiet: bool,
    pub(super) waiting: Waiting,
}

/// Who waits for the answer.
pub(super) struct Waiting {
    pub(super) room: Room,
    pub(super) reply: oneshot::Sender<Result<Acceptance, Refusal>>,
}

/// Unbounded in number: the budget of bytes is the bound.
pub(super) struct Queue {
    state: Mutex<State>,
    budget: Arc<Semaphore>,
    /// A turn has ended, and something waits or the queue is closed.
    left: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Submission>,
    /// Somebody has the turn.
    is_taken: bool,
    is_closed: bool,
}

impl Queue {
    pub(super) fn new() -> Arc<Self> {
        let budget = Arc::new(Semaphore::new(QUEUE_BYTES));
        Arc::new(Self { state: Mutex::default(), budget, left: Notify::new() })
    }

    pub(super) fn room(&self) -> Room {
        Room { budget: self.budget.clone(), taken: None, bytes: 0 }
    }

    pub(super) fn taken_bytes(&self) -> usize {
        QUEUE_BYTES.saturating_sub(self.budget.available_permits())
    }

    /// From the closing on nothing more is taken. Who gets a turn is to commit.
    pub(super) fn push(self: &Arc<Self>, submission: Submission) -> Result<Option<Turn>, Refusal> {
        let mut state = self.state();
        if state.is_closed {
            return Err(Refusal::Stopping);
        }
        state.waiting.push_back(submission);
        Ok(self.take(&mut state))
    }

    /// None where somebody has it, or nothing waits.
    pub(super) fn turn(self: &Arc<Self>) -> Option<Turn> {
        self.take(&mut self.state())
    }

    fn take(self: &Arc<Self>, state: &mut State) -> Option<Turn> {
        if state.is_taken || state.waiting.is_empty() {
            return None;
        }
        state.is_taken = true;
        Some(Turn(self.clone()))
    }

    /// Waits until a turn has ended that left something, or ended after the closing.
    pub(super) async fn left(&self) {
        self.left.notified().await;
    }

    pub(super) fn close(&self) {
        self.state().is_closed = true;
    }

    /// What still waits is refused.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.waiting.clear();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Closed, and nobody commits or waits any more.
    pub(super) fn has_ended(&self) -> bool {
        let state = self.state();
        state.is_closed && !state.is_taken && state.waiting.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to commit, which one has at a time.
pub(super) struct Turn(Arc<Queue>);

impl Turn {
    pub(super) fn batch(self, offer: impl Fn(Webhook, String, bool) -> Offer) -> Batch {
        let offered = self.submissions().into_iter();
        let (offers, waiting) = offered.map(|one| (offer(one.webhook, one.payload, one.is_quiet), one.waiting)).unzip();
        Batch { offers, waiting, turn: self }
    }

    fn submissions(&self) -> Vec<Submission> {
        let (mut bytes, mut taken, mut state) = (0, Vec::new(), self.0.state());
        while bytes < BATCH_BYTES && taken.len() < BATCH_WEBHOOKS {
            let Some(next) = state.waiting.pop_front() else { break };
            bytes += next.waiting.room.bytes;
            taken.push(next);
        }
        taken
    }
}

impl Drop for Turn {
    /// Even where its task ends in the midst of it.
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_taken = false;
        if state.is_closed || !state.waiting.is_empty() {
            self.0.left.notify_one();
        }
    }
}

/// What is committed together. Dropped without an answer, because its task ends in the midst of it, it waits again.
pub(super) struct Batch {
    pub(super) offers: Vec<Offer>,
    waiting: Vec<Waiting>,
    turn: Turn,
}

impl Batch {
    /// In the order of the offers.
    pub(super) fn answer(mut self, answers: Vec<Result<Acceptance, Refusal>>) {
        self.offers.clear();
        for (Waiting { reply, .. }, answer) in self.waiting.drain(..).zip(answers) {
            // A client that is gone needs no answer; its event is stored.
            let _ = reply.send(answer);
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let mut state = self.turn.0.state();
        for (offer, waiting) in self.offers.drain(..).zip(self.waiting.drain(..)).rev() {
            let Offer { webhook, payload, is_quiet, .. } = offer;
            state.waiting.push_front(Submission { webhook, payload, is_quiet, waiting });
        }
    }
}
