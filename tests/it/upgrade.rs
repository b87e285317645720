//! Upgrades: the database of each program that landed is brought up to date, and nothing in it is lost or told again.
//! `tests/it/databases/` has them; each was made by the last program before the next migration.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;
use std::process::{Command, Stdio};

use harborbell::model::clock::{Clock, HOUR};
use harborbell::store::Store;
use harborbell::store::arrivals::Question;
use regex_lite::Regex;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::database::{Intruder, older_database, url_of};
use crate::process::{environment, run, said_until_ready};
use crate::support::{App, eventually, program};

const NOWHERE: &str = "http://127.0.0.1:9/send?key=none-at-all";

/// Makes the database as the program of this schema left it. SQLite's is the whole dump; PostgreSQL gets the same rows.
async fn restore(url: &str, schema: i64) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/databases/schema-{schema}.sql"));
    let dump = std::fs::read_to_string(file).unwrap();
    if url.starts_with("sqlite:") {
        return Intruder::at(&url.replacen(".db", ".db?mode=rwc", 1)).await.execute(dump).await;
    }
    let is_row = |line: &&str| line.starts_with("INSERT INTO ") && !line.starts_with("INSERT INTO _sqlx_migrations ");
    let rows: Vec<_> = dump.lines().filter(is_row).collect();
    older_database(url, schema).await.execute(format!("BEGIN; {} COMMIT", rows.join("\n"))).await;
}

/// What every schema has, row by row.
async fn facts(database: &mut Intruder) -> BTreeMap<&'static str, Vec<String>> {
    let tables = [
        (
            "events",
            "id, accepted_at, outcome, project, repository, versions, registry, description, execution_timestamp, payload",
        ),
        ("arrivals", "key, outcome, version, event_id"),
        (
            "deliveries",
            "id, event_id, robot, state, attempts, failures, created_at, tried_since, next_attempt_at, finished_at, last_error",
        ),
        ("messages", "id, robot, body, started_at, duration_ms, outcome, http_status, errcode, errmsg"),
        ("attempts", "delivery_id, number, message_id"),
        ("robots", "name, failures, failing_since, broken, pause, paused_until, last_error, next_slot_at"),
    ];
    let json = if matches!(database, Intruder::Sqlite(_)) { "json_array" } else { "json_build_array" };
    let mut facts = BTreeMap::new();
    for (table, columns) in tables {
        let mut rows = database.texts(format!("SELECT CAST({json}({columns}) AS TEXT) FROM {table}")).await;
        assert!(!rows.is_empty(), "{table}");
        rows.sort_unstable();
        facts.insert(table, rows);
    }
    facts
}

async fn states(database: &mut Intruder) -> BTreeMap<String, String> {
    let rows = "SELECT d.robot || ' ' || e.versions || ' ' || e.outcome || ' ' || d.id || '|' || d.state
        FROM deliveries d JOIN events e ON e.id = d.event_id";
    let rows = database.texts(rows).await;
    rows.iter().filter_map(|row| row.split_once('|')).map(|(name, state)| (name.to_owned(), state.to_owned())).collect()
}

/// The state of the one delivery of this version and outcome.
fn state<'a>(states: &'a BTreeMap<String, String>, robot: &str, version: &str, outcome: &str) -> Option<&'a str> {
    let begin = format!("{robot} [\"{version}\"] {outcome} ");
    states.iter().find(|(name, _)| name.starts_with(&begin)).map(|(_, state)| state.as_str())
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_database_of_each_version_is_brought_up_to_date(#[values(1, 2, 3, 4, 5, 6, 7)] schema: i64) {
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    restore(&url, schema).await;
    let mut database = Intruder::at(&url).await;
    let (before, states_before) = (facts(&mut database).await, states(&mut database).await);
    // The connection knows the old tables.
    drop(database);

    let store = Store::serve(&url).await.unwrap();
    let mut database = Intruder::at(&url).await;
    assert_eq!(facts(&mut database).await, before, "nothing is lost, and all states are kept");
    for missing in [
        "SELECT a.version FROM arrivals a JOIN events e ON e.id = a.event_id WHERE e.repository <> '' AND NOT EXISTS
             (SELECT 1 FROM images i WHERE i.repository = e.repository AND i.version = a.version)",
        "SELECT e.repository FROM events e WHERE e.repository <> '' AND NOT EXISTS
             (SELECT 1 FROM destinations d WHERE d.repository = e.repository AND d.registry = e.registry
              AND d.description = e.description)",
        "SELECT a.version FROM arrivals a JOIN events e ON e.id = a.event_id WHERE a.repository <> e.repository",
    ] {
        assert_eq!(database.texts(missing).await, [""; 0], "{missing}");
    }
    let mut expected = vec![
        ("told-1.0", "阿里仓 \u{1f600}", "succeeded"),
        ("old-harbor", "阿里仓", "succeeded"),
        ("rejected-1.0", "阿里仓", "succeeded"),
        ("hangs-1.0", "阿里仓", "succeeded"),
        ("waits-1.0", "", "succeeded"),
    ];
    if schema >= 3 {
        expected.extend([("heals-1.0", "阿里仓", "succeeded"), ("held-1.0", "阿里仓", "failed")]);
    }
    for (version, description, outcome) in expected {
        let question =
            Question { repository: "mars/mars-api".into(), version: Some(version.into()), ..Question::default() };
        let arrivals = store.arrivals(&question, &[]).await.unwrap();
        let found: Vec<_> =
            arrivals.items.iter().map(|item| (item.description.as_str(), item.outcome.as_str())).collect();
        assert_eq!((found, arrivals.others.len()), (vec![(description, outcome)], 0), "{version}");
    }
    store.close().await;
    drop(store);

    let latest = database.texts("SELECT CAST(max(started_at) AS TEXT) FROM messages").await[0].parse::<i64>().unwrap();
    let app = App::spawn_at(Clock::manual(latest + HOUR), &[("DATABASE_URL", &url)]).await;
    eventually("what was in flight or waited is told", || async {
        let states = states(&mut Intruder::at(&url).await).await;
        ["hangs-1.0", "waits-1.0"]
            .iter()
            .all(|version| state(&states, "default", version, "succeeded") == Some("delivered"))
    })
    .await;
    let mut told = app.wecom.shown().into_iter().map(|message| message.content).collect::<String>();
    told.retain(|letter| !letter.is_whitespace());
    for version in ["hangs-1.0", "waits-1.0"] {
        assert_eq!(told.matches(&format!("`{version}`")).count(), 1, "{told}");
    }
    assert_eq!(told.matches("-1.0`").count(), 2, "only what was not told is told: {told}");
    let mut states_after = states(&mut database).await;
    let unknown = database.texts("SELECT outcome FROM messages WHERE body LIKE '%hangs-1.0%' ORDER BY id").await;
    assert_eq!(unknown, ["unknown", "delivered"]);
    for (name, state) in
        states_after.iter_mut().filter(|(name, _)| name.contains("hangs-1.0") || name.contains("waits-1.0"))
    {
        state.clone_from(&states_before[name]);
    }
    assert_eq!(states_after, states_before, "every other state is kept");

    let payloads = database.texts("SELECT payload FROM events WHERE source = 'webhook'").await;
    assert!(payloads.len() > 10);
    for payload in &payloads {
        let (status, answer) = app.post(payload.clone()).await;
        assert_eq!((status, &answer["status"]), (200, &Value::from("duplicate")), "{payload}");
    }
    if schema >= 3 {
        // It was held back by the old program's FAILURE_GRACE, and heals in time.
        assert_eq!(state(&states_after, "default", "held-1.0", "failed"), Some("pending"));
        let failure = payloads.iter().find(|payload| payload.contains("held-1.0")).unwrap();
        let success = failure.replace("Error", "Success").replace("failed_artifact", "successful_artifact");
        app.accept(&serde_json::from_str(&success).unwrap()).await;
        let states = states(&mut database).await;
        assert_eq!(state(&states, "default", "held-1.0", "failed"), Some("superseded"));
    }
}

/// What a service says before it is ready.
fn said_at_start(folder: &Path) -> String {
    let mut command = Command::new(program());
    let service = environment(command.arg("serve"), folder, NOWHERE, &[]).stderr(Stdio::piped()).spawn();
    let mut service = service.unwrap();
    let said = said_until_ready(&mut BufReader::new(service.stderr.take().unwrap()));
    service.kill().unwrap();
    service.wait().unwrap();
    said
}

/// Whoever upgrades sees what takes its time; a new database, or one that is up to date, is nothing to tell of.
#[tokio::test]
async fn the_log_names_each_migration_that_a_start_applies() {
    let folder = TempDir::new().unwrap();
    restore(&url_of(folder.path()), 6).await;
    let said = said_at_start(folder.path());
    assert!(said.contains(": the database is being brought up to date from=6 to="), "{said}");
    for (number, about) in [(7, "changes"), (8, "retention")] {
        let line = Regex::new(&format!(
            " INFO .*: a migration was applied number={number} about=\"{about}\" seconds=[0-9.]+\n"
        ))
        .unwrap();
        assert_eq!(line.find_iter(&said).count(), 1, "{said}");
    }
    assert!(!said.contains("number=6"), "{said}");
    let new = TempDir::new().unwrap();
    for folder in [&folder, &new] {
        let said = said_at_start(folder.path());
        assert!(!said.contains("migration") && !said.contains("brought up to date"), "{said}");
    }
}

/// Whoever goes back to the older program is told what to do, by the service and by commands.
#[tokio::test]
async fn an_older_program_refuses_a_newer_database_in_one_sentence() {
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    Store::serve(&url).await.unwrap().close().await;
    let mut database = Intruder::at(&url).await;
    database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 9999, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
    for arguments in [&["serve"][..], &["list"]] {
        let output = run(folder.path(), NOWHERE, arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        let sentence = said.lines().last().unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            sentence.starts_with("harborbell: the database at ")
                && sentence
                    .contains("was made by another version of harborbell: its schema is 9999, this program knows ")
                && sentence.ends_with("use the newer program, or the backup from before the upgrade"),
            "{arguments:?}: {said}"
        );
    }
}
