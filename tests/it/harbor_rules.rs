//! Which repositories a rule replicates: as Harbor's own matcher (doublestar 1.3.4) decides it, and never slowly.

use std::time::{Duration, Instant};

use harborbell::harbor::answers::Policy;
use harborbell::harbor::filters::{may_replicate, only_projects};
use harborbell::harbor::pattern::{Unusable, matches};
use proptest::prelude::*;
use regex_lite::Regex;
use rstest::rstest;
use serde_json::json;

fn push(pattern: &str) -> Policy {
    let rule = json!({
        "id": 1, "filters": [{ "type": "name", "value": pattern }, { "type": "tag", "value": "v*" }],
        "src_registry": { "id": 0 }, "dest_registry": { "id": 1, "name": "aliyun-acr" },
    });
    serde_json::from_value(rule).unwrap()
}

fn pull(pattern: &str) -> Policy {
    let rule = json!({
        "id": 1, "filters": [{ "type": "name", "value": pattern }],
        "src_registry": { "id": 1, "name": "hub" }, "dest_registry": { "id": 0 },
    });
    serde_json::from_value(rule).unwrap()
}

#[rstest]
#[case::any("library/**", &["library/a", "library/a/b"], &["library", "other/a", "libraryx/a"])]
#[case::one_segment("library/*", &["library/a"], &["library/a/b", "library", "other/a"])]
#[case::all("**", &["library", "library/a", "library/a/b"], &[])]
#[case::one_of_two("{a,b}/**", &["a/x", "b/x/y"], &["c/x", "a", "{a,b}/x"])]
#[case::a_star_in_one("a/{b,c*}", &["a/b", "a/c", "a/cd"], &["a/bd", "a/d", "a/b/c"])]
#[case::across_a_slash("{a/b,c}/d", &["a/b/d", "c/d"], &["a/d", "b/d"])]
#[case::nested("{a/{b,c},abc}", &["a/b", "a/c", "abc"], &["a/b/c", "a"])]
#[case::with_nothing("a{,bc}", &["a", "abc"], &["ab"])]
#[case::one_character("a/?", &["a/b", "a/é"], &["a/", "a/bc", "a/b/c", "a"])]
#[case::a_class("a/v[0-9a-f]", &["a/v0", "a/ve"], &["a/vg", "a/v", "a/v00"])]
#[case::another("a/[^a-c]", &["a/d", "a/^"], &["a/a", "a/"])]
#[case::no_negation("a/[!a]", &["a/!", "a/a"], &["a/b"])]
#[case::escaped("a/\\*\\{", &["a/*{"], &["a/x{", "a/*"])]
#[case::a_class_with_escapes("[\\]a\\-]", &["]", "a", "-"], &["b", "\\"])]
#[case::a_brace_in_a_class("[{]x", &["{x"], &["x"])]
#[case::in_the_middle("a/**/c", &["a/c", "a/b/c", "a/b/b/c"], &["a/b", "c"])]
#[case::at_the_beginning("**/c", &["c", "b/c", "a/b/c"], &["a/b", "abc", "a/abc"])]
#[case::not_alone("abc**", &["abc", "abcd"], &["abc/b"])]
#[case::without_a_slash("*", &["library", ""], &["library/a"])]
#[case::everything("", &["", "library", "library/a"], &[])]
#[case::exactly("a*b?c*x", &["abxbbxdbxebxczzx"], &["abxbbxdbxebxczzy"])]
#[case::an_end("a/", &["a/"], &["a", "a/b"])]
fn a_pattern_means_what_harbor_takes_it_for(#[case] pattern: &str, #[case] yes: &[&str], #[case] no: &[&str]) {
    for (names, expected) in [(yes, true), (no, false)] {
        for name in names {
            assert_eq!(matches(pattern, name), Ok(expected), "{pattern} and {name}");
            assert_eq!(may_replicate(&push(pattern), name), expected, "{pattern} and {name}");
        }
    }
}

/// With them a rule of Harbor's fails, and replicates nothing.
#[rstest]
fn a_malformed_pattern_lets_nothing_through(
    #[values("[", "[]", "[]a]", "[^", "[a", "[-]", "[x-]", "[-x]", "[a-b-c]", "a\\", "{a", "{a,{b}", "a/[b/c]")]
    pattern: &str,
) {
    assert_eq!(matches(pattern, "a"), Err(Unusable::Malformed));
    assert!(!may_replicate(&push(pattern), "a"));
}

#[test]
fn what_names_the_other_side_says_nothing_of_ours() {
    assert!(may_replicate(&pull("hub/**"), "mars/mars-api"));
    assert_eq!(only_projects(&pull("hub/**")), None);
}

#[rstest]
#[case("mars/**", "mars")]
#[case("{mars,venus}/**", "mars venus")]
#[case("{mars/**,venus/api}", "mars venus")]
#[case("{mars,mars}/api", "mars")]
#[case("mars/{a,b*}/[c]", "mars")]
#[case("mar{s,ble}/**", "marble mars")]
#[case("**", "")]
#[case("mars", "")]
#[case("mars*/**", "")]
#[case("{mars,v?}/**", "")]
#[case("[m]ars/**", "")]
#[case("{mars/**,venus}", "")]
#[case("/**", "")]
#[case("{a,b/**", "")]
#[case("", "")]
fn a_rule_is_about_projects_that_its_name_filter_names(#[case] pattern: &str, #[case] projects: &str) {
    let found = only_projects(&push(pattern));
    assert_eq!(found.map(|found| found.join(" ")).unwrap_or_default(), projects);
}

#[test]
fn without_a_name_filter_every_repository_may_be_replicated() {
    let rule: Policy = serde_json::from_value(json!({ "id": 1, "filters": null })).unwrap();
    assert!(may_replicate(&rule, "mars/mars-api"));
    assert_eq!(only_projects(&rule), None);
}

/// Somebody who may edit rules must not be able to stop the service.
#[rstest]
#[case::stars("*a".repeat(200) + "b", "a".repeat(255), false)]
#[case::double_stars("**/".repeat(200) + "b", "a/".repeat(127) + "a", false)]
#[case::both("**/*a*/".repeat(60) + "b", "a/".repeat(127) + "a", false)]
#[case::questions("*?".repeat(200), "a".repeat(200), true)]
#[case::depth("{".repeat(2_000) + "a" + &"}".repeat(2_000), "a".to_owned(), true)]
fn no_pattern_is_slow(#[case] pattern: String, #[case] name: String, #[case] expected: bool) {
    let begun = Instant::now();
    assert_eq!(matches(&pattern, &name), Ok(expected));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// Where nobody can tell in time, an event must not be taken for one that no rule is about.
#[test]
fn a_pattern_that_stands_for_too_many_lets_everything_through() {
    let begun = Instant::now();
    let pattern = "{a,b}".repeat(40) + "/**";
    assert_eq!(matches(&pattern, "x"), Err(Unusable::TooMany));
    assert!(may_replicate(&push(&pattern), "mars/mars-api"));
    assert_eq!(only_projects(&push(&pattern)), None);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// The same as a regular expression: each piece with its own translation.
fn piece() -> impl Strategy<Value = (String, String)> {
    let literal = "[ab]".prop_map(|letter| (letter.clone(), letter));
    let fixed = prop_oneof![
        Just(("*".to_owned(), "[^/]*".to_owned())),
        Just(("?".to_owned(), "[^/]".to_owned())),
        Just(("[a-b]".to_owned(), "[a-b]".to_owned())),
        Just(("[^a]".to_owned(), "[^a/]".to_owned())),
        Just(("{a,bb}".to_owned(), "(?:a|bb)".to_owned())),
        Just(("{a/b,b}".to_owned(), "(?:a/b|b)".to_owned())),
    ];
    prop_oneof![3 => literal, 2 => fixed]
}

/// Segments of pieces, with `**` among them: in front of others any segments or none, at the end at least one.
fn pattern() -> impl Strategy<Value = (String, String)> {
    let segment = prop_oneof![
        4 => prop::collection::vec(piece(), 1..4).prop_map(Some),
        1 => Just(None),
    ];
    prop::collection::vec(segment, 1..5).prop_map(|segments| {
        let last = segments.len() - 1;
        let (mut pattern, mut regex) = (Vec::new(), String::new());
        for (at, segment) in segments.into_iter().enumerate() {
            let Some(pieces) = segment else {
                pattern.push("**".to_owned());
                regex += if at == last { "[^/]*(?:/[^/]*)*" } else { "(?:[^/]*/)*" };
                continue;
            };
            pattern.push(pieces.iter().map(|(pattern, _)| pattern.as_str()).collect());
            regex.extend(pieces.iter().map(|(_, regex)| regex.as_str()));
            regex += if at == last { "" } else { "/" };
        }
        (pattern.join("/"), format!("^{regex}$"))
    })
}

proptest! {
    #[test]
    fn a_pattern_matches_as_its_regular_expression((pattern, regex) in pattern(), name in "[ab/]{0,9}") {
        // `***` and a star beside a double one are other patterns than they seem.
        prop_assume!(!pattern.contains("**") || pattern.split('/').all(|part| part == "**" || !part.contains("**")));
        let expected = Regex::new(&regex).unwrap().is_match(&name);
        prop_assert_eq!(matches(&pattern, &name), Ok(expected), "{}", regex);
    }

    #[test]
    fn whatever_a_pattern_is_it_is_answered(pattern in "[a-c/*?\\[\\]{},^\\\\-]{0,60}", name in any::<String>()) {
        let begun = Instant::now();
        let _ = matches(&pattern, &name);
        prop_assert!(begun.elapsed() < Duration::from_secs(2));
    }
}
