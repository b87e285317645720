//! A statement: its text, written once for both engines, and its values.
//!
//! A value is `$1`, `$2` and so on, or, in a statement with optional clauses, the next `?`; then clauses and values are
//! given in their order in the text. The way to take a JSON array apart is so frequent that it has a word of its
//! own, `rows($1)`.

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Type};

/// A value that a statement is given.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Bytes(Vec<u8>),
    Number(i64),
    Maybe(Option<i64>),
    Flag(bool),
}

macro_rules! value_from {
    ($($from:ty => $value:ident),*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$value(value.into())
            }
        }
    )*};
}
value_from!(String => Text, &String => Text, &str => Text, Vec<u8> => Bytes, i64 => Number, Option<i64> => Maybe, bool => Flag);

/// A statement with its values.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    text: String,
    values: Vec<Value>,
}

pub(super) fn sql(text: impl Into<String>) -> Statement {
    Statement { text: text.into(), values: Vec::new() }
}

/// Fails where the condition does not hold; [`StoreError::is_unexpected`](super::StoreError) tells. SQLite has no statement
/// of its own for that, but an error for a text that is no JSON; with a number in it that is not known before, so that it is not
/// looked at before the condition.
pub(super) fn expect(condition: &str) -> Statement {
    sql(format!("SELECT json('unexpected ' || changes()) WHERE NOT ({condition})"))
}

impl Statement {
    /// The value of the next `$n` or `?` of the text.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Puts a clause with its values in the place of the next `{}` of the text. An empty one leaves nothing there.
    pub(super) fn clause(mut self, clause: Self) -> Self {
        debug_assert!(self.text.contains("{}") && !clause.text.contains("{}"), "{}", self.text);
        self.text = self.text.replacen("{}", &clause.text, 1);
        self.values.extend(clause.values);
        self
    }

    /// This and another one behind it.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.text.push_str(&other.text);
        self.values.extend(other.values);
        self
    }

    /// The text with a number for each `?`. All numbers go on from those of the values of other statements.
    fn numbered(&self, others: usize) -> String {
        let mut text = String::with_capacity(self.text.len() + 16);
        let (mut rest, mut place) = (self.text.as_str(), 0);
        while let Some(mark) = rest.find(['?', '$']) {
            text.push_str(&rest[..mark]);
            let (is_numbered, behind) = (rest[mark..].starts_with('$'), &rest[mark + 1..]);
            let digits = if is_numbered { behind.bytes().take_while(u8::is_ascii_digit).count() } else { 0 };
            place = if is_numbered { behind[..digits].parse().expect("a number is behind each $") } else { place + 1 };
            text.push_str(&format!("${}", place + others));
            rest = &behind[digits..];
        }
        text + rest
    }

    /// Several statements as one text; the rows are those of all of them.
    pub(super) fn sqlite(statements: Vec<Self>) -> (AssertSqlSafe<String>, SqliteArguments) {
        let (mut texts, mut values) = (Vec::with_capacity(statements.len()), Vec::new());
        for statement in statements {
            texts.push(statement.numbered(values.len()));
            values.extend(statement.values);
        }
        // Of objects it makes no text that would be parsed again for each of their fields.
        (AssertSqlSafe(texts.join(";\n").replace("rows($", "jsonb_each($")), arguments(values))
    }

    pub(super) fn postgres(self) -> (AssertSqlSafe<String>, PgArguments) {
        let text = self.numbered(0);
        let array = "json_array_elements(CAST($1 AS json)) AS rows(value)";
        // Its texts cannot hold this character, so nothing that is there can equal one that does.
        let values = self.values.into_iter().map(|value| match value {
            Value::Text(text) if text.contains('\0') => Value::Text(text.replace('\0', "\u{fffd}")),
            value => value,
        });
        (AssertSqlSafe(text.replace("rows($1)", array)), arguments(values.collect()))
    }
}

fn arguments<A: Arguments + Default>(values: Vec<Value>) -> A
where
    for<'v> String: Encode<'v, A::Database> + Type<A::Database>,
    for<'v> Vec<u8>: Encode<'v, A::Database> + Type<A::Database>,
    for<'v> i64: Encode<'v, A::Database> + Type<A::Database>,
    for<'v> Option<i64>: Encode<'v, A::Database> + Type<A::Database>,
    for<'v> bool: Encode<'v, A::Database> + Type<A::Database>,
{
    let mut arguments = A::default();
    for value in values {
        let added = match value {
            Value::Text(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::Number(number) => arguments.add(number),
            Value::Maybe(number) => arguments.add(number),
            Value::Flag(flag) => arguments.add(flag),
        };
        added.expect("both engines take every text and number");
    }
    arguments
}
