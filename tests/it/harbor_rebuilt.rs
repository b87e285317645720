//! What the API says makes the same event as the webhook: each captured one of a running Harbor 2.15.2 against the rule,
//! the execution, the task and the log that it was about. Of rules and logs which Harbor did not keep, what it must have
//! said stands in their place.

use harborbell::harbor::answers::{Execution, Policy, Task};
use harborbell::harbor::log::read as read_log;
use harborbell::harbor::rebuild;
use harborbell::model::harbor::{Reading, Webhook, read};
use rstest::rstest;
use serde_json::Value;

struct Sample {
    rule: Policy,
    execution: Execution,
    task: Task,
    log: String,
    webhook: Webhook,
}

fn sample(text: &str, digest_only: bool) -> Sample {
    let mut sample: Value = serde_json::from_str(text).unwrap();
    let lines: Vec<String> = serde_json::from_value(sample["log"].take()).unwrap();
    let Reading::Event(webhook) = read(&sample["webhook"].to_string(), 0, digest_only).unwrap() else {
        panic!("{text}")
    };
    Sample {
        rule: serde_json::from_value(sample["rule"].take()).unwrap(),
        execution: serde_json::from_value(sample["execution"].take()).unwrap(),
        task: serde_json::from_value(sample["task"].take()).unwrap(),
        log: lines.join("\n"),
        webhook: *webhook,
    }
}

const HOST: &str = "harbor.example.com";

#[rstest]
#[case::push(include_str!("harbor_api/rebuilt/push.json"))]
#[case::push_of_an_index(include_str!("harbor_api/rebuilt/push-of-an-index.json"))]
#[case::push_signed(include_str!("harbor_api/rebuilt/push-signed.json"))]
#[case::push_of_a_digest(include_str!("harbor_api/rebuilt/push-of-a-digest.json"))]
#[case::deletion(include_str!("harbor_api/rebuilt/deletion.json"))]
#[case::refused(include_str!("harbor_api/rebuilt/refused.json"))]
#[case::healed(include_str!("harbor_api/rebuilt/healed.json"))]
#[case::pull(include_str!("harbor_api/rebuilt/pull.json"))]
#[case::pull_of_two_tags(include_str!("harbor_api/rebuilt/pull-of-two-tags.json"))]
fn the_event_is_the_webhooks(#[case] text: &str) {
    let Sample { rule, execution, task, log, webhook: told } = sample(text, true);
    let log = read_log(&log);
    let (rebuilt, payload) = rebuild::webhook(HOST, Some(&rule), &execution, &task, Some(&log), true).unwrap();
    // Outcome, host, project, repository, versions, registry, description, numbers and times: all that a webhook tells.
    assert_eq!(rebuilt.event, told.event);
    assert_eq!(rebuilt.arrivals, told.arrivals, "the keys are the same");
    assert!(!told.event.versions.is_empty() && told.event.task_id == task.id);
    // And its stored text means the same when it is read again.
    let Reading::Event(again) = read(&payload, 0, true).unwrap() else { panic!("{payload}") };
    assert_eq!(*again, rebuilt);
}

/// What a webhook would have left out is not made up.
#[test]
fn a_digest_alone_is_left_out() {
    let Sample { rule, execution, task, log, .. } =
        sample(include_str!("harbor_api/rebuilt/push-of-a-digest.json"), true);
    let log = read_log(&log);
    assert_eq!(rebuild::webhook(HOST, Some(&rule), &execution, &task, Some(&log), false), None);
}

/// Task logs live for a day, and rules can be deleted: what is left is right.
#[test]
fn without_log_and_rule_the_rest_is_the_same() {
    let Sample { execution, task, webhook: told, .. } = sample(include_str!("harbor_api/rebuilt/push.json"), true);
    let (rebuilt, _) = rebuild::webhook(HOST, None, &execution, &task, None, false).unwrap();
    let (event, told) = (rebuilt.event, told.event);
    assert_eq!((event.versions.len(), event.description.as_str()), (0, ""));
    assert_eq!(
        (event.repository, event.project, event.execution_id, event.execution_timestamp, event.occurred_at),
        (told.repository, told.project, told.execution_id, told.execution_timestamp, told.occurred_at)
    );
}

#[rstest]
#[case("https://harbor.example.com", HOST)]
#[case("https://harbor.example.com:8443/", HOST)]
#[case("http://harbor.example.com/base?x#y", HOST)]
#[case("harbor.example.com", HOST)]
#[case("http://[2001:db8::7]:8080", "[2001:db8::7]")]
#[case("", "")]
fn the_host_is_the_one_that_webhooks_bear(#[case] external_url: &str, #[case] host: &str) {
    assert_eq!(rebuild::host(external_url), host);
}
