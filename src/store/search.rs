//! Searching: `q` is the beginning of a repository, of its last segment, of a registry, a description or a
//! version, whatever the case of its ASCII letters.
//!
//! A table may be small or hold a million rows, a word may be rare or in every row. So there is a plan: where few
//! rows are left to look at, each is looked at; else the words that begin with `q` are found first, by
//! skipping through their indexes, and each gives its newest rows.

use super::filter::Filter;
use super::sql::{Statement, sql};
use super::words::{EVENT_WORDS, IMAGE_VERSION, Prefix, VERSION, count_up_to, distinct};
use super::{Result, Store};
use crate::model::event::ReplicationOutcome;

/// Up to so many rows are looked at one by one.
const FEW_ROWS: i64 = 1_000;
/// The arrivals of up to so many images whose version matches are gathered and sorted; more are met soon on the way from
/// the newest.
const FEW_VERSIONS: i64 = 2_500;
/// More words than this are not asked one by one: then matches are so frequent that looking at rows finds them soon.
const FEW_WORDS: i64 = 64;

/// All arrivals of the images whose version matches.
pub(super) const OF_VERSIONS: &str =
    "images i CROSS JOIN arrivals a WHERE a.repository = i.repository AND a.version = i.version AND {}";

/// How the rows of a filter are found.
#[derive(Debug)]
pub(super) enum Plan {
    /// In the order of the table; nothing is searched for, or each row is looked at.
    Rows,
    /// In the order of the events of the wanted outcome, of which each is looked at.
    Outcome,
    /// By these words, each with its expression, and by the few versions that match.
    Words(Vec<(&'static str, String)>),
}

impl Store {
    pub(super) async fn plan(&self, filter: &Filter) -> Result<Plan> {
        if filter.q.is_none() && filter.outcome.is_none() {
            return Ok(Plan::Rows);
        }
        let others = sql("SELECT 1 FROM deliveries d WHERE true{}").clause(filter.conditions());
        if self.number(count_up_to(FEW_ROWS, others)).await? < FEW_ROWS {
            return Ok(Plan::Rows);
        }
        // Most replications succeed, so of a success and a state the state has fewer rows.
        let walk = match (filter.outcome, filter.state) {
            (None, _) | (Some(ReplicationOutcome::Succeeded), Some(_)) => Plan::Rows,
            _ => Plan::Outcome,
        };
        let Some(q) = &filter.q else { return Ok(walk) };
        if let Some(outcome) = filter.outcome {
            let events = sql("SELECT 1 FROM events e WHERE e.outcome = ?").bind(outcome.as_str());
            if self.number(count_up_to(FEW_ROWS, events)).await? < FEW_ROWS {
                return Ok(walk);
            }
        }
        let prefix = Prefix::of(q);
        let versions = sql("SELECT 1 FROM images i WHERE {}").clause(prefix.of_word(IMAGE_VERSION));
        if self.number(count_up_to(FEW_VERSIONS, versions)).await? == FEW_VERSIONS {
            return Ok(walk);
        }
        let mut words = Vec::new();
        for expression in EVENT_WORDS {
            let found = distinct(expression, &prefix);
            let found = self.texts(found.and(sql(" LIMIT ?").bind(FEW_WORDS + 1))).await?;
            words.extend(found.into_iter().map(|word| (expression, word)));
        }
        Ok(if words.len() as i64 > FEW_WORDS { walk } else { Plan::Words(words) })
    }

    /// The conditions of a filter on `deliveries d`, for a statement that concerns all that match.
    pub(super) async fn matching(&self, filter: &Filter) -> Result<Statement> {
        let searched = match &filter.q {
            None => sql(""),
            Some(q) => match self.plan(filter).await? {
                Plan::Rows | Plan::Outcome => is_in_row(q),
                Plan::Words(_) => is_in_set(q),
            },
        };
        Ok(filter.conditions().and(filter.outcome_in_row()).and(searched))
    }
}

/// One condition for each word of an event, joined.
fn each_word(prefix: &Prefix, join: &str, condition: impl Fn(&'static str, Statement) -> Statement) -> Statement {
    let conditions = EVENT_WORDS.into_iter().map(|word| condition(word, prefix.of_word(word)));
    conditions.fold(sql(""), |all, one| all.and(one).and(sql(join)))
}

/// A condition on one row of `deliveries d`, by looking at its event.
pub(super) fn is_in_row(q: &str) -> Statement {
    let prefix = Prefix::of(q);
    sql(" AND EXISTS (
         SELECT 1 FROM events e WHERE e.id = d.event_id AND ({}EXISTS (
             SELECT 1 FROM arrivals a WHERE a.event_id = e.id AND {})))")
    .clause(each_word(&prefix, " OR ", |_, condition| condition))
    .clause(prefix.of_word(VERSION))
}

/// The same condition, by the set of all events that match.
fn is_in_set(q: &str) -> Statement {
    let prefix = Prefix::of(q);
    let events = |_, condition| sql("SELECT e.id FROM events e WHERE {}").clause(condition);
    sql(format!(" AND d.event_id IN ({{}}SELECT a.event_id FROM {OF_VERSIONS})"))
        .clause(each_word(&prefix, " UNION ALL ", events))
        .clause(prefix.of_word(IMAGE_VERSION))
}
