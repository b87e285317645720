//! The words that are searched for, as the indexes of the migrations keep them: in lower case, and only their beginning,
//! because an index entry has a limit.

use super::sql::{Statement, sql};

/// How many characters of a word can be searched for.
pub const LONGEST_SEARCH: usize = 100;

/// The words of an event `e`: its repository, the last segment of that, its registry, its description.
pub(super) const EVENT_WORDS: [&str; 4] = [
    REPOSITORY,
    "lower(substr(e.repository, length(rtrim(e.repository, replace(e.repository, '/', ''))) + 1, 100))",
    "lower(substr(e.registry, 1, 100))",
    "lower(substr(e.description, 1, 100))",
];
pub(super) const REPOSITORY: &str = "lower(substr(e.repository, 1, 100))";
/// The word of an image `i`.
pub(super) const IMAGE_VERSION: &str = "lower(substr(i.version, 1, 100))";
/// The word of an arrival `a`.
pub(super) const VERSION: &str = "lower(substr(a.version, 1, 100))";

/// A word as the indexes keep it.
pub(super) fn word(text: &str) -> String {
    text.chars().take(LONGEST_SEARCH).collect::<String>().to_ascii_lowercase()
}

/// All words that begin alike lie between these two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    from: String,
    to: String,
}

impl Prefix {
    pub(super) fn of(q: &str) -> Self {
        let from = word(q);
        Self { to: format!("{from}{}", char::MAX), from }
    }

    /// A condition on a word.
    pub(super) fn of_word(&self, word: &str) -> Statement {
        sql(format!("{word} >= ? AND {word} < ?")).bind(&self.from).bind(&self.to)
    }
}

/// A column that SQLite is not to look up in an index: it would put the constant into indexed expressions of the same
/// column, no longer see their index, and scan the table; or walk all rows of a state or an outcome.
pub(super) fn unindexed(column: &str) -> String {
    format!("({column} || '')")
}

/// The distinct values, `found.word`, of an indexed expression of the events `e` that begin so: each costs one look into
/// the index. With two lower bounds SQLite would take the first one, and walk over all that has the last word.
pub(super) fn distinct(expression: &str, prefix: &Prefix) -> Statement {
    sql(format!(
        "WITH RECURSIVE found(word) AS (
             SELECT (SELECT {expression} FROM events e WHERE {{}} ORDER BY {expression} LIMIT 1)
             UNION ALL
             SELECT (SELECT {expression} FROM events e WHERE {expression} > found.word AND {expression} < ?
                     ORDER BY {expression} LIMIT 1)
             FROM found WHERE found.word IS NOT NULL)
         SELECT word FROM found WHERE word IS NOT NULL"
    ))
    .clause(prefix.of_word(expression))
    .bind(&prefix.to)
}

/// How many rows a query has, but no more than `most`.
pub(super) fn count_up_to(most: i64, query: Statement) -> Statement {
    sql("SELECT count(*) FROM ({} LIMIT ?) counted").clause(query).bind(most)
}
