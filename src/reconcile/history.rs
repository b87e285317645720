//! History: what ended before the first contact, newest first, slowly, and only where its versions can still be known.
//! It is stored for `where`, and nobody is notified of it. It goes on where it was interrupted.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::poll::{Round, outcome};
use super::{Interrupted, Reconciler};
use crate::harbor::answers::{Execution, SystemInfo};
use crate::harbor::client::{Error, PAGE_SIZE};
use crate::harbor::rebuild;
use crate::model::clock::{HOUR, Millis};

/// At most five requests a second.
const PAUSE: Duration = Duration::from_millis(200);
/// How long Harbor keeps a task's log.
const LOGS_LIVE: Millis = 24 * HOUR;

impl Reconciler {
    /// Reads on until the next poll is near.
    pub(super) async fn read_history(&mut self, info: &SystemInfo) -> Result<(), Interrupted> {
        let url = info.external_url.as_str();
        let Some(contact) = self.store.contact(url).await? else { return Ok(()) };
        if contact.history_below == 0 {
            return Ok(());
        }
        let now = info.current_time.map_or_else(|| self.clock.now(), |now| now.as_millisecond());
        let (mut below, round) = (contact.history_below, Round { url, host: rebuild::host(url), now, contact });
        let until = Instant::now() + Duration::from_millis(self.settings.poll_interval.unsigned_abs()) / 2;
        for number in 1.. {
            sleep(PAUSE).await;
            let page = self.page(number).await?;
            let from = below;
            for execution in page.iter().filter(|execution| execution.id < from) {
                if Instant::now() >= until {
                    return Ok(());
                }
                self.read_execution(&round, execution).await?;
                below = execution.id;
                self.store.history_read(url, below).await?;
            }
            if page.len() < PAGE_SIZE {
                self.store.history_read(url, 0).await?;
                tracing::info!(harbor = url, "the history of Harbor's executions is read");
                return Ok(());
            }
        }
        Ok(())
    }

    async fn read_execution(&mut self, round: &Round<'_>, execution: &Execution) -> Result<(), Interrupted> {
        if !execution.has_ended() || execution.total == 0 {
            return Ok(());
        }
        sleep(PAUSE).await;
        let tasks = match self.connection.noted(self.connection.client.tasks(execution.id).await) {
            Err(Error::NotFound) => return Ok(()),
            tasks => tasks?,
        };
        for task in &tasks {
            let ended_at = task.end_time.map_or(0, |at| at.as_millisecond());
            let Some(outcome) = outcome(task).filter(|_| round.now - ended_at < LOGS_LIVE) else { continue };
            sleep(PAUSE).await;
            self.settle(round, execution, task, outcome).await?;
        }
        Ok(())
    }
}
