//! Access to Harbor's API: without `HARBOR_USERNAME` and `HARBOR_PASSWORD` it is not asked.

use reqwest::Url;
use secrecy::SecretString;

use super::faults::EnvironmentReader;
use super::values::{header, positive_millis, quoted, web_url};
use super::{Fault, file};
use crate::model::clock::{HOUR, Millis, SECOND};

/// Where Harbor is.
#[derive(Clone, Debug)]
pub struct HarborPlace {
    pub url: Url,
    /// Certificates in PEM, which Harbor's is checked against beside the system's.
    pub ca: Option<Vec<u8>>,
}

/// What it takes to ask Harbor, and how often.
#[derive(Clone, Debug)]
pub struct HarborApi {
    pub place: HarborPlace,
    pub username: String,
    pub password: SecretString,
    pub poll_interval: Millis,
    /// How long after a task's end its webhook is waited for.
    pub reconcile_delay: Millis,
    /// What ended longer ago is stored, and nobody is notified of it.
    pub backfill_max_age: Millis,
}

/// One request a poll, and no more polls than one in this time.
const SHORTEST_POLL: Millis = 10 * SECOND;

impl EnvironmentReader<'_> {
    pub(super) fn harbor_place(&mut self) -> Option<HarborPlace> {
        let ca = self.optional("HARBOR_CA_FILE", certificates);
        // A fault of the address is found where links are made of it.
        let url = self.optional("HARBOR_URL", |value| Ok(web_url(value).ok())).flatten()?;
        Some(HarborPlace { url, ca })
    }

    pub(super) fn harbor_api(&mut self, place: Option<HarborPlace>) -> Option<HarborApi> {
        let username = self.optional("HARBOR_USERNAME", |value| Ok(value.to_owned()));
        let password = self.optional("HARBOR_PASSWORD", header);
        let poll_interval = self.read("HARBOR_POLL_INTERVAL", poll_interval);
        let reconcile_delay = self.read("HARBOR_RECONCILE_DELAY", positive_millis);
        let backfill_max_age = self.read("HARBOR_BACKFILL_MAX_AGE", positive_millis);
        let (username, password) = match (username, password) {
            (Some(username), Some(password)) => (username, password),
            (None, None) => return None,
            (Some(_), None) => return self.lacks("HARBOR_PASSWORD", "is not set, and HARBOR_USERNAME is"),
            (None, Some(_)) => return self.lacks("HARBOR_USERNAME", "is not set, and HARBOR_PASSWORD is"),
        };
        let is_given = self.values.get("HARBOR_URL").is_some_and(|url| !url.trim().is_empty());
        let Some(place) = place else {
            let missing = "is not set; HARBOR_USERNAME and HARBOR_PASSWORD are for Harbor's API there";
            return if is_given { None } else { self.lacks("HARBOR_URL", missing) };
        };
        Some(HarborApi {
            place,
            username,
            password,
            poll_interval: poll_interval?,
            reconcile_delay: reconcile_delay?,
            backfill_max_age: backfill_max_age?,
        })
    }

    fn lacks(&mut self, key: &str, problem: &str) -> Option<HarborApi> {
        self.faults.push(Fault { key: key.to_owned(), problem: problem.to_owned() });
        None
    }
}

fn poll_interval(value: &str) -> Result<Millis, String> {
    match positive_millis(value)? {
        short if short < SHORTEST_POLL => Err(format!("{value} is shorter than 10s")),
        long if long > HOUR => Err(format!("{value} is longer than an hour")),
        fine => Ok(fine),
    }
}

fn certificates(path: &str) -> Result<Vec<u8>, String> {
    let text = file::bytes(path)?;
    match reqwest::Certificate::from_pem_bundle(&text) {
        Ok(certificates) if !certificates.is_empty() => Ok(text),
        _ => Err(format!("{} has no certificate in PEM (-----BEGIN CERTIFICATE-----)", quoted(path))),
    }
}
