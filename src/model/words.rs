//! Enumerations that are words: in columns, in JSON, in filters and on the command line they read alike.

/// Gives an enumeration its words: `ALL`, `as_str`, `Display`, and reading that names all of them in its error.
macro_rules! words {
    ($type:ident, $what:literal: $($variant:ident = $word:literal),+) => {
        impl $type {
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let known = Self::ALL.into_iter().find(|known| known.as_str() == text);
                known.ok_or_else(|| $crate::model::words::unknown(text, $what, &[$($word),+]))
            }
        }

        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }
    };
}
pub(crate) use words;

pub(crate) fn unknown(text: &str, what: &str, words: &[&str]) -> String {
    match words {
        [one, other] => format!("{text:?} is no {what}; use {one} or {other}"),
        _ => format!("{text:?} is no {what}; use one of {}", words.join(", ")),
    }
}
