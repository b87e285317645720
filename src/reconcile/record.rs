//! The webhooks' own record in Harbor: which projects send this service anything, and the bodies of what was sent to
//! anybody. What may not be read is unknown, and no error.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::harbor::answers::WebhookPolicy;
use crate::harbor::client::{Error, PAGE_SIZE};
use crate::harbor::connection::Connection;
use crate::model::event::ReplicationOutcome;

/// How long it is taken for true which webhooks a project has.
const POLICIES_SERVE: Duration = Duration::from_secs(600);
/// How long the bodies of a project serve within a round, so that many tasks ask once.
const BODIES_SERVE: Duration = Duration::from_secs(20);
/// Harbor keeps the newest 50 of each policy over night; more than this is read of none.
const PAGES: u32 = 3;
/// What the bodies may take in memory.
const MOST_BYTES: usize = 8 * 1024 * 1024;

pub(super) struct Record {
    connection: Arc<Connection>,
    webhook_url: Option<String>,
    projects: HashMap<String, Project>,
}

#[derive(Default)]
struct Project {
    /// None where they may not be read.
    policies: Option<Vec<WebhookPolicy>>,
    policies_read_at: Option<Instant>,
    /// By execution, task and status.
    bodies: HashMap<(i64, i64, &'static str), String>,
    bodies_read_at: Option<Instant>,
    /// Whether a permission is missing.
    is_forbidden: bool,
}

impl Record {
    pub(super) fn new(connection: Arc<Connection>, webhook_url: Option<String>) -> Self {
        Self { connection, webhook_url, projects: HashMap::new() }
    }

    /// A round reads the bodies anew.
    pub(super) fn begin_round(&mut self) {
        self.projects.values_mut().for_each(|project| project.bodies_read_at = None);
    }

    /// Whether a permission is missing.
    pub(super) fn is_forbidden(&self) -> bool {
        self.projects.values().any(|project| project.is_forbidden)
    }

    /// Where a permission was missing, it is asked again: somebody may have given it.
    pub(super) async fn ask_again(&mut self) -> Result<(), Error> {
        let forbidden = self.projects.iter_mut().filter(|(_, project)| project.is_forbidden);
        let names: Vec<_> = forbidden
            .map(|(name, project)| {
                (project.is_forbidden, project.policies_read_at, project.bodies_read_at) = (false, None, None);
                name.clone()
            })
            .collect();
        for name in names {
            self.read_policies(&name).await?;
            self.read_bodies(&name).await?;
        }
        Ok(())
    }

    /// Whether an enabled webhook of this project sends replications here. Where that is unknown, one does.
    pub(super) async fn reaches_us(&mut self, project: &str) -> Result<bool, Error> {
        self.read_policies(project).await?;
        let policies = self.projects.get(project).and_then(|project| project.policies.as_ref());
        let is_ours = |policy: &WebhookPolicy| {
            let url = self.webhook_url.as_deref();
            policy.sends_replications() && url.is_none_or(|url| policy.addresses().any(|address| address == url))
        };
        Ok(policies.is_none_or(|policies| policies.iter().any(is_ours)))
    }

    /// The body of the webhook of a task, whomever it was sent to.
    pub(super) async fn body(
        &mut self,
        project: &str,
        execution_id: i64,
        task_id: i64,
        outcome: ReplicationOutcome,
    ) -> Result<Option<String>, Error> {
        self.read_policies(project).await?;
        self.read_bodies(project).await?;
        let status = match outcome {
            ReplicationOutcome::Succeeded => "Success",
            ReplicationOutcome::Failed => "Error",
        };
        let bodies = self.projects.get(project).map(|project| &project.bodies);
        Ok(bodies.and_then(|bodies| bodies.get(&(execution_id, task_id, status)).cloned()))
    }

    /// All bodies on record of a project.
    pub(super) async fn bodies(&mut self, project: &str) -> Result<Vec<String>, Error> {
        self.read_policies(project).await?;
        self.read_bodies(project).await?;
        Ok(self.projects.get(project).map(|project| project.bodies.values().cloned().collect()).unwrap_or_default())
    }

    async fn read_policies(&mut self, name: &str) -> Result<(), Error> {
        let project = self.projects.entry(name.to_owned()).or_default();
        if name.is_empty() || is_recent(project.policies_read_at, POLICIES_SERVE) {
            return Ok(());
        }
        let read = self.connection.noted(self.connection.client.webhook_policies(name).await);
        project.policies = permitted(read, &mut project.is_forbidden)?;
        project.policies_read_at = Some(Instant::now());
        Ok(())
    }

    async fn read_bodies(&mut self, name: &str) -> Result<(), Error> {
        let Some(project) = self.projects.get_mut(name) else { return Ok(()) };
        if is_recent(project.bodies_read_at, BODIES_SERVE) {
            return Ok(());
        }
        project.bodies.clear();
        let mut bytes = 0;
        for policy in project.policies.iter().flatten() {
            for page in 1..=PAGES {
                let client = &self.connection.client;
                let read = self.connection.noted(client.webhook_executions(name, policy.id, page).await);
                let Some(executions) = permitted(read, &mut project.is_forbidden)? else { break };
                let is_last = executions.len() < PAGE_SIZE;
                for (body, replication) in
                    executions.iter().filter_map(|sent| Some((sent.payload()?, sent.replication()?)))
                {
                    bytes += body.len();
                    if bytes <= MOST_BYTES {
                        project.bodies.insert(replication, body.to_owned());
                    }
                }
                if is_last {
                    break;
                }
            }
        }
        project.bodies_read_at = Some(Instant::now());
        Ok(())
    }
}

fn is_recent(at: Option<Instant>, serves: Duration) -> bool {
    at.is_some_and(|at| at.elapsed() < serves)
}

/// None where a permission is missing, there is no such project, or its answer is of no use.
fn permitted<T>(answer: Result<T, Error>, is_forbidden: &mut bool) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Forbidden { .. }) => {
            *is_forbidden = true;
            Ok(None)
        }
        Err(error) if error.is_of_one_answer() => Ok(None),
        Err(error) => Err(error),
    }
}
