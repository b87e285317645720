//! Where has which version arrived, at a glance.

use std::time::Duration;

use harborbell::board::{Board, Wanted};
use harborbell::demo::payloads::Replication;
use harborbell::model::clock::{Clock, SECOND};
use harborbell::store::images::Images;
use rstest::rstest;
use serde_json::{Value, json};

use crate::desk::{self, Desk};
use crate::support::{ALIYUN, App, EXECUTION, HUAWEI, push};

pub const IMAGE: &str = "mars/mars-api";

/// An outcome of one version, so many seconds after the first execution.
pub fn of(
    repository: &str,
    version: &str,
    registry: (&'static str, &'static str),
    succeeded: bool,
    seconds: i64,
) -> Value {
    let references = [version];
    let push = Replication { registry, succeeded, execution: EXECUTION + seconds, ..push(repository, &references) };
    push.payload()
}

impl App {
    pub async fn images(&self, query: &str) -> Vec<Value> {
        let (status, answer) = self.get(&format!("/api/v1/images{query}")).await;
        assert_eq!(status, 200, "{query}: {answer}");
        answer["items"].as_array().unwrap().clone()
    }
}

/// An image in few words: `repository:version destination state…`.
pub fn line(item: &Value) -> String {
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

pub fn lines(items: &[Value]) -> Vec<String> {
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

/// Where Harbor cannot be asked: expected is where the repository arrived lately, of versions that came after that.
#[tokio::test]
async fn without_rules_it_is_a_guess_what_is_missing() {
    let app = App::spawn().await;
    let recently = Clock::System.now() / SECOND - EXECUTION - 7_200;
    app.accept(&of(IMAGE, "v1", ALIYUN, true, recently)).await;
    app.accept(&of(IMAGE, "v2", ALIYUN, true, recently + 100)).await;
    app.accept(&of(IMAGE, "v2", HUAWEI, true, recently + 101)).await;
    app.accept(&of(IMAGE, "v3", HUAWEI, true, recently + 200)).await;
    // Another repository says nothing of this one.
    app.accept(&of("mars/mars-web", "v3", ALIYUN, false, recently + 300)).await;
    assert_eq!(
        lines(&app.images("").await),
        [
            "mars/mars-web:v3 阿里仓 failed",
            "mars/mars-api:v3 华为仓 arrived!? 阿里仓 not_seen!? incomplete",
            "mars/mars-api:v2 华为仓 arrived 阿里仓 arrived!?",
            "mars/mars-api:v1 阿里仓 arrived!?",
        ]
    );
    let incomplete = app.images("?incomplete=true").await;
    assert_eq!(lines(&incomplete), ["mars/mars-api:v3 华为仓 arrived!? 阿里仓 not_seen!? incomplete"]);
    assert_eq!(incomplete[0]["incomplete_since"], incomplete[0]["first_seen_at"]);
    let missing = &incomplete[0]["destinations"][1];
    for key in ["outcome", "execution_timestamp", "execution_id", "occurred_at", "took_seconds", "reason", "event_id"] {
        assert_eq!(missing[key], Value::Null, "{key}");
    }
}

#[rstest]
#[case::all("", "web:v2 api:v2 web:v1 api:v1 cart:latest")]
#[case::a_project("?project=venus", "cart:latest")]
#[case::no_part_of_a_project("?project=ven", "")]
#[case::the_beginning_of_a_repository("?q=MARS/mars-w", "web:v2 web:v1")]
#[case::its_last_segment("?q=cart", "cart:latest")]
#[case::the_beginning_of_a_version("?q=v2", "web:v2 api:v2")]
#[case::both("?q=v2&project=venus", "")]
#[case::a_destination("?destination=华为仓", "web:v2 web:v1")]
#[case::a_registry("?destination=huawei-swr", "web:v2 web:v1")]
#[case::failed("?outcome=failed", "web:v2")]
#[case::failed_there("?outcome=failed&destination=阿里仓", "")]
#[case::arrived("?outcome=succeeded", "web:v2 api:v2 web:v1 api:v1 cart:latest")]
#[case::since("?since=2024-11-23T07:32:00Z", "web:v2 api:v2")]
#[case::until("?until=2024-11-23T07:31:00Z", "cart:latest")]
#[tokio::test]
async fn what_is_asked_for_is_found(#[case] query: &str, #[case] found: &str) {
    let app = App::spawn().await;
    app.accept(&of("venus/team/cart", "latest", ALIYUN, true, 0)).await;
    for (at, version) in [(100, "v1"), (200, "v2")] {
        app.accept(&of("mars/mars-api", version, ALIYUN, true, at)).await;
        app.accept(&of("mars/mars-web", version, ALIYUN, true, at + 1)).await;
        app.accept(&of("mars/mars-web", version, HUAWEI, version == "v1", at + 2)).await;
    }
    let names = |items: &[Value]| {
        let name = |item: &Value| {
            let repository = item["repository"].as_str().unwrap();
            let name = repository.rsplit(['/', '-']).next().unwrap();
            format!("{name}:{}", item["version"].as_str().unwrap())
        };
        items.iter().map(name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&app.images(query).await), found);
    // Page by page it is the same.
    let (mut cursor, mut paged) = (String::new(), Vec::new());
    loop {
        let begin = if query.is_empty() { "?" } else { "&" };
        let (_, page) = app.get(&format!("/api/v1/images{query}{begin}limit=1{cursor}")).await;
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        let encoded: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        cursor = format!("&cursor={encoded}");
    }
    assert_eq!(names(&paged), found);
}

#[rstest]
#[case("/api/v1/images?incomplet=true")]
#[case("/api/v1/images?limit=0")]
#[case("/api/v1/images?limit=201")]
#[case("/api/v1/images?outcome=lost")]
#[case("/api/v1/images?cursor=nobody")]
#[case("/api/v1/images?cursor=1-9-mars")]
#[case("/api/v1/images?since=soon")]
#[case("/api/v1/images/mars/mars-api?cursor=nobody")]
#[tokio::test]
async fn a_question_that_means_nothing_is_an_error(#[case] path: &str) {
    assert_eq!(App::spawn().await.get(path).await.0, 400);
}

#[tokio::test]
async fn an_image_has_its_whole_history_with_its_messages() {
    let app = App::spawn().await;
    app.accept(&of("venus/team/cart", "v1", ALIYUN, false, 0)).await;
    app.accept(&of("venus/team/cart", "v1", ALIYUN, true, 0)).await;
    app.accept(&of("venus/team/cart", "v1", ALIYUN, true, 500)).await;
    app.accept(&of("venus/team/cart", "v2", HUAWEI, true, 600)).await;
    let (status, image) = app.get("/api/v1/images/venus/team/cart").await;
    assert_eq!(status, 200);
    assert_eq!(
        lines(image["items"].as_array().unwrap()),
        ["venus/team/cart:v2 华为仓 arrived", "venus/team/cart:v1 阿里仓 arrived"]
    );
    let (_, one) = app.get("/api/v1/images/venus/team/cart?version=v1").await;
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    let history = one["items"][0]["destinations"][0]["history"].as_array().unwrap();
    let told: Vec<_> = history.iter().map(|event| (&event["outcome"], &event["execution_timestamp"])).collect();
    let at = |seconds: i64| json!(EXECUTION + seconds);
    assert_eq!(told, [(&json!("succeeded"), &at(500)), (&json!("succeeded"), &at(0)), (&json!("failed"), &at(0))]);
    for path in
        ["/api/v1/images/venus/team/cart?version=v9", "/api/v1/images/venus/team", "/api/v1/images/venus/nothing"]
    {
        assert_eq!(app.get(path).await.0, 404, "{path}");
    }

    app.shown(1).await;
    let page = app.page_in("en", "/images/venus/team/cart?version=v1").await;
    let delivery = &app.deliveries().await[0];
    assert!(page.contains("venus&#x2f;team&#x2f;cart:v1") && page.contains("href=\"/deliveries/"), "{page}");
    assert!(!page.contains(&format!("/deliveries/{}", delivery.id)), "that one is about v2: {page}");
    let missing = app.client.get(format!("{}/images/venus/nothing", app.url)).send().await.unwrap();
    assert_eq!(missing.status(), 404);
}

/// Names act nowhere on the pages, and lead to their own pages whatever they are.
#[tokio::test]
async fn odd_names_are_text_and_have_a_page() {
    let app = App::spawn().await;
    app.accept(&of("mars/a<b>&\"c?d#e", "v1&<i>", (ALIYUN.0, "<script>alert(1)</script>"), false, 0)).await;
    let board = app.page_in("zh", "/").await;
    assert!(!board.contains("<script>alert") && !board.contains("<i>"), "{board}");
    let href = board.split("<a class=\"version\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let page = app.page_in("zh", &href.replace("&#x2f;", "/").replace("&amp;", "&")).await;
    assert!(page.contains("mars&#x2f;a&lt;b&gt;&amp;&quot;c?d#e"), "{page}");
    assert!(!page.contains("<script>alert") && page.contains("image-version"), "{page}");
}

/// With Harbor's API: rules say where an image is expected, and a rule is the destination, whatever it is called now.
#[tokio::test]
async fn with_rules_it_is_known_what_is_missing() {
    let mut desk = Desk::new(&[]).await;
    let now = desk.now();
    let created = |rule: Value, at: i64| {
        let mut rule = rule;
        rule["creation_time"] = json!(desk::moment(at));
        rule
    };
    let mut other = created(desk::rule(2, "to-hw", "华为仓"), now - 1_000);
    other["dest_registry"]["name"] = json!("huawei-swr");
    other["filters"] = json!([{ "type": "name", "value": "mars/**" }, { "type": "tag", "value": "v*" }]);
    let disabled = created(desk::rule(3, "old", "旧仓"), now - 1_000);
    let disabled = {
        let mut rule = disabled;
        rule["enabled"] = json!(false);
        rule
    };
    for rule in [created(desk::rule(1, "to-ali", "阿里仓"), now - 100_000), other, disabled] {
        desk.harbor.set_rule(rule);
    }
    desk.round().await;
    for (id, version, at) in [(1, "v1", now - 5_000), (2, "v2", now - 100), (3, "latest", now - 90)] {
        desk.ended(id, "mars/mars-api", &[version], "Succeed", at);
        desk.webhook(&desk::webhook_of(id, "mars/mars-api", &[version], true, at)).await;
    }
    desk.pass(60).await;
    assert_eq!(
        board(&desk).await,
        [
            "mars/mars-api:latest 阿里仓 arrived!",
            "mars/mars-api:v2 华为仓 not_seen! 阿里仓 arrived! incomplete",
            "mars/mars-api:v1 阿里仓 arrived!",
        ]
    );

    // Its description is edited, and its last execution fails under the new one.
    desk.harbor.set_rule(created(desk::rule(1, "to-ali", "阿里云"), now - 100_000));
    // The rules are read again at the latest after ten minutes, or by the next start.
    let mut desk = desk.restart();
    desk.round().await;
    desk.ended(4, "mars/mars-api", &["v2"], "Failed", desk.now());
    desk.pass(300).await;
    assert_eq!(
        board(&desk).await[..2],
        ["mars/mars-api:v2 华为仓 not_seen! 阿里云 failed! incomplete", "mars/mars-api:latest 阿里云 arrived!",]
    );

    // What is on its way is shown before it has ended, also of a version that was never told of.
    let at = desk.now();
    desk.harbor.set_execution(desk::execution(5, "InProgress", at, None));
    let mut running = desk::task(5, "mars/mars-api", "InProgress", "copy", at);
    running["end_time"] = json!("0001-01-01T00:00:00.000Z");
    desk.harbor.set_task(5, running, Some(&desk::log("mars/mars-api", &["v3"], &[])));
    desk.pass(10).await;
    assert_eq!(board(&desk).await[0], "mars/mars-api:v3 华为仓 not_seen! 阿里云 replicating! incomplete");
}

async fn board(desk: &Desk) -> Vec<String> {
    let rules = desk.reconciler.connection.rules_within(Duration::from_secs(3_600)).unwrap();
    let store = &desk.bench.store;
    let board = Board { store, rules: Some(&rules), now: desk.bench.clock.now() };
    let wanted = Wanted { images: Images::default(), ..Wanted::default() };
    let page = board.page(&wanted, 50, None).await.unwrap();
    lines(&page.rows.iter().map(|row| serde_json::to_value(row).unwrap()).collect::<Vec<_>>())
}

/// A span of one's own stays in the form.
#[tokio::test]
async fn the_board_can_be_narrowed_to_a_time() {
    let app = App::spawn().await;
    app.accept(&of(IMAGE, "v1", ALIYUN, true, 0)).await;
    let found = app.page_in("en", "/?since=2024-11-23T15:00&until=2024-11-23T16:00&period=1h").await;
    assert!(found.contains("value=\"2024-11-23T15:00\"") && found.contains("value=\"2024-11-23T16:00\""), "{found}");
    assert!(found.contains("v1</bdi>"), "{found}");
    assert!(!app.page_in("en", "/?since=2024-11-23T16:00").await.contains("v1</bdi>"));
}

/// A time of 1970 is none, and no page fails for it.
#[tokio::test]
async fn an_event_without_a_time_is_of_the_moment_in_which_it_came() {
    let app = App::spawn().await;
    let mut payload = of(IMAGE, "v1", ALIYUN, true, 0);
    payload["occur_at"] = json!(0);
    app.accept(&payload).await;
    let id = app.deliveries().await[0].id.clone();
    for path in ["/", "/images/mars/mars-api", "/notifications", &format!("/deliveries/{id}")] {
        let page = app.client.get(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
    }
    assert!(app.images("").await[0]["destinations"][0]["occurred_at"].as_str().unwrap() > "2026");
}

/// What was stored of it by an older program is shown, too.
#[tokio::test]
async fn a_stored_event_without_a_time_breaks_no_page() {
    let app = App::spawn().await;
    app.accept(&of(IMAGE, "v1", ALIYUN, false, 0)).await;
    let mut intruder = app.intruder().await;
    intruder.execute("UPDATE events SET occurred_at = 0, execution_timestamp = 0").await;
    intruder.execute("UPDATE images SET first_seen_at = 0, last_activity_at = 0").await;
    let id = app.deliveries().await[0].id.clone();
    for path in ["/", "/images/mars/mars-api", "/notifications", &format!("/deliveries/{id}")] {
        let page = app.client.get(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
    }
}

/// A clock that was ahead once keeps nothing arrived for ever.
#[tokio::test]
async fn a_time_in_the_future_hides_no_later_failure() {
    let app = App::spawn().await;
    let mut ahead = of(IMAGE, "v1", ALIYUN, true, 0);
    ahead["occur_at"] = json!(4_102_444_800_i64);
    app.accept(&ahead).await;
    app.accept(&of(IMAGE, "v1", ALIYUN, false, 600)).await;
    // That one ended in 2024 by its own words; what came in now and failed is the last word all the same.
    let mut now = of(IMAGE, "v1", ALIYUN, false, 700);
    now["occur_at"] = json!(Clock::System.now() / SECOND + 60);
    app.accept(&now).await;
    assert_eq!(lines(&app.images("").await), ["mars/mars-api:v1 阿里仓 failed"]);
}

/// Harbor may name no project; such an image has its page, too.
#[tokio::test]
async fn an_image_without_a_project_has_a_page() {
    let app = App::spawn().await;
    let mut payload = of(IMAGE, "v1", ALIYUN, true, 0);
    payload["event_data"]["replication"]["dest_resource"]["namespace"] = json!("");
    app.accept(&payload).await;
    let board = app.page_in("en", "/").await;
    assert!(board.contains("href=\"&#x2f;images&#x2f;mars-api\""), "{board}");
    assert!(app.page_in("en", "/images/mars-api").await.contains("image-version"));
    assert_eq!(app.get("/api/v1/images/mars-api").await.0, 200);
}

/// With a destination, incomplete means what is missing there.
#[tokio::test]
async fn what_is_missing_at_one_destination_can_be_asked_for() {
    let app = App::spawn().await;
    let recently = Clock::System.now() / SECOND - EXECUTION - 7_200;
    app.accept(&of(IMAGE, "v1", ALIYUN, true, recently)).await;
    app.accept(&of(IMAGE, "v1", HUAWEI, true, recently)).await;
    app.accept(&of(IMAGE, "v2", HUAWEI, true, recently + 60)).await;
    assert_eq!(app.images("?incomplete=true&destination=阿里仓").await.len(), 1);
    assert_eq!(app.images("?incomplete=true&destination=华为仓").await.len(), 0);
}
