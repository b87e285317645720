//! WeCom's answers → outcomes, over real HTTP.

use std::time::Duration;

use harborbell::demo::standin::{Answer, Standin};
use harborbell::model::clock::{Clock, SECOND};
use harborbell::model::outcome::{MessageOutcome, Report, RetryReason};
use harborbell::model::robot::{Format, Robot};
use harborbell::model::secret::Secrets;
use harborbell::wecom::{Sender, body, judge};
use proptest::collection::vec;
use proptest::prelude::*;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::KEY;

const RETRY: MessageOutcome = MessageOutcome::Retry(RetryReason::Answered);
const AMBIGUOUS: MessageOutcome = MessageOutcome::Retry(RetryReason::Ambiguous);
const PAUSE_65: MessageOutcome = MessageOutcome::Throttled { pause: 65 * SECOND };

#[rstest]
#[case(0, "ok", MessageOutcome::Delivered)]
#[case(0, "ok. Warning: wrong json format. ", MessageOutcome::Rejected)]
#[case(0, "", MessageOutcome::Rejected)]
#[case(-1, "system error", RETRY)]
#[case(6000, "", RETRY)]
#[case(45033, "", RETRY)]
#[case(81026, "", RETRY)]
#[case(45009, "api freq out of limit", PAUSE_65)]
#[case(93000, "invalid webhook url", MessageOutcome::RobotBroken)]
#[case(93004, "", MessageOutcome::RobotBroken)]
#[case(93008, "", MessageOutcome::RobotBroken)]
#[case(40008, "invalid message type", MessageOutcome::Rejected)]
#[case(40033, "", MessageOutcome::Rejected)]
#[case(40035, "", MessageOutcome::Rejected)]
#[case(40058, "", MessageOutcome::Rejected)]
#[case(40063, "", MessageOutcome::Rejected)]
#[case(40201, "", MessageOutcome::Rejected)]
#[case(40206, "", MessageOutcome::Rejected)]
#[case(44004, "empty content", MessageOutcome::Rejected)]
#[case(45002, "", MessageOutcome::Rejected)]
#[case(82004, "", MessageOutcome::Rejected)]
#[case(12345, "nobody documents this", RETRY)]
fn an_errcode_decides(#[case] errcode: i64, #[case] errmsg: &str, #[case] expected: MessageOutcome) {
    let body = serde_json::json!({ "errcode": errcode, "errmsg": errmsg }).to_string();
    let report = judge(200, None, body.as_bytes());
    assert_eq!((report.outcome, report.errcode), (expected, Some(errcode)));
}

#[rstest]
#[case(204, "", RETRY)]
#[case(200, "<html>maintenance</html>", RETRY)]
#[case(200, "{\"errmsg\":\"ok\"}", RETRY)]
#[case(301, "", RETRY)]
#[case(400, "", MessageOutcome::Rejected)]
#[case(401, "", MessageOutcome::RobotBroken)]
#[case(403, "", MessageOutcome::RobotBroken)]
#[case(404, "", MessageOutcome::RobotBroken)]
#[case(405, "", MessageOutcome::RobotBroken)]
#[case(407, "", RETRY)]
#[case(408, "", RETRY)]
#[case(410, "", MessageOutcome::RobotBroken)]
#[case(413, "", MessageOutcome::Rejected)]
#[case(425, "", RETRY)]
#[case(429, "", PAUSE_65)]
#[case(500, "", RETRY)]
#[case(502, "", RETRY)]
#[case(504, "", RETRY)]
fn without_an_errcode_the_status_decides(#[case] status: u16, #[case] body: &str, #[case] expected: MessageOutcome) {
    assert_eq!(judge(status, None, body.as_bytes()).outcome, expected);
}

async fn answered(answer: Answer) -> Report {
    let wecom = Standin::start(KEY, None).await.unwrap();
    wecom.answer_next(answer);
    sender(&wecom.url()).deliver(&body(Format::Markdown, "hello", &[]), &Clock::System).await
}

fn sender(url: &str) -> Sender {
    let robot = Robot { name: "default".into(), url: url.into(), rate_per_minute: 0, format: Format::Markdown };
    Sender::new(&robot, Duration::from_millis(500), Secrets::default()).unwrap()
}

#[tokio::test]
async fn a_redirect_is_not_followed_to_a_page_that_says_200() {
    let report = answered(Answer::Redirect).await;
    assert_eq!((report.outcome, report.http_status), (RETRY, 302));
}

#[tokio::test]
async fn a_retry_after_longer_than_65_s_is_kept() {
    assert_eq!(answered(Answer::TooMany(5)).await.outcome, PAUSE_65);
    assert_eq!(answered(Answer::TooMany(120)).await.outcome, MessageOutcome::Throttled { pause: 120 * SECOND });
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
    assert_eq!(report.outcome, MessageOutcome::Retry(RetryReason::Unreachable));
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

/// Something on the way that answers with this page, in so many pieces.
async fn portal(page: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4_096];
        while !request.ends_with(b"hello\"}}") {
            let mut more = [0; 4_096];
            let read = stream.read(&mut more).await.unwrap();
            request.extend_from_slice(&more[..read]);
        }
        stream.set_nodelay(true).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await.unwrap();
        for piece in page {
            stream.write_all(&piece).await.unwrap();
            stream.flush().await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    format!("http://{address}")
}

/// What is kept of a page that repeats the robot's URL after so many other characters, in pieces of so many bytes.
async fn kept(path: &str, repeated: &str, after: usize, piece: usize) -> String {
    let mut pieces = vec!["x".repeat(after).into_bytes()];
    pieces.extend(format!("{repeated} and more").as_bytes().chunks(piece).map(<[u8]>::to_vec));
    let base = portal(pieces).await;
    let report = sender(&format!("{base}{path}")).deliver(&body(Format::Markdown, "hello", &[]), &Clock::System).await;
    assert!(report.errmsg.starts_with("the answer is not WeCom's JSON: x"), "{}", report.errmsg);
    report.errmsg
}

const SEND: &str = "/cgi-bin/webhook/send?key=5ec2e700-0000-4000-8000-00000000beef";
/// As some private deployments have it.
const PATH: &str = "/hooks/5ec2e700-0000-4000-8000-00000000beef/send";

/// Searched for first, cut then: wherever the cut comes, and however the bytes arrive.
#[rstest]
#[case::whole(SEND, KEY)]
#[case::percent_encoded(SEND, "5ec2e700%2D0000%2d4000%2D8000%2D00000000beef")]
#[case::each_byte(SEND, "%35%65%63%32%65%37%30%30%2D%30%30%30%30")]
#[case::twice(SEND, "5ec2e700%252D0000%252D4000%252D8000%252D00000000beef")]
#[case::json(
    "/send?key=5ec2e700-0000-4000-8000-00000000beef",
    r"5ec2e700\u002d0000\u002D4000\u002D8000\u002D00000000beef"
)]
#[case::html(SEND, "5ec2e700&#45;0000&#x2d;4000&#45;8000&#45;00000000beef")]
#[case::upper_case(SEND, "5EC2E700-0000-4000-8000-00000000BEEF")]
#[case::a_part(SEND, "4000-8000-00000000beef")]
#[case::in_the_path(PATH, KEY)]
#[case::its_beginning_in_the_path(PATH, "5ec2e700-0000-4000")]
#[tokio::test]
async fn invariant_5_no_part_of_a_key_is_kept_of_an_answer(#[case] path: &str, #[case] repeated: &str) {
    for after in [1, 220, 265, 290, 65_500] {
        for piece in [7, 100_000] {
            let kept = kept(path, repeated, after, piece).await;
            let leaked = "5ec2e700 0000-4000 000beef 35%65%63 2d0000 &#45; 002d"
                .split(' ')
                .find(|part| kept.to_lowercase().contains(part));
            assert_eq!(leaked, None, "after {after} bytes: {kept}");
        }
    }
}

#[tokio::test]
async fn what_everybody_knows_of_a_url_is_kept() {
    let kept = kept(SEND, "cannot POST https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=none", 1, 100).await;
    assert!(kept.contains("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=none"), "{kept}");
}

#[test]
fn user_and_password_tokens_and_the_databases_password_are_secret() {
    let mut secrets = Secrets::default();
    secrets.add_robot_url(&"https://somebody:opensesame1@wecom.example.com/a/b".into());
    secrets.add_database_url("postgres://harborbell:p%40ssw0rd-of-db@db.example.com/harborbell?sslmode=require");
    secrets.add_database_url("postgres://db.example.com/harborbell?password=another-one");
    secrets.add(&"Basic dXNlcjpwYXNzd29yZA==".into());
    let text = "harborbell at db.example.com: opensesame1, somebody, p@ssw0rd-of-db, p%40ssw0rd-of-db, another-one, \
        auth=dXNlcjpwYXNzd29yZA, https://SOMEBODY:opensesame1@wecom.example.com/a/b; require";
    let expected = "harborbell at db.example.com: ***, ***, ***, ***, ***, auth=***, ***; require";
    assert_eq!(secrets.hide(text), expected);
    assert_eq!(format!("{secrets:?}"), "Secrets");
}

/// A way to write a character.
fn spelled(character: char, how: u8) -> String {
    match how {
        0..=3 => character.to_string(),
        4 => format!("%{:02X}", u32::from(character)),
        5 => format!("\\u{:04x}", u32::from(character)),
        6 => format!("&#{};", u32::from(character)),
        _ => format!("%25{:02x}", u32::from(character)),
    }
}

proptest! {
    /// Whatever surrounds a part of a key, however it is spelled, and wherever the text is cut before and after.
    #[test]
    fn invariant_5_no_eight_characters_of_a_key_survive(
        key in "[a-zA-Z0-9_-]{8,64}",
        parts in vec(("[^*]{0,12}", 0..64_usize, 0..65_usize, vec(0..8_u8, 64)), 1..6),
        cut in 0..400_usize,
    ) {
        let mut secrets = Secrets::default();
        secrets.add(&key.as_str().into());
        let mut text = String::new();
        for (around, from, length, spelling) in parts {
            text.push_str(&around);
            let part = key.chars().skip(from).take(length).zip(spelling);
            text.extend(part.map(|(character, how)| spelled(character, how)));
        }
        let text = &text[text.floor_char_boundary(cut)..];
        let hidden = secrets.hide(text);
        // As plainly as anybody could read it.
        let mut plain = hidden.to_lowercase();
        for _ in 0..3 {
            for number in 0..128_u8 {
                for how in 4..7 {
                    let character = char::from(number);
                    let spelling = spelled(character, how).to_lowercase();
                    plain = plain.replace(&spelling, &character.to_ascii_lowercase().to_string());
                }
            }
        }
        let key = key.to_ascii_lowercase();
        for part in key.as_bytes().windows(8) {
            let part = str::from_utf8(part).unwrap();
            prop_assert!(!plain.contains(part), "{} in {} of {}", part, hidden, text);
        }
    }

    #[test]
    fn what_has_no_secret_in_it_stays_as_it_is(text in "\\PC{0,200}") {
        let mut secrets = Secrets::default();
        secrets.add_robot_url(&"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=5ec2e700-1234-4abc-8def-0123456789ab".into());
        prop_assert_eq!(secrets.hide(&text), text);
    }
}

#[rstest]
#[case(0, 0)]
#[case(18, 3_334)]
#[case(20, 3_000)]
#[case(7, 8_572)]
fn the_gap_is_rounded_up(#[case] rate_per_minute: u32, #[case] gap: i64) {
    assert_eq!(Robot { name: String::new(), url: "".into(), rate_per_minute, format: Format::Markdown }.gap(), gap);
}
