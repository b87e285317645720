//! Bodies: read only after their sender was admitted, within a limit, and not for longer than a deadline.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::connections::Place;
use crate::problem::Problem;

/// A form has a token or the ids of ticked rows.
pub const LARGEST_FORM: usize = 16 * 1024;
/// A call of the API has a filter.
pub const LARGEST_CALL: usize = 64 * 1024;
const READ_WITHIN: Duration = Duration::from_secs(5);
const MOST_ADMITTED: usize = 32;
const MOST_STRANGERS: usize = 32;

/// Bodies of pages and calls that a service reads at once, of those who were admitted and of those who sign in; webhooks
/// have a budget of their own.
pub struct Places {
    admitted: Semaphore,
    strangers: Mutex<VecDeque<oneshot::Sender<()>>>,
}

impl Default for Places {
    fn default() -> Self {
        Self { admitted: Semaphore::new(MOST_ADMITTED), strangers: Mutex::default() }
    }
}

impl Places {
    fn of(request: &HttpRequest) -> &Self {
        request.app_data::<Data<Self>>().expect("the server has places for bodies")
    }
}

/// Reads a form or a call. Whoever calls this has admitted the client.
pub async fn read(request: &HttpRequest, payload: Payload, largest: usize) -> Result<Vec<u8>, Problem> {
    let Ok(_place) = Places::of(request).admitted.try_acquire() else { return Err(too_many()) };
    in_time(collect(request, payload, largest, |_| Ok(()))).await
}

/// Reads the form of somebody who signs in. Where too many do, the one that has held its place longest gives it up: so
/// those who send a whole form are not kept out by those who do not.
pub async fn read_of_stranger(request: &HttpRequest, payload: Payload) -> Result<Vec<u8>, Problem> {
    let (place, given_up) = oneshot::channel();
    {
        let mut strangers = Places::of(request).strangers.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.retain(|other| !other.is_closed());
        if strangers.len() >= MOST_STRANGERS {
            drop(strangers.pop_front());
        }
        strangers.push_back(place);
    }
    tokio::select! {
        biased;
        body = in_time(collect(request, payload, LARGEST_FORM, |_| Ok(()))) => body,
        _ = given_up => Err(too_many()),
    }
}

async fn in_time(body: impl Future<Output = Result<Vec<u8>, Problem>>) -> Result<Vec<u8>, Problem> {
    let too_late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive within 5 s");
    timeout(READ_WITHIN, body).await.unwrap_or_else(|_| Err(too_late()))
}

fn too_many() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests are coming in; try again").word("problem_busy")
}

/// Reads the JSON body of a call.
pub async fn json<T: DeserializeOwned>(request: &HttpRequest, payload: Payload) -> Result<T, Problem> {
    let body = read(request, payload, LARGEST_CALL).await?;
    serde_json::from_slice(&body).map_err(|error| {
        if error.is_data() {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the body is wrong: {error}"))
        } else {
            Problem::new(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}"))
        }
    })
}

/// All chunks, each of which must find room first.
pub async fn collect(
    request: &HttpRequest,
    mut payload: Payload,
    largest: usize,
    mut find_room: impl FnMut(usize) -> Result<(), Problem>,
) -> Result<Vec<u8>, Problem> {
    let _reading = Place::of(request).map(Place::reads_body);
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body broke off"))?;
        if body.len() + chunk.len() > largest {
            let detail = format!("the body is larger than {} KiB", largest / 1024);
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        find_room(chunk.len())?;
        body.extend_from_slice(&chunk);
    }
    request.extensions_mut().insert(Whole);
    Ok(body)
}

/// Marks a request whose body was read to its end.
struct Whole;

/// Whether more may come of a body than anybody says: it is in chunks, and its end was not read. The server would go on
/// reading for as long as the client sends.
pub fn may_be_endless(request: &HttpRequest) -> bool {
    request.headers().contains_key(TRANSFER_ENCODING) && !request.extensions().contains::<Whole>()
}
