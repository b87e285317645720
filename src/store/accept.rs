//! Accepting: a whole batch of webhooks in one transaction, with one statement for each table, because
//! the cost of SQLite is per statement and per commit, not per row.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::dedup::{New, insert_arrivals, queue_arrivals};
use super::insert::{NewEvent, insert_deliveries, insert_events};
use super::note::note;
pub use super::offer::Offer;
use super::sql::Transaction;
use super::supersede::{Superseded, supersede_held};
use super::task::{expect_no_task, join_found, join_webhooks};
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::Assignment;
use crate::model::event::{Event, ReplicationOutcome, Source};
use crate::model::harbor::Webhook;

/// How often a batch is begun anew that the database has ended in favour of another one.
const CONFLICTS: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// These robots are to send it.
    Accepted { event_id: String, robots: Vec<String> },
    /// Every one of its arrivals was known: there is no row.
    Duplicate,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// In the order of the offers.
    pub answers: Vec<Acceptance>,
    pub superseded: Vec<Superseded>,
}

/// The rows of a batch, before they are committed.
#[derive(Default)]
pub(super) struct Written<'a> {
    accepted: Vec<NewEvent<'a>>,
    healed: Vec<String>,
}

impl Store {
    /// Stores all offers or none. `assign` is asked about each event that has new arrivals, with only its new versions: what
    /// was sent before is not sent again.
    pub async fn accept(
        &self,
        offers: &[Offer],
        assign: impl Fn(&Event) -> Vec<Assignment> + Sync,
        now: Millis,
    ) -> Result<Stored> {
        // Two replicas may block each other; that is no reason to refuse a webhook.
        for _ in 0..CONFLICTS {
            match self.accept_once(offers, &assign, now).await {
                Err(error) if error.is_conflict() => {}
                answered => return answered,
            }
        }
        self.accept_once(offers, &assign, now).await
    }

    async fn accept_once(
        &self,
        offers: &[Offer],
        assign: &(impl Fn(&Event) -> Vec<Assignment> + Sync),
        now: Millis,
    ) -> Result<Stored> {
        let are_webhooks = offers.iter().all(|offer| offer.webhook.event.source == Source::Webhook);
        if are_webhooks && !self.is_shared() {
            match self.accept_news(offers, assign, now).await {
                Err(error) if error.is_unexpected() => {}
                stored => return stored,
            }
        }
        let mut transaction = self.begin().await?;
        let Written { accepted, healed } = Self::write(&mut transaction, offers, assign, now).await?;
        let mut superseded = transaction.commit_with(supersede_held(&successes(&accepted), now)).await?;
        self.check_in_place()?;
        // Only another replica can have committed at the same time.
        if self.is_shared() {
            let ours: Vec<_> = accepted.iter().map(|new| new.id).collect();
            match self.supersede_concurrent(&ours, &healed, now).await {
                Ok(late) => superseded.extend(late),
                // All of it is stored; at the worst a failure is sent that its success has already healed.
                Err(error) => tracing::warn!(%error, "cannot look for failures that another replica's success heals"),
            }
        }
        Ok(Stored { answers: answers(offers, accepted), superseded })
    }

    /// As if nothing of it were known, which is what nearly every webhook is: so there is one wait for SQLite, and not one
    /// for each question. An error where something is known.
    async fn accept_news(
        &self,
        offers: &[Offer],
        assign: &(impl Fn(&Event) -> Vec<Assignment> + Sync),
        now: Millis,
    ) -> Result<Stored> {
        let mut transaction = self.begin().await?;
        expect_no_task(&mut transaction, offers);
        let mut new = queue_arrivals(&mut transaction, offered(offers.iter()));
        let accepted = write_rows(&mut transaction, offers.iter(), &mut new, assign, now);
        let superseded = transaction.commit_with(supersede_held(&successes(&accepted), now)).await?;
        self.check_in_place()?;
        Ok(Stored { answers: answers(offers, accepted), superseded })
    }

    /// All rows that these offers make, where they are new. What Harbor's API tells of comes after the webhooks: a task that
    /// both tell of in one batch is known by then.
    pub(super) async fn write<'a>(
        transaction: &mut Transaction,
        offers: &'a [Offer],
        assign: &(impl Fn(&Event) -> Vec<Assignment> + Sync),
        now: Millis,
    ) -> Result<Written<'a>> {
        let (webhooks, found): (Vec<_>, Vec<_>) =
            offers.iter().partition(|offer| offer.webhook.event.source == Source::Webhook);
        let known = join_webhooks(transaction, &webhooks, now).await?;
        let mut written = Self::write_new(transaction, &webhooks, &known, assign, now).await?;
        if !found.is_empty() {
            let known = join_found(transaction, &found, now).await?;
            let Written { accepted, healed } = Self::write_new(transaction, &found, &known, assign, now).await?;
            written.accepted.extend(accepted);
            written.healed.extend(healed);
        }
        Ok(written)
    }

    async fn write_new<'a>(
        transaction: &mut Transaction,
        offers: &[&'a Offer],
        known: &HashSet<String>,
        assign: &(impl Fn(&Event) -> Vec<Assignment> + Sync),
        now: Millis,
    ) -> Result<Written<'a>> {
        if offers.is_empty() {
            return Ok(Written::default());
        }
        let unknown = offers.iter().copied().filter(|offer| !known.contains(&offer.event_id));
        let mut new = insert_arrivals(transaction, offered(unknown)).await?;
        let accepted = write_rows(transaction, offers.iter().copied(), &mut new, assign, now);
        Ok(Written { accepted, healed: new.healed })
    }
}

fn offered<'a>(offers: impl Iterator<Item = &'a Offer>) -> impl Iterator<Item = (&'a str, &'a Webhook)> {
    offers.map(|offer| (offer.event_id.as_str(), &offer.webhook))
}

/// All rows but the arrivals, for the events that have new ones.
fn write_rows<'a>(
    transaction: &mut Transaction,
    offers: impl Iterator<Item = &'a Offer>,
    new: &mut New,
    assign: &impl Fn(&Event) -> Vec<Assignment>,
    now: Millis,
) -> Vec<NewEvent<'a>> {
    let accepted = offers.filter_map(|offer| {
        let event = with_versions(&offer.webhook.event, &new.versions.remove(&offer.event_id)?);
        let assignments = if offer.is_quiet { Vec::new() } else { assign(&event) };
        Some(NewEvent { id: &offer.event_id, payload: &offer.payload, look_up: offer.look_up, assignments, event })
    });
    let accepted: Vec<_> = accepted.collect();
    if !accepted.is_empty() {
        insert_events(transaction, &accepted, now);
        insert_deliveries(transaction, &accepted, now);
        note(transaction, accepted.iter().map(|new| new.event.as_ref()), now);
    }
    accepted
}

fn successes<'a>(accepted: &[NewEvent<'a>]) -> Vec<&'a str> {
    let succeeded = accepted.iter().filter(|new| new.event.outcome == ReplicationOutcome::Succeeded);
    succeeded.map(|new| new.id).collect()
}

/// In the order of the offers.
fn answers(offers: &[Offer], accepted: Vec<NewEvent<'_>>) -> Vec<Acceptance> {
    let mut accepted: HashMap<_, _> = accepted.into_iter().map(|new| (new.id, new)).collect();
    let answer = |offer: &Offer| match accepted.remove(offer.event_id.as_str()) {
        Some(NewEvent { assignments, .. }) => Acceptance::Accepted {
            event_id: offer.event_id.clone(),
            robots: assignments.into_iter().map(|assignment| assignment.robot).collect(),
        },
        None => Acceptance::Duplicate,
    };
    offers.iter().map(answer).collect()
}

/// The event with only these of its versions; one that named none keeps none.
fn with_versions<'a>(event: &'a Event, new: &HashSet<String>) -> Cow<'a, Event> {
    if event.versions.iter().all(|version| new.contains(version)) {
        return Cow::Borrowed(event);
    }
    let versions = event.versions.iter().filter(|version| new.contains(*version)).cloned().collect();
    Cow::Owned(Event { versions, ..event.clone() })
}
