//! What a robot's URL answers: the first line has the status and a Retry-After, the others are the body.
#![no_main]

use std::sync::LazyLock;

use harborbell::model::clock::{MINUTE, SECOND};
use harborbell::model::outcome::{MessageOutcome, errcode_of, http_status_of};
use harborbell::model::secret::Secrets;
use harborbell::wecom::{judge, pause_of};
use harborbell_fuzz::{KEY, NOW, part_of_key, with_key};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static SECRETS: LazyLock<Secrets> = LazyLock::new(|| {
    let mut secrets = Secrets::default();
    secrets.add_robot_url(&format!("https://wecom.example.com/cgi-bin/webhook/send?key={KEY}").into());
    secrets
});

fuzz_target!(|input: &[u8]| {
    let (head, body) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
    let head = String::from_utf8_lossy(head);
    let (status, retry_after) = head.split_once(' ').unwrap_or((&head, ""));
    let status = status.parse().unwrap_or(200);
    let body = with_key(&String::from_utf8_lossy(body));
    let report = judge(status, pause_of(retry_after, NOW), body.as_bytes());

    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    let says_ok =
        answer["errcode"] == 0 && answer["errmsg"].as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("ok"));
    if report.outcome == MessageOutcome::Delivered {
        assert!((200..300).contains(&status) && says_ok, "{status}: {body}");
    }
    if let MessageOutcome::Throttled { pause } = report.outcome {
        assert!((65 * SECOND..=10 * MINUTE).contains(&pause), "{pause} ms");
    }
    let summary = report.summary();
    match report.errcode {
        Some(errcode) => assert_eq!(errcode_of(&summary), Some(errcode)),
        None => assert_eq!(http_status_of(&summary), Some(status).filter(|status| *status > 0)),
    }

    let shown = SECRETS.hide(&report.errmsg);
    assert_eq!(part_of_key(&shown), None, "{shown}");
    let unescaped = serde_json::from_str::<String>(&format!("\"{shown}\"")).unwrap_or_default();
    assert_eq!(part_of_key(&unescaped), None, "{shown}");
    let query = format!("text={shown}");
    for (_, value) in form_urlencoded::parse(query.as_bytes()) {
        assert_eq!(part_of_key(&value), None, "{shown}");
    }
});
