//! WeCom goes away and comes back, and the whole service with it.

use harborbell::demo::standin::Answer;
use harborbell::store::filter::Filter;

use crate::support::{App, arrived, eventually, push};

#[tokio::test]
async fn two_hundred_come_in_while_wecom_refuses_and_are_told_once_when_it_is_back() {
    let mut app = App::spawn_with(&[("RETRY_INITIAL_INTERVAL", "50ms"), ("RETRY_MAX_INTERVAL", "400ms")]).await;
    app.wecom.go_down().await;
    let bodies = (0..200).map(|number| arrived(&format!("v{number}")).to_string());
    let answers = futures_util::future::join_all(bodies.map(|body| app.post(body))).await;
    assert!(answers.iter().all(|(status, _)| *status == 202));
    let failures = || async { app.store.robot("default", 0).await.unwrap().condition.failures };
    eventually("the outage is noticed", || async { failures().await >= 3 }).await;
    app.wecom.come_back().await.unwrap();
    eventually("all are delivered", || async { delivered(&app).await == 200 }).await;
    let shown = app.shown(1).await;
    for number in 0..200 {
        let told = shown.iter().filter(|message| message.contains(&format!("`v{number}`"))).count();
        assert_eq!(told, 1, "v{number}");
    }
    assert!(shown.len() <= 8, "{} messages", shown.len());
}

#[tokio::test]
async fn a_stop_finishes_the_message_in_flight_and_a_start_goes_on() {
    let mut app = App::spawn_with(&[("WECOM_TIMEOUT", "1s")]).await;
    app.wecom.answer_next(Answer::ShowAndHang);
    app.accept(&arrived("v1")).await;
    app.shown(1).await;
    app.stop().await.unwrap();
    let row = &app.deliveries().await[0];
    assert_eq!((row.state.as_str(), row.attempts, row.failures), ("pending", 1, 1), "recorded before the end");
    let log = app.store.show(&row.id).await.unwrap().unwrap().attempt_log;
    assert_eq!(log[0].outcome, "ambiguous");
}

#[tokio::test]
async fn a_broken_robot_keeps_the_door_open_and_says_why() {
    const TOKEN: &str = "a-read-token-for-tests";
    let app = App::spawn_with(&[("READ_TOKEN", TOKEN)]).await;
    app.wecom.change_key("00000000-another");
    app.accept(&arrived("v1")).await;
    let readyz = async |token: &str| {
        let request = app.client.get(format!("{}/readyz", app.url)).bearer_auth(token);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json::<serde_json::Value>().await.unwrap()["robots"][0].clone()
    };
    eventually("the robot is seen broken", || async { readyz("none").await["state"] == "broken" }).await;
    // WeCom's words have addresses in them: they are for who shows a token.
    let robot = readyz("none").await;
    assert_eq!(
        (&robot["errcode"], &robot["waiting"], robot.get("last_error")),
        (&93000.into(), &1.into(), None),
        "{robot}"
    );
    assert!(!robot.to_string().contains("invalid webhook url"), "{robot}");
    let robot = readyz(TOKEN).await;
    assert!(robot["last_error"].as_str().unwrap().contains("invalid webhook url"), "{robot}");
}

#[tokio::test]
async fn rows_of_a_robot_that_is_not_configured_wait_and_are_named() {
    let app = App::spawn().await;
    crate::support::accept_for(&app.store, &push("mars/mars-web", &["v9"]).payload(), &["gone"], 1).await;
    let response = app.client.get(format!("{}/readyz", app.url)).send().await.unwrap();
    let robots = response.json::<serde_json::Value>().await.unwrap()["robots"].clone();
    let gone = robots.as_array().unwrap().iter().find(|robot| robot["name"] == "gone").unwrap();
    assert_eq!((&gone["state"], &gone["waiting"]), (&"unconfigured".into(), &1.into()));
}

async fn delivered(app: &App) -> i64 {
    let filter = Filter { state: Some("delivered".parse().unwrap()), ..Filter::default() };
    app.store.count(&filter).await.unwrap()
}
