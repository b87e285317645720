//! Who may look and who may act.

use std::time::{Duration, Instant};

use harborbell::demo::standin::Standin;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use rstest::rstest;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::process::Process;
use crate::support::{App, KEY, arrived};

const ADMIN: &str = "an-admin-token-for-tests";
const READ: &str = "a-read-token-for-tests";

async fn guarded() -> App {
    App::spawn_with(&[("ADMIN_TOKEN", ADMIN), ("READ_TOKEN", READ)]).await
}

impl App {
    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    async fn status(&self, request: reqwest::RequestBuilder) -> u16 {
        request.send().await.unwrap().status().as_u16()
    }

    /// Signs in through the form and gives the cookie.
    async fn sign_in(&self, token: &str) -> String {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let body = format!("token={token}&next=%2Fnotifications%3Fstate%3Dfailed");
        let answer = client.post(format!("{}/sign-in", self.url)).body(body).send().await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()[LOCATION]),
            (StatusCode::SEE_OTHER, &"/notifications?state=failed".parse().unwrap())
        );
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }
}

#[rstest]
#[case::list("GET", "/api/v1/deliveries", 200)]
#[case::arrivals("GET", "/api/v1/arrivals?repository=a", 200)]
#[case::harbor("GET", "/api/v1/harbor", 200)]
#[case::robots("GET", "/api/v1/robots", 200)]
#[case::webhooks("GET", "/api/v1/webhooks", 200)]
#[case::page("GET", "/notifications", 200)]
#[case::page_of_webhooks("GET", "/webhooks", 200)]
#[case::replay("POST", "/api/v1/deliveries/x/replay", 404)]
#[case::test("POST", "/api/v1/robots/x/test", 404)]
#[tokio::test]
async fn a_token_opens_what_its_role_may(#[case] method: &str, #[case] path: &str, #[case] done: u16) {
    let app = guarded().await;
    let with = |token: &str| app.request(method, path).header(AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(app.status(app.request(method, path)).await, 401);
    assert_eq!(app.status(with(ADMIN)).await, done);
    assert_eq!(app.status(with(READ)).await, if method == "GET" { done } else { 403 });
}

#[rstest]
#[case::alive("/healthz")]
#[case::ready("/readyz")]
#[case::metrics("/metrics")]
#[case::document("/api/openapi.json")]
#[tokio::test]
async fn machines_need_no_token_for(#[case] path: &str) {
    let app = guarded().await;
    assert_eq!(app.status(app.request("GET", path)).await, 200);
}

#[tokio::test]
async fn a_sign_in_lasts_until_the_token_changes() {
    let app = guarded().await;
    let cookie = app.sign_in(ADMIN).await;
    let page = app.request("GET", "/notifications").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let reader = app.sign_in(READ).await;
    let act = app.request("POST", "/deliveries/x/replay").header(COOKIE, &reader);
    assert_eq!(app.status(act).await, 403);
    for forged in [cookie.replace("admin.", "read."), reader.replace("read.", "admin."), "harborbell=admin".into()] {
        assert_eq!(app.status(app.request("GET", "/notifications").header(COOKIE, forged)).await, 401);
    }
    let changed = App::spawn_with(&[("ADMIN_TOKEN", "another-admin-token"), ("READ_TOKEN", READ)]).await;
    assert_eq!(app.status(changed.request("GET", "/notifications").header(COOKIE, &cookie)).await, 401);
    assert_eq!(app.status(changed.request("GET", "/notifications").header(COOKIE, &reader)).await, 200);
}

/// A link in a chat, a wiki or a ticket: the browser brings the session, and says where it comes from.
#[tokio::test]
async fn a_link_on_another_site_opens_the_page() {
    let app = guarded().await;
    let cookie = app.sign_in(READ).await;
    let followed = || {
        let request = app.request("GET", "/notifications?state=failed").header("sec-fetch-site", "cross-site");
        request.header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document")
    };
    assert_eq!(app.status(followed().header(COOKIE, cookie)).await, 200);
    // Who is not signed in gets there by signing in, also after a wrong token.
    let asked = followed().send().await.unwrap();
    assert_eq!(asked.status(), 401);
    let next = r#"name="next" value="&#x2f;notifications?state=failed""#;
    assert!(asked.text().await.unwrap().contains(next));
    let wrong = app.request("POST", "/sign-in").body("token=wrong&next=%2Fnotifications%3Fstate%3Dfailed");
    assert!(wrong.send().await.unwrap().text().await.unwrap().contains(next));
}

/// Where TLS ends before harborbell, a cookie must not travel without it.
#[rstest]
#[case::plain("", "http", false)]
#[case::a_proxy_says_so("", "https", true)]
#[case::it_is_configured("https://harborbell.example.com", "http", true)]
#[tokio::test]
async fn a_cookie_is_secure_where_tls_is(#[case] public_url: &str, #[case] scheme: &str, #[case] secure: bool) {
    let app = App::spawn_with(&[("ADMIN_TOKEN", ADMIN), ("PUBLIC_URL", public_url)]).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    for (path, body) in [("sign-in", format!("token={ADMIN}")), ("sign-out", String::new())] {
        let request = client.post(format!("{}/{path}", app.url)).header("x-forwarded-proto", scheme).body(body);
        let answer = request.send().await.unwrap();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        assert_eq!(cookie.contains("; Secure"), secure, "{path}: {cookie}");
    }
}

#[tokio::test]
async fn wrong_guesses_are_slowed_down() {
    let app = guarded().await;
    let guess = || app.request("GET", "/api/v1/robots").header(AUTHORIZATION, "Bearer wrong").send();
    let began = Instant::now();
    assert_eq!(guess().await.unwrap().status(), 401);
    assert!(began.elapsed().as_millis() >= 1_000);
    // Many at once: no more than four a second are looked at, the others are turned away.
    let began = Instant::now();
    let answers = futures_util::future::join_all((0..40).map(|_| guess())).await;
    let statuses: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
    let looked_at = statuses.iter().filter(|status| **status == 401).count();
    assert!((4..=4 * (1 + began.elapsed().as_secs() as usize)).contains(&looked_at), "{statuses:?}");
    assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
    let right = app.request("GET", "/api/v1/robots").header(AUTHORIZATION, format!("Bearer {ADMIN}"));
    assert_eq!(app.status(right).await, 200);
    assert_eq!(app.status(app.request("POST", "/sign-in").body("token=wrong&next=/")).await, 401);
}

/// Beside any number of wrong tokens from the same address, through the same proxy.
#[tokio::test]
async fn a_right_token_always_passes() {
    let app = guarded().await;
    let guess = || app.request("GET", "/api/v1/robots").header(AUTHORIZATION, "Bearer wrong").send();
    let guesses = futures_util::future::join_all((0..40).map(|_| guess()));
    let right = async {
        for _ in 0..20 {
            let right = app.request("GET", "/api/v1/robots").header(AUTHORIZATION, format!("Bearer {READ}"));
            assert_eq!(app.status(right).await, 200);
            assert!(app.sign_in(ADMIN).await.starts_with("harborbell="));
        }
    };
    let (answers, ()) = tokio::join!(guesses, right);
    assert!(answers.into_iter().all(|answer| answer.unwrap().status() != 200));
}

/// A client that resets its connection frees no place for another guess; so guesses, and their lines in the log, are
/// bounded however many come.
#[tokio::test]
async fn who_hangs_up_keeps_its_turn() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let settings = [("ADMIN_TOKEN", ADMIN), ("RUST_LOG", "warn,harborbell::cli=info")];
    let process = Process::start(folder.path(), &wecom.url(), &settings);
    let address = process.url.trim_start_matches("http://");
    let head = "GET /api/v1/robots HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer wrong\r\n\r\n";
    let began = Instant::now();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // Long enough for an answer to whoever finds no place; whoever has one hangs up.
        let _ = timeout(Duration::from_millis(20), stream.read(&mut [0; 64])).await;
        stream.set_zero_linger().unwrap();
    }
    process.signal("-TERM");
    let log = process.rest();
    let (guesses, seconds) = (log.matches("a wrong token was offered").count(), began.elapsed().as_secs() as usize);
    assert!((4..=4 * (1 + seconds)).contains(&guesses), "{guesses} guesses within {seconds} s");
}

#[rstest]
#[case::another_site("sec-fetch-site", "cross-site")]
#[case::a_neighbour("sec-fetch-site", "same-site")]
#[case::another_origin("origin", "https://evil.example.com")]
#[case::no_origin("origin", "null")]
#[tokio::test]
async fn another_site_cannot_act(#[case] header: &str, #[case] value: &str) {
    let app = App::spawn().await;
    for path in [
        "/api/v1/deliveries/replay",
        "/deliveries/matching",
        "/deliveries/selected",
        "/robots/default/test",
        "/deliveries/x/replay",
        "/deliveries/x/discard",
        "/sign-in",
        "/sign-out",
        "/webhook/harbor",
    ] {
        let body = json!({ "state": "failed" }).to_string();
        assert_eq!(app.status(app.request("POST", path).header(header, value).body(body)).await, 403, "{path}");
    }
}

#[tokio::test]
async fn our_own_page_and_programs_can_act() {
    let app = App::spawn().await;
    let body = || json!({ "state": "failed" }).to_string();
    let replay = || app.request("POST", "/api/v1/deliveries/replay").body(body());
    assert_eq!(app.status(replay()).await, 200);
    assert_eq!(app.status(replay().header("sec-fetch-site", "same-origin")).await, 200);
    assert_eq!(app.status(replay().header(ORIGIN, &app.url)).await, 200);
}

/// A page of the web may give its own name this machine's address; the browser then takes it for the same origin.
#[tokio::test]
async fn without_a_token_only_names_of_this_machine_are_answered() {
    let app = App::spawn().await;
    for (host, status) in [
        ("rebound.example.com", 403),
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("LocalHost", 200),
        ("10.0.0.1:80", 200),
    ] {
        let request = || app.request("GET", "/api/v1/robots").header("host", host);
        assert_eq!(app.status(request()).await, status, "{host}");
        // A page can send any header.
        assert_eq!(app.status(request().header(AUTHORIZATION, "Bearer x")).await, status, "{host} with a bearer");
    }
    let app = guarded().await;
    let request = app.request("GET", "/api/v1/robots").header("host", "harborbell.example.com");
    assert_eq!(app.status(request.header(AUTHORIZATION, format!("Bearer {READ}"))).await, 200);
}

/// Without its header, a webhook may come under names of this machine and under that of PUBLIC_URL.
#[tokio::test]
async fn a_webhook_without_a_header_comes_under_a_known_name() {
    const NAME: &str = "harborbell.example.com";
    let post = async |app: &App, host: &str, header: Option<&str>| {
        let request = app.request("POST", "/webhook/harbor").header("host", host).body(arrived("v1").to_string());
        let request = match header {
            Some(header) => request.header(AUTHORIZATION, header),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let open = App::spawn().await;
    let (status, detail) = post(&open, NAME, None).await;
    assert!(status == 403 && detail.contains("HARBOR_AUTH_HEADER") && detail.contains("PUBLIC_URL"), "{detail}");
    assert_eq!(post(&open, "127.0.0.1:8080", None).await.0, 202);
    let public = App::spawn_with(&[("PUBLIC_URL", "https://HarborBell.example.com")]).await;
    assert_eq!(post(&public, "harborbell.EXAMPLE.com:443", None).await.0, 202);
    assert_eq!(post(&public, "rebound.example.com", None).await.0, 403);
    let anonymous = App::spawn_with(&[("ALLOW_ANONYMOUS", "true")]).await;
    assert_eq!(post(&anonymous, NAME, None).await.0, 202);
    let guarded = App::spawn_with(&[("HARBOR_AUTH_HEADER", "Bearer hook-for-tests")]).await;
    assert_eq!(post(&guarded, NAME, Some("Bearer hook-for-tests")).await.0, 202);
    assert_eq!(post(&guarded, "127.0.0.1", None).await.0, 401);
    // Another site's page is refused whoever it claims to be.
    let forged = guarded.request("POST", "/webhook/harbor").header("sec-fetch-site", "cross-site");
    let forged = forged.header(AUTHORIZATION, "Bearer hook-for-tests").body(arrived("v2").to_string());
    assert_eq!(guarded.status(forged).await, 403);
    assert_eq!(open.status(open.request("GET", "/notifications").header("host", "rebound.example.com")).await, 403);
}

#[rstest]
#[case("https://evil.example.com/")]
#[case("//evil.example.com/")]
#[case("/\\evil.example.com/")]
#[case("/\t/evil.example.com/")]
#[case("/\u{1}x")]
#[case("/\u{7f}x")]
#[tokio::test]
async fn a_sign_in_leads_to_no_other_site(#[case] next: &str) {
    let app = guarded().await;
    let next: String = next.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let answer = app.request("POST", "/sign-in").body(format!("token={ADMIN}&next={next}")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().get(SET_COOKIE)), (400, None));
}
