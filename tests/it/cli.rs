//! The command line, as an operator types it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use harborbell::demo::standin::{Answer, Standin};
use harborbell::render::fit::columns;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::database::url_of;
use crate::process::{Process, environment, run};
use crate::support::{App, HUAWEI, KEY, all_told, arrived, program, push};

struct Desk {
    folder: TempDir,
    wecom: Standin,
    /// The robot's, as the operator has it configured.
    url: String,
    process: Option<Process>,
}

impl Desk {
    async fn new() -> Self {
        let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
        let url = wecom.url();
        let process = Process::start(folder.path(), &url, &[]);
        Self { folder, wecom, url, process: Some(process) }
    }

    async fn post(&self, payload: &Value) {
        let url = format!("{}/webhook/harbor", self.process.as_ref().unwrap().url);
        let client = crate::support::client();
        assert_eq!(client.post(url).body(payload.to_string()).send().await.unwrap().status(), 202);
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = run(self.folder.path(), &self.url, arguments);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    /// Exit code and errors where nobody reads what is printed.
    fn unread(&self, arguments: &[String]) -> (i32, String) {
        let mut command = Command::new(program());
        command.args(arguments).stdout(closed_pipe());
        command.stderr(std::process::Stdio::piped());
        let output = environment(&mut command, self.folder.path(), &self.url, &[]).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (code, stdout, stderr) = self.run(arguments);
        assert_eq!(code, 0, "{stderr}");
        serde_json::from_str(&stdout).unwrap()
    }

    fn list(&self) -> Vec<Value> {
        self.json(&["list", "--json"])["items"].as_array().unwrap().clone()
    }

    /// Two that were delivered and one that WeCom refused.
    async fn with_a_failure() -> Self {
        let desk = Self::new().await;
        desk.wecom.refuse_containing("poison");
        for (version, count) in [("v1", 1), ("v2", 2)] {
            desk.post(&arrived(version)).await;
            desk.wecom.until(|_, shown| shown.len() == count).await;
        }
        let mut refused = push("mars/mars-web", &["poison"]);
        refused.registry = HUAWEI;
        desk.post(&refused.payload()).await;
        crate::support::eventually("it has failed", || async { desk.list()[0]["state"] == "failed" }).await;
        desk
    }
}

#[tokio::test]
async fn list_show_and_replay_work_beside_the_service() {
    let desk = Desk::with_a_failure().await;
    let items = desk.list();
    assert_eq!(items.len(), 3);
    let keys: Vec<_> = items[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "id",
            "state",
            "robot",
            "attempts",
            "failures",
            "created_at",
            "next_attempt_at",
            "finished_at",
            "last_error",
            "event"
        ]
    );
    assert_eq!(items[0]["event"]["repository"], "mars/mars-web");
    assert_eq!((&items[1]["next_attempt_at"], &items[1]["last_error"]), (&Value::Null, &Value::Null));

    let id = items[0]["id"].as_str().unwrap();
    let shown = desk.json(&["show", id, "--json"]);
    assert_eq!(shown["payload"]["type"], "REPLICATION");
    assert!(shown["message"].as_str().unwrap().contains("`poison`"));
    let attempt = &shown["attempt_log"][0];
    assert_eq!(
        (&attempt["number"], &attempt["outcome"], &attempt["errcode"]),
        (&json!(1), &json!("rejected"), &json!(40201))
    );
    assert!(attempt["request_body"].as_str().unwrap().starts_with("{\"msgtype\""));

    let (code, stdout, _) = desk.run(&["replay", "--state", "failed", "--dry-run"]);
    assert_eq!((code, stdout.as_str()), (0, "1 matched, 0 replayed\n"));
    let (code, _, stderr) = desk.run(&["replay", "--state", "failed"]);
    assert_eq!(code, 2, "nobody is there to be asked");
    assert!(stderr.contains("--yes"));
    assert_eq!(desk.json(&["replay", "--state", "failed", "--yes", "--json"]), json!({ "matched": 1, "replayed": 1 }));
    desk.wecom.until(|seen, _| seen.len() == 4).await;

    let delivered = items[1]["id"].as_str().unwrap();
    let (code, stdout, _) = desk.run(&["replay", delivered, "nobody"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("replayed; it is sent") && stdout.contains("there is no such delivery"), "{stdout}");
    desk.wecom.until(|_, shown| shown.len() == 3).await;
}

#[tokio::test]
async fn a_table_is_aligned_with_chinese_in_it() {
    let desk = Desk::with_a_failure().await;
    let (_, table, _) = desk.run(&["list"]);
    let lines: Vec<_> = table.lines().collect();
    let column = |line: &str, text: &str| {
        let before = &line[..line.find(text).unwrap()];
        before.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum::<usize>()
    };
    let tries = column(lines[0], "ATTEMPTS");
    assert_eq!(column(lines[1], "华为仓"), column(lines[2], "阿里仓"));
    assert!(
        lines[1..].iter().all(|line| {
            let mut width = 0;
            let at = line.chars().position(|character| {
                let here = width;
                width += if character.is_ascii() { 1 } else { 2 };
                here == tries
            });
            line.chars().nth(at.unwrap()) == Some('1')
        }),
        "{table}"
    );
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat() {
    let desk = Desk::new().await;
    for number in 0..7 {
        desk.post(&arrived(&format!("v{number}"))).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut arguments = vec!["list", "--json", "--limit", "3"];
        if let Some(cursor) = &cursor {
            arguments.extend(["--cursor", cursor]);
        }
        let page = desk.json(&arguments);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["event"]["versions"][0].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
        // News that comes in between two pages shifts nothing.
        desk.post(&arrived(&format!("late{}", seen.len()))).await;
    }
    assert_eq!(seen, ["v6", "v5", "v4", "v3", "v2", "v1", "v0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_pings_through_the_running_service_and_without_one() {
    let mut desk = Desk::new().await;
    let checked = desk.json(&["check", "--ping", "--json"]);
    assert_eq!((&checked["configuration"], &checked["pings"][0]["outcome"]), (&json!("ok"), &json!("delivered")));
    desk.process = None;
    let (code, stdout, stderr) = desk.run(&["check", "--ping"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("test message to default: delivered, took "), "{stdout}");
    assert_eq!(desk.wecom.shown().len(), 2);
    desk.wecom.change_key("00000000-another");
    let (code, stdout, _) = desk.run(&["check", "--ping"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("not delivered (robot_broken), took ") && stdout.contains("93000"), "{stdout}");
}

/// As in `list | head`: the reader has gone before anything is written, and what was asked has its answer all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_gone_changes_no_exit_code() {
    let desk = Desk::with_a_failure().await;
    let delivered: Vec<_> = desk.list()[1..].iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    let arguments = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let unread = |text: &str| desk.unread(&arguments(text));
    assert_eq!(unread("list"), (0, String::new()));
    assert_eq!(unread("list --json"), (0, String::new()));
    assert_eq!(unread("where mars/mars-api:v1"), (0, String::new()));
    assert_eq!(unread("where mars/mars-api:v9"), (4, String::new()));
    assert_eq!(unread("where mars/mars-api:v9 --json"), (4, String::new()));
    assert_eq!(unread("where mars/mars-web:poison --registry 没有"), (4, String::new()));
    assert_eq!(unread("check"), (0, String::new()));
    let id = &delivered[1];
    // Whoever reads no further has still asked for all of it.
    assert_eq!(unread(&format!("replay nobody {id}")), (1, String::new()));
    assert_eq!(unread("discard nobody --json"), (1, String::new()));
    crate::support::within("the replayed message", desk.wecom.until(|_, shown| shown.len() == 3)).await;
    desk.wecom.change_key("00000000-another");
    assert_eq!(unread(&format!("replay {id}")), (0, String::new()));
    crate::support::eventually("the robot is broken", || async { desk.run(&["check"]).0 == 1 }).await;
    assert_eq!(unread("check"), (1, String::new()));
}

#[test]
fn a_reader_of_errors_that_has_gone_changes_no_exit_code() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("payload.json");
    std::fs::write(&file, push("mars/x", &["sha256:0123"]).payload().to_string()).unwrap();
    let code = |arguments: &[&str]| {
        let mut command = Command::new(program());
        command.args(arguments).stderr(closed_pipe());
        environment(&mut command, folder.path(), KEY, &[]).output().unwrap().status.code()
    };
    assert_eq!(code(&["preview", "payload.json"]), Some(0));
    assert_eq!(code(&["list"]), Some(1), "there is no database");
    assert_eq!(code(&["list", "--since", "once"]), Some(2));
}

fn closed_pipe() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

/// A payload's author must not steer the terminal of whoever looks at it.
#[tokio::test]
async fn bidi_and_control_characters_reach_no_terminal() {
    let desk = Desk::new().await;
    let hostile = "v1\u{202e}gnp\u{2066}\u{200f}\u{9b}31m\u{85}\u{7f}";
    let mut payload = push("mars/mars-api", &[hostile]).payload();
    payload["operator"] = hostile.into();
    let body = format!("{{\r\n{}", payload.to_string().strip_prefix('{').unwrap());
    let client = crate::support::client();
    let answer = client.post(format!("{}/webhook/harbor", desk.process.as_ref().unwrap().url)).body(body).send().await;
    assert_eq!(answer.unwrap().status(), 202);
    let items = desk.list();
    let id = items[0]["id"].as_str().unwrap();
    for arguments in
        [&["list"][..], &["list", "--json"], &["show", id], &["show", id, "--json"], &["where", "mars/mars-api"]]
    {
        let (code, stdout, stderr) = desk.run(arguments);
        assert_eq!(code, 0, "{stderr}");
        let steers = |character: char| {
            character.is_control() && character != '\n' || "\u{202e}\u{2066}\u{200f}".contains(character)
        };
        assert!(!stdout.contains(steers), "{arguments:?}: {stdout:?}");
        assert!(stdout.contains("gnp"), "{arguments:?}: {stdout:?}");
    }
    // JSON says the same as before.
    assert_eq!(desk.json(&["show", id, "--json"])["payload"]["operator"], hostile);
}

#[test]
fn preview_shows_a_message_and_a_digest() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("payloads.json");
    std::fs::write(&file, format!("{}\n{}", arrived("v1"), arrived("v2"))).unwrap();
    let output = run(folder.path(), "", &["preview", file.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("**镜像入仓** 成功 2\n"), "{text}");
}

/// Each reason has a sentence, and what is left out on purpose says how to have it.
#[test]
fn preview_and_route_say_why_a_payload_is_ignored() {
    let folder = TempDir::new().unwrap();
    let digest = push("mars/x", &["sha256:0123"]).payload();
    let mut running = arrived("v1");
    running["event_data"]["replication"]["job_status"] = "Running".into();
    let pushed = json!({ "type": "PUSH_ARTIFACT" });
    std::fs::write(folder.path().join("payloads.json"), format!("{digest}{running}{pushed}")).unwrap();
    for command in ["preview", "route"] {
        let output = run(folder.path(), "", &[command, "payloads.json"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let said: Vec<_> = said.lines().collect();
        assert!(said[0].starts_with("payload 1: ignored, digest_only: it names no tag"), "{said:?}");
        assert!(said[0].contains("NOTIFY_DIGEST_ONLY=true"), "{said:?}");
        assert!(said[1].starts_with("payload 2: ignored, job_status: the replication has not ended"), "{said:?}");
        assert!(said[2].starts_with("payload 3: ignored, event_type: it is no event of a replication"), "{said:?}");
    }
}

#[test]
fn wrong_configuration_names_every_fault_and_exits_2() {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(program());
    let settings = [("LISTEN_ADDR", "nowhere"), ("TIMEZONE", "Moon"), ("RETRY_MULTIPLIER", "none")];
    let output = environment(command.arg("serve"), folder.path(), KEY, &settings).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(["LISTEN_ADDR:", "TIMEZONE:", "RETRY_MULTIPLIER:"].iter().all(|key| said.contains(key)), "{said}");
}

#[test]
fn without_a_database_a_command_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), "", &["list"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("harborbell serve"));
    assert!(!folder.path().join("test.db").exists(), "looking makes no file");
}

#[test]
fn filters_that_would_be_ignored_are_refused() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), "", &["replay", "some-id", "--until", "2000-01-01"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--state"));
}

/// A robot that keeps failing is in trouble, for `check` and for the page alike.
#[tokio::test]
async fn check_fails_for_a_robot_that_fails_while_something_waits() {
    let desk = Desk::new().await;
    desk.wecom.answer_always(Some(Answer::Status(500, "down")));
    desk.post(&arrived("v1")).await;
    let failures = || desk.run(&["check", "--json"]);
    crate::support::eventually("two failures", || async { failures().1.contains("\"failures\":2") }).await;
    let (code, stdout, _) = desk.run(&["check"]);
    assert!(code == 1 && stdout.contains("in trouble: default"), "{code}: {stdout}");
    let page = crate::support::client().get(&desk.process.as_ref().unwrap().url).header("accept-language", "en");
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("health-bad"), "{page}");
    desk.wecom.answer_always(None);
    crate::support::eventually("it is well again", || async { desk.run(&["check"]).0 == 0 }).await;
}

#[test]
fn check_tries_what_serve_would_refuse_and_makes_nothing() {
    let folder = TempDir::new().unwrap();
    let said = |settings: &[(&str, &str)]| {
        let mut command = Command::new(program());
        let output = environment(command.arg("check"), folder.path(), KEY, settings).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    std::fs::write(folder.path().join("file"), "this is a text of some length, and not a database at all").unwrap();
    for (url, problem) in [("sqlite://file/a/b/hb.db", "not a directory"), ("sqlite://file", "is not a database")] {
        let (code, stderr) = said(&[("DATABASE_URL", url)]);
        assert!(code == Some(1) && stderr.contains(problem), "{url}: {code:?} {stderr}");
    }
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Permissions do not count for root, unless it gives up that privilege.
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = Command::new(if is_root { "setpriv".into() } else { program() });
    if is_root {
        command.arg("--bounding-set=-dac_override,-dac_read_search").arg(program());
    }
    let settings = [("DATABASE_URL", "sqlite://locked/new/hb.db")];
    let output = environment(command.arg("check"), folder.path(), KEY, &settings).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && stderr.contains("cannot use locked: Permission denied"), "{stderr}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let settings = [("LISTEN_ADDR", address.as_str()), ("DATABASE_URL", "sqlite://new/hb.db")];
    let (code, stderr) = said(&settings);
    assert!(code == Some(1) && stderr.contains("LISTEN_ADDR") && stderr.contains(&address), "{code:?} {stderr}");
    drop(taken);
    assert_eq!(said(&settings), (Some(0), String::new()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is new");
}

/// The configuration is right, and nothing else is: one error hides no other one.
#[test]
fn check_names_all_that_is_wrong() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("file"), "this is a text of some length, and not a database at all").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let found = |address: &str| {
        let harbor =
            [("HARBOR_URL", "http://127.0.0.1:1"), ("HARBOR_USERNAME", "robot"), ("HARBOR_PASSWORD", "secret")];
        let settings = [("DATABASE_URL", "sqlite://file"), ("ALLOW_ANONYMOUS", "true"), ("LISTEN_ADDR", address)];
        let mut command = Command::new(program());
        command.args(["check", "--json"]);
        let output =
            environment(&mut command, folder.path(), KEY, &[&settings[..], &harbor].concat()).output().unwrap();
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors: Vec<_> = found["errors"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        assert!(errors[0].contains("not a database") && found["database"].is_null(), "{found}");
        assert!(found["harbor"]["error"].is_string() && output.status.code() == Some(1), "{found}");
        (found["port"].clone(), errors[1..].join(" "))
    };
    let (port, error) = found("192.0.2.1:1");
    assert!(port.is_null() && error.starts_with("LISTEN_ADDR: cannot listen on 192.0.2.1:1"), "{port} {error}");
    // The service of the database that cannot be asked may have it.
    let (port, error) = found(&taken);
    assert!(port.as_str().unwrap().starts_with(&format!("{taken} is in use")) && error.is_empty(), "{port} {error}");
}

#[tokio::test]
async fn check_does_not_take_the_running_services_port_for_anothers() {
    let desk = Desk::new().await;
    let address = desk.process.as_ref().unwrap().url.strip_prefix("http://").unwrap().to_owned();
    let settings = [("LISTEN_ADDR", address.as_str())];
    let checked = || async {
        let mut command = Command::new(program());
        let output = environment(command.arg("check"), desk.folder.path(), &desk.url, &settings).output().unwrap();
        output.status.success()
            && String::from_utf8_lossy(&output.stdout).contains("is not tried, because a service runs")
    };
    crate::support::eventually("the service has its lanes", checked).await;
}

#[test]
fn check_before_the_first_start_says_what_will_be() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), KEY, &["check"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("not there yet") && said.contains("default"), "{said}");
    assert!(said.contains("port           ok: 127.0.0.1:0 is free"), "{said}");
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(".env"), "TIMEZONE=Nowhere/File\nLOG_FORMAT=file\n").unwrap();
    let mut command = Command::new(program());
    command.args(["serve", "--log-format", "flag"]);
    let output = environment(&mut command, folder.path(), KEY, &[("LOG_FORMAT", "environment")]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("\"flag\"") && said.contains("Nowhere/File") && !said.contains("\"environment\""), "{said}");
}

/// In a terminal of that many columns; the other end of `script` is one.
#[rstest]
#[case::narrow(40)]
#[case::usual(80)]
#[case::broad(120)]
#[case::wide(240)]
#[tokio::test]
async fn a_list_fits_its_terminal(#[case] width: usize) {
    let app = App::spawn().await;
    let name = format!("mars/{}api", "很长的名字".repeat(20));
    app.accept(&push(&name, &["v1"]).payload()).await;
    all_told(&app).await;
    let id = app.deliveries().await[0].id.clone();
    let lines = |command: &str| {
        let command = format!("stty cols {width}; {} {command}", program().display());
        let output = Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .current_dir(app.folder())
            .env("DATABASE_URL", url_of(app.folder()))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
    };
    let cut = lines("list");
    assert!(cut[0].starts_with("ID") && cut[1].starts_with(&id), "{cut:?}");
    assert!(cut.iter().all(|line| columns(line) <= width), "{cut:?}");
    assert_eq!((cut[0].contains("REPOSITORY"), cut[1].contains("api")), (width >= 80, width >= 80), "{cut:?}");
    assert_eq!(cut[0].contains("LAST ERROR"), width >= 240, "{cut:?}");
    let whole = lines("list --wide");
    assert!(whole[1].contains(&name) && whole[0].contains("CREATED (Asia/Shanghai)"), "{whole:?}");
}

#[tokio::test]
async fn a_list_without_rows_says_so() {
    let app = App::spawn().await;
    let list = |arguments: &[&str]| run(app.folder(), &app.wecom.url(), arguments);
    let empty = list(&["list", "--state", "failed"]);
    assert!(String::from_utf8(empty.stderr).unwrap().contains("no deliveries match"));
    let json = list(&["list", "--json"]);
    assert!(!String::from_utf8(json.stderr).unwrap().contains("match"));
}
