//! How Harbor is asked: answers are capped and time out; the password leaves only for Harbor's own origin, and is in no
//! text that comes back.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use reqwest::redirect::{Attempt, Policy as Redirects};
use reqwest::{Certificate, Method, RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Error;
use super::redact::{line, redact};
use crate::model::secret::Secrets;
use crate::wecom::{is_loopback, use_ring};

/// The whole of a call.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// 100 of anything that Harbor lists fit; a whole list, whatever its pages, too.
pub(super) const LONGEST_ANSWER: usize = 4 * 1024 * 1024;
const LONGEST_LIST: usize = 8 * 1024 * 1024;
/// A longer log is read up to here.
const LONGEST_LOG: usize = 1024 * 1024;
/// How much of an unexpected answer is repeated.
const LONGEST_EXCERPT: usize = 200;
const MOST_REDIRECTS: usize = 3;
/// The most that Harbor gives at once.
pub const PAGE_SIZE: usize = 100;
/// So many pages of a list are read: more tasks or rules than that are not Harbor's.
const MOST_PAGES: u32 = 200;

/// What it takes to ask.
#[derive(Clone, Debug)]
pub struct Access {
    pub url: Url,
    pub username: String,
    pub password: SecretString,
    /// Certificates in PEM, beside the system's.
    pub ca: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    access: Access,
    /// What must not be repeated, whatever answers.
    secrets: Secrets,
}

impl Client {
    /// Fails where the certificates are none, or the system has none.
    pub fn new(access: &Access, mut secrets: Secrets) -> Result<Self, Error> {
        use_ring();
        let mut builder = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Redirects::custom(same_origin))
            .user_agent(concat!("harborbell/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&access.url) {
            // A proxy's own loopback is another machine's.
            builder = builder.no_proxy();
        }
        if let Some(pem) = &access.ca {
            let certificates = Certificate::from_pem_bundle(pem).map_err(|error| unreachable(&error))?;
            builder = certificates.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
        }
        let http = builder.build().map_err(|error| unreachable(&error))?;
        secrets.add(&access.password);
        // As it goes over the wire, which an answer may repeat.
        let request = http.get(access.url.clone());
        let request = request.basic_auth(&access.username, Some(access.password.expose_secret())).build();
        let header = request.ok().and_then(|request| request.headers().get(AUTHORIZATION).cloned());
        if let Some(sent) = header.as_ref().and_then(|header| header.to_str().ok()?.strip_prefix("Basic ")) {
            secrets.add(&SecretString::from(sent.to_owned()));
        }
        Ok(Self { http, access: access.clone(), secrets })
    }

    /// A text of Harbor's without what is secret.
    pub fn presentable(&self, text: &str) -> String {
        self.secrets.hide(text)
    }

    pub(super) async fn all<T: DeserializeOwned>(&self, permission: &'static str, path: &str) -> Result<Vec<T>, Error> {
        let (mut all, mut left) = (BTreeMap::new(), LONGEST_LIST);
        // Pages shift while they are read: what was missed the first time is found the second time.
        for is_first in [true, false] {
            let mut promised = 0;
            for page in 1..=MOST_PAGES {
                let query = [("page", page.to_string()), ("page_size", PAGE_SIZE.to_string())];
                let (body, total) = self.body(permission, path, &query).await?;
                left = left.checked_sub(body.len()).ok_or(Error::TooLong)?;
                // Go writes a list that nothing was put into as null.
                let items: Vec<Value> = self.parse::<Option<_>>(&body)?.unwrap_or_default();
                let is_last = items.len() < PAGE_SIZE;
                let before = all.len();
                all.extend(items.into_iter().map(|item| (item["id"].as_i64(), item)));
                promised = total.unwrap_or(0);
                // A page that has nothing new is a list that does not end.
                if is_last || is_first && before == all.len() {
                    break;
                }
            }
            if promised <= all.len() as i64 {
                break;
            }
        }
        Ok(readable(all.into_values().collect()))
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        permission: &'static str,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<(T, Option<i64>), Error> {
        let (body, total) = self.body(permission, path, query).await?;
        Ok((self.parse(&body)?, total))
    }

    async fn body(
        &self,
        permission: &'static str,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<(Vec<u8>, Option<i64>), Error> {
        let request = self.request(Method::GET, path, query);
        let (body, total, is_cut) = self.send(permission, request, LONGEST_ANSWER).await?;
        if is_cut { Err(Error::TooLong) } else { Ok((body, total)) }
    }

    fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let parsed = serde_path_to_error::deserialize(&mut deserializer);
        parsed.map_err(|error| Error::Unreadable(excerpt(&self.secrets.hide(&error.to_string()))))
    }

    pub(super) async fn log(&self, permission: &'static str, path: &str) -> Result<String, Error> {
        let (mut body, _, is_cut) = self.send(permission, self.request(Method::GET, path, &[]), LONGEST_LOG).await?;
        if is_cut {
            // A part of a secret would not be found.
            body.truncate(body.iter().rposition(|byte| *byte == b'\n').unwrap_or(0));
        }
        Ok(self.secrets.hide(&String::from_utf8_lossy(&body)))
    }

    pub(super) fn request(&self, method: Method, path: &str, query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.access.url.clone();
        let (path, fixed) = path.split_once('?').map_or((path, None), |(path, fixed)| (path, Some(fixed)));
        url.set_path(&format!("{}/api/v2.0/{path}", url.path().trim_end_matches('/')));
        url.set_query(fixed);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let password = self.access.password.expose_secret();
        self.http.request(method, url).basic_auth(&self.access.username, Some(password))
    }

    /// The body up to `longest`, the total that its header names, and whether it goes on.
    pub(super) async fn send(
        &self,
        permission: &'static str,
        request: RequestBuilder,
        longest: usize,
    ) -> Result<(Vec<u8>, Option<i64>, bool), Error> {
        let mut response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let total = response.headers().get("x-total-count").and_then(|total| total.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > longest {
                body.truncate(longest);
                return if status.is_success() { Ok((body, total, true)) } else { Err(Error::TooLong) };
            }
        }
        match status {
            _ if status.is_success() => Ok((body, total, false)),
            StatusCode::UNAUTHORIZED => Err(Error::Unauthorized),
            StatusCode::FORBIDDEN => Err(Error::Forbidden { permission }),
            StatusCode::NOT_FOUND => Err(Error::NotFound),
            _ if status.is_redirection() => Err(Error::Redirected),
            _ => Err(Error::Status {
                status: status.as_u16(),
                excerpt: excerpt(&self.secrets.hide(&String::from_utf8_lossy(&body))),
            }),
        }
    }
}

/// Credentials never follow a redirect to another origin: such a one is not followed at all.
fn same_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let is_same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    if is_same && attempt.previous().len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
}

/// The items that are understood: one that is not costs no other one.
pub(super) fn readable<T: DeserializeOwned>(items: Vec<Value>) -> Vec<T> {
    let read = |item: Value| {
        let id = item["id"].as_i64();
        let item = serde_json::from_value(item);
        item.inspect_err(|error| tracing::warn!(id, %error, "Harbor lists something that is not understood")).ok()
    };
    items.into_iter().filter_map(read).collect()
}

fn unreachable(error: &reqwest::Error) -> Error {
    if error.is_timeout() {
        return Error::Timeout;
    }
    // The last cause says what happened; the ones before it repeat the address.
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Error::Unreachable(excerpt(&cause.to_string()))
}

/// One short line of what somebody said.
fn excerpt(text: &str) -> String {
    let line = line(&redact(text));
    line[..line.floor_char_boundary(LONGEST_EXCERPT)].to_owned()
}
