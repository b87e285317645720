//! The board: where has which version arrived? Rows of images, the most recently active first, each with its destinations.

mod cells;
mod expected;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use cells::{Cell, Facts, Row};
pub use expected::names;

use crate::harbor::answers::Policy;
use crate::model::clock::Millis;
use crate::model::destination::{Destinations, Replicated, Spans, spans};
use crate::model::event::ReplicationOutcome;
use crate::store::images::{Image, Images};
use crate::store::replicating::Running;
use crate::store::views::ArrivalView;
use crate::store::{Result, Store};
use cells::Known;

/// A page looks at no more images than this; where few match, it ends early and says where to go on.
const MOST_LOOKED_AT: usize = 1_000;
const LOOKED_AT_ONCE: usize = 200;

/// Which rows are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub images: Images,
    /// A registry's name, or a rule's description.
    pub destination: Option<String>,
    pub incomplete: bool,
    /// Only images that failed, or arrived, somewhere.
    pub outcome: Option<ReplicationOutcome>,
}

/// A part of the board.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub rows: Vec<Row>,
    /// Behind which image the next page begins; None on the last one.
    pub next: Option<Image>,
}

/// What the board is made of.
#[derive(Clone, Copy)]
pub struct Board<'a> {
    pub store: &'a Store,
    /// Harbor's rules; None where it cannot be asked.
    pub rules: Option<&'a [Policy]>,
    pub now: Millis,
}

impl Board<'_> {
    pub async fn page(&self, wanted: &Wanted, limit: usize, after: Option<&Image>) -> Result<Page> {
        let mut page = Page::default();
        let spans = spans(&self.store.destinations_of_all().await?);
        let mut fresh = self.store.replicated_first_now(&wanted.images, self.now).await?;
        fresh.retain(|image| after.is_none_or(|after| image.order() < after.order()));
        let step = if wanted.looks_at_rows() { LOOKED_AT_ONCE } else { limit + 1 };
        let (mut last, mut looked_at) = (after.cloned(), 0);
        loop {
            let mut images = self.store.images(&wanted.images, step, last.as_ref()).await?;
            let is_end = images.len() < step;
            let end = images.last().filter(|_| !is_end);
            let before = fresh.iter().take_while(|image| end.is_none_or(|end| image.order() > end.order())).count();
            images.extend(fresh.drain(..before));
            images.sort_by(|one, other| other.order().cmp(&one.order()));
            for (image, row) in images.iter().zip(self.rows(&images, &spans).await?) {
                if page.rows.len() == limit {
                    return Ok(Page { next: last, ..page });
                }
                page.rows.extend(Some(row).filter(|row| wanted.takes(row)));
                last = Some(image.clone());
            }
            looked_at += images.len();
            if is_end {
                return Ok(page);
            }
            if looked_at >= MOST_LOOKED_AT {
                return Ok(Page { next: last, ..page });
            }
        }
    }

    /// A row for each image, in their order.
    async fn rows(&self, images: &[Image], spans: &Spans) -> Result<Vec<Row>> {
        if images.is_empty() {
            return Ok(Vec::new());
        }
        let repositories: BTreeSet<_> = images.iter().map(|image| image.repository.as_str()).collect();
        let repositories: Vec<_> = repositories.into_iter().collect();
        let replicated = self.store.destinations(&repositories).await?;
        let names = names(self.rules.unwrap_or_default());
        let places: BTreeMap<_, _> = repositories
            .iter()
            .map(|repository| {
                let here: Vec<_> = replicated.iter().filter(|one| one.repository == *repository).cloned().collect();
                let destinations = Destinations::of(&here, spans, &names);
                (*repository, (here, destinations))
            })
            .collect();
        let mut happened = by_image(self.store.history(&pairs(images)).await?);
        let running = self.store.running(&repositories).await?;
        let row = |image: &Image| {
            let (here, destinations) = &places[image.repository.as_str()];
            let running: Vec<_> = running.iter().filter(|one| one.repository == image.repository).cloned().collect();
            let happened = happened.remove(&(image.repository.clone(), image.version.clone())).unwrap_or_default();
            self.row(image, here, destinations, &running, happened)
        };
        Ok(images.iter().map(row).collect())
    }

    fn row(
        &self,
        image: &Image,
        here: &[Replicated],
        destinations: &Destinations,
        running: &[Running],
        happened: Vec<ArrivalView>,
    ) -> Row {
        let expected = match self.rules {
            Some(rules) => expected::by_rules(rules, image, destinations),
            None => expected::by_arrivals(here, destinations, self.now),
        };
        cells::row(image, Known { happened, running, destinations, expected, guessed: self.rules.is_none() })
    }
}

impl Wanted {
    /// Whether what is wanted can only be told from the rows.
    const fn looks_at_rows(&self) -> bool {
        self.incomplete || self.destination.is_some() || self.outcome.is_some()
    }

    fn takes(&self, row: &Row) -> bool {
        let here = |cell: &&Cell| self.destination.as_ref().is_none_or(|place| cell.is_called(place));
        let mut cells = row.destinations.iter().filter(here);
        match self.outcome {
            _ if self.incomplete && !cells.clone().any(Cell::is_lacking) => false,
            Some(ReplicationOutcome::Failed) => cells.any(|cell| cell.outcome == Some(ReplicationOutcome::Failed)),
            Some(ReplicationOutcome::Succeeded) => cells.any(Cell::is_there),
            None => self.destination.is_none() || cells.next().is_some(),
        }
    }
}

fn pairs(images: &[Image]) -> Vec<(&String, &String)> {
    images.iter().map(|image| (&image.repository, &image.version)).collect()
}

fn by_image(happened: Vec<ArrivalView>) -> HashMap<(String, String), Vec<ArrivalView>> {
    let mut images: HashMap<_, Vec<ArrivalView>> = HashMap::new();
    for arrival in happened {
        images.entry((arrival.repository.clone(), arrival.version.clone())).or_default().push(arrival);
    }
    images
}
