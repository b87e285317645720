//! What is being replicated now, as Harbor's API said last.

use super::arrivals::Question;
use super::sql::sql;
use super::views::{OtherState, OtherView};
use super::{Result, Store};
use crate::model::clock::{Millis, SECOND};
use crate::model::event::JsonList;

#[derive(sqlx::FromRow)]
struct Row {
    registry: String,
    description: String,
    #[sqlx(try_from = "JsonList")]
    versions: Vec<String>,
    started_at: Millis,
}

impl Store {
    /// What of this image is on its way, newest first. Of a task whose versions are unknown, any may be.
    pub(super) async fn replicating(&self, question: &Question) -> Result<Vec<OtherView>> {
        let mut query = sql("SELECT registry, description, versions, started_at FROM replicating
             WHERE repository = ?")
        .bind(&question.repository);
        if let Some(since) = question.since {
            query = query.and(sql(" AND started_at >= ?").bind(since));
        }
        if let Some(place) = &question.registry {
            query = query.and(sql(" AND (registry = ? OR description = ?)").bind(place).bind(place));
        }
        let rows: Vec<Row> = self.all(query.and(sql(" ORDER BY started_at DESC, execution_id DESC"))).await?;
        Ok(rows.into_iter().flat_map(|row| row.views(question)).collect())
    }
}

impl Row {
    fn views(self, question: &Question) -> Vec<OtherView> {
        let is_unknown = self.versions.is_empty();
        let versions = if is_unknown { vec![String::new()] } else { self.versions };
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
        versions.into_iter().filter(is_asked_for).map(view).collect()
    }
}
