//! One delivery, with all there is to know.

use serde_json::value::RawValue;
use sqlx::FromRow;

use super::columns::{DELIVERY, EVENT, NOTICE};
use super::sql::sql;
use super::views::{Delivery, Detail, StoredEvent};
use super::{Result, Store, rows};
use crate::model::delivery::{Notice, State};

impl Store {
    /// The events of these ids.
    pub async fn events(&self, ids: &[String]) -> Result<Vec<StoredEvent>> {
        let query =
            sql(format!("SELECT e.id AS event_id, {EVENT} FROM rows($1) CROSS JOIN events e WHERE e.id = value->>0"));
        let given: Vec<_> = ids.iter().map(|id| [id]).collect();
        self.all(query.bind(rows(&given))).await
    }

    /// The deliveries of these events.
    pub async fn deliveries_of(&self, events: &[String]) -> Result<Vec<DeliveryOf>> {
        let query = sql("SELECT d.event_id, d.id, d.robot, d.state FROM rows($1) CROSS JOIN deliveries d
             WHERE d.event_id = value->>0 ORDER BY d.robot");
        let given: Vec<_> = events.iter().map(|id| [id]).collect();
        self.all(query.bind(rows(&given))).await
    }

    /// One delivery with its attempts; None where there is none of this id.
    pub async fn show(&self, id: &str) -> Result<Option<Detail>> {
        let query = sql(format!(
            "SELECT {DELIVERY}, {EVENT}, {NOTICE}, e.payload, d.changes FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.id = $1"
        ));
        let Some(DetailRow { delivery, notice, payload, changes }) = self.optional(query.bind(id)).await? else {
            return Ok(None);
        };
        let attempt_log =
            sql("SELECT a.number, a.message_id, m.started_at, m.duration_ms, m.outcome, m.http_status, m.errcode,
                 m.errmsg, m.body AS request_body, (SELECT count(*) FROM attempts o WHERE o.message_id = m.id) AS shared
             FROM attempts a JOIN messages m ON m.id = a.message_id
             WHERE a.delivery_id = $1 ORDER BY a.number");
        let attempt_log = self.all(attempt_log.bind(id)).await?;
        let changes = self.changes(&changes).await?;
        let payload = RawValue::from_string(payload).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Some(Detail { delivery, payload, attempt_log, changes, notice }))
    }
}

/// Whom an event was sent to, in few words.
#[derive(Clone, Debug, serde::Serialize, FromRow)]
pub struct DeliveryOf {
    #[serde(skip)]
    pub event_id: String,
    pub id: String,
    pub robot: String,
    #[sqlx(try_from = "String")]
    pub state: State,
}

#[derive(FromRow)]
struct DetailRow {
    #[sqlx(flatten)]
    delivery: Delivery,
    #[sqlx(flatten)]
    notice: Notice,
    payload: String,
    changes: String,
}
