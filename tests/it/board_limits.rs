//! The board where there is much of something: what is replicating, an image's arrivals, one event's versions; and since
//! when something is absent.

use harborbell::model::clock::{Clock, SECOND};
use serde_json::{Value, json};

use crate::board::{IMAGE, line, lines, of};
use crate::support::{ALIYUN, App, EXECUTION, HUAWEI, push};

impl App {
    /// A replication that runs since so many seconds after the first execution.
    async fn replicating(&self, execution_id: i64, description: &str, versions: &[String], seconds: i64) {
        let (versions, began) = (json!(versions), (EXECUTION + seconds) * SECOND);
        let insert = format!(
            "INSERT INTO replicating (harbor, execution_id, repository, registry, description, versions, started_at)
             VALUES ('https://harbor.example.com', {execution_id}, '{IMAGE}', 'aliyun-acr', '{description}',
                 '{versions}', {began})"
        );
        self.intruder().await.execute(&insert).await;
    }

    async fn paged(&self, query: &str) -> Vec<String> {
        let (mut cursor, mut found) = (String::new(), Vec::new());
        loop {
            let (_, page) = self.get(&format!("/api/v1/images?{query}{cursor}")).await;
            found.extend(lines(page["items"].as_array().unwrap()));
            let Some(next) = page["next_cursor"].as_str() else { return found };
            let encoded: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            cursor = format!("&cursor={encoded}");
        }
    }
}

/// Seconds from the first execution to two hours ago.
fn recently() -> i64 {
    Clock::System.now() / SECOND - EXECUTION - 7_200
}

#[tokio::test]
async fn what_is_replicated_for_the_first_time_has_its_place_among_the_others() {
    let app = App::spawn().await;
    app.accept(&of(IMAGE, "v1", ALIYUN, true, 0)).await;
    app.accept(&of(IMAGE, "v2", ALIYUN, true, 1_000)).await;
    app.replicating(7, "阿里仓", &["v3".into(), "v4".into(), "v5".into()], 500).await;
    let all = app.paged("").await;
    let names: Vec<_> = all.iter().map(|line| line.split(' ').next().unwrap().rsplit(':').next().unwrap()).collect();
    assert_eq!(names, ["v2", "v5", "v4", "v3", "v1"]);
    for limit in 1..=4 {
        assert_eq!(app.paged(&format!("limit={limit}")).await, all, "{limit}");
    }
}

#[tokio::test]
async fn a_task_of_a_thousand_versions_fills_no_page_for_ever() {
    let app = App::spawn().await;
    app.accept(&of(IMAGE, "v1", ALIYUN, true, 0)).await;
    let versions: Vec<_> = (0..1_000).map(|number| format!("new-{number}")).collect();
    app.replicating(7, "阿里仓", &versions, 500).await;
    let all = app.paged("limit=50").await;
    assert_eq!((all.len(), all.last().unwrap().as_str()), (101, "mars/mars-api:v1 阿里仓 arrived"));
}

/// An older arrival is looked up where there are many, also where some of the newest say nothing.
#[tokio::test]
async fn a_destination_that_was_reached_long_ago_is_known_however_much_happened_since() {
    let app = App::spawn().await;
    app.accept(&of(IMAGE, "latest", HUAWEI, true, 0)).await;
    for number in 1..=201 {
        app.accept(&of(IMAGE, "latest", ALIYUN, true, number * 10)).await;
    }
    let mut intruder = app.intruder().await;
    intruder.execute("UPDATE events SET operation = 'delete', outcome = 'failed' WHERE execution_id % 100 = 7").await;
    intruder
        .execute(
            "UPDATE arrivals SET outcome = 'failed'
             WHERE event_id IN (SELECT id FROM events WHERE outcome = 'failed')",
        )
        .await;

    assert!(!intruder.texts("SELECT id FROM events WHERE operation = 'delete'").await.is_empty());
    assert_eq!(lines(&app.images("").await), ["mars/mars-api:latest 华为仓 arrived 阿里仓 arrived"]);
}

/// What had arrived is absent since the first execution that took it away; what runs again takes nothing away.
#[tokio::test]
async fn an_image_is_incomplete_since_it_was_last_complete() {
    let app = App::spawn().await;
    let began = recently();
    app.accept(&of(IMAGE, "v0", ALIYUN, true, began - 9_000)).await;
    app.accept(&of(IMAGE, "latest", ALIYUN, true, began)).await;
    app.replicating(7, "阿里仓", &["latest".into()], began + 50).await;
    let again = &app.images("?q=latest").await[0];
    assert_eq!(line(again), "mars/mars-api:latest 阿里仓 replicating!?");
    app.intruder().await.execute("DELETE FROM replicating").await;
    for seconds in [100, 200] {
        app.accept(&of(IMAGE, "latest", ALIYUN, false, began + seconds)).await;
    }
    let (first, second) = (began + 100, began + 200);
    let item = &app.images("?q=latest").await[0];
    assert_eq!(line(item), "mars/mars-api:latest 阿里仓 failed!? incomplete");
    let ended = |seconds: i64| json!(jiff::Timestamp::from_second(EXECUTION + seconds + 36).unwrap().to_string());
    assert_eq!(item["incomplete_since"], ended(first));
    assert_eq!(item["destinations"][0]["occurred_at"], ended(second));
    // A failure that is tried again is still found as one.
    app.replicating(8, "阿里仓", &["latest".into()], began + 300).await;
    let item = &app.images("?outcome=failed").await[0];
    assert_eq!(line(item), "mars/mars-api:latest 阿里仓 replicating!? incomplete");
    assert_eq!(item["incomplete_since"], ended(first));
}

/// Of a task whose versions are unknown, only what is still to come is shown as on its way.
#[tokio::test]
async fn a_task_of_unknown_versions_replicates_what_is_still_to_come() {
    let app = App::spawn().await;
    let began = recently();
    app.accept(&of(IMAGE, "v0", ALIYUN, true, began - 9_000)).await;
    app.accept(&of(IMAGE, "v1", ALIYUN, false, began)).await;
    app.accept(&of(IMAGE, "v1", HUAWEI, false, began)).await;
    app.replicating(7, "阿里仓", &[], began + 10).await;
    app.replicating(8, "华为仓", &[], began + 10).await;
    // Nothing was expected at 华为仓.
    assert_eq!(
        lines(&app.images("").await),
        ["mars/mars-api:v1 华为仓 failed 阿里仓 replicating!? incomplete", "mars/mars-api:v0 阿里仓 arrived!?"]
    );
}

/// Also by the beginning of a description that is too long to be kept whole, and by no name of before.
#[tokio::test]
async fn a_destination_is_offered_under_its_name_of_today_and_found_by_each() {
    let app = App::spawn().await;
    let (long, registry) = ("仓".repeat(150), "aliyun-acr");
    let long: &'static str = long.leak();
    app.accept(&of(IMAGE, "v1", (registry, "旧名"), true, 0)).await;
    app.accept(&of(IMAGE, "v2", (registry, "新名"), true, 10_000)).await;
    app.accept(&of("mars/mars-web", "v1", ("huawei-swr", long), true, 20_000)).await;
    let board = app.page_in("zh", "/").await;
    let choice = board.split("name=\"destination\"").nth(1).unwrap().split("</select>").next().unwrap().to_owned();
    assert!(choice.contains("新名") && !choice.contains("旧名"), "{choice}");
    for (place, images) in [("旧名", 2), ("新名", 2), (registry, 2), (long, 1), ("别处", 0)] {
        assert_eq!(app.images(&format!("?destination={place}")).await.len(), images, "{place}");
    }
}

/// That nothing is incomplete is said of all images, and not of a few.
#[tokio::test]
async fn all_are_complete_only_where_nothing_else_is_asked_for() {
    let app = App::spawn().await;
    app.accept(&of(IMAGE, "v1", ALIYUN, true, 0)).await;
    let says = async |query: &str| app.page_in("en", &format!("/?incomplete=1{query}")).await;
    assert!(says("").await.contains("No image is incomplete"));
    for query in ["&project=venus", "&destination=x", "&period=1h", "&outcome=failed", "&q=x"] {
        assert!(!says(query).await.contains("No image is incomplete"), "{query}");
    }
}

#[tokio::test]
async fn a_mistake_in_the_address_is_explained_in_the_readers_language() {
    let app = App::spawn().await;
    for (query, words) in [
        ("period=3y", "没有这个时间范围"),
        ("since=soon", "“soon”不是有效的时间"),
        ("outcome=lost", "没有“lost”这种复制结果"),
        ("cursor=nobody", "这一页已经不存在"),
    ] {
        let answer = app.client.get(format!("{}/?{query}", app.url)).header("Accept-Language", "zh").send().await;
        let page = answer.unwrap().text().await.unwrap();
        assert!(page.contains(words), "{query}: {page}");
    }
}

/// One event may name thousands of versions, and each of them has its history.
#[tokio::test]
async fn the_history_of_a_version_names_no_other() {
    let app = App::spawn().await;
    let versions: Vec<String> = (0..300).map(|number| format!("v{number}")).collect();
    let references: Vec<&str> = versions.iter().map(String::as_str).collect();
    app.accept(&push(IMAGE, &references).payload()).await;
    let (_, answer) = app.get(&format!("/api/v1/images/{IMAGE}?limit=200")).await;
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items.len(), 200);
    for item in items {
        assert_eq!(item["destinations"][0]["history"][0]["versions"], Value::from(vec![item["version"].clone()]));
    }
}
