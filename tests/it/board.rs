//! Where has which version arrived, at a glance.

use harborbell::demo::payloads::Replication;
use serde_json::{Value, json};

use crate::support::{ALIYUN, App, EXECUTION, HUAWEI, push};

const IMAGE: &str = "mars/mars-api";

/// An outcome of one version, so many seconds after the first execution.
fn of(repository: &str, version: &str, registry: (&'static str, &'static str), succeeded: bool, seconds: i64) -> Value {
    let references = [version];
    let push = Replication { registry, succeeded, execution: EXECUTION + seconds, ..push(repository, &references) };
    push.payload()
}

impl App {
    async fn images(&self, query: &str) -> Vec<Value> {
        let (status, answer) = self.get(&format!("/api/v1/images{query}")).await;
        assert_eq!(status, 200, "{query}: {answer}");
        answer["items"].as_array().unwrap().clone()
    }
}

/// An image in few words: `repository:version destination state…`.
fn line(item: &Value) -> String {
    let cells = item["destinations"].as_array().unwrap().iter();
    let cells = cells.map(|cell| {
        let guess = if cell["guessed"] == true { "?" } else { "" };
        let expected = if cell["expected"] == true { "!" } else { "" };
        format!(" {} {}{expected}{guess}", cell["destination"].as_str().unwrap(), cell["state"].as_str().unwrap())
    });
    let incomplete = if item["incomplete"] == true { " incomplete" } else { "" };
    let version = item["version"].as_str().unwrap_or("-");
    format!("{}:{version}{}{incomplete}", item["repository"].as_str().unwrap(), cells.collect::<String>())
}

fn lines(items: &[Value]) -> Vec<String> {
    items.iter().map(line).collect()
}

#[tokio::test]
async fn a_row_says_where_a_version_is_and_where_it_is_missing() {
    let app = App::spawn().await;
    app.accept(&of(IMAGE, "v1", ALIYUN, true, 0)).await;
    app.accept(&of(IMAGE, "v1", HUAWEI, true, 1)).await;
    app.accept(&of(IMAGE, "v2", ALIYUN, true, 100)).await;
    app.accept(&of(IMAGE, "v3", ALIYUN, false, 200)).await;
    app.accept(&of(IMAGE, "v3", ALIYUN, true, 200)).await;
    app.accept(&of(IMAGE, "v3", HUAWEI, false, 201)).await;
    // What arrived more than 30 days ago is not expected any more: so these are told as if they were of now.
    let items = app.images("").await;
    assert_eq!(
        lines(&items),
        [
            "mars/mars-api:v3 华为仓 failed 阿里仓 healed",
            "mars/mars-api:v2 阿里仓 arrived",
            "mars/mars-api:v1 华为仓 arrived 阿里仓 arrived",
        ]
    );
    let cell = &items[1]["destinations"][0];
    for key in ["destination", "registry", "description", "state", "outcome", "execution_timestamp", "occurred_at"] {
        assert!(!cell[key].is_null(), "{key}: {cell}");
    }
    assert_eq!((&cell["reason"], &cell["took_seconds"]), (&Value::Null, &json!(36)));
}
