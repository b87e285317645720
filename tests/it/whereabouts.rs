//! What neither arrived nor failed: deleted, unconfirmed, replicating. Over HTTP and on the command line.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Standin;
use harborbell::model::event::Operation;
use harborbell::store::Store;
use harborbell::store::accept::Acceptance;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::database::{Intruder, url_of};
use crate::process::{Process, run};
use crate::support::{ALIYUN, App, EXECUTION, HUAWEI, offer, program, told_by};

const IMAGE: &str = "mars/mars-api";

/// What one execution of a rule did, its times in seconds after the first one.
struct Done<'a> {
    versions: &'a [&'a str],
    at: (&'static str, &'static str),
    operation: Operation,
    succeeded: bool,
    began: i64,
    ended: i64,
    execution_id: i64,
}

/// A copy of one version that succeeded.
fn copied(version: &'static &'static str, execution_id: i64, began: i64, ended: i64) -> Done<'static> {
    let versions = std::slice::from_ref(version);
    Done { versions, at: ALIYUN, operation: Operation::Copy, succeeded: true, began, ended, execution_id }
}

fn deleted(version: &'static &'static str, execution_id: i64, began: i64, ended: i64) -> Done<'static> {
    Done { operation: Operation::Delete, ..copied(version, execution_id, began, ended) }
}

async fn store(store: &Store, done: Done<'_>) {
    let payload = Replication {
        repository: IMAGE,
        references: done.versions,
        registry: done.at,
        succeeded: done.succeeded,
        execution: EXECUTION + done.began,
    };
    let mut payload = payload.payload();
    payload["event_data"]["replication"]["execution_id"] = done.execution_id.into();
    let mut offer = offer(&payload);
    offer.webhook.event.operation = done.operation;
    offer.webhook.event.occurred_at = (EXECUTION + done.ended) * 1000;
    let stored = store.accept(&[offer], told_by(&[]), 1_800_000_000_000).await.unwrap();
    assert!(matches!(stored.answers[0], Acceptance::Accepted { .. }), "{stored:?}");
}

async fn replicating(intruder: &mut Intruder, execution_id: i64, at: (&str, &str), versions: &str, began: i64) {
    let (registry, description) = at;
    let started_at = (EXECUTION + began) * 1000;
    intruder
        .execute(format!(
            "INSERT INTO replicating (harbor, execution_id, repository, registry, description, versions, started_at)
             VALUES ('https://harbor.example.com', {execution_id}, '{IMAGE}', '{registry}', '{description}',
                 '{versions}', {started_at})"
        ))
        .await;
}

/// Each line as `state registry:version`, items before others.
fn lines(answer: &Value) -> Vec<String> {
    let lines = answer["items"].as_array().unwrap().iter().chain(answer["others"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let line = |line: &Value| {
        let state = line.get("state").unwrap_or(&line["outcome"]);
        format!("{} {}:{}", text(state), text(&line["registry"]), text(&line["version"]))
    };
    lines.map(line).collect()
}

async fn ask(app: &App, query: &str) -> Vec<String> {
    let (status, answer) = app.get(&format!("/api/v1/arrivals?repository={IMAGE}{query}")).await;
    assert_eq!(status, 200, "{answer}");
    lines(&answer)
}

#[tokio::test]
async fn a_deletion_takes_the_place_of_the_arrival_until_the_next_copy() {
    let app = App::spawn().await;
    store(&app.store, copied(&"v1", 1, 0, 10)).await;
    assert_eq!(ask(&app, "&version=v1").await, ["succeeded aliyun-acr:v1"]);
    // One that failed, and one that does not name what it deleted, change nothing.
    store(&app.store, Done { succeeded: false, ..deleted(&"v1", 2, 100, 110) }).await;
    store(&app.store, Done { versions: &[], ..deleted(&"v1", 3, 100, 111) }).await;
    assert_eq!(ask(&app, "&version=v1").await, ["succeeded aliyun-acr:v1"]);
    assert_eq!(ask(&app, "").await, ["succeeded aliyun-acr:v1"]);

    store(&app.store, deleted(&"v1", 4, 200, 210)).await;
    for query in ["&version=v1", ""] {
        let (_, answer) = app.get(&format!("/api/v1/arrivals?repository={IMAGE}{query}")).await;
        assert_eq!(answer["items"], json!([]), "an older client must not see an arrival");
        let other = &answer["others"][0];
        assert_eq!(
            (&other["state"], &other["version"], &other["registry"], &other["description"]),
            (&json!("deleted"), &json!("v1"), &json!(ALIYUN.0), &json!(ALIYUN.1))
        );
        assert_eq!(other["execution_timestamp"], EXECUTION + 200);
        assert_eq!(other["since"], "2024-11-23T07:32:37Z");
        assert!(other["event_id"].is_string() && other["repository"] == IMAGE, "{other}");
    }
    store(&app.store, Done { succeeded: false, ..copied(&"v1", 5, 300, 310) }).await;
    assert_eq!(ask(&app, "&version=v1").await, ["failed aliyun-acr:v1"]);
    store(&app.store, copied(&"v1", 6, 400, 410)).await;
    assert_eq!(ask(&app, "&version=v1").await, ["succeeded aliyun-acr:v1"]);
    let (_, answer) = app.get(&format!("/api/v1/arrivals?repository={IMAGE}&version=v1")).await;
    assert_eq!(answer["items"][0]["operation"], "copy");
}

/// Seconds apart, whichever began first: as the tasks ended, and then as the executions were made.
#[tokio::test]
async fn a_copy_and_a_deletion_of_one_tag_end_in_the_state_that_harbor_has() {
    for (copy, deletion, state) in [
        ((1, 0, 30), (2, 10, 20), "succeeded"),
        ((1, 0, 20), (2, 10, 30), "deleted"),
        ((2, 10, 20), (1, 0, 30), "deleted"),
        ((1, 0, 20), (2, 0, 20), "deleted"),
        ((2, 0, 20), (1, 0, 20), "succeeded"),
    ] {
        // In both orders of storing.
        for copy_first in [true, false] {
            let app = App::spawn().await;
            let (copy, deletion) =
                (copied(&"v1", copy.0, copy.1, copy.2), deleted(&"v1", deletion.0, deletion.1, deletion.2));
            let (first, second) = if copy_first { (copy, deletion) } else { (deletion, copy) };
            store(&app.store, first).await;
            store(&app.store, second).await;
            assert_eq!(ask(&app, "&version=v1").await, [format!("{state} aliyun-acr:v1")]);
            assert_eq!(ask(&app, "").await, [format!("{state} aliyun-acr:v1")]);
        }
    }
}

/// The success of a retry may end long after another execution.
#[tokio::test]
async fn within_one_execution_success_is_over_failure_and_across_them_the_end_decides() {
    let app = App::spawn().await;
    store(&app.store, Done { succeeded: false, ..copied(&"v1", 1, 0, 10) }).await;
    store(&app.store, copied(&"v1", 2, 20, 30)).await;
    store(&app.store, deleted(&"v1", 3, 25, 40)).await;
    assert_eq!(ask(&app, "&version=v1").await, ["deleted aliyun-acr:v1"]);
    store(&app.store, copied(&"v1", 1, 0, 50)).await;
    assert_eq!(ask(&app, "&version=v1").await, ["succeeded aliyun-acr:v1"]);
}

/// A deletion concerns only what it names, and only where it was.
#[tokio::test]
async fn other_versions_and_other_destinations_stay() {
    let app = App::spawn().await;
    store(&app.store, Done { versions: &["v1", "v2"], ..copied(&"v1", 1, 0, 10) }).await;
    store(&app.store, Done { at: HUAWEI, ..copied(&"v1", 2, 0, 10) }).await;
    store(&app.store, deleted(&"v1", 3, 20, 30)).await;
    store(&app.store, deleted(&"v0", 4, 40, 50)).await;
    let all = ["succeeded aliyun-acr:v2", "succeeded huawei-swr:v1", "deleted aliyun-acr:v0", "deleted aliyun-acr:v1"];
    assert_eq!(ask(&app, "").await, all);
    assert_eq!(ask(&app, "&version=v1").await, ["succeeded huawei-swr:v1", "deleted aliyun-acr:v1"]);
    assert_eq!(ask(&app, "&version=v2").await, ["succeeded aliyun-acr:v2"]);
    // What is copied afterwards is the latest execution; of earlier deletions nothing is said any more.
    store(&app.store, copied(&"v3", 5, 60, 70)).await;
    assert_eq!(ask(&app, "&registry=aliyun-acr").await, ["succeeded aliyun-acr:v3"]);
}

/// A version that very many arrivals have is found by its destinations, and by the same rules.
#[tokio::test]
async fn a_frequent_version_is_told_by_the_same_rules() {
    let app = App::spawn().await;
    let mut intruder = app.intruder().await;
    store(&app.store, copied(&"latest", 1, 0, 10)).await;
    store(&app.store, copied(&"latest", 2, 20, 60)).await;
    store(&app.store, Done { succeeded: false, ..copied(&"latest", 3, 30, 40) }).await;
    // Of an event that has no row of its own place: they only make the version a frequent one.
    intruder
        .execute(
            "INSERT INTO arrivals (key, execution, outcome, version, event_id)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
             SELECT 'k' || i, 'e', 'succeeded', 'latest', (SELECT id FROM events WHERE execution_id = 1) FROM n",
        )
        .await;
    assert_eq!(ask(&app, "&version=latest").await, ["succeeded aliyun-acr:latest"]);
    store(&app.store, deleted(&"latest", 4, 50, 70)).await;
    assert_eq!(ask(&app, "&version=latest").await, ["deleted aliyun-acr:latest"]);
    store(&app.store, copied(&"latest", 5, 65, 80)).await;
    assert_eq!(ask(&app, "&version=latest").await, ["succeeded aliyun-acr:latest"]);
}

#[tokio::test]
async fn what_may_be_a_deletion_is_unconfirmed() {
    let app = App::spawn().await;
    store(&app.store, copied(&"v1", 1, 0, 10)).await;
    store(&app.store, Done { operation: Operation::Unconfirmed, ..copied(&"v1", 2, 20, 30) }).await;
    assert_eq!(ask(&app, "&version=v1").await, ["unconfirmed aliyun-acr:v1"]);
    store(&app.store, Done { operation: Operation::Unconfirmed, succeeded: false, ..copied(&"v1", 3, 40, 50) }).await;
    assert_eq!(ask(&app, "&version=v1").await, ["failed aliyun-acr:v1"]);
}

#[tokio::test]
async fn what_is_on_its_way_is_told_beside_what_has_arrived() {
    let app = App::spawn().await;
    let mut intruder = app.intruder().await;
    store(&app.store, copied(&"v1", 1, 0, 10)).await;
    replicating(&mut intruder, 2, ALIYUN, r#"["v1", "v2"]"#, 100).await;
    replicating(&mut intruder, 3, HUAWEI, "[]", 200).await;
    let (v1, v2, any) = ("replicating aliyun-acr:v1", "replicating aliyun-acr:v2", "replicating huawei-swr:?");
    assert_eq!(ask(&app, "").await, ["succeeded aliyun-acr:v1", any, v1, v2]);
    assert_eq!(ask(&app, "&version=v1").await, ["succeeded aliyun-acr:v1", any, v1]);
    assert_eq!(ask(&app, "&version=v3").await, [any]);
    assert_eq!(ask(&app, "&version=v1&registry=aliyun-acr").await, ["succeeded aliyun-acr:v1", v1]);
    assert_eq!(ask(&app, "&registry=%E5%8D%8E%E4%B8%BA%E4%BB%93").await, [any]);
    assert_eq!(ask(&app, "&version=v1&since=2024-11-23T07:29:08Z").await, [any, v1]);
    assert_eq!(ask(&app, "&since=2024-11-23T07:32:00Z").await, [any]);
    let (_, answer) = app.get(&format!("/api/v1/arrivals?repository={IMAGE}&version=v3")).await;
    assert_eq!(
        answer["others"],
        json!([{
            "state": "replicating", "repository": IMAGE, "version": null, "registry": HUAWEI.0,
            "description": HUAWEI.1, "execution_timestamp": EXECUTION + 200, "since": "2024-11-23T07:32:27Z",
            "event_id": null,
        }])
    );
}

/// Nothing but an arrival or a failure ends the waiting.
#[tokio::test]
async fn a_held_answer_does_not_end_by_what_is_neither() {
    let app = App::spawn().await;
    store(&app.store, deleted(&"v1", 1, 0, 10)).await;
    let waiting = app.client.get(format!("{}/api/v1/arrivals?repository={IMAGE}&version=v1&wait=60", app.url));
    let waiting = tokio::spawn(waiting.send());
    // The webhook wakes who waits: what is stored before it has been looked at then.
    replicating(&mut app.intruder().await, 2, ALIYUN, "[]", 20).await;
    let payload = Replication {
        repository: IMAGE,
        references: &["v1"],
        registry: ALIYUN,
        succeeded: true,
        execution: EXECUTION + 100,
    };
    app.accept(&payload.payload()).await;
    let answer = crate::support::within("the answer", waiting).await.unwrap().unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(lines(&answer), ["succeeded aliyun-acr:v1", "replicating aliyun-acr:?"]);
    let (_, at_once) = app.get(&format!("/api/v1/arrivals?repository={IMAGE}&version=v9&wait=200ms")).await;
    assert_eq!(lines(&at_once), ["replicating aliyun-acr:?"], "the time ran out");
}

#[tokio::test]
async fn where_says_what_is_neither_and_ends_with_4_unless_it_has_arrived() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(crate::support::KEY, None).await.unwrap());
    let process = Process::start(folder.path(), &wecom.url(), &[]);
    let database = Store::open(&url_of(folder.path())).await.unwrap();
    store(&database, copied(&"v1", 1, 0, 10)).await;
    store(&database, copied(&"v2", 2, 0, 10)).await;
    store(&database, deleted(&"v2", 3, 20, 30)).await;
    store(&database, Done { operation: Operation::Unconfirmed, ..copied(&"v3", 4, 20, 30) }).await;
    store(&database, Done { succeeded: false, ..copied(&"v5", 5, 30, 40) }).await;
    let mut intruder = Intruder::at(&url_of(folder.path())).await;
    replicating(&mut intruder, 6, ALIYUN, r#"["v1", "v4", "v5"]"#, 100).await;
    replicating(&mut intruder, 7, HUAWEI, r#"["v6"]"#, 100).await;
    store(&database, copied(&"v6", 8, 30, 40)).await;
    for (arguments, code, words) in [
        (&["mars/mars-api:v1"][..], 0, &["arrived", "replicating", "15:30:47"][..]),
        (&["mars/mars-api:v1", "--registry", "阿里仓"], 0, &["arrived"]),
        (&["mars/mars-api:v1", "--since", "2024-11-23T07:30:00Z"], 4, &["replicating"]),
        (&["mars/mars-api:v2"], 4, &["deleted", "15:29:37"]),
        (&["mars/mars-api:v3"], 4, &["unconfirmed"]),
        (&["mars/mars-api:v4"], 4, &["replicating", "15:30:47"]),
        (&["mars/mars-api:v4", "--registry", "阿里仓", "--wait", "300ms"], 4, &["replicating"]),
        (&["mars/mars-api:v5"], 3, &["failed", "replicating"]),
        // Arrived at one place, on its way to another one.
        (&["mars/mars-api:v6"], 4, &["arrived", "replicating"]),
        (&["mars/mars-api:v6", "--registry", "阿里仓"], 0, &["arrived"]),
    ] {
        let here = run(folder.path(), &wecom.url(), &[&["where"], arguments].concat());
        let mut over_http = Command::new(program());
        over_http.arg("where").args(arguments).args(["--url", &process.url]).current_dir(std::env::temp_dir());
        for output in [here, over_http.env("TZ", "Asia/Shanghai").output().unwrap()] {
            let text = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(code), "{arguments:?} {text}");
            assert!(words.iter().all(|word| text.contains(word)), "{arguments:?} {text}");
        }
    }
    let json = run(folder.path(), &wecom.url(), &["where", "mars/mars-api:v2", "--json"]);
    assert_eq!(lines(&serde_json::from_slice(&json.stdout).unwrap()), ["deleted aliyun-acr:v2"]);
}

/// A service that is older than the program has no `others`.
#[test]
fn where_understands_an_older_service() {
    let arrival = json!({
        "repository": IMAGE, "version": "v1", "registry": ALIYUN.0, "description": ALIYUN.1, "outcome": "succeeded",
        "execution_timestamp": EXECUTION, "occurred_at": "2024-11-23T07:29:17Z", "event_id": "e",
    });
    for (items, code, word) in [(json!([arrival]), 0, "arrived"), (json!([]), 4, "not seen")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let arrivals = json!({ "items": items }).to_string();
        let service = std::thread::spawn(move || {
            // It does not know the images that it is asked for next.
            for (status, body) in [("200 OK", arrivals), ("404 Not Found", json!({ "detail": "nothing" }).to_string())]
            {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.extend(byte);
                }
                let length = body.len();
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close");
                write!(stream, "{head}\r\n\r\n{body}").unwrap();
            }
        });
        let mut command = Command::new(program());
        let output = command.args(["where", IMAGE, "--url", &url]).current_dir(std::env::temp_dir()).output().unwrap();
        service.join().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.code() == Some(code) && text.contains(word), "{text} {:?}", output.stderr);
    }
}
