//! The board in a real browser, as somebody who deploys uses it. Each test leaves screenshots in `target/screenshots`.

use harborbell::demo::payloads::Replication;
use harborbell::model::clock::{Clock, SECOND};
use serde_json::{Value, json};

use crate::browser::{ADMIN, Browser};
use crate::support::{ALIYUN, App, HUAWEI};

const TENCENT: (&str, &str) = ("tencent-tcr", "腾讯仓");
const OWN: (&str, &str) = ("harbor-sh", "上海机房");
const DESTINATIONS: [(&str, &str); 4] = [ALIYUN, HUAWEI, TENCENT, OWN];

fn now() -> i64 {
    Clock::System.now() / SECOND
}

fn push(repository: &str, version: &str, registry: (&'static str, &'static str), succeeded: bool, ago: i64) -> Value {
    Replication { repository, references: &[version], registry, succeeded, execution: now() - ago }.payload()
}

/// Three hundred versions at four destinations: some failed, some are missing somewhere, one was healed.
async fn filled(settings: &[(&str, &str)]) -> App {
    let app = App::spawn_with(settings).await;
    let repositories = ["mars/mars-api", "mars/mars-web", "venus/billing", "venus/team/cart", "base/jdk"];
    for number in 0..60 {
        for (place, repository) in repositories.iter().enumerate() {
            let version = format!("v1.{number}.{place}");
            let ago = (60 - number) * 600 + place as i64;
            for (which, destination) in DESTINATIONS.into_iter().enumerate() {
                let is_missing = number > 50 && (number + place as i64 + which as i64) % 7 == 0;
                let fails = number > 50 && (number + place as i64 + which as i64) % 11 == 0;
                if fails {
                    app.accept(&push(repository, &version, destination, false, ago)).await;
                }
                if !is_missing && (!fails || which == 1) {
                    app.accept(&push(repository, &version, destination, true, ago)).await;
                }
            }
        }
    }
    app
}

/// Whether anything is wider than the window.
const FITS: &str = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";

#[tokio::test]
async fn who_deploys_finds_a_version_sees_what_it_lacks_and_sees_it_come_in() {
    let app = filled(&[]).await;
    let browser = Browser::open("en-US", 1280).await;
    browser.go(&app.url).await;
    browser.picture("board-1280-en").await;
    app.accept(&push("mars/mars-api", "v2.0.0", ALIYUN, true, 60)).await;
    browser.shows(".board tbody tr:first-child", "v2.0.0").await;
    browser.fill(".search input[type=search]", "v2.0").await;
    browser.click(".search button").await;
    browser.until("one is found", "return document.querySelectorAll('.board tbody tr').length === 1").await;
    browser.shows(".board tbody tr", "Incomplete for").await;
    let lacking = "return document.querySelectorAll('.board .cell-not_seen').length === 3";
    browser.until("three lack it", lacking).await;
    app.accept(&push("mars/mars-api", "v2.0.0", HUAWEI, true, 30)).await;
    browser.until("it comes in", "return document.querySelectorAll('.board .cell-arrived').length === 2").await;

    // The image's own page, and what may be pasted into a chat.
    browser.click(".board a.version").await;
    browser.shows("h1", "mars/mars-api").await;
    browser.shows(".image-version", "v2.0.0").await;
    browser.picture("image-1280-en").await;
    let image = browser.run("return document.querySelector('[data-copy]').dataset.copy").await;
    assert_eq!(image, json!("mars/mars-api:v2.0.0"));
    browser.close().await;
}

#[tokio::test]
async fn the_board_fits_every_window_in_both_languages_and_themes() {
    let app = filled(&[]).await;
    for (language, name) in [("en-US", "en"), ("zh-CN", "zh")] {
        for width in [1280, 768, 390] {
            let browser = Browser::open(language, width).await;
            for (path, page) in [
                ("/", "board"),
                ("/?incomplete=1", "incomplete"),
                ("/?outcome=failed", "failed"),
                ("/images/mars/mars-api", "image"),
                ("/images/venus/team/cart?version=v1.55.3", "version"),
                ("/?q=nothing", "nothing"),
            ] {
                browser.go(&format!("{}{path}", app.url)).await;
                browser.shows("h1", "").await;
                assert_eq!(browser.run(FITS).await, json!(true), "{path} at {width}");
                browser.picture(&format!("{page}-{width}-{name}")).await;
            }
            browser.close().await;
        }
    }
}

/// As when somebody pastes it into a chat, and another one opens it who has not signed in yet.
#[tokio::test]
async fn a_link_to_an_image_copied_from_the_page_opens_after_signing_in() {
    let app = App::spawn_with(&[("ADMIN_TOKEN", ADMIN)]).await;
    for version in ["v1.2.3+build/7", "v1.2.4"] {
        app.accept(&push("mars/team/mars-api", version, ALIYUN, true, 60)).await;
    }
    let browser = Browser::open("en-US", 1280).await;
    browser.sign_in(&app.url, ADMIN).await;
    let link = browser.run("return document.querySelector('.board tbody tr:last-child a.version').href").await;
    browser.click("form[action='/sign-out'] button").await;
    browser.shows("main label", "Access token").await;

    browser.sign_in(link.as_str().unwrap(), ADMIN).await;
    browser.shows("h1", "mars/team/mars-api").await;
    browser.until("one version", "return document.querySelectorAll('.image-version').length === 1").await;
    browser.shows(".image-version h2", "v1.2.3+build/7").await;
    assert_eq!(browser.run("return location.href").await, link);
    browser.until("the title names it", "return document.title.startsWith('mars/team/mars-api:v1.2.3+build/7')").await;
    browser.click(".title-line a").await;
    browser.until("both versions", "return document.querySelectorAll('.image-version').length === 2").await;
    assert_eq!(browser.run("return document.title").await, json!("mars/team/mars-api · harborbell"));
    assert_eq!(browser.run("return document.querySelectorAll('.title-line a').length").await, json!(0));
    browser.close().await;
}
