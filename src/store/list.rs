//! Lists of deliveries, newest first.

use sqlx::FromRow;

use super::columns::{DELIVERY, EVENT, NOTICE};
use super::filter::{Filter, Position};
use super::search::{OF_VERSIONS, Plan, is_in_row};
use super::sql::{Statement, sql};
use super::views::{Delivery, Page};
use super::words::{IMAGE_VERSION, Prefix};
use super::{Result, Store};
use crate::model::clock::Millis;
use crate::model::delivery::State;

/// How much text the versions of a page may have, in characters, before its last delivery: an event alone may have a
/// megabyte.
const MOST_VERSIONS: i64 = 2 * 1024 * 1024;
const NEWEST_FIRST: &str = "ORDER BY d.created_at DESC, d.event_id DESC, d.robot DESC";

impl Store {
    /// Newest first. A page begins after a position, so rows that come in meanwhile neither shift nor repeat
    /// the others. One whose versions are long ends before its limit.
    pub async fn list(&self, filter: &Filter, limit: usize, after: Option<&Position>) -> Result<Page> {
        let query = sql(format!(
            "SELECT {DELIVERY}, {EVENT}, {NOTICE}, picked.found
             FROM (SELECT newest.id, count(*) OVER () AS found,
                       sum(length(e.versions)) OVER (
                           ORDER BY newest.created_at DESC, newest.event_id DESC, newest.robot DESC)
                           - length(e.versions) AS before
                   FROM ({{}}) newest JOIN events e ON e.id = newest.event_id) picked
             JOIN deliveries d ON d.id = picked.id JOIN events e ON e.id = d.event_id
             WHERE picked.before < ? {NEWEST_FIRST}"
        ));
        let newest = self.newest(filter, limit as i64 + 1, after).await?;
        let rows = self.all::<ListRow>(query.clause(newest).bind(MOST_VERSIONS)).await?;
        let found = rows.first().map_or(0, |row| row.found);
        let mut items: Vec<_> = rows.into_iter().map(|row| row.delivery).collect();
        items.truncate(limit);
        let more = found > items.len() as i64;
        let next_cursor = items.last().filter(|_| more).map(|last| last.id.clone());
        Ok(Page { items, next_cursor })
    }

    /// A query of id, state, created_at, event_id and robot. Each part of the union is in the order of an index and
    /// gives no more than is wanted, so the table's size does not matter.
    pub(super) async fn newest(&self, filter: &Filter, limit: i64, after: Option<&Position>) -> Result<Statement> {
        let parts = match self.plan(filter).await? {
            Plan::Rows => {
                let states = State::ALL.into_iter().filter(|state| filter.state.is_none_or(|wanted| wanted == *state));
                states.map(|state| of_state(filter, state, limit, after)).collect()
            }
            Plan::Outcome => vec![of_outcome(filter, limit, after)],
            Plan::Words(words) => {
                let mut parts = vec![of_versions(filter, limit, after)];
                parts.extend(words.iter().map(|(expression, word)| of_word(filter, expression, word, limit, after)));
                parts
            }
        };
        // One delivery may be found by several of its words.
        let all = parts.into_iter().reduce(|all, part| all.and(sql(" UNION ")).and(part)).unwrap_or_else(|| sql(""));
        Ok(all.and(sql(" ORDER BY created_at DESC, event_id DESC, robot DESC LIMIT ?").bind(limit)))
    }
}

/// What each part of the union gives.
const PART: &str = "SELECT d.id, d.state, d.created_at, d.event_id, d.robot";

fn behind(after: Option<&Position>) -> Statement {
    after.map_or_else(|| sql(""), Position::condition)
}

/// The newest deliveries of one state.
fn of_state(filter: &Filter, state: State, limit: i64, after: Option<&Position>) -> Statement {
    let filter = Filter { state: Some(state), ..filter.clone() };
    sql(format!("SELECT * FROM ({PART} FROM deliveries d WHERE true{{}}{{}}{{}}{{}} {NEWEST_FIRST} LIMIT ?) part"))
        .clause(filter.q.as_deref().map_or_else(|| sql(""), is_in_row))
        .clause(filter.conditions())
        .clause(filter.outcome_in_row())
        .clause(behind(after))
        .bind(limit)
}

/// The newest deliveries of the versions that begin so. An event may have several of them, and counts once.
fn of_versions(filter: &Filter, limit: i64, after: Option<&Position>) -> Statement {
    let q = filter.q.as_deref().unwrap_or_default();
    sql(format!(
        "SELECT * FROM ({PART} FROM (SELECT DISTINCT a.event_id FROM {OF_VERSIONS}) matching
         CROSS JOIN deliveries d WHERE d.event_id = matching.event_id{{}}{{}}{{}} {NEWEST_FIRST} LIMIT ?) part"
    ))
    .clause(Prefix::of(q).of_word(IMAGE_VERSION))
    .clause(filter.conditions())
    .clause(filter.outcome_in_row())
    .clause(behind(after))
    .bind(limit)
}

/// The newest deliveries of one word, found through its index.
fn of_word(filter: &Filter, expression: &str, word: &str, limit: i64, after: Option<&Position>) -> Statement {
    of_events(filter, sql(format!("{expression} = ?")).bind(word), filter.outcome_in_row(), limit, after)
}

/// The newest deliveries of one outcome; each is looked at for what is searched for.
fn of_outcome(filter: &Filter, limit: i64, after: Option<&Position>) -> Statement {
    let outcome = filter.outcome.map_or_else(|| sql("true"), |outcome| sql("e.outcome = ?").bind(outcome.as_str()));
    let searched = filter.q.as_deref().map_or_else(|| sql(""), is_in_row);
    of_events(filter, outcome, searched, limit, after)
}

/// The newest deliveries of events that an index finds: the order of the tables is the order of the search. The order
/// and the bounds are the event's, which is as old as its deliveries; so it is that index that is walked, from its newest
/// end.
fn of_events(
    filter: &Filter,
    found: Statement,
    looked_at: Statement,
    limit: i64,
    after: Option<&Position>,
) -> Statement {
    let until = filter.until.into_iter().chain(after.map(|after| after.created_at)).min();
    let bound = |condition: &str, at: Option<Millis>| at.map_or_else(|| sql(""), |at| sql(condition).bind(at));
    sql(format!(
        "SELECT * FROM ({PART} FROM events e CROSS JOIN deliveries d
         WHERE d.event_id = e.id AND {{}}{{}}{{}}{{}}{{}}{{}}
         ORDER BY e.accepted_at DESC, e.id DESC, d.robot DESC LIMIT ?) part"
    ))
    .clause(found)
    .clause(bound(" AND e.accepted_at >= ?", filter.since))
    .clause(bound(" AND e.accepted_at <= ?", until))
    .clause(filter.conditions_on_found())
    .clause(looked_at)
    .clause(behind(after))
    .bind(limit)
}

#[derive(FromRow)]
struct ListRow {
    #[sqlx(flatten)]
    delivery: Delivery,
    /// How many there are for the page, however long they are.
    found: i64,
}
