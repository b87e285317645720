//! The event that a webhook would have told, from what the API says. Each field as a webhook has it, so that both have
//! one key.

use serde_json::{Value, json};

use super::answers::{Execution, Policy, Task};
use super::log::TaskLog;
use crate::model::event::{Event, Source};
use crate::model::harbor::{Reading, Webhook, read};

/// The host that webhooks bear, cut out of Harbor's URL as Harbor itself does: what is behind the scheme, up to a colon.
pub fn host(external_url: &str) -> String {
    let behind = external_url.split_once("://").map_or(external_url, |(_, rest)| rest);
    behind.split(':').next().unwrap_or_default().trim().to_owned()
}

/// The webhook's body. Without a log no versions are known.
fn payload(host: &str, rule: Option<&Policy>, execution: &Execution, task: &Task, log: Option<&TaskLog>) -> Value {
    let is_pull = rule.is_some_and(Policy::is_pull);
    let (local, remote) =
        if is_pull { (&task.dst_resource, &task.src_resource) } else { (&task.src_resource, &task.dst_resource) };
    let (local, remote) = (Resource::of(local), Resource::of(remote));
    let registry = rule.and_then(Policy::remote).cloned().unwrap_or_default();
    let far = json!({ "registry_name": registry.name, "endpoint": registry.url });
    let near = json!({ "endpoint": host });
    let (mut source, mut destination) = if is_pull { (far, near) } else { (near, far) };
    // Harbor swaps the namespaces of a push: the destination's is the local project in both directions.
    source["namespace"] = remote.namespace.into();
    destination["namespace"] = local.namespace.into();
    // A task that has not ended is read like one that has.
    let (status, field) =
        if task.status == "Failed" { ("Error", "failed_artifact") } else { ("Success", "successful_artifact") };
    let references = log.and_then(|log| log.references.clone()).unwrap_or_default();
    let at = |time: Option<jiff::Timestamp>| time.map(jiff::Timestamp::as_second);
    json!({
        "type": "REPLICATION",
        "occur_at": at(task.end_time.or(task.start_time)),
        "event_data": { "replication": {
            "harbor_hostname": host,
            "job_status": status,
            "description": rule.map(|rule| &rule.description),
            "execution_timestamp": at(execution.start_time).unwrap_or_default(),
            "execution_id": execution.id,
            "task_id": task.id,
            "src_resource": source,
            "dest_resource": destination,
            field: [{ "name_tag": local.name, "references": references }],
        } },
    })
}

/// The same, read like a webhook. None where the task is not understood, or names digests alone and those are left out.
pub fn webhook(
    host: &str,
    rule: Option<&Policy>,
    execution: &Execution,
    task: &Task,
    log: Option<&TaskLog>,
    digest_only: bool,
) -> Option<(Webhook, String)> {
    let payload = payload(host, rule, execution, task, log).to_string();
    let ended_at = task.end_time.map_or(0, |at| at.as_millisecond());
    match read(&payload, ended_at, digest_only) {
        Ok(Reading::Event(webhook)) => Some((*webhook, payload)),
        Ok(Reading::Ignored(_)) => None,
        // A log that names what no version can be is no log.
        Err(_) if log.is_some() => self::webhook(host, rule, execution, task, None, digest_only),
        Err(_) => None,
    }
}

/// What is known of every event of a rule's, as far as it goes without an execution.
pub fn of_rule(host: &str, rule: Option<&Policy>) -> Event {
    // Routes may go by the project, where the rule can be about no other.
    let project = rule.and_then(Policy::only_projects).filter(|projects| projects.len() == 1);
    Event {
        source: Source::HarborApi,
        harbor_host: host.to_owned(),
        project: project.and_then(|mut projects| projects.pop()).unwrap_or_default(),
        registry: rule.and_then(Policy::remote).map(|remote| remote.name.clone()).unwrap_or_default(),
        description: rule.map(|rule| rule.description.clone()).unwrap_or_default(),
        rule: rule.map(|rule| rule.name.clone()).unwrap_or_default(),
        rule_id: rule.map_or(0, |rule| rule.id),
        ..Event::default()
    }
}

/// `project/repo [N item(s) in total]`.
struct Resource<'a> {
    namespace: &'a str,
    /// With its end, which a webhook has, too.
    name: &'a str,
}

impl<'a> Resource<'a> {
    fn of(text: &'a str) -> Self {
        let (namespace, name) = text.split_once('/').unwrap_or(("", text));
        Self { namespace, name }
    }
}

/// Whether a task is about this repository of ours, whichever side it is on.
pub fn is_about(task: &Task, repository: &str) -> bool {
    let names = |resource: &str| resource.rsplit_once(" [").map_or(resource, |(name, _)| name) == repository;
    names(&task.src_resource) || names(&task.dst_resource)
}
