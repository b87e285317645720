//! The pictures of the documents: what a group sees, and the board. They are left in `target/screenshots` under the names
//! that they have in `docs/pictures`.

use harborbell::demo::payloads::Replication;
use harborbell::model::clock::{Clock, SECOND};
use harborbell::model::event::Event;
use rstest::rstest;

use crate::browser::Browser;
use crate::support::{ALIYUN, App, HUAWEI};

type Places = [(&'static str, &'static str); 3];

const CHINESE: Places = [ALIYUN, HUAWEI, ("harbor-sh", "上海机房")];
const ENGLISH: Places = [("aliyun-acr", "Aliyun"), ("huawei-swr", "Huawei"), ("harbor-sh", "Shanghai")];

/// Four versions at three destinations: one has failed somewhere, one is missing.
async fn with_a_history(language: &str, places: Places) -> App {
    let public = ("PUBLIC_URL", "https://harborbell.example.com");
    let app = App::spawn_with(&[("MESSAGE_LANGUAGE", language), public]).await;
    let now = Clock::System.now() / SECOND;
    let images = [
        ("mars/mars-api", "v1.2.2"),
        ("mars/mars-web", "v2.0.0"),
        ("venus/billing", "v3.1.1"),
        ("mars/mars-api", "v1.2.3"),
    ];
    for (number, (repository, version)) in images.into_iter().enumerate() {
        for (which, registry) in places.into_iter().enumerate() {
            let execution = now - (images.len() - number) as i64 * 700;
            let is_missing = (number, which) == (3, 2);
            let succeeded = (number, which) != (2, 1);
            if !is_missing {
                let event = Replication { repository, references: &[version], registry, succeeded, execution };
                app.accept(&event.payload()).await;
            }
        }
    }
    app
}

#[rstest]
#[case::english("en", "en-US", ENGLISH, "Image replication", "en")]
#[case::chinese("zh", "zh-CN", CHINESE, "镜像入仓", "zh-CN")]
#[tokio::test]
async fn the_message_and_the_board(
    #[case] language: &str,
    #[case] browser_language: &str,
    #[case] places: Places,
    #[case] heading: &str,
    #[case] name: &str,
) {
    let app = with_a_history(language, places).await;
    let shown = app.deliveries().await;
    assert_eq!(shown.len(), 11);
    let is_it = |event: &Event| event.description == places[1].1 && event.versions == ["v2.0.0"];
    let id = &shown.iter().find(|one| is_it(&one.event.facts)).unwrap().id;

    let phone = Browser::open(browser_language, 480).await;
    phone.go(&format!("{}/deliveries/{id}", app.url)).await;
    phone.shows(".chat .wecom", heading).await;
    phone.shows(".chat .wecom", "v2.0.0").await;
    phone.element_picture(".chat", &format!("message.{name}")).await;
    phone.close().await;

    let desk = Browser::open(browser_language, 1024).await;
    desk.go(&app.url).await;
    desk.until("four rows", "return document.querySelectorAll('.board tbody tr').length === 4").await;
    desk.until("one is missing", "return document.querySelectorAll('.board .cell-not_seen').length === 1").await;
    desk.until("one has failed", "return document.querySelectorAll('.board .cell-failed').length === 1").await;
    desk.element_picture("main", &format!("board.{name}")).await;
    desk.close().await;
}
