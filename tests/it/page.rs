//! The page as HTML: what it says, in which language, and that nothing of a payload acts. How it behaves in a
//! browser is in `browser.rs`.

use harborbell::admin::wecom_html::to_html;
use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Answer;
use harborbell::model::robot::Format;
use harborbell::render::fit::middle;
use regex_lite::Regex;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use rstest::rstest;
use serde_json::Value;

use crate::support::{App, arrived, eventually, push};
use crate::tidy::{root, sources};

impl App {
    pub async fn page_in(&self, language: &str, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.url)).header(ACCEPT_LANGUAGE, language);
        request.send().await.unwrap().text().await.unwrap()
    }

    /// Posts a form and gives where it leads.
    pub async fn submit(&self, path: &str, body: &str) -> String {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let answer = client.post(format!("{}{path}", self.url)).body(body.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
        answer.headers()[LOCATION].to_str().unwrap().to_owned()
    }
}

#[rstest]
#[case("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "通知记录")]
#[case("en-GB,en;q=0.9", "en", "Deliveries")]
#[case("fr-FR,zh;q=0.3,en;q=0.5", "en", "Deliveries")]
#[case("fr-FR", "en", "Deliveries")]
#[tokio::test]
async fn the_page_speaks_the_browsers_language(#[case] accepted: &str, #[case] lang: &str, #[case] heading: &str) {
    let app = App::spawn().await;
    let page = app.page_in(accepted, "/notifications").await;
    assert!(
        page.contains(&format!("<html lang=\"{lang}\">")) && page.contains(&format!("<h1>{heading}</h1>")),
        "{page}"
    );
}

#[test]
fn both_languages_have_the_same_words() {
    let keys = |source: &str| {
        let words: Value = serde_json::from_str(source).unwrap();
        let words = words.as_object().unwrap().clone();
        assert!(words.values().all(|word| word.as_str().is_some_and(|word| !word.is_empty())));
        words.keys().cloned().collect::<Vec<_>>()
    };
    let zh = keys(include_str!("../../src/admin/page/words.zh.json"));
    assert_eq!(zh, keys(include_str!("../../src/admin/page/words.en.json")));
    let templates = ["base", "deliveries", "delivery", "webhooks", "confirm", "sign_in", "problem"]
        .map(|name| std::fs::read_to_string(format!("src/admin/page/{name}.html")).unwrap())
        .concat();
    for used in Regex::new(r"\bt\.([a-z0-9_]+)").unwrap().captures_iter(&templates) {
        assert!(zh.contains(&used[1].to_owned()), "the word {} is used and not there", &used[1]);
    }
}

/// What a person reads of a problem, and what a program does.
#[rstest]
#[case::nothing_there("/nothing", 404, "这个地址没有内容", "There is nothing at this address")]
#[case::no_delivery("/deliveries/nobody", 404, "没有这条通知记录", "There is no such delivery")]
#[case::no_state("/notifications?state=lost", 400, "没有“lost”这种状态", "There is no state “lost”")]
#[case::no_time("/notifications?since=soon", 400, "“soon”不是有效的时间", "“soon” is no time")]
#[case::twice("/notifications?q=a&q=b", 400, "查询参数无法识别", "parameters that cannot be read")]
#[case::bulk("/deliveries/confirm?verb=replay&state=pending", 422, "不能这样操作", "not possible in this state")]
#[tokio::test]
async fn a_problem_is_a_page_in_the_readers_language(
    #[case] path: &str,
    #[case] status: u16,
    #[case] zh: &str,
    #[case] en: &str,
) {
    let app = App::spawn().await;
    for (language, said) in [("zh", zh), ("en", en)] {
        let request = app.client.get(format!("{}{path}", app.url)).header(ACCEPT_LANGUAGE, language);
        let answer = request.header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8").send().await.unwrap();
        assert_eq!(answer.status(), status);
        let page = answer.text().await.unwrap();
        assert!(page.contains(said) && page.contains("problem-status"), "{page}");
    }
}

#[tokio::test]
async fn a_program_is_told_of_an_unknown_path_in_json() {
    let app = App::spawn().await;
    let answer = app.client.get(format!("{}/nothing", app.url)).header(ACCEPT, "*/*").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem.as_object().unwrap().keys().collect::<Vec<_>>(), ["type", "title", "status", "detail"]);
}

/// A problem's word is named far from the words.
#[test]
fn each_problem_has_its_word() {
    let words: Value = serde_json::from_str(include_str!("../../src/admin/page/words.en.json")).unwrap();
    let named = Regex::new(r#"word(?:_with)?\(\s*"([a-z_]+)""#).unwrap();
    let sources = sources(&root().join("src"));
    let named: Vec<_> =
        sources.iter().flat_map(|(_, source)| named.captures_iter(source)).map(|word| word[1].to_owned()).collect();
    assert!(named.len() > 15, "{named:?}");
    for word in named {
        assert!(words.get(&word).is_some(), "{word} is in no language");
    }
}

#[tokio::test]
async fn an_empty_page_says_how_to_point_harbor_here() {
    let app = App::spawn_with(&[("HARBOR_AUTH_HEADER", "Bearer x")]).await;
    let page = app.page_in("en", "/notifications").await;
    assert!(page.contains("webhook&#x2f;harbor") && page.contains("HARBOR_AUTH_HEADER"), "{page}");
}

/// `PUBLIC_URL`, else the address by which the reader came.
#[rstest]
#[case::the_readers("", "http", "http://bell.localhost:8080/webhook/harbor")]
#[case::through_tls("", "https", "https://bell.localhost:8080/webhook/harbor")]
#[case::public("https://bell.example.com", "http", "https://bell.example.com/webhook/harbor")]
#[tokio::test]
async fn harbor_is_offered_an_address_that_works(#[case] public: &str, #[case] scheme: &str, #[case] expected: &str) {
    let app = App::spawn_with(&[("PUBLIC_URL", public)]).await;
    let request = app.client.get(format!("{}/notifications", app.url)).header(HOST, "bell.localhost:8080");
    let page = request.header("x-forwarded-proto", scheme).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&expected.replace('/', "&#x2f;")), "{page}");
}

#[tokio::test]
async fn language_and_theme_are_what_the_reader_chose() {
    let app = App::spawn().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let choose = async |body: &'static str| {
        let answer = client.post(format!("{}/preferences", app.url)).body(body).send().await.unwrap();
        let cookie = answer.headers().get(SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_owned());
        let location = answer.headers().get(LOCATION).map(|path| path.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location.unwrap_or_default(), cookie.unwrap_or_default())
    };
    let (status, location, english) = choose("language=en&back=%2Fnotifications%3Fq%3Da").await;
    assert_eq!((status, location.as_str()), (303, "/notifications?q=a"));
    assert!(english.contains("SameSite=Lax") && english.contains("Path=/"), "{english}");
    let dark = choose("theme=dark").await.2;
    let cookies = [english, dark].map(|cookie| cookie.split(';').next().unwrap().to_owned()).join("; ");
    let request = app.client.get(format!("{}/notifications?q=a", app.url)).header(ACCEPT_LANGUAGE, "zh");
    let page = request.header(COOKIE, cookies).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(r#"<html lang="en" data-theme="dark">"#), "{page}");
    assert!(page.contains(r#"name="color-scheme" content="dark""#), "{page}");
    assert!(page.contains(r#"name="back" value="&#x2f;notifications?q=a""#), "{page}");
    assert!(choose("theme=").await.2.contains("Max-Age=0"));
    for wrong in ["theme=pink", "colour=dark", "theme=dark&back=%2F%2Fevil.example.com"] {
        assert_eq!(choose(wrong).await.0, 400, "{wrong}");
    }
    let foreign = client.post(format!("{}/preferences", app.url)).header("sec-fetch-site", "cross-site");
    assert_eq!(foreign.body("theme=dark").send().await.unwrap().status(), 403);
}

#[test]
fn both_ways_to_dark_have_the_same_colours() {
    let style = include_str!("../../src/admin/page/style.css");
    let colours = |after: &str| {
        let rule = style.split(after).nth(1).and_then(|rest| rest.split('}').next()).unwrap();
        rule.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let chosen = colours(":root[data-theme=dark] {\n");
    assert!(chosen.len() > 30, "{chosen:?}");
    assert_eq!(chosen, colours(":root:not([data-theme=light]) {\n"));
}

#[tokio::test]
async fn times_say_their_zone() {
    let app = App::spawn().await;
    app.accept(&arrived("v1")).await;
    let page = app.page_in("en", "/notifications").await;
    assert!(page.contains("Times are Asia&#x2f;Shanghai (UTC+08:00)"), "{page}");
    assert!(Regex::new(r#"<time [^>]*title="[0-9: -]+ UTC\+08:00""#).unwrap().is_match(&page), "{page}");
}

/// The ends of long names distinguish them.
#[tokio::test]
async fn a_long_name_is_cut_in_the_middle_and_whole_in_its_title() {
    let app = App::spawn().await;
    let name = format!("mars/{}-api", "long".repeat(30));
    app.accept(&push(&name, &["v1"]).payload()).await;
    let page = app.page_in("en", "/notifications").await;
    let whole = name.replace('/', "&#x2f;");
    let cut = format!("mars&#x2f;{}l…g{}-api</bdi>", "long".repeat(6), "long".repeat(6));
    assert!(page.contains(&format!("<bdi title=\"{whole}\">")), "{page}");
    assert!(page.contains(&cut), "{cut}: {page}");
}

#[rstest]
#[case("short", 5, "short")]
#[case("longer", 5, "lo…er")]
#[case("镜像名称很长", 7, "镜…长")]
#[case("ab", 1, "…")]
#[case("ab", 0, "…")]
fn what_is_cut_fits_its_columns(#[case] text: &str, #[case] most: usize, #[case] expected: &str) {
    assert_eq!(middle(text, most), expected);
}

/// Every view in every state renders, in both languages.
#[tokio::test]
async fn every_view_renders() {
    let app = App::spawn_with(&[("HARBOR_URL", "https://harbor.example.com")]).await;
    app.wecom.refuse_containing("poison");
    app.accept(&arrived("v1")).await;
    app.shown(1).await;
    app.accept(&push("mars/mars-web", &["poison"]).payload()).await;
    eventually("it has failed", || async { app.deliveries().await[0].state.as_str() == "failed" }).await;
    app.wecom.answer_always(Some(Answer::Status(500, "down")));
    app.accept(&push("mars/many", &["a", "b", "c", "d", "e", "f"]).payload()).await;
    eventually("it was tried", || async { app.deliveries().await[0].failures > 0 }).await;
    let mut paths: Vec<String> = [
        "/notifications",
        "/notifications?state=failed",
        "/notifications?state=pending&q=mars",
        "/notifications?state=discarded",
        "/notifications?q=nothing",
        "/notifications?period=7d",
        "/notifications?since=2026-01-01T00:00&until=2030-01-01T00:00",
        "/notifications?notice=replay.3",
        "/webhooks",
        "/deliveries/confirm?verb=replay&state=failed",
        "/deliveries/confirm?verb=discard&state=pending&q=mars&since=2020-01-01",
        "/deliveries/confirm?verb=replay&state=discarded",
        "/sign-in",
    ]
    .map(str::to_owned)
    .into();
    paths.extend(app.deliveries().await.iter().map(|one| format!("/deliveries/{}", one.id)));
    for path in &paths {
        for language in ["zh", "en"] {
            let page = app.page_in(language, path).await;
            assert!(page.contains("</html>") && !page.contains("problem-status"), "{path} {language}:\n{page}");
            assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick"), "{path}");
        }
    }
    for (path, status) in [
        ("/notifications?state=lost", 400),
        ("/notifications?cursor=nobody", 400),
        ("/notifications?since=soon", 400),
        ("/deliveries/nobody", 404),
        ("/deliveries/confirm?verb=eat&state=failed", 400),
        ("/deliveries/confirm?verb=replay", 400),
        ("/deliveries/confirm?verb=replay&state=pending", 422),
        ("/assets/nothing", 404),
    ] {
        let answer = app.client.get(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
}

#[tokio::test]
async fn what_a_payload_says_is_text_on_every_view() {
    let app = App::spawn_with(&[("WECOM_RATE_PER_MINUTE", "1")]).await;
    let bad = r#""><img src=x onerror=alert(1)><script>alert(2)</script>'{{ 98765 * 43210 }}"#;
    let mut payload = push("mars/x", &[bad]).payload();
    payload["event_data"]["replication"]["description"] = bad.into();
    payload["event_data"]["replication"]["dest_resource"]["registry_name"] = bad.into();
    payload["event_data"]["replication"]["successful_artifact"][0]["name_tag"] =
        format!("{bad} [1 item(s) in total]").into();
    payload["event_data"]["replication"]["dest_resource"]["namespace"] = "mars".into();
    app.accept(&payload).await;
    app.shown(1).await;
    eventually("on record", || async { app.deliveries().await[0].state.as_str() == "delivered" }).await;
    let id = app.deliveries().await[0].id.clone();
    let path = format!("/deliveries/{id}");
    let q: String = bad.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for path in [
        "/notifications",
        &path,
        &format!("/notifications?q={q}&state=delivered"),
        &format!("/deliveries/confirm?verb=replay&state=delivered&q={q}"),
    ] {
        let page = app.page_in("en", path).await;
        assert!(page.contains("onerror"), "{path} shows it as text");
        assert!(
            !page.contains("<img") && !page.contains("<script>") && !page.contains("4267635650"),
            "{path}:\n{page}"
        );
        assert_eq!(page.matches("<script").count(), 1, "{path}");
    }
}

#[tokio::test]
async fn forms_lead_back_and_say_what_they_did() {
    let app = App::spawn().await;
    app.accept(&arrived("v1")).await;
    app.shown(1).await;
    eventually("on record", || async { app.deliveries().await[0].state.as_str() == "delivered" }).await;
    let id = app.deliveries().await[0].id.clone();
    assert_eq!(app.submit(&format!("/deliveries/{id}/replay"), "").await, format!("/deliveries/{id}?notice=replay.1"));
    app.shown(2).await;
    eventually("on record", || async { app.deliveries().await[0].state.as_str() == "delivered" }).await;
    let back = app
        .submit("/deliveries/selected", &format!("verb=replay&id={id}&id=nobody&back=%2Fnotifications%3Fq%3Dmars"))
        .await;
    assert_eq!(back, "/notifications?q=mars&notice=left.1");
    app.shown(3).await;
    eventually("on record", || async { app.deliveries().await[0].state.as_str() == "delivered" }).await;
    assert_eq!(
        app.submit("/deliveries/matching", "verb=replay&state=delivered&q=mars").await,
        "/notifications?q=mars&notice=replay.1"
    );
    app.shown(4).await;
    let asked = app.submit("/robots/default/test", "").await;
    assert!(asked.starts_with("/notifications?test="), "{asked}");
    assert!(app.shown(5).await[4].contains("测试消息"));
}

#[test]
fn a_message_is_shown_as_wecom_shows_it() {
    let message = "**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> [查看](https://harbor.example.com/a?b=1&c=2)\n# 标题\n<@zhangsan>";
    insta::assert_snapshot!(to_html(message, Format::Markdown, &[]), @r#"<p><strong>镜像入仓</strong> <span class="wecom-info">成功</span> 阿里仓</p><blockquote>镜像：<code>mars/mars-api</code><br><a href="https://harbor.example.com/a?b=1&amp;c=2" rel="noreferrer noopener">查看</a></blockquote><h3 class="md-heading">标题</h3><p><span class="wecom-mention">@zhangsan</span></p>"#);
}

#[rstest]
#[case("<b>bold</b> & \"quoted\"", "<p>&lt;b&gt;bold&lt;/b&gt; &amp; &quot;quoted&quot;</p>")]
#[case("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>")]
#[case(
    "[x](https://a\" onclick=\"b)",
    "<p><a href=\"https://a&quot; onclick=&quot;b\" rel=\"noreferrer noopener\">x</a></p>"
)]
#[case("<font color=\"red\">x</font>", "<p>&lt;font color=&quot;red&quot;&gt;x&lt;/font&gt;</p>")]
#[case("**open `and` left", "<p>**open <code>and</code> left</p>")]
#[case("`<@all>`", "<p><code>&lt;@all&gt;</code></p>")]
#[case("**** `` <@> []()", "<p>**** `` &lt;@&gt; []()</p>")]
#[case("> a\n> b\n\nc", "<blockquote>a<br>b</blockquote><p><br>c</p>")]
fn all_else_is_text(#[case] markdown: &str, #[case] html: &str) {
    assert_eq!(to_html(markdown, Format::Markdown, &[]), html);
}

#[test]
fn a_text_is_shown_without_marks_and_with_whom_it_calls() {
    let shown = to_html("镜像 **a** <b>\n- `v1`", Format::Text, &["zhangsan".into(), "@all".into()]);
    insta::assert_snapshot!(shown, @r#"<p>镜像 **a** &lt;b&gt;<br>- `v1`</p><p><span class="wecom-mention">@zhangsan</span> <span class="wecom-mention">@all</span></p>"#);
}

/// A length of time is fixed before the form is shown, so that what is changed is what was counted.
#[rstest]
#[case::a_period("period=1h")]
#[case::a_length("since=1h")]
#[tokio::test]
async fn a_bulk_change_concerns_what_was_counted_however_it_is_said(#[case] when: &str) {
    // Failures that are held back: pending, and no lane takes them up.
    let app = App::spawn_with(&[("FAILURE_GRACE", "1h")]).await;
    for version in ["v1", "v2", "v3"] {
        app.accept(&Replication { succeeded: false, ..push("mars/mars-api", &[version]) }.payload()).await;
    }
    app.intruder()
        .await
        .execute("UPDATE deliveries SET created_at = created_at - 7200000 WHERE id = (SELECT min(id) FROM deliveries)")
        .await;
    let page = app.page_in("en", &format!("/deliveries/confirm?verb=discard&state=pending&{when}")).await;
    let main = page.split("</main>").next().unwrap();
    let fields = Regex::new(r#"name="([a-z]+)" value="([^"]*)""#).unwrap();
    let form: Vec<_> =
        fields.captures_iter(main).map(|field| format!("{}={}", &field[1], field[2].replace('+', "%2B"))).collect();
    assert!(
        form.iter().any(|field| field.starts_with("since=2")) && form.iter().any(|field| field.starts_with("until=2")),
        "{form:?}"
    );
    let done = app.submit("/deliveries/matching", &form.join("&")).await;
    assert!(done.contains("notice=discard.2"), "{done}");
    // A form that says a period itself changes no more than that.
    let done = app.submit("/deliveries/matching", &format!("verb=discard&state=pending&{when}")).await;
    assert!(done.contains("notice=discard.0"), "{done}");
    // A field that nobody knows could be a condition; none is passed over.
    let misspelt =
        app.client.post(format!("{}/deliveries/matching", app.url)).body("verb=discard&state=pending&sinc=1h");
    assert_eq!(misspelt.send().await.unwrap().status(), 400);
    let unknown = app.client.get(format!("{}/notifications?period=2h", app.url)).send().await.unwrap();
    assert_eq!(unknown.status(), 400);
}

/// What no reader of JSON can take apart is shown as it came.
#[tokio::test]
async fn a_payload_that_cannot_be_read_again_is_shown_as_it_came() {
    let app = App::spawn().await;
    for (version, unread) in
        [("v1", r#""\ud800""#.to_owned()), ("v2", "1e400".to_owned()), ("v3", "[".repeat(200) + &"]".repeat(200))]
    {
        let body = arrived(version).to_string().replacen('{', &format!("{{\"unread\":{unread},"), 1);
        assert_eq!(app.post(body).await.0, 202, "{unread}");
        let id = app.deliveries().await[0].id.clone();
        let page = app.page_in("en", &format!("/deliveries/{id}")).await;
        let shown = unread.replace('"', "&quot;");
        assert!(page.contains(&shown) && page.contains(version), "{unread}");
    }
}

/// “Nothing has come” is said only where nothing has.
#[tokio::test]
async fn an_empty_page_says_what_came_instead() {
    let app = App::spawn_with(&[("NOTIFY_OUTCOMES", "failed")]).await;
    let page = async || app.page_in("en", "/notifications").await;
    assert!(page().await.contains("Nothing has come from Harbor yet"));
    for _ in 0..3 {
        let running = arrived("v1").to_string().replace("Success", "Running");
        assert_eq!(app.post(running).await.0, 200);
    }
    assert_eq!(app.post("{").await.0, 400);
    let came = page().await;
    assert!(came.contains("4 webhooks came in") && came.contains("3 ignored (job_status)"), "{came}");
    assert!(came.contains("1 refused with 400"), "{came}");
    assert!(!came.contains("Nothing has come"), "{came}");
    app.accept(&arrived("v1")).await;
    let stored = page().await;
    assert!(stored.contains("No robot was to be notified") && !stored.contains("Nothing has come"), "{stored}");
}
