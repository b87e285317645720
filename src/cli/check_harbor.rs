//! `check` asks Harbor's API, too: whether it answers, which rules have no description, and which projects replicate
//! without a webhook that reaches this service.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::output::line;
use crate::config::Config;
use crate::harbor::answers::{Policy, WebhookPolicy};
use crate::harbor::client::{Client, Error};
use crate::harbor::log::reason;
use crate::harbor::rebuild::of_rule;
use crate::model::event::{Event, ReplicationOutcome};
use crate::serve::{access, secrets};

/// What is wrong, and what is worth knowing.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) state: String,
    /// Trouble with Harbor itself.
    pub(super) error: Option<String>,
    remarks: Vec<String>,
}

impl Findings {
    pub(super) fn json(&self) -> Value {
        json!({ "state": self.state, "error": self.error, "remarks": self.remarks })
    }

    pub(super) fn print(&self) -> std::io::Result<()> {
        line(format_args!("\nHarbor's API   {}", self.error.as_ref().unwrap_or(&self.state)))?;
        self.remarks.iter().try_for_each(|remark| line(format_args!("  {remark}")))
    }
}

/// Asks Harbor; nothing where no account is configured.
pub(super) async fn check(config: &Config) -> Option<Findings> {
    let api = config.harbor_api.as_ref()?;
    let mut findings = Findings::default();
    match ask(config, &Client::new(&access(api), secrets(config)), &mut findings).await {
        Ok(version) => findings.state = format!("ok: {version}"),
        Err(error) => findings.error = Some(error.to_string()),
    }
    Some(findings)
}

async fn ask(config: &Config, client: &Result<Client, Error>, findings: &mut Findings) -> Result<String, Error> {
    let client = client.as_ref().map_err(Clone::clone)?;
    let info = client.system_info().await?;
    let version = info.harbor_version.unwrap_or_else(|| "of an unknown version".to_owned());
    let executions = client.executions(1).await?.items;
    let rules = client.policies().await?;
    if let Some(newest) = executions.first() {
        // Its permission is another one than that of the list. It may be gone by now.
        match client.execution(newest.id).await {
            Ok(_) | Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let enabled: Vec<_> = rules.iter().filter(|rule| rule.enabled).collect();
    let nameless: Vec<_> = enabled.iter().filter(|rule| rule.description.is_empty()).map(|rule| &*rule.name).collect();
    if !nameless.is_empty() {
        let names = nameless.join(", ");
        findings.remarks.push(format!("rules without a description, which messages call by their registry: {names}"));
    }
    let silent = |rule: &&&Policy| {
        let event = Event { outcome: ReplicationOutcome::Failed, ..of_rule("", Some(rule)) };
        config.routing.addressees(&event).is_empty()
    };
    let unheard: Vec<_> = enabled.iter().filter(silent).map(|rule| &*rule.name).collect();
    if !unheard.is_empty() {
        let names = unheard.join(", ");
        findings.remarks.push(format!(
            "rules of which nobody is notified when an execution fails before it has tasks: {names}; add a route by \
             description, registry or outcome, or a robot `default`"
        ));
    }
    for rule in &enabled {
        // The newest first: a later one that worked is not passed over.
        let last = executions.iter().find(|execution| execution.policy_id == rule.id && execution.has_ended());
        if let Some(last) = last.filter(|last| last.total == 0 && last.failed_silently()) {
            let reason = crate::harbor::log::reason(&client.presentable(&last.status_text));
            findings
                .remarks
                .push(format!("the last execution of the rule {} failed before it had tasks: {reason}", rule.name));
        }
    }
    for project in enabled.iter().filter_map(|rule| rule.only_projects()).flatten().collect::<BTreeSet<_>>() {
        let policies = match client.webhook_policies(&project).await {
            Err(Error::NotFound) => continue,
            policies => policies?,
        };
        webhooks(config, client, &project, &policies, findings).await?;
    }
    Ok(version)
}

/// Whether a webhook of this project reaches us, and why the last one did not.
async fn webhooks(
    config: &Config,
    client: &Client,
    project: &str,
    policies: &[WebhookPolicy],
    findings: &mut Findings,
) -> Result<(), Error> {
    let address = config.webhook_url();
    let ours = policies.iter().find(|policy| {
        policy.sends_replications() && address.as_deref().is_none_or(|url| policy.addresses().any(|one| one == url))
    });
    let Some(ours) = ours else {
        findings.remarks.push(format!(
            "the project {project} replicates without a webhook that reaches this service; `harborbell connect \
             --project {project}` makes one; until then its replications are read from the API"
        ));
        return Ok(());
    };
    let Some(last) = client.webhook_executions(project, ours.id, 1).await?.into_iter().next() else { return Ok(()) };
    if last.status != "Error" {
        return Ok(());
    }
    let tasks = client.webhook_tasks(project, ours.id, last.id).await?;
    let Some(task) = tasks.last() else { return Ok(()) };
    let log = client.webhook_task_log(project, ours.id, last.id, task.id).await.unwrap_or_default();
    let error = log.lines().rev().find(|line| line.contains("error")).unwrap_or("Harbor does not say why");
    // When and where in its code is of no use to anybody here.
    let error = reason(error.split_once("]: ").map_or(error, |(_, text)| text));
    findings.remarks.push(format!("the last webhook of the project {project} failed: {error}"));
    Ok(())
}
