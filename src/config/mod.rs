//! Configuration: from flags, the environment and `.env`, in this order. Every fault is named at once, by
//! its key, and no fault repeats a secret.

mod document;
pub mod dotenv;
mod faults;
mod file;
mod harbor;
mod nearest;
mod needs;
mod retention;
pub mod routes;
pub mod secrets;
mod values;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use reqwest::Url;
use secrecy::SecretString;

use crate::http::origin::Names;
use crate::model::clock::Millis;
use crate::model::retention::{DEFAULT as RETENTION, Retention};
use crate::model::retry::RetryPolicy;
use crate::model::robot::{DEFAULT, Format, Robot};
use crate::render::text::link_target;
use crate::render::{Language, Renderer, Settings};
use crate::route::{Route, Routing};
use faults::EnvironmentReader;
pub use faults::{EXIT_CODE, Fault};
pub use harbor::{HarborApi, HarborPlace};
pub use nearest::misspelt;
pub use needs::Need;
use routes::Surroundings;
use values::*;

/// A key, its default ("" for none) and what it is for.
pub struct Key {
    pub name: &'static str,
    pub default: &'static str,
    pub about: &'static str,
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, about }
}

/// Every key that there is. `.env.example` and the tables of docs/*/configuration.md are checked against this list.
pub const KEYS: &[Key] = &[
    key("LISTEN_ADDR", "127.0.0.1:8080", "address and port of the webhook"),
    key("PUBLIC_URL", "", "how Harbor and people reach harborbell"),
    key("DATABASE_URL", "sqlite://data/harborbell.db", "the SQLite file, made at the first start; or postgres://…"),
    key("WECOM_WEBHOOK_URL", "", "the group robot's whole URL, or its bare key; a secret"),
    key("WECOM_BASE_URL", "https://qyapi.weixin.qq.com", "where a bare key is sent; for private deployments"),
    key("WECOM_RATE_PER_MINUTE", "18", "messages a minute, evenly spaced; 0: no pacing"),
    key("WECOM_TIMEOUT", "10s", "how long one message may take; at most 12s"),
    key("HARBOR_AUTH_HEADER", "", "what Harbor sends as Authorization; a secret"),
    key("HARBOR_URL", "", "Harbor's address for links in messages, and of its API"),
    key("HARBOR_USERNAME", "", "who reads Harbor's API; a robot account such as robot$harborbell"),
    key("HARBOR_PASSWORD", "", "its password; a secret"),
    key("HARBOR_CA_FILE", "", "certificates in PEM that Harbor's is checked against"),
    key("HARBOR_POLL_INTERVAL", "1m", "how often Harbor is asked; at least 10s"),
    key("HARBOR_RECONCILE_DELAY", "4m", "how long after a task's end its webhook is waited for"),
    key("HARBOR_BACKFILL_MAX_AGE", "72h", "what ended longer ago is stored and not sent"),
    key("ADMIN_TOKEN", "", "opens page and API; a secret"),
    key("READ_TOKEN", "", "opens them for looking only; a secret"),
    key("ALLOW_ANONYMOUS", "false", "listen beyond loopback without HARBOR_AUTH_HEADER and ADMIN_TOKEN"),
    key("ROUTES_FILE", "", "robots and routes, in TOML; read again on SIGHUP"),
    key("FAILURE_GRACE", "0s", "holds failures back so long; one that heals in time is not sent"),
    key("NOTIFY_OUTCOMES", "succeeded,failed", "which outcomes are sent; the others are only stored"),
    key("NOTIFY_OPERATIONS", "copy,delete", "what was done that is sent; the rest is only stored"),
    key("NOTIFY_DIGEST_ONLY", "false", "also send references that are no tags"),
    key("MESSAGE_LANGUAGE", "zh", "zh or en"),
    key("MESSAGE_TEMPLATE", "", "a file that replaces the built-in message"),
    key("TIMEZONE", "Asia/Shanghai", "IANA name; for times in messages and tables"),
    key("RETRY_INITIAL_INTERVAL", "2s", "the wait after a first failure"),
    key("RETRY_MULTIPLIER", "2", "each further wait is so many times longer"),
    key("RETRY_RANDOMIZATION_FACTOR", "0.2", "spreads each wait by this share both ways"),
    key("RETRY_MAX_INTERVAL", "10m", "the longest wait"),
    key("RETRY_MAX_ELAPSED", "72h", "how long a delivery is tried before it counts as failed"),
    key("RETENTION", RETENTION, "what ended longer ago is removed: deliveries, messages, payloads; 0: never"),
    key("RETENTION_ARRIVALS", "0", "after this what happened is forgotten, too; 0: never, else 30d or more"),
    key("LOG_FORMAT", "text", "text or json"),
    key("RUST_LOG", "info", "what is logged"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Debug)]
pub struct Config {
    /// Which file was read beside the environment.
    pub file: Option<dotenv::ConfigFile>,
    pub listen_addr: SocketAddr,
    pub public_url: Option<Url>,
    pub database_url: String,
    pub routing: Routing,
    pub wecom_timeout: Duration,
    pub harbor_auth_header: Option<SecretString>,
    /// None without `HARBOR_URL`.
    pub harbor_place: Option<HarborPlace>,
    pub harbor_api: Option<HarborApi>,
    pub admin_token: Option<SecretString>,
    pub read_token: Option<SecretString>,
    pub allow_anonymous: bool,
    pub notify_digest_only: bool,
    pub renderer: Arc<Renderer>,
    pub timezone: TimeZone,
    pub retry: RetryPolicy,
    pub retention: Retention,
    pub log_format: LogFormat,
    pub log_filter: String,
    /// The secrets that are set, and where each came from; for `check`.
    pub secrets_from: Vec<(String, String)>,
}

impl Config {
    /// Reads all keys from `values`; an empty value counts as none.
    pub fn load(values: &HashMap<String, String>) -> Result<Self, Vec<Fault>> {
        Self::load_for(Need::Nothing, values, Vec::new())
    }

    /// The same for what needs more. The faults are what was wrong before, with values that are not there for it.
    pub fn load_for(need: Need, values: &HashMap<String, String>, faults: Vec<Fault>) -> Result<Self, Vec<Fault>> {
        let mut reader = EnvironmentReader { values, faults };
        let timezone = reader.read("TIMEZONE", |name| {
            TimeZone::get(name)
                .map_err(|_| format!("{} is no IANA time zone; use one such as Asia/Shanghai", quoted(name)))
        });
        let routing = reader.routing();
        let harbor_place = reader.harbor_place();
        let public_url = reader.optional("PUBLIC_URL", public_url);
        let renderer = reader.renderer(timezone.clone(), public_url.as_ref());
        let listen_addr = reader.read("LISTEN_ADDR", listen_addr).unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let allow_anonymous = reader.read("ALLOW_ANONYMOUS", switch).unwrap_or_default();
        reader.require(need, &routing.robots, listen_addr, allow_anonymous);
        let config = Self {
            file: None,
            listen_addr,
            public_url,
            database_url: reader.read("DATABASE_URL", database_url).unwrap_or_default(),
            routing,
            wecom_timeout: reader.read("WECOM_TIMEOUT", timeout).unwrap_or(LONGEST_TIMEOUT),
            harbor_auth_header: reader.optional("HARBOR_AUTH_HEADER", header),
            harbor_place: harbor_place.clone(),
            harbor_api: reader.harbor_api(harbor_place),
            admin_token: reader.optional("ADMIN_TOKEN", token),
            read_token: reader.read_token(),
            allow_anonymous,
            notify_digest_only: reader.read("NOTIFY_DIGEST_ONLY", switch).unwrap_or_default(),
            timezone: timezone.unwrap_or(TimeZone::UTC),
            retry: reader.retry(),
            retention: reader.retention(),
            log_format: reader.read("LOG_FORMAT", log_format).unwrap_or(LogFormat::Text),
            log_filter: reader.read("RUST_LOG", log_filter).unwrap_or_default(),
            secrets_from: Vec::new(),
            renderer: match renderer {
                Some(renderer) => renderer,
                None => return Err(reader.faults),
            },
        };
        if reader.faults.is_empty() { Ok(config) } else { Err(reader.faults) }
    }

    /// Under which names the service is called.
    pub fn names(&self) -> Names {
        let url = self.public_url.as_ref();
        Names {
            public: url.and_then(Url::host_str).map(str::to_ascii_lowercase),
            is_https: url.is_some_and(|url| url.scheme() == "https"),
            any: self.allow_anonymous,
        }
    }

    /// Where Harbor should send its webhooks; None without `PUBLIC_URL`.
    pub fn webhook_url(&self) -> Option<String> {
        self.public_url.as_ref().and_then(|url| url.join("webhook/harbor").ok()).map(String::from)
    }
}

/// `LISTEN_ADDR` alone, whatever is wrong with the other keys.
pub fn listen_addr_of(value: Option<String>) -> Result<SocketAddr, Vec<Fault>> {
    let values = value.map(|value| ("LISTEN_ADDR".to_owned(), value)).into_iter().collect();
    let mut reader = EnvironmentReader { values: &values, faults: Vec::new() };
    reader.read("LISTEN_ADDR", listen_addr).ok_or(reader.faults)
}

impl EnvironmentReader<'_> {
    fn read_token(&mut self) -> Option<SecretString> {
        let admin = self.values.get("ADMIN_TOKEN").map(|token| token.trim().to_owned());
        self.optional("READ_TOKEN", |value| {
            if Some(value) == admin.as_deref() {
                Err("is the same as ADMIN_TOKEN; whoever may only look needs a token of their own".into())
            } else {
                token(value)
            }
        })
    }

    /// All robots and routes: those of `ROUTES_FILE`, and the robot of `WECOM_WEBHOOK_URL`.
    fn routing(&mut self) -> Routing {
        let base = self.read("WECOM_BASE_URL", base_url).unwrap_or_default();
        let rate_per_minute = self.read("WECOM_RATE_PER_MINUTE", |value| {
            value.parse().map_err(|_| format!("{} is no number of messages; use 18, or 0 for no pacing", quoted(value)))
        });
        let rate_per_minute = rate_per_minute.unwrap_or_default();
        let url = self.optional("WECOM_WEBHOOK_URL", |value| robot_url(value, &base));
        let default = url.map(|url| Robot { name: DEFAULT.into(), url, rate_per_minute, format: Format::Markdown });
        let surroundings = Surroundings { values: self.values, base_url: &base, rate_per_minute, default };
        let (robots, routes) = self.routes_file(surroundings);
        Routing {
            robots,
            routes,
            notify: self.read("NOTIFY_OUTCOMES", words).unwrap_or_default(),
            operations: self.read("NOTIFY_OPERATIONS", words).unwrap_or_default(),
            failure_grace: self.read("FAILURE_GRACE", grace).unwrap_or_default(),
        }
    }

    fn routes_file(&mut self, surroundings: Surroundings<'_>) -> (Vec<Robot>, Vec<Route>) {
        let Some(path) = self.optional("ROUTES_FILE", |path| Ok(path.to_owned())) else {
            return (surroundings.default.into_iter().collect(), Vec::new());
        };
        let read = file::text(&path).map_err(|problem| vec![problem]).and_then(|text| {
            let placed = |faults: Vec<String>| faults.iter().map(|fault| format!("{}:{fault}", named(&path))).collect();
            routes::read(&text, surroundings).map_err(placed)
        });
        read.unwrap_or_else(|problems: Vec<String>| {
            let fault = |problem| Fault { key: "ROUTES_FILE".into(), problem };
            self.faults.extend(problems.into_iter().map(fault));
            Default::default()
        })
    }

    fn renderer(&mut self, timezone: Option<TimeZone>, public_url: Option<&Url>) -> Option<Arc<Renderer>> {
        let language = self.read("MESSAGE_LANGUAGE", |value| match value {
            "zh" => Ok(Language::Zh),
            "en" => Ok(Language::En),
            other => Err(format!("{} is no language of messages; use zh or en", quoted(other))),
        });
        let harbor_url = self.optional("HARBOR_URL", |value| {
            // Measured as it will be in a message, where every byte counts.
            let url = link_target(harbor_url(value)?.as_str());
            if url.len() > 512 { Err("is longer than 512 bytes".into()) } else { Ok(url) }
        });
        let public_url = public_url.map(|url| link_target(url.as_str().trim_end_matches('/')));
        let settings = Settings {
            language: language.unwrap_or(Language::Zh),
            timezone: timezone.unwrap_or(TimeZone::UTC),
            harbor_url,
            public_url,
        };
        self.read("MESSAGE_TEMPLATE", |path| {
            if path.is_empty() {
                return Renderer::new(settings, None).map_err(|error| error.to_string());
            }
            Renderer::new(settings, Some(&file::text(path)?))
                .map_err(|error| format!("{} is no template: {error}", named(path)))
        })
        .map(Arc::new)
    }

    fn retry(&mut self) -> RetryPolicy {
        let policy = RetryPolicy {
            initial_interval: self.read("RETRY_INITIAL_INTERVAL", positive_millis).unwrap_or(1),
            multiplier: self.read("RETRY_MULTIPLIER", |value| number(value, 1.0, 100.0)).unwrap_or(1.0),
            randomization_factor: self
                .read("RETRY_RANDOMIZATION_FACTOR", |value| number(value, 0.0, 1.0))
                .unwrap_or(0.0),
            max_interval: self.read("RETRY_MAX_INTERVAL", positive_millis).unwrap_or(Millis::MAX),
            max_elapsed: self.read("RETRY_MAX_ELAPSED", positive_millis).unwrap_or(0),
        };
        if policy.initial_interval > policy.max_interval {
            let problem = "is shorter than RETRY_INITIAL_INTERVAL; the waits grow up to it".into();
            self.faults.push(Fault { key: "RETRY_MAX_INTERVAL".into(), problem });
        }
        policy
    }
}
