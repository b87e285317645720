//! The second half of the demo: what no webhook says, and Harbor's API does. A stand-in for Harbor knows it.

use serde_json::{Value, json};

use super::harbor::Harbor;
use super::payloads::Replication;
use super::{ALIYUN, HUAWEI, Story};
use crate::model::json::utc;

/// What is deleted.
const OLD: &str = "mars/mars-old";
/// The execution without tasks, the lost webhook, the deletion, and the failure.
const SILENT: i64 = 9_001;
const LOST: i64 = 9_002;
const DELETED: i64 = 9_003;
const FAILED: i64 = 9_004;

/// Two rules: the second one replicates deletions, of an old image.
pub(super) fn prepare(harbor: &Harbor) {
    harbor.set_rule(rule(1, "to-aliyun", ALIYUN, false));
    harbor.set_rule(rule(2, "to-huawei", HUAWEI, true));
    let target = json!({ "type": "http", "address": "https://harborbell.example.com/webhook/harbor" });
    for project in ["mars", "venus"] {
        let policy = json!({ "id": 1, "enabled": true, "event_types": ["REPLICATION"], "targets": [target] });
        harbor.set_webhook(project, policy);
    }
}

impl Story {
    pub(super) async fn ask_harbor(&mut self, now: i64) -> anyhow::Result<()> {
        println!("5. A registry cannot be reached. Harbor sends no webhook of that; its API is asked:");
        let why =
            "failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout";
        self.harbor.set_execution(execution(SILENT, 1, "Failed", why, 0, now));
        self.print_messages(1).await;

        println!("6. A webhook is lost. Once Harbor's own tries are over (here 2 s, else 4 minutes), it is told late:");
        self.harbor.set_task(LOST, task(LOST, "mars/mars-api", "copy", "Succeed", now), Some(&log("v1.2.4", None)));
        self.harbor.set_execution(execution(LOST, 2, "Succeed", "", 1, now));
        self.print_messages(1).await;

        println!("7. A rule replicates a deletion. Its webhook says what it says of an arrival; the API knows better:");
        self.harbor.set_task(DELETED, task(DELETED, OLD, "deletion", "Succeed", now), None);
        self.harbor.set_execution(execution(DELETED, 2, "Succeed", "", 1, now));
        self.post("success", &webhook(DELETED, OLD, &["v1.0.0"], true, now)).await?;
        self.print_messages(1).await;

        println!("8. One of two versions fails. The webhook names both and no reason; the task's log has it:");
        let text = log("v2.1.0", Some("v2.1.1"));
        self.harbor.set_task(FAILED, task(FAILED, "mars/mars-api", "copy", "Failed", now), Some(&text));
        // After its task, as in Harbor: a failed execution without tasks is another story.
        self.harbor.set_execution(execution(FAILED, 2, "Failed", "", 1, now));
        self.post("failure", &webhook(FAILED, "mars/mars-api", &["v2.1.0", "v2.1.1"], false, now)).await?;
        self.print_messages(1).await;
        Ok(())
    }
}

fn rule(id: i64, name: &str, (registry, description): (&str, &str), deletes: bool) -> Value {
    json!({
        "id": id, "name": name, "description": description, "enabled": true, "replicate_deletion": deletes,
        "trigger": { "type": "event_based" },
        "filters": if deletes { json!([{ "type": "name", "value": OLD }]) } else { json!([]) },
        "dest_registry": { "id": id, "name": registry, "url": "https://registry.example.net" },
    })
}

fn execution(id: i64, rule: i64, status: &str, text: &str, total: i64, at: i64) -> Value {
    let (succeed, failed) = (i64::from(status == "Succeed") * total, i64::from(status == "Failed") * total);
    json!({
        "id": id, "policy_id": rule, "status": status, "status_text": text, "trigger": "event_based", "total": total,
        "succeed": succeed, "failed": failed, "start_time": moment(at), "end_time": moment(at + 36),
    })
}

fn task(execution: i64, repository: &str, operation: &str, status: &str, at: i64) -> Value {
    let resource = format!("{repository} [1 item(s) in total]");
    json!({
        "id": execution, "execution_id": execution, "status": status, "operation": operation,
        "src_resource": resource, "dst_resource": resource, "start_time": moment(at), "end_time": moment(at + 36),
    })
}

fn webhook(execution: i64, repository: &str, references: &[&str], succeeded: bool, at: i64) -> Value {
    let mut payload = Replication { repository, references, registry: HUAWEI, succeeded, execution: at }.payload();
    let replication = &mut payload["event_data"]["replication"];
    replication["execution_id"] = execution.into();
    replication["task_id"] = execution.into();
    payload
}

/// As Harbor logs a task that copies one version and fails at another.
fn log(copied: &str, failed: Option<&str>) -> String {
    let image = "mars/mars-api";
    let line = |level: &str, text: String| format!("2026-11-24T17:43:28Z [{level}] [/transfer.go:1]: {text}\n");
    let both: Vec<_> = [copied].into_iter().chain(failed).collect();
    let list = format!("{image}:[{}]", both.join(","));
    let mut log = line("INFO", format!("copying {list}(source registry) to {list}(destination registry)..."));
    log += &line(
        "INFO",
        format!("copy {image}:{copied}(source registry) to {image}:{copied}(destination registry) completed"),
    );
    if failed.is_some() {
        log += &line("ERROR", "failed to push the manifest: http status code: 403, body: denied".to_owned());
        log += &line("ERROR", "got error during the whole transfer period, mark the job failure".to_owned());
    }
    log
}

fn moment(seconds: i64) -> String {
    utc(seconds * 1_000).to_string()
}
