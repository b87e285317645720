//! What the logs of real tasks say, and that no log, however strange, does harm.

use std::time::{Duration, Instant};

use harborbell::harbor::log::{TaskLog, read, reason};
use proptest::prelude::*;
use rstest::rstest;

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A log of a copy: its head, then these lines, each with its level.
fn copy(references: &str, lines: &[&str]) -> String {
    let place = "2026-11-24T17:43:28Z [INFO] [/build/src/controller/replication/transfer/image/transfer.go:183]: ";
    let head = format!(
        "{place}copying mars/api:[{references}](source registry) to x/api:[{references}](destination registry)...\n"
    );
    lines.iter().fold(head, |log, line| log + &place.replace("INFO", level(line)) + line + "\n")
}

fn level(line: &str) -> &'static str {
    let causes = ["failed", "got error", "http", "Get ", "unexpected", "Post "];
    if causes.iter().any(|cause| line.starts_with(cause)) { "ERROR" } else { "INFO" }
}

fn begin(version: &str) -> String {
    format!("copying mars/api:{version}(source registry) to x/api:{version}(destination registry)...")
}

fn end(version: &str) -> String {
    format!("copy mars/api:{version}(source registry) to x/api:{version}(destination registry) completed")
}

const GIVEN_UP: &str = "got error during the whole transfer period, mark the job failure";
const DENIED: &str = r#"http status code: 403, body: {"errors":[{"code":"DENIED","message":"no push to x/api:v2"}]}"#;

#[test]
fn a_copy_that_went_well() {
    let expected = TaskLog {
        references: Some(strings(&["v1.0.0"])),
        copied: strings(&["v1.0.0"]),
        ended: true,
        ..TaskLog::default()
    };
    assert_eq!(read(include_str!("harbor_api/log-retried-success.txt")), expected);
    assert_eq!(read(include_str!("harbor_api/log-signed.txt")), expected, "it was there already");
    assert_eq!(read(include_str!("harbor_api/log-success-4-tasks.txt")), expected);
}

#[test]
fn a_copy_that_failed_says_why() {
    let why = "Get \"http://r27022.example.com/v2/\": dial tcp r27022.example.com: connect: connection refused";
    let expected = TaskLog {
        references: Some(strings(&["v1.0.0"])),
        failed: vec![("v1.0.0".to_owned(), Some(why.to_owned()))],
        reason: Some(why.to_owned()),
        ended: true,
        ..TaskLog::default()
    };
    assert_eq!(read(include_str!("harbor_api/log-error-3-attempts.txt")), expected);
}

#[test]
fn a_copy_that_was_stopped_has_neither_arrived_nor_failed() {
    let log = read(include_str!("harbor_api/log-stopped.txt"));
    assert_eq!(log, TaskLog { references: Some(strings(&["v1.0.0"])), ..TaskLog::default() });
    let stopped =
        copy("v1,v2", &[&begin("v1"), "failed to pushing the blob sha256:0, size 3: EOF", "the job is stopped"]);
    let log = read(&stopped);
    assert_eq!((log.copied, log.failed, log.ended), (vec![], vec![], true));
}

#[test]
fn deletions() {
    let log = read(include_str!("harbor_api/log-artifact-deletion.txt"));
    assert_eq!((log.references, log.deleted), (Some(strings(&["v1.0.0"])), strings(&["v1.0.0"])));
    assert_eq!((log.copied, log.failed, log.reason), (vec![], vec![], None));

    let log = read(include_str!("harbor_api/log-tag-deletion-failed.txt"));
    let why = "the tag deletion isn't supported".to_owned();
    assert_eq!(log.failed, [("v1.0.1".to_owned(), Some(why.clone()))]);
    assert_eq!(
        (log.references, log.deleted, log.reason, log.ended),
        (Some(strings(&["v1.0.1"])), vec![], Some(why), true)
    );

    let gone = "2026-11-24T17:42:57Z [INFO] [/t.go:1]: the tag a/b:v1 is deleted\n\
                2026-11-24T17:42:57Z [INFO] [/t.go:1]: the tag a/b:v2 doesn't exist on the destination registry, skip\n\
                2026-11-24T17:42:57Z [INFO] [/t.go:1]: the artifact a/b:sha256:0f doesn't exist on the destination registry, skip\n\
                2026-11-24T17:42:57Z [ERROR] [/t.go:1]: failed to check the existence of the manifest of artifact a/b:v3 on the destination registry: EOF\n";
    let log = read(gone);
    assert_eq!(log.deleted, strings(&["v1", "v2", "sha256:0f"]));
    assert_eq!(log.failed, [("v3".to_owned(), Some("EOF".to_owned()))]);
    assert_eq!(log.references, Some(strings(&["v1", "v2", "sha256:0f", "v3"])));
}

#[test]
fn one_failing_version_does_not_hide_those_that_arrived() {
    let sentence = format!("failed to push manifest of artifact x/api:v2: {DENIED}");
    let there = "the artifact x/api:v3 already exists on the destination registry, skip";
    let lines = [&begin("v1"), &end("v1"), &begin("v2"), &sentence, DENIED, &begin("v3"), there, GIVEN_UP];
    let log = read(&copy("v1,v2,v3", &lines.map(|line| line.trim())));
    assert_eq!((log.copied, log.ended), (strings(&["v1", "v3"]), true));
    assert_eq!(log.failed, [("v2".to_owned(), Some(DENIED.to_owned()))]);
    assert_eq!(log.reason.as_deref(), Some(DENIED));
}

#[test]
fn a_version_without_a_clear_line_is_unknown() {
    let skipped = "the same name artifact x/api:v1 exists on the destination registry, but the \"override\" is set to false, skip";
    let log = read(&copy("v1,v2", &[&begin("v1"), skipped, &begin("v2"), "failed to pull the manifest: EOF"]));
    assert_eq!((log.references, log.copied, log.failed), (Some(strings(&["v1", "v2"])), vec![], vec![]));
    assert!(!log.ended, "the last one may yet be tried once more");
}

#[test]
fn a_part_that_failed_once_and_then_came_is_no_failure() {
    let blob = "failed to pushing the blob sha256:00, size 3: EOF";
    let lines = [&begin("v1"), blob, "will retry 2s later", &end("v1")];
    let log = read(&copy("v1", &lines.map(|line| line.trim())));
    assert_eq!((log.copied, log.failed), (strings(&["v1"]), vec![]));
}

/// The parts of a multi-arch image go by the words of a version, and may be versions of the same task.
#[test]
fn what_fails_in_a_part_fails_the_image() {
    let part = "failed to push manifest of artifact x/api:sha256:aa: unauthorized";
    let lines = [&begin("v1"), &begin("sha256:aa"), part, "failed", &begin("sha256:aa"), &end("sha256:aa"), GIVEN_UP];
    let log = read(&copy("v1,sha256:aa", &lines.map(|line| line.trim())));
    assert_eq!(log.copied, strings(&["sha256:aa"]));
    assert_eq!(log.failed.iter().map(|(version, _)| version.as_str()).collect::<Vec<_>>(), ["v1"]);
}

#[test]
fn a_try_that_begins_anew_counts_alone() {
    let first = copy("v1", &[&begin("v1"), "failed to pull the manifest of artifact mars/api:v1: EOF", GIVEN_UP]);
    let log = read(&(first + &copy("v1", &[&begin("v1")])));
    assert_eq!((log.failed, log.reason, log.ended), (vec![], None, false));
}

#[rstest]
#[case::webhook(include_str!("harbor_api/log-webhook-lost.txt"), Some(r#"exit webhook job, error: abnormal response code: 503, body: {"by":"lab"}"#))]
#[case::webhook_that_arrived(include_str!("harbor_api/log-webhook.txt"), None)]
#[case::nothing("", None)]
#[case::no_log("<html>\n<h1>ERROR</h1>", None)]
#[case::no_client(
    "2026-11-24T17:43:28Z [ERROR] [/a/b.go:1]: failed to create client for source registry: x509: certificate signed by unknown authority",
    Some("failed to create client for source registry: x509: certificate signed by unknown authority")
)]
#[case::short_cause(
    "2026-11-24T17:43:28Z [ERROR] [/a.go:1]: failed to pull the manifest: EOF\n2026-11-24T17:43:28Z [ERROR] [/a.go:1]: EOF",
    Some("failed to pull the manifest: EOF")
)]
#[case::several_lines(
    "2026-11-24T17:43:28Z [ERROR] [/a.go:1]: failed: {\n  \"code\": \"DENIED\"\n}\n2026-11-24T17:43:28Z [INFO] [/a.go:1]: x",
    Some("failed: { \"code\": \"DENIED\" }")
)]
#[case::colours("\u{1b}[31m2026-11-24T17:43:28Z [ERROR] [/a.go:1]: \u{1b}[1mno\u{1b}[0m way\u{7}", Some("no way"))]
#[case::places("2026-11-24T17:43:28Z [ERROR] [/a.go:1]: one [/build/src/b.go:22]: two", Some("one two"))]
fn the_reason_is_one_plain_line(#[case] log: &str, #[case] expected: Option<&str>) {
    assert_eq!(read(log).reason.as_deref(), expected);
}

#[rstest]
#[case(r#"Get "https://robot:s3cr3t-s3cr3t@r.example.com/v2/": EOF"#, r#"Get "https://***@r.example.com/v2/": EOF"#)]
#[case("Authorization: Basic s3cr3t-s3cr3t==", "Authorization: ***")]
#[case(
    "map[Accept:[*/*] Authorization:[Bearer s3cr3t-s3cr3t]] was sent",
    "map[Accept:[*/*] Authorization:***]] was sent"
)]
#[case(r#"{"authorization":"Basic s3cr3t-s3cr3t","code":"DENIED"}"#, r#"{"authorization":***","code":"DENIED"}"#)]
#[case(r#"{"access_token": "s3cr3t-s3cr3t", "code": 1}"#, r#"{"access_token": "***", "code": 1}"#)]
#[case(r#"{\"password\":\"s3cr3t-s3cr3t\"}"#, r#"{\"password\":\"***\"}"#)]
#[case("sent Bearer s3cr3t-s3cr3t to it", "sent Bearer *** to it")]
#[case("Get https://s.example.com/b?X-Amz-Signature=s3cr3t-s3cr3t: 403", "Get https://s.example.com/b?*** 403")]
#[case("the password: s3cr3t-s3cr3t is wrong", "the password: *** is wrong")]
#[case("secret=s3cr3t-s3cr3t&x=1", "secret=***&x=1")]
#[case("failed to fetch token: s3cr3t-s3cr3t-s3cr3t", "failed to fetch token: ***")]
#[case(
    "failed to fetch token: unauthorized (Basic authentication)",
    "failed to fetch token: unauthorized (Basic authentication)"
)]
fn a_secret_does_not_come_out_of_a_log(#[case] text: &str, #[case] expected: &str) {
    let log = read(&format!("2026-11-24T17:43:28Z [ERROR] [/a.go:1]: {text}"));
    assert_eq!(log.reason.as_deref(), Some(expected));
}

#[test]
fn a_reason_is_cut_between_characters_after_its_secrets_are_hidden() {
    let text = format!("2026-11-24T17:43:28Z [ERROR] [/a.go:1]: {}x https://u:s3cr3t-s3cr3t@h", "仓".repeat(97));
    let reason = read(&text).reason.unwrap();
    assert!(reason.len() <= 300 && reason.ends_with('…') && !reason.contains("s3c"), "{reason}");
}

/// Whatever is in a password, and whether or not the address has its scheme. An address of a person is none, nor is the
/// digest of an image.
#[rstest]
#[case("dial admin:s3cr3t-s3cr3t@r.example.com:443: refused", "dial ***@r.example.com:443: refused")]
#[case("https://admin:s3cr3t/s3cr3t@r.example.com/v2/: EOF", "https://***@r.example.com/v2/: EOF")]
#[case("https://admin:s3cr3t@s3cr3t?@r.example.com", "https://***@r.example.com")]
#[case("http://a:s3cr3t-s3cr3t@b.example.com/v2/c@sha256:0f00", "http://***@b.example.com/v2/c@sha256:0f00")]
#[case("https://robot$x+y:s3cr3t-s3cr3t@r.example.com,x:s3cr3t-s3cr3t@y", "https://***@y")]
#[case("pull r.example.com:5000/mars/api@sha256:0f00", "pull r.example.com:5000/mars/api@sha256:0f00")]
#[case("admin@example.com is denied: 403", "admin@example.com is denied: 403")]
fn an_account_in_an_address_does_not_come_out(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(reason(text), expected);
    let log = read(&format!("2026-11-24T17:43:28Z [ERROR] [/a.go:1]: {text}"));
    assert_eq!(log.reason.as_deref(), Some(expected));
}

#[rstest]
#[case::nothing("")]
#[case::no_log("<html>504 Gateway Time-out</html>")]
#[case::half_a_line("2026-11-24T17:43:28Z [ERROR")]
#[case::nul("\u{0}\u{0}\u{0}\n\u{0}")]
#[case::colours("\u{1b}[31m\u{1b}[0m")]
fn what_is_no_log_says_nothing(#[case] text: &str) {
    assert_eq!(read(text), TaskLog::default());
}

#[test]
fn a_line_of_a_mebibyte_is_read_at_once_and_cut() {
    let begun = Instant::now();
    let text = format!("2026-11-24T17:43:28Z [ERROR] [/a.go:1]: {}", "é 夢@:/\u{1b}[".repeat(1024 * 1024 / 11 + 1));
    assert!(text.len() > 1024 * 1024);
    let reason = read(&text).reason.unwrap();
    assert!(reason.len() <= 300 && reason.ends_with('…'), "{reason}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// As many versions as half of a log can name, and as many lines about one of them as the other half has room for.
#[test]
fn a_log_of_many_versions_is_read_at_once() {
    let begun = Instant::now();
    let versions: Vec<_> = (0..80_000).map(|number| format!("v{number}")).collect();
    let arrived = "the artifact x/api:v79999 already exists on the destination registry, skip";
    let log = read(&copy(&versions.join(","), &[arrived; 4_000]));
    assert_eq!((log.references.unwrap().len(), log.copied), (80_000, strings(&["v79999"])));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// Where secrets stand in what Harbor and registries write.
const PLACES: [&str; 9] = [
    r#"Get "https://robot$x:SECRET@r.example.com/v2/": EOF"#,
    "GET /v2/ Authorization: Digest username=\"u\", response=\"SECRET\"",
    "map[Authorization:[Basic SECRET] Cookie:[sid=SECRET]]",
    "Set-Cookie: a=1; sid=SECRET; Path=/",
    r#"{"username": "u", "password": "SECRET", "code": 401}"#,
    r#"body: {\"access_token\":\"SECRET\",\"token\":\"SECRET\"}"#,
    "proxy http://u:SECRET@p.example.com: Bearer SECRET refused",
    "Put https://b.example.com/x?X-Amz-Credential=SECRET&X-Amz-Signature=SECRET: 403",
    "access_key=SECRET, secret_key: SECRET",
];

proptest! {
    #[test]
    fn no_secret_comes_out_of_any_place(at in 0..PLACES.len(), secret in "[A-Za-z0-9._~+=-]{8,30}[0-9]") {
        let text = PLACES[at].replace("SECRET", &secret);
        let reason = read(&format!("2026-11-24T17:43:28Z [ERROR] [/a.go:1]: {text}")).reason.unwrap();
        prop_assert!(!reason.contains(&secret) && reason.contains("***"), "{}", reason);
    }

    #[test]
    fn no_password_in_an_address_comes_out(
        scheme in "(https?://)?",
        user in "[a-zA-Z$+._-]{1,12}",
        password in "[!#$%&*+,:;=a-zA-Z0-9._~/?@-]{6,20}",
        after in "[ -~é夢]{0,40}",
    ) {
        let password = format!("x9{password}9x");
        let shown = reason(&format!("dial {scheme}{user}:{password}@r.example.com {after}"));
        prop_assert!(!shown.contains(&password), "{}", shown);
    }

    #[test]
    fn any_text_is_read(lines in prop::collection::vec(
        "(2026-11-24T17:43:28Z \\[(INFO|ERROR)\\] (\\[/a.go:1\\]: )?)?\
         ((copying|copy) a/b:(\\[(v1|,|v2){0,3}\\]|v1|v2)?\\(source registry\\) to c/b:x\\(destination registry\\)( completed)?\
         |the (artifact|tag) a/b:v[12] (is deleted|already exists on the destination registry)\
         |failed to delete the tag .{0,9} on the destination registry: .{0,9}|got error during the whole transfer period|\\PC{0,9})", 0..12))
    {
        let log = read(&lines.join("\n"));
        if let Some(reason) = &log.reason {
            prop_assert!(reason.len() <= 300 && !reason.contains(char::is_control));
        }
        let references = log.references.unwrap_or_default();
        let told = log.copied.iter().chain(log.failed.iter().map(|(version, _)| version)).chain(&log.deleted);
        for version in told {
            prop_assert!(references.contains(version), "{} of {:?}", version, references);
        }
        prop_assert!(log.failed.iter().all(|(version, _)| !log.copied.contains(version)));
    }
}
