//! What systemd is told: the test owns the socket. And what its watchdog goes by.

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use harborbell::lane::heartbeat::{Heartbeats, LONGEST_STEP};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::process::Process;
use crate::support::{Bench, eventually, within};

const WECOM: &str = "http://127.0.0.1:9/send?key=none-at-all";

/// systemd's end of the socket.
struct Systemd {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Systemd {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { folder, socket }
    }

    fn start(&self, settings: &[(&str, &str)]) -> Process {
        let socket = self.folder.path().join("notify");
        let settings = [&[("NOTIFY_SOCKET", socket.to_str().unwrap())], settings].concat();
        Process::start(self.folder.path(), WECOM, &settings)
    }

    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.socket.recv(&mut bytes).expect("systemd is told more");
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    /// What is said up to this.
    fn until(&self, what: &str) -> Vec<String> {
        let mut said = Vec::new();
        while !said.last().is_some_and(|last: &String| last.starts_with(what)) {
            said.push(self.next());
        }
        said
    }

    fn has_more(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        self.socket.recv(&mut [0; 4096]).is_ok()
    }
}

/// Also by a name of the abstract namespace, which no file has; an empty name is none.
#[cfg(target_os = "linux")]
#[test]
fn the_socket_may_have_a_name_without_a_file() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    let folder = TempDir::new().unwrap();
    let name = folder.path().to_str().unwrap();
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let process = Process::start(folder.path(), WECOM, &[("NOTIFY_SOCKET", &format!("@{name}"))]);
    let mut bytes = [0; 4096];
    while !bytes.starts_with(b"READY=1") {
        socket.recv(&mut bytes).expect("systemd is told more");
    }
    drop(process);
    let mut process = Process::start(folder.path(), WECOM, &[("NOTIFY_SOCKET", "")]);
    process.child.kill().unwrap();
}

/// A receiver that does not read holds up neither the service nor its stop.
#[test]
fn nobody_waits_for_a_receiver_that_does_not_read() {
    let systemd = Systemd::new();
    let mut process = systemd.start(&[("WATCHDOG_USEC", "20000")]);
    process.line_with("systemd cannot be told");
    process.signal("-TERM");
    assert!(process.child.wait().unwrap().success());
}

#[test]
fn start_reload_and_stop_are_told() {
    let systemd = Systemd::new();
    let mut process = systemd.start(&[]);
    let ready = format!("READY=1\nSTATUS=Ready for webhooks on {}\n", process.url.trim_start_matches("http://"));
    let started = systemd.until("READY=1");
    assert!(started[0].starts_with("EXTEND_TIMEOUT_USEC=60000000\nSTATUS="), "{started:?}");
    assert_eq!(started[1..], [ready.as_str()]);

    process.signal("-HUP");
    let now = systemd.next();
    let now = now.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().trim_end();
    assert!(now.parse::<u64>().unwrap() > 0);
    assert_eq!(systemd.next(), ready);

    std::fs::write(systemd.folder.path().join(".env"), "FAILURE_GRACE=nonsense\n").unwrap();
    process.signal("-HUP");
    assert!(systemd.next().starts_with("RELOADING=1\n"));
    let wrong = systemd.next();
    assert!(wrong.starts_with(ready.trim_end()) && wrong.contains("is wrong"), "{wrong}");

    process.signal("-TERM");
    assert!(systemd.next().starts_with("STOPPING=1\n"), "and no watchdog was fed, for there is none");
    assert!(process.child.wait().unwrap().success());
    assert!(!systemd.has_more());
}

#[test]
fn the_watchdog_is_fed_at_half_its_time() {
    let systemd = Systemd::new();
    let process = systemd.start(&[("WATCHDOG_USEC", "400000")]);
    systemd.until("READY=1");
    assert_eq!(systemd.next(), "WATCHDOG=1\n");
    let began = Instant::now();
    assert_eq!([systemd.next(), systemd.next(), systemd.next()], ["WATCHDOG=1\n"; 3]);
    assert!(began.elapsed() > Duration::from_millis(400), "{:?}", began.elapsed());
    process.signal("-TERM");
    systemd.until("STOPPING=1");
}

/// Neither without a socket nor with one that is gone anything is different.
#[test]
fn a_socket_that_is_gone_stops_nothing() {
    let systemd = Systemd::new();
    std::fs::remove_file(systemd.folder.path().join("notify")).unwrap();
    let mut process = systemd.start(&[("WATCHDOG_USEC", "100000")]);
    process.line_with("systemd cannot be told");
    process.signal("-TERM");
    assert!(process.child.wait().unwrap().success());
}

#[test]
fn a_lane_is_missed_when_its_step_takes_too_long() {
    let heartbeats = Heartbeats::default();
    let late = || Instant::now() + LONGEST_STEP + Duration::from_secs(1);
    let (one, two) = (heartbeats.begin("one"), heartbeats.begin("two"));
    assert_eq!(heartbeats.missing(Instant::now()), [""; 0]);
    assert_eq!(heartbeats.missing(late()), ["one", "two"]);
    one.pause(Duration::from_secs(600));
    assert_eq!(heartbeats.missing(late()), ["two"]);
    drop(two);
    assert_eq!(heartbeats.missing(late()), [""; 0]);
    assert_eq!(heartbeats.missing(late() + Duration::from_secs(600)), ["one"]);
}

/// A lane moves while nothing is due, and while the database cannot be used: no restart would help there.
#[tokio::test]
async fn a_lane_that_waits_is_not_missed() {
    let bench = Bench::new(&[]).await;
    let (heartbeats, stop) = (bench.lane.heartbeats.clone(), CancellationToken::new());
    let (_nudge, nudged) = watch::channel(());
    let lane = tokio::spawn(bench.lane.clone().run(nudged, stop.clone()));
    let at_any_time = Instant::now() + LONGEST_STEP * 100;
    eventually("it runs", || async { heartbeats.missing(at_any_time) == ["default"] }).await;
    let mut intruder = crate::database::Intruder::at(&bench.config.database_url).await;
    for is_locked in [false, true] {
        if is_locked {
            intruder.lock().await;
        }
        let after_the_last = Instant::now() + LONGEST_STEP;
        eventually("it moves", || async { heartbeats.missing(after_the_last).is_empty() }).await;
    }
    intruder.let_go().await;
    stop.cancel();
    within("its end", lane).await.unwrap();
    assert!(heartbeats.missing(at_any_time).is_empty(), "what has ended is not missed");
}

/// The pause after an outcome that the database refuses may be longer than any step.
#[tokio::test]
async fn a_lane_in_a_long_pause_is_not_missed() {
    let bench = Bench::new(&[("RETRY_INITIAL_INTERVAL", "10m")]).await;
    let mut intruder = crate::database::Intruder::at(&bench.config.database_url).await;
    intruder.refuse_messages("new.outcome = 'delivered'").await;
    bench.accept_many(1).await;
    let (heartbeats, stop) = (bench.lane.heartbeats.clone(), CancellationToken::new());
    let (_nudge, nudged) = watch::channel(());
    let lane = tokio::spawn(bench.lane.clone().run(nudged, stop.clone()));
    within("the message", bench.wecom.until(|_, shown| shown.len() == 1)).await;
    let in_the_pause = Instant::now() + LONGEST_STEP + Duration::from_secs(60);
    eventually("it pauses", || async { heartbeats.missing(in_the_pause).is_empty() }).await;
    assert_eq!(heartbeats.missing(in_the_pause + Duration::from_secs(600)), ["default"]);
    stop.cancel();
    within("its end", lane).await.unwrap();
}
