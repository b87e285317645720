//! What a strange, slow or lying Harbor does to others: as little as possible.

use harborbell::demo::harbor::Fault;
use harborbell::store::accept::Acceptance;
use serde_json::{Value, json};

use crate::desk::{Desk, execution, log, rule, task, webhook_of, webhook_policy, without_tasks};

const API: &str = "mars/mars-api";

async fn desk() -> Desk {
    let mut desk = Desk::new(&[]).await;
    desk.round().await;
    desk
}

/// A pull may put several repositories into one.
#[tokio::test]
async fn two_tasks_of_one_execution_and_repository_are_two() {
    let mut desk = desk().await;
    let ended = desk.now();
    desk.ended(7, API, &["v1"], "Succeed", ended);
    let mut second = task(7, API, "Succeed", "copy", ended);
    second["id"] = 9_999.into();
    desk.harbor.set_task(7, second, Some(&log(API, &["v2"], &["v2"])));
    desk.pass(300).await;
    let shown = desk.shown().await.join("\n");
    assert!(shown.contains("`v1`") && shown.contains("`v2`"), "{shown}");
}

#[tokio::test]
async fn a_rule_that_was_made_a_minute_ago_is_read_before_its_executions_are_told() {
    let mut desk = desk().await;
    let mut new = rule(2, "from-hub", "拉取仓");
    new["src_registry"] = json!({ "id": 5, "name": "hub", "url": "https://hub.example.com" });
    new["dest_registry"] = json!({ "id": 0, "name": "Local" });
    desk.harbor.set_rule(new);
    let ended = desk.now();
    let mut pulled = execution(7, "Succeed", ended - 5, Some(ended));
    pulled["policy_id"] = 2.into();
    desk.harbor.set_execution(pulled);
    let mut from = task(7, "library/nginx", "Succeed", "copy", ended);
    from["dst_resource"] = "mars/nginx [1 item(s) in total]".into();
    desk.harbor.set_task(7, from, Some(&log("library/nginx", &["v1"], &["v1"])));
    // So long that the rules which were read at the start are old enough to be read again.
    desk.reconciler.connection.rules(std::time::Duration::ZERO).await.unwrap();
    desk.pass(300).await;
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("`mars/nginx`") && shown[0].contains("拉取仓"), "{shown:?}");
}

#[tokio::test]
async fn an_operation_that_has_a_new_name_is_unconfirmed() {
    let mut desk = desk().await;
    let ended = desk.now();
    desk.harbor.set_execution(execution(7, "Succeed", ended - 5, Some(ended)));
    desk.harbor.set_task(7, task(7, API, "Succeed", "purge", ended), None);
    desk.pass(300).await;
    desk.pass(300).await;
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("镜像状态未确认"), "{shown:?}");
}

#[tokio::test]
async fn a_version_that_none_can_be_costs_its_log_alone() {
    let mut desk = desk().await;
    let ended = desk.now();
    let tag = "x".repeat(300);
    desk.ended(7, API, &[&tag], "Succeed", ended);
    desk.pass(300).await;
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("未知"), "{shown:?}");
}

#[tokio::test]
async fn one_item_that_is_not_understood_costs_no_other_one() {
    let mut desk = desk().await;
    let ended = desk.now();
    desk.ended(7, API, &["v1"], "Succeed", ended);
    let mut nothing = execution(8, "Succeed", ended - 5, Some(ended));
    nothing["total"] = Value::Null;
    nothing["status_text"] = Value::Null;
    desk.harbor.set_execution(nothing);
    desk.harbor.set_execution(json!({ "id": 9, "policy_id": "seven" }));
    desk.pass(300).await;
    assert_eq!(desk.shown().await.len(), 1);
}

#[tokio::test]
async fn a_deletion_that_came_in_while_harbor_was_away_is_put_right_in_the_store() {
    let mut desk = desk().await;
    desk.harbor.fail(Some(Fault::Status(503)));
    desk.pass(60).await;
    let ended = desk.now();
    assert!(matches!(desk.webhook(&webhook_of(7, API, &["v1"], true, ended)).await, Acceptance::Accepted { .. }));
    assert_eq!(desk.known(API, "v1").await, ["succeeded"]);
    desk.harbor.fail(None);
    desk.harbor.set_execution(execution(7, "Succeed", ended - 5, Some(ended)));
    desk.harbor.set_task(7, task(7, API, "Succeed", "deletion", ended), None);
    desk.pass(300).await;
    assert!(desk.known(API, "v1").await.is_empty());
    assert_eq!(desk.shown().await.len(), 1, "nobody is notified again");
}

#[tokio::test]
async fn reasons_in_turn_are_sent_once_each() {
    let mut desk = desk().await;
    for (id, why) in (7..17).zip(["connection refused", "i/o timeout"].iter().cycle()) {
        let text = format!("failed to create adapter: {why}, request id {id}f-{id}");
        desk.harbor.set_execution(without_tasks(id, "Failed", &text, desk.now()));
        desk.pass(60).await;
    }
    let shown = desk.shown().await.join("\n");
    assert_eq!(shown.matches("connection refused").count(), 1, "{shown}");
    assert_eq!(shown.matches("i/o timeout").count(), 1, "{shown}");
}

/// What was too old to be sent was not sent.
#[tokio::test]
async fn a_failure_that_began_long_ago_and_goes_on_is_sent() {
    let desk = desk().await;
    let began = desk.now();
    desk.bench.clock.advance(5 * 86_400_000);
    let mut desk = desk.restart();
    desk.harbor.set_execution(without_tasks(7, "Failed", "failed to create adapter: refused", began + 60));
    desk.harbor.set_execution(without_tasks(8, "Failed", "failed to create adapter: refused", desk.now() - 60));
    desk.round().await;
    assert_eq!(desk.shown().await.len(), 1);
}

#[tokio::test]
async fn credentials_that_harbor_repeats_come_out_of_no_text() {
    let mut desk = desk().await;
    // `robot$bell:pass-word`
    let sent = "cm9ib3QkYmVsbDpwYXNzLXdvcmQ=";
    let text = format!("failed to fetch artifacts: Authorization: Basic {sent}, password pass-word");
    desk.harbor.set_execution(without_tasks(7, "Failed", &text, desk.now()));
    desk.pass(60).await;
    let shown = desk.shown().await.join("\n");
    assert!(shown.contains("failed to fetch artifacts"), "{shown}");
    assert!(!shown.contains(sent) && !shown.contains("pass-word"), "{shown}");
    let event = &desk.bench.deliveries().await[0].event.facts;
    assert!(!event.reason.contains(sent) && !event.reason.contains("pass-word"), "{}", event.reason);
}

/// An old one is asked about seldom, so that many of them cost little.
#[tokio::test]
async fn a_new_execution_that_cannot_be_read_is_looked_at_again_at_the_next_poll() {
    let mut desk = Desk::new(&[]).await;
    desk.harbor.set_webhook("mars", webhook_policy(1, "https://other.example.com/hook"));
    desk.round().await;
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.harbor.fail_at("/executions/7/tasks", Some(Fault::Status(502)));
    desk.pass(10).await;
    desk.harbor.fail_at("/executions/7/tasks", None);
    desk.pass(60).await;
    assert_eq!(desk.shown().await.len(), 1);
}
