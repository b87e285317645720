//! Has it arrived? Over HTTP and on the command line.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, run};
use crate::support::{ALIYUN, App, EXECUTION, HUAWEI, client, program, push, within};
use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Standin;

const READ_TOKEN: &str = "a-read-token-for-tests";
const IMAGE: &str = "mars/mars-api";

fn of(version: &str, registry: (&'static str, &'static str), succeeded: bool, execution: i64) -> Value {
    Replication { repository: IMAGE, references: &[version], registry, succeeded, execution: EXECUTION + execution }
        .payload()
}

/// Registry, version, outcome and execution of each item.
fn told(answer: &Value) -> Vec<(String, String, String, i64)> {
    let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    let items = answer["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| {
            let execution = item["execution_timestamp"].as_i64().unwrap() - EXECUTION;
            (text(&item["registry"]), text(&item["version"]), text(&item["outcome"]), execution)
        })
        .collect()
}

fn line(registry: &str, version: &str, outcome: &str, execution: i64) -> (String, String, String, i64) {
    (registry.into(), version.into(), outcome.into(), execution)
}

#[tokio::test]
async fn the_latest_execution_of_each_registry_is_told_success_over_failure() {
    let app = App::spawn().await;
    for payload in [
        of("v1", ALIYUN, true, 0),
        of("v1", HUAWEI, false, 1),
        of("v1", HUAWEI, true, 1),
        of("v1", ALIYUN, false, 9),
        of("v2", ALIYUN, true, 5),
        push("mars/mars-web", &["v1"]).payload(),
    ] {
        app.accept(&payload).await;
    }
    let ask = async |query: &str| {
        let (status, answer) = app.get(&format!("/api/v1/arrivals?repository={IMAGE}{query}")).await;
        assert_eq!(status, 200, "{answer}");
        told(&answer)
    };
    let (aliyun, huawei) = (line("aliyun-acr", "v1", "failed", 9), line("huawei-swr", "v1", "succeeded", 1));
    assert_eq!(ask("").await, [aliyun.clone(), huawei.clone()]);
    assert_eq!(ask("&version=v1").await, [aliyun, huawei.clone()]);
    assert_eq!(ask("&version=v2").await, [line("aliyun-acr", "v2", "succeeded", 5)]);
    assert_eq!(ask("&version=v3").await, []);
    assert_eq!(ask("&version=v1&registry=huawei-swr").await, std::slice::from_ref(&huawei));
    assert_eq!(ask("&version=v1&registry=%E5%8D%8E%E4%B8%BA%E4%BB%93").await, [huawei]);
    assert_eq!(ask("&registry=nowhere").await, []);
    assert_eq!(ask("&version=v1&since=2024-11-23T07:29:10Z").await, [line("aliyun-acr", "v1", "failed", 9)]);
    let (_, answer) = app.get("/api/v1/arrivals?repository=mars/mars-web").await;
    let keys: Vec<_> = answer["items"][0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys.join(" "),
        "repository version registry description operation outcome execution_timestamp occurred_at event_id"
    );
}

/// Two rules of one registry are two destinations, and the success of one says nothing about the other.
#[tokio::test]
async fn two_rules_of_one_registry_are_two_answers() {
    let app = App::spawn().await;
    let rule = |description: &'static str, execution_id: i64, succeeded: bool, execution: i64| {
        let mut payload = of("v1", (ALIYUN.0, description), succeeded, execution);
        payload["event_data"]["replication"]["execution_id"] = execution_id.into();
        payload
    };
    let ask =
        async |query: &str| told(&app.get(&format!("/api/v1/arrivals?repository={IMAGE}&version=v1{query}")).await.1);
    app.accept(&rule("prod", 1, false, 0)).await;
    app.accept(&rule("test", 2, true, 0)).await;
    let (failed, arrived) = (line(ALIYUN.0, "v1", "failed", 0), line(ALIYUN.0, "v1", "succeeded", 0));
    assert_eq!(ask("").await, [failed.clone(), arrived.clone()]);
    assert_eq!(ask("&registry=prod").await, [failed]);
    app.accept(&rule("test", 4, true, 2)).await;
    app.accept(&rule("prod", 3, true, 1)).await;
    assert_eq!(ask("").await, [line(ALIYUN.0, "v1", "succeeded", 2), line(ALIYUN.0, "v1", "succeeded", 1)]);

    // Without descriptions, two executions of one moment are two rules.
    let unnamed = |id: i64, succeeded: bool| {
        let mut payload = Replication { repository: "mars/mars-web", ..push("mars/mars-web", &["v1"]) };
        (payload.registry, payload.succeeded) = ((ALIYUN.0, ""), succeeded);
        let mut payload = payload.payload();
        payload["event_data"]["replication"]["execution_id"] = id.into();
        payload
    };
    app.accept(&unnamed(1, true)).await;
    app.accept(&unnamed(2, false)).await;
    let (_, answer) = app.get("/api/v1/arrivals?repository=mars/mars-web").await;
    assert_eq!(told(&answer), [line(ALIYUN.0, "v1", "succeeded", 0), line(ALIYUN.0, "v1", "failed", 0)]);
}

/// Two rules of one push may fall into two seconds, and a version that came under an older description is there all the
/// same.
#[tokio::test]
async fn no_destination_speaks_for_another_one() {
    let app = App::spawn().await;
    let ask = async |query: &str| told(&app.get(&format!("/api/v1/arrivals?repository={IMAGE}{query}")).await.1);
    app.accept(&of("v1", (ALIYUN.0, "prod"), false, 0)).await;
    app.accept(&of("v1", (ALIYUN.0, "test"), true, 1)).await;
    assert_eq!(ask("&version=v1").await, [line(ALIYUN.0, "v1", "succeeded", 1), line(ALIYUN.0, "v1", "failed", 0)]);
    app.accept(&of("v2", (HUAWEI.0, "old"), true, 2)).await;
    app.accept(&of("v3", (HUAWEI.0, "new"), true, 9)).await;
    assert_eq!(ask("&version=v2").await, [line(HUAWEI.0, "v2", "succeeded", 2)]);
}

/// The old label's failure does not decide any more; the destination can still be asked for by it.
#[tokio::test]
async fn a_rule_whose_description_was_edited_is_one_destination() {
    let app = App::spawn().await;
    let ask = async |query: &str| told(&app.get(&format!("/api/v1/arrivals?repository={IMAGE}{query}")).await.1);
    app.accept(&of("v1", (ALIYUN.0, "old"), false, 0)).await;
    app.accept(&of("v1", (ALIYUN.0, "new"), true, 600)).await;
    for query in ["", "&version=v1", "&version=v1&registry=old", "&registry=new", "&registry=aliyun-acr"] {
        assert_eq!(ask(query).await, [line(ALIYUN.0, "v1", "succeeded", 600)], "{query}");
    }
}

#[tokio::test]
async fn outcomes_that_are_not_told_are_known_all_the_same() {
    let app = App::spawn_with(&[("NOTIFY_OUTCOMES", "failed")]).await;
    app.accept(&of("v1", ALIYUN, true, 0)).await;
    let (_, answer) = app.get(&format!("/api/v1/arrivals?repository={IMAGE}&version=v1")).await;
    assert_eq!(told(&answer), [line("aliyun-acr", "v1", "succeeded", 0)]);
}

#[tokio::test]
async fn a_held_answer_comes_the_moment_it_is_known() {
    let app = App::spawn().await;
    let waiting = app.client.get(format!("{}/api/v1/arrivals?repository={IMAGE}&version=v1&wait=60", app.url)).send();
    let waiting = tokio::spawn(waiting);
    // Something else comes in first, and does not end the waiting.
    app.accept(&of("v0", ALIYUN, true, 0)).await;
    app.accept(&of("v1", ALIYUN, true, 1)).await;
    let arrived = Instant::now();
    let answer: Value = within("the answer", waiting).await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(told(&answer), [line("aliyun-acr", "v1", "succeeded", 1)]);
    assert!(arrived.elapsed() < Duration::from_secs(1), "{:?}", arrived.elapsed());
}

#[tokio::test]
async fn waiting_has_an_end_and_a_stop_ends_it() {
    let mut app = App::spawn().await;
    let ask = |wait: &str| format!("/api/v1/arrivals?repository={IMAGE}&version=v1&wait={wait}");
    assert_eq!(app.get(&ask("200ms")).await, (200, json!({ "items": [], "others": [] })));
    for (wait, status) in [("61", 400), ("61s", 400), ("2m", 400), ("soon", 400), ("-1", 400), ("0", 200)] {
        assert_eq!(app.get(&ask(wait)).await.0, status, "{wait}");
    }
    assert_eq!(app.get("/api/v1/arrivals").await.0, 400);
    assert_eq!(app.get("/api/v1/arrivals?repository=").await.0, 400);
    let waiting = tokio::spawn(app.client.get(format!("{}{}", app.url, ask("60"))).send());
    // It has been received once the next request on its heels has been answered.
    app.get("/healthz").await;
    within("the stop", app.stop()).await.unwrap();
    // Answered with nothing, or never received: in both cases nobody hangs.
    let _ = within("the answer", waiting).await.unwrap();
}

/// A service as a process, and `where` beside it.
struct Desk {
    folder: TempDir,
    wecom: Standin,
    process: Process,
}

impl Desk {
    async fn new() -> Self {
        let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(crate::support::KEY, None).await.unwrap());
        let process = Process::start(
            folder.path(),
            &wecom.url(),
            &[("ADMIN_TOKEN", "an-admin-token-for-tests"), ("READ_TOKEN", READ_TOKEN)],
        );
        Self { folder, wecom, process }
    }

    async fn post(&self, payload: Value) {
        let url = format!("{}/webhook/harbor", self.process.url);
        assert_eq!(client().post(url).body(payload.to_string()).send().await.unwrap().status(), 202);
    }

    fn ask(&self, arguments: &[&str]) -> (i32, String) {
        let output = run(self.folder.path(), &self.wecom.url(), &[&["where"], arguments].concat());
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// The same as a build agent asks, without any configuration.
    fn ask_over_http(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.arg("where").args(arguments).args(["--url", &self.process.url]);
        command.current_dir(std::env::temp_dir()).env("READ_TOKEN", READ_TOKEN);
        command
    }
}

#[tokio::test]
async fn exit_codes_say_what_is_known() {
    let desk = Desk::new().await;
    desk.post(of("v1", ALIYUN, true, 0)).await;
    desk.post(of("v1", HUAWEI, false, 0)).await;
    desk.post(of("v2", ALIYUN, true, 1)).await;
    for (arguments, code) in [
        (&["mars/mars-api:v2"][..], 0),
        (&["mars/mars-api:v1"], 3),
        (&["mars/mars-api:v1", "--registry", "aliyun-acr"], 0),
        (&["mars/mars-api:v1", "--registry", "阿里仓", "--registry", "华为仓"], 3),
        (&["mars/mars-api:v2", "--registry", "阿里仓", "--registry", "华为仓"], 4),
        (&["mars/mars-api:v3"], 4),
        (&["mars/mars-web"], 4),
        (&["mars/mars-api:v1", "--since", "2030-01-01"], 4),
        (&["mars/mars-api:v3", "--registry", "阿里仓", "--wait", "300ms"], 4),
        (&["mars/mars-api:v1", "--registry", "华为仓", "--wait", "300ms"], 3),
        (&["mars/mars-api:v1", "--registry", "华为仓", "--wait", "10m", "--fail-fast"], 3),
        (&["mars/mars-api:v1", "--wait", "1s"], 2),
        (&["mars/mars-api:"], 2),
        (&["mars/mars-api:v1", "--since", "soon"], 2),
    ] {
        assert_eq!(desk.ask(arguments).0, code, "{arguments:?}");
        let over_http = desk.ask_over_http(arguments).output().unwrap();
        assert_eq!(over_http.status.code(), Some(code), "over HTTP: {arguments:?} {over_http:?}");
    }
    let (_, text) = desk.ask(&["mars/mars-api:v1"]);
    assert!(
        text.contains("failed") && text.contains("华为仓 (huawei-swr)") && text.contains("mars/mars-api:v1"),
        "{text}"
    );
    let (_, body) = desk.ask(&["mars/mars-api:v2", "--json"]);
    assert_eq!(told(&serde_json::from_str(&body).unwrap()), [line("aliyun-acr", "v2", "succeeded", 1)]);
}

#[tokio::test]
async fn where_waits_through_a_failure_until_harbor_mends_it() {
    let desk = Desk::new().await;
    let arguments = ["mars/mars-api:v1", "--registry", "阿里仓", "--registry", "华为仓", "--wait", "1m"];
    let mut by_database = crate::process::environment(
        Command::new(program()).arg("where").args(arguments),
        desk.folder.path(),
        &desk.wecom.url(),
        &[],
    )
    .spawn()
    .unwrap();
    let mut over_http = desk.ask_over_http(&arguments).spawn().unwrap();
    desk.post(of("v1", ALIYUN, true, 0)).await;
    desk.post(of("v1", HUAWEI, false, 0)).await;
    desk.post(of("v1", HUAWEI, true, 0)).await;
    let arrived = Instant::now();
    let ended = tokio::task::spawn_blocking(move || (by_database.wait().unwrap(), over_http.wait().unwrap()));
    let (by_database, over_http) = within("both", ended).await.unwrap();
    assert_eq!((by_database.code(), over_http.code()), (Some(0), Some(0)));
    // Starting two debug builds is part of it.
    assert!(arrived.elapsed() < Duration::from_secs(5), "{:?}", arrived.elapsed());
}

#[tokio::test]
async fn who_asks_without_the_right_token_is_told() {
    let desk = Desk::new().await;
    let output = desk.ask_over_http(&["mars/mars-api"]).env("READ_TOKEN", "wrong").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("401") && told.contains("neither ADMIN_TOKEN nor READ_TOKEN"), "{told}");
}

/// In the folder of `.env`, `where --url` needs nothing else; an environment without it is told what to set.
#[tokio::test]
async fn where_over_http_takes_its_token_from_dotenv_and_names_what_to_set() {
    const TOKEN: &str = "a-token-for-reading-in-tests";
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(crate::support::KEY, None).await.unwrap());
    let process = Process::start(folder.path(), &wecom.url(), &[("READ_TOKEN", TOKEN)]);
    let ask = |env: &str, environment: &str| {
        std::fs::write(folder.path().join(".env"), env).unwrap();
        let mut command = Command::new(program());
        command.args(["where", "mars/mars-api", "--url", &process.url]).current_dir(folder.path());
        let output = command.env_clear().env("READ_TOKEN", environment).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(ask(&format!("READ_TOKEN='{TOKEN}'\n"), ""), (Some(4), String::new()));
    let (code, told) = ask("READ_TOKEN=another-token-for-tests\n", TOKEN);
    assert_eq!((code, told.as_str()), (Some(4), ""), "the environment goes first");
    let (code, told) = ask("READ_TOKEN=another-token-for-tests\n", "");
    assert!(code == Some(1) && told.contains("READ_TOKEN (in the environment or .env) or --token gave"), "{told}");
    // Another program's file, in a way of writing of its own, is no reason not to ask.
    let (code, told) = ask("this is: {no} .env of ours", "");
    assert!(
        code == Some(1) && told.contains("401") && told.contains("set READ_TOKEN in the environment or .env"),
        "{told}"
    );
}

/// Without a version: the newest versions, and where each is.
#[tokio::test]
async fn where_lists_the_newest_versions_of_an_image() {
    let desk = Desk::new().await;
    desk.post(of("v1", ALIYUN, true, 0)).await;
    desk.post(of("v1", HUAWEI, true, 1)).await;
    desk.post(of("v2", ALIYUN, false, 100)).await;
    let here = desk.ask(&[IMAGE]);
    let over_http = desk.ask_over_http(&[IMAGE]).env("TZ", "Asia/Shanghai").output().unwrap();
    assert_eq!((over_http.status.code(), &*over_http.stdout), (Some(here.0), here.1.as_bytes()));
    // The latest execution at 阿里仓 failed.
    assert_eq!(here.0, 3, "{}", here.1);
    let lines: Vec<_> = here.1.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        lines,
        [
            "VERSION LAST ACTIVITY (Asia/Shanghai) 华为仓 阿里仓",
            "v2 2024-11-23 15:31:23 failed 2024-11-23 15:31:23",
            "v1 2024-11-23 15:29:44 arrived 2024-11-23 15:29:44 arrived 2024-11-23 15:29:43",
        ]
    );
}

#[rstest::rstest]
#[case::no_project("mars-api:v1", "has no project")]
#[case::a_port("localhost:5000/mars/mars-api:v1", "leave the registry out: mars/mars-api:v1")]
#[case::a_host("registry.example.com/mars/mars-api:v1", "leave the registry out: mars/mars-api:v1")]
#[case::a_tag_and_a_digest("mars/mars-api:v1@sha256:0123", "use one of them")]
#[case::an_address("https://registry.example.com/mars/mars-api", "leave the registry out: mars/mars-api")]
#[case::a_host_and_a_name("registry.example.com/mars-api:v1", "use project/name:tag")]
#[tokio::test]
async fn what_can_be_no_image_is_refused_before_it_is_waited_for(#[case] image: &str, #[case] hint: &str) {
    let desk = Desk::new().await;
    let arguments = [image, "--registry", "阿里仓", "--wait", "10m"];
    let here = run(desk.folder.path(), &desk.wecom.url(), &[&["where"], &arguments[..]].concat());
    let over_http = desk.ask_over_http(&arguments).output().unwrap();
    for output in [here, over_http] {
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(hint), "{error}");
    }
}

/// A project may have a dot, too.
#[tokio::test]
async fn a_project_with_a_dot_is_asked_for_once_something_was_told_of_it() {
    let desk = Desk::new().await;
    desk.post(push("mars.prod/mars-api", &["v1"]).payload()).await;
    assert_eq!(desk.ask(&["mars.prod/mars-api:v1"]).0, 0);
    assert_eq!(desk.ask_over_http(&["mars.prod/mars-api:v1"]).output().unwrap().status.code(), Some(0));
}
