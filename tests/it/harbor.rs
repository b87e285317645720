//! Harbor's JSON → event, ignored, or malformed with its place. Shapes after Harbor's own, values ours.

use harborbell::model::event::ReplicationOutcome;
use harborbell::model::harbor::{Ignored, MOST_REFERENCES, Reading, Unreadable, Webhook, read};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{App, HUAWEI, arrived, push, webhook};

const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const SIGNATURE: &str = "sha256-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.sig";

fn with(pointer: &str, value: Value) -> Value {
    let mut payload = arrived("v1.2.3");
    let replication = &mut payload["event_data"]["replication"];
    match replication.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => panic!("the sample has no {pointer}"),
    }
    payload
}

fn references(references: Value) -> Value {
    with("/successful_artifact/0/references", references)
}

fn ignored(payload: &Value) -> Ignored {
    match read(&payload.to_string(), 0, false).unwrap() {
        Reading::Ignored(reason) => reason,
        event => panic!("{event:?}"),
    }
}

#[test]
fn a_push_is_read_in_full() {
    let Webhook { event, arrivals } = webhook(&arrived("v1.2.3"));
    assert_eq!(event.outcome, ReplicationOutcome::Succeeded);
    assert_eq!((event.project.as_str(), event.repository.as_str()), ("mars", "mars/mars-api"));
    assert_eq!((event.registry.as_str(), event.description.as_str()), ("aliyun-acr", "阿里仓"));
    assert_eq!(event.versions, ["v1.2.3"]);
    assert_eq!(event.occurred_at, 1_732_346_983_000);
    assert_eq!(arrivals.len(), 1);
}

#[test]
fn cloud_events_say_the_same() {
    let default = arrived("v1.2.3");
    let cloud = json!({
        "specversion": "1.0", "id": "1", "source": "/projects/2/webhook/policies/15",
        "type": "harbor.replication.status.changed", "datacontenttype": "application/json",
        "time": "2024-11-23T07:29:43Z", "operator": "admin", "data": default["event_data"],
    });
    assert_eq!(webhook(&cloud), webhook(&default));
}

/// Harbor swaps the namespaces of a push; in both directions the destination's is the local project.
#[test]
fn swapped_namespaces_give_the_local_project() {
    let mut payload = with("/dest_resource/namespace", json!("local"));
    payload["event_data"]["replication"]["src_resource"]["namespace"] = json!("remote");
    assert_eq!(webhook(&payload).event.repository, "local/mars-api");
}

#[test]
fn a_pull_names_the_registry_it_came_from() {
    let mut payload = with("/dest_resource/registry_name", Value::Null);
    payload["event_data"]["replication"]["src_resource"]["registry_name"] = json!("hub");
    assert_eq!(webhook(&payload).event.registry, "hub");
}

#[rstest]
#[case::push("https://harbor.example.com", "https://registry.example.net", "https://registry.example.net")]
#[case::pull("https://hub.example.org", "https://harbor.example.com:8443", "https://hub.example.org")]
fn without_a_name_the_remote_endpoint_stands_in(
    #[case] source: &str,
    #[case] destination: &str,
    #[case] expected: &str,
) {
    let mut payload = arrived("v1");
    let replication = &mut payload["event_data"]["replication"];
    replication["src_resource"]["endpoint"] = json!(source);
    replication["dest_resource"] = json!({ "endpoint": destination, "namespace": "mars" });
    assert_eq!(webhook(&payload).event.registry, expected);
}

#[rstest]
#[case("mars-api [1 item(s) in total]", "mars/mars-api")]
#[case("payments/api [12 item(s) in total]", "mars/payments/api")]
#[case("payments", "mars/payments")]
#[case("a [b] c [2 item(s) in total]", "mars/a [b] c")]
fn names_lose_their_suffix_and_keep_their_slashes(#[case] name_tag: &str, #[case] repository: &str) {
    assert_eq!(webhook(&with("/successful_artifact/0/name_tag", json!(name_tag))).event.repository, repository);
}

#[test]
fn a_missing_namespace_is_no_project() {
    let event = webhook(&with("/dest_resource", json!({ "registry_name": "r" }))).event;
    assert_eq!((event.project.as_str(), event.repository.as_str()), ("", "mars-api"));
}

#[rstest]
#[case::tags(json!(["v1", "latest"]), &["v1", "latest"])]
#[case::accessories_go(json!(["v1", SIGNATURE, DIGEST]), &["v1"])]
#[case::said_twice(json!(["v1", "v1"]), &["v1"])]
#[case::older_harbor(json!([""]), &[])]
#[case::none(Value::Null, &[])]
#[case::looks_like_one(json!(["sha256-mine"]), &["sha256-mine"])]
fn versions_are_the_tags(#[case] given: Value, #[case] versions: &[&str]) {
    let read = webhook(&references(given));
    assert_eq!(read.event.versions, versions);
    assert_eq!(read.arrivals.len(), versions.len().max(1), "an unknown version is one arrival");
}

#[rstest]
#[case::digest(json!([DIGEST]))]
#[case::the_users_own_sample(json!(["sha256:xxx"]))]
#[case::sha512(json!(["sha512:00"]))]
#[case::signature(json!([SIGNATURE]))]
#[case::both(json!([DIGEST, SIGNATURE]))]
fn only_digests_are_ignored_unless_wanted(#[case] given: Value) {
    let payload = references(given);
    assert_eq!(ignored(&payload), Ignored::DigestOnly);
    assert!(matches!(read(&payload.to_string(), 0, true).unwrap(), Reading::Event(_)));
}

#[rstest]
#[case("Pending")]
#[case("Running")]
#[case("Stopped")]
#[case("InProgress")]
fn what_has_not_ended_is_ignored(#[case] status: &str) {
    assert_eq!(ignored(&with("/job_status", json!(status))), Ignored::JobStatus);
}

#[rstest]
#[case("PUSH_ARTIFACT")]
#[case("PULL_ARTIFACT")]
#[case("DELETE_ARTIFACT")]
#[case("QUOTA_EXCEED")]
#[case("QUOTA_WARNING")]
#[case("SCANNING_FAILED")]
#[case("SCANNING_STOPPED")]
#[case("SCANNING_COMPLETED")]
#[case("TAG_RETENTION")]
#[case("UPLOAD_CHART")]
#[case("harbor.artifact.pushed")]
fn other_types_are_ignored_whatever_their_shape(#[case] kind: &str) {
    assert_eq!(
        ignored(&json!({ "type": kind, "event_data": { "replication": 7, "resources": [] } })),
        Ignored::EventType
    );
}

#[rstest]
#[case("")]
#[case(" \r\n")]
fn an_empty_body_is_the_test_button(#[case] body: &str) {
    assert_eq!(read(body, 0, false), Ok(Reading::Ignored(Ignored::Empty)));
}

#[rstest]
#[case::no_type(json!({}), "/type")]
#[case::type_is_a_number(json!({ "type": 1 }), "/type")]
#[case::no_replication(json!({ "type": "REPLICATION", "event_data": {} }), "/event_data/replication")]
#[case::no_status(with("/job_status", Value::Null), "/event_data/replication/job_status")]
#[case::no_time(with("/execution_timestamp", Value::Null), "/event_data/replication/execution_timestamp")]
#[case::time_is_text(with("/execution_timestamp", json!("now")), "/event_data/replication/execution_timestamp")]
#[case::time_before_all(with("/execution_timestamp", json!(-1)), "/event_data/replication/execution_timestamp")]
#[case::time_after_all(with("/execution_timestamp", json!(i64::MAX)), "/event_data/replication/execution_timestamp")]
#[case::no_artifact(with("/successful_artifact", json!([])), "/event_data/replication/successful_artifact")]
#[case::no_name(with("/successful_artifact", json!([{}])), "/event_data/replication/successful_artifact/0/name_tag")]
#[case::blank_name(with("/successful_artifact/0/name_tag", json!("\u{0} ")), "/event_data/replication/successful_artifact/0/name_tag")]
#[case::references_are_text(references(json!("v1")), "/event_data/replication/successful_artifact/0/references")]
#[case::a_reference_is_a_number(references(json!(["v1", 2])), "/event_data/replication/successful_artifact/0/references/1")]
#[case::cloud_event(json!({ "specversion": "1.0", "type": "harbor.replication.status.changed", "data": { "replication": { "job_status": "Success" } } }), "/data/replication/execution_timestamp")]
#[case::cloud_time(json!({ "specversion": "1.0", "type": "harbor.replication.status.changed", "time": "noon" }), "/time")]
fn what_is_malformed_is_named_by_its_place(#[case] payload: Value, #[case] expected: &str) {
    match read(&payload.to_string(), 0, false) {
        Err(Unreadable::Malformed { pointer, detail }) => {
            assert_eq!(pointer, expected);
            assert!(!detail.is_empty());
        }
        other => panic!("{other:?}"),
    }
}

fn pointer_and_detail(payload: &Value) -> (String, String) {
    match read(&payload.to_string(), 0, true) {
        Err(Unreadable::Malformed { pointer, detail }) => (pointer, detail),
        other => panic!("{:.200}", format!("{other:?}")),
    }
}

/// Lengths only; in characters, because that is what people count.
#[rstest]
#[case::a_tag(references(json!(["v1", "仓".repeat(129)])), "successful_artifact/0/references/1", "129 characters")]
#[case::a_tag_of_a_megabyte(references(json!(["x".repeat(1_000_000)])), "successful_artifact/0/references/0", "1000000 characters")]
#[case::a_digest(references(json!([format!("sha256:{}", "0".repeat(1_000))])), "successful_artifact/0/references/0", "1007 characters")]
#[case::a_signature(references(json!([format!("{SIGNATURE}{}", "x".repeat(1_000))])), "successful_artifact/0/references/0", "a digest")]
#[case::a_repository(with("/successful_artifact/0/name_tag", json!("仓".repeat(251))), "successful_artifact/0/name_tag", "256 characters")]
#[case::a_project(with("/dest_resource/namespace", json!("x".repeat(256))), "dest_resource/namespace", "256 characters")]
#[case::a_remote_project(with("/src_resource/namespace", json!("x".repeat(256))), "src_resource/namespace", "256 characters")]
fn what_is_longer_than_a_registry_takes_is_malformed(#[case] payload: Value, #[case] place: &str, #[case] says: &str) {
    let (pointer, detail) = pointer_and_detail(&payload);
    assert_eq!(pointer, format!("/event_data/replication/{place}"));
    assert!(detail.contains(says) && detail.len() < 100, "{detail}");
}

#[test]
fn what_is_as_long_as_a_registry_takes_is_taken() {
    let (tag, digest) = ("仓".repeat(128), format!("sha512:{}", "0".repeat(128)));
    assert_eq!(webhook(&references(json!([tag, digest]))).event.versions, [tag]);
    assert!(matches!(read(&references(json!([digest])).to_string(), 0, true), Ok(Reading::Event(_))));
    let name = "仓".repeat(250);
    let event = webhook(&with("/successful_artifact/0/name_tag", json!(name))).event;
    assert_eq!(event.repository, format!("mars/{name}"));
}

#[test]
fn what_people_type_is_cut_to_1_024_characters() {
    let long = "仓".repeat(1_025);
    let mut payload = with("/description", json!(long));
    let replication = &mut payload["event_data"]["replication"];
    replication["harbor_hostname"] = json!(long);
    replication["dest_resource"]["registry_name"] = json!(long);
    let event = webhook(&payload).event;
    for text in [&event.description, &event.harbor_host, &event.registry] {
        assert_eq!(text.chars().count(), 1_024);
    }
    let mut payload = with("/dest_resource/registry_name", Value::Null);
    payload["event_data"]["replication"]["dest_resource"]["endpoint"] = json!(long);
    assert_eq!(webhook(&payload).event.registry.chars().count(), 1_024);
}

/// They would need more memory than all webhooks together may take: another try would be of no use.
#[test]
fn too_many_references_are_malformed() {
    let tags = |count: usize| references(json!((0..count).map(|number| number.to_string()).collect::<Vec<_>>()));
    assert_eq!(webhook(&tags(MOST_REFERENCES)).arrivals.len(), MOST_REFERENCES);
    let (pointer, detail) = pointer_and_detail(&tags(MOST_REFERENCES + 1));
    assert_eq!(pointer, "/event_data/replication/successful_artifact/0/references");
    assert!(detail.contains("65537 references are too many"), "{detail}");
}

/// As short as they can be, so that they fit into a body of 1 MiB.
#[tokio::test]
async fn more_references_than_memory_has_room_for_are_a_422_and_not_told_to_try_again() {
    const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let tag = |number: usize| {
        let digits = [number / 46_656, number / 1_296, number / 36, number].map(|rest| char::from(DIGITS[rest % 36]));
        String::from_iter(digits)
    };
    let payload = references(json!((0..131_072).map(tag).collect::<Vec<_>>()));
    let (status, answer) = App::spawn().await.post(payload.to_string()).await;
    let pointer = "/event_data/replication/successful_artifact/0/references";
    assert_eq!((status, &answer["pointer"]), (422, &json!(pointer)), "{answer}");
}

/// What the library repeats of a wrong value is cut, since it goes into the answer and the log.
#[test]
fn a_wrong_value_of_any_length_is_named_briefly() {
    let (pointer, detail) = pointer_and_detail(&with("/execution_timestamp", json!("仓".repeat(300_000))));
    assert_eq!(pointer, "/event_data/replication/execution_timestamp");
    assert!(detail.starts_with("invalid type: string") && detail.len() <= 303, "{} bytes", detail.len());
}

#[rstest]
#[case("{")]
#[case("{\"type\":\"REPLICATION\",}")]
#[case("{\"type\":\"REPLICATION\"} x")]
fn what_is_not_json_is_said_so(#[case] body: &str) {
    assert!(matches!(read(body, 0, false), Err(Unreadable::NotJson(_))));
}

#[test]
fn control_characters_are_dropped_at_the_door() {
    let event = webhook(&with("/description", json!("阿\u{0}里\u{1b}[31m仓\n"))).event;
    assert_eq!(event.description, "阿里[31m仓");
}

/// The same push to a second registry, another project or another outcome is another arrival.
#[test]
fn the_key_says_when_where_and_what() {
    let key = |payload: &Value| webhook(payload).arrivals[0].key.clone();
    let first = key(&arrived("v1"));
    let mut keys = vec![first.clone(), key(&arrived("v2"))];
    let mut other = push("mars/mars-api", &["v1"]);
    other.registry = HUAWEI;
    keys.push(key(&other.payload()));
    other = push("mars/mars-api", &["v1"]);
    other.execution += 1;
    keys.push(key(&other.payload()));
    keys.push(key(&push("venus/mars-api", &["v1"]).payload()));
    keys.push(key(&push("mars/mars-web", &["v1"]).payload()));
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 6);
    let mut failed = push("mars/mars-api", &["v1"]);
    failed.succeeded = false;
    assert_eq!(key(&failed.payload()), first, "a failure and its success share the key");
}
