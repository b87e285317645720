//! What Harbor knows and no webhook told: found, stored and sent once, whatever happened in between.

use harborbell::demo::harbor::Fault;
use harborbell::demo::standin::Answer;
use harborbell::model::harbor_status::HarborState;
use harborbell::model::json::utc;
use harborbell::store::accept::Acceptance;
use rstest::rstest;

use crate::desk::{Desk, execution, log, rule, task, webhook_of, webhook_policy, without_tasks};
use crate::support::eventually;

const API: &str = "mars/mars-api";

/// A desk after its first contact.
async fn desk() -> Desk {
    let mut desk = Desk::new(&[]).await;
    desk.round().await;
    assert_eq!(desk.status.borrow().state, HarborState::Ok, "{:?}", desk.status.borrow());
    desk
}

#[tokio::test]
async fn invariant_9_a_task_whose_webhook_was_lost_is_told_late() {
    let mut desk = desk().await;
    desk.ended(7, API, &["v1", "v2"], "Succeed", desk.now());
    desk.pass(60).await;
    assert!(desk.shown().await.is_empty(), "its webhook may still come");
    desk.pass(200).await;
    let shown = desk.shown().await;
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].contains("`v1` `v2`") && shown[0].contains("阿里仓"), "{shown:?}");
    let event = &desk.bench.deliveries().await[0].event.facts;
    assert_eq!((event.source.as_str(), event.operation.as_str(), event.late), ("harbor_api", "copy", true));
    assert_eq!((event.rule.as_str(), event.execution_id), ("to-ali", 7));
    assert_eq!(desk.known(API, "v2").await, ["succeeded"]);
    desk.pass(60).await;
    let mut desk = desk.restart();
    desk.pass(600).await;
    assert_eq!(desk.shown().await.len(), 1, "once");
}

#[rstest]
#[case::before_it_is_looked_for(true)]
#[case::after_it_was_found(false)]
#[tokio::test]
async fn a_webhook_and_the_comparison_tell_one_thing_once(#[case] webhook_first: bool) {
    let mut desk = desk().await;
    let ended = desk.now();
    desk.ended(7, API, &["v1"], "Succeed", ended);
    let webhook = webhook_of(7, API, &["v1"], true, ended);
    if webhook_first {
        assert!(matches!(desk.webhook(&webhook).await, Acceptance::Accepted { .. }));
    }
    desk.pass(300).await;
    if !webhook_first {
        assert_eq!(desk.webhook(&webhook).await, Acceptance::Duplicate);
    }
    desk.pass(300).await;
    assert_eq!(desk.shown().await.len(), 1);
    assert_eq!(desk.known(API, "v1").await, ["succeeded"]);
}

#[tokio::test]
async fn versions_that_only_a_late_webhook_names_are_added_and_not_sent() {
    let mut desk = desk().await;
    let ended = desk.now();
    desk.ended(7, API, &["v1"], "Succeed", ended);
    // Task logs live for a day, and this one is gone already.
    desk.harbor.set_task(7, task(7, API, "Succeed", "copy", ended), None);
    desk.pass(300).await;
    assert_eq!(desk.shown().await.len(), 1);
    assert!(desk.known(API, "v1").await.is_empty());
    assert_eq!(desk.webhook(&webhook_of(7, API, &["v1"], true, ended)).await, Acceptance::Duplicate);
    assert_eq!(desk.known(API, "v1").await, ["succeeded"]);
    assert_eq!(desk.shown().await.len(), 1);
}

#[tokio::test]
async fn a_lost_body_is_taken_from_the_webhooks_record() {
    let mut desk = desk().await;
    let ended = desk.now();
    desk.ended(7, API, &["v1"], "Succeed", ended);
    desk.harbor.record("mars", 1, "Error", &webhook_of(7, API, &["v1"], true, ended));
    desk.pass(300).await;
    let event = &desk.bench.deliveries().await[0].event.facts;
    assert_eq!((event.source.as_str(), event.versions.len()), ("harbor_record", 1));
}

#[tokio::test]
async fn where_no_webhook_comes_replications_are_told_at_once_and_unmarked() {
    let mut desk = Desk::new(&[]).await;
    desk.harbor.set_webhook("mars", webhook_policy(1, "https://other.example.com/hook"));
    desk.round().await;
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.pass(10).await;
    assert_eq!(desk.shown().await.len(), 1);
    assert!(!desk.bench.deliveries().await[0].event.facts.late);
}

#[tokio::test]
async fn what_ended_before_the_first_contact_or_long_ago_is_stored_and_sent_to_nobody() {
    let mut desk = Desk::new(&[]).await;
    desk.ended(5, API, &["v1"], "Succeed", desk.now() - 3_600);
    desk.round().await;
    desk.pass(1).await;
    assert_eq!(desk.known(API, "v1").await, ["succeeded"], "history is read");
    desk.pass(3_600).await;
    assert!(desk.shown().await.is_empty());
    // Off for four days, while one more ended at the beginning of them.
    desk.ended(8, API, &["v2"], "Succeed", desk.now() + 60);
    desk.ended(9, API, &["v3"], "Succeed", desk.now() + 4 * 86_400);
    desk.pass(4 * 86_400 + 600).await;
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("`v3`"), "{shown:?}");
    assert_eq!(desk.known(API, "v2").await, ["succeeded"]);
}

/// Harbor says when something ended in whole seconds, and what its time is more precisely.
#[tokio::test]
async fn what_ended_in_the_second_of_the_first_contact_is_no_history() {
    let mut desk = Desk::new(&[]).await;
    let ended = desk.now();
    desk.harbor.set_now(&utc(ended * 1_000 + 300).to_string());
    desk.reconciler.round().await;
    desk.ended(7, API, &["v1"], "Succeed", ended);
    desk.pass(600).await;
    assert_eq!(desk.shown().await.len(), 1);
}

#[tokio::test]
async fn a_harbor_that_was_restored_is_followed_as_at_the_first_contact() {
    let mut desk = desk().await;
    desk.ended(900, API, &["v1"], "Succeed", desk.now());
    desk.pass(300).await;
    assert_eq!(desk.shown().await.len(), 1);
    desk.harbor.forget_everything();
    desk.ended(3, API, &["v0"], "Succeed", desk.now() - 86_000);
    desk.pass(60).await;
    desk.pass(300).await;
    assert_eq!(desk.shown().await.len(), 1, "what it had is history");
    desk.ended(4, API, &["v2"], "Succeed", desk.now());
    desk.pass(300).await;
    assert_eq!(desk.shown().await.len(), 2);
}

#[tokio::test]
async fn an_execution_that_runs_stays_in_view_until_it_has_ended() {
    let mut desk = desk().await;
    let started = desk.now();
    desk.harbor.set_execution(execution(7, "InProgress", started, None));
    let running = serde_json::json!({ "end_time": "0001-01-01T00:00:00.000Z", "status": "InProgress" });
    let mut first = task(7, API, "InProgress", "copy", started);
    first.as_object_mut().unwrap().extend(running.as_object().unwrap().clone());
    desk.harbor.set_task(7, first, Some(&log(API, &["v1"], &[])));
    desk.pass(60).await;
    assert_eq!(desk.status.borrow().open_executions, 1);
    // So many others that it is on no page any more that is read.
    for id in 8..400 {
        desk.harbor.set_execution(without_tasks(id, "Succeed", "no resources need to be replicated", desk.now()));
    }
    desk.pass(60).await;
    let mut desk = desk.restart();
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.pass(60).await;
    desk.pass(300).await;
    assert_eq!(desk.shown().await.len(), 1);
    assert_eq!(desk.status.borrow().open_executions, 0);
}

#[tokio::test]
async fn a_silent_failure_is_told_once_a_day_for_each_reason_and_once_more_when_the_rule_works_again() {
    let mut desk = desk().await;
    let refused = |port: u16| format!("failed to create adapter for x: dial tcp: connect: connection refused :{port}");
    desk.harbor.set_execution(without_tasks(7, "Failed", &refused(1), desk.now()));
    desk.pass(1).await;
    let shown = desk.shown().await;
    assert!(shown.len() == 1 && shown[0].contains("connection refused"), "{shown:?}");
    let event = desk.bench.deliveries().await.remove(0).event.facts;
    assert_eq!((event.repository.as_str(), event.rule.as_str(), event.late), ("", "to-ali", false));
    // A schedule repeats it: the same but for its numbers.
    desk.harbor.set_execution(without_tasks(8, "Failed", &refused(2), desk.now()));
    desk.pass(3_600).await;
    assert_eq!(desk.shown().await.len(), 1);
    desk.harbor.set_execution(without_tasks(9, "Failed", "failed to fetch artifacts: 401", desk.now()));
    desk.pass(60).await;
    assert_eq!(desk.shown().await.len(), 2, "another reason");
    assert!(desk.status.borrow().rules[0].last_failure.contains("401"));
    desk.pass(25 * 3_600).await;
    desk.harbor.set_execution(without_tasks(10, "Failed", "failed to fetch artifacts: 401", desk.now()));
    desk.pass(60).await;
    assert_eq!(desk.shown().await.len(), 3, "a day later");
    desk.ended(11, API, &["v1"], "Succeed", desk.now());
    desk.webhook(&webhook_of(11, API, &["v1"], true, desk.now())).await;
    desk.pass(60).await;
    let shown = desk.shown().await;
    let more = shown[3..].join("\n");
    assert!(more.contains("`v1`") && more.matches("**复制恢复**").count() == 1, "{shown:?}");
    assert_eq!(desk.status.borrow().rules[0].last_failure, "");
    desk.ended(12, API, &["v2"], "Succeed", desk.now());
    desk.pass(600).await;
    assert_eq!(desk.shown().await.len(), shown.len() + 1, "and only what is new after that");
}

#[rstest]
#[case::skipped("Failed", "Execution skipped: active replication still in progress.")]
#[case::nothing_to_do("Succeed", "no resources need to be replicated")]
#[tokio::test]
async fn an_execution_that_had_nothing_to_do_is_no_failure(#[case] status: &str, #[case] text: &str) {
    let mut desk = desk().await;
    desk.harbor.set_execution(without_tasks(7, status, text, desk.now()));
    desk.pass(600).await;
    assert!(desk.shown().await.is_empty());
}

#[tokio::test]
async fn a_failure_says_why_and_names_only_what_failed() {
    let mut desk = desk().await;
    let ended = desk.now();
    desk.harbor.set_execution(execution(7, "Failed", ended - 5, Some(ended)));
    let text = log(API, &["v1", "v2", "v3"], &["v1", "v3"]);
    desk.harbor.set_task(7, task(7, API, "Failed", "copy", ended), Some(&text));
    desk.webhook(&webhook_of(7, API, &["v1", "v2", "v3"], false, ended)).await;
    eventually("it is looked up", || async { desk.bench.deliveries().await.len() == 2 }).await;
    let rows = desk.bench.deliveries().await;
    let of = |outcome: &str| {
        let row = rows.iter().find(|row| row.event.facts.outcome.as_str() == outcome).unwrap();
        (row.event.facts.versions.join(" "), row.event.facts.reason.clone())
    };
    assert_eq!(of("failed"), ("v2".to_owned(), "http status code: 403, body: denied".to_owned()));
    assert_eq!(of("succeeded"), ("v1 v3".to_owned(), String::new()));
    let shown = desk.shown().await.join("\n");
    assert!(!shown.contains("重试后成功"), "{shown}");
    assert_eq!(
        (desk.known(API, "v1").await, desk.known(API, "v2").await),
        (vec!["succeeded".into()], vec!["failed".into()])
    );
    // Harbor's second and third try fail alike.
    assert_eq!(desk.webhook(&webhook_of(7, API, &["v2"], false, ended)).await, Acceptance::Duplicate);
    // A later try of the whole succeeds: only what had failed is news.
    let mut healed = webhook_of(7, API, &["v1", "v2", "v3"], true, ended + 60);
    healed["event_data"]["replication"]["execution_timestamp"] = (ended - 5).into();
    desk.webhook(&healed).await;
    let shown = desk.shown().await;
    assert!(shown.last().unwrap().contains("重试后成功") && !shown.last().unwrap().contains("`v1`"), "{shown:?}");
}

/// Harbor says which versions were copied after the first message about the failure was lost: its next try names those
/// that failed alone, and the others are told as arrived.
#[tokio::test]
async fn invariant_2_what_was_copied_of_a_failure_is_told_although_a_message_had_begun() {
    let mut desk = desk().await;
    let ended = desk.now();
    desk.harbor.set_execution(execution(7, "Failed", ended - 5, Some(ended)));
    let text = log(API, &["v1", "v2"], &["v1"]);
    desk.harbor.set_task(7, task(7, API, "Failed", "copy", ended), Some(&text));
    desk.harbor.fail(Some(Fault::Status(502)));
    desk.round().await;
    desk.webhook(&webhook_of(7, API, &["v1", "v2"], false, ended)).await;
    desk.bench.wecom.answer_next(Answer::Errcode(-1, "system busy"));
    assert!(desk.bench.step().await);
    desk.harbor.fail(None);
    desk.pass(600).await;
    let shown = desk.shown().await.join("\n");
    let (failed, arrived) = (shown.find("`v2`").unwrap(), shown.find("`v1`").unwrap());
    assert_eq!((shown.matches("`v1`").count(), shown.matches("`v2`").count()), (1, 1), "{shown}");
    let is_failure = |at: usize| shown[..at].rfind("失败") > shown[..at].rfind("成功");
    assert!(is_failure(failed) && !is_failure(arrived), "{shown}");
}

/// Where failures are sent to nobody, what was copied of one is an arrival all the same; of history it is not.
#[rstest]
#[case::news(0, 1)]
#[case::history(-3_600, 0)]
#[tokio::test]
async fn what_was_copied_of_a_failure_is_told_where_failures_are_not(#[case] after: i64, #[case] told: usize) {
    let mut desk = Desk::new(&[("NOTIFY_OUTCOMES", "succeeded")]).await;
    desk.round().await;
    let ended = desk.now() + after;
    desk.harbor.set_execution(execution(7, "Failed", ended - 5, Some(ended)));
    let text = log(API, &["v1", "v2"], &["v1"]);
    desk.harbor.set_task(7, task(7, API, "Failed", "copy", ended), Some(&text));
    desk.pass(600).await;
    let shown = desk.shown().await;
    assert_eq!(shown.iter().filter(|message| message.contains("`v1`")).count(), told, "{shown:?}");
    assert!(shown.iter().all(|message| !message.contains("`v2`")), "{shown:?}");
    assert_eq!(desk.known(API, "v1").await, ["succeeded"]);
}

#[tokio::test]
async fn a_log_that_cannot_be_read_leaves_everything_as_it_is() {
    let desk = desk().await;
    let ended = desk.now();
    desk.harbor.set_execution(execution(7, "Failed", ended - 5, Some(ended)));
    desk.harbor.set_task(7, task(7, API, "Failed", "copy", ended), Some("\u{0}\u{1b}[31m nothing that one knows"));
    desk.webhook(&webhook_of(7, API, &["v1"], false, ended)).await;
    eventually("it is sent", || async {
        desk.bench.lane.clone().claim().await.is_ok() && desk.bench.store.next_due_at("default").await.is_ok()
    })
    .await;
    eventually("the look-up has ended", || async {
        let next = desk.bench.store.next_due_at("default").await.unwrap();
        next.is_none_or(|next| next <= desk.bench.clock.now())
    })
    .await;
    let event = &desk.bench.deliveries().await[0].event.facts;
    assert_eq!((event.versions.len(), event.reason.as_str()), (1, ""));
}

#[tokio::test]
async fn a_replicated_deletion_is_no_arrival() {
    let desk = desk().await;
    let mut deleting = rule(1, "to-ali", "阿里仓");
    deleting["replicate_deletion"] = true.into();
    desk.harbor.set_rule(deleting);
    let ended = desk.now();
    desk.harbor.set_execution(execution(7, "Succeed", ended - 5, Some(ended)));
    desk.harbor.set_task(7, task(7, API, "Succeed", "deletion", ended), None);
    desk.harbor.set_execution(execution(8, "Succeed", ended - 5, Some(ended)));
    desk.harbor.set_task(8, task(8, API, "Succeed", "copy", ended), None);
    // The rules that were read at the start say nothing of deletions; a read of long ago is not gone by.
    desk.reconciler.connection.rules(std::time::Duration::ZERO).await.unwrap();
    desk.webhook(&webhook_of(7, API, &["v1"], true, ended)).await;
    desk.webhook(&webhook_of(8, API, &["v2"], true, ended)).await;
    eventually("both are looked up", || async {
        desk.bench.deliveries().await.iter().all(|row| row.event.facts.operation.as_str() != "unconfirmed")
    })
    .await;
    let operations: Vec<_> = desk
        .bench
        .deliveries()
        .await
        .iter()
        .map(|row| (row.event.facts.versions[0].clone(), row.event.facts.operation.to_string()))
        .collect();
    assert!(operations.contains(&("v1".into(), "delete".into())), "{operations:?}");
    assert!(operations.contains(&("v2".into(), "copy".into())), "{operations:?}");
}

#[tokio::test]
async fn a_deletion_that_harbor_does_not_confirm_in_time_is_put_right_later() {
    let mut desk = desk().await;
    let mut deleting = rule(1, "to-ali", "阿里仓");
    deleting["replicate_deletion"] = true.into();
    desk.harbor.set_rule(deleting);
    desk.reconciler.connection.rules(std::time::Duration::ZERO).await.unwrap();
    let ended = desk.now();
    desk.harbor.fail(Some(Fault::Status(500)));
    desk.webhook(&webhook_of(7, API, &["v1"], true, ended)).await;
    let shown = || async { desk.bench.store.next_due_at("default").await.unwrap() };
    eventually("it need not wait any more", || async { shown().await.is_none_or(|at| at <= desk.bench.clock.now()) })
        .await;
    assert_eq!(desk.shown().await.len(), 1);
    assert_eq!(desk.bench.deliveries().await[0].event.facts.operation.as_str(), "unconfirmed");
    desk.harbor.fail(None);
    desk.harbor.set_execution(execution(7, "Succeed", ended - 5, Some(ended)));
    desk.harbor.set_task(7, task(7, API, "Succeed", "tag deletion", ended), None);
    desk.pass(60).await;
    assert_eq!(desk.bench.deliveries().await[0].event.facts.operation.as_str(), "delete");
    assert_eq!(desk.shown().await.len(), 1, "nobody is notified again");
}

#[rstest]
#[case::an_error(Some(Fault::Status(500)), HarborState::Unreachable)]
#[case::a_page(Some(Fault::Html), HarborState::Unreachable)]
#[case::a_flood(Some(Fault::Long(20 * 1024 * 1024)), HarborState::Unreachable)]
#[tokio::test]
async fn whatever_harbor_answers_nothing_is_lost(#[case] fault: Option<Fault>, #[case] state: HarborState) {
    let mut desk = desk().await;
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.harbor.fail(fault);
    desk.pass(300).await;
    assert_eq!(desk.status.borrow().state, state, "{:?}", desk.status.borrow());
    assert!(!desk.status.borrow().last_error.is_empty());
    desk.harbor.fail(None);
    desk.pass(60).await;
    assert_eq!(desk.status.borrow().state, HarborState::Ok);
    assert_eq!(desk.shown().await.len(), 1);
}

#[rstest]
#[case("replication:list")]
#[case("replication-policy:list")]
#[case("notification-policy:list")]
#[case("replication:read")]
#[tokio::test]
async fn a_permission_that_is_missing_is_named_and_nothing_is_lost(#[case] permission: &'static str) {
    let desk = desk().await;
    desk.harbor.deny(&[permission]);
    let mut desk = desk.restart();
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.pass(300).await;
    let status = desk.status.borrow().clone();
    assert_eq!(status.state, HarborState::Forbidden, "{status:?}");
    assert!(status.last_error.contains(permission), "{status:?}");
    desk.harbor.deny(&[]);
    let mut desk = desk.restart();
    desk.pass(60).await;
    assert_eq!(desk.status.borrow().state, HarborState::Ok);
    assert_eq!(desk.shown().await.len(), 1);
}

/// Somebody gives the permission back: the next round knows, also if nothing is replicated then.
#[rstest]
#[case("notification-policy:list")]
#[case("notification-policy:read")]
#[tokio::test]
async fn a_permission_that_is_given_back_is_seen_at_the_next_round(#[case] permission: &'static str) {
    let desk = desk().await;
    desk.harbor.deny(&[permission]);
    let mut desk = desk.restart();
    desk.ended(7, API, &["v1"], "Succeed", desk.now());
    desk.pass(300).await;
    assert_eq!(desk.status.borrow().state, HarborState::Forbidden);
    desk.pass(60).await;
    assert_eq!(desk.status.borrow().state, HarborState::Forbidden, "it is still missing");
    desk.harbor.deny(&[]);
    desk.pass(60).await;
    assert_eq!(desk.status.borrow().state, HarborState::Ok);
}

/// Harbor ends an execution with each failed try, and tries again up to minutes later.
#[rstest]
#[case::told_as_it_failed(&[], 2)]
#[case::held_back(&[("FAILURE_GRACE", "3m")], 1)]
#[tokio::test]
async fn a_failure_that_heals_is_told_also_where_no_webhook_comes(
    #[case] settings: &[(&str, &str)],
    #[case] messages: usize,
) {
    let mut desk = Desk::new(settings).await;
    desk.harbor.set_webhook("mars", webhook_policy(1, "https://elsewhere.example.com/webhook/harbor"));
    desk.round().await;
    let began = desk.now();
    let tried = |desk: &Desk, status: &str, copied: &[&str]| {
        desk.harbor.set_execution(execution(7, status, began, Some(desk.now())));
        desk.harbor.set_task(7, task(7, API, status, "copy", desk.now()), Some(&log(API, &["v1"], copied)));
    };
    tried(&desk, "Failed", &[]);
    desk.pass(20).await;
    assert_eq!(desk.shown().await.len(), messages - 1, "{:?}", desk.shown().await);
    desk.pass(30).await;
    tried(&desk, "Succeed", &["v1"]);
    desk.pass(60).await;
    let shown = desk.shown().await;
    assert_eq!(shown.len(), messages, "{shown:?}");
    assert!(shown[messages - 1].contains("重试后成功") && !shown[messages - 1].contains("补报"), "{shown:?}");
    assert_eq!(desk.known(API, "v1").await, ["succeeded"]);
    for _ in 0..6 {
        desk.pass(60).await;
    }
    assert_eq!(desk.shown().await.len(), messages, "once");
    assert_eq!(desk.status.borrow().open_executions, 0);
}

#[tokio::test]
async fn a_refused_account_is_said_and_the_password_is_in_no_text() {
    let mut desk = desk().await;
    desk.harbor.refuse_account(true);
    desk.pass(60).await;
    let status = desk.status.borrow().clone();
    assert_eq!(status.state, HarborState::Unauthorized);
    assert!(status.last_error.contains("HARBOR_PASSWORD") && !format!("{status:?}").contains("pass-word"));
}

#[tokio::test]
async fn credentials_never_follow_a_redirect_to_another_origin() {
    let other = harborbell::demo::harbor::Harbor::start().await.unwrap();
    let mut desk = desk().await;
    desk.harbor.fail(Some(Fault::Redirect(format!("{}/api/v2.0/replication/executions", other.url()))));
    desk.pass(60).await;
    assert_eq!(desk.status.borrow().state, HarborState::Unreachable);
    assert!(desk.status.borrow().last_error.contains("redirects"), "{:?}", desk.status.borrow());
    assert!(other.asked().is_empty(), "{:?}", other.asked());
    let first = &desk.harbor.asked()[0];
    assert!(first.authorization.as_deref().is_some_and(|sent| sent.starts_with("Basic ")));
}

/// The service was off for half an hour, and Harbor's own tries to send its webhooks are over.
#[tokio::test]
async fn what_ended_while_the_service_was_off_is_told_once_in_digests_and_marked() {
    let desk = desk().await;
    for id in 0..200 {
        desk.ended(id + 7, API, &[&format!("v{id}.")], "Succeed", desk.now() + id * 9);
    }
    desk.bench.clock.advance(1_800_000);
    let mut desk = desk.restart();
    desk.round().await;
    desk.pass(300).await;
    let shown = desk.shown().await;
    let all = shown.join("\n");
    for id in 0..200 {
        assert_eq!(all.matches(&format!("`v{id}.`")).count(), 1, "v{id}.");
    }
    assert!(shown.len() <= 8 && shown.iter().all(|message| message.contains("（补报）")), "{} messages", shown.len());
}

#[tokio::test]
async fn a_thousand_executions_are_caught_up_with_after_an_hour_without_harbor() {
    let mut desk = desk().await;
    desk.harbor.fail(Some(Fault::Status(502)));
    desk.pass(60).await;
    assert_eq!(desk.status.borrow().state, HarborState::Unreachable);
    for id in 0..1_000 {
        desk.ended(id + 7, API, &[&format!("v{id}.")], "Succeed", desk.now() + id * 3);
    }
    desk.pass(3_600).await;
    desk.harbor.fail(None);
    for _ in 0..4 {
        desk.pass(60).await;
    }
    let all = desk.shown().await.join("\n");
    for id in 0..1_000 {
        assert_eq!(all.matches(&format!("`v{id}.`")).count(), 1, "v{id}.");
    }
    assert_eq!(desk.status.borrow().open_executions, 0);
}
