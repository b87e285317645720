//! The program as a process: starting, stopping, a second one, a full disk. And a helper for other tests.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::database::{only_on_sqlite, url_of};
use crate::support::{KEY, arrived, eventually, program};
use harborbell::demo::standin::{Answer, Standin};

/// How a service says that it is ready.
const READY: &str = "ready for webhooks";

/// `harborbell serve` in a folder of its own.
pub struct Process {
    pub child: Child,
    pub url: String,
    lines: Receiver<String>,
}

impl Process {
    /// Starts it and waits until it says where it listens.
    pub fn start(folder: &Path, wecom_url: &str, settings: &[(&str, &str)]) -> Self {
        Self::run(Command::new(program()).arg("serve"), folder, wecom_url, settings)
    }

    pub fn run(command: &mut Command, folder: &Path, wecom_url: &str, settings: &[(&str, &str)]) -> Self {
        let mut child = environment(command, folder, wecom_url, settings).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // The test may be over; what is still said then is read and dropped, so that nobody blocks.
                let _ = sender.send(line);
            }
        });
        let mut process = Self { child, url: String::new(), lines };
        let ready = process.line_with(READY);
        let address = ready.split("address=").nth(1).unwrap().split_whitespace().next().unwrap();
        process.url = format!("http://{address}");
        process
    }

    /// The next line of the log that contains this.
    pub fn line_with(&self, text: &str) -> String {
        let mut before = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(30)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => before.push(line),
                Err(_) => panic!("no line with {text:?}, but:\n{}", before.join("\n")),
            }
        }
    }

    /// All that it has said and not been asked about, once it has ended.
    pub fn rest(&self) -> String {
        let lines: Vec<_> = self.lines.iter().collect();
        lines.join("\n")
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

/// What a service says until it is ready, and that it is.
pub fn said_until_ready(stderr: &mut impl BufRead) -> String {
    let mut log = String::new();
    while !log.contains(READY) {
        assert!(stderr.read_line(&mut log).unwrap() > 0, "it ended early:\n{log}");
    }
    log
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn environment<'a>(
    command: &'a mut Command,
    folder: &Path,
    wecom_url: &str,
    settings: &[(&str, &str)],
) -> &'a mut Command {
    command
        .current_dir(folder)
        .env_clear()
        .env("DATABASE_URL", url_of(folder))
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .env("WECOM_WEBHOOK_URL", wecom_url)
        .env("WECOM_RATE_PER_MINUTE", "0")
        .envs(settings.iter().copied())
}

/// Runs a command of the program to its end.
pub fn run(folder: &Path, wecom_url: &str, arguments: &[&str]) -> Output {
    environment(Command::new(program()).args(arguments), folder, wecom_url, &[]).output().unwrap()
}

async fn post(url: &str, version: &str) -> u16 {
    post_body(url, arrived(version).to_string()).await
}

async fn post_body(url: &str, body: String) -> u16 {
    let client = crate::support::client();
    client.post(format!("{url}/webhook/harbor")).body(body).send().await.unwrap().status().as_u16()
}

/// A service that has a message in flight which WeCom does not answer.
async fn with_a_message_in_flight(wecom_timeout: &str) -> (TempDir, Standin, Process) {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let process = Process::start(folder.path(), &wecom.url(), &[("WECOM_TIMEOUT", wecom_timeout)]);
    wecom.answer_next(Answer::ShowAndHang);
    assert_eq!(post(&process.url, "v1").await, 202);
    wecom.until(|_, shown| !shown.is_empty()).await;
    (folder, wecom, process)
}

#[tokio::test]
async fn sigterm_finishes_the_message_in_flight_and_exits_0() {
    let (folder, wecom, mut process) = with_a_message_in_flight("2s").await;
    let started = Instant::now();
    process.signal("-TERM");
    let status = process.child.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    let listed = run(folder.path(), &wecom.url(), &["list", "--json"]);
    let page: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!((&page["items"][0]["state"], &page["items"][0]["failures"]), (&"pending".into(), &1.into()));
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let (_folder, _wecom, mut process) = with_a_message_in_flight("12s").await;
    process.signal("-TERM");
    process.line_with("stopping");
    let started = Instant::now();
    // The first ones may come too soon to be meant.
    let status = loop {
        process.signal("-TERM");
        match process.child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::yield_now(),
        }
    };
    assert_eq!(status.code(), Some(130));
    assert!(started.elapsed() < Duration::from_secs(5));
}

/// As `timeout` sends it, to the process and to its group.
#[tokio::test]
async fn a_signal_that_comes_twice_at_once_is_one() {
    let (_folder, _wecom, mut process) = with_a_message_in_flight("2s").await;
    let twice = format!("kill -TERM {0}; kill -INT {0}", process.child.id());
    assert!(Command::new("sh").args(["-c", &twice]).status().unwrap().success());
    assert!(process.child.wait().unwrap().success());
}

#[tokio::test]
async fn a_second_service_on_one_file_is_told_so() {
    only_on_sqlite!();
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let process = Process::start(folder.path(), &wecom.url(), &[]);
    let second = run(folder.path(), &wecom.url(), &["serve"]);
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1));
    assert!(said.contains(&format!("process {}", process.child.id())) && said.contains("DATABASE_URL"), "{said}");
}

/// Invariant 8: a full disk is a 503, and service resumes by itself. The disk is a limit on the size of
/// files that is lifted later; the shell ignores the signal that would come with it, and `exec` hands that on.
#[tokio::test]
async fn invariant_8_a_full_disk_is_a_503_and_service_resumes() {
    only_on_sqlite!();
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -S -f 2048; exec \"$0\" serve"]).arg(program());
    let process = Process::run(&mut shell, folder.path(), &wecom.url(), &[]);
    let body = |number: usize| {
        let mut payload = arrived(&format!("v{number}"));
        payload["operator"] = "x".repeat(200_000).into();
        payload.to_string()
    };
    let mut accepted = 0;
    while post_body(&process.url, body(accepted)).await == 202 {
        accepted += 1;
        assert!(accepted < 100, "the disk never filled");
    }
    assert!(accepted > 0);
    let lifted = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &process.child.id().to_string()]).status();
    assert!(lifted.unwrap().success());
    let url = &process.url;
    eventually("service resumes", || async { post_body(url, body(999)).await == 202 }).await;
    wecom.until(|_, shown| shown.iter().any(|message| message.content.contains("`v999`"))).await;
    for number in 0..accepted {
        let version = format!("`v{number}`");
        wecom.until(|_, shown| shown.iter().any(|message| message.content.contains(&version))).await;
    }
}

/// A full disk takes the log's file, too.
#[tokio::test]
async fn invariant_8_a_log_that_cannot_be_written_stops_nothing() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut command = Command::new(program());
    command.arg("serve").stderr(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let mut child =
        environment(&mut command, folder.path(), &wecom.url(), &[("LISTEN_ADDR", &address)]).spawn().unwrap();
    let url = format!("http://{address}");
    let healthy = || async { crate::support::client().get(format!("{url}/healthz")).send().await.is_ok() };
    eventually("it starts", healthy).await;
    assert_eq!(post(&url, "v1").await, 202);
    wecom.until(|_, shown| shown.len() == 1).await;
    assert!(child.try_wait().unwrap().is_none(), "it still runs");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn one_file_under_two_names_has_one_service() {
    only_on_sqlite!();
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let _process = Process::start(folder.path(), &wecom.url(), &[]);
    std::fs::create_dir(folder.path().join("other")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("test.db"), folder.path().join("other/link.db")).unwrap();
    let mut second = Command::new(program());
    let settings = [("DATABASE_URL", "sqlite://other/link.db")];
    let output = environment(second.arg("serve"), folder.path(), &wecom.url(), &settings).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("another harborbell"));
}

/// A proxy's own loopback is another machine's: private stand-ins and deployments are called directly.
#[tokio::test]
async fn a_proxy_is_not_asked_for_loopback() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let proxy = [("HTTP_PROXY", "http://127.0.0.1:9"), ("http_proxy", "http://127.0.0.1:9")];
    let process = Process::start(folder.path(), &wecom.url(), &proxy);
    assert_eq!(post(&process.url, "v1").await, 202);
    crate::support::within("the message", wecom.until(|_, shown| shown.len() == 1)).await;
}

#[tokio::test]
async fn the_log_says_nothing_of_the_http_server_unless_it_is_asked_for() {
    for (filter, is_silent) in [(None, true), (Some(("RUST_LOG", "info,actix_server=info")), false)] {
        let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
        let mut command = Command::new(program());
        environment(command.arg("serve"), folder.path(), &wecom.url(), filter.as_slice());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut log = said_until_ready(&mut lines);
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        lines.read_to_string(&mut log).unwrap();
        assert!(child.wait().unwrap().success());
        assert_eq!(!log.contains("actix"), is_silent, "{log}");
    }
}

#[tokio::test]
async fn the_log_names_a_pause_only_where_one_is_left() {
    for (interval, says) in [("5ms", None), ("30s", Some("pause_seconds="))] {
        let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
        let process = Process::start(folder.path(), &wecom.url(), &[("RETRY_INITIAL_INTERVAL", interval)]);
        wecom.answer_next(Answer::Errcode(-1, "system busy"));
        assert_eq!(post(&process.url, "v1").await, 202);
        let line = process.line_with("message not delivered");
        assert_eq!(says.is_some(), line.contains("pause"), "{line}");
        assert!(line.contains(says.unwrap_or_default()), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_that_fails_is_a_warning_with_its_reason() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let process = Process::start(folder.path(), &wecom.url(), &[]);
    wecom.answer_next(Answer::Errcode(40008, "invalid message type"));
    assert_eq!(run(folder.path(), &wecom.url(), &["check", "--ping"]).status.code(), Some(1));
    let line = process.line_with("test message");
    assert!(line.contains("WARN") && line.contains("errcode 40008") && line.contains("not delivered"), "{line}");
    assert_eq!(run(folder.path(), &wecom.url(), &["check", "--ping"]).status.code(), Some(0));
    let line = process.line_with("test message");
    assert!(line.contains("INFO") && line.contains("test message delivered"), "{line}");
}

#[tokio::test]
async fn the_log_names_who_was_refused_as_an_address() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let process = Process::start(folder.path(), &wecom.url(), &[]);
    assert_eq!(post_body(&process.url, "{".to_owned()).await, 400);
    let line = process.line_with("webhook refused");
    assert!(line.contains("peer=127.0.0.1:"), "{line}");
}

#[tokio::test]
async fn the_demo_tells_each_of_its_deliveries_once_and_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let mut child = Command::new(program())
        .args(["demo", "--listen-addr", "127.0.0.1:0"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut story = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !story.contains("Ctrl-C ends it") {
        assert!(lines.read_line(&mut story).unwrap() > 0, "it ended early:\n{story}");
    }
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert!(child.wait().unwrap().success());
    lines.read_to_string(&mut story).unwrap();
    for expected in [
        "镜像入仓",
        "\"duplicate\"",
        "digest_only",
        "重试后成功",
        "复制失败",
        "补报",
        "镜像删除",
        "http status code: 403",
    ] {
        assert!(story.contains(expected), "{expected} is missing:\n{story}");
    }
    let messages: Vec<_> =
        story.split("┌ the group sees").skip(1).map(|rest| rest.split('└').next().unwrap()).collect();
    let told = |words: &[&str]| {
        let holds = |message: &&str| words.iter().all(|word| message.contains(word));
        messages.iter().filter(|message| holds(message)).count()
    };
    for words in [["`v1.2.3`", "成功"], ["`mars/mars-web`", "失败"], ["`mars/mars-web`", "重试后成功"]] {
        assert_eq!(told(&words), 1, "{words:?} in:\n{story}");
    }
    for service in ["api", "web", "auth", "billing", "cart", "mail", "map", "queue", "search", "stock", "tax", "user"] {
        assert_eq!(told(&[&format!("`venus/{service}`")]), 1, "{service} in:\n{story}");
    }
    let closing = format!("20 deliveries, all of them delivered, in {} messages.", messages.len());
    assert!(story.contains(&closing), "no {closing:?} in:\n{story}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the scratch folder is gone");
}

#[rstest::rstest]
#[case::interrupt("-INT")]
#[case::terminate("-TERM")]
#[case::hangup("-HUP")]
#[tokio::test]
async fn the_demo_leaves_nothing_behind_however_early_it_is_ended(#[case] signal: &str) {
    let folder = TempDir::new().unwrap();
    let mut child = Command::new(program())
        .args(["demo", "--listen-addr", "127.0.0.1:0"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // As soon as there is something that could stay.
    while std::fs::read_dir(folder.path()).unwrap().count() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the scratch folder is gone");
}

/// The names that Harbor itself gives to the kinds of registries.
#[test]
fn the_demos_payloads_name_each_registry_as_harbor_does() {
    for (registry, kind) in [(crate::support::ALIYUN, "ali-acr"), (crate::support::HUAWEI, "huawei-SWR")] {
        let mut push = crate::support::push("mars/mars-api", &["v1"]);
        push.registry = registry;
        let destination = &push.payload()["event_data"]["replication"]["dest_resource"];
        assert_eq!(destination["registry_type"], kind);
    }
}

/// Whoever searches the log for a version finds what became of it.
#[tokio::test]
async fn the_log_has_the_whole_story_of_a_version() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let process = Process::start(folder.path(), &wecom.url(), &[]);
    assert_eq!(post(&process.url, "v1.2.3").await, 202);
    for step in ["event accepted", "delivered"] {
        let line = process.line_with(step);
        assert!(line.contains("mars/mars-api") && line.contains("v1.2.3") && line.contains("succeeded"), "{line}");
    }
    assert_eq!(post(&process.url, "v1.2.3").await, 200);
    assert!(process.line_with("duplicate").contains("v1.2.3"));
}
