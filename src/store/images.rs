//! The images that the board lists: each version of each repository, the most recently active first; and what is known of
//! the destinations of a repository.

use super::sql::{Statement, sql};
use super::words::{IMAGE_VERSION, Prefix, count_up_to, word};
use super::{Result, Store, rows};
use crate::model::clock::Millis;
use crate::model::destination::Replicated;

/// Up to so many images whose version matches are gathered and sorted; more are met soon on the way from the newest.
const FEW_VERSIONS: i64 = 10_000;
/// Up to so many repositories are each looked up; more are met soon, too.
const FEW_REPOSITORIES: usize = 64;

/// One version of one repository.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Image {
    pub repository: String,
    /// Empty where an older Harbor did not say which.
    pub version: String,
    pub first_seen_at: Millis,
    /// When a replication of it ended last, or where none has ended yet, when one began; never in the future.
    pub last_activity_at: Millis,
}

impl Image {
    /// What is greater was active later.
    pub fn order(&self) -> (Millis, &str, &str) {
        (self.last_activity_at, &self.repository, &self.version)
    }
}

/// Which images are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images {
    pub repository: Option<String>,
    pub project: Option<String>,
    pub version: Option<String>,
    /// The beginning of a repository, of its last segment, or of a version.
    pub q: Option<String>,
    /// By the last activity.
    pub since: Option<Millis>,
    pub until: Option<Millis>,
}

impl Store {
    /// The most recently active first; those behind `after`.
    pub async fn images(&self, wanted: &Images, limit: usize, after: Option<&Image>) -> Result<Vec<Image>> {
        let condition = wanted.conditions(after);
        let newest = |more: Statement| {
            sql("SELECT * FROM (SELECT i.repository, i.version, i.first_seen_at, i.last_activity_at FROM images i
                 WHERE true{}{} ORDER BY i.last_activity_at DESC, i.repository DESC, i.version DESC LIMIT ?) part")
            .clause(condition.clone())
            .clause(more)
            .bind(limit as i64)
        };
        let of_repository = |repository: &str| newest(sql(" AND i.repository = ?").bind(repository));
        let mut parts = Vec::new();
        match (&wanted.repository, &wanted.q, &wanted.project) {
            (Some(repository), ..) => parts.push(of_repository(repository)),
            (None, None, None) => parts.push(newest(sql(""))),
            (None, q, _) => {
                let repositories = self.repositories(wanted).await?;
                let prefix = q.as_deref().map(Prefix::of);
                let versions = prefix.as_ref().map(|prefix| prefix.of_word(IMAGE_VERSION));
                let many_versions = match &versions {
                    Some(versions) => {
                        let query = sql("SELECT 1 FROM images i WHERE {}").clause(versions.clone());
                        self.number(count_up_to(FEW_VERSIONS, query)).await? == FEW_VERSIONS
                    }
                    None => false,
                };
                if repositories.len() > FEW_REPOSITORIES || many_versions {
                    parts.push(newest(wanted.searched()));
                } else {
                    parts.extend(repositories.iter().map(|repository| of_repository(repository)));
                    parts.extend(versions.map(|versions| newest(sql(" AND ").and(versions))));
                }
            }
        }
        let Some(all) = parts.into_iter().reduce(|all, part| all.and(sql(" UNION ")).and(part)) else {
            return Ok(Vec::new());
        };
        self.all(
            all.and(sql(" ORDER BY last_activity_at DESC, repository DESC, version DESC LIMIT ?").bind(limit as i64)),
        )
        .await
    }

    /// The repositories that a project or a search means, as far as they are few: at most one more than that.
    async fn repositories(&self, wanted: &Images) -> Result<Vec<String>> {
        let query = sql("SELECT DISTINCT i.repository FROM destinations i WHERE true{}{} LIMIT ?")
            .clause(wanted.of_project())
            .clause(wanted.q.as_deref().map_or_else(|| sql(""), |q| sql(" AND ").and(names(q))));
        self.texts(query.bind(FEW_REPOSITORIES as i64 + 1)).await
    }

    /// Where these repositories were ever replicated to.
    pub async fn destinations(&self, repositories: &[&str]) -> Result<Vec<Replicated>> {
        let query =
            sql("SELECT d.repository, d.registry, d.description, d.remote_namespace, d.rule_id, d.first_at, d.last_at,
                 d.first_arrival_at, d.last_arrival_at
             FROM rows($1) CROSS JOIN destinations d WHERE d.repository = value->>0");
        let given: Vec<_> = repositories.iter().map(|repository| [repository]).collect();
        self.all(query.bind(rows(&given))).await
    }

    /// Where anything was ever replicated to, of all repositories together.
    pub async fn destinations_of_all(&self) -> Result<Vec<Replicated>> {
        self.all(sql("SELECT '' AS repository, registry, description, remote_namespace, rule_id,
             min(first_at) AS first_at, max(last_at) AS last_at,
             coalesce(min(nullif(first_arrival_at, 0)), 0) AS first_arrival_at, max(last_arrival_at) AS last_arrival_at
             FROM destinations GROUP BY registry, description, remote_namespace, rule_id"))
            .await
    }

    /// Every repository that was ever replicated.
    pub async fn repositories_known(&self) -> Result<Vec<String>> {
        self.texts(sql("SELECT DISTINCT repository FROM destinations")).await
    }

    /// Whether anything was ever told of this project.
    pub async fn has_project(&self, project: &str) -> Result<bool> {
        let wanted = Images { project: Some(project.to_owned()), ..Images::default() };
        let query = sql("SELECT 1 FROM destinations i WHERE true{}").clause(wanted.of_project());
        Ok(self.number(count_up_to(1, query)).await? > 0)
    }
}

impl Images {
    /// The same decision about an image that is not stored yet.
    pub(super) fn takes(&self, image: &Image) -> bool {
        let begins = |text: &str, q: &str| word(text).starts_with(&word(q));
        let name = image.repository.rsplit('/').next().unwrap_or_default();
        self.repository.as_ref().is_none_or(|repository| *repository == image.repository)
            && self.version.as_ref().is_none_or(|version| *version == image.version)
            && self.project.as_ref().is_none_or(|project| image.repository.starts_with(&format!("{project}/")))
            && self.since.is_none_or(|since| image.last_activity_at >= since)
            && self.until.is_none_or(|until| image.last_activity_at < until)
            && self
                .q
                .as_ref()
                .is_none_or(|q| [&image.repository, name, &image.version].into_iter().any(|text| begins(text, q)))
    }

    /// What an image must be, whichever way it is found.
    fn conditions(&self, after: Option<&Image>) -> Statement {
        let mut all = self.of_project();
        if let Some(version) = &self.version {
            all = all.and(sql(" AND i.version = ?").bind(version));
        }
        if let Some(since) = self.since {
            all = all.and(sql(" AND i.last_activity_at >= ?").bind(since));
        }
        if let Some(until) = self.until {
            all = all.and(sql(" AND i.last_activity_at < ?").bind(until));
        }
        let Some(after) = after else { return all };
        let behind = sql(" AND (i.last_activity_at, i.repository, i.version) < (?, ?, ?)");
        all.and(behind.bind(after.last_activity_at).bind(&after.repository).bind(&after.version))
    }

    fn of_project(&self) -> Statement {
        let Some(project) = &self.project else { return sql("") };
        // `0` is what follows the slash.
        sql(" AND i.repository > ? AND i.repository < ?").bind(format!("{project}/")).bind(format!("{project}0"))
    }

    /// A condition on one image, by looking at it.
    fn searched(&self) -> Statement {
        let Some(q) = &self.q else { return sql("") };
        sql(" AND ({} OR {})").clause(names(q)).clause(Prefix::of(q).of_word(IMAGE_VERSION))
    }
}

/// A condition on `repository` of `i`: it, or its last segment, begins so.
fn names(q: &str) -> Statement {
    // PostgreSQL has no substr for the wide integer that is bound.
    let begins = |text: &str| sql(format!("substr(lower({text}), 1, CAST(? AS integer)) = ?"));
    let wanted = word(q);
    let length = wanted.chars().count() as i64;
    let name = "substr(i.repository, length(rtrim(i.repository, replace(i.repository, '/', ''))) + 1)";
    let one = |text: &str| begins(text).bind(length).bind(&wanted);
    sql("({} OR {})").clause(one("i.repository")).clause(one(name))
}
