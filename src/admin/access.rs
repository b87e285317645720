//! Who may look and who may act: two tokens, as a bearer or through the sign-in form. Without any token, what
//! listens on loopback is open to the people of that machine, but not to the web pages they visit.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HOST};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::http::origin::{Names, came_by_https, refuse_cross_site};
use crate::model::clock::{Clock, HOUR, Millis};
use crate::problem::Problem;

const COOKIE: &str = "harborbell";
/// How long a sign-in lasts; it also ends when the token is changed.
const SESSION: Millis = 7 * 24 * HOUR;
/// A wrong guess is answered after this, and from one address no more than so many wait at a time. A token's length is
/// what makes guessing vain; this saves work and lines of the log.
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
    /// Those under which it answers without a token.
    names: Names,
    clock: Clock,
    guesses: Guesses,
}

/// Wrong guesses that are being slowed down, by address.
type Guesses = Arc<Mutex<HashMap<IpAddr, usize>>>;

impl Access {
    pub fn new(admin: Option<SecretString>, read: Option<SecretString>, names: Names, clock: Clock) -> Self {
        let tokens = [(Role::Admin, admin), (Role::Read, read)];
        let tokens = tokens.into_iter().filter_map(|(role, token)| Some((role, token?))).collect();
        Self { tokens, names, clock, guesses: Guesses::default() }
    }

    pub fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// Whether a program shows one of the tokens; where there are none, no program does.
    pub fn is_shown_by(&self, request: &HttpRequest) -> bool {
        bearer(request).is_some_and(|token| self.role_of(token).is_some())
    }

    /// Lets a request in that may do what `needed` may, or says why not.
    pub async fn admit(&self, request: &HttpRequest, needed: Role) -> Result<Role, Problem> {
        refuse_another_site(request)?;
        let role = match bearer(request) {
            Some(token) if self.has_tokens() => Some(self.guess(request, token).await?),
            _ => self.session(request).inspect_err(|problem| log(request, problem))?,
        };
        match role {
            Some(role) if role >= needed => Ok(role),
            Some(_) => Err(Problem::new(StatusCode::FORBIDDEN, "READ_TOKEN may only look; this needs ADMIN_TOKEN")
                .word("problem_read_only")),
            None => {
                Err(unauthorized("this needs a token: send `Authorization: Bearer …` with ADMIN_TOKEN or READ_TOKEN"))
            }
        }
    }

    /// The role of a token that somebody offers; a right one always passes. A wrong one is answered late, and where too
    /// many of one address wait, at once with another answer.
    pub async fn guess(&self, request: &HttpRequest, token: &str) -> Result<Role, Problem> {
        if !self.has_tokens() {
            return Ok(Role::Admin);
        }
        if let Some(role) = self.role_of(token) {
            return Ok(role);
        }
        let address = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
        let Some(turn) = Turn::take(&self.guesses, address) else {
            let detail = "too many wrong tokens from this address; try again in a second";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).word("problem_guesses"));
        };
        tracing::warn!(peer = %address, "a wrong token was offered");
        // In a task of its own: a client that hangs up keeps its turn.
        let slowed = actix_web::rt::spawn(async move {
            tokio::time::sleep(GUESS_TAKES).await;
            drop(turn);
        });
        // It neither panics nor is cancelled.
        let _ = slowed.await;
        Err(unauthorized("this token is neither ADMIN_TOKEN nor READ_TOKEN"))
    }

    /// The cookie that a sign-in earns; `None` where no sign-in is needed.
    pub fn cookie(&self, request: &HttpRequest, role: Role) -> Option<Cookie<'static>> {
        let expires = self.clock.now() + SESSION;
        let seal = self.seal(role, expires)?;
        let mut cookie = Cookie::new(COOKIE, format!("{}.{expires}.{seal}", role.as_str()));
        cookie.set_max_age(actix_web::cookie::time::Duration::milliseconds(SESSION));
        Some(self.dressed(cookie, request))
    }

    /// The cookie that ends a session.
    pub fn no_cookie(&self, request: &HttpRequest) -> Cookie<'static> {
        let mut cookie = Cookie::new(COOKIE, "");
        cookie.set_max_age(actix_web::cookie::time::Duration::ZERO);
        self.dressed(cookie, request)
    }

    fn dressed(&self, mut cookie: Cookie<'static>, request: &HttpRequest) -> Cookie<'static> {
        cookie.set_http_only(true);
        // Lax, because pages are opened from chats and tickets. Only GET comes with it from there, and GET changes nothing.
        cookie.set_same_site(SameSite::Lax);
        cookie.set_path("/");
        // Behind a proxy that ends TLS the cookie must not travel without it.
        cookie.set_secure(self.names.is_https || came_by_https(request));
        cookie
    }

    fn session(&self, request: &HttpRequest) -> Result<Option<Role>, Problem> {
        if !self.has_tokens() {
            return self.names.check(request, "ADMIN_TOKEN").map(|()| Some(Role::Admin));
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
}

/// A wrong guess's place in the queue.
struct Turn {
    guesses: Guesses,
    address: IpAddr,
}

impl Turn {
    fn take(guesses: &Guesses, address: IpAddr) -> Option<Self> {
        let mut waiting = guesses.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = waiting.entry(address).or_default();
        if *of_address >= GUESSES_AT_ONCE {
            return None;
        }
        *of_address += 1;
        Some(Self { guesses: guesses.clone(), address })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut waiting = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_address) = waiting.get_mut(&self.address) {
            *of_address -= 1;
            if *of_address == 0 {
                waiting.remove(&self.address);
            }
        }
    }
}

/// Refuses what another site's page asks for, and logs it.
pub fn refuse_another_site(request: &HttpRequest) -> Result<(), Problem> {
    refuse_cross_site(request).inspect_err(|problem| log(request, problem))
}

fn log(request: &HttpRequest, problem: &Problem) {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    tracing::warn!(host, path = request.path(), %problem, "request refused");
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
