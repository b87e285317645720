//! Searching: `q` is the beginning of a repository, of its last segment, of a registry, a description or a
//! version, whatever the case of its ASCII letters.
//!
//! A table may be small or hold a million rows, a word may be rare or in every row. So there is a plan: where few
//! rows are left to look at, each is looked at; else the words that begin with `q` are found first, by
//! skipping through their indexes, and each gives its newest rows.

use super::inspect::Filter;
use super::sql::{Statement, sql};
use super::{Result, Store};

/// How many characters of a word can be searched for; migration 0002 keeps no more of them.
pub const LONGEST_SEARCH: usize = 100;
/// Up to so many rows are looked at one by one.
const FEW_ROWS: i64 = 1_000;
/// Up to so many arrivals whose version matches are gathered and sorted; more are met soon on the way from the newest.
const FEW_VERSIONS: i64 = 10_000;
/// More words than this are not asked one by one: then matches are so frequent that looking at rows finds them soon.
const FEW_WORDS: i64 = 64;

/// The words of an event `e`, as migration 0002 keeps them.
const WORDS: [&str; 4] = [
    "lower(substr(e.repository, 1, 100))",
    "lower(substr(e.repository, length(rtrim(e.repository, replace(e.repository, '/', ''))) + 1, 100))",
    "lower(substr(e.registry, 1, 100))",
    "lower(substr(e.description, 1, 100))",
];
/// The word of an arrival `a`.
const VERSION: &str = "lower(substr(a.version, 1, 100))";

/// All strings that begin alike lie between these two.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Prefix {
    from: String,
    to: String,
}

impl Prefix {
    fn of(q: &str) -> Self {
        let from = word(q);
        Self { to: format!("{from}{}", char::MAX), from }
    }

    fn push(&self, query: &mut Statement, word: &str) {
        query.push(word).push(" >= ").push_bind(self.from.clone());
        query.push(" AND ").push(word).push(" < ").push_bind(self.to.clone());
    }
}

/// A word as the indexes keep it.
pub(super) fn word(text: &str) -> String {
    text.chars().take(LONGEST_SEARCH).collect::<String>().to_ascii_lowercase()
}

/// How the rows of a filter are found.
#[derive(Debug)]
pub(super) enum Plan {
    /// In the order of the table; nothing is searched for, or each row is looked at.
    Rows,
    /// By these words, each with its place in [`WORDS`], and by the few versions that match.
    Words(Vec<(usize, String)>),
}

impl Store {
    pub(super) async fn plan(&self, filter: &Filter) -> Result<Plan> {
        let Some(q) = &filter.q else { return Ok(Plan::Rows) };
        let everything = Filter { q: None, ..filter.clone() };
        if self.count_up_to(&everything, FEW_ROWS).await? < FEW_ROWS {
            return Ok(Plan::Rows);
        }
        let prefix = Prefix::of(q);
        let mut versions = sql("SELECT count(*) FROM (SELECT 1 FROM arrivals a WHERE ");
        prefix.push(&mut versions, VERSION);
        versions.push(" LIMIT ").push_bind(FEW_VERSIONS).push(") few");
        let versions = self.number(versions).await?;
        if versions == FEW_VERSIONS {
            return Ok(Plan::Rows);
        }
        let mut words = Vec::new();
        for (place, word) in WORDS.into_iter().enumerate() {
            let found = self.words(word, &prefix).await?;
            words.extend(found.into_iter().map(|word| (place, word)));
        }
        Ok(if words.len() as i64 > FEW_WORDS { Plan::Rows } else { Plan::Words(words) })
    }

    /// The distinct words that begin so; one more than is few at the most. Each costs one look into the index.
    async fn words(&self, word: &'static str, prefix: &Prefix) -> Result<Vec<String>> {
        let mut query = sql("WITH RECURSIVE found(word) AS (SELECT (SELECT ");
        query.push(word).push(" FROM events e WHERE ");
        prefix.push(&mut query, word);
        query.push(" ORDER BY ").push(word).push(" LIMIT 1) UNION ALL SELECT (SELECT ").push(word);
        query.push(" FROM events e WHERE ").push(word).push(" > found.word AND ").push(word).push(" < ");
        query.push_bind(prefix.to.clone()).push(" ORDER BY ").push(word);
        query.push(" LIMIT 1) FROM found WHERE found.word IS NOT NULL) SELECT word FROM found WHERE word IS NOT NULL");
        query.push(" LIMIT ").push_bind(FEW_WORDS + 1);
        self.texts(query).await
    }
}

/// A condition on one row of `deliveries d`, by looking at its event.
pub(super) fn push_row_matches(query: &mut Statement, q: &str) {
    let prefix = Prefix::of(q);
    query.push(" AND EXISTS (SELECT 1 FROM events e WHERE e.id = d.event_id AND (");
    for word in WORDS {
        prefix.push(query, word);
        query.push(" OR ");
    }
    query.push("EXISTS (SELECT 1 FROM arrivals a WHERE a.event_id = e.id AND ");
    prefix.push(query, VERSION);
    query.push(")))");
}

/// The same condition, by the set of all events that match.
pub(super) fn push_set_matches(query: &mut Statement, q: &str) {
    let prefix = Prefix::of(q);
    query.push(" AND d.event_id IN (");
    for word in WORDS {
        query.push("SELECT e.id FROM events e WHERE ");
        prefix.push(query, word);
        query.push(" UNION ALL ");
    }
    query.push("SELECT a.event_id FROM arrivals a WHERE ");
    prefix.push(query, VERSION);
    query.push(")");
}

/// `FROM` and the beginning of `WHERE` for the deliveries of one word, found through its index.
pub(super) fn push_of_word(query: &mut Statement, place: usize, word: &str) {
    // The order of the tables is the order of the search.
    query.push(" FROM events e CROSS JOIN deliveries d WHERE d.event_id = e.id AND ");
    query.push(WORDS[place]).push(" = ").push_bind(word.to_owned());
}

/// `FROM` and the beginning of `WHERE` for the deliveries of the versions that begin so.
pub(super) fn push_of_versions(query: &mut Statement, q: &str) {
    // An event may have several such versions, and its deliveries count once.
    query.push(" FROM (SELECT DISTINCT a.event_id FROM arrivals a WHERE ");
    Prefix::of(q).push(query, VERSION);
    query.push(") matching CROSS JOIN deliveries d WHERE d.event_id = matching.event_id");
}

/// An image as [`super::arrivals`] finds it: by the index of migration 0002, and then exactly.
pub(super) const REPOSITORY_WORD: &str = WORDS[0];
pub(super) const VERSION_WORD: &str = VERSION;
