//! Which destinations an image is expected at: where an enabled rule of Harbor's says so. Where Harbor cannot be asked,
//! a guess: where its repository arrived within the last 30 days.

use crate::harbor::answers::Policy;
use crate::model::clock::{HOUR, Millis};
use crate::model::destination::{Destinations, Label, Replicated};
use crate::store::images::Image;

const RECENTLY: Millis = 30 * 24 * HOUR;

/// A destination that is expected, of versions that were first seen since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) destination: Label,
    since: Millis,
}

impl Expected {
    pub(super) fn is_of(&self, image: &Image) -> bool {
        image.first_seen_at >= self.since
    }
}

/// What the rules are called.
pub fn names(rules: &[Policy]) -> Vec<(i64, Label)> {
    rules.iter().map(|rule| (rule.id, name(rule))).collect()
}

fn name(rule: &Policy) -> Label {
    Label::of(rule.remote().map_or("", |registry| &registry.name), &rule.description)
}

pub(super) fn by_rules(rules: &[Policy], image: &Image, destinations: &Destinations) -> Vec<Expected> {
    let enabled = rules.iter().filter(|rule| rule.enabled);
    let meant = enabled.filter(|rule| rule.may_replicate_version(&image.repository, &image.version));
    meant
        .map(|rule| {
            let name = name(rule);
            let destination = destinations.find(&name.registry, &name.description, rule.id);
            Expected { destination, since: rule.created_at() }
        })
        .collect()
}

pub(super) fn by_arrivals(replicated: &[Replicated], destinations: &Destinations, now: Millis) -> Vec<Expected> {
    let of = |destination: &Label| {
        let reached = replicated.iter().filter(|one| {
            one.last_arrival_at > 0 && destinations.find(&one.registry, &one.description, one.rule_id) == *destination
        });
        let is_recent = reached.clone().any(|one| one.last_arrival_at >= now - RECENTLY);
        let since = reached.map(|one| one.first_arrival_at).min()?;
        is_recent.then(|| Expected { destination: destination.clone(), since })
    };
    destinations.all().into_iter().filter_map(of).collect()
}
