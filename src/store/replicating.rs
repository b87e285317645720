//! What is being replicated now, as Harbor's API said last.

use std::collections::HashSet;

use super::arrivals::Question;
use super::images::{Image, Images};
use super::sql::{Statement, sql};
use super::views::{OtherState, OtherView};
use super::{Result, Store, rows};
use crate::model::clock::{Millis, SECOND};
use crate::model::event::JsonList;

/// So many new images are shown before their first replication has ended.
const MOST_NEW: i64 = 100;

/// A repository that is being replicated to one destination.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Running {
    pub repository: String,
    pub registry: String,
    pub description: String,
    /// Empty where they are unknown: then it may be any.
    #[sqlx(try_from = "JsonList")]
    pub versions: Vec<String>,
    pub started_at: Millis,
}

const RUNNING: &str = "SELECT r.repository, r.registry, r.description, r.versions, r.started_at";
const NEWEST_FIRST: &str = "ORDER BY r.started_at DESC, r.execution_id DESC";

impl Store {
    /// What of this image is on its way, newest first.
    pub(super) async fn replicating(&self, question: &Question) -> Result<Vec<OtherView>> {
        let mut query = sql(format!("{RUNNING} FROM replicating r WHERE r.repository = ?")).bind(&question.repository);
        if let Some(since) = question.since {
            query = query.and(sql(" AND r.started_at >= ?").bind(since));
        }
        let rows: Vec<Running> = self.all(query.and(sql(format!(" {NEWEST_FIRST}")))).await?;
        Ok(rows.into_iter().flat_map(|row| row.views(question)).collect())
    }

    /// What of these repositories is on its way.
    pub async fn running(&self, repositories: &[&str]) -> Result<Vec<Running>> {
        let given: Vec<_> = repositories.iter().map(|repository| [repository]).collect();
        let query = sql(format!("{RUNNING} FROM rows($1) CROSS JOIN replicating r WHERE r.repository = value->>0"));
        self.all(query.bind(rows(&given))).await
    }

    /// Images of which no replication has ended yet, and one runs; the most recently active first.
    pub async fn replicated_first_now(&self, wanted: &Images, now: Millis) -> Result<Vec<Image>> {
        let newest: Statement = sql(format!("{RUNNING} FROM replicating r {NEWEST_FIRST} LIMIT ?")).bind(MOST_NEW);
        let running: Vec<Running> = self.all(newest).await?;
        let images = running.iter().flat_map(|running| running.images(now)).filter(|image| wanted.takes(image));
        let mut images: Vec<_> = images.take(MOST_NEW as usize).collect();
        if images.is_empty() {
            return Ok(images);
        }
        let pairs: Vec<_> = images.iter().map(|image| (&image.repository, &image.version)).collect();
        let known = sql("SELECT i.repository, i.version FROM rows($1) CROSS JOIN images i
             WHERE i.repository = value->>0 AND (i.version = value->>1 OR value->>1 = '')");
        let known: Vec<(String, String)> = self.all(known.bind(rows(&pairs))).await?;
        let has_some: HashSet<String> = known.iter().map(|(repository, _)| repository.clone()).collect();
        let mut shown: HashSet<(String, String)> = known.into_iter().collect();
        images.retain(|image| {
            // Where the version is unknown, the rows of the known ones show it.
            let is_unknown = image.version.is_empty() && has_some.contains(&image.repository);
            !is_unknown && shown.insert((image.repository.clone(), image.version.clone()))
        });
        images.sort_by(|one, other| other.order().cmp(&one.order()));
        Ok(images)
    }
}

impl Running {
    /// None of a task whose versions are unknown is named.
    fn named(&self) -> Vec<String> {
        if self.versions.is_empty() { vec![String::new()] } else { self.versions.clone() }
    }

    /// Whether it surely concerns this version.
    pub fn is_of(&self, version: &String) -> bool {
        self.versions.contains(version) || self.versions.is_empty() && version.is_empty()
    }

    fn images(&self, now: Millis) -> Vec<Image> {
        // No activity is in the future, whatever Harbor's clock says.
        let at = self.started_at.min(now);
        let repository = || self.repository.clone();
        let image = |version| Image { repository: repository(), version, first_seen_at: at, last_activity_at: at };
        self.named().into_iter().map(image).collect()
    }

    fn views(self, question: &Question) -> Vec<OtherView> {
        let is_unknown = self.versions.is_empty();
        let is_asked_for =
            |version: &String| is_unknown || question.version.as_ref().is_none_or(|asked| asked == version);
        let view = |version| OtherView {
            state: OtherState::Replicating,
            repository: question.repository.clone(),
            version,
            registry: self.registry.clone(),
            description: self.description.clone(),
            execution_timestamp: self.started_at.div_euclid(SECOND),
            since: self.started_at,
            event_id: String::new(),
        };
        self.named().into_iter().filter(is_asked_for).map(view).collect()
    }
}
