//! Who may look and who may act: two tokens, as a bearer or through the sign-in form. Without any token, what
//! listens on loopback is open to the people of that machine, but not to the web pages they visit.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HOST, ORIGIN};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::model::clock::{Clock, HOUR, Millis};
use crate::problem::Problem;

const COOKIE: &str = "harborbell";
/// How long a sign-in lasts; it also ends when the token is changed.
const SESSION: Millis = 7 * 24 * HOUR;
/// A wrong guess is answered after this, and from one address no more than so many wait at a time.
const GUESS_TAKES: Duration = Duration::from_secs(1);
const GUESSES_AT_ONCE: usize = 4;

/// In the order of what one may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Read,
    Admin,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

pub struct Access {
    tokens: Vec<(Role, SecretString)>,
    /// Whether somebody decided that anybody may come in.
    anonymous: bool,
    clock: Clock,
    /// Wrong guesses that are being slowed down.
    guesses: Mutex<HashMap<IpAddr, usize>>,
}

impl Access {
    pub fn new(admin: Option<SecretString>, read: Option<SecretString>, anonymous: bool, clock: Clock) -> Self {
        let tokens = [(Role::Admin, admin), (Role::Read, read)];
        let tokens = tokens.into_iter().filter_map(|(role, token)| Some((role, token?))).collect();
        Self { tokens, anonymous, clock, guesses: Mutex::default() }
    }

    pub fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// Lets a request in that may do what `needed` may, or says why not.
    pub async fn admit(&self, request: &HttpRequest, needed: Role) -> Result<Role, Problem> {
        refuse_cross_site(request)?;
        let role = match bearer(request) {
            Some(token) if self.has_tokens() => Some(self.guess(request, token).await?),
            _ => self.session(request)?,
        };
        match role {
            Some(role) if role >= needed => Ok(role),
            Some(_) => Err(Problem::new(StatusCode::FORBIDDEN, "READ_TOKEN may only look; this needs ADMIN_TOKEN")),
            None => {
                Err(unauthorized("this needs a token: send `Authorization: Bearer …` with ADMIN_TOKEN or READ_TOKEN"))
            }
        }
    }

    /// The role of a token that somebody offers. A wrong one is answered late; and while too many wrong ones
    /// wait, no further one from that address is even looked at.
    pub async fn guess(&self, request: &HttpRequest, token: &str) -> Result<Role, Problem> {
        if !self.has_tokens() {
            return Ok(Role::Admin);
        }
        let address = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
        if self.guesses().get(&address).is_some_and(|waiting| *waiting >= GUESSES_AT_ONCE) {
            let detail = "too many wrong tokens from this address; try again in a second";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail));
        }
        if let Some(role) = self.role_of(token) {
            return Ok(role);
        }
        tracing::warn!(peer = %address, "a wrong token was offered");
        let _turn = Turn::take(self, address);
        tokio::time::sleep(GUESS_TAKES).await;
        Err(unauthorized("this token is neither ADMIN_TOKEN nor READ_TOKEN"))
    }

    /// The cookie that a sign-in earns; `None` where nobody need sign in.
    pub fn cookie(&self, request: &HttpRequest, role: Role) -> Option<Cookie<'static>> {
        let expires = self.clock.now() + SESSION;
        let seal = self.seal(role, expires)?;
        let mut cookie = Cookie::new(COOKIE, format!("{}.{expires}.{seal}", role.as_str()));
        cookie.set_max_age(actix_web::cookie::time::Duration::milliseconds(SESSION));
        Some(dressed(cookie, request))
    }

    /// The cookie that ends a session.
    pub fn no_cookie(request: &HttpRequest) -> Cookie<'static> {
        let mut cookie = Cookie::new(COOKIE, "");
        cookie.set_max_age(actix_web::cookie::time::Duration::ZERO);
        dressed(cookie, request)
    }

    fn session(&self, request: &HttpRequest) -> Result<Option<Role>, Problem> {
        if !self.has_tokens() {
            return match self.anonymous || names_this_machine(request) {
                true => Ok(Some(Role::Admin)),
                // A page of the web whose name leads to this machine would otherwise pass as this service.
                false => Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    "without ADMIN_TOKEN this answers only to names of this machine, such as localhost; set ADMIN_TOKEN",
                )),
            };
        }
        Ok(request.cookie(COOKIE).and_then(|cookie| self.role_of_session(cookie.value())))
    }

    fn role_of(&self, token: &str) -> Option<Role> {
        // Digests are of one length, so not even that of the token can be measured.
        let digest = |token: &str| <[u8; 32]>::from(Sha256::digest(token.trim()));
        let given = digest(token);
        let is_it = |expected: &SecretString| bool::from(digest(expected.expose_secret()).ct_eq(&given));
        self.tokens.iter().find(|(_, token)| is_it(token)).map(|(role, _)| *role)
    }

    fn role_of_session(&self, value: &str) -> Option<Role> {
        let (rest, seal) = value.rsplit_once('.')?;
        let (role, expires) = rest.split_once('.')?;
        let role = [Role::Admin, Role::Read].into_iter().find(|known| known.as_str() == role)?;
        let expires = expires.parse().ok().filter(|expires| *expires > self.clock.now())?;
        let expected = self.seal(role, expires)?;
        bool::from(expected.as_bytes().ct_eq(seal.as_bytes())).then_some(role)
    }

    /// Made with the role's token, so that a new token ends all sessions of the old one.
    fn seal(&self, role: Role, expires: Millis) -> Option<String> {
        let (_, token) = self.tokens.iter().find(|(known, _)| *known == role)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(token.expose_secret().as_bytes()).expect("a key of any length");
        mac.update(format!("{COOKIE} {} {expires}", role.as_str()).as_bytes());
        Some(format!("{:x}", mac.finalize().into_bytes()))
    }

    fn guesses(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wrong guess's place in the queue, given back also when the client hangs up.
struct Turn<'a> {
    access: &'a Access,
    address: IpAddr,
}

impl<'a> Turn<'a> {
    fn take(access: &'a Access, address: IpAddr) -> Self {
        *access.guesses().entry(address).or_default() += 1;
        Self { access, address }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut guesses = self.access.guesses();
        if let Some(waiting) = guesses.get_mut(&self.address) {
            *waiting -= 1;
            if *waiting == 0 {
                guesses.remove(&self.address);
            }
        }
    }
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn dressed(mut cookie: Cookie<'static>, request: &HttpRequest) -> Cookie<'static> {
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_path("/");
    // Behind a proxy that speaks TLS the cookie must not travel without it.
    let is_secure = request.headers().get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    cookie.set_secure(is_secure);
    cookie
}

/// A request that changes something must come from our own page, or from no page at all. Browsers say where it
/// comes from; programs such as curl say nothing.
pub fn refuse_cross_site(request: &HttpRequest) -> Result<(), Problem> {
    if request.method().is_safe() {
        return Ok(());
    }
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_ours = match (header("sec-fetch-site"), header(ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some() && authority == header(HOST.as_str())
        }
        (None, None) => true,
    };
    if is_ours {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "this request comes from another site; only harborbell's own page may act"))
}

fn names_this_machine(request: &HttpRequest) -> bool {
    let Some(host) = request.headers().get(HOST).and_then(|host| host.to_str().ok()) else { return true };
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok()
}
