//! Could a webhook be stored now? Asked by doing it.

use uuid::Uuid;

use super::accept::Offer;
use super::sql::sql;
use super::{Result, Store};
use crate::model::arrival::arrivals;
use crate::model::clock::{Millis, SECOND};
use crate::model::delivery::Assignment;
use crate::model::event::Event;
use crate::model::harbor::Webhook;

impl Store {
    /// Writes what a webhook writes, in every table and index, and takes it back; then commits a row, so that the disk
    /// is asked, too. One row, so that it delays nothing for long.
    pub async fn probe(&self, now: Millis) -> Result<()> {
        let mut transaction = self.begin().await?;
        let assign = |_: &Event| {
            let delivery_id = Uuid::now_v7().to_string();
            vec![Assignment { delivery_id, robot: String::new(), mentions: Vec::new(), grace: 0 }]
        };
        Self::write(&mut transaction, &[sample(now)], &assign, now).await?;
        transaction.take_back().await?;

        let mut transaction = self.begin().await?;
        let touched = self.either(
            "UPDATE robots SET name = name WHERE name = (SELECT min(name) FROM robots)",
            // A row that a frozen replica holds says nothing about webhooks.
            "UPDATE robots SET name = name WHERE name = (
                 SELECT name FROM robots ORDER BY name LIMIT 1 FOR UPDATE SKIP LOCKED)",
        );
        transaction.run(sql(touched)).await?;
        transaction.commit().await?;
        self.check_in_place()
    }
}

/// A webhook of this moment, so that it belongs where real ones do.
fn sample(now: Millis) -> Offer {
    let event = Event {
        project: "harborbell".into(),
        repository: "harborbell/probe".into(),
        versions: vec!["probe".into()],
        registry: "probe".into(),
        description: "probe".into(),
        execution_timestamp: now / SECOND,
        occurred_at: now,
        ..Event::default()
    };
    let arrivals = arrivals(&event, "", "");
    Offer {
        event_id: Uuid::now_v7().to_string(),
        webhook: Webhook { event, arrivals },
        payload: "{}".into(),
        is_quiet: false,
        look_up: 0,
    }
}
