//! `connect`: makes or corrects the webhook policy `harborbell` in Harbor's projects, so that replications are announced
//! here. No other policy is touched, and no credential is stored.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::output::{self, line, remark, table};
use super::{CommandResult, Failure};
use crate::config::{Config, Fault, HarborPlace};
use crate::harbor::answers::{Policy, Target, WebhookPolicy};
use crate::harbor::client::{Access, Client, Error};
use crate::serve::{access, secrets};

/// The policy that is ours.
const NAME: &str = "harborbell";

#[derive(Args)]
pub struct Arguments {
    /// A project of Harbor's; else all that an enabled rule replicates from or to
    #[arg(long)]
    project: Vec<String>,
    /// Only show what it would do
    #[arg(long)]
    dry_run: bool,
    /// Ask for the name and the password of somebody who may edit webhooks, instead of HARBOR_USERNAME and HARBOR_PASSWORD
    #[arg(long)]
    ask: bool,
    #[arg(long)]
    json: bool,
}

/// What is to be done in a project.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    /// Another policy has our address already, and may send no replications.
    Elsewhere {
        name: String,
        is_silent: bool,
    },
    Create,
    /// The id of the policy that is ours and wrong.
    Correct(i64),
}

pub async fn connect(config: &Config, arguments: Arguments) -> CommandResult {
    let (address, header) = wanted(config)?;
    let client = Client::new(&account(config, arguments.ask)?, secrets(config))?;
    let projects = if arguments.project.is_empty() {
        projects(&client.policies().await?)?
    } else {
        arguments.project.into_iter().collect()
    };
    let (mut rows, mut failed) = (Vec::new(), false);
    for project in projects {
        let done = match in_project(&client, &project, &address, &header, arguments.dry_run).await {
            Ok(done) => done,
            Err(error) => {
                failed = true;
                format!("failed: {error}")
            }
        };
        rows.push((project, done));
    }
    if arguments.json {
        let rows: Vec<_> = rows.iter().map(|(project, done)| json!({ "project": project, "result": done })).collect();
        output::json(&json!({ "address": address, "projects": rows }))?;
    } else {
        line(format_args!("webhook address  {address}\n"))?;
        table(&["PROJECT", "RESULT"], rows.into_iter().map(|(project, done)| vec![project, done]))?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Where webhooks are to go, and what they are to bear.
fn wanted(config: &Config) -> Result<(String, SecretString), Failure> {
    let fault = |key: &str, problem: &str| Fault { key: key.to_owned(), problem: problem.to_owned() };
    match (config.webhook_url(), &config.harbor_auth_header) {
        (Some(address), Some(header)) => Ok((address, header.clone())),
        (address, header) => {
            let url = address.is_none().then(|| fault("PUBLIC_URL", "is not set; it is how Harbor reaches harborbell"));
            let header = header.is_none().then(|| {
                fault("HARBOR_AUTH_HEADER", "is not set; without it anybody who reaches harborbell can send webhooks")
            });
            Err(Failure::Faults(url.into_iter().chain(header).collect()))
        }
    }
}

/// The configured account, or another one that is asked for.
fn account(config: &Config, asks: bool) -> Result<Access, Failure> {
    let place = config.harbor_place.clone().ok_or_else(|| Failure::Usage("HARBOR_URL is not set".to_owned()))?;
    if !asks {
        let problem = "HARBOR_USERNAME and HARBOR_PASSWORD are not set; set them, or add --ask";
        return config.harbor_api.as_ref().map(access).ok_or_else(|| Failure::Usage(problem.to_owned()));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("stdin is not a terminal; --ask needs one".to_owned()));
    }
    remark("Harbor's user name:");
    let mut username = String::new();
    std::io::stdin().read_line(&mut username)?;
    let password = rpassword::prompt_password("Password: ").context("the password cannot be read")?;
    let HarborPlace { url, ca } = place;
    Ok(Access { url, username: username.trim().to_owned(), password: password.into(), ca })
}

/// The projects that enabled rules replicate from or to.
fn projects(rules: &[Policy]) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    for rule in rules.iter().filter(|rule| rule.enabled) {
        let projects = rule.only_projects();
        let Some(projects) = projects else {
            let problem = format!("the rule {:?} may replicate any project; name those with --project", rule.name);
            return Err(Failure::Usage(problem));
        };
        found.extend(projects);
    }
    if found.is_empty() {
        return Err(Failure::Usage("no rule of Harbor's is enabled; name projects with --project".to_owned()));
    }
    Ok(found)
}

async fn in_project(
    client: &Client,
    project: &str,
    address: &str,
    header: &SecretString,
    dry_run: bool,
) -> Result<String, Error> {
    let policies = client.webhook_policies(project).await?;
    let step = step(&policies, address, header.expose_secret());
    let ours = |id| WebhookPolicy {
        id,
        name: NAME.to_owned(),
        enabled: true,
        event_types: vec!["REPLICATION".to_owned()],
        targets: vec![Target {
            kind: "http".to_owned(),
            address: address.to_owned(),
            auth_header: header.expose_secret().to_owned(),
            skip_cert_verify: false,
            payload_format: String::new(),
        }],
    };
    Ok(match step {
        Step::Nothing => "is as it should be".to_owned(),
        Step::Elsewhere { name, is_silent: false } => {
            format!("the policy {name:?} has this address already; none was made")
        }
        Step::Elsewhere { name, is_silent: true } => format!(
            "the policy {name:?} has this address already and sends no replications; enable it with that event type, \
             or delete it"
        ),
        Step::Create if dry_run => "would be created".to_owned(),
        Step::Correct(_) if dry_run => "would be corrected".to_owned(),
        Step::Create => {
            client.create_webhook_policy(project, &ours(0)).await?;
            "created".to_owned()
        }
        Step::Correct(id) => {
            client.update_webhook_policy(project, &ours(id)).await?;
            "corrected".to_owned()
        }
    })
}

fn step(policies: &[WebhookPolicy], address: &str, header: &str) -> Step {
    if let Some(ours) = policies.iter().find(|policy| policy.name == NAME) {
        let is_right = |target: &Target| target.address.trim() == address && target.auth_header.trim() == header.trim();
        let is_fine = ours.sends_replications() && ours.targets.len() == 1 && ours.targets.iter().all(is_right);
        return if is_fine { Step::Nothing } else { Step::Correct(ours.id) };
    }
    match policies.iter().find(|policy| policy.addresses().any(|known| known == address)) {
        Some(other) => Step::Elsewhere { name: other.name.clone(), is_silent: !other.sends_replications() },
        None => Step::Create,
    }
}
