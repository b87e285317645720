//! What a reader has chosen on the page: a language and a theme, in a cookie each. Neither is a secret.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

/// What can be chosen; where nothing is, the browser's settings count.
const CHOICES: [(&str, &str, [&str; 2]); 2] =
    [("language", "harborbell-language", ["zh", "en"]), ("theme", "harborbell-theme", ["light", "dark"])];
const KEPT: Duration = Duration::days(365);

/// The value of `language` or `theme` that was chosen; empty where none was.
pub fn chosen(request: &HttpRequest, what: &str) -> &'static str {
    let choice = CHOICES.iter().find(|(name, ..)| *name == what);
    let given = choice.and_then(|(_, cookie, values)| Some((request.cookie(cookie)?, values)));
    given.and_then(|(cookie, values)| values.iter().copied().find(|known| *known == cookie.value())).unwrap_or_default()
}

/// The cookie that keeps a choice, or ends it where the value is empty; None for what cannot be chosen.
pub fn cookie(what: &str, value: &str) -> Option<Cookie<'static>> {
    let (_, name, values) = CHOICES.iter().find(|(name, ..)| *name == what)?;
    let known = values.iter().copied().find(|known| *known == value);
    let mut cookie = Cookie::new(*name, known.unwrap_or_default());
    cookie.set_max_age(match known {
        Some(_) => KEPT,
        None if value.is_empty() => Duration::ZERO,
        None => return None,
    });
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/");
    Some(cookie)
}
