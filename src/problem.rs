//! What a client is answered when its request fails: RFC 9457. The cause stays in the log.

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::store::StoreError;

#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16)]
    status: StatusCode,
    detail: String,
    /// RFC 6901: the field of the body that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// What else a client may want to know.
    #[serde(flatten)]
    #[schema(ignore)]
    more: Box<Map<String, Value>>,
    /// The word by which a page says it in its reader's language, and a value that stands in that.
    #[serde(skip)]
    word: Option<Box<(&'static str, String)>>,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let (pointer, word) = (None, None);
        Self { kind: "about:blank", title, status, detail: detail.into(), pointer, more: Box::default(), word }
    }

    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The same with another detail, such as one without secrets.
    pub fn rephrased(self, rephrase: impl FnOnce(&str) -> String) -> Self {
        Self { detail: rephrase(&self.detail), ..self }
    }

    pub fn pointer(&self) -> Option<&str> {
        self.pointer.as_deref()
    }

    pub fn word(self, word: &'static str) -> Self {
        self.word_with(word, "")
    }

    pub fn word_with(self, word: &'static str, value: impl Into<String>) -> Self {
        Self { word: Some(Box::new((word, value.into()))), ..self }
    }

    /// The detail in the words of a page, where they have it.
    pub fn in_words<'a>(&self, words: impl FnOnce(&str) -> Option<&'a str>) -> Option<String> {
        let (word, value) = &**self.word.as_ref()?;
        Some(words(word)?.replace("{value}", value))
    }

    pub fn at(self, pointer: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), ..self }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.title, self.detail)?;
        self.pointer.as_ref().map_or(Ok(()), |pointer| write!(f, " (at {pointer:?})"))
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let body = serde_json::to_string(self).expect("a problem is always JSON");
        let mut response = HttpResponse::build(self.status);
        match self.status {
            StatusCode::UNAUTHORIZED => response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            StatusCode::TOO_MANY_REQUESTS => response.insert_header((RETRY_AFTER, "1")),
            _ => &mut response,
        };
        response.content_type("application/problem+json").body(body)
    }
}

/// The cause is logged here, once; a client learns that another try may succeed.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database could not answer");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the database cannot be used now; try again, and see harborbell's log",
        )
        .word("problem_database")
    }
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
