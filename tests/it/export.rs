//! `list --format csv`: rows for a spreadsheet, which must not run what they say.

use std::collections::HashSet;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::run;
use crate::support::{Bench, arrived, push};

const NOWHERE: &str = "http://127.0.0.1:9/send?key=none-at-all";

/// A bench whose database commands can be pointed at, and its folder.
async fn bench() -> (TempDir, Bench) {
    let folder = TempDir::new().unwrap();
    let url = crate::database::url_of(folder.path());
    let bench = Bench::new(&[("DATABASE_URL", &url)]).await;
    (folder, bench)
}

fn list(folder: &TempDir, arguments: &[&str]) -> String {
    let output = run(folder.path(), NOWHERE, &[&["list"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// What a cell says of a value of the API.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(texts) => texts.iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_the_api_is_there() {
    let (folder, mut bench) = bench().await;
    bench.wecom.refuse_containing("`refused`");
    for (version, description) in [("refused", "阿里仓, \"the first\""), ("v2", "two words"), ("v3", "")] {
        let references = [version, "latest"];
        let mut push = push("mars/mars-api", &references);
        push.registry = ("aliyun-acr", description);
        bench.accept(&push.payload()).await;
        bench.drain().await;
    }
    let text = list(&folder, &["--format", "csv"]);
    let page: Value = serde_json::from_str(&list(&folder, &["--format", "json"])).unwrap();
    assert_eq!(page, serde_json::from_str::<Value>(&list(&folder, &["--json"])).unwrap());
    let mut expected = Vec::new();
    for item in page["items"].as_array().unwrap() {
        let (mut names, mut cells) = (Vec::new(), Vec::new());
        for (name, value) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "event") {
            names.push(name.clone());
            cells.push(shown(value));
        }
        for (name, value) in item["event"].as_object().unwrap() {
            names.push(if name == "id" { "event_id".to_owned() } else { name.clone() });
            cells.push(shown(value));
        }
        if expected.is_empty() {
            expected.push(names);
        }
        expected.push(cells);
    }
    assert_eq!(records(&text), expected);
    assert!(text.contains(",\"阿里仓, \"\"the first\"\"\","), "{text}");
    assert_eq!(text.matches("\r\n").count(), 4, "{text}");
    assert_eq!(text.matches('\n').count(), 4, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_never_a_formula() {
    let (folder, bench) = bench().await;
    for (number, description) in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"].into_iter().enumerate() {
        let version = format!("v{number}");
        let references = [version.as_str()];
        let mut push = push("mars/mars-api", &references);
        push.registry = ("aliyun-acr", description);
        bench.accept(&push.payload()).await;
    }
    let records = records(&list(&folder, &["--format", "csv"]));
    let column = records[0].iter().position(|name| name == "description").unwrap();
    let found: Vec<_> = records.iter().skip(1).rev().map(|record| record[column].as_str()).collect();
    assert_eq!(found, ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'＝1"]);
}

/// More than a page, each row once; and so many as are asked for.
#[tokio::test(flavor = "multi_thread")]
async fn all_that_match_are_in_it() {
    let (folder, bench) = bench().await;
    let header = list(&folder, &["--format", "csv"]);
    assert!(
        header.starts_with("id,state,robot,") && header.ends_with("occurred_at\r\n") && header.lines().count() == 1
    );
    bench.accept_many(2_300).await;
    bench.accept(&arrived("another")).await;
    let all = records(&list(&folder, &["--format", "csv", "--q", "v"]));
    let ids: HashSet<_> = all.iter().skip(1).map(|record| record[0].clone()).collect();
    assert_eq!((all.len(), ids.len()), (2_301, 2_300));
    assert_eq!(records(&list(&folder, &["--format", "csv", "--limit", "7"])).len(), 8);
    let page: Value = serde_json::from_str(&list(&folder, &["--json", "--limit", "1000"])).unwrap();
    let rest = list(&folder, &["--format", "csv", "--cursor", page["next_cursor"].as_str().unwrap()]);
    assert_eq!(records(&rest).len(), 1 + 2_301 - 1_000);
    let both = run(folder.path(), NOWHERE, &["list", "--json", "--format", "csv"]);
    assert_eq!(both.status.code(), Some(2));
}
