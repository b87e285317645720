//! Every page in both themes, at a desk and on a phone, under axe-core: it knows what makes a page hard to read or to
//! use for people with a screen reader, a keyboard or weak eyes. None of its rules may be violated.

use std::path::{Path, PathBuf};

use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Answer;
use harborbell::model::clock::{Clock, SECOND};
use harborbell::model::harbor_status::{HarborState, HarborStatus};
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::{ADMIN, Browser, with_a_failure};
use crate::support::{ALIYUN, App, EXECUTION, HUAWEI, arrived, eventually, push};

const PLACES: [(&str, &str); 8] = [
    ALIYUN,
    HUAWEI,
    ("tencent-tcr", "腾讯仓"),
    ("volcengine-cr", "火山仓"),
    ("harbor-sh", "上海机房"),
    ("harbor-bj", "北京机房"),
    ("harbor-fra", "Frankfurt am Main"),
    ("harbor-sgp", "Singapore, second site"),
];
/// As README.md and `.ci/run` install it.
pub const PACKAGE: &str = "axe-core@4.14.1";
const HOOK: &str = "Bearer hook-for-tests";

/// The rules, as a program for the page. WebDriver runs it beside the page's own policy.
fn axe() -> String {
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("node_modules/axe-core/axe.min.js");
    let path = std::env::var_os("AXE_CORE").map_or(installed, PathBuf::from);
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; these tests need axe-core: npm install --no-save --prefix target {PACKAGE}, \
             or AXE_CORE with the path of its axe.min.js",
            path.display()
        )
    })
}

impl Browser {
    /// Opens the pages in both themes, with everything that can be unfolded, and gives what is wrong with them.
    async fn violations(&self, url: &str, paths: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for theme in ["light", "dark"] {
            self.go(&format!("{url}{}", paths[0])).await;
            self.click(&format!(".choices button[value={theme}]")).await;
            self.shows(&format!("html[data-theme={theme}]"), "").await;
            for path in paths {
                self.go(&format!("{url}{path}")).await;
                self.shows("h1", "").await;
                let here = self.violations_here().await;
                found.extend(here.into_iter().map(|violation| format!("{path} {theme}: {violation}")));
            }
        }
        found
    }

    async fn violations_here(&self) -> Vec<String> {
        self.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })").await;
        self.run(&axe()).await;
        let script = "
            const [done] = arguments;
            const lines = ({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`);
            axe.run(document, { resultTypes: ['violations'] })
                .then(({ violations, passes }) => done(passes.length > 10 ? violations.flatMap(lines) : ['few rules']))
                .catch((error) => done([String(error)]));";
        let found = self.client.execute_async(script, Vec::new()).await.unwrap();
        found.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    }
}

/// At a desk in English and on a phone in Chinese.
async fn expect_none(url: &str, paths: &[&str], token: Option<&str>) {
    for (language, width) in [("en-US", 1280), ("zh-CN", 390)] {
        let browser = Browser::open(language, width).await;
        if let Some(token) = token {
            browser.sign_in(&format!("{url}/"), token).await;
        }
        let found = browser.violations(url, paths).await;
        assert!(found.is_empty(), "at {width}:\n{}", found.join("\n"));
        // A page that says 404 is complained about.
        browser.close_despite(&["401", "404"]).await;
    }
}

fn outcome(version: &str, registry: (&'static str, &'static str), succeeded: bool, execution: i64) -> Value {
    Replication { succeeded, registry, execution, ..push("mars/mars-api", &[version]) }.payload()
}

/// A version that arrived, one that failed at a place, one that was healed there, and one that most places lack.
async fn with_images(places: &[(&'static str, &'static str)]) -> App {
    let app = App::spawn_with(&[("HARBOR_URL", "https://harbor.example.com")]).await;
    let start = Clock::System.now() / SECOND - 600;
    for (place, registry) in places.iter().enumerate() {
        app.accept(&outcome("v1", *registry, true, start)).await;
        app.accept(&outcome("v2", *registry, place != 1, start + 60)).await;
        if place == 1 {
            app.accept(&outcome("v3", *registry, false, start + 120)).await;
        }
        app.accept(&outcome("v3", *registry, true, start + 120)).await;
        if place < 2 {
            app.accept(&outcome("v4", *registry, place == 0, start + 180)).await;
        }
    }
    app
}

#[tokio::test]
async fn no_rule_is_violated_by_a_board() {
    for places in [&PLACES[..3], &PLACES] {
        let app = with_images(places).await;
        let page = app.page_in("en", "/").await;
        for state in ["arrived", "healed", "failed", "not_seen"] {
            assert!(page.contains(&format!("badge cell-{state}")), "{state}");
        }
        assert_eq!(page.contains("board many"), places.len() > 6);
        let paths = [
            "/",
            "/?incomplete=1",
            "/?q=nothing",
            "/images/mars/mars-api",
            "/images/mars/mars-api?version=v3",
            "/images/mars/none",
        ];
        expect_none(&app.url, &paths, None).await;
    }
}

#[tokio::test]
async fn no_rule_is_violated_where_nothing_has_come_yet() {
    let app = App::spawn().await;
    expect_none(&app.url, &["/", "/?incomplete=1", "/notifications", "/webhooks", "/no-such-page"], None).await;
}

#[tokio::test]
async fn no_rule_is_violated_by_deliveries_in_any_state() {
    let folder = TempDir::new().unwrap();
    let routes = folder.path().join("routes.toml");
    std::fs::write(&routes, "[robots.release]\nurl = \"http://127.0.0.1:9/send?key=release-none\"\n").unwrap();
    let app = with_a_failure(&[("ROUTES_FILE", routes.to_str().unwrap())]).await;
    app.harbor.send_replace(HarborStatus {
        state: HarborState::Unreachable,
        last_error: "no route to harbor.example.com".into(),
        ..HarborStatus::default()
    });
    app.accept(&outcome("v2", ALIYUN, false, EXECUTION)).await;
    eventually("a failed replication was told", || async {
        let all = app.deliveries().await;
        all.iter().any(|one| one.state.as_str() == "delivered" && one.event.facts.outcome.as_str() == "failed")
    })
    .await;
    app.wecom.answer_always(Some(Answer::Status(500, "down")));
    // What is long must not become a box that only a mouse can scroll.
    let (name, versions) =
        (format!("mars/{}", "many-".repeat(50)), (0..40).map(|n| format!("v{n}-{}", "x".repeat(90))));
    let versions: Vec<_> = versions.collect();
    let mut long = push(&name, &versions.iter().map(String::as_str).collect::<Vec<_>>()).payload();
    long["event_data"]["replication"]["description"] = "a long description ".repeat(50).into();
    app.accept(&long).await;
    eventually("it was tried", || async { app.deliveries().await.iter().any(|one| one.failures > 0) }).await;
    app.post("{}").await;
    let each: Vec<_> = app.deliveries().await.iter().map(|one| format!("/deliveries/{}", one.id)).collect();
    let mut paths = vec![
        "/notifications",
        "/notifications?outcome=failed",
        "/notifications?state=discarded",
        "/notifications?q=nothing&since=2026-01-01T00:00",
        "/notifications?notice=replay.3",
        "/deliveries/confirm?verb=replay&state=failed",
        "/deliveries/confirm?verb=discard&state=pending&q=mars",
        "/deliveries/confirm?verb=replay&state=discarded",
        "/webhooks",
    ];
    paths.extend(each.iter().map(String::as_str));
    expect_none(&app.url, &paths, None).await;
}

#[tokio::test]
async fn no_rule_is_violated_before_and_after_the_sign_in() {
    let settings = [("ADMIN_TOKEN", ADMIN), ("READ_TOKEN", "a-read-token-for-tests"), ("HARBOR_AUTH_HEADER", HOOK)];
    let app = App::spawn_with(&settings).await;
    expect_none(&app.url, &["/sign-in", "/images/mars/mars-api?version=v1"], None).await;
    assert_eq!(app.post(arrived("v1").to_string()).await.0, 401);
    let request = app.client.post(format!("{}/webhook/harbor", app.url)).header(AUTHORIZATION, HOOK);
    assert_eq!(request.body(arrived("v1").to_string()).send().await.unwrap().status(), 202);
    let paths = ["/", "/notifications", "/webhooks", "/images/mars/mars-api?version=v1", "/no-such-page"];
    expect_none(&app.url, &paths, Some("a-read-token-for-tests")).await;
    expect_none(&app.url, &paths, Some(ADMIN)).await;

    let browser = Browser::open("zh-CN", 390).await;
    browser.go(&format!("{}/sign-in", app.url)).await;
    browser.fill("#token", "a-wrong-token-for-tests").await;
    browser.click("main form button[type=submit]").await;
    browser.shows("#token-wrong", "").await;
    assert_eq!(browser.violations_here().await, Vec::<String>::new());
    browser.close().await;
}

/// What is laid out as cards stays a table for those who hear it. Not every browser goes by the elements then, so each
/// says its role.
#[tokio::test]
async fn a_table_is_a_table_at_every_width() {
    let app = with_images(&PLACES).await;
    for width in [1280, 390] {
        let browser = Browser::open("en-US", width).await;
        for path in ["/", "/notifications", "/webhooks"] {
            browser.go(&format!("{}{path}", app.url)).await;
            browser.shows("h1", "").await;
            let parts = ["table", "thead", "tr", "th[scope=col]", "tbody", "th[scope=row]", "td"];
            let parts = parts.map(|part| format!(".card.list {part}"));
            let roles = browser.roles(&parts).await;
            let expected = ["table", "rowgroup", "row", "columnheader", "rowgroup", "rowheader", "cell"];
            assert_eq!(roles, expected, "{path} at {width}");
            let silent = "return document.querySelectorAll(
                ':is(.card.list table, .card.list table :is(thead, tbody, tr, th, td)):not([role])').length";
            assert_eq!(browser.run(silent).await, json!(0), "{path} at {width}");
        }
        browser.close().await;
    }
}
