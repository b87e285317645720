//! What runs the program in containers says of it what is true.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use harborbell::config::KEYS;
use regex_lite::Regex;
use rstest::rstest;
use tempfile::TempDir;

use crate::documents::commands;
use crate::support::{client, program};
use crate::tidy::text;

const MANIFESTS: [&str; 4] = [
    "contrib/kubernetes/one/harborbell.yaml",
    "contrib/kubernetes/one/secret.yaml",
    "contrib/kubernetes/replicas/harborbell.yaml",
    "contrib/kubernetes/replicas/secret.yaml",
];

/// What the first group of `pattern` finds, each once.
fn all(text: &str, pattern: &str) -> BTreeSet<String> {
    Regex::new(pattern).unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect()
}

fn set<const N: usize>(words: [&str; N]) -> BTreeSet<String> {
    words.map(str::to_owned).into()
}

#[test]
fn the_image_is_built_with_the_oldest_rust_that_will_do() {
    let wanted = all(&text("Cargo.toml"), r#"(?m)^rust-version = "(.+)""#);
    assert_eq!(all(&text("Dockerfile"), r"(?m)^ARG RUST_IMAGE=rust:([\d.]+)-"), wanted);
}

#[test]
fn the_build_gets_all_that_the_program_is_made_of() {
    let list = all(&text("build.rs"), r"const SOURCES[^=]*= \[([^\]]*)\]").pop_first().unwrap();
    let (sources, sent) = (all(&list, r#""([^"]+)""#), all(&text(".dockerignore"), r"(?m)^!(.+)$"));
    assert!(sources.len() > 3);
    assert_eq!(sent, sources);
}

#[test]
fn the_image_says_how_to_start_and_how_to_ask_for_its_health() {
    let dockerfile = text("Dockerfile");
    let said = all(&dockerfile, r#"CMD \["(?:harborbell", ")?([a-z]+)"\]"#);
    assert_eq!(said, set(["health", "serve"]));
    assert!(said.is_subset(&commands()));
    let set_keys = all(&dockerfile, r"(?m)^(?:ENV|   ) ([A-Z_]+)=[^ ]+(?: \\)?$");
    assert_eq!(set_keys, set(["DATABASE_URL", "LISTEN_ADDR", "PATH", "SQLITE_TMPDIR"]));
}

#[rstest]
#[case::compose(&["docker-compose.yml"])]
#[case::kubernetes(&MANIFESTS)]
fn only_keys_that_there_are_get_values(#[case] files: &[&str]) {
    let keys: BTreeSet<_> = KEYS.iter().map(|key| key.name.to_owned()).collect();
    for file in files {
        let given = all(&text(file), r"(?m)^ +([A-Z][A-Z_]+): ");
        let ours: BTreeSet<_> = given.into_iter().filter(|name| !name.starts_with("POSTGRES_")).collect();
        assert!(!ours.is_empty(), "{file} has keys");
        assert!(ours.is_subset(&keys), "{file}: {:?}", ours.difference(&keys));
    }
}

#[test]
fn all_of_them_mean_one_port() {
    let port = all(&text("Dockerfile"), r"EXPOSE (\d+)");
    for (file, pattern) in [
        ("Dockerfile", r"LISTEN_ADDR=0\.0\.0\.0:(\d+)"),
        ("docker-compose.yml", r#"LISTEN_ADDR: "0\.0\.0\.0:(\d+)""#),
        ("docker-compose.yml", r#"- "(?:127\.0\.0\.1:)?\d+:(\d+)""#),
        ("contrib/haproxy.cfg", r":(\d+)"),
        (MANIFESTS[0], r"containerPort: (\d+)"),
        (MANIFESTS[2], r"containerPort: (\d+)"),
    ] {
        assert_eq!(all(&text(file), pattern), port, "{file}: {pattern}");
    }
}

#[test]
fn probes_ask_for_paths_that_answer() {
    let answered = all(&text("src/health.rs"), r#"#\[get\("(.+)"\)\]"#);
    for (file, pattern) in [
        ("contrib/haproxy.cfg", r"httpchk GET (\S+)"),
        (MANIFESTS[0], r" path: (\S+)"),
        (MANIFESTS[2], r" path: (\S+)"),
    ] {
        let asked = all(&text(file), pattern);
        assert!(!asked.is_empty() && asked.is_subset(&answered), "{file}: {asked:?} of {answered:?}");
    }
}

#[rstest]
fn the_manifests_name_this_version(#[values("one", "replicas")] folder: &str) {
    let tag = all(&text(&format!("contrib/kubernetes/{folder}/kustomization.yaml")), r"newTag: (\S+)");
    assert_eq!(tag, set([env!("CARGO_PKG_VERSION")]));
}

#[tokio::test]
async fn the_demo_of_a_container_is_reached_from_outside() {
    let folder = TempDir::new().unwrap();
    let mut child = Command::new(program())
        .args(["demo", "--listen-addr", "0.0.0.0:0"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut story, mut line) = (BufReader::new(child.stdout.take().unwrap()), String::new());
    story.read_line(&mut line).unwrap();
    let port = all(&line, r"^harborbell listens on http://0\.0\.0\.0:(\d+)").pop_first().expect("its address");
    // A name of another machine: on loopback it would be refused.
    let page =
        client().get(format!("http://127.0.0.1:{port}/")).header("Host", "demo.example.com").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}
