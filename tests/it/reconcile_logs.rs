//! A task's log that cannot be read now: it is asked for again, and keeps no other task waiting.

use harborbell::demo::harbor::Fault;
use harborbell::model::harbor_status::HarborState;
use rstest::rstest;
use serde_json::json;

use crate::desk::{Desk, execution, log, rule, task, webhook_of, webhook_policy};
use crate::support::eventually;

const API: &str = "mars/mars-api";
const WEB: &str = "mars/mars-web";
/// How the path of the log of execution 7's task ends.
const LOG: &str = "/tasks/1007/log";

/// A desk after its first contact. No webhook comes in there.
async fn desk(settings: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::new(settings).await;
    desk.harbor.set_webhook("mars", webhook_policy(1, "https://other.example.com/hook"));
    desk.round().await;
    desk
}

fn times_asked(desk: &Desk) -> usize {
    desk.harbor.asked().iter().filter(|asked| asked.path.ends_with(LOG)).count()
}

#[rstest]
#[case::an_error(Fault::Status(502))]
#[case::a_page(Fault::Html)]
#[case::nonsense(Fault::Long(100))]
#[case::a_flood(Fault::Long(9_000_000))]
#[case::cut(Fault::Cut)]
#[case::a_redirect(Fault::Redirect("http://127.0.0.1:9/elsewhere".to_owned()))]
#[tokio::test]
async fn a_log_that_cannot_be_read_is_asked_for_again_and_no_other_task_waits(#[case] fault: Fault) {
    let mut desk = desk(&[]).await;
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    let other = task(8, WEB, "Succeed", "copy", desk.now());
    desk.harbor.set_task(7, other, Some(&log(WEB, &["w1"], &["w1"])));
    desk.ended(9, API, &["v2"], "Succeed", desk.now());
    desk.harbor.fail_at(LOG, Some(fault));
    for _ in 0..30 {
        desk.pass(60).await;
    }
    let shown = desk.shown().await.join("\n");
    assert!(shown.contains("`w1`") && shown.contains("`v2`") && !shown.contains("未知"), "{shown}");
    assert_eq!(desk.status.borrow().state, HarborState::Ok, "{:?}", desk.status.borrow());
    assert!((3..10).contains(&times_asked(&desk)), "{} times in half an hour", times_asked(&desk));
    desk.harbor.fail_at(LOG, None);
    for _ in 0..10 {
        desk.pass(60).await;
    }
    let shown = desk.shown().await.join("\n");
    assert!(shown.contains("`v1`") && !shown.contains("未知"), "{shown}");
    assert_eq!(desk.known(API, "v1").await, ["succeeded"]);
    assert_eq!(desk.status.borrow().open_executions, 0);
}

/// However seldom Harbor is asked.
#[rstest]
#[case::usual("1m", 3_000, 61)]
#[case::seldom("1h", 3_500, 120)]
#[tokio::test]
async fn a_log_is_not_waited_for_for_ever(#[case] every: &str, #[case] waits: i64, #[case] minutes: i64) {
    let mut desk = desk(&[("HARBOR_POLL_INTERVAL", every)]).await;
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.harbor.fail_at(LOG, Some(Fault::Status(500)));
    desk.pass(1).await;
    desk.pass(waits).await;
    assert!(desk.shown().await.is_empty());
    for _ in 0..minutes - waits / 60 {
        desk.pass(60).await;
    }
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("未知"), "{shown:?}");
    assert_eq!(desk.status.borrow().open_executions, 0);
}

#[tokio::test]
async fn a_clock_that_goes_ahead_makes_no_wait_shorter_and_a_day_is_the_longest_one() {
    let mut desk = desk(&[]).await;
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.harbor.fail_at(LOG, Some(Fault::Status(500)));
    desk.pass(60).await;
    desk.bench.clock.jump(2 * 3_600_000);
    desk.pass(60).await;
    assert!(desk.shown().await.is_empty(), "no hour has passed");
    // Each start begins to count anew.
    for _ in 0..21 {
        desk.pass(3_500).await;
        desk = desk.restart();
    }
    assert!(desk.shown().await.is_empty());
    for _ in 0..2 {
        desk.pass(3_500).await;
        desk = desk.restart();
    }
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("未知"), "{shown:?}");
}

#[tokio::test]
async fn nothing_waits_for_its_log_until_it_is_too_old_to_be_sent() {
    let mut desk = desk(&[("HARBOR_BACKFILL_MAX_AGE", "30m")]).await;
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.harbor.fail_at(LOG, Some(Fault::Status(500)));
    for _ in 0..30 {
        desk.pass(60).await;
    }
    assert_eq!(desk.shown().await.len(), 1);
}

#[tokio::test]
async fn a_log_that_is_gone_is_not_waited_for() {
    let mut desk = desk(&[]).await;
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.harbor.forget_log(7);
    desk.pass(60).await;
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("未知"), "{shown:?}");
}

/// Harbor's sweeper keeps the newest 50 executions of a rule over night; with a rule all of its go.
#[tokio::test]
async fn invariant_9_what_harbor_forgets_while_its_log_is_waited_for_is_told_without_it() {
    let mut desk = desk(&[]).await;
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.harbor.fail_at(LOG, Some(Fault::Status(500)));
    desk.pass(60).await;
    assert!(desk.shown().await.is_empty());
    desk.harbor.forget_execution(7);
    desk.pass(120).await;
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("未知"), "{shown:?}");
    assert_eq!(desk.status.borrow().open_executions, 0);
}

/// Its versions are in the record, so it is sent at once; why it failed is put right on record.
#[tokio::test]
async fn a_failure_on_record_does_not_wait_for_its_reason() {
    let mut desk = desk(&[]).await;
    let ended = desk.now();
    desk.harbor.set_execution(execution(7, "Failed", ended - 5, Some(ended)));
    let text = log(API, &["v1", "v2"], &["v1"]);
    desk.harbor.set_task(7, task(7, API, "Failed", "copy", ended), Some(&text));
    desk.harbor.record("mars", 1, "Error", &webhook_of(7, API, &["v1", "v2"], false, ended));
    desk.harbor.fail_at(LOG, Some(Fault::Html));
    desk.pass(300).await;
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("`v1`") && shown[0].contains("`v2`"), "{shown:?}");
    desk.harbor.fail_at(LOG, None);
    desk.pass(300).await;
    let event = &desk.bench.deliveries().await[0].event.facts;
    assert_eq!((event.versions.join(" ").as_str(), event.reason.is_empty()), ("v2", false));
    assert_eq!(desk.known(API, "v1").await, ["succeeded"]);
    assert_eq!(desk.shown().await.len(), 1, "who was told the failure was told of both");
    assert_eq!(desk.status.borrow().open_executions, 0);
}

/// What ended before the first contact is read once, newest first: it is followed where its log has to be waited for.
#[tokio::test]
async fn the_history_goes_on_and_the_log_is_read_later() {
    let mut desk = Desk::new(&[]).await;
    desk.ended(6, API, &["v0"], "Succeed", desk.now() - 3_700);
    desk.ended(7, API, &["v1"], "Succeed", desk.now() - 3_600);
    desk.harbor.fail_at(LOG, Some(Fault::Status(502)));
    desk.round().await;
    desk.pass(1).await;
    assert_eq!(desk.known(API, "v0").await, ["succeeded"]);
    assert!(desk.known(API, "v1").await.is_empty());
    desk.harbor.fail_at(LOG, None);
    desk.pass(120).await;
    assert_eq!(desk.known(API, "v1").await, ["succeeded"]);
    assert!(desk.shown().await.is_empty(), "history is sent to nobody");
    assert_eq!(desk.status.borrow().open_executions, 0);
}

/// A log for which Harbor needs too long costs ten seconds of a round, however many there are.
#[tokio::test]
async fn one_log_is_waited_for_in_vain_in_a_round() {
    let mut desk = desk(&[]).await;
    for id in 7..12 {
        desk.ended(id, API, &[&format!("v{id}")], "Succeed", desk.now());
    }
    desk.harbor.fail_at("/log", Some(Fault::Hang));
    desk.pass(60).await;
    let asked = desk.harbor.asked().iter().filter(|asked| asked.path.ends_with("/log")).count();
    assert_eq!(asked, 1);
    desk.harbor.fail_at("/log", None);
    desk.pass(120).await;
    desk.pass(120).await;
    let shown = desk.shown().await.join("\n");
    assert!((7..12).all(|id| shown.contains(&format!("`v{id}`"))), "{shown}");
}

#[tokio::test]
async fn logs_that_hang_let_those_behind_them_pass() {
    let mut desk = desk(&[]).await;
    for id in 7..15 {
        desk.ended(id, API, &[&format!("v{id}")], "Succeed", desk.now());
    }
    // The look goes from the oldest to the newest.
    for id in 7..10 {
        desk.harbor.fail_at(&format!("/tasks/{}/log", 1_000 + id), Some(Fault::Hang));
    }
    for _ in 0..5 {
        desk.pass(60).await;
    }
    let shown = desk.shown().await.join("\n");
    assert!((10..15).all(|id| shown.contains(&format!("`v{id}`"))), "{shown}");
}

#[tokio::test]
async fn a_look_up_says_what_was_done_also_where_it_cannot_say_why_it_failed() {
    let desk = Desk::new(&[]).await;
    desk.reconciler.connection.greet().await.unwrap();
    let ended = desk.now();
    desk.harbor.set_execution(execution(7, "Failed", ended - 5, Some(ended)));
    desk.harbor.set_task(7, task(7, API, "Failed", "deletion", ended), None);
    desk.webhook(&webhook_of(7, API, &["v1"], false, ended)).await;
    eventually("it is looked up", || async {
        desk.bench.deliveries().await[0].event.facts.operation.as_str() == "delete"
    })
    .await;
}

#[tokio::test]
async fn logs_of_tasks_that_run_are_waited_for_once_in_a_round() {
    let mut desk = desk(&[]).await;
    let at = desk.now();
    for id in 7..12 {
        desk.harbor.set_execution(execution(id, "InProgress", at - 5, None));
        desk.harbor.set_task(id, task(id, API, "InProgress", "copy", at), Some(&log(API, &["v1"], &[])));
    }
    desk.harbor.fail_at("/log", Some(Fault::Hang));
    desk.pass(60).await;
    let asked = desk.harbor.asked().iter().filter(|asked| asked.path.ends_with("/log")).count();
    assert_eq!(asked, 1);
}

/// Only the rule says that it was a pull; Harbor deletes both together.
#[tokio::test]
async fn invariant_9_what_its_deleted_rule_pulled_is_no_push() {
    let mut desk = desk(&[]).await;
    let mut pulls = rule(2, "from-hub", "拉取仓");
    pulls["src_registry"] = json!({ "id": 5, "name": "hub", "url": "https://hub.example.com" });
    pulls["dest_registry"] = json!({ "id": 0, "name": "Local" });
    desk.harbor.set_rule(pulls);
    pull(&desk, 2);
    desk.harbor.fail_at(LOG, Some(Fault::Status(500)));
    desk.pass(300).await;
    assert!(desk.shown().await.is_empty());
    desk.harbor.forget_rule(2);
    desk.reconciler.connection.rules(std::time::Duration::ZERO).await.unwrap();
    desk.pass(120).await;
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("`mars/nginx`") && shown[0].contains("拉取仓"), "{shown:?}");
}

#[tokio::test]
async fn what_was_done_by_a_rule_that_nobody_knows_is_unconfirmed_and_told_to_nobody() {
    let mut desk = desk(&[]).await;
    pull(&desk, 99);
    desk.pass(300).await;
    assert!(desk.shown().await.is_empty());
    assert!(desk.known("library/nginx", "v1").await.is_empty());
}

fn pull(desk: &Desk, rule: i64) {
    let at = desk.now();
    let mut pulled = execution(7, "Succeed", at - 5, Some(at));
    pulled["policy_id"] = rule.into();
    desk.harbor.set_execution(pulled);
    let mut from = task(7, "library/nginx", "Succeed", "copy", at);
    from["dst_resource"] = "mars/nginx [1 item(s) in total]".into();
    desk.harbor.set_task(7, from, Some(&log("library/nginx", &["v1"], &["v1"])));
}
