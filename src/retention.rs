//! Removing what ended longer ago than `RETENTION`: at the start and then every hour, by one process at a time, in steps so
//! small and so far apart that neither webhooks nor lanes wait for it.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::metrics::Metrics;
use crate::model::clock::{Clock, Millis};
use crate::model::event::ReplicationOutcome;
use crate::model::json::utc;
use crate::model::retention::{DEFAULT, Decision, Limits, NOTICE, Present, Removed, Retention, Wait, Why};
use crate::store::old::{Kind, Old, Place};
use crate::store::{Result, Store};

/// The lease's name: of several processes one removes.
const WORK: &str = "retention";
/// Rows that one step removes at most; an event that has more of them by itself is a step of its own.
pub const ROWS_AT_ONCE: i64 = 400;
/// After each step the writer is left to others for so many times as long. They wait for one step at most, and webhooks
/// that come in meanwhile are committed together.
const LEFT_TO_OTHERS: u32 = 1;

/// Removes what is old.
pub struct Pruner {
    pub store: Store,
    pub clock: Clock,
    pub retention: Retention,
    pub metrics: Metrics,
    /// This process.
    owner: String,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// It is kept for ever.
    Keeps,
    /// Another process removes now.
    Busy,
    Waits(Wait),
    Removed {
        removed: Removed,
        bytes: u64,
    },
}

impl Pruner {
    pub fn new(store: Store, clock: Clock, retention: Retention, metrics: Metrics) -> Self {
        Self { store, clock, retention, metrics, owner: Uuid::now_v7().to_string() }
    }

    /// Runs until stopped. Each step is one transaction; the next start takes it up from there.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let Some(ran) = stop.run_until_cancelled(self.once()).await else { break };
            if let Err(error) = &ran {
                tracing::warn!(%error, "what is old could not be removed; it is tried again in a minute");
            }
            if stop.run_until_cancelled(sleep(until_next_run(&ran))).await.is_none() {
                break;
            }
        }
        self.give_lease_back().await;
    }

    /// One run, after which another process may begin one; the log says what went.
    pub async fn once(&self) -> Result<Run> {
        if !self.holds().await? {
            return Ok(Run::Busy);
        }
        let ran = self.look().await;
        self.give_lease_back().await;
        ran
    }

    async fn give_lease_back(&self) {
        if let Err(error) = self.store.release_work(WORK, &self.owner).await {
            tracing::debug!(%error, "the lease of the retention was not given back; it runs out by itself");
        }
    }

    async fn look(&self) -> Result<Run> {
        let (present, leaps) = (self.present().await?, self.clock.leaps());
        let now = present.time();
        let before = self.store.looks().await?;
        let (decision, mut looks) = self.retention.decide(before, present, &leaps);
        if before.pause(now) > 0 && self.retention.records.is_some() {
            tracing::warn!(
                last_looked_at = %utc(before.looked_at),
                until = %utc(looks.held_until),
                "for long nobody looked for what is old: no service ran, or the clock went ahead and may be wrong; nothing is removed meanwhile"
            );
        }
        if let Decision::Announce(limits) = decision
            && self.announce(limits, now).await?
        {
            looks.announced_at = now;
        }
        if let Decision::Wait(Wait { why: Why::ClockAhead, .. }) = decision {
            tracing::warn!(
                now = %utc(now),
                own = %utc(present.own),
                "nothing old is removed: this process's clock was wrong at some time and is ahead of the present; a restart puts it right"
            );
        }
        self.store.looked(looks).await?;
        Ok(match decision {
            Decision::Keep => Run::Keeps,
            Decision::Announce(_) if looks.announced_at == now => Run::Waits(Wait::announced(now)),
            Decision::Announce(_) => Run::Removed { removed: Removed::default(), bytes: 0 },
            Decision::Wait(wait) => Run::Waits(wait),
            Decision::Remove(limits) => self.remove(limits).await?,
        })
    }

    /// Says what will be removed by a retention that nobody chose; false where there is nothing.
    async fn announce(&self, limits: Limits, now: Millis) -> Result<bool> {
        let old = self.count(limits).await?;
        if !old.is_nothing() {
            tracing::warn!(
                deliveries = old.deliveries,
                payloads = old.payloads,
                messages = old.messages,
                from = %utc(now + NOTICE),
                "RETENTION is not set: what ended more than {DEFAULT} ago will be removed; set RETENTION to choose (0: never)"
            );
        }
        Ok(!old.is_nothing())
    }

    /// What is old now, and before when none of it is removed.
    pub async fn would(&self) -> Result<(Removed, Option<Wait>)> {
        let present = self.present().await?;
        let now = present.time();
        let (decision, _) = self.retention.decide(self.store.looks().await?, present, &self.clock.leaps());
        let wait = match decision {
            Decision::Announce(_) => Some(Wait::announced(now)),
            Decision::Wait(wait) => Some(wait),
            Decision::Keep | Decision::Remove(_) => None,
        };
        let Some(limits) = self.retention.limits(now, &self.clock.leaps()) else { return Ok(Default::default()) };
        let old = self.count(limits).await?;
        Ok((old, wait.filter(|_| !old.is_nothing())))
    }

    async fn present(&self) -> Result<Present> {
        let own = self.store.tell_time(&self.clock).await?;
        Ok(Present { own, followed: self.clock.followed() })
    }

    async fn remove(&self, limits: Limits) -> Result<Run> {
        let (began, mut removed) = (Instant::now(), Removed::default());
        let walked = self.walk(limits, &mut removed, true).await;
        let given_back = match walked {
            Ok(()) => self.give_back().await,
            Err(error) => Err(error),
        };
        if !removed.is_nothing() {
            let Removed { deliveries, attempts, payloads, messages, changes, events, arrivals } = removed;
            tracing::info!(
                deliveries,
                attempts,
                payloads,
                messages,
                changes,
                events,
                arrivals,
                bytes = given_back.as_ref().copied().unwrap_or_default(),
                seconds = began.elapsed().as_secs(),
                "removed what ended longer ago than RETENTION"
            );
        }
        Ok(Run::Removed { removed, bytes: given_back? })
    }

    /// Counts all that is old, and touches nothing.
    async fn count(&self, limits: Limits) -> Result<Removed> {
        let mut old = Removed::default();
        self.walk(limits, &mut old, false).await?;
        Ok(old)
    }

    async fn walk(&self, limits: Limits, total: &mut Removed, removes: bool) -> Result<()> {
        let oldest_left = self.walk_of(Kind::Deliveries, limits, total, removes).await?;
        self.walk_of(Kind::Messages, limits, total, removes).await?;
        // A delivery that stays may know of every change since it was made.
        let of_changes = Limits { records: oldest_left.unwrap_or(Millis::MAX).min(limits.records), ..limits };
        self.walk_of(Kind::Changes, of_changes, total, removes).await?;
        if limits.arrivals.is_some() {
            for outcome in ReplicationOutcome::ALL {
                self.walk_of(Kind::Events(outcome), limits, total, removes).await?;
            }
        }
        Ok(())
    }

    /// From the oldest on; when the oldest that stays was made.
    async fn walk_of(&self, kind: Kind, limits: Limits, total: &mut Removed, removes: bool) -> Result<Option<Millis>> {
        let (mut place, mut oldest_left) = (Place::default(), None);
        loop {
            let page = self.store.old(kind, limits, &place).await?;
            let Some(last) = page.last() else { return Ok(oldest_left) };
            place = last.place();
            oldest_left = oldest_left.or_else(|| page.iter().find(|old| old.is_needed).map(|old| old.at));
            let (_, old): (Vec<_>, Vec<_>) = page.into_iter().partition(|old| old.is_needed);
            for part in parts(&old) {
                if removes {
                    self.steps(kind, limits, part, total).await?;
                } else {
                    total.add(counted(kind, part));
                }
            }
        }
    }

    async fn steps(&self, kind: Kind, limits: Limits, part: &[Old], total: &mut Removed) -> Result<()> {
        let ids: Vec<_> = part.iter().map(|old| old.id.clone()).collect();
        loop {
            if !self.holds().await? {
                return Ok(());
            }
            let began = Instant::now();
            let removed = match kind {
                Kind::Deliveries => self.store.reduce_to_facts(&ids, limits.records).await?,
                Kind::Messages => self.store.remove_messages(&ids).await?,
                Kind::Changes => self.store.remove_changes(&ids).await?,
                Kind::Events(_) => self.store.remove_events(&ids).await?,
            };
            let took = began.elapsed();
            total.add(removed);
            self.metrics.removed(&removed);
            sleep(took * LEFT_TO_OTHERS).await;
            if removed.is_nothing() || !matches!(kind, Kind::Events(_)) {
                return Ok(());
            }
        }
    }

    /// Says how many bytes.
    async fn give_back(&self) -> Result<u64> {
        let mut bytes = 0;
        loop {
            let began = Instant::now();
            match self.store.give_back().await? {
                0 => return Ok(bytes),
                given => bytes += given,
            }
            sleep(began.elapsed() * LEFT_TO_OTHERS).await;
        }
    }

    async fn holds(&self) -> Result<bool> {
        self.store.acquire_work(WORK, &self.owner, &self.clock).await
    }
}

/// How long until the next run. Where another process removes, that may end before all is done.
pub const fn until_next_run(ran: &Result<Run>) -> Duration {
    Duration::from_secs(match ran {
        Ok(Run::Busy) => 5 * 60,
        Ok(_) => 60 * 60,
        Err(_) => 60,
    })
}

/// Parts of about as many rows; only one that has more by itself is larger.
pub fn parts(old: &[Old]) -> Vec<&[Old]> {
    let (mut parts, mut begin, mut rows) = (Vec::new(), 0, 0);
    for (place, one) in old.iter().enumerate() {
        let more = 1 + one.deliveries + one.attempts + one.arrivals;
        if place > begin && rows + more > ROWS_AT_ONCE {
            parts.push(&old[begin..place]);
            (begin, rows) = (place, 0);
        }
        rows += more;
    }
    parts.extend((begin < old.len()).then(|| &old[begin..]));
    parts
}

/// What the removal of these would come to.
fn counted(kind: Kind, old: &[Old]) -> Removed {
    let sum = |of: fn(&Old) -> i64| old.iter().map(|one| of(one).unsigned_abs()).sum();
    let all = old.len() as u64;
    match kind {
        Kind::Deliveries => Removed {
            deliveries: sum(|one| one.deliveries),
            attempts: sum(|one| one.attempts),
            payloads: all,
            ..Removed::default()
        },
        Kind::Messages => Removed { messages: all, ..Removed::default() },
        Kind::Changes => Removed { changes: all, ..Removed::default() },
        Kind::Events(_) => Removed { events: all, arrivals: sum(|one| one.arrivals), ..Removed::default() },
    }
}
