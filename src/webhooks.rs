//! The last requests at the webhook endpoint since this process started: whoever wonders why a webhook has no effect
//! sees what it was answered, and why. They are in memory alone, and bounded.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::metrics::Received;
use crate::model::clock::Millis;
use crate::model::json::rfc3339;
use crate::model::secret::Secrets;
use crate::route::Live;

const PLACES: usize = 500;
/// Whoever can connect can be refused. So strangers have no more places than these, and the other places are never
/// theirs; nor do the others take a stranger's place, because a wrong Auth Header in Harbor is a stranger's, too.
const PLACES_OF_STRANGERS: usize = 100;
const LONGEST_EXCERPT: usize = 4 * 1024;
/// So much of a text is looked at: what is looked for takes time.
const LOOKED_AT: usize = 2 * LONGEST_EXCERPT;
/// A secret that goes on where no more is looked at may have its beginning here.
const LAST_BYTES: usize = 256;

/// A request at the webhook endpoint, and its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookRequest {
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Millis,
    /// The address from which it came; behind a proxy, that of the proxy.
    #[schema(value_type = Option<String>, required)]
    pub peer: Option<IpAddr>,
    /// The HTTP status of the answer.
    pub status: u16,
    pub result: Received,
    /// Why it was ignored, refused, or could not be stored.
    #[schema(value_type = Option<String>, required)]
    pub reason: Option<Cow<'static, str>>,
    /// RFC 6901: the field of the body that is wrong.
    #[schema(required)]
    pub pointer: Option<String>,
    #[schema(required)]
    pub event_id: Option<String>,
    /// The beginning, up to 4 KiB, of a body that could not be understood.
    #[schema(required)]
    pub body: Option<String>,
}

impl WebhookRequest {
    /// With nothing to say about it yet.
    pub fn new(received_at: Millis, peer: Option<IpAddr>, status: StatusCode, result: Received) -> Self {
        let (reason, pointer, event_id, body) = (None, None, None, None);
        Self { received_at, peer, status: status.as_u16(), result, reason, pointer, event_id, body }
    }

    /// Whether it was refused before any of its body was read.
    const fn is_of_stranger(&self) -> bool {
        matches!(self.status, 401 | 403)
    }

    /// What became of it in one word, such as `ignored_job_status` or `refused_401`.
    fn outcome(&self) -> String {
        match (self.result, &self.reason) {
            (Received::Ignored, Some(reason)) => format!("ignored_{reason}"),
            (Received::Refused, _) => format!("refused_{}", self.status),
            (result, _) => result.as_str().to_owned(),
        }
    }
}

/// A request with its number since the start.
pub struct Kept {
    pub number: u64,
    pub request: WebhookRequest,
}

pub struct Webhooks {
    secrets: Secrets,
    routing: Live,
    kept: Mutex<All>,
}

#[derive(Default)]
struct All {
    /// Both in the order of their answers.
    strangers: VecDeque<Arc<Kept>>,
    others: VecDeque<Arc<Kept>>,
    last_number: u64,
    outcomes: BTreeMap<String, u64>,
}

impl Webhooks {
    /// `secrets` are those of the start; the robots of `routing` may be newer.
    pub fn new(secrets: Secrets, routing: Live) -> Self {
        Self { secrets, routing, kept: Mutex::default() }
    }

    pub fn add(&self, request: WebhookRequest) {
        let outcome = request.outcome();
        let mut all = self.all();
        *all.outcomes.entry(outcome).or_default() += 1;
        all.last_number += 1;
        let number = all.last_number;
        all.add(Kept { number, request });
    }

    /// Newest first.
    pub fn list(&self) -> Vec<Arc<Kept>> {
        let mut list: Vec<_> = {
            let all = self.all();
            all.strangers.iter().chain(&all.others).cloned().collect()
        };
        list.sort_by_key(|kept| Reverse((kept.request.received_at, kept.number)));
        list
    }

    /// How many had each outcome, also of those that are not kept any more.
    pub fn outcomes(&self) -> BTreeMap<String, u64> {
        self.all().outcomes.clone()
    }

    /// The beginning of a text from outside, without secrets.
    pub fn excerpt(&self, text: &[u8]) -> String {
        let (seen, unseen) = text.split_at(text.len().min(LOOKED_AT));
        let mut secrets = self.secrets.clone();
        self.routing.borrow().robots.iter().for_each(|robot| secrets.add_robot_url(&robot.url));
        let mut excerpt = secrets.hide(&String::from_utf8_lossy(seen));
        let end = if unseen.is_empty() { excerpt.len() } else { excerpt.len().saturating_sub(LAST_BYTES) };
        excerpt.truncate(excerpt.floor_char_boundary(end.min(LONGEST_EXCERPT)));
        excerpt.shrink_to_fit();
        excerpt
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    /// The oldest one gives way: a stranger to a stranger that finds no place of theirs, else one of the others.
    fn add(&mut self, kept: Kept) {
        let places = if kept.request.is_of_stranger() { &mut self.strangers } else { &mut self.others };
        places.push_back(Arc::new(kept));
        if self.strangers.len() > PLACES_OF_STRANGERS {
            self.strangers.pop_front();
        }
        if self.strangers.len() + self.others.len() > PLACES {
            self.others.pop_front();
        }
    }
}
