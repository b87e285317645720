//! The logs of tasks, which Harbor keeps for a day. One that cannot be read now is asked for again, for an hour, and
//! keeps no other task waiting; after that what it says stays unknown. As long as this process runs, no task is lost for it.

use std::collections::HashMap;

use super::poll::{Round, outcome};
use super::{Interrupted, Reconciler};
use crate::harbor::answers::{Execution, Policy, Task};
use crate::harbor::client::Error;
use crate::harbor::log::{TaskLog, read};
use crate::model::clock::{HOUR, MINUTE, Millis};

/// How long Harbor keeps a log.
pub(super) const LIVES: Millis = 24 * HOUR;
/// By the service's own clock, from when it was first found unreadable: Harbor's jobservice may start long after the rest.
const ASKED_FOR: Millis = HOUR;
/// So that what waits for its log does not become too old to be sent.
const MARGIN: Millis = 10 * MINUTE;
/// So many are waited for at a time, of tasks with texts of no more bytes than this.
const MOST: usize = 5_000;
const LONGEST_TEXT: usize = 1_024;

/// What there is of a task's log.
pub(super) enum Log {
    Read(TaskLog),
    /// It is gone, or was not to be had for too long.
    Gone,
    /// It cannot be read now.
    Awaited,
}

impl Log {
    pub(super) const fn read(&self) -> Option<&TaskLog> {
        match self {
            Self::Read(log) => Some(log),
            Self::Gone | Self::Awaited => None,
        }
    }

    pub(super) const fn is_awaited(&self) -> bool {
        matches!(self, Self::Awaited)
    }
}

/// The logs that could not be read, by execution and task.
#[derive(Default)]
pub(super) struct Logs {
    failed: HashMap<(i64, i64), Failed>,
    /// One was waited for in vain in this round: no other one is asked for.
    is_slow: bool,
    /// The same of the round before.
    was_slow: bool,
}

struct Failed {
    /// When it was first asked for in vain; now, where it never was, because another one hung.
    first_at: Millis,
    is_asked: bool,
    /// Those behind it come first.
    hangs: bool,
    again_at: Millis,
    is_given_up: bool,
    /// What an event is made of, should Harbor forget them meanwhile.
    execution: Execution,
    task: Task,
    /// Harbor deletes a rule together with its executions; it alone says in which direction they went.
    rule: Option<Policy>,
}

impl Failed {
    fn new(now: Millis, execution: &Execution, task: &Task, rule: Option<&Policy>) -> Self {
        let Execution { id, policy_id, start_time, end_time, .. } = *execution;
        let execution = Execution { id, policy_id, start_time, end_time, ..Execution::default() };
        Self {
            first_at: now,
            is_asked: false,
            hangs: false,
            again_at: now,
            is_given_up: false,
            execution,
            task: task.clone(),
            rule: rule.cloned(),
        }
    }

    fn has_short_texts(&self) -> bool {
        let Task { operation, src_resource, dst_resource, .. } = &self.task;
        [operation, src_resource, dst_resource].iter().all(|text| text.len() <= LONGEST_TEXT)
    }
}

impl Logs {
    pub(super) fn begin_round(&mut self, now: Millis) {
        self.was_slow = std::mem::take(&mut self.is_slow);
        self.failed.retain(|_, failed| now - failed.first_at < LIVES);
    }
}

impl Reconciler {
    pub(super) async fn log(
        &mut self,
        round: &Round<'_>,
        execution: &Execution,
        task: &Task,
        rule: Option<&Policy>,
    ) -> Result<Log, Interrupted> {
        let (name, now) = ((execution.id, task.id), self.clock.now());
        let mut failed = Failed::new(now, execution, task, rule);
        // The log of a later try is another one.
        if let Some(before) = self.logs.failed.get(&name).filter(|before| before.task.status == task.status) {
            let Failed { execution, task, rule, .. } = failed;
            failed = Failed { execution, task, rule: rule.or(before.rule.clone()), ..*before };
        }
        if !failed.is_asked {
            failed.first_at = now;
        }
        let is_to_wait = self.logs.is_slow || failed.hangs && self.logs.was_slow;
        if !is_to_wait && !failed.is_given_up && failed.again_at <= now {
            match self.connection.client.task_log(execution.id, task.id).await {
                answer @ (Ok(_) | Err(Error::NotFound | Error::Unauthorized | Error::Forbidden { .. })) => {
                    self.logs.failed.remove(&name);
                    return match self.connection.noted(answer) {
                        Ok(log) => Ok(Log::Read(read(&log))),
                        Err(Error::NotFound) => Ok(Log::Gone),
                        Err(error) => Err(error.into()),
                    };
                }
                Err(error) => {
                    if failed.first_at == now {
                        let (execution_id, task_id) = name;
                        tracing::warn!(execution_id, task_id, %error, "a task's log cannot be read; it is asked for again, for an hour");
                    }
                    failed.is_asked = true;
                    self.logs.is_slow = error == Error::Timeout;
                    failed.hangs = self.logs.is_slow;
                    failed.again_at = now + self.pause(now - failed.first_at);
                }
            }
        }
        failed.is_given_up |= !self.may_wait(round, task, failed.first_at, now);
        let has_room = self.logs.failed.len() < MOST && failed.has_short_texts();
        if !has_room && !self.logs.failed.contains_key(&name) {
            return Ok(Log::Gone);
        }
        let log = if failed.is_given_up { Log::Gone } else { Log::Awaited };
        self.logs.failed.insert(name, failed);
        Ok(log)
    }

    /// What the log of a task that runs says by now; None where it cannot be read.
    pub(super) async fn log_so_far(&mut self, execution: &Execution, task: &Task) -> Option<TaskLog> {
        if self.logs.is_slow {
            return None;
        }
        let log = self.connection.client.task_log(execution.id, task.id).await;
        self.logs.is_slow = matches!(log, Err(Error::Timeout));
        log.ok().map(|log| read(&log))
    }

    /// Harbor has this execution no more. What waited for its log becomes an event without it.
    pub(super) async fn forgotten(&mut self, round: &Round<'_>, id: i64) -> Result<(), Interrupted> {
        let mut waiting = Vec::new();
        for failed in self.logs.failed.values_mut().filter(|failed| failed.execution.id == id) {
            failed.is_given_up = true;
            waiting.push((failed.execution.clone(), failed.task.clone(), failed.rule.clone()));
        }
        for (execution, task, rule) in waiting {
            if let Some(outcome) = outcome(&task) {
                self.settle_by(round, rule.as_ref(), &execution, &task, outcome).await?;
            }
        }
        Ok(())
    }

    /// By Harbor's clock a log that is gone by now, or an event that would become too old to be sent, is not waited for.
    fn may_wait(&self, round: &Round<'_>, task: &Task, first_at: Millis, now: Millis) -> bool {
        let ended_at = task.end_time.map_or(round.now, |at| at.as_millisecond());
        let sent_for = self.settings.backfill_max_age - self.settings.poll_interval - MARGIN;
        let longest = if self.is_quiet(round, ended_at) { LIVES } else { LIVES.min(sent_for) };
        self.clock.leaps().length(first_at, now) < ASKED_FOR && round.now - ended_at < longest
    }
}
