//! What Harbor says of its executions: in its API, in the logs of tasks, and in webhooks of either format.

use harborbell::demo::payloads::Replication;
use harborbell::model::clock::{Clock, SECOND};
use harborbell::model::json::utc;
use serde_json::{Value, json};

use crate::robots::DESTINATIONS;

pub const PROJECT: &str = "moon";

/// The rules, one for each destination. The second replicates deletions.
pub fn rules() -> [Value; 2] {
    [0, 1].map(|index| {
        let (registry, description) = DESTINATIONS[index];
        json!({
            "id": index + 1, "name": format!("to-{registry}"), "description": description, "enabled": true,
            "replicate_deletion": index == 1, "trigger": { "type": "event_based" },
            "filters": if index == 1 { json!([{ "type": "name", "value": "moon/old-*" }]) } else { json!([]) },
            "dest_registry": { "id": index + 1, "name": registry, "url": "https://registry.example.net" },
        })
    })
}

pub fn seconds() -> i64 {
    Clock::System.now() / SECOND
}

fn moment(seconds: Option<i64>) -> Value {
    seconds.map_or("0001-01-01T00:00:00.000Z".into(), |at| utc(at * SECOND).to_string().into())
}

/// An execution, as it is now. It runs while it has no end.
pub struct Execution {
    pub id: i64,
    pub destination: usize,
    pub began: i64,
}

impl Execution {
    pub fn value(&self, total: usize, succeeded: usize, failed: usize, ended: Option<i64>) -> Value {
        let status = match ended {
            None => "InProgress",
            Some(_) if failed > 0 => "Failed",
            Some(_) => "Succeed",
        };
        json!({
            "id": self.id, "policy_id": self.destination + 1, "status": status, "status_text": "",
            "trigger": "event_based", "total": total, "succeed": succeeded, "failed": failed,
            "start_time": moment(Some(self.began)), "end_time": moment(ended),
        })
    }

    pub fn task(&self, id: i64, repository: &str, operation: &str, status: &str, ended: Option<i64>) -> Value {
        let resource = format!("{repository} [1 item(s) in total]");
        json!({
            "id": id, "execution_id": self.id, "status": status, "operation": operation,
            "src_resource": resource, "dst_resource": resource,
            "start_time": moment(Some(self.began)), "end_time": moment(ended),
        })
    }

    /// A webhook's body. `is_cloud` chooses the CloudEvents format.
    pub fn webhook(&self, task: i64, repository: &str, versions: &[String], succeeded: bool, is_cloud: bool) -> Value {
        let references: Vec<_> = versions.iter().map(String::as_str).collect();
        let registry = DESTINATIONS[self.destination];
        let replication =
            Replication { repository, references: &references, registry, succeeded, execution: self.began };
        let mut payload = replication.payload();
        let ended = seconds();
        payload["occur_at"] = ended.into();
        let replication = &mut payload["event_data"]["replication"];
        replication["execution_id"] = self.id.into();
        replication["task_id"] = task.into();
        if !is_cloud {
            return payload;
        }
        json!({
            "specversion": "1.0", "id": "1", "source": "/projects/1", "operator": "admin",
            "type": "harbor.replication.status.changed", "time": utc(ended * SECOND).to_string(),
            "data": { "replication": replication },
        })
    }
}

/// The log of a task that copied the first of these, and failed at the others.
pub fn copied(repository: &str, versions: &[String], copied: usize) -> String {
    let list = format!("{repository}:[{}]", versions.join(","));
    let mut log = line("INFO", &format!("copying {list}(source registry) to {list}(destination registry)..."));
    for version in &versions[..copied] {
        let name = format!("{repository}:{version}");
        log += &line("INFO", &format!("copy {name}(source registry) to {name}(destination registry) completed"));
    }
    if copied < versions.len() {
        log += &line("ERROR", "failed to push the manifest: http status code: 403, body: denied");
        log += &line("ERROR", "got error during the whole transfer period, mark the job failure");
    } else {
        log += &line("INFO", &format!("copy {list}(source registry) to {list}(destination registry) completed"));
    }
    log
}

pub fn deleted(repository: &str, versions: &[String]) -> String {
    versions.iter().map(|version| line("INFO", &format!("the tag {repository}:{version} is deleted"))).collect()
}

fn line(level: &str, text: &str) -> String {
    format!("2026-11-24T17:43:28Z [{level}] [/transfer.go:1]: {text}\n")
}
