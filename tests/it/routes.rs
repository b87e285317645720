//! Several groups: each hears what concerns it, and only that, in a form that its readers can see.

use std::collections::HashMap;
use std::path::PathBuf;

use harborbell::config::Config;
use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::{Answer, Standin};
use harborbell::model::event::{Event, Operation, ReplicationOutcome};
use harborbell::model::failure_grace::FailureGrace;
use harborbell::model::robot::Format;
use harborbell::route::{Globs, Route, Routing};
use harborbell::store::filter::Filter;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rstest::rstest;
use tempfile::TempDir;

use crate::process::{Process, run};
use crate::support::{ALIYUN, App, EXECUTION, HUAWEI, all_told, arrived, client, push, webhook, within};

/// Three groups with a stand-in each, and a file that routes to them.
struct Groups {
    release: Standin,
    operations: Standin,
    customer: Standin,
    folder: TempDir,
}

const EXAMPLE: &str = r#"
[robots.release]
url = "${RELEASE_URL}"

[robots.operations]
url = "${OPERATIONS_URL}"

[robots.customer]
url = "${CUSTOMER_URL}"
format = "text"

[[routes]]
robots = ["release"]
repository = "mars/*"

[[routes]]
robots = "operations"
outcome = "failed"
mention = ["zhangsan"]

[[routes]]
robots = "customer"
registry = "huawei-*"
mention = "@all"
"#;

impl Groups {
    async fn with(routes: &str) -> Self {
        let standin = async |name: &str| Standin::start(&format!("key-of-{name}"), None).await.unwrap();
        let groups = Self {
            release: standin("release").await,
            operations: standin("operations").await,
            customer: standin("customer").await,
            folder: TempDir::new().unwrap(),
        };
        groups.write(routes);
        groups
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("routes.toml")
    }

    fn write(&self, routes: &str) {
        std::fs::write(self.file(), routes).unwrap();
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("ROUTES_FILE", self.file().display().to_string()),
            ("RELEASE_URL", self.release.url()),
            ("OPERATIONS_URL", self.operations.url()),
            ("CUSTOMER_URL", self.customer.url()),
            ("WECOM_WEBHOOK_URL", String::new()),
        ]
    }

    async fn app(&self) -> App {
        let settings = self.settings();
        App::spawn_with(&settings.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>()).await
    }

    fn process(&self) -> Process {
        let settings = self.settings();
        let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        Process::start(self.folder.path(), "", &settings)
    }
}

fn contents(standin: &Standin) -> String {
    standin.shown().into_iter().map(|shown| shown.content + "\n").collect()
}

#[tokio::test]
async fn each_of_three_groups_hears_exactly_its_own() {
    let groups = Groups::with(EXAMPLE).await;
    let app = groups.app().await;
    let told =
        async |replication: Replication<'_>| app.post(replication.payload().to_string()).await.1["deliveries"].clone();
    assert_eq!(told(push("mars/api", &["v1"])).await, 1, "release");
    assert_eq!(told(push("venus/api", &["v2"])).await, 0, "nobody");
    assert_eq!(told(Replication { succeeded: false, ..push("mars/api", &["v3"]) }).await, 2, "release and operations");
    assert_eq!(told(Replication { succeeded: false, ..push("venus/api", &["v4"]) }).await, 1, "operations");
    assert_eq!(told(Replication { registry: HUAWEI, ..push("venus/api", &["v5"]) }).await, 1, "customer");
    assert_eq!(
        told(Replication { registry: HUAWEI, succeeded: false, ..push("mars/deep/er", &["v6"]) }).await,
        3,
        "all of them"
    );
    all_told(&app).await;
    let heard = |standin: &Standin| {
        let contents = contents(standin);
        (1..=6).filter(|number| contents.contains(&format!("v{number}"))).collect::<Vec<_>>()
    };
    assert_eq!(heard(&groups.release), [1, 3, 6]);
    assert_eq!(heard(&groups.operations), [3, 4, 6]);
    assert_eq!(heard(&groups.customer), [5, 6]);

    for shown in groups.operations.shown() {
        assert_eq!(shown.content.lines().last(), Some("<@zhangsan>"), "{}", shown.content);
        assert_eq!(shown.content.matches("zhangsan").count(), 1, "once in a digest, too");
    }
    for shown in groups.customer.shown() {
        assert_eq!((shown.format, shown.mentioned), (Format::Text, vec!["@all".to_owned()]));
        assert!(!shown.content.contains(['<', '`', '*']), "no marks: {}", shown.content);
    }
    assert!(!contents(&groups.release).contains("<@"));
}

/// Invariant 7: a broken, a throttled and a silent robot delay no other.
#[rstest]
#[case::broken(Answer::Errcode(93000, "invalid webhook url"))]
#[case::throttled(Answer::Errcode(45009, "api freq out of limit"))]
#[case::silent(Answer::ShowAndHang)]
#[tokio::test]
async fn invariant_7_a_robot_in_trouble_delays_no_other(#[case] trouble: Answer) {
    let groups = Groups::with(&EXAMPLE.replace("outcome = \"failed\"", "")).await;
    groups.operations.answer_always(Some(trouble));
    let app = groups.app().await;
    for number in 0..20 {
        app.accept(&push("mars/api", &[&format!("v{number}")]).payload()).await;
    }
    // The silent one holds its message for 10 s, and the others have all of theirs before its time is over.
    let told = groups.release.until(|_, shown| {
        let contents: String = shown.iter().map(|shown| shown.content.as_str()).collect();
        (0..20).all(|number| contents.contains(&format!("`v{number}`")))
    });
    tokio::time::timeout(std::time::Duration::from_secs(8), told).await.expect("the others are told meanwhile");
    let waiting = Filter { robot: Some("operations".into()), ..Filter::default() };
    assert!(
        app.store.list(&waiting, 50, None).await.unwrap().items.iter().all(|row| row.state.as_str() != "delivered")
    );
}

#[tokio::test]
async fn what_no_route_matches_goes_to_the_default_robot_if_there_is_one() {
    let groups = Groups::with(EXAMPLE).await;
    let default = Standin::start("key-of-default", None).await.unwrap();
    let (url, settings) = (default.url(), groups.settings());
    let mut settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    settings.push(("WECOM_WEBHOOK_URL", &url));
    let app = App::spawn_with(&settings).await;
    app.accept(&push("venus/api", &["v1"]).payload()).await;
    app.accept(&push("mars/api", &["v2"]).payload()).await;
    all_told(&app).await;
    assert!(contents(&default).contains("v1") && !contents(&default).contains("v2"));
    assert!(contents(&groups.release).contains("v2"));
}

/// A version that was told before is no news, so it brings an event to nobody.
#[tokio::test]
async fn a_route_looks_only_at_versions_that_are_news() {
    let groups = Groups::with(&EXAMPLE.replace("repository = \"mars/*\"", "version = \"v*\"")).await;
    let app = groups.app().await;
    app.accept(&push("mars/api", &["v1"]).payload()).await;
    let (_, answer) = app.post(push("mars/api", &["v1", "beta"]).payload().to_string()).await;
    assert_eq!((&answer["status"], &answer["deliveries"]), (&"accepted".into(), &0.into()), "beta is for nobody");
}

/// 500 events in the middle of which the routes change three times, and once to something broken.
#[tokio::test]
async fn sighup_under_load_loses_nothing_and_misleads_nothing() {
    let groups = Groups::with(EXAMPLE).await;
    let process = groups.process();
    let (client, url) = (client(), format!("{}/webhook/harbor", process.url));
    let only_even = EXAMPLE.replace("\"mars/*\"", "[\"mars/*\", \"jupiter/*\"]");
    let mut accepted = 0;
    for number in 0..500 {
        match number {
            100 | 300 => {
                groups.write(if number == 100 { &only_even } else { EXAMPLE });
                process.signal("-HUP");
                process.line_with("robots and routes are active");
            }
            200 => {
                groups.write("[robots.release]\nurl = \"${RELEASE_URL}\"\n\n[[routes]]\nrobots = [\"relese\"]\n");
                process.signal("-HUP");
                let line = process.line_with("is wrong; the earlier one stays active");
                assert!(line.contains("routes.toml:5:10") && line.contains("relese"), "{line}");
            }
            _ => {}
        }
        let project = ["mars", "jupiter", "venus"][number % 3];
        let version = format!("v{number}");
        let (references, repository) = ([version.as_str()], format!("{project}/api"));
        let payload = Replication { succeeded: number % 7 != 0, ..push(&repository, &references) }.payload();
        let answer = client.post(&url).body(payload.to_string()).send().await.unwrap();
        accepted += usize::from(answer.status().as_u16() == 202);
    }
    assert_eq!(accepted, 500);
    let expected = |number: usize| match number % 3 {
        0 => true,
        1 => (100..300).contains(&number),
        _ => false,
    };
    let release = |contents: &str, number: usize| contents.contains(&format!("`v{number}`"));
    within(
        "release hears its own",
        groups.release.until(|_, shown| {
            let contents: String = shown.iter().map(|shown| shown.content.as_str()).collect();
            (0..500).filter(|number| expected(*number)).all(|number| release(&contents, number))
        }),
    )
    .await;
    within(
        "operations hears its own",
        groups.operations.until(|_, shown| {
            let contents: String = shown.iter().map(|shown| shown.content.as_str()).collect();
            (0..500).filter(|number| number % 7 == 0).all(|number| contents.contains(&format!("`v{number}`")))
        }),
    )
    .await;
    let (heard, failures) = (contents(&groups.release), contents(&groups.operations));
    for number in 0..500 {
        let times = heard.matches(&format!("`v{number}`")).count();
        assert_eq!(times, usize::from(expected(number)), "v{number} in release");
        assert_eq!(failures.matches(&format!("`v{number}`")).count(), usize::from(number % 7 == 0), "v{number}");
    }
    assert!(groups.customer.shown().is_empty());
}

#[tokio::test]
async fn a_robot_that_vanished_keeps_what_waits_and_everybody_says_so() {
    let groups = Groups::with(EXAMPLE).await;
    groups.release.answer_always(Some(Answer::Errcode(93000, "invalid webhook url")));
    let process = groups.process();
    let post = |version: &'static str| {
        client().post(format!("{}/webhook/harbor", process.url)).body(arrived(version).to_string())
    };
    assert_eq!(post("v1").send().await.unwrap().status(), 202);
    // Recorded, so that it waits again.
    process.line_with("the robot is broken");
    // A shell without the service's environment knows no robot, and the service sends all the same.
    let elsewhere = run(groups.folder.path(), "", &["list"]);
    let elsewhere = String::from_utf8_lossy(&elsewhere.stdout);
    assert!(elsewhere.contains("release") && !elsewhere.contains("wait for robot"), "{elsewhere}");
    groups.write(&EXAMPLE.replace("release", "launch"));
    process.signal("-HUP");
    let line = process.line_with("they are not sent");
    assert!(line.contains("release") && line.contains("waiting=1"), "{line}");
    let ready: serde_json::Value =
        client().get(format!("{}/readyz", process.url)).send().await.unwrap().json().await.unwrap();
    let robots = ready["robots"].as_array().unwrap();
    let release = robots.iter().find(|robot| robot["name"] == "release").unwrap();
    assert_eq!((&release["state"], &release["waiting"]), (&"unconfigured".into(), &1.into()));
    let listed = listed(&groups, &["list"]);
    assert!(listed.contains("1 wait for robot release, and no service sends for it now"), "{listed}");

    // It comes back with its old name and a URL that works: what waited is told at once, though it was broken.
    groups.release.answer_always(None);
    let before = groups.release.seen().len();
    groups.write(&EXAMPLE.replace("${RELEASE_URL}", "${RELEASE_URL}&new=1"));
    process.signal("-HUP");
    within("it is told", groups.release.until(|_, shown| shown.len() == 1)).await;
    assert_eq!(groups.release.seen().len(), before + 1, "no further probe was needed");
}

fn listed(groups: &Groups, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(crate::support::program());
    let settings = groups.settings();
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let output =
        crate::process::environment(command.args(arguments), groups.folder.path(), "", &settings).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn a_file_can_be_tried_before_it_is_used() {
    let groups = Groups::with(EXAMPLE).await;
    let said = listed(&groups, &["check", "--routes"]);
    for expected in ["customer", "text", "repository mars/*", "outcome failed", "zhangsan", "goes to nobody"] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    let payload = groups.folder.path().join("payload.json");
    let failed = Replication { succeeded: false, registry: HUAWEI, ..push("mars/api", &["v1"]) };
    std::fs::write(&payload, failed.payload().to_string() + &push("venus/api", &["v2"]).payload().to_string()).unwrap();
    let said = listed(&groups, &["route", "payload.json"]);
    for expected in [
        "mars/api v1 failed at 华为仓",
        "release is notified by the route in line 12:",
        "operations is notified by the route in line 16, mentions zhangsan:",
        "│ <@zhangsan>",
        "customer is notified by the route in line 21, mentions @all:",
        "│ 镜像：mars/api",
        "venus/api v2 succeeded at 阿里仓\n  nobody is notified: no route matches it",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    let json: serde_json::Value =
        serde_json::from_str(listed(&groups, &["route", "payload.json", "--json"]).lines().next().unwrap()).unwrap();
    assert_eq!(json["robots"][1]["lines"], serde_json::json!([16]));
    // The plain setup has no file.
    assert!(
        String::from_utf8(run(groups.folder.path(), &groups.release.url(), &["check", "--routes"]).stdout)
            .unwrap()
            .contains("default")
    );
}

const ROBOT: &str = "[robots.a]\nurl = \"5ec2e700-beef\"\n";

/// Each fault with its place; what may be a robot's URL is never repeated.
#[rstest]
#[case::syntax("[robots.a\n", "1:10")]
#[case::unknown_key(
    "[robots.a]\nurl = \"5ec2e700-beef\"\nrate = 3\n",
    "3:1: \"rate\" is no key of a robot; use url, rate_per_minute, format"
)]
#[case::unknown_table("[robot.a]\n", "1:2: \"robot\" is no key of the file; is robots meant?")]
#[case::no_url("[robots.a]\nformat = \"text\"\n", "1:1: has no url")]
#[case::url_where_a_table_belongs(
    "[robots]\na = \"https://wecom.example.com/send?key=5ec2e700-beef\"\n",
    "2:5: is no table; use [robots.NAME]"
)]
#[case::not_set("[robots.a]\nurl = \"${NOT_SET}\"\n", "2:7: NOT_SET is not set")]
#[case::not_ended("[robots.a]\nurl = \"${RELEASE_URL\"\n", "2:7: has a ${ without its }")]
#[case::no_robot_url("[robots.a]\nurl = \"ftp://5ec2e700-beef\"\n", "2:7: is not a valid URL")]
#[case::the_same_url(
    "[robots.a]\nurl = \"5ec2e700-beef\"\n[robots.b]\nurl = \"5ec2e700-beef\"\n",
    "4:7: is the URL of robot \"a\", too"
)]
#[case::name("[robots.\"a b\"]\nurl = \"5ec2e700-beef\"\n", "1:9: \"a b\" is no name")]
#[case::rate("[robots.a]\nurl = \"5ec2e700-beef\"\nrate_per_minute = -1\n", "3:19: is no number of messages; use 18")]
#[case::format("[robots.a]\nurl = \"5ec2e700-beef\"\nformat = \"html\"\n", "3:10: \"html\" is no format")]
#[case::unknown_robot("R[[routes]]\nrobots = [\"a\", \"b\"]\n", "4:10: \"b\" is no robot")]
#[case::told_to_none("R[[routes]]\nrobots = []\n", "4:10: use a string")]
#[case::glob("R[[routes]]\nrobots = \"a\"\nproject = [\"x\", \"[z\"]\n", "5:11: \"[z\"")]
#[case::number("R[[routes]]\nrobots = \"a\"\nversion = 1\n", "5:11: use a string")]
#[case::outcome("R[[routes]]\nrobots = \"a\"\noutcome = \"Success\"\n", "5:11: \"Success\" is no outcome")]
#[case::userid("R[[routes]]\nrobots = \"a\"\nmention = \"<@all>\"\n", "5:11: \"<@all>\" is no user id")]
#[case::everybody("R[[routes]]\nrobots = \"a\"\nmention = \"@all\"\n", "5:11: \"@all\" acts in text only")]
#[case::a_url_in_the_braces(
    "[robots.a]\nurl = \"${https://x.example.com/send?key=5ec2e700-beef}\"\n",
    "2:7: has something else"
)]
#[case::a_key_in_the_braces("[robots.a]\nurl = \"${5ec2e700-beef}\"\n", "2:7: has something else")]
#[case::a_url_for_a_robot("R[[routes]]\nrobots = \"http://x/send?key=5ec2e700\"\n", "4:10: this is no robot")]
#[case::a_url_for_a_key(
    "[robots.a]\nurl = \"5ec2e700-beef\"\n\"http://x/send?key=5ec2e700\" = 1\n",
    "3:1: this is no key of a robot"
)]
#[case::a_url_for_a_format(
    "[robots.a]\nurl = \"5ec2e700-beef\"\nformat = \"http://x/send?key=5ec2e700\"\n",
    "3:10: this is no format"
)]
#[case::one_key_in_two_spellings(
    "[robots.a]\nurl = \"http://x/send?key=5ec2e700\"\n[robots.b]\nurl = \"HTTP://x:80/send?a=b&key=5ec2e700\"\n",
    "4:7: is the URL of robot \"a\", too"
)]
#[case::no_robots("R[[routes]]\nproject = \"a\"\n", "3:1: has no robots")]
#[case::a_misspelt_robot("R[[routes]]\nrobots = [\"a\", \"aa\"]\n", "4:10: \"aa\" is no robot; is \"a\" meant?")]
#[case::a_key_for_a_robot("R[[routes]]\nrobots = \"5ec2e700-beef\"\n", "4:10: this is no robot; add it")]
#[case::a_key_for_an_outcome(
    "R[[routes]]\nrobots = \"a\"\noutcome = \"5ec2e700-beef\"\n",
    "5:11: this is no outcome; use"
)]
#[case::routes_that_are_no_list("R[routes]\nrobots = \"a\"\n", "3:1: is no list of routes; begin each with [[routes]]")]
#[case::chinese_in_a_header(
    "[robots.运维]\nurl = \"5ec2e700-beef\"\n",
    "1:9: a name with other letters than A to Z needs quotes; quote it: [robots.\"运维\"]"
)]
#[case::chinese_in_a_key(
    "[robots]\n运维 = { url = \"5ec2e700-beef\" }\n",
    "2:1: a name with other letters than A to Z needs quotes; quote it: \"运维\""
)]
#[case::two_stars("R[[routes]]\nrobots = \"a\"\nrepository = \"mars/**\"\n", "5:14: \"mars/**\": use one *")]
fn a_fault_in_the_file_is_named_with_its_place(#[case] text: &str, #[case] fault: &str) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("routes.toml");
    std::fs::write(&path, text.replace("R[", &format!("{ROBOT}["))).unwrap();
    let values = [("ROUTES_FILE", path.display().to_string()), ("RELEASE_URL", "https://x.example.com/a".into())];
    let faults = Config::load(&values.map(|(key, value)| (key.to_owned(), value)).into()).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].key, "ROUTES_FILE");
    let expected = format!("{}:{fault}", path.display());
    assert!(faults[0].problem.starts_with(&expected), "{} does not begin with {expected}", faults[0].problem);
    assert!(!faults[0].problem.contains("5ec2e700"), "{}", faults[0].problem);
}

#[test]
fn all_faults_of_a_file_are_named_at_once_in_its_order() {
    let text = "[robots.a]\nurl = \"5ec2e700-beef\"\nfromat = \"html\"\nformat = \"html\"\n[robots.b]\n\n[[routes]]\nrobots = [\"a\", \"none\"]\noutcome = [\"failed\", \"lost\"]\nrepositry = \"x\"\nversion = \"[z\"\n[[routs]]\n";
    let expected = [
        "3:1: \"fromat\" is no key of a robot; is format meant?",
        "4:10: \"html\" is no format",
        "5:1: has no url",
        "8:10: \"none\" is no robot",
        "9:11: \"lost\" is no outcome",
        "10:1: \"repositry\" is no key of a route; is repository meant?",
        "11:11: \"[z\"",
        "12:3: \"routs\" is no key of the file; is routes meant?",
    ];
    let faults = faults_of(text);
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.contains(&format!("routes.toml:{expected}")), "{fault} does not say {expected}");
    }
    // Where it is no TOML, each line says so for itself.
    let faults = faults_of("[robots.运维]\nurl = https://x.example.com/send?key=abc\n[robots.b\n");
    let places: Vec<_> =
        faults.iter().map(|fault| fault.split("routes.toml:").nth(1).unwrap()[..2].to_owned()).collect();
    assert_eq!(places, ["1:", "2:", "3:"], "{faults:#?}");
}

/// The problems of a file with this text.
fn faults_of(text: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("routes.toml");
    std::fs::write(&path, text).unwrap();
    let values = [("ROUTES_FILE".to_owned(), path.display().to_string())];
    let faults = Config::load(&values.into()).err().unwrap_or_default();
    faults.into_iter().map(|fault| fault.problem).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    /// Invariant 5, for a file: wherever a robot's URL was pasted, whole or in part and with or without quotes, no fault
    /// says a part of its key.
    #[test]
    fn no_fault_of_the_file_repeats_a_part_of_a_key(
        place in 0..40usize,
        cut in (0..60usize, 0..60usize),
        quotes in select(&["", "\"", "'"][..]),
        wrap in select(&["", "${}", "[]", "运维"][..]),
    ) {
        const SECRET: &str = "5ec2e700-0f1e-4d2c-b3a4-95867a6bbeef";
        let url = format!("https://wecom.example.com/cgi-bin/webhook/send?key={SECRET}");
        let end = url.len() - cut.0.min(cut.1) % 37;
        let pasted = &url[(cut.0.max(cut.1)).min(end)..end];
        let pasted = match wrap {
            "${}" => format!("${{{pasted}}}"),
            "[]" => format!("[{quotes}{pasted}{quotes}]"),
            "运维" => format!("运维{pasted}"),
            _ => pasted.to_owned(),
        };
        let pasted = if wrap == "[]" { pasted } else { format!("{quotes}{pasted}{quotes}") };
        let sound = "[robots.a]\nurl = \"0123-not-a-key\"\nformat = \"text\"\n[[routes]]\nrobots = \"a\"\nversion = \"v*\"\noutcome = \"failed\"\nmention = [\"@all\"]\n";
        let words: Vec<_> = sound.split_inclusive([' ', '\n', '.', '[', ']', '"']).collect();
        let place = place % words.len();
        let ends = [' ', '\n', '.', '[', ']', '"'];
        let text: String = words.iter().enumerate().map(|(number, word)| match number == place {
            true => format!("{pasted}{}", word.trim_start_matches(|letter| !ends.contains(&letter))),
            false => (*word).to_owned(),
        }).collect();
        for fault in faults_of(&text) {
            for part in (0..=SECRET.len() - 8).map(|begin| &SECRET[begin..begin + 8]) {
                prop_assert!(!fault.contains(part), "{} in {} of\n{}", part, fault, text);
            }
        }
    }
}

#[test]
fn mentions_must_leave_room_for_the_news() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("routes.toml");
    let people: Vec<_> = (0..60).map(|number| format!("\"somebody-{number:010}\"")).collect();
    let text = format!("{ROBOT}[[routes]]\nrobots = \"a\"\nmention = [{}]\n", people.join(","));
    std::fs::write(&path, text).unwrap();
    let values = [("ROUTES_FILE".to_owned(), path.display().to_string())];
    let faults = Config::load(&values.into()).unwrap_err();
    assert!(faults[0].problem.contains(":3:1: takes the mentions of robot \"a\" to"), "{faults:?}");
}

// The law of routing, against a reference that is written as the words say it.

const TEXTS: [&str; 8] = ["", "mars", "mars/api", "mars/web", "阿里仓", "v1", "v1.2", "latest"];
const GLOBS: [&str; 10] = ["*", "mars*", "mars/*", "*/api", "v?", "v1*", "阿??", "latest", "[lm]*", "*a*"];
const ROBOTS: [&str; 4] = ["default", "red", "green", "blue"];
const PEOPLE: [&str; 3] = ["zhangsan", "lisi", "wangwu"];

#[derive(Clone, Debug)]
struct Written {
    robots: Vec<&'static str>,
    /// Project, repository, version, registry, description.
    globs: [Vec<&'static str>; 5],
    outcome: Vec<ReplicationOutcome>,
    mention: Vec<&'static str>,
}

fn outcome() -> impl Strategy<Value = ReplicationOutcome> {
    select(vec![ReplicationOutcome::Succeeded, ReplicationOutcome::Failed])
}

fn written() -> impl Strategy<Value = Written> {
    let globs = || prop_oneof![2 => Just(vec![]), 1 => vec(select(&GLOBS[..]), 1..3)];
    (
        subsequence(&ROBOTS[1..], 1..=3),
        [globs(), globs(), globs(), globs(), globs()],
        subsequence(vec![ReplicationOutcome::Succeeded, ReplicationOutcome::Failed], 0..=2),
        subsequence(&PEOPLE[..], 0..=2),
    )
        .prop_map(|(robots, globs, outcome, mention)| Written { robots, globs, outcome, mention })
}

fn event() -> impl Strategy<Value = Event> {
    let text = || select(&TEXTS[..]);
    (outcome(), [text(), text(), text(), text()], vec(text(), 0..3)).prop_map(
        |(outcome, [project, repository, registry, description], versions)| Event {
            outcome,
            project: project.into(),
            // One without is a rule's, and has conditions of its own.
            repository: if repository.is_empty() { "some/image".into() } else { repository.into() },
            versions: versions.into_iter().map(str::to_owned).collect(),
            registry: registry.into(),
            description: description.into(),
            ..webhook(&arrived("v1")).event
        },
    )
}

/// `*`, `?` and one class, by trying everything.
fn naive_match(glob: &[char], text: &[char]) -> bool {
    match (glob, text) {
        ([], _) => text.is_empty(),
        (['*', rest @ ..], _) => (0..=text.len()).any(|skipped| naive_match(rest, &text[skipped..])),
        (['?', rest @ ..], [_, after @ ..]) => naive_match(rest, after),
        (['[', a, b, ']', rest @ ..], [first, after @ ..]) => (first == a || first == b) && naive_match(rest, after),
        ([letter, rest @ ..], [first, after @ ..]) => letter == first && naive_match(rest, after),
        _ => false,
    }
}

fn one_matches(globs: &[&str], texts: &[&str]) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    globs.is_empty() || globs.iter().any(|glob| texts.iter().any(|text| naive_match(&chars(glob), &chars(text))))
}

fn naive(route: &Written, event: &Event) -> bool {
    let versions: Vec<_> = match event.versions.is_empty() {
        true => vec![""],
        false => event.versions.iter().map(String::as_str).collect(),
    };
    let texts: [&[&str]; 5] =
        [&[&event.project], &[&event.repository], &versions, &[&event.registry], &[&event.description]];
    (route.outcome.is_empty() || route.outcome.contains(&event.outcome))
        && route.globs.iter().zip(texts).all(|(globs, texts)| one_matches(globs, texts))
}

fn routing(routes: &[Written], has_default: bool) -> Routing {
    let globs = |patterns: &[&str]| Globs::new(patterns.iter().map(|pattern| glob::Pattern::new(pattern).unwrap()));
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let robots = &ROBOTS[usize::from(!has_default)..];
    let robot = |name: &&str| harborbell::model::robot::Robot {
        name: (*name).into(),
        url: "http://127.0.0.1:9/".into(),
        rate_per_minute: 0,
        format: Format::Markdown,
    };
    let route = |written: &Written| {
        let [project, repository, version, registry, description] = &written.globs;
        Route {
            line: 0,
            robots: owned(&written.robots),
            project: globs(project),
            repository: globs(repository),
            version: globs(version),
            registry: globs(registry),
            description: globs(description),
            outcome: written.outcome.clone(),
            operation: Vec::new(),
            mention: owned(&written.mention),
        }
    };
    Routing {
        robots: robots.iter().map(robot).collect(),
        routes: routes.iter().map(route).collect(),
        notify: vec![ReplicationOutcome::Succeeded, ReplicationOutcome::Failed],
        operations: vec![Operation::Copy, Operation::Delete],
        failure_grace: FailureGrace::default(),
    }
}

/// By what was done, and by what an event without a repository has.
#[rstest]
#[case::a_copy("operation = \"copy\"", Event { operation: Operation::Copy, ..image() }, true)]
#[case::a_deletion("operation = \"copy\"", Event { operation: Operation::Delete, ..image() }, false)]
#[case::both("operation = [\"copy\", \"delete\"]", Event { operation: Operation::Delete, ..image() }, true)]
#[case::may_be_either("operation = \"delete\"", Event { operation: Operation::Unconfirmed, ..image() }, true)]
#[case::a_rule_by_its_description("description = \"阿里*\"", rule_failed(""), true)]
#[case::a_rule_by_its_outcome("outcome = \"failed\"", rule_failed(""), true)]
#[case::a_rule_has_no_repository("repository = \"*\"", rule_failed(""), false)]
#[case::a_rule_has_no_version("version = \"*\"", rule_failed(""), false)]
#[case::a_rule_of_any_project("project = \"mars\"", rule_failed(""), false)]
#[case::a_rule_of_one_project("project = \"mars\"", rule_failed("mars"), true)]
fn what_was_done_is_a_condition(#[case] condition: &str, #[case] event: Event, #[case] matches: bool) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("routes.toml");
    std::fs::write(&path, format!("[robots.ops]\nurl = \"{ROBOT_URL}\"\n[[routes]]\nrobots = \"ops\"\n{condition}\n"))
        .unwrap();
    let values = HashMap::from([("ROUTES_FILE".to_owned(), path.display().to_string())]);
    let config = Config::load(&values).unwrap();
    assert_eq!(!config.routing.addressees(&event).is_empty(), matches);
}

#[test]
fn an_operation_can_be_left_out() {
    let load = |operations: &str| {
        let values = [("NOTIFY_OPERATIONS", operations), ("WECOM_WEBHOOK_URL", ROBOT_URL)];
        Config::load(&values.map(|(key, value)| (key.to_owned(), value.to_owned())).into()).unwrap().routing
    };
    let told = |operations: &str, operation| load(operations).notifies(&Event { operation, ..image() });
    assert!(told("copy,delete", Operation::Delete) && !told("copy", Operation::Delete));
    assert!(told("copy", Operation::Unconfirmed) && !told("delete", Operation::Copy));
}

const ROBOT_URL: &str = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=5ec2e700-0000-4000-8000-00000000beef";

fn image() -> Event {
    Event { project: "mars".into(), repository: "mars/mars-api".into(), versions: vec!["v1".into()], ..rule_failed("") }
}

fn rule_failed(project: &str) -> Event {
    let outcome = ReplicationOutcome::Failed;
    Event {
        outcome,
        project: project.into(),
        description: "阿里仓".into(),
        registry: "aliyun-acr".into(),
        ..Event::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// The robots that are told, and whom they call on, equal the reference's; and no event with a matching route is
    /// told to nobody.
    #[test]
    fn routing_does_what_the_words_say(routes in vec(written(), 0..6), event in event(), has_default: bool) {
        let matching: Vec<_> = routes.iter().filter(|route| naive(route, &event)).collect();
        let told = routing(&routes, has_default).addressees(&event);
        for robot in ROBOTS {
            let of_robot: Vec<_> = matching.iter().filter(|route| route.robots.contains(&robot)).collect();
            let is_fallback = robot == "default" && has_default && matching.is_empty();
            let found: Vec<_> = told.iter().filter(|addressee| addressee.robot == robot).collect();
            prop_assert_eq!(found.len(), usize::from(!of_robot.is_empty() || is_fallback), "{} for {:?}", robot, event);
            for addressee in found {
                let mut called = addressee.mentions.clone();
                called.sort_unstable();
                let wanted: Vec<_> = {
                    let all = PEOPLE.iter().filter(|person| of_robot.iter().any(|route| route.mention.contains(person)));
                    let mut all: Vec<_> = all.map(|person| (*person).to_owned()).collect();
                    all.sort_unstable();
                    all
                };
                prop_assert_eq!(called, wanted);
            }
        }
        prop_assert!(matching.is_empty() || !told.is_empty());
    }
}

/// Everybody whom both routes call on, and each robot once.
#[test]
fn two_routes_to_one_robot_are_one_delivery_with_all_mentions() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("routes.toml");
    let text = format!(
        "{ROBOT}[[routes]]\nrobots = \"a\"\nmention = [\"x\", \"y\"]\n[[routes]]\nrobots = \"a\"\nregistry = \"aliyun-*\"\nmention = [\"y\", \"z\"]\n"
    );
    std::fs::write(&path, text).unwrap();
    let config = Config::load(&[("ROUTES_FILE".to_owned(), path.display().to_string())].into()).unwrap();
    let replication = Replication { registry: ALIYUN, execution: EXECUTION, ..push("a/b", &["v1"]) };
    let told = config.routing.addressees(&webhook(&replication.payload()).event);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].mentions.as_slice(), told[0].by.as_slice()),
        (&["x", "y", "z"].map(str::to_owned)[..], &[3, 6][..])
    );
}
