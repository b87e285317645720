//! The page in a real browser, as a person uses it. Each test leaves screenshots in `target/screenshots`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use harborbell::demo::standin::Answer;
use hyper_util::client::legacy::connect::HttpConnector;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use crate::support::{App, HUAWEI, arrived, eventually, push, within};

pub const ADMIN: &str = "an-admin-token-for-tests";
/// One browser at a time is work enough for a small machine.
static TURN: Mutex<()> = Mutex::const_new(());

pub struct Browser {
    pub client: Client,
    driver_url: String,
    driver: Child,
    _profile: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Browser {
    pub async fn open(language: &str, width: u32) -> Self {
        let turn = TURN.lock().await;
        let (driver, driver_url) = start_driver();
        let profile = TempDir::new().unwrap();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", profile.path().display()),
            &format!("--accept-lang={language}"),
            &format!("--lang={language}"),
        ];
        let capabilities = json!({
            "goog:chromeOptions": {
                "args": arguments,
                "prefs": { "intl.accept_languages": language },
                "mobileEmulation": (width < 500).then(|| json!({
                    "deviceMetrics": { "width": width, "height": 844, "pixelRatio": 2, "mobile": true },
                })),
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(mut capabilities) = capabilities else { unreachable!() };
        if width >= 500 {
            capabilities["goog:chromeOptions"].as_object_mut().unwrap().remove("mobileEmulation");
        }
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver_url)
            .await
            .expect("Chromium starts");
        if width >= 500 {
            client.set_window_size(width, 900).await.unwrap();
        }
        Self { client, driver_url, driver, _profile: profile, _turn: turn }
    }

    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Waits until an element that is found so shows this text. Found and read in one step: an element that WebDriver
    /// has found may be another page's by the time it is read, or one that the live script has replaced.
    pub async fn shows(&self, css: &str, text: &str) {
        let script =
            "return [...document.querySelectorAll(arguments[0])].some((one) => one.innerText.includes(arguments[1]))";
        self.until_with(&format!("{css} shows {text:?}"), script, &[css, text]).await;
    }

    /// Waits until a person could click there, and clicks in the same step.
    pub async fn click(&self, css: &str) {
        let script = "
            const found = document.querySelector(arguments[0]);
            if (document.readyState !== 'complete' || !found) return false;
            found.scrollIntoView({ block: 'center', behavior: 'instant' });
            const box = found.getClientRects()[0];
            if (!box) return false;
            const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            if (found.disabled || !found.contains(top)) return false;
            found.click();
            return true;";
        self.until_with(&format!("{css} can be clicked"), script, &[css]).await;
    }

    /// Types into a field of a page that stays as it is.
    pub async fn fill(&self, css: &str, text: &str) {
        let found = self.client.wait().at_most(Duration::from_secs(30)).for_element(Locator::Css(css)).await.unwrap();
        found.send_keys(text).await.unwrap();
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script's answer is true.
    pub async fn until(&self, what: &str, script: &str) {
        self.until_with(what, script, &[]).await;
    }

    async fn until_with(&self, what: &str, script: &str, arguments: &[&str]) {
        let arguments: Vec<_> = arguments.iter().map(|argument| json!(argument)).collect();
        let holds = || async { self.client.execute(script, arguments.clone()).await.unwrap() == json!(true) };
        eventually(what, holds).await;
    }

    pub async fn picture(&self, name: &str) {
        keep(name, &self.client.screenshot().await.unwrap());
    }

    pub async fn element_picture(&self, css: &str, name: &str) {
        keep(name, &self.client.find(Locator::Css(css)).await.unwrap().screenshot().await.unwrap());
    }

    /// What the browser complained about: violations of the policy, errors of scripts.
    async fn complaints(&self) -> Vec<String> {
        let session = self.client.session_id().await.unwrap().unwrap();
        let request = crate::support::client().post(format!("{}/session/{session}/se/log", self.driver_url));
        let (_, log) = crate::support::answer(request.json(&json!({ "type": "browser" }))).await;
        let entries = log["value"].as_array().unwrap_or_else(|| panic!("{log}")).clone();
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Opens a page that asks for a token, and gives it.
    pub async fn sign_in(&self, url: &str, token: &str) {
        self.go(url).await;
        self.fill("#token", token).await;
        self.click("main form button[type=submit]").await;
        self.until("signed in", "return !!document.querySelector('form[action=\"/sign-out\"]')").await;
    }

    /// What the first element that is found so is to those who hear the page.
    pub async fn roles(&self, found: &[String]) -> Vec<String> {
        let session = self.client.session_id().await.unwrap().unwrap();
        let mut roles = Vec::new();
        for css in found {
            let element = self.client.find(Locator::Css(css)).await.unwrap().element_id();
            let url = format!("{}/session/{session}/element/{}/computedrole", self.driver_url, &*element);
            let (_, role) = crate::support::answer(crate::support::client().get(url)).await;
            roles.push(role["value"].as_str().unwrap_or_else(|| panic!("{css}: {role}")).to_owned());
        }
        roles
    }

    pub async fn close(self) {
        // 401 is the sign-in page and no trouble of its own.
        self.close_despite(&["401"]).await;
    }

    /// Closes it where the browser has nothing to complain about but what contains one of these.
    pub async fn close_despite(self, known: &[&str]) {
        let is_known = |text: &String| known.iter().any(|known| text.contains(known));
        let complaints: Vec<_> = self.complaints().await.into_iter().filter(|text| !is_known(text)).collect();
        assert_eq!(complaints, Vec::<String>::new());
        self.client.clone().close().await.unwrap();
    }
}

/// Leaves a picture in `target/screenshots`.
fn keep(name: &str, picture: &[u8]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
}

/// The driver wants one port for IPv4 and IPv6, and ends if a server of another test has taken it for one of them. Then
/// it is started on another one; whatever else ends it is an error.
fn start_driver() -> (Child, String) {
    for _ in 0..20 {
        let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut driver = started
            .expect("these tests need Chromium and its driver; on Debian: apt-get install chromium chromium-driver");
        let mut said = String::new();
        for line in BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if let Some(port) = line.split("successfully on port ").nth(1) {
                return (driver, format!("http://127.0.0.1:{}", port.trim_end_matches('.')));
            }
            said.push_str(&line);
        }
        let ended = driver.wait().unwrap();
        assert!(said.contains("port not available"), "chromedriver ended with {ended}: {said}");
    }
    panic!("chromedriver finds no free port")
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It takes Chromium along; when a test has failed, nobody closed that.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// One that was delivered and one that WeCom refuses as long as it says `poison`.
pub async fn with_a_failure(settings: &[(&str, &str)]) -> App {
    let app = App::spawn_with(settings).await;
    app.wecom.refuse_containing("poison");
    app.accept(&arrived("v1.2.3")).await;
    app.shown(1).await;
    let mut refused = push("mars/mars-web", &["poison"]);
    refused.registry = HUAWEI;
    app.accept(&refused.payload()).await;
    eventually("it has failed", || async { app.deliveries().await[0].state.as_str() == "failed" }).await;
    app
}

#[tokio::test]
async fn an_operator_signs_in_finds_a_failure_replays_it_and_sees_it_delivered() {
    let app = with_a_failure(&[("ADMIN_TOKEN", ADMIN), ("READ_TOKEN", "a-read-token-for-tests")]).await;
    let browser = Browser::open("en-US", 1280).await;
    browser.go(&format!("{}/notifications", app.url)).await;
    browser.picture("sign-in").await;
    browser.fill("#token", ADMIN).await;
    browser.click("main form button[type=submit]").await;
    browser.shows("h1", "Deliveries").await;
    browser.picture("deliveries").await;

    browser.click(".tab-failed").await;
    browser.until("only the failed one", "return document.querySelectorAll('.deliveries tbody tr').length === 1").await;
    browser.shows(".deliveries tbody tr", "40201").await;
    browser.click(".deliveries .repository").await;
    browser.shows(".head", "Failed").await;
    browser.shows(".attempt", "40201").await;
    browser.picture("failed").await;

    // WeCom takes it now; the page must show it without being loaded anew.
    app.wecom.forgive();
    app.wecom.answer_next(Answer::Status(500, "down"));
    browser.click(".head-actions button").await;
    browser.until("the page after the form", "return !!document.querySelector('.notice p')").await;
    browser.run("window.loadedOnce = true").await;
    browser.until("delivered", "return !!document.querySelector('.head .state-delivered')").await;
    assert_eq!(browser.run("return window.loadedOnce").await, json!(true));
    assert_eq!(browser.run("return document.querySelectorAll('.attempt').length").await, json!(3));
    browser.picture("delivered-live").await;
    browser.close().await;
}

/// A failed replication whose message went out reads failed.
#[tokio::test]
async fn failed_replications_are_found_whatever_became_of_their_messages() {
    let app = App::spawn_with(&[("ADMIN_TOKEN", ADMIN)]).await;
    app.accept(&arrived("v1.2.3")).await;
    let mut failed = push("mars/mars-web", &["v2.0.0"]);
    failed.succeeded = false;
    app.accept(&failed.payload()).await;
    app.shown(2).await;
    let browser = Browser::open("en-US", 1280).await;
    browser.go(&format!("{}/notifications", app.url)).await;
    browser.fill("#token", ADMIN).await;
    browser.click("main form button[type=submit]").await;
    browser.shows(".deliveries tbody .state-delivered", "Delivered").await;
    browser.run("document.querySelector('select[name=outcome]').value = 'failed'").await;
    browser.click(".search button[type=submit]").await;
    browser.until("only the failed one", "return document.querySelectorAll('.deliveries tbody tr').length === 1").await;
    browser.shows(".deliveries tbody .col-outcome", "Failed").await;
    browser.shows(".deliveries tbody .col-image", "mars/mars-web").await;
    browser.shows(".deliveries tbody .col-state", "Delivered").await;
    browser.picture("outcome-failed").await;
    browser.click(".deliveries .repository").await;
    browser.shows(".head .outcome-failed", "Replication failed").await;
    browser.click(".head-actions button").await;
    browser.shows("[data-live=changes]", "on the page, from 127.0.0.1").await;
    browser.picture("changes").await;

    browser.go(&format!("{}/notifications", app.url)).await;
    browser.click(".robot-test button").await;
    browser.shows(".test-delivered", "was delivered").await;
    browser.picture("test-message").await;
    browser.close().await;
}

#[tokio::test]
async fn all_that_match_are_replayed_after_their_number_was_shown() {
    let app = with_a_failure(&[]).await;
    for number in 0..4 {
        let (version, count) = (format!("poison{number}"), number + 2);
        app.accept(&push("mars/mars-web", &[&version]).payload()).await;
        eventually("failed", || async {
            app.deliveries().await.iter().filter(|one| one.state.as_str() == "failed").count() == count
        })
        .await;
    }
    let browser = Browser::open("en-US", 1280).await;
    browser.go(&format!("{}/notifications?state=failed&q=mars/mars-w", app.url)).await;
    browser.click(".bulk a").await;
    browser.shows("h1", "Replay 5 failed deliveries?").await;
    browser.picture("confirm").await;
    app.wecom.forgive();
    browser.click("main form button[type=submit]").await;
    browser.shows(".notice", "5").await;
    browser
        .until("all delivered", "return document.querySelectorAll('.deliveries .state-delivered').length === 5")
        .await;

    // And some that a person ticks.
    browser.go(&format!("{}/notifications", app.url)).await;
    browser.click(".deliveries tbody tr:nth-child(1) .pick").await;
    browser.click(".deliveries tbody tr:nth-child(2) .pick").await;
    browser.picture("selected").await;
    browser.click(".selection button[value=replay]").await;
    browser.shows(".notice", "2").await;
    browser.close().await;
}

#[tokio::test]
async fn what_comes_in_shows_by_itself_and_never_moves_what_is_being_read() {
    let app = with_a_failure(&[]).await;
    let browser = Browser::open("zh-CN", 1280).await;
    browser.go(&format!("{}/notifications", app.url)).await;
    browser.shows("h1", "通知记录").await;
    browser.picture("chinese").await;
    app.accept(&arrived("v1.2.4")).await;
    browser.until("a third row", "return document.querySelectorAll('.deliveries tbody tr').length === 3").await;
    // A tick says that somebody is at work here: now news is only announced.
    browser.click(".deliveries tbody tr:nth-child(2) .pick").await;
    app.accept(&arrived("v1.2.5")).await;
    browser.until("the offer", "return !!document.querySelector('[data-news] button')").await;
    assert_eq!(browser.run("return document.querySelectorAll('.deliveries tbody tr').length").await, json!(3));
    assert_eq!(browser.run("return document.querySelectorAll('.deliveries tbody :checked').length").await, json!(1));
    browser.picture("offer").await;
    browser.click("[data-news] button").await;
    browser.until("a fourth row", "return document.querySelectorAll('.deliveries tbody tr').length === 4").await;
    assert_eq!(browser.run("return document.querySelectorAll('.deliveries tbody :checked').length").await, json!(1));
    browser.close().await;
}

#[tokio::test]
async fn webhooks_show_by_themselves_and_an_open_body_stays_open() {
    let app = App::spawn().await;
    let browser = Browser::open("en-US", 1280).await;
    browser.go(&format!("{}/notifications", app.url)).await;
    browser.click(".main-pages a[href='/webhooks']").await;
    browser.shows(".empty", "/webhook/harbor").await;
    browser.picture("webhooks-none").await;
    app.post("{\"no JSON").await;
    browser.click(".webhooks summary").await;
    app.post("{}").await;
    app.accept(&arrived("v1")).await;
    browser.until("three rows", "return document.querySelectorAll('.webhooks tbody tr').length === 3").await;
    browser.shows(".webhooks details[open] pre", "no JSON").await;
    browser.picture("webhooks").await;
    browser.close().await;
}

#[rstest]
#[case::chinese("zh-CN")]
#[case::english("en-US")]
#[tokio::test]
async fn it_fits_a_phone(#[case] language: &str) {
    let app = with_a_failure(&[]).await;
    let long = format!("mars/{}", "long-name-without-a-blank-".repeat(9));
    app.accept(&push(&long, &["v1", "v2", "v3", "v4", "v5", "v6"]).payload()).await;
    app.post(format!("{{\"{}", "x".repeat(9_000))).await;
    app.post("{}").await;
    let browser = Browser::open(language, 390).await;
    let mut paths: Vec<String> = [
        "/notifications",
        "/notifications?state=failed",
        "/notifications?q=nothing",
        "/deliveries/confirm?verb=replay&state=failed",
        "/webhooks",
    ]
    .map(str::to_owned)
    .into();
    paths.extend(app.deliveries().await.iter().map(|one| format!("/deliveries/{}", one.id)));
    for (number, path) in paths.iter().enumerate() {
        browser.go(&format!("{}{path}", app.url)).await;
        browser.shows("h1", "").await;
        browser.picture(&format!("phone-{language}-{number}")).await;
        let wide =
            browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
        assert_eq!(wide, json!(0), "{path} is wider than the phone");
    }
    browser.close().await;
}

#[rstest]
#[case::desk(1280)]
#[case::tablet(768)]
#[case::phone(390)]
#[tokio::test]
async fn names_have_room_at_every_width_and_the_chosen_theme_holds(#[case] width: u32) {
    let folder = TempDir::new().unwrap();
    let routes = folder.path().join("routes.toml");
    std::fs::write(&routes, "[robots.release]\nurl = \"http://127.0.0.1:9/send?key=release-none\"\n").unwrap();
    let app = with_a_failure(&[("ROUTES_FILE", routes.to_str().unwrap())]).await;
    let browser = Browser::open("zh-CN", width).await;
    browser.go(&format!("{}/notifications", app.url)).await;
    let room = browser.run("return document.querySelector('tbody .col-image').getBoundingClientRect().width").await;
    assert!(room.as_f64().is_some_and(|room| room >= 250.0), "{room} px for an image");
    for (theme, colour) in [("dark", "rgb(14, 18, 23)"), ("light", "rgb(245, 246, 248)")] {
        browser.click(&format!(".choices button[value={theme}]")).await;
        browser
            .until_with(
                "the theme",
                "return document.documentElement.dataset.theme === arguments[0] \
                 && getComputedStyle(document.body).backgroundColor === arguments[1]",
                &[theme, colour],
            )
            .await;
        browser.picture(&format!("{theme}-{width}")).await;
    }
    browser.click(".choices button[value=en]").await;
    browser.shows("h1", "Deliveries").await;
    browser.close().await;
}

#[tokio::test]
async fn nothing_of_a_payload_runs() {
    let app = App::spawn().await;
    let bad = r#""><img src=x onerror="window.pwned=1"><script>window.pwned=1</script><svg onload="window.pwned=1">"#;
    let mut payload = push("mars/x", &[bad]).payload();
    fn poison(value: &mut Value, bad: &str) {
        match value {
            Value::String(text) if !["REPLICATION", "Success"].contains(&text.as_str()) => *text = bad.to_owned(),
            Value::Array(items) => items.iter_mut().for_each(|item| poison(item, bad)),
            Value::Object(fields) => fields.values_mut().for_each(|field| poison(field, bad)),
            _ => {}
        }
    }
    poison(&mut payload, bad);
    app.accept(&payload).await;
    app.shown(1).await;
    eventually("on record", || async { app.deliveries().await[0].state.as_str() == "delivered" }).await;
    let id = app.deliveries().await[0].id.clone();
    let browser = Browser::open("en-US", 1280).await;
    let q: String = bad.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for path in [
        "/notifications",
        &format!("/deliveries/{id}"),
        &format!("/notifications?q={q}"),
        &format!("/deliveries/confirm?verb=replay&state=delivered&q={q}"),
    ] {
        browser.go(&format!("{}{path}", app.url)).await;
        browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })").await;
        if path.len() <= 60 {
            browser.shows("main", "onerror").await;
        }
        assert_eq!(
            browser.run("return [window.pwned, document.querySelectorAll('main img, main script').length]").await,
            json!([null, 0])
        );
    }
    browser.go(&format!("{}/deliveries/{id}", app.url)).await;
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })").await;
    browser.picture("hostile").await;
    // The live script puts pages together from parts: it must not wake anything either.
    browser.run("document.querySelector('[data-live]').dataset.changed = 'yes'").await;
    within(
        "a live update",
        browser.until("it went over the page", "return !document.querySelector('[data-changed]') || !window.pwned"),
    )
    .await;
    browser.close().await;
}
