//! Which labels are one destination.

use harborbell::model::destination::{Destinations, Label, Replicated, spans};
use rstest::rstest;

const REPOSITORY: &str = "mars/mars-api";

fn replicated(description: &str, namespace: &str, rule_id: i64, first_at: i64, last_at: i64) -> Replicated {
    Replicated {
        repository: REPOSITORY.into(),
        registry: "aliyun".into(),
        description: description.into(),
        remote_namespace: namespace.into(),
        rule_id,
        first_at,
        last_at,
        ..Replicated::default()
    }
}

/// What the destination of the label `old` is called.
#[rstest]
#[case::alone(&[("old", "mars", 0, 0, 100)], "old")]
#[case::followed_by_an_edited_one(&[("old", "mars", 0, 0, 100), ("new", "mars", 0, 1000, 2000)], "new")]
#[case::edited_twice(&[("old", "mars", 0, 0, 100), ("new", "mars", 0, 1000, 2000), ("newest", "mars", 0, 3000, 3000)], "newest")]
#[case::two_that_take_turns(&[("old", "mars", 0, 0, 1500), ("new", "mars", 0, 1000, 2000)], "old")]
#[case::two_of_one_push(&[("old", "mars", 0, 100, 100), ("new", "mars", 0, 101, 101)], "old")]
#[case::another_namespace(&[("old", "mars", 0, 0, 100), ("new", "venus", 0, 1000, 2000)], "old")]
#[case::from_before_namespaces_were_kept(&[("old", "", 0, 0, 100), ("new", "mars", 0, 1000, 2000)], "new")]
#[case::one_rule_under_two_names(&[("old", "mars", 5, 0, 1500), ("new", "mars", 5, 1000, 2000)], "new")]
#[case::two_rules(&[("old", "mars", 5, 0, 100), ("new", "mars", 6, 1000, 2000)], "old")]
#[case::its_rule_is_known_of_some(&[("old", "mars", 0, 0, 50), ("old", "mars", 5, 60, 100), ("new", "mars", 5, 1000, 2000)], "new")]
#[case::two_rules_share_it(&[("old", "mars", 5, 0, 100), ("old", "mars", 6, 0, 100), ("new", "mars", 5, 1000, 2000)], "old")]
fn an_edited_description_is_one_destination(#[case] used: &[(&str, &str, i64, i64, i64)], #[case] destination: &str) {
    let used: Vec<_> = used
        .iter()
        .map(|(label, namespace, rule, first, last)| replicated(label, namespace, *rule, *first, *last))
        .collect();
    let destinations = Destinations::of(&used, &spans(&used), &[]);
    assert_eq!(destinations.find("aliyun", "old", 0).description, destination);
    assert_eq!(destinations.find("aliyun", "never seen", 0).description, "never seen");
}

/// A new rule into the same registry: its label was used nowhere before, but the old one still is, for another image.
#[test]
fn a_label_that_is_used_for_another_repository_is_not_followed() {
    let used = [replicated("old", "mars", 0, 0, 100), replicated("new", "mars", 0, 1000, 2000)];
    let other = Replicated { repository: "mars/mars-web".into(), ..replicated("old", "mars", 0, 0, 1500) };
    let spans = spans(&[&used[..], &[other]].concat());
    assert_eq!(Destinations::of(&used, &spans, &[]).find("aliyun", "old", 0).description, "old");
}

/// A rule is called what Harbor calls it now, and can be asked for by what it was called before.
#[test]
fn a_rule_is_called_as_harbor_calls_it_now() {
    let used = [replicated("old", "mars", 5, 0, 100), replicated("new", "mars", 5, 1000, 2000)];
    let rules = [(5, Label::of("aliyun", "newest"))];
    let destinations = Destinations::of(&used, &spans(&used), &rules);
    let found = destinations.find("aliyun", "old", 0);
    assert_eq!(found.description, "newest");
    for place in ["old", "new", "newest", "aliyun"] {
        assert!(destinations.is_called(&found, place), "{place}");
    }
    assert!(!destinations.is_called(&found, "other"));
}

/// Another rule may take a name that this one had: then each has what it replicated itself.
#[test]
fn a_rule_that_is_known_decides_before_a_name() {
    let used = [replicated("prod", "mars", 1, 0, 100), replicated("prod", "mars", 2, 1000, 2000)];
    let rules = [(1, Label::of("aliyun", "prod-old")), (2, Label::of("aliyun", "prod"))];
    let destinations = Destinations::of(&used, &spans(&used), &rules);
    assert_eq!(destinations.find("aliyun", "prod", 1).description, "prod-old");
    assert_eq!(destinations.find("aliyun", "prod", 2).description, "prod");
}
