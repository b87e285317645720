//! Which repositories and versions a rule means, as Harbor sees it.

use std::time::{Duration, Instant};

use harborbell::harbor::answers::Policy;
use harborbell::harbor::pattern::{first_components, matches};
use proptest::prelude::*;
use regex_lite::Regex;
use rstest::rstest;
use serde_json::{Value, json};

/// Harbor's own library (doublestar 1.3.4) gave these answers; null where it finds fault with the pattern.
#[test]
fn patterns_match_as_they_do_in_harbor() {
    let cases: Vec<(String, String, Option<bool>)> =
        serde_json::from_str(include_str!("harbor_api/patterns.json")).unwrap();
    assert_eq!(cases.len(), 600);
    for (pattern, name, expected) in cases {
        assert_eq!(matches(&pattern, &name), expected, "{pattern:?} {name:?}");
    }
}

/// A pattern of whole components as a regular expression.
fn as_regex(components: &[String]) -> Regex {
    let mut text = String::from("^");
    for (index, component) in components.iter().enumerate() {
        let is_last = index + 1 == components.len();
        if component == "**" {
            text.push_str(if is_last { ".*" } else { "(?:[^/]*/)*" });
            continue;
        }
        for character in component.chars() {
            match character {
                '*' => text.push_str("[^/]*"),
                '?' => text.push_str("[^/]"),
                other => text.push(other),
            }
        }
        text.push_str(if is_last { "$" } else { "/" });
    }
    Regex::new(&text).unwrap()
}

proptest! {
    #[test]
    fn simple_patterns_are_regular_expressions(
        components in prop::collection::vec("[ab]{1,2}|[ab]?\\*[ab]?|\\?[ab]?|\\*\\*", 1..4),
        name in "[ab]{1,2}(/[ab]{1,2}){0,3}",
    ) {
        prop_assert_eq!(matches(&components.join("/"), &name), Some(as_regex(&components).is_match(&name)));
    }

    /// No pattern takes long or panics, and what it can only mean is what it means.
    #[test]
    fn whatever_matches_is_in_a_project_that_was_listed(
        pattern in "[ab{},*?/\\[\\]^\\\\-]{0,20}",
        name in "[ab]{1,2}/[ab/]{1,3}",
    ) {
        if let (Some(true), Some(projects)) = (matches(&pattern, &name), first_components(&pattern)) {
            let project = name.split('/').next().unwrap().to_owned();
            prop_assert!(projects.contains(&project), "{:?} lists {:?} but matches {}", pattern, projects, name);
        }
    }
}

#[test]
fn a_pattern_that_would_take_for_ever_has_no_answer() {
    let alternatives = "{a,a,a,a}".repeat(40);
    assert_eq!(matches(&format!("{alternatives}b"), &"a".repeat(40)), None);
    let stars = format!("{}b", "*a".repeat(30));
    assert_eq!(matches(&stars, &"a".repeat(60)), None);
    let components = format!("{}b", "**/".repeat(40));
    assert_eq!(matches(&components, &"a/".repeat(40)), None);
    assert_eq!(first_components(&format!("{alternatives}/b")), None);
}

/// Somebody who may edit rules must not be able to stop the service.
#[rstest]
#[case::stars("*a".repeat(200) + "b", "a".repeat(255))]
#[case::components("**/".repeat(150) + "b", "a/".repeat(127) + "a")]
#[case::both("**/*a*/".repeat(60) + "b", "a/".repeat(127) + "a")]
#[case::depth("{".repeat(250) + "a" + &"}".repeat(250), "a".to_owned())]
#[case::length("*".repeat(1_000_000), "a".repeat(255))]
fn no_pattern_is_slow(#[case] pattern: String, #[case] name: String) {
    let begun = Instant::now();
    assert_ne!(matches(&pattern, &name), Some(false), "an answer that nobody had time to find is none");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

fn push(filters: Value) -> Policy {
    let registry = json!({ "id": 1, "name": "ali", "type": "docker-registry", "url": "https://ali.example.com" });
    let local = json!({ "id": 0, "name": "Local", "type": "harbor" });
    let policy =
        json!({ "id": 1, "filters": filters, "dest_registry": registry, "src_registry": local, "dest_namespace": "x" });
    serde_json::from_value(policy).unwrap()
}

fn pull(filters: Value, namespace: &str, replaced: Option<i64>) -> Policy {
    let policy = json!({
        "id": 1, "filters": filters, "src_registry": { "id": 1, "name": "ali" }, "dest_registry": { "id": 0 },
        "dest_namespace": namespace, "dest_namespace_replace_count": replaced,
    });
    serde_json::from_value(policy).unwrap()
}

fn named(pattern: &str) -> Value {
    json!([{ "type": "name", "value": pattern }])
}

#[rstest]
#[case("mars/**", true)]
#[case("mars/*", false)]
#[case("mars/*/*", true)]
#[case("**", true)]
#[case("*", false)]
#[case("", true)]
#[case("{venus,mars}/**", true)]
#[case("{venus,earth}/**", false)]
#[case("mars/{api,web}/**", true)]
#[case("mars/**/v?", true)]
#[case("mars/api", false)]
#[case("mar[r-t]/**", true)]
#[case("mars/[", true)]
fn a_name_filter_decides_about_a_repository(#[case] pattern: &str, #[case] expected: bool) {
    assert_eq!(push(named(pattern)).may_replicate("mars/api/v1"), expected);
}

#[test]
fn no_filter_means_all_and_several_mean_each() {
    assert!(push(json!(null)).may_replicate("mars/api"));
    assert!(push(json!([{ "type": "resource", "value": "image" }])).may_replicate("mars/api"));
    let both = json!([{ "type": "name", "value": "mars/**" }, { "type": "name", "value": "**/api" }]);
    let rule = push(both);
    assert!(rule.may_replicate("mars/api") && !rule.may_replicate("mars/web") && !rule.may_replicate("venus/api"));
}

#[rstest]
#[case(json!({ "type": "tag", "value": "v*" }), "v1", true)]
#[case(json!({ "type": "tag", "value": "v*", "decoration": "matches" }), "dev", false)]
#[case(json!({ "type": "tag", "value": "{dev,test}*", "decoration": "excludes" }), "dev-7", false)]
#[case(json!({ "type": "tag", "value": "{dev,test}*", "decoration": "excludes" }), "v1", true)]
#[case(json!({ "type": "tag", "value": "", "decoration": "excludes" }), "v1", true)]
#[case(json!({ "type": "tag", "value": "[", "decoration": "excludes" }), "v1", true)]
#[case(json!({ "type": "label", "value": ["prod"] }), "v1", true)]
#[case(json!({ "type": "tag", "value": "v*" }), "sha256:0123", true)]
#[case(json!({ "type": "tag", "value": "v*" }), "sha256-0123.sig", true)]
#[case(json!({ "type": "name", "value": "venus/**" }), "v1", false)]
fn a_tag_filter_decides_about_a_version(#[case] filter: Value, #[case] version: &str, #[case] expected: bool) {
    assert_eq!(push(json!([filter])).may_replicate_version("mars/api", version), expected);
}

#[rstest]
#[case::same_name("", Some(1), "cloud/mars-api", true)]
#[case::same_name("", Some(1), "pulled/mars-api", false)]
#[case::first_replaced("pulled", Some(1), "pulled/mars-api", true)]
#[case::first_replaced("pulled", Some(1), "pulled/venus", false)]
#[case::another_project("pulled", Some(1), "mars/mars-api", false)]
#[case::no_prefix("pulled", Some(1), "pulledmars-api/mars-api", false)]
#[case::put_in_front("pulled", Some(0), "pulled/cloud/mars-api", true)]
#[case::put_in_front("pulled", Some(0), "pulled/mars-api", false)]
#[case::all_replaced("pulled", Some(-1), "pulled/mars-api", true)]
#[case::all_replaced("pulled", Some(-1), "pulled/cloud/mars-api", false)]
#[case::unknown("pulled/deep", None, "pulled/deep/anything", true)]
fn a_pull_goes_by_the_name_at_the_source(
    #[case] namespace: &str,
    #[case] replaced: Option<i64>,
    #[case] repository: &str,
    #[case] expected: bool,
) {
    assert_eq!(pull(named("cloud/mars-*"), namespace, replaced).may_replicate(repository), expected);
}

#[rstest]
#[case("mars/**", Some(vec!["mars"]))]
#[case("mars/{a,b}/**", Some(vec!["mars"]))]
#[case("{venus,mars}/**", Some(vec!["mars", "venus"]))]
#[case("{venus/a,mars/{b,c}}", Some(vec!["mars", "venus"]))]
#[case("pro{d,}/x", Some(vec!["pro", "prod"]))]
#[case("mars/[ab]*", Some(vec!["mars"]))]
#[case("mar*/**", None)]
#[case("mar?/**", None)]
#[case("{venus,mar*}/**", None)]
#[case("**", None)]
#[case("**/api", None)]
#[case("", None)]
#[case("mars\\/**", None)]
#[case("{mars/**", None)]
fn the_projects_of_a_pattern(#[case] pattern: &str, #[case] expected: Option<Vec<&str>>) {
    let expected = expected.map(|projects| projects.into_iter().map(str::to_owned).collect());
    assert_eq!(push(named(pattern)).only_projects(), expected);
}

#[test]
fn the_projects_of_a_rule_are_those_of_this_harbor() {
    assert_eq!(push(json!([])).only_projects(), None);
    let narrowed = json!([{ "type": "name", "value": "**/api" }, { "type": "name", "value": "{mars,venus}/**" }]);
    assert_eq!(push(narrowed).only_projects(), Some(vec!["mars".to_owned(), "venus".to_owned()]));
    assert_eq!(pull(named("cloud/**"), "pulled/deep", Some(1)).only_projects(), Some(vec!["pulled".to_owned()]));
    assert_eq!(pull(named("cloud/**"), "", Some(1)).only_projects(), Some(vec!["cloud".to_owned()]));
}
