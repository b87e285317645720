//! What Harbor's API says of a task, made into a webhook, is the webhook that Harbor sent.

use harborbell::harbor::answers::{Execution, Policy, SystemInfo, Task};
use harborbell::harbor::log;
use harborbell::harbor::rebuild::{self, host};
use harborbell::model::event::Event;
use harborbell::model::harbor::{Reading, Webhook, read};
use rstest::rstest;
use serde::Deserialize;

/// A webhook as it was on the wire, and the API's answers about the same task.
#[derive(Deserialize)]
struct Case {
    webhook: String,
    execution: Execution,
    task: Task,
    policy: Policy,
    log: Option<String>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("harbor_api/rebuilt.json")).unwrap()
}

fn sent(body: &str) -> Webhook {
    match read(body, 0, true).unwrap() {
        Reading::Event(webhook) => *webhook,
        Reading::Ignored(why) => panic!("{why:?}"),
    }
}

fn here() -> String {
    let info: SystemInfo = serde_json::from_str(include_str!("harbor_api/systeminfo.json")).unwrap();
    host(&info.external_url)
}

#[test]
fn a_rebuilt_webhook_is_the_one_that_was_sent() {
    let cases = cases();
    assert!(cases.len() >= 9 && cases.iter().filter(|case| case.log.is_some()).count() >= 4);
    for Case { webhook, execution, task, policy, log } in &cases {
        let log = log.as_deref().map(log::read);
        let mut told = sent(webhook);
        let rebuilt = rebuild::webhook(&here(), Some(policy), execution, task, log.as_ref(), true);
        let (rebuilt, body) = rebuilt.unwrap();
        assert_eq!(sent(&body), rebuilt, "what is stored is read alike");
        if log.is_some() {
            assert_eq!(rebuilt, told);
        } else {
            // Only the log knows the versions; and of what is unknown there is one arrival.
            told.event.versions.clear();
            assert_eq!(rebuilt.event, told.event);
            assert_eq!(rebuilt.arrivals[0].version, "");
        }
    }
}

#[test]
fn a_deleted_rule_costs_its_words_alone() {
    for Case { webhook, execution, task, log, .. } in &cases() {
        let log = log.as_deref().map(log::read);
        let rebuilt = rebuild::webhook(&here(), None, execution, task, log.as_ref(), true).unwrap().0.event;
        let known = |event: &Event| (event.execution_id, event.outcome, event.occurred_at, event.versions.clone());
        let mut told = sent(webhook).event;
        if log.is_none() {
            told.versions.clear();
        }
        assert_eq!((known(&rebuilt), rebuilt.description), (known(&told), String::new()));
    }
}

#[rstest]
#[case("https://harbor.example.com", "harbor.example.com")]
#[case("http://harbor.example.com:8443", "harbor.example.com")]
#[case("https://harbor.example.com/", "harbor.example.com")]
#[case("harbor.example.com:80", "harbor.example.com")]
#[case("", "")]
fn the_host_has_neither_scheme_nor_port(#[case] url: &str, #[case] expected: &str) {
    assert_eq!(host(url), expected);
}
