//! Migrating between databases: everything is taken along, and nothing is written over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;

use harborbell::demo::standin::Answer;
use harborbell::store::Store;
use harborbell::store::filter::Filter;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::database::{Intruder, url_of};
use crate::process::{Process, run};
use crate::support::{Bench, arrived, client, within};

async fn contents(url: &str) -> Vec<Value> {
    let store = Store::open(url).await.unwrap();
    let mut all = Vec::new();
    for delivery in store.list(&Filter::default(), 1_000, None).await.unwrap().items {
        all.push(json!(store.show(&delivery.id).await.unwrap()));
    }
    all.push(json!(format!("{:?}", store.robots(1_800_000_100_000, 1_000).await.unwrap())));
    all
}

/// Each row of each table that the schema has, whatever the program knows of it; what belongs to a lease stays behind.
async fn tables(url: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut database = Intruder::at(url).await;
    let is_file = url.starts_with("sqlite:");
    let names = database.texts(match is_file {
        true => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
        false => {
            "SELECT CAST(tablename AS TEXT) FROM pg_tables
                  WHERE schemaname = current_schema() AND tablename NOT LIKE '\\_%'"
        }
    });
    let mut tables = BTreeMap::new();
    for name in names.await.into_iter().filter(|name| name != "leases") {
        let columns = match is_file {
            true => format!("SELECT name FROM pragma_table_info('{name}') ORDER BY name"),
            false => format!(
                "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = '{name}' ORDER BY column_name COLLATE \"C\""
            ),
        };
        let columns = database.texts(columns).await;
        let json = if is_file { "json_array" } else { "json_build_array" };
        let kept: Vec<_> = columns.into_iter().filter(|column| !column.starts_with("lease")).collect();
        let rows = database.texts(format!("SELECT CAST({json}({}) AS TEXT) FROM {name}", kept.join(", "))).await;
        let rows: BTreeSet<_> =
            rows.iter().map(|row| serde_json::from_str::<Value>(row).unwrap().to_string()).collect();
        assert!(!rows.is_empty() && kept.len() > 1, "{name} has rows of {kept:?}");
        tables.insert(name, rows);
    }
    tables
}

fn copy(folder: &Path, from: &str, to: &str) -> (bool, String) {
    let Output { status, stdout, stderr } = run(folder, "", &["copy", "--from", from, "--to", to]);
    (status.success(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn everything_moves_to_an_empty_database_and_service_goes_on_there() {
    let folder = TempDir::new().unwrap();
    let from = format!("sqlite://{}", folder.path().join("old.db").display());
    let to = url_of(folder.path());
    let mut bench = Bench::new(&[("DATABASE_URL", &from)]).await;
    bench.wecom.refuse_containing("`v7`");
    bench.accept_many(40).await;
    bench.drain().await;
    bench.wecom.answer_next(Answer::Errcode(45009, "too fast"));
    bench.accept(&arrived("waits \u{1f600} \"quoted\" \\ 阿里仓")).await;
    bench.drain().await;
    let wecom = bench.wecom.url();

    let (copied, said) = copy(folder.path(), &from, &to);
    assert!(!copied && said.contains("another harborbell"), "it is in use: {said}");
    // What is known of Harbor, which no webhook brings.
    let mut database = Intruder::at(&from).await;
    for row in [
        "INSERT INTO harbors VALUES ('https://harbor.example.com', 1, 2, 3, 4)",
        "INSERT INTO executions VALUES ('https://harbor.example.com', 4, 5, 6, '[8]')",
        "INSERT INTO replicating VALUES ('https://harbor.example.com', 4, 'mars/api', 'aliyun-acr', '', '[]', 9)",
        "INSERT INTO changes VALUES ('c', 1, 'replay', 'cli', 'operator', 2, '{}', '', '', '')",
        "INSERT INTO retention VALUES (1, 2, 3, 4)",
        "INSERT INTO failing_rules VALUES ('https://harbor.example.com', 5, 'refused', 'refused 1', 10, 11)",
    ] {
        database.execute(row).await;
    }
    let Bench { store, lane, wecom: group, .. } = bench;
    drop((store, lane));
    let before = contents(&from).await;
    let (copied, said) = copy(folder.path(), &from, &to);
    assert!(copied, "{said}");
    assert!(said.contains("deliveries     41"), "{said}");
    assert_eq!(contents(&to).await, before);
    assert_eq!(tables(&to).await, tables(&from).await);
    let (copied, said) = copy(folder.path(), &from, &to);
    assert!(!copied && said.contains("not empty"), "{said}");

    // The new one knows what is known, and sends what waits, once its throttle is over.
    let process = Process::start(folder.path(), &wecom, &[("DATABASE_URL", &to)]);
    let again = client().post(format!("{}/webhook/harbor", process.url)).body(arrived("v1").to_string());
    let answer: Value = again.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], "duplicate");
    within("what waited is told", group.until(|_, shown| shown.iter().any(|shown| shown.content.contains("waits"))))
        .await;
}

#[tokio::test]
async fn wrong_places_are_named_and_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    let (from, to) = ("sqlite://nowhere.db", url_of(folder.path()));
    let (copied, said) = copy(folder.path(), from, &to);
    assert!(!copied && said.contains("there is no database of harborbell at nowhere.db"), "{said}");
    assert!(!folder.path().join("nowhere.db").exists());
    let (copied, said) = copy(folder.path(), "mysql://user:secret@db.example.com/x", &to);
    assert!(!copied && said.contains("--from") && !said.contains("secret"), "{said}");
}
