//! Where a request comes from: another site's page must not act through the browser of somebody who may.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, ORIGIN};

use crate::problem::Problem;

/// A request that changes something must come from our own page, or from no page at all. Browsers say where it
/// comes from; programs such as curl and Harbor say nothing.
pub fn refuse_cross_site(request: &HttpRequest) -> Result<(), Problem> {
    if request.method().is_safe() {
        return Ok(());
    }
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let is_ours = match (header("sec-fetch-site"), header(ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.zip(header(HOST.as_str())).is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
        }
        (None, None) => true,
    };
    if is_ours {
        return Ok(());
    }
    let detail = "by Sec-Fetch-Site or Origin this comes from another site's page; harborbell's own page and programs \
                  may act, and a reverse proxy must pass Host on as it is";
    Err(Problem::new(StatusCode::FORBIDDEN, detail).word("problem_another_site"))
}

/// Whether the client's own connection is TLS, which a proxy before this service ends.
pub fn came_by_https(request: &HttpRequest) -> bool {
    request.headers().get("x-forwarded-proto").is_some_and(|scheme| scheme == "https")
}

/// The names under which a service without a password answers. A web page whose own name is made to lead to this machine
/// would otherwise pass as this service.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The host of `PUBLIC_URL`.
    pub public: Option<String>,
    /// Whether `PUBLIC_URL` is https.
    pub is_https: bool,
    /// `ALLOW_ANONYMOUS`: under any name.
    pub any: bool,
}

impl Names {
    /// Refuses a name that is none of this machine's; `unlock` is what would make names unimportant.
    pub fn check(&self, request: &HttpRequest, unlock: &str) -> Result<(), Problem> {
        if self.any || self.are_of(request) {
            return Ok(());
        }
        let detail = format!(
            "without {unlock} this answers only to names of this machine, such as localhost or an IP address, and to \
             the host of PUBLIC_URL; set {unlock}, or PUBLIC_URL"
        );
        Err(Problem::new(StatusCode::FORBIDDEN, detail).word_with("problem_name", unlock))
    }

    fn are_of(&self, request: &HttpRequest) -> bool {
        let Some(host) = request.headers().get(HOST) else { return true };
        let host = host.to_str().unwrap_or_default().to_ascii_lowercase();
        let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let name = name.map_or(host.as_str(), |(name, _)| name).trim_matches(['[', ']']);
        name == "localhost"
            || name.ends_with(".localhost")
            || name.parse::<IpAddr>().is_ok()
            || self.public.as_deref() == Some(name)
    }
}
