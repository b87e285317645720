//! WeCom's answers → outcomes, over real HTTP.

use std::time::Duration;

use harborbell::demo::standin::{Answer, Standin};
use harborbell::model::clock::{Clock, SECOND};
use harborbell::model::outcome::{Outcome, Report, Trouble};
use harborbell::model::robot::{Format, Robot};
use harborbell::wecom::{Sender, body, judge};
use rstest::rstest;

use crate::support::KEY;

const RETRY: Outcome = Outcome::Retry(Trouble::Answered);
const AMBIGUOUS: Outcome = Outcome::Retry(Trouble::Ambiguous);
const PAUSE_65: Outcome = Outcome::Throttled { pause: 65 * SECOND };

#[rstest]
#[case(0, "ok", Outcome::Delivered)]
#[case(0, "ok. Warning: wrong json format. ", Outcome::Rejected)]
#[case(0, "", Outcome::Rejected)]
#[case(-1, "system error", RETRY)]
#[case(6000, "", RETRY)]
#[case(45033, "", RETRY)]
#[case(81026, "", RETRY)]
#[case(45009, "api freq out of limit", PAUSE_65)]
#[case(93000, "invalid webhook url", Outcome::RobotBroken)]
#[case(93004, "", Outcome::RobotBroken)]
#[case(93008, "", Outcome::RobotBroken)]
#[case(40008, "invalid message type", Outcome::Rejected)]
#[case(40033, "", Outcome::Rejected)]
#[case(40035, "", Outcome::Rejected)]
#[case(40058, "", Outcome::Rejected)]
#[case(40063, "", Outcome::Rejected)]
#[case(40201, "", Outcome::Rejected)]
#[case(40206, "", Outcome::Rejected)]
#[case(44004, "empty content", Outcome::Rejected)]
#[case(45002, "", Outcome::Rejected)]
#[case(82004, "", Outcome::Rejected)]
#[case(12345, "nobody documents this", RETRY)]
fn an_errcode_decides(#[case] errcode: i64, #[case] errmsg: &str, #[case] expected: Outcome) {
    let body = serde_json::json!({ "errcode": errcode, "errmsg": errmsg }).to_string();
    let report = judge(200, None, body.as_bytes());
    assert_eq!((report.outcome, report.errcode), (expected, Some(errcode)));
}

#[rstest]
#[case(204, "", RETRY)]
#[case(200, "<html>maintenance</html>", RETRY)]
#[case(200, "{\"errmsg\":\"ok\"}", RETRY)]
#[case(301, "", RETRY)]
#[case(400, "", Outcome::Rejected)]
#[case(401, "", Outcome::RobotBroken)]
#[case(403, "", Outcome::RobotBroken)]
#[case(404, "", Outcome::RobotBroken)]
#[case(405, "", Outcome::RobotBroken)]
#[case(407, "", RETRY)]
#[case(408, "", RETRY)]
#[case(410, "", Outcome::RobotBroken)]
#[case(413, "", Outcome::Rejected)]
#[case(425, "", RETRY)]
#[case(429, "", PAUSE_65)]
#[case(500, "", RETRY)]
#[case(502, "", RETRY)]
#[case(504, "", RETRY)]
fn without_an_errcode_the_status_decides(#[case] status: u16, #[case] body: &str, #[case] expected: Outcome) {
    assert_eq!(judge(status, None, body.as_bytes()).outcome, expected);
}

async fn answered(answer: Answer) -> Report {
    let wecom = Standin::start(KEY, None).await.unwrap();
    wecom.answer_next(answer);
    sender(&wecom.url()).deliver(&body(Format::Markdown, "hello", &[]), &Clock::System).await
}

fn sender(url: &str) -> Sender {
    let robot = Robot { name: "default".into(), url: url.into(), rate_per_minute: 0, format: Format::Markdown };
    Sender::new(&robot, Duration::from_millis(500)).unwrap()
}

#[tokio::test]
async fn a_redirect_is_not_followed_to_a_page_that_says_200() {
    let report = answered(Answer::Redirect).await;
    assert_eq!((report.outcome, report.http_status), (RETRY, 302));
}

#[tokio::test]
async fn a_retry_after_longer_than_65_s_is_kept() {
    assert_eq!(answered(Answer::TooMany(5)).await.outcome, PAUSE_65);
    assert_eq!(answered(Answer::TooMany(120)).await.outcome, Outcome::Throttled { pause: 120 * SECOND });
}

#[tokio::test]
async fn no_answer_in_time_is_ambiguous() {
    let report = answered(Answer::ShowAndHang).await;
    assert_eq!((report.outcome, report.http_status), (AMBIGUOUS, 0));
    assert!(report.errmsg.starts_with("no answer from WeCom in time"), "{}", report.errmsg);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_ambiguous() {
    assert_eq!(answered(Answer::BreakOff).await.outcome, AMBIGUOUS);
}

#[tokio::test]
async fn a_refused_connection_never_left() {
    let mut wecom = Standin::start(KEY, None).await.unwrap();
    wecom.go_down().await;
    let report = sender(&wecom.url()).deliver(&body(Format::Markdown, "hello", &[]), &Clock::System).await;
    assert_eq!(report.outcome, Outcome::Retry(Trouble::Unreachable));
    assert!(report.errmsg.contains("refused"), "{}", report.errmsg);
}

#[tokio::test]
async fn an_endless_answer_is_read_only_so_far() {
    const PAGE: &str = "not json, and again, ";
    let page: &'static str = Box::leak(PAGE.repeat(100_000).into_boxed_str());
    let report = answered(Answer::Status(200, page)).await;
    assert_eq!(report.outcome, RETRY);
    assert!(report.errmsg.len() <= 300);
}

#[tokio::test]
async fn an_answer_that_repeats_the_url_does_not_show_the_key() {
    let page: &'static str = Box::leak(format!("no route to /send?key={KEY}").into_boxed_str());
    let report = answered(Answer::Status(200, page)).await;
    assert!(report.errmsg.contains("key=***") && !report.errmsg.contains(KEY), "{}", report.errmsg);
}

#[rstest]
#[case(0, 0)]
#[case(18, 3_334)]
#[case(20, 3_000)]
#[case(7, 8_572)]
fn the_gap_is_rounded_up(#[case] rate_per_minute: u32, #[case] gap: i64) {
    assert_eq!(Robot { name: String::new(), url: "".into(), rate_per_minute, format: Format::Markdown }.gap(), gap);
}
