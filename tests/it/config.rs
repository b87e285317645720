//! Wrong configuration: every fault at once, by its key, and no secret in any of them.

use std::collections::HashMap;

use harborbell::config::{Config, Fault, KEYS, Need};
use harborbell::model::clock::{MINUTE, SECOND};
use rstest::rstest;
use secrecy::ExposeSecret;

const KEY: &str = "5ec2e700-0000-4000-8000-00000000beef";

fn load(settings: &[(&str, &str)]) -> Result<Config, Vec<Fault>> {
    let values: HashMap<_, _> = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::load(&values)
}

/// As `serve` and `check` read it.
fn to_serve(settings: &[(&str, &str)]) -> Vec<Fault> {
    let values = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::load_for(Need::Serving, &values, Vec::new()).err().unwrap_or_default()
}

fn only_fault(key: &str, value: &str) -> String {
    let faults = load(&[(key, value)]).expect_err(value);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].key, key);
    faults[0].problem.clone()
}

#[test]
fn the_defaults_are_the_interfaces() {
    let config = load(&[]).unwrap();
    assert_eq!(config.listen_addr.to_string(), "127.0.0.1:8080");
    assert_eq!(config.retry.initial_interval, 2 * SECOND);
    assert_eq!(config.retry.max_interval, 10 * MINUTE);
    assert_eq!(config.retry.max_elapsed, 72 * 60 * MINUTE);
    assert_eq!(config.timezone.iana_name(), Some("Asia/Shanghai"));
}

#[rstest]
#[case("LISTEN_ADDR", "8080")]
#[case("DATABASE_URL", "mysql://x")]
#[case("DATABASE_URL", "sqlite::memory:")]
#[case("WECOM_BASE_URL", "qyapi")]
#[case("WECOM_RATE_PER_MINUTE", "fast")]
#[case("WECOM_TIMEOUT", "13s")]
#[case("WECOM_TIMEOUT", "10")]
#[case("HARBOR_AUTH_HEADER", "tab\there")]
#[case("HARBOR_URL", "javascript:alert(1)")]
#[case("ALLOW_ANONYMOUS", "perhaps")]
#[case("NOTIFY_OUTCOMES", "succeeded,stopped")]
#[case("NOTIFY_DIGEST_ONLY", "2")]
#[case("MESSAGE_LANGUAGE", "fr")]
#[case("MESSAGE_TEMPLATE", "no-such-file.jinja")]
#[case("TIMEZONE", "Mars/Olympus")]
#[case("RETRY_INITIAL_INTERVAL", "0s")]
#[case("RETRY_INITIAL_INTERVAL", "-3s")]
#[case("RETRY_MULTIPLIER", "0.5")]
#[case("RETRY_MULTIPLIER", "NaN")]
#[case("RETRY_RANDOMIZATION_FACTOR", "1.5")]
#[case("RETRY_MAX_INTERVAL", "1s")]
#[case("RETRY_MAX_ELAPSED", "soon")]
#[case("LOG_FORMAT", "xml")]
#[case("RUST_LOG", "harborbell=loud")]
#[case("RUST_LOG", "harborbell[span]=debug")]
#[case("RUST_LOG", "nonsense")]
#[case("RUST_LOG", "info;warn")]
#[case("RUST_LOG", "warn, harborbell=debug")]
fn a_wrong_value_is_a_fault_of_its_key(#[case] key: &str, #[case] value: &str) {
    assert!(!only_fault(key, value).is_empty());
}

#[test]
fn all_faults_are_named_at_once() {
    let faults =
        load(&[("LISTEN_ADDR", "x"), ("TIMEZONE", "x"), ("LOG_FORMAT", "x"), ("MESSAGE_TEMPLATE", "x")]).unwrap_err();
    let mut keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["LISTEN_ADDR", "LOG_FORMAT", "MESSAGE_TEMPLATE", "TIMEZONE"]);
}

/// Also of a key that several parts of the configuration need.
#[test]
fn a_fault_is_named_once() {
    for key in KEYS {
        let faults = load(&[(key.name, "é")]).err().unwrap_or_default();
        let named: Vec<_> = faults.iter().filter(|fault| fault.key == key.name).collect();
        assert!(named.len() <= 1, "{named:?}");
    }
    assert!(only_fault("PUBLIC_URL", "harborbell.example.com").contains("begins with https:// or http://"));
}

#[test]
fn the_longest_time_of_a_message_is_said() {
    assert_eq!(only_fault("WECOM_TIMEOUT", "13s"), "13s is too long; a message may take 12s at most");
}

#[rstest]
#[case::bare(KEY, Some("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=5ec2e700-0000-4000-8000-00000000beef"))]
#[case::whole(
    "http://wecom.example.com/cgi-bin/webhook/send?key=abc",
    Some("http://wecom.example.com/cgi-bin/webhook/send?key=abc")
)]
#[case::no_key("https://qyapi.weixin.qq.com/cgi-bin/webhook/send", None)]
#[case::the_documentations_own("693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa", None)]
#[case::the_documentations_url(
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa",
    None
)]
#[case::half_a_url("key=5ec2e700-0000-4000-8000-00000000beef", None)]
#[case::another_scheme("ftp://wecom.example.com/?key=5ec2e700", None)]
fn a_robot_is_named_by_its_url_or_its_key(#[case] value: &str, #[case] expected: Option<&str>) {
    match (load(&[("WECOM_WEBHOOK_URL", value)]), expected) {
        (Ok(config), Some(url)) => assert_eq!(config.routing.robots[0].url.expose_secret(), url),
        (Err(faults), None) => assert!(!faults[0].problem.contains(value), "a fault repeats no secret"),
        (other, _) => panic!("{other:?}"),
    }
}

/// A copied URL of another product would be answered 404 at best.
#[rstest]
#[case("https://open.feishu.cn/open-apis/bot/v2/hook/5ec2e700-beef", "Feishu")]
#[case("https://open.larksuite.com/open-apis/bot/v2/hook/5ec2e700-beef", "Lark")]
#[case("https://OAPI.dingtalk.com/robot/send?access_token=5ec2e700", "DingTalk")]
#[case("https://hooks.slack.com/services/T0/B0/5ec2e700", "Slack")]
fn a_robot_of_another_product_is_refused(#[case] url: &str, #[case] product: &str) {
    let problem = only_fault("WECOM_WEBHOOK_URL", url);
    assert!(problem.contains(product) && problem.contains("WeCom") && !problem.contains("5ec2e700"), "{problem}");
    assert!(load(&[("WECOM_WEBHOOK_URL", "https://wecom.notslack.com/send?key=5ec2e700")]).is_ok());
}

/// A URL that was pasted under the wrong key is not repeated, nor is a bare key; what cannot be either is.
#[test]
fn no_fault_repeats_what_may_be_a_robots_url() {
    for name in KEYS.iter().map(|key| key.name) {
        for value in
            [KEY, &format!("https://wecom.example.com/send?key={KEY}"), &format!("a,{KEY}"), &format!("key={KEY}")]
        {
            let faults = load(&[(name, value)]).err().unwrap_or_default();
            assert!(!format!("{faults:?}").contains("5ec2e700"), "{faults:?}");
        }
    }
    assert!(only_fault("TIMEZONE", "Mars/Olympus").contains("Mars/Olympus"));
}

#[test]
fn a_private_deployment_takes_a_bare_key() {
    let config = load(&[("WECOM_WEBHOOK_URL", KEY), ("WECOM_BASE_URL", "https://wecom.example.com/api/")]).unwrap();
    assert_eq!(
        config.routing.robots[0].url.expose_secret(),
        &format!("https://wecom.example.com/api/cgi-bin/webhook/send?key={KEY}")
    );
    assert!(only_fault("WECOM_BASE_URL", "https://wecom.example.com/?key=abc").contains("WECOM_WEBHOOK_URL"));
}

#[rstest]
#[case::loopback(&[], true)]
#[case::open(&[("LISTEN_ADDR", "0.0.0.0:8080")], false)]
#[case::open_v6(&[("LISTEN_ADDR", "[::]:8080")], false)]
#[case::with_header(&[("LISTEN_ADDR", "0.0.0.0:8080"), ("HARBOR_AUTH_HEADER", "x")], false)]
#[case::with_token(&[("LISTEN_ADDR", "0.0.0.0:8080"), ("ADMIN_TOKEN", "a-token-for-tests")], false)]
#[case::guarded(&[("LISTEN_ADDR", "0.0.0.0:8080"), ("HARBOR_AUTH_HEADER", "x"), ("ADMIN_TOKEN", "a-token-for-tests")], true)]
#[case::on_purpose(&[("LISTEN_ADDR", "0.0.0.0:8080"), ("ALLOW_ANONYMOUS", "true")], true)]
fn listening_beyond_loopback_needs_guards_or_a_decision(#[case] settings: &[(&str, &str)], #[case] fine: bool) {
    let settings = [settings, &[("WECOM_WEBHOOK_URL", KEY)]].concat();
    let faults = to_serve(&settings);
    assert_eq!(faults.is_empty(), fine, "{faults:?}");
    let ways = ["HARBOR_AUTH_HEADER", "ADMIN_TOKEN", "ALLOW_ANONYMOUS"];
    assert!(fine || ways.iter().all(|way| faults[0].problem.contains(way)), "{faults:?}");
}

/// What is missing is named beside what is wrong, and what is wrong is not said to be missing, too.
#[rstest]
#[case::all_missing(&[("LISTEN_ADDR", "0.0.0.0:80"), ("TIMEZONE", "x")], &["LISTEN_ADDR", "TIMEZONE", "WECOM_WEBHOOK_URL"])]
#[case::no_header(&[("LISTEN_ADDR", "0.0.0.0:80"), ("ADMIN_TOKEN", "short"), ("MESSAGE_TEMPLATE", "x"), ("WECOM_WEBHOOK_URL", KEY)],
    &["ADMIN_TOKEN", "LISTEN_ADDR", "MESSAGE_TEMPLATE"])]
#[case::all_wrong(&[("LISTEN_ADDR", "0.0.0.0:80"), ("ADMIN_TOKEN", "short"), ("HARBOR_AUTH_HEADER", "\t\u{1}"), ("WECOM_WEBHOOK_URL", "x")],
    &["ADMIN_TOKEN", "HARBOR_AUTH_HEADER", "WECOM_WEBHOOK_URL"])]
#[case::robots_unknown(&[("ROUTES_FILE", "no-such-file.toml")], &["ROUTES_FILE"])]
fn what_serving_needs_is_named_with_all_else(#[case] settings: &[(&str, &str)], #[case] expected: &[&str]) {
    let mut keys: Vec<_> = to_serve(settings).into_iter().map(|fault| fault.key).collect();
    keys.sort_unstable();
    assert_eq!(keys, expected);
}

#[test]
fn a_robot_never_shows_its_url() {
    let config = load(&[("WECOM_WEBHOOK_URL", KEY)]).unwrap();
    assert!(!format!("{config:?}").contains("5ec2e700"));
}

#[test]
fn every_key_is_known_once() {
    let mut names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), KEYS.len());
}

#[rstest]
#[case("ADMIN_TOKEN", "fifteen-letters", Some("openssl rand"))]
#[case("READ_TOKEN", "brief", Some("openssl rand"))]
#[case("ADMIN_TOKEN", "sixteen-letters!", None)]
#[case("PUBLIC_URL", "harborbell.example.com", Some("https://"))]
#[case("PUBLIC_URL", "https://example.com/harborbell", Some("an address"))]
#[case("PUBLIC_URL", "https://harborbell.example.com", None)]
fn a_token_has_a_length_and_the_public_address_no_path(
    #[case] key: &str,
    #[case] value: &str,
    #[case] expected: Option<&str>,
) {
    match (load(&[(key, value)]), expected) {
        (Ok(_), None) => {}
        (Err(faults), Some(advice)) => {
            assert_eq!(faults[0].key, key);
            assert!(!faults[0].problem.contains(value), "a fault repeats no secret");
            assert!(faults[0].problem.contains(advice), "{}", faults[0].problem);
        }
        (other, _) => panic!("{other:?}"),
    }
}

/// What it takes to ask Harbor's API.
const API: [(&str, &str); 3] = [
    ("HARBOR_URL", "https://harbor.example.com"),
    ("HARBOR_USERNAME", "robot$bell"),
    ("HARBOR_PASSWORD", "s3cret-word"),
];

#[test]
fn with_an_account_harbors_api_is_asked() {
    let api = load(&API).unwrap().harbor_api.unwrap();
    assert_eq!((api.username.as_str(), api.password.expose_secret()), ("robot$bell", "s3cret-word"));
    assert_eq!((api.poll_interval, api.reconcile_delay, api.backfill_max_age), (MINUTE, 4 * MINUTE, 72 * 60 * MINUTE));
    assert!(load(&API[..1]).unwrap().harbor_api.is_none(), "without one it is not");
    assert!(!format!("{:?}", load(&API).unwrap()).contains("s3cret"));
}

#[rstest]
#[case::no_password("HARBOR_PASSWORD", "HARBOR_USERNAME")]
#[case::no_user("HARBOR_USERNAME", "HARBOR_PASSWORD")]
#[case::no_address("HARBOR_URL", "HARBOR_USERNAME")]
fn half_an_account_is_a_fault_of_what_is_missing(
    #[case] missing: &str,
    #[case] because: &str,
    #[values(true, false)] is_empty: bool,
) {
    let settings: Vec<_> = API
        .into_iter()
        .filter_map(|(key, value)| if key == missing { is_empty.then_some((key, "")) } else { Some((key, value)) })
        .collect();
    let faults = load(&settings).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].key == missing && faults[0].problem.contains("is not set") && faults[0].problem.contains(because)
    );
    assert!(!format!("{faults:?}").contains("s3cret"), "{faults:?}");
}

#[rstest]
#[case::too_often("HARBOR_POLL_INTERVAL", "9s", "shorter than 10s")]
#[case::too_rarely("HARBOR_POLL_INTERVAL", "61m", "longer than an hour")]
#[case::no_unit("HARBOR_POLL_INTERVAL", "60", "60")]
#[case::no_delay("HARBOR_RECONCILE_DELAY", "0s", "out of range")]
#[case::no_age("HARBOR_BACKFILL_MAX_AGE", "long", "long")]
#[case::no_file("HARBOR_CA_FILE", "no-such-folder/ca.pem", "cannot read no-such-folder/ca.pem")]
#[case::a_folder("HARBOR_CA_FILE", "tests/", "cannot read tests/")]
#[case::no_certificate("HARBOR_CA_FILE", "Cargo.toml", "no certificate in PEM")]
#[case::only_a_key("HARBOR_CA_FILE", "tests/it/harbor_api/tls/server.key", "no certificate in PEM")]
#[case::a_password("HARBOR_PASSWORD", "s3cret\tword", "printable ASCII")]
#[case::an_account_in_it(
    "HARBOR_URL",
    "https://admin:s3cret-word@harbor.example.com",
    "HARBOR_USERNAME and HARBOR_PASSWORD"
)]
fn a_fault_of_harbors_api_says_what_is_wrong(#[case] key: &str, #[case] value: &str, #[case] says: &str) {
    // Also where nothing is asked of the API: a key that is wrong is said before it is needed.
    let settings: Vec<_> = API.into_iter().filter(|(known, _)| *known != key).chain([(key, value)]).collect();
    let faults = load(&settings).unwrap_err();
    let fault = faults.iter().find(|fault| fault.key == key).unwrap_or_else(|| panic!("{faults:?}"));
    assert!(fault.problem.contains(says), "{faults:?}");
    assert!(!format!("{faults:?}").contains("s3cret"), "{faults:?}");
}

#[rstest]
#[case::at_least("HARBOR_POLL_INTERVAL", "10s")]
#[case::at_most("HARBOR_POLL_INTERVAL", "1h")]
#[case::a_ca("HARBOR_CA_FILE", "tests/it/harbor_api/tls/ca.pem")]
fn what_is_in_range_is_taken(#[case] key: &str, #[case] value: &str) {
    let api = load(&[&API[..], &[(key, value)]].concat()).unwrap().harbor_api.unwrap();
    assert_eq!(api.place.ca.is_some(), key == "HARBOR_CA_FILE");
}
