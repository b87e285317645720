//! What a running Harbor did, told by its API: right, and once, whatever became of the webhooks that it sent.

use rstest::rstest;
use serde_json::Value;

use crate::desk::{Desk, moment, webhook_policy};
use crate::support::eventually;

/// Before the first of them began, and long after the last one had ended.
const BEFORE: i64 = 1_795_541_700;
const AFTER: i64 = 1_795_543_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Webhooks {
    ComeIn,
    Doubled,
    Lost,
    /// They come in when the comparison has found their tasks.
    Late,
    /// No project has any that reaches the service.
    Off,
}

/// Webhooks as they were on the wire, with the API's answers about the same tasks.
fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("harbor_api/rebuilt.json")).unwrap()
}

#[rstest]
#[tokio::test]
async fn each_captured_task_is_told_once(
    #[values(Webhooks::ComeIn, Webhooks::Doubled, Webhooks::Lost, Webhooks::Late, Webhooks::Off)] webhooks: Webhooks,
) {
    let mut desk = Desk::new(&[]).await;
    let address = if webhooks == Webhooks::Off { "https://other.example.com/hook" } else { OURS };
    for project in ["mars", "venus", "jupiter", "saturn", "pulled"] {
        desk.harbor.set_webhook(project, webhook_policy(1, address));
    }
    for case in cases() {
        let mut rule = case["policy"].clone();
        if case["task"]["operation"] == "deletion" {
            rule["replicate_deletion"] = true.into();
        }
        desk.harbor.set_rule(rule);
    }
    desk.harbor.set_now(&moment(BEFORE));
    desk.reconciler.round().await;

    for case in cases() {
        let id = case["execution"]["id"].as_i64().unwrap();
        desk.harbor.set_execution(case["execution"].clone());
        desk.harbor.set_task(id, case["task"].clone(), case["log"].as_str());
        let body: Value = serde_json::from_str(case["webhook"].as_str().unwrap()).unwrap();
        let project = case["task"][if is_pull(&case) { "dst_resource" } else { "src_resource" }].as_str().unwrap();
        desk.harbor.record(project.split('/').next().unwrap(), 1, "Error", &body);
    }
    let sent: Vec<Value> =
        cases().iter().map(|case| serde_json::from_str(case["webhook"].as_str().unwrap()).unwrap()).collect();
    let times = match webhooks {
        Webhooks::ComeIn => 1,
        Webhooks::Doubled => 2,
        _ => 0,
    };
    for body in (0..times).flat_map(|_| &sent) {
        desk.webhook_or_nothing(body).await;
    }
    eventually("what is looked up is", || async {
        let next = desk.bench.store.next_due_at("default").await.unwrap();
        next.is_none_or(|next| next <= desk.bench.clock.now())
    })
    .await;
    for at in [AFTER, AFTER + 60] {
        desk.harbor.set_now(&moment(at));
        desk.reconciler.round().await;
    }
    if webhooks == Webhooks::Late {
        for body in &sent {
            desk.webhook_or_nothing(body).await;
        }
    }
    desk.bench.clock.advance(60_000);
    let shown = desk.shown().await.join("\n");
    let told = |words: &str| shown.lines().filter(|line| line.contains(words)).count();
    for image in [
        "`mars/mars-api` `v1.0.0`",
        "`venus/multi` `v1.0.0`",
        "`venus/signed` `v1.0.0`",
        "`pulled/mars-api` `v1.0.0`",
        "`pulled/mars-web` `v2.0.0` `v2.0.1`",
        "`saturn/down` `v1.0.0`",
        "`saturn/heal` `v1.0.0`",
        "`jupiter/del` `v1.0.0`",
    ] {
        assert_eq!(told(image), 1, "{image} in\n{shown}");
    }
    assert_eq!(told("jupiter/multi"), 0, "only a digest:\n{shown}");
    assert!(shown.contains("connection refused"), "why saturn/down failed:\n{shown}");
    assert!(told("镜像删除") > 0, "the deletion is one:\n{shown}");
    let is_marked = matches!(webhooks, Webhooks::Lost | Webhooks::Late);
    assert_eq!(shown.contains("补报"), is_marked, "{shown}");
    assert!(desk.known("jupiter/del", "v1.0.0").await.is_empty());
    assert_eq!(desk.known("saturn/down", "v1.0.0").await, ["failed"]);
}

const OURS: &str = "https://bell.example.com/webhook/harbor";

fn is_pull(case: &Value) -> bool {
    case["policy"]["dest_registry"]["id"].as_i64().unwrap_or(0) == 0
}
