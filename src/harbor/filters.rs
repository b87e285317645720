//! Which repositories a rule replicates, by its filters.

use super::answers::Policy;
use super::pattern::{Unusable, alternatives, matches};

/// Whether a rule's filters let a repository through; `project/name`, as Harbor calls it on the side that it copies from.
/// What is not understood may be let through.
pub fn may_replicate(rule: &Policy, repository: &str) -> bool {
    let names = rule.filters.iter().filter(|filter| filter.kind == "name");
    // A pull names the remote side, which is called otherwise here.
    rule.is_pull()
        || names
            .filter_map(|filter| filter.value.as_str())
            .all(|pattern| matches(pattern, repository).unwrap_or_else(|unusable| unusable == Unusable::TooMany))
}

/// The local projects that a push rule can only be about; None where they cannot be known.
pub fn only_projects(rule: &Policy) -> Option<Vec<String>> {
    let pattern = rule.filters.iter().find(|filter| filter.kind == "name")?.value.as_str()?;
    if rule.is_pull() {
        return None;
    }
    let mut projects = Vec::new();
    for alternative in alternatives(pattern).ok()? {
        let (project, _) = alternative.split_once('/')?;
        if project.is_empty() || project.contains(['*', '?', '[', '\\']) {
            return None;
        }
        projects.push(project.to_owned());
    }
    projects.sort();
    projects.dedup();
    Some(projects)
}
