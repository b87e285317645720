//! Payloads as Harbor sends them, for the demo: a push to a cloud registry, in Harbor's own shape.

use serde_json::{Value, json};

/// One replication of one repository that has ended.
pub struct Replication<'a> {
    pub repository: &'a str,
    pub references: &'a [&'a str],
    pub registry: (&'a str, &'a str),
    pub succeeded: bool,
    /// Unix seconds.
    pub execution: i64,
}

impl Replication<'_> {
    pub fn payload(&self) -> Value {
        let (project, name) = self.repository.split_once('/').unwrap_or(("library", self.repository));
        let (registry_name, description) = self.registry;
        let (status, field) =
            if self.succeeded { ("Success", "successful_artifact") } else { ("Error", "failed_artifact") };
        let mut replication = json!({
            "harbor_hostname": "harbor.example.com",
            "job_status": status,
            "description": description,
            "artifact_type": "artifact",
            "authentication_type": "basic",
            "override_mode": true,
            "trigger_type": "EVENT",
            "policy_creator": "admin",
            "execution_timestamp": self.execution,
            "src_resource": { "registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": project },
            "dest_resource": {
                "registry_name": registry_name, "registry_type": registry_type(registry_name),
                "endpoint": "https://registry.example.net", "namespace": project,
            },
            "execution_id": self.execution % 1_000,
            "task_id": self.execution % 10_000,
        });
        replication[field] = json!([{
            "type": "artifact",
            "status": status,
            "name_tag": format!("{name} [{} item(s) in total]", self.references.len()),
            "references": self.references,
        }]);
        json!({
            "type": "REPLICATION",
            "occur_at": self.execution + 36,
            "operator": "robot$ci",
            "event_data": { "replication": replication },
        })
    }
}

/// As Harbor calls its adapters.
fn registry_type(registry_name: &str) -> &'static str {
    match registry_name.split('-').next() {
        Some("aliyun") => "ali-acr",
        Some("huawei") => "huawei-SWR",
        _ => "docker-registry",
    }
}
