//! The robots on the page: their order, what is said of their errors, and when what waits for them is sent.

use harborbell::admin::advice::advice;
use harborbell::demo::standin::Answer;
use harborbell::model::clock::{Clock, MINUTE, SECOND};
use regex_lite::Regex;
use rstest::rstest;
use serde_json::Value;

use crate::support::{App, arrived, eventually, push};

const NOW: i64 = 1_800_000_000_000;

#[tokio::test]
async fn robots_in_trouble_come_first_and_then_the_tenth_after_the_second() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("routes.toml");
    let robots = ["robot10", "robot2", "b"]
        .map(|name| format!("[robots.{name}]\nurl = \"http://127.0.0.1:9/send?key={name}-none-at-all\"\n"));
    std::fs::write(&file, robots.concat() + "[[routes]]\nrobots = [\"robot2\"]\n").unwrap();
    let app = App::spawn_with(&[("ROUTES_FILE", file.to_str().unwrap()), ("RETRY_INITIAL_INTERVAL", "50ms")]).await;
    let shown = async || {
        let page = app.page_in("en", "/notifications").await;
        let names = Regex::new(r#"robot-name"><bdi>([^<]+)"#).unwrap();
        names.captures_iter(&page).map(|name| name[1].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shown().await, ["b", "default", "robot2", "robot10"]);
    app.accept(&arrived("v1")).await;
    eventually("in trouble", || async { shown().await == ["robot2", "b", "default", "robot10"] }).await;
    let (_, robots) = app.get("/api/v1/robots").await;
    let names: Vec<_> = robots["items"].as_array().unwrap().iter().map(|robot| robot["name"].clone()).collect();
    assert_eq!(names, ["b", "default", "robot2", "robot10"]);
}

#[rstest]
#[case("errcode 93000: invalid webhook url, hint: [1]", Some("advice_url"))]
#[case("errcode 93004: x", Some("advice_disabled"))]
#[case("errcode 93008: x", Some("advice_removed"))]
#[case("errcode 45009: api freq out of limit", Some("advice_too_fast"))]
#[case("errcode -1: system busy", Some("advice_wecom"))]
#[case("errcode 12345: what nobody knows", None)]
#[case("HTTP 404: the robot's URL is refused; check it", Some("advice_url"))]
#[case("HTTP 502: passing trouble at WeCom or on the way to it", Some("advice_on_the_way"))]
#[case("HTTP 200: the answer is not WeCom's JSON: <html>", Some("advice_on_the_way"))]
#[case("HTTP 429: too many requests", Some("advice_too_fast"))]
#[case("cannot connect to WeCom: dns error", Some("advice_unreachable"))]
#[case("no answer from WeCom in time: operation timed out", Some("advice_no_answer"))]
#[case("the connection to WeCom broke before its answer: reset", Some("advice_no_answer"))]
#[case("", None)]
fn an_error_has_its_advice(#[case] last_error: &str, #[case] expected: Option<&str>) {
    assert_eq!(advice(last_error), expected);
    for words in
        [include_str!("../../src/admin/page/words.zh.json"), include_str!("../../src/admin/page/words.en.json")]
    {
        let words: Value = serde_json::from_str(words).unwrap();
        assert!(expected.is_none_or(|word| words.get(word).is_some()), "{expected:?}");
    }
}

#[tokio::test]
async fn a_broken_robot_says_what_to_do_and_what_wecom_said() {
    let app = App::spawn().await;
    app.wecom.answer_always(Some(Answer::Errcode(93000, "invalid webhook url")));
    app.accept(&arrived("v1")).await;
    let is_broken = || async { app.get("/api/v1/robots").await.1["items"][0]["state"] == "broken" };
    eventually("broken", is_broken).await;
    for (language, said) in [("zh", "请检查 WECOM_WEBHOOK_URL"), ("en", "check WECOM_WEBHOOK_URL")] {
        let path = format!("/deliveries/{}", app.deliveries().await[0].id);
        for path in ["/notifications", &path] {
            let page = app.page_in(language, path).await;
            assert!(page.contains(said) && page.contains("errcode 93000: invalid webhook url"), "{page}");
        }
    }
}

/// The time at which a row can be sent, and none that has passed.
#[tokio::test]
async fn what_waits_for_a_paused_robot_shows_the_robots_time() {
    let clock = Clock::manual(NOW);
    let app = App::spawn_at(clock.clone(), &[]).await;
    app.wecom.answer_always(Some(Answer::Errcode(45009, "api freq out of limit")));
    app.accept(&arrived("v1")).await;
    let is_paused = || async { app.get("/api/v1/robots").await.1["items"][0]["state"] == "paused" };
    eventually("paused", is_paused).await;
    // 2027-01-15 16:00:00 in Shanghai, and the 65 s of a rate limit.
    let next = Regex::new(r#"class="next">next <time [^>]*>([0-9:]+)<"#).unwrap();
    let page = app.page_in("en", "/notifications").await;
    assert_eq!(next.captures(&page).map(|time| time[1].to_owned()), Some("16:01:05".to_owned()), "{page}");
    let one = app.page_in("en", &format!("/deliveries/{}", app.deliveries().await[0].id)).await;
    assert!(one.contains("from 16:01:05 on"), "{one}");
}

#[tokio::test]
async fn a_failure_that_is_held_back_says_until_when() {
    let clock = Clock::manual(NOW);
    let app = App::spawn_at(clock.clone(), &[("FAILURE_GRACE", "10m")]).await;
    let mut failure = push("mars/mars-api", &["v1"]);
    failure.succeeded = false;
    app.accept(&failure.payload()).await;
    let path = format!("/deliveries/{}", app.deliveries().await[0].id);
    clock.advance(MINUTE + SECOND);
    let until = Regex::new(r"held back until <time [^>]*>16:10:00<").unwrap();
    let page = app.page_in("en", "/notifications").await;
    assert!(until.is_match(&page), "{page}");
    assert!(app.page_in("zh", "/notifications").await.contains("等待 Harbor 重试至"));
    assert!(app.page_in("zh", &path).await.contains("等待 Harbor 重试至 16:10:00"));
}
