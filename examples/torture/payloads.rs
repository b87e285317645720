//! What Harbor says of its executions: in its API, in the logs of tasks, and in webhooks of either format.

use harborbell::demo::payloads::Replication;
use harborbell::model::clock::{Clock, SECOND};
use harborbell::model::json::utc;
use serde_json::{Value, json};

use crate::robots::{DESTINATIONS, PULL};

pub const PROJECT: &str = "moon";

const FAR: &str = "https://registry.example.net";
/// What the project is called where a pull comes from.
const PROJECT_FAR: &str = "cloud";

/// The rules, one for each destination. The second replicates deletions, the last pulls.
pub fn rules() -> [Value; 3] {
    [0, 1, PULL].map(|index| {
        let (registry, description) = DESTINATIONS[index];
        let (far, here) = (json!({ "id": index + 1, "name": registry, "url": FAR }), json!({ "id": 0 }));
        let (source, destination) = if index == PULL { (far, here) } else { (here, far) };
        json!({
            "id": index + 1, "name": format!("to-{registry}"), "description": description, "enabled": true,
            "replicate_deletion": index == 1, "trigger": { "type": "event_based" },
            "filters": if index == 1 { json!([{ "type": "name", "value": format!("{PROJECT}/old-*") }]) } else { json!([]) },
            "src_registry": source, "dest_registry": destination,
            "dest_namespace": if index == PULL { PROJECT } else { "" }, "dest_namespace_replace_count": 1,
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
        let resource = |name: &str| format!("{name} [1 item(s) in total]");
        json!({
            "id": id, "execution_id": self.id, "status": status, "operation": operation,
            "src_resource": resource(&self.source(repository)), "dst_resource": resource(repository),
            "start_time": moment(Some(self.began)), "end_time": moment(ended),
        })
    }

    /// What a repository is called where it comes from.
    pub fn source(&self, repository: &str) -> String {
        if self.destination == PULL { repository.replacen(PROJECT, PROJECT_FAR, 1) } else { repository.to_owned() }
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
        if self.destination == PULL {
            let here = replication["src_resource"]["endpoint"].take();
            replication["src_resource"] =
                json!({ "registry_name": registry.0, "endpoint": FAR, "namespace": PROJECT_FAR });
            replication["dest_resource"] = json!({ "endpoint": here, "namespace": PROJECT });
        }
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
pub fn copied(source: &str, repository: &str, versions: &[String], copied: usize) -> String {
    let copy = |what: &str| format!("{source}:{what}(source registry) to {repository}:{what}(destination registry)");
    let list = format!("[{}]", versions.join(","));
    let mut log = line("INFO", &format!("copying {}...", copy(&list)));
    for version in &versions[..copied] {
        log += &line("INFO", &format!("copy {} completed", copy(version)));
    }
    if copied < versions.len() {
        log +=
            &line("ERROR", &format!("failed to push the manifest: http status code: 403, body: {}", words(repository)));
        log += &line("ERROR", "got error during the whole transfer period, mark the job failure");
    } else {
        log += &line("INFO", &format!("copy {} completed", copy(&list)));
    }
    log
}

/// What a registry says. Mostly it is too long to be told whole, and is cut at any byte of a character.
fn words(repository: &str) -> String {
    match repository.len() % 4 {
        0 => "denied".to_owned(),
        before => "x".repeat(before) + &"目标仓库的配额已经用完，".repeat(20),
    }
}

pub fn deleted(repository: &str, versions: &[String]) -> String {
    versions.iter().map(|version| line("INFO", &format!("the tag {repository}:{version} is deleted"))).collect()
}

fn line(level: &str, text: &str) -> String {
    format!("2026-11-24T17:43:28Z [{level}] [/transfer.go:1]: {text}\n")
}
