//! The documents say what the program does, lead to each other, and are the same in both languages.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use harborbell::config::KEYS;
use regex_lite::Regex;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::browser_axe::PACKAGE;
use crate::support::{App, program, push};
use crate::tidy::{root, text};

/// Documents that are not in `docs/`.
const OUTSIDE: &[&str] =
    &["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md", "contrib/README.md"];

fn names(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Each document of the project, from its root.
fn documents() -> Vec<String> {
    let within = ["docs", "docs/en", "docs/zh-CN"].into_iter().flat_map(|folder| {
        let files = names(folder).into_iter().filter(|name| name.ends_with(".md"));
        files.map(move |name| format!("{folder}/{name}"))
    });
    OUTSIDE.iter().map(|name| (*name).to_owned()).chain(within).collect()
}

/// The lines that are no code.
fn prose(document: &str) -> String {
    let mut is_code = false;
    let lines = document.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Headings, code, rows of tables and items of lists, in their order and without their words.
fn structure(document: &str) -> Vec<String> {
    let mark = Regex::new(r"^ *(#+ |```[a-z]*|\||- |[0-9]+\. )").unwrap();
    let mut is_code = false;
    let marks = document.lines().filter_map(|line| {
        let found = mark.captures(line).map(|found| found[1].to_owned());
        let is_fence = found.as_ref().is_some_and(|found| found.starts_with("```"));
        let is_inside = is_code;
        is_code ^= is_fence;
        found.filter(|_| is_fence || !is_inside)
    });
    marks.collect()
}

/// The anchor that GitHub gives to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|one| one.is_alphanumeric() || [' ', '-', '_'].contains(one));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn anchors(document: &str) -> BTreeSet<String> {
    let prose = prose(document);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings.map(|heading| anchor(heading.trim_start_matches('#'))).collect()
}

#[test]
fn both_languages_have_the_same_documents_and_the_index_has_all() {
    assert_eq!(names("docs/en"), names("docs/zh-CN"));
    let index = text("docs/README.md");
    for name in names("docs/zh-CN") {
        assert!(index.contains(&format!("](zh-CN/{name})")), "zh-CN/{name}");
        let english = if name == "security.md" { "](../SECURITY.md)".to_owned() } else { format!("](en/{name})") };
        assert!(index.contains(&english), "{english}");
    }
}

#[test]
fn both_languages_have_one_structure() {
    let mut pairs = vec![("README.md".to_owned(), "README.zh-CN.md".to_owned())];
    // The English one is where visitors of a repository look for it.
    pairs.extend(names("docs/zh-CN").into_iter().map(|name| {
        let english = if name == "security.md" { "SECURITY.md".to_owned() } else { format!("docs/en/{name}") };
        (english, format!("docs/zh-CN/{name}"))
    }));
    for (english, chinese) in pairs {
        let (one, other) = (structure(&text(&english)), structure(&text(&chinese)));
        let differs = one.iter().zip(&other).position(|(one, other)| one != other);
        assert!(one == other, "{english} and {chinese} differ at their mark {differs:?}: {one:#?} {other:#?}");
        assert!(one.len() > 5, "{english} has a structure");
    }
}

#[test]
fn all_links_lead_somewhere() {
    let link = Regex::new(r#"\]\(([^)\s]+)\)|src="([^"]+)""#).unwrap();
    let mut followed = 0;
    for document in documents() {
        let folder = root().join(&document).parent().unwrap().to_owned();
        let prose = prose(&text(&document));
        for found in link.captures_iter(&prose) {
            let target = found.get(1).or(found.get(2)).unwrap().as_str();
            if target.starts_with("http") {
                continue;
            }
            let (file, wanted) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { root().join(&document) } else { folder.join(file) };
            assert!(path.exists(), "{document} links to {target}, which does not exist");
            if !wanted.is_empty() {
                let has = anchors(&std::fs::read_to_string(&path).unwrap());
                assert!(has.contains(wanted), "{document} links to {target}; there are {has:?}");
            }
            followed += 1;
        }
    }
    assert!(followed > 100, "links are found: {followed}");
}

#[rstest]
#[case(".env.example")]
#[case("docker-compose.yml")]
fn documents_that_other_files_name_exist(#[case] file: &str) {
    let path = Regex::new(r"[\w./-]+\.md").unwrap();
    let text = text(file);
    let named: Vec<_> = path.find_iter(&text).map(|found| found.as_str()).collect();
    assert!(!named.is_empty(), "{file} names a document");
    for name in named {
        assert!(root().join(name).exists(), "{file} names {name}");
    }
}

#[rstest]
#[case("README.md")]
#[case("README.zh-CN.md")]
fn the_readme_is_short(#[case] readme: &str) {
    let lines = text(readme).lines().count();
    assert!(lines <= 200, "{readme} has {lines} lines; what is not needed to begin is at home in docs/");
}

#[test]
fn pictures_are_small() {
    for name in names("docs/pictures") {
        let size = Path::metadata(&root().join("docs/pictures").join(&name)).unwrap().len();
        assert!(size < 150_000, "{name} has {size} bytes");
    }
}

#[rstest]
#[case("docs/en/configuration.md")]
#[case("docs/zh-CN/configuration.md")]
fn every_key_is_documented_with_its_default(#[case] document: &str) {
    let row = Regex::new(r"(?m)^\| `([A-Z_]+)` \| (?:`([^`]*)`|–) \|").unwrap();
    let table: Vec<_> = row
        .captures_iter(&text(document))
        .map(|row| (row[1].to_owned(), row.get(2).map_or(String::new(), |default| default.as_str().to_owned())))
        .collect();
    let keys: Vec<_> = KEYS.iter().map(|key| (key.name.to_owned(), key.default.to_owned())).collect();
    assert_eq!(table, keys);
}

#[rstest]
#[case("docs/en/commands.md")]
#[case("docs/zh-CN/commands.md")]
fn every_command_is_documented(#[case] document: &str) {
    let row = Regex::new(r"(?m)^\| `([a-z]+)[^`]*` \|").unwrap();
    let documented: BTreeSet<_> = row.captures_iter(&text(document)).map(|row| row[1].to_owned()).collect();
    assert_eq!(commands(), documented);
}

/// The first block of code in this language behind a heading.
fn block<'a>(document: &'a str, heading: &str, language: &str) -> &'a str {
    let section = document.split(&format!("\n{heading}\n")).nth(1).unwrap_or_else(|| panic!("{heading} is there"));
    let block = section.split(&format!("```{language}\n")).nth(1).and_then(|rest| rest.split("```").next());
    block.unwrap_or_else(|| panic!("{heading} has {language}"))
}

/// Each key with its place.
fn keys(value: &Value, place: &str) -> BTreeSet<String> {
    let within: Vec<_> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (format!("{place}/{key}"), value)).collect(),
        Value::Array(items) => items.iter().map(|item| (format!("{place}/0"), item)).collect(),
        _ => return BTreeSet::from([place.to_owned()]),
    };
    within.into_iter().flat_map(|(place, value)| keys(value, &place)).collect()
}

/// The sample has what Harbor sends, its commands work as they stand there, and the service takes it.
#[rstest]
#[case("docs/en/api.md", "## A webhook by hand")]
#[case("docs/zh-CN/api.md", "## 手动发送 webhook")]
#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_by_hand_is_accepted(#[case] document: &str, #[case] heading: &str) {
    let document = text(document);
    let (sample, commands) = (block(&document, heading, "json"), block(&document, heading, "sh"));
    let payload: Value = serde_json::from_str(sample).unwrap();
    assert_eq!(keys(&payload, ""), keys(&push("mars/mars-api", &["v1.2.3"]).payload(), ""));
    let app = App::spawn_with(&[("HARBOR_AUTH_HEADER", "Bearer s3cret-word")]).await;
    let folder = TempDir::new().unwrap();
    let run = |payload: &str| {
        std::fs::write(folder.path().join("payload.json"), payload).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-ec", &commands.replace("http://127.0.0.1:8080", &app.url)]).current_dir(&folder);
        let path = format!("{}:{}", program().parent().unwrap().display(), std::env::var("PATH").unwrap());
        let output = shell.env("PATH", path).env("HARBOR_AUTH_HEADER", "Bearer s3cret-word").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let said = run(sample);
    assert!(said.contains("`mars/mars-api`") && said.contains("`v1.2.3`") && said.contains("成功"), "{said}");
    assert!(said.contains("{\"status\":\"accepted\","), "{said}");
    assert!(run(sample).contains("{\"status\":\"duplicate\"}"));
    let failure = sample.replace("Success", "Error").replace("successful_artifact", "failed_artifact");
    let said = run(&failure.replace("v1.2.3", "v1.2.4"));
    assert!(said.contains("失败") && said.contains("\"accepted\""), "{said}");
}

/// The commands of a restore work each time, and one that lacks its backup does not stop the service.
#[rstest]
#[case("docs/en/operations.md", "## Restore")]
#[case("docs/zh-CN/operations.md", "## 恢复")]
fn a_restore_can_be_repeated(#[case] document: &str, #[case] heading: &str) {
    let folder = TempDir::new().unwrap();
    let here = |name: &str| folder.path().join(name);
    let (backup, document) = (here("backup.db").display().to_string(), text(document));
    let commands = block(&document, heading, "sh").replace("/backup/harborbell-2026-11-26.db", &backup);
    let commands = commands.replace("/var/lib/harborbell", &folder.path().display().to_string());
    assert!(commands.contains(&backup) && !commands.contains("/var/lib"), "{commands}");
    // What needs root and systemd is only noted.
    let stubs = "systemctl() { echo $1 >> noted; }\ninstall() { shift 6; cp \"$@\"; }\n";
    let restore = || Command::new("sh").args(["-c", &format!("{stubs}{commands}")]).output().unwrap().status.success();
    for backup in ["one", "two"] {
        std::fs::write(here("backup.db"), backup).unwrap();
        for file in ["harborbell.db", "harborbell.db-wal"] {
            std::fs::write(here(file), "before").unwrap();
        }
        assert!(restore());
        assert_eq!(std::fs::read_to_string(here("harborbell.db")).unwrap(), backup);
        assert!(!here("harborbell.db-wal").exists());
    }
    std::fs::remove_file(here("backup.db")).unwrap();
    assert!(!restore());
    assert_eq!(std::fs::read_to_string(here("noted")).unwrap(), "stop\nstart\nstop\nstart\n");
    assert_eq!(std::fs::read_to_string(here("harborbell.db")).unwrap(), "two");
}

pub fn commands() -> BTreeSet<String> {
    let help = Command::new(program()).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // A description that is wrapped goes on further to the right.
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !["", "help"].contains(name)).map(str::to_owned).collect()
}

#[rstest]
#[case("README.md")]
#[case("README.zh-CN.md")]
fn the_readme_has_the_two_commands(#[case] readme: &str) {
    let readme = text(readme);
    for command in ["\ncargo run -- demo ", "\ncargo test "] {
        assert!(readme.contains(command), "{command}");
    }
    assert!(text(".ci/run").contains("\ncargo test\n"));
}

#[rstest]
#[case("README.md")]
#[case("README.zh-CN.md")]
#[case(".ci/run")]
fn the_rules_for_the_page_have_one_version(#[case] file: &str) {
    assert!(text(file).contains(PACKAGE), "{file}: {PACKAGE}");
}
