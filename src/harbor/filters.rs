//! Which repositories and versions a rule is meant to replicate, by Harbor's own rules. Where it cannot be known, the
//! answer is that it may.

use super::answers::{Filter, Policy};
use super::pattern::{first_components, matches};

impl Policy {
    /// Whether the rule may copy into or out of this repository, which is named as in this Harbor. Whether the rule is
    /// enabled is another question.
    pub fn may_replicate(&self, repository: &str) -> bool {
        let is_meant = |name: &str| self.names().all(|pattern| matches(pattern, name).unwrap_or(true));
        let Some(inside) = self.pulled_into() else { return is_meant(repository) };
        // What follows the namespace is the end of the name at the source; its beginning was replaced.
        let Some(rest) = repository.strip_prefix(inside).and_then(|rest| rest.strip_prefix('/')) else { return false };
        match self.dest_namespace_replace_count {
            Some(..0) => !rest.contains('/'),
            Some(0) => is_meant(rest),
            Some(1) => match self.named_projects() {
                Some(projects) => projects.iter().any(|project| is_meant(&format!("{project}/{rest}"))),
                None => true,
            },
            _ => true,
        }
    }

    /// Whether the rule may copy this version of the repository. What has no tag of its own (a digest, a signature) goes
    /// by the tags of what it belongs to, which are not known here; nor are labels.
    pub fn may_replicate_version(&self, repository: &str, version: &str) -> bool {
        let is_tag =
            !version.starts_with("sha256:") && !version.starts_with("sha256-") && !version.starts_with("sha512");
        let passes = |filter: &Filter| {
            let Some(pattern) = filter.value.as_str().filter(|pattern| !pattern.is_empty()) else { return true };
            matches(pattern, version)
                .is_none_or(|is_match| is_match != (filter.decoration.as_deref() == Some("excludes")))
        };
        self.may_replicate(repository) && (!is_tag || self.filters_of("tag").all(passes))
    }

    /// The projects of this Harbor that the rule can only mean; none where it may mean any.
    pub fn only_projects(&self) -> Option<Vec<String>> {
        match self.pulled_into() {
            Some(namespace) => Some(namespace.split('/').take(1).map(str::to_owned).collect()),
            None => self.named_projects(),
        }
    }

    /// The projects that all of the name filters allow.
    fn named_projects(&self) -> Option<Vec<String>> {
        let known = self.names().filter_map(first_components);
        known.reduce(|one, other| one.into_iter().filter(|project| other.contains(project)).collect())
    }

    /// The namespace that takes the place of the names at the source of a pull.
    fn pulled_into(&self) -> Option<&str> {
        let namespace = self.dest_namespace.as_deref().unwrap_or_default().trim_matches('/');
        Some(namespace).filter(|namespace| self.is_pull() && !namespace.is_empty())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.filters_of("name").filter_map(|filter| filter.value.as_str())
    }

    fn filters_of(&self, kind: &str) -> impl Iterator<Item = &Filter> {
        self.filters.iter().filter(move |filter| filter.kind == kind)
    }
}
