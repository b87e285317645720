//! Who may look and who may act.

use std::time::Instant;

use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use rstest::rstest;
use serde_json::json;

use crate::support::App;

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
        let body = format!("token={token}&next=%2F%3Fstate%3Dfailed");
        let answer = client.post(format!("{}/sign-in", self.url)).body(body).send().await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()[LOCATION]),
            (StatusCode::SEE_OTHER, &"/?state=failed".parse().unwrap())
        );
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }
}

#[rstest]
#[case::list("GET", "/api/v1/deliveries", 200)]
#[case::arrivals("GET", "/api/v1/arrivals?repository=a", 200)]
#[case::robots("GET", "/api/v1/robots", 200)]
#[case::page("GET", "/", 200)]
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
    let page = app.request("GET", "/").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let reader = app.sign_in(READ).await;
    let act = app.request("POST", "/deliveries/x/replay").header(COOKIE, &reader);
    assert_eq!(app.status(act).await, 403);
    for forged in [cookie.replace("admin.", "read."), reader.replace("read.", "admin."), "harborbell=admin".into()] {
        assert_eq!(app.status(app.request("GET", "/").header(COOKIE, forged)).await, 401);
    }
    let changed = App::spawn_with(&[("ADMIN_TOKEN", "another-admin-token"), ("READ_TOKEN", READ)]).await;
    assert_eq!(app.status(changed.request("GET", "/").header(COOKIE, &cookie)).await, 401);
    assert_eq!(app.status(changed.request("GET", "/").header(COOKIE, &reader)).await, 200);
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
        "/sign-in",
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

#[rstest]
#[case("https://evil.example.com/")]
#[case("//evil.example.com/")]
#[case("/\\evil.example.com/")]
#[tokio::test]
async fn a_sign_in_leads_to_no_other_site(#[case] next: &str) {
    let app = guarded().await;
    let next: String = next.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let answer = app.request("POST", "/sign-in").body(format!("token={ADMIN}&next={next}")).send().await.unwrap();
    assert_eq!(answer.status(), 400);
}
