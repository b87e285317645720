//! A task's log is read for what it says of versions and causes; nothing in it can stop the reader, and no secret of it
//! comes out. Logs of a running Harbor 2.15.2.

use std::time::{Duration, Instant};

use harborbell::harbor::line::one_line;
use harborbell::harbor::log::{TaskLog, read};
use proptest::prelude::*;
use rstest::rstest;

use crate::desk::log;

const REFUSED: &str = "failed to check the existence of the manifest of artifact x/down:v1.0.0 on the destination registry: \
                       Get \"https://registry.example.com/v2/\": dial tcp 192.0.2.7:443: connect: connection refused";

fn line(level: &str, text: &str) -> String {
    format!("2026-11-24T17:43:28Z [{level}] [/harbor/src/transfer.go:479]: {text}\n")
}

fn reason(text: &str) -> String {
    read(&line("ERROR", text)).reason.unwrap()
}

#[rstest]
#[case::copied(include_str!("harbor_api/logs/healed.log"), &["v1.0.0"], &["v1.0.0"], None, true)]
#[case::there_already(include_str!("harbor_api/logs/there-already.log"), &["v1.0.0"], &["v1.0.0"], None, true)]
#[case::refused(include_str!("harbor_api/logs/refused.log"), &["v1.0.0"], &[], Some(REFUSED), true)]
#[case::stopped(include_str!("harbor_api/logs/stopped.log"), &["v1.0.0"], &[], None, false)]
#[case::deleted(include_str!("harbor_api/logs/deletion.log"), &["v1.0.0"], &[], None, true)]
#[case::deletion_refused(
    include_str!("harbor_api/logs/tag-deletion-refused.log"),
    &["v1.0.1"], &[],
    Some("failed to delete the tag cj/del:v1.0.1 on the destination registry: the tag deletion isn't supported"), true
)]
fn what_harbor_logged_is_understood(
    #[case] log: &str,
    #[case] references: &[&str],
    #[case] copied: &[&str],
    #[case] reason: Option<&str>,
    #[case] has_ended: bool,
) {
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let expected = TaskLog {
        references: Some(owned(references)),
        copied: owned(copied),
        reason: reason.map(str::to_owned),
        has_ended,
    };
    assert_eq!(read(log), expected);
    assert_eq!(read(&log.replace('\n', "\r\n")), expected, "with the ends of lines of another system");
}

/// What was deleted elsewhere before is not there any more, as is meant.
#[rstest]
#[case::manifest("the artifact cj/del:v1 doesn't exist on the destination registry, skip")]
#[case::tag("the tag cj/del:v1 doesn't exist on the destination registry, skip")]
#[case::a_tag("the tag cj/del:v1 is deleted")]
#[case::manifest_refused(
    "failed to delete the manifest of artifact cj/del:v1 on the destination registry: http status code: 405"
)]
fn a_deletion_names_its_version(#[case] text: &str) {
    let read = read(&line("INFO", text));
    assert_eq!((read.references, read.has_ended), (Some(vec!["v1".to_owned()]), true));
}

#[test]
fn of_three_versions_the_one_that_failed_is_not_copied() {
    let read = read(&log("mars/mars-api", &["v1", "v2", "v3"], &["v1", "v3"]));
    assert_eq!(read.references.as_deref(), Some(&["v1", "v2", "v3"].map(str::to_owned)[..]));
    assert_eq!(read.copied, ["v1", "v3"]);
    assert_eq!(read.reason.as_deref(), Some("http status code: 403, body: denied"));
    assert!(read.has_ended);
}

/// A version that was copied in an earlier line and failed in a later one has failed.
#[test]
fn the_last_line_about_a_version_counts() {
    let copy = "copy a/b:v1(source registry) to c/b:v1(destination registry) completed";
    let again = "copying a/b:v1(source registry) to c/b:v1(destination registry)...";
    assert_eq!(read(&(line("INFO", copy) + &line("INFO", again))).copied, Vec::<String>::new());
    assert_eq!(read(&(line("INFO", again) + &line("INFO", copy))).copied, ["v1"]);
}

/// The parts of an index are named by their digests, in a repository that has a port in front of it.
#[test]
fn a_digest_is_a_reference_and_a_port_is_none() {
    let begin =
        "copying registry.example.com:5000/a/b:[v1,sha256:0f00](source registry) to c/b:[x](destination registry)";
    let copied =
        "copy registry.example.com:5000/a/b:sha256:0f00(source registry) to c/b:x(destination registry) completed";
    let read = read(&(line("INFO", begin) + &line("INFO", copied)));
    assert_eq!(read.references.as_deref(), Some(&["v1", "sha256:0f00"].map(str::to_owned)[..]));
    assert_eq!(read.copied, ["sha256:0f00"]);
}

#[rstest]
#[case::nothing("")]
#[case::no_log("<html>504 Gateway Time-out</html>")]
#[case::half_a_line("2026-11-24T17:43:28Z [ERROR] [/transfer.go")]
#[case::half_a_list("2026-11-24T17:43:28Z [INFO] [/transfer.go:1]: copying a/b:[v1,v2")]
#[case::nul("\u{0}\u{0}\u{0}\n\u{0}")]
#[case::colours("\u{1b}[31m\u{1b}[0m")]
fn what_is_no_log_says_nothing(#[case] text: &str) {
    assert_eq!(read(text), TaskLog::default());
}

#[test]
fn a_line_of_a_mebibyte_is_read_at_once_and_cut() {
    let begun = Instant::now();
    let text = line("ERROR", &"é 夢@:/\u{1b}[".repeat(1024 * 1024 / 11 + 1));
    assert!(text.len() > 1024 * 1024);
    let reason = read(&text).reason.unwrap();
    assert!(reason.len() <= 300 && reason.ends_with('…'), "{reason}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_reason_has_neither_colours_nor_control_characters() {
    assert_eq!(reason("\u{1b}[1;31mhttp status\u{0} code:\t403\u{1b}[0m"), "http status code: 403");
}

/// Harbor says the cause first, and then that there was one.
#[test]
fn the_most_telling_line_is_the_reason() {
    let vague = line("ERROR", "got error during the whole transfer period, mark the job failure");
    let plain = line("ERROR", "failed to push manifest of artifact a/b:v1");
    let cause = line("ERROR", "http status code: 403, body: denied");
    let of = |log: String| read(&log).reason.unwrap();
    assert!(of(format!("{vague}{plain}{cause}")).contains("403"));
    assert!(of(format!("{cause}{plain}{vague}")).contains("403"));
    assert!(of(format!("{vague}{plain}")).contains("failed to push"));
}

#[rstest]
#[case::with_a_scheme(
    "Get \"https://admin:s3cret-word@registry.example.com/v2/\": EOF",
    "registry.example.com/v2/\": EOF"
)]
#[case::without_one("dial admin:s3cret-word@registry.example.com: refused", "dial registry.example.com: refused")]
#[case::of_a_robot("https://robot$bell:s3cret-word@harbor.example.com", "https://harbor.example.com")]
#[case::a_slash_in_it("https://admin:s3cret/s3cret-word@registry.example.com/v2/", "https://registry.example.com/v2/")]
#[case::an_at_in_it("https://admin:s3cret@s3cret-word@registry.example.com", "https://registry.example.com")]
#[case::two("https://a:s3cret-word@a.example.com,https://b:s3cret-word@b.example.com", "b.example.com")]
#[case::with_a_digest("https://a:s3cret-word@b.example.com/v2/c@sha256:0f00", "https://b.example.com/v2/c@sha256:0f00")]
#[case::in_a_query(
    "Get \"https://auth.example.com/token?key=s3cret-word\": EOF",
    "https://auth.example.com/token?…\": EOF"
)]
#[case::basic("request with Basic czNjcmV0LXdvcmQ= failed", "request with Basic *** failed")]
#[case::bearer("sent \"Bearer eyJhbGciOi.s3cret-word\" in vain", "Bearer *** in vain")]
#[case::a_header("GET /v2/ Authorization: Basic s3cret-word", "GET /v2/ Authorization: ***")]
#[case::its_name_in_small_letters("authorization:s3cret-word", "authorization: ***")]
#[case::in_json("{\"Authorization\": \"Bearer s3cret-word\"}", "***")]
#[case::of_go("map[Authorization:[Basic s3cret-word] Accept:[*/*]]", "***")]
#[case::of_many_parts("Authorization: AWS4-HMAC-SHA256 Credential=s3cret-word, Signature=s3cret-word", "***")]
#[case::for_a_proxy("Proxy-Authorization: Digest username=\"a\", response=\"s3cret-word\"", "***")]
fn a_secret_does_not_come_out(#[case] text: &str, #[case] rest: &str) {
    for shown in [reason(text), one_line(text)] {
        assert!(!shown.contains("s3cret") && !shown.contains("czNj"), "{shown}");
        assert!(shown.contains(rest), "{shown}");
    }
}

#[rstest]
#[case("failed to pull mars/api@sha256:0f00 from registry.example.com:5000/mars/api@sha256:0f00")]
#[case("the user admin@example.com is denied: authorization failed")]
#[case("Bearer realm=\"https://auth.example.com/token\",service=\"x\": basic authentication is needed")]
#[case("https://registry.example.com/v2/mars/api/manifests/v1: 404")]
fn what_is_no_secret_stays(#[case] text: &str) {
    assert_eq!(one_line(text), text);
}

fn any_log() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        Just("copying ".to_owned()),
        Just("copy ".to_owned()),
        Just(" completed".to_owned()),
        Just("a/b:[v1,v2]".to_owned()),
        Just("a/b@sha256:".to_owned()),
        Just("(source registry) to ".to_owned()),
        Just("2026-11-24T17:43:28Z [ERROR] [/t.go:1]: ".to_owned()),
        Just("the tag ".to_owned()),
        Just(" on the destination registry".to_owned()),
        Just("https://a:b@".to_owned()),
        Just("Authorization:".to_owned()),
        Just("\n".to_owned()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_a_log_says_it_is_read(log in any_log()) {
        let read = read(&log);
        if let Some(reason) = read.reason {
            prop_assert!(reason.len() <= 300 && !reason.contains(char::is_control));
        }
        prop_assert!(read.copied.iter().all(|version| !version.is_empty()));
    }

    #[test]
    fn no_password_in_a_url_comes_out(
        before in "[ -~é夢]{0,40}",
        user in "[a-zA-Z$+._-]{1,12}",
        password in "[!#$%&*+,:;=a-zA-Z0-9._~/-]{6,20}",
        after in "[ -~é夢]{0,40}",
    ) {
        let password = format!("x9{password}9x");
        let shown = one_line(&format!("{before} https://{user}:{password}@registry.example.com/ {after}"));
        prop_assert!(!shown.contains(&password), "{}", shown);
    }
}
