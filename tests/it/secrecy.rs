//! Invariant 5: the robot's key is nowhere to be seen, whatever is logged and whoever answers.

use std::path::Path;

use harborbell::demo::standin::{Answer, Standin};
use tempfile::TempDir;

use crate::process::{Process, run};
use crate::support::{KEY, arrived, eventually};

#[tokio::test]
async fn invariant_5_the_key_is_in_no_log_table_or_output() {
    let folder = TempDir::new().unwrap();
    let mut wecom = Standin::start(KEY, None).await.unwrap();
    let url = wecom.url();
    let page: &'static str = Box::leak(format!("<a href=\"{url}\">moved</a>").into_boxed_str());
    // The 300 bytes that are kept would end within the key; the URL before it makes room for that.
    let torn: &'static str = Box::leak(format!("{url:-<width$}{KEY}", width = 301 - KEY.len()).into_boxed_str());
    for answer in [
        Answer::Status(200, page),
        Answer::Status(200, torn),
        Answer::Status(502, page),
        Answer::Redirect,
        Answer::BreakOff,
        Answer::Errcode(93000, "invalid webhook url"),
    ] {
        wecom.answer_next(answer);
    }
    let settings = [
        ("RUST_LOG", "trace"),
        ("RETRY_INITIAL_INTERVAL", "10ms"),
        ("RETRY_MAX_INTERVAL", "20ms"),
        ("LOG_FORMAT", "text"),
        // What WeCom says is for who shows a token.
        ("READ_TOKEN", "a-read-token-for-tests"),
    ];
    let mut process = Process::start(folder.path(), &url, &settings);
    let client = crate::support::client();
    let post = |version: &str| {
        client.post(format!("{}/webhook/harbor", process.url)).body(arrived(version).to_string()).send()
    };
    assert_eq!(post("v1").await.unwrap().status(), 202);
    wecom.until(|seen, shown| seen.len() > 6 && !shown.is_empty()).await;
    wecom.go_down().await;
    assert_eq!(post("v2").await.unwrap().status(), 202);
    let ready = || async {
        let request = client.get(format!("{}/readyz", process.url)).bearer_auth("a-read-token-for-tests");
        request.send().await.unwrap().text().await.unwrap()
    };
    eventually("the outage is noticed", || async { ready().await.contains("cannot connect") }).await;

    let mut outputs = vec![ready().await];
    let listed = text(&run(folder.path(), &url, &["list", "--json"]));
    let page: serde_json::Value = serde_json::from_str(&listed).unwrap();
    for item in page["items"].as_array().unwrap() {
        let id = item["id"].as_str().unwrap();
        outputs.push(text(&run(folder.path(), &url, &["show", id])));
        outputs.push(text(&run(folder.path(), &url, &["show", id, "--json"])));
    }
    outputs.push(listed);
    outputs.push(text(&run(folder.path(), &url, &["check"])));
    outputs.push(text(&run(folder.path(), &format!("{url} "), &["check", "--json"])));
    outputs.push(text(&run(folder.path(), &url.replace("http://", "htp://"), &["serve"])));
    process.signal("-TERM");
    assert!(process.child.wait().unwrap().success());
    outputs.push(process.rest());
    assert!(outputs.iter().any(|output| output.contains("***")), "the answers that held the key are there, without it");
    for output in &outputs {
        assert!(!parts_of_the_key().any(|part| output.contains(part)), "{output}");
    }
    for file in std::fs::read_dir(folder.path()).unwrap() {
        assert_has_no_key(&file.unwrap().path());
    }
}

/// A line of `.env` that cannot be read may be the one with the key.
#[test]
fn invariant_5_a_broken_env_file_is_named_without_its_content() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(".env"), format!("WECOM_WEBHOOK_URL=https://x/?key={KEY} and more\n")).unwrap();
    let output = run(folder.path(), "", &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output);
    assert!(said.contains(".env") && said.contains("line 1") && !said.contains(KEY), "{said}");
}

/// Those that cannot be there by chance.
fn parts_of_the_key() -> impl Iterator<Item = &'static str> {
    let parts = (0..=KEY.len() - 8).map(|from| &KEY[from..from + 8]);
    parts.filter(|part| part.contains(|character: char| character.is_ascii_alphabetic()))
}

fn text(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)).trim().to_owned()
}

fn assert_has_no_key(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let found = parts_of_the_key().any(|part| bytes.windows(part.len()).any(|window| window == part.as_bytes()));
    assert!(!found, "the key is in {}", path.display());
}
