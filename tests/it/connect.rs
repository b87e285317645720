//! `connect` and what `check` asks Harbor, as the program itself against the stand-in: what is made, what is left alone,
//! what is said and how it ends. Neither the password nor the header is in anything that it says.

use std::process::Command;

use harborbell::demo::harbor::Harbor;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::desk::{rule, webhook_of, webhook_policy};
use crate::process::environment;
use crate::support::{KEY, program};

const HEADER: &str = "Bearer s3cret-header";
const PASSWORD: &str = "s3cret-password";
const ADDRESS: &str = "https://bell.example.com/webhook/harbor";

/// How the program ended, and what it said on standard output and error.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }

    /// The result of each project, as the table has it.
    fn result(&self, project: &str) -> String {
        let row = self.out.lines().find_map(|line| line.strip_prefix(&format!("{project} ")));
        row.unwrap_or_else(|| panic!("no {project} in {}{}", self.out, self.err)).trim().to_owned()
    }
}

/// Runs it with all that it needs, but for what is left out.
fn run_without(harbor: &Harbor, missing: &[&str], arguments: &[&str]) -> Said {
    let url = harbor.url();
    let all = [
        ("HARBOR_URL", url.as_str()),
        ("HARBOR_USERNAME", "robot$bell"),
        ("HARBOR_PASSWORD", PASSWORD),
        ("HARBOR_AUTH_HEADER", HEADER),
        ("PUBLIC_URL", "https://bell.example.com"),
    ];
    let settings: Vec<_> = all.into_iter().filter(|(key, _)| !missing.contains(key)).collect();
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(program());
    let output = environment(command.args(arguments), folder.path(), KEY, &settings).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let said = Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) };
    for secret in [HEADER, PASSWORD, "s3cret"] {
        assert!(!said.out.contains(secret) && !said.err.contains(secret), "{}{}", said.out, said.err);
    }
    said
}

fn run(harbor: &Harbor, arguments: &[&str]) -> Said {
    run_without(harbor, &[], arguments)
}

/// With one rule, of the project `mars`.
async fn harbor() -> Harbor {
    let harbor = Harbor::start().await.unwrap();
    harbor.set_rule(rule(1, "to-ali", "阿里仓"));
    harbor
}

fn changes(harbor: &Harbor) -> usize {
    harbor.asked().iter().filter(|asked| asked.method != "GET").count()
}

/// The policy as it is to be.
fn ours(id: i64) -> Value {
    json!({
        "id": id, "name": "harborbell", "enabled": true, "event_types": ["REPLICATION"],
        "targets": [{ "type": "http", "address": ADDRESS, "auth_header": HEADER, "skip_cert_verify": false }],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_policy_is_made_once_and_others_are_left_alone() {
    let harbor = harbor().await;
    let other = webhook_policy(4, "https://other.example.com/hook");
    harbor.set_webhook("mars", other.clone());
    let first = run(&harbor, &["connect"]);
    assert_eq!((first.code, first.result("mars").as_str()), (0, "created"), "{}", first.err);
    assert!(first.out.contains(ADDRESS), "{}", first.out);
    assert_eq!(harbor.webhooks("mars"), [other, ours(5)]);
    let second = run(&harbor, &["connect"]);
    assert_eq!((second.code, second.result("mars").as_str()), (0, "is as it should be"));
    assert_eq!(changes(&harbor), 1);
}

#[rstest]
#[case::another_address("/targets/0/address", json!("https://old.example.com/webhook/harbor"))]
#[case::another_header("/targets/0/auth_header", json!("Bearer old"))]
#[case::no_header("/targets/0/auth_header", json!(""))]
#[case::another_type("/event_types", json!(["PUSH_ARTIFACT"]))]
#[case::disabled("/enabled", json!(false))]
#[case::no_target("/targets", json!([]))]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn our_policy_is_corrected(#[case] pointer: &str, #[case] wrong: Value) {
    let harbor = harbor().await;
    let mut policy = ours(3);
    *policy.pointer_mut(pointer).unwrap() = wrong;
    harbor.set_webhook("mars", policy.clone());
    let dry = run(&harbor, &["connect", "--dry-run"]);
    assert_eq!((dry.code, dry.result("mars").as_str()), (0, "would be corrected"));
    assert_eq!((harbor.webhooks("mars"), changes(&harbor)), (vec![policy], 0), "nothing is touched");
    let said = run(&harbor, &["connect"]);
    assert_eq!((said.code, said.result("mars").as_str()), (0, "corrected"));
    assert_eq!(harbor.webhooks("mars"), [ours(3)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_dry_run_makes_nothing() {
    let harbor = harbor().await;
    let said = run(&harbor, &["connect", "--dry-run"]);
    assert_eq!((said.code, said.result("mars").as_str()), (0, "would be created"));
    assert_eq!((harbor.webhooks("mars").len(), changes(&harbor)), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn where_another_policy_has_our_address_none_is_made() {
    let harbor = harbor().await;
    harbor.set_webhook("mars", webhook_policy(4, ADDRESS));
    let said = run(&harbor, &["connect"]);
    assert_eq!(
        (said.code, said.result("mars").as_str()),
        (0, "the policy \"bell\" has this address already; none was made")
    );
    let mut silent = webhook_policy(4, ADDRESS);
    silent["enabled"] = false.into();
    harbor.set_webhook("mars", silent);
    assert!(run(&harbor, &["connect"]).result("mars").contains("sends no replications; enable it"));
    assert_eq!(changes(&harbor), 0);
}

#[rstest]
#[case::both(&["PUBLIC_URL", "HARBOR_AUTH_HEADER"])]
#[case::the_address(&["PUBLIC_URL"])]
#[case::the_header(&["HARBOR_AUTH_HEADER"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_refuses_without_an_address_or_a_header_and_names_all_that_is_missing(#[case] missing: &[&str]) {
    let harbor = harbor().await;
    let said = run_without(&harbor, missing, &["connect", "--project", "mars"]);
    assert_eq!(said.code, 2, "{}", said.err);
    for key in ["PUBLIC_URL", "HARBOR_AUTH_HEADER"] {
        assert_eq!(said.err.contains(&format!("{key}: is not set")), missing.contains(&key), "{}", said.err);
    }
    assert!(harbor.asked().is_empty());
}

#[rstest]
#[case::no_account(&["HARBOR_USERNAME", "HARBOR_PASSWORD"], "--ask")]
#[case::half_an_account(&["HARBOR_PASSWORD"], "HARBOR_PASSWORD: is not set")]
#[case::no_harbor(&["HARBOR_URL", "HARBOR_USERNAME", "HARBOR_PASSWORD"], "HARBOR_URL is not set")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_says_what_it_takes_to_ask_harbor(#[case] missing: &[&str], #[case] says: &str) {
    let said = run_without(&harbor().await, missing, &["connect"]);
    assert!(said.code == 2 && said.err.contains(says), "{}: {}", said.code, said.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_account_is_asked_for_on_a_terminal_only() {
    let said = run(&harbor().await, &["connect", "--ask"]);
    assert!(said.code == 2 && said.err.contains("not a terminal"), "{}", said.err);
}

#[rstest]
#[case("notification-policy:list")]
#[case("notification-policy:create")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_permission_that_is_missing_is_named_and_the_other_projects_are_done(#[case] permission: &'static str) {
    let harbor = harbor().await;
    harbor.set_webhook("venus", ours(1));
    harbor.deny(&[permission]);
    let said = run(&harbor, &["connect", "--project", "mars", "--project", "venus"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.result("mars").starts_with("failed: ") && said.result("mars").contains(permission), "{}", said.out);
    if permission == "notification-policy:create" {
        assert_eq!(said.result("venus"), "is as it should be");
    }
}

#[rstest]
#[case::to_correct("notification-policy:update", &["connect", "--project", "mars"])]
#[case::to_find_projects("replication-policy:list", &["connect"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn each_other_permission_is_named_too(#[case] permission: &'static str, #[case] arguments: &[&str]) {
    let harbor = harbor().await;
    let mut wrong = ours(1);
    wrong["enabled"] = false.into();
    harbor.set_webhook("mars", wrong);
    harbor.deny(&[permission]);
    let said = run(&harbor, arguments);
    assert!(said.code == 1 && format!("{}{}", said.out, said.err).contains(permission), "{}{}", said.out, said.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn projects_are_those_that_enabled_rules_replicate_from_or_to() {
    let harbor = harbor().await;
    let with_filter = |id: i64, filter: &str| {
        let mut rule = rule(id, "more", "");
        rule["filters"][0]["value"] = filter.into();
        rule
    };
    harbor.set_rule(with_filter(2, "{venus/**,jupiter/{a,b}}"));
    let mut disabled = with_filter(3, "**");
    disabled["enabled"] = false.into();
    harbor.set_rule(disabled);
    let mut pull = with_filter(4, "remote/**");
    pull["src_registry"] = json!({ "id": 9, "name": "hub" });
    pull["dest_registry"] = json!({ "id": 0 });
    pull["dest_namespace"] = "pulled/deep".into();
    harbor.set_rule(pull);
    let said = run(&harbor, &["connect", "--dry-run", "--json"]).json();
    let projects: Vec<_> =
        said["projects"].as_array().unwrap().iter().map(|row| row["project"].as_str().unwrap()).collect();
    assert_eq!(projects, ["jupiter", "mars", "pulled", "venus"]);
    assert_eq!(said["address"], ADDRESS);

    harbor.set_rule(with_filter(5, "m*/**"));
    let said = run(&harbor, &["connect", "--dry-run"]);
    assert!(said.code == 2 && said.err.contains("\"more\"") && said.err.contains("--project"), "{}", said.err);
    let said = run(&harbor, &["connect", "--project", "saturn", "--json"]);
    assert_eq!(
        (said.code, said.json()["projects"].clone()),
        (0, json!([{ "project": "saturn", "result": "created" }]))
    );
    assert!(harbor.webhooks("mars").is_empty() && harbor.webhooks("saturn").len() == 1, "only the one that was named");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_an_enabled_rule_projects_must_be_named() {
    let harbor = Harbor::start().await.unwrap();
    let said = run(&harbor, &["connect"]);
    assert!(said.code == 2 && said.err.contains("--project"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn check_finds_nothing_to_say_of_a_harbor_that_is_in_order() {
    let harbor = harbor().await;
    harbor.set_webhook("mars", ours(1));
    harbor.record("mars", 1, "Success", &webhook_of(7, "mars/api", &["v1"], true, 1_800_000_000));
    let said = run(&harbor, &["check"]);
    assert!(said.code == 0 && said.out.contains("Harbor's API   ok: v2.15.2"), "{}{}", said.out, said.err);
    let harbors = run(&harbor, &["check", "--json"]).json()["harbor"].clone();
    assert_eq!(harbors, json!({ "state": "ok: v2.15.2", "error": null, "remarks": [] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn check_says_which_rules_have_no_description_and_which_projects_no_webhook() {
    let harbor = harbor().await;
    harbor.set_rule(rule(2, "to-huawei", ""));
    let mut disabled = rule(3, "old", "");
    disabled["enabled"] = false.into();
    harbor.set_rule(disabled);
    let said = run(&harbor, &["check", "--json"]);
    assert_eq!(said.code, 0, "worth knowing, and no trouble: {}", said.err);
    let remarks: Vec<String> = serde_json::from_value(said.json()["harbor"]["remarks"].clone()).unwrap();
    assert!(remarks[0].contains("to-huawei") && !remarks[0].contains("to-ali") && !remarks[0].contains("old"));
    assert!(remarks[1].contains("harborbell connect --project mars"), "{remarks:?}");
    assert_eq!(remarks.len(), 2);
    let printed = run(&harbor, &["check"]).out;
    assert!(remarks.iter().all(|remark| printed.contains(remark.as_str())), "{printed}");
}

/// One that goes elsewhere, is disabled or sends something else does not reach this service.
#[rstest]
#[case::elsewhere(webhook_policy(1, "https://other.example.com/webhook/harbor"))]
#[case::disabled({ let mut policy = ours(1); policy["enabled"] = false.into(); policy })]
#[case::of_another_type({ let mut policy = ours(1); policy["event_types"] = json!(["PULL_ARTIFACT"]); policy })]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_webhook_that_does_not_reach_us_is_none(#[case] policy: Value) {
    let harbor = harbor().await;
    harbor.set_webhook("mars", policy);
    assert!(run(&harbor, &["check"]).out.contains("connect --project mars"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn check_repeats_why_the_last_webhook_failed() {
    let harbor = harbor().await;
    harbor.set_webhook("mars", ours(1));
    let body = webhook_of(7, "mars/api", &["v1"], true, 1_800_000_000);
    harbor.record("mars", 1, "Error", &body);
    assert!(run(&harbor, &["check"]).out.contains("Harbor does not say why"), "its log is gone");
    let line =
        |level: &str, text: &str| format!("2026-11-24T17:47:19Z [{level}] [/harbor/webhook_job.go:76]: {text}\n");
    let error = "exit webhook job, error: abnormal response code: 503, body: {\"by\":\"a proxy\"}";
    let log = line("INFO", "start to run webhook job")
        + &line("INFO", &format!("send request to remote endpoint, body: {body}"))
        + &line("ERROR", error);
    harbor.log_last("mars", 1, &log);
    let said = run(&harbor, &["check"]);
    assert!(said.out.contains(&format!("the last webhook of the project mars failed: {error}\n")), "{}", said.out);
    assert_eq!(said.code, 0);
    harbor.record("mars", 1, "Success", &body);
    assert!(!run(&harbor, &["check"]).out.contains("failed"), "a later one came in");
}

#[rstest]
#[case("replication:list")]
#[case("replication-policy:list")]
#[case("notification-policy:list")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_missing_permission_ends_check_with_1(#[case] permission: &'static str) {
    let harbor = harbor().await;
    harbor.deny(&[permission]);
    let said = run(&harbor, &["check"]);
    assert!(said.code == 1 && said.out.contains(permission), "{}{}", said.out, said.err);
    assert!(run(&harbor, &["check", "--json"]).json()["harbor"]["error"].as_str().unwrap().contains(permission));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn trouble_with_harbor_ends_check_with_1_and_the_rest_is_checked() {
    let mut harbor = harbor().await;
    harbor.refuse_account(true);
    let said = run(&harbor, &["check"]);
    assert!(said.code == 1 && said.out.contains("HARBOR_PASSWORD"), "{}{}", said.out, said.err);
    harbor.go_down().await;
    let said = run(&harbor, &["check"]);
    assert!(said.code == 1 && said.out.contains("cannot reach Harbor"), "{}{}", said.out, said.err);
    assert!(said.out.contains("configuration  ok") && said.out.contains("default"), "{}", said.out);
    let harbors = run(&harbor, &["check", "--json"]).json()["harbor"].clone();
    assert!(harbors["error"].as_str().unwrap().contains("HARBOR_URL"), "{harbors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn check_says_which_rule_failed_before_it_had_tasks() {
    let harbor = harbor().await;
    harbor.set_execution(crate::desk::without_tasks(7, "Failed", "failed to create adapter: refused", 1_795_541_751));
    let said = run(&harbor, &["check", "--json"]);
    let remarks: Vec<String> = serde_json::from_value(said.json()["harbor"]["remarks"].clone()).unwrap();
    assert!(remarks.iter().any(|remark| remark.contains("failed to create adapter: refused")), "{remarks:?}");
    harbor.set_execution(crate::desk::execution(8, "Succeed", 1_795_541_760, Some(1_795_541_770)));
    let said = run(&harbor, &["check", "--json"]);
    assert!(!said.json()["harbor"]["remarks"].to_string().contains("adapter"), "it works again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_an_account_check_asks_nothing() {
    let harbor = harbor().await;
    let said = run_without(&harbor, &["HARBOR_USERNAME", "HARBOR_PASSWORD"], &["check", "--json"]);
    assert_eq!((said.code, said.json()["harbor"].clone()), (0, Value::Null), "{}", said.err);
    assert!(harbor.asked().is_empty());
}
