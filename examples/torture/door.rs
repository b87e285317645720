//! The door: how Harbor's webhooks go in, with Harbor's own tries; and a visitor who looks at all that can be seen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};

use crate::ledger::Ledger;
use crate::secrets::{self, ADMIN_TOKEN, HARBOR_AUTH_HEADER, READ_TOKEN};

/// Harbor waits no longer for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
const TRIES: u32 = 3;
/// Shorter than Harbor's, as the whole run is.
const BETWEEN_TRIES: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub struct Door {
    client: Client,
    url: String,
    ledger: Arc<Ledger>,
}

impl Door {
    pub fn new(url: String, ledger: Arc<Ledger>) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().timeout(PATIENCE).pool_max_idle_per_host(0).build()?;
        Ok(Self { client, url, ledger })
    }

    /// Sends a webhook until it is taken, three times at most. Gives the status of the last answer; 0 is none.
    pub async fn tell(&self, body: &str) -> u16 {
        let mut status = 0;
        for number in 0..TRIES {
            if number > 0 {
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            status = self.post(body, HARBOR_AUTH_HEADER).await;
            if (200..300).contains(&status) {
                break;
            }
        }
        status
    }

    pub async fn post(&self, body: &str, authorization: &str) -> u16 {
        let request = self.client.post(format!("{}/webhook/harbor", self.url)).header("authorization", authorization);
        let asked_at = Instant::now();
        let (status, answer) = self.ask("a webhook's answer", request.body(body.to_owned())).await;
        let what = match (status, answer.contains("\"duplicate\"")) {
            (0, _) => "no answer".to_owned(),
            (200, true) => "200 duplicate".to_owned(),
            (200, false) => "200 ignored".to_owned(),
            (202, _) => "202 accepted".to_owned(),
            (other, _) => other.to_string(),
        };
        let mut books = self.ledger.books();
        books.count(what);
        if status != 0 {
            books.slowest_answer = books.slowest_answer.max(asked_at.elapsed());
        }
        status
    }

    async fn ask(&self, what: &str, request: RequestBuilder) -> (u16, String) {
        let Ok(response) = request.send().await else { return (0, String::new()) };
        let (status, headers) = (response.status().as_u16(), format!("{:?}", response.headers()));
        let Ok(body) = response.text().await else { return (0, String::new()) };
        if secrets::is_in(headers.as_bytes()) || secrets::is_in(body.as_bytes()) {
            self.ledger.books().leaks.insert(what.to_owned());
        }
        (status, body)
    }

    /// Looks at one path as an operator.
    pub async fn look(&self, path: &str) -> (u16, String) {
        let token = if path.starts_with("/api") { ADMIN_TOKEN } else { READ_TOKEN };
        let request = self.client.get(format!("{}{path}", self.url)).header("accept-language", "en").bearer_auth(token);
        self.ask(path.split('?').next().unwrap_or(path), request).await
    }

    /// Looks at everything, and at the deliveries that went worst.
    pub async fn look_around(&self) {
        let paths = [
            "/metrics",
            "/readyz",
            "/healthz",
            "/",
            "/notifications",
            "/notifications?state=failed",
            "/webhooks",
            "/images/moon/api-1",
            "/api/v1/images",
            "/api/v1/robots",
            "/api/v1/webhooks",
            "/api/v1/harbor",
            "/api/v1/arrivals?repository=moon/api-1",
            "/nothing/here",
        ];
        for path in paths {
            self.look(path).await;
        }
        for state in ["failed", "delivered", "pending"] {
            let (_, list) = self.look(&format!("/api/v1/deliveries?limit=20&state={state}")).await;
            let list: serde_json::Value = serde_json::from_str(&list).unwrap_or_default();
            for id in list["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str()).take(3) {
                self.look(&format!("/api/v1/deliveries/{id}")).await;
                self.look(&format!("/deliveries/{id}")).await;
            }
        }
    }
}
