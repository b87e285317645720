//! Retention as operators meet it: the service, the command, the page, the configuration, a crash in the middle.

use std::collections::HashMap;
use std::process::{Command, Output};

use harborbell::config::Config;
use harborbell::demo::standin::Standin;
use harborbell::model::clock::{Clock, HOUR, Millis};
use harborbell::model::retention::{DAY, Looks, NOTICE};
use harborbell::store::Store;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::database::{Intruder, only_on_sqlite, url_of};
use crate::process::{Process, environment};
use crate::support::{App, KEY, arrived, client, eventually, offer, program, told_by};

/// So many events of a year ago, each of which a robot has sent; and a look just now, at a time when nothing was removed.
async fn old_events(url: &str, events: usize) -> Millis {
    let (store, now) = (Store::serve(url).await.unwrap(), Clock::System.now());
    store.register(&["default"], now).await.unwrap();
    for batch in (0..events).step_by(500) {
        let offers: Vec<_> =
            (batch..events.min(batch + 500)).map(|number| offer(&arrived(&format!("v{number}")))).collect();
        store.accept(&offers, told_by(&["default"]), now - 365 * DAY).await.unwrap();
    }
    store.looked(Looks { looked_at: now, ..Looks::default() }).await.unwrap();
    store.close().await;
    drop(store);
    let mut database = Intruder::at(url).await;
    for made in [
        format!(
            "UPDATE deliveries SET state = 'delivered', attempts = 1, next_attempt_at = 0, finished_at = {}",
            now - 364 * DAY
        ),
        format!(
            "INSERT INTO messages SELECT id, 'default', '{{}}', {}, 5, 'delivered', 200, 0, 'ok' FROM deliveries",
            now - 364 * DAY
        ),
        "INSERT INTO attempts SELECT id, 1, id FROM deliveries".into(),
    ] {
        database.execute(made).await;
    }
    now
}

async fn count(url: &str, of: &str) -> i64 {
    let counted = Intruder::at(url).await.texts(format!("SELECT CAST(count(*) AS TEXT) FROM {of}")).await;
    counted[0].parse().unwrap()
}

#[tokio::test]
async fn the_service_removes_at_its_start_and_says_what_went() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let url = url_of(folder.path());
    old_events(&url, 30).await;
    let id = Intruder::at(&url).await.texts("SELECT id FROM deliveries LIMIT 1").await.remove(0);
    let process = Process::start(folder.path(), &wecom.url(), &[("RETENTION", "30d")]);
    let line = process.line_with("removed what ended longer ago than RETENTION");
    for word in ["deliveries=30", "attempts=30", "payloads=30", "messages=30", "events=0"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    let client = client();
    let metrics = client.get(format!("{}/metrics", process.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("harborbell_removed_rows_total{kind=\"deliveries\"} 30"), "{metrics}");
    assert!(metrics.contains("harborbell_removed_rows_total{kind=\"arrivals\"} 0"), "{metrics}");
    let again = client.post(format!("{}/webhook/harbor", process.url)).body(arrived("v7").to_string());
    assert_eq!(again.send().await.unwrap().json::<Value>().await.unwrap()["status"], "duplicate");
    let gone = client.get(format!("{}/api/v1/deliveries/{id}", process.url)).send().await.unwrap();
    assert_eq!(gone.status(), 404);
    assert!(gone.text().await.unwrap().contains("RETENTION"));
    let replayed = client.post(format!("{}/api/v1/deliveries/{id}/replay", process.url)).send().await.unwrap();
    assert_eq!(replayed.status(), 404, "what is removed cannot be sent again");
    let page = client.get(format!("{}/images/mars/mars-api?version=v7", process.url)).send().await.unwrap();
    assert!(page.status().is_success() && page.text().await.unwrap().contains("v7"));
    let image = client.get(format!("{}/api/v1/arrivals?repository=mars/mars-api&version=v7", process.url));
    let image: Value = image.send().await.unwrap().json().await.unwrap();
    assert_eq!(image["items"][0]["outcome"], "succeeded");
}

#[tokio::test]
async fn what_nobody_chose_is_announced_in_the_log_and_on_the_page_and_waits() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let url = url_of(folder.path());
    old_events(&url, 3).await;
    let process = Process::start(folder.path(), &wecom.url(), &[]);
    let line = process.line_with("RETENTION is not set");
    assert!(line.contains("180d") && line.contains("deliveries=3"), "{line}");
    assert_eq!(count(&url, "deliveries").await, 3);
    let page = async |path: &str, language: &str| {
        let got = client().get(format!("{}{path}", process.url)).header("accept-language", language);
        got.send().await.unwrap().text().await.unwrap()
    };
    eventually("it is announced", || async { page("/", "en").await.contains("RETENTION is not set") }).await;
    assert!(page("/notifications", "zh").await.contains("没有设置 RETENTION"));
    assert!(page("/", "zh").await.contains("180d"));

    let said = prune(&folder, &[], &["--dry-run"]);
    assert!(said.contains("deliveries  3") && said.contains("Nothing is removed before 2"), "{said}");
    let said = prune(&folder, &[], &[]);
    assert!(said.contains("deliveries  0") && said.contains("Nothing is removed before 2"), "{said}");
    let said = prune(&folder, &[("RETENTION", "0")], &[]);
    assert!(said.contains("RETENTION is 0"), "{said}");
    assert_eq!(count(&url, "deliveries").await, 3);
    // Beside the service, by whoever has decided.
    let said = prune(&folder, &[("RETENTION", "30d")], &["--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["removed"]["deliveries"], &said["dry_run"]), (&3.into(), &false.into()), "{said}");
    assert_eq!(count(&url, "deliveries").await, 0);
    let said = [&["--dry-run"][..], &[]].map(|arguments| prune(&folder, &[("RETENTION", "30d")], arguments));
    assert!(said[0].contains("Only counted") && said[1].contains("Nothing was old enough"), "{said:?}");
    assert!(!page("/", "en").await.contains("RETENTION is not set"));
}

#[tokio::test]
async fn after_a_long_pause_the_command_says_until_when_it_waits_and_why() {
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    let now = old_events(&url, 3).await;
    let store = Store::open(&url).await.unwrap();
    store.looked(Looks { looked_at: now - 20 * DAY, ..Looks::default() }).await.unwrap();
    for arguments in [&["--dry-run"][..], &[], &[], &["--dry-run"]] {
        let said = prune(&folder, &[("RETENTION", "30d")], arguments);
        assert!(
            said.contains("Nothing is removed before 2") && said.contains(" UTC+08:00, because for long nobody looked"),
            "{said}"
        );
    }
    let said: Value = serde_json::from_str(&prune(&folder, &[("RETENTION", "30d")], &["--json"])).unwrap();
    assert_eq!(said["waits_because"], "long_pause", "{said}");
    let until: jiff::Timestamp = said["waits_until"].as_str().unwrap().parse().unwrap();
    assert!((now + NOTICE..now + NOTICE + HOUR).contains(&until.as_millisecond()), "{until}");
    assert_eq!(count(&url, "deliveries").await, 3);
}

fn prune(folder: &TempDir, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = Command::new(program());
    let Output { status, stdout, stderr } =
        environment(command.arg("prune").args(arguments), folder.path(), "", settings).output().unwrap();
    let said = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{said}{}", String::from_utf8_lossy(&stderr));
    said
}

#[tokio::test]
async fn an_announcement_is_shown_until_it_begins() {
    let app = App::spawn().await;
    let now = Clock::System.now();
    let shows = async |announced_at| {
        app.store.looked(Looks { looked_at: now, announced_at, held_until: 0 }).await.unwrap();
        let page = app.client.get(format!("{}/", app.url)).header("accept-language", "en").send().await.unwrap();
        page.text().await.unwrap().contains("RETENTION is not set")
    };
    // The first look of the service is over, and comes again in an hour.
    eventually("the first look", || async { app.store.looks().await.unwrap().looked_at > 0 }).await;
    assert!(!shows(0).await);
    assert!(shows(now).await);
    assert!(!shows(now - NOTICE).await);
}

#[tokio::test]
async fn a_kill_between_two_steps_leaves_whole_events() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let url = url_of(folder.path());
    const EVENTS: i64 = 6_000;
    old_events(&url, EVENTS as usize).await;
    let settings = [("RETENTION", "30d")];
    let mut left = EVENTS;
    for kill in 0..3 {
        let mut process = Process::start(folder.path(), &wecom.url(), &settings);
        eventually("some have gone", || async { count(&url, "deliveries").await < left - 300 * kill }).await;
        process.child.kill().unwrap();
        process.child.wait().unwrap();
        left = count(&url, "deliveries").await;
        let whole = "events e WHERE (payload = '') = EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id)";
        assert_eq!(count(&url, whole).await, 0, "an event has both or neither");
        assert_eq!((count(&url, "events").await, count(&url, "arrivals").await), (EVENTS, EVENTS));
        assert_eq!(count(&url, "attempts").await, left);
        if url.starts_with("sqlite:") {
            let broken = Intruder::at(&url).await.texts("SELECT \"table\" FROM pragma_foreign_key_check").await;
            assert_eq!(broken, [""; 0]);
        }
        if crate::database::postgres().is_some() {
            // The lease of the dead.
            Intruder::at(&url).await.execute("DELETE FROM leases").await;
        }
    }
    let _process = Process::start(folder.path(), &wecom.url(), &settings);
    eventually("all has gone", || async {
        count(&url, "deliveries").await + count(&url, "messages").await + count(&url, "attempts").await == 0
    })
    .await;
}

#[tokio::test]
async fn a_file_of_an_older_program_can_become_smaller_after_one_start() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    Store::serve(&url).await.unwrap().close().await;
    let mode =
        async || Intruder::at(&url).await.texts("SELECT CAST(auto_vacuum AS TEXT) FROM pragma_auto_vacuum").await;
    assert_eq!(mode().await, ["2"], "a new one");
    let mut database = Intruder::at(&url).await;
    database.execute("PRAGMA auto_vacuum = NONE").await;
    database.execute("VACUUM").await;
    drop(database);
    assert_eq!(mode().await, ["0"], "as an older program made it");
    let store = Store::serve(&url).await.unwrap();
    store.accept(&[offer(&arrived("v1"))], told_by(&[]), 1).await.unwrap();
    assert_eq!(mode().await, ["2"]);
}

fn load(settings: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let values: HashMap<_, _> = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::load(&values).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

#[test]
fn the_default_is_180_days_that_nobody_chose_and_facts_for_ever() {
    let retention = load(&[]).unwrap().retention;
    assert_eq!((retention.records, retention.is_chosen, retention.arrivals), (Some(180 * DAY), false, None));
    let retention = load(&[("RETENTION", "12w"), ("RETENTION_ARRIVALS", "400d")]).unwrap().retention;
    assert_eq!((retention.records, retention.is_chosen, retention.arrivals), (Some(84 * DAY), true, Some(400 * DAY)));
    for never in ["0", "0s", "0d"] {
        assert_eq!(load(&[("RETENTION", never)]).unwrap().retention.records, None);
    }
}

#[rstest]
#[case(&[("RETENTION", "180m")], "RETENTION: 180m is shorter than a day")]
#[case(&[("RETENTION", "half a year")], "RETENTION: \"half a year\" is not a duration")]
#[case(&[("RETENTION", "-1d")], "RETENTION: ")]
#[case(&[("RETENTION_ARRIVALS", "29d")], "RETENTION_ARRIVALS: 29d is shorter than 30 days")]
#[case(&[("RETENTION_ARRIVALS", "90d")], "RETENTION_ARRIVALS: 90d is shorter than RETENTION")]
#[case(&[("RETENTION", "0"), ("RETENTION_ARRIVALS", "400d")], "RETENTION keeps everything for ever")]
#[case(&[("RETENTION", "30d"), ("RETENTION_ARRIVALS", "40d"), ("HARBOR_BACKFILL_MAX_AGE", "50d")], "HARBOR_BACKFILL_MAX_AGE")]
fn a_retention_that_cannot_be_is_a_fault(#[case] settings: &[(&str, &str)], #[case] fault: &str) {
    let faults = load(settings).unwrap_err();
    assert!(faults.len() == 1 && faults[0].contains(fault), "{faults:?}");
}
