//! What the eye forgets: layers, lengths, homes.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use harborbell::config::KEYS;
use regex_lite::Regex;
use rstest::rstest;

/// Each module uses only those of a lower number (and itself).
const LAYERS: &[(&str, u8)] = &[
    ("model", 0),
    ("metrics", 1),
    ("render", 1),
    ("route", 1),
    ("store", 1),
    ("wecom", 1),
    ("harbor", 2),
    ("problem", 2),
    ("retention", 2),
    ("lane", 2),
    ("robots", 2),
    ("webhooks", 2),
    ("board", 3),
    ("http", 3),
    ("lookup", 3),
    ("group_commit", 4),
    ("receive", 5),
    ("reconcile", 5),
    ("health", 5),
    ("admin", 6),
    ("config", 7),
    ("telemetry", 8),
    ("serve", 8),
    ("demo", 9),
    ("cli", 10),
];

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn text(path: &str) -> String {
    read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, read_to_string(&path).unwrap()));
        }
    }
    found
}

fn layer(module: &str) -> u8 {
    let found = LAYERS.iter().find(|(name, _)| *name == module);
    found.unwrap_or_else(|| panic!("{module} has no layer; give it one here and in ARCHITECTURE.md")).1
}

#[test]
fn imports_only_point_down() {
    let import = Regex::new(r"crate::([a-z_]+)").unwrap();
    for (name, source) in sources(&root().join("src")) {
        let own = name.trim_start_matches("src/").split(['/', '.']).next().unwrap();
        if ["main", "lib"].contains(&own) {
            continue;
        }
        for found in import.captures_iter(&source) {
            let other = &found[1];
            assert!(other == own || layer(other) < layer(own), "{name} imports crate::{other}, which is not below it");
        }
    }
}

/// The file of a module path, as `use` names it: the longest beginning of it that is a file.
fn file_of(path: &[&str], files: &BTreeSet<String>) -> Option<String> {
    (1..=path.len()).rev().find_map(|length| {
        let stem = format!("src/{}", path[..length].join("/"));
        [format!("{stem}.rs"), format!("{stem}/mod.rs")].into_iter().find(|file| files.contains(file))
    })
}

/// The modules that a file imports, as paths from the crate's root.
fn imports(name: &str, source: &str) -> Vec<Vec<String>> {
    let own: Vec<_> = name.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
    let own: Vec<_> = own.into_iter().filter(|part| *part != "mod").collect();
    let statements = Regex::new(r"(?s)\n(?:pub(?:\(super\))? )?use ((?:crate|super)::[^;]*);").unwrap();
    let mut found = Vec::new();
    for statement in statements.captures_iter(source) {
        let text = statement[1].replace(char::is_whitespace, "");
        let (head, names) = text.split_once('{').unwrap_or((text.as_str(), ""));
        let mut base: Vec<String> = match head.strip_prefix("crate::") {
            Some(rest) => rest.split("::").map(str::to_owned).collect(),
            None => {
                let rest = head.trim_start_matches("super::");
                let above = (head.len() - rest.len()) / "super::".len();
                let is_folder = name.ends_with("/mod.rs");
                let kept = own.len().saturating_sub(above.saturating_sub(usize::from(is_folder)));
                own[..kept].iter().map(|part| (*part).to_owned()).chain(rest.split("::").map(str::to_owned)).collect()
            }
        };
        base.retain(|part| !part.is_empty());
        let names: Vec<_> = names.split([',', '{', '}']).filter(|name| !name.is_empty()).collect();
        found.extend(names.iter().map(|name| [base.clone(), vec![(*name).to_owned()]].concat()));
        if names.is_empty() {
            found.push(base);
        }
    }
    found
}

/// A file that needs another one is not needed by it. What a folder's `mod.rs` gives to its own files is no import of
/// theirs by it: it only puts them together.
#[test]
fn no_two_files_import_each_other() {
    let sources = sources(&root().join("src"));
    let files: BTreeSet<_> = sources.iter().map(|(name, _)| name.clone()).collect();
    let mut edges = BTreeSet::new();
    for (name, source) in &sources {
        for path in imports(name, source) {
            let path: Vec<_> = path.iter().map(String::as_str).collect();
            let file = file_of(&path, &files).filter(|file| file != name);
            edges.extend(file.filter(|file| !file.ends_with("/mod.rs")).map(|file| (name.clone(), file)));
        }
    }
    assert!(edges.len() > 150, "imports are found: {}", edges.len());
    let circles: Vec<_> = edges.iter().filter(|(one, other)| edges.contains(&(other.clone(), one.clone()))).collect();
    assert!(circles.is_empty(), "{circles:?}");
}

#[test]
fn files_are_short_and_say_what_they_guarantee() {
    for (name, source) in ["src", "examples"].into_iter().flat_map(|folder| sources(&root().join(folder))) {
        let lines = source.lines().count();
        assert!(lines <= 300, "{name} has {lines} lines; is there a room of its own in it?");
        assert!(source.starts_with("//! "), "{name} does not open with a sentence about itself");
    }
}

#[rstest]
#[case::sql("SELECT ", "src/store/")]
#[case::the_database("use sqlx::", "src/store/")]
#[case::an_unmaintained_crate("backoff::", "src/model/retry.rs")]
#[case::the_http_client("reqwest::Client", "src/wecom.rs")]
fn some_things_have_one_home(#[case] what: &str, #[case] home: &str) {
    // The demo plays WeCom and Harbor; `where` and `health` ask a service of our own; Harbor's API is no robot.
    let elsewhere = ["src/demo/", "src/cli/whereabouts/source.rs", "src/cli/health.rs", "src/harbor/http.rs"];
    for (name, source) in sources(&root().join("src")) {
        let is_home = name.starts_with(home) || elsewhere.iter().any(|place| name.starts_with(place));
        assert!(is_home || !source.contains(what), "{what} in {name}");
    }
}

#[test]
fn each_invariant_has_a_test_that_names_it() {
    let tests: String = sources(&root().join("tests")).into_iter().map(|(_, source)| source).collect();
    for number in 1..=8 {
        assert!(tests.contains(&format!("fn invariant_{number}_")), "invariant {number} has no test");
    }
}

#[test]
fn the_env_example_has_every_key_with_its_default() {
    let example: Vec<(String, String)> =
        dotenvy::from_path_iter(root().join(".env.example")).unwrap().map(Result::unwrap).collect();
    let keys: Vec<_> = KEYS.iter().map(|key| (key.name.to_owned(), key.default.to_owned())).collect();
    assert_eq!(example, keys);
}

#[test]
fn what_is_fuzzed_has_the_versions_of_what_is_shipped() {
    let package = Regex::new("name = \"(.*)\"\nversion = \"(.*)\"").unwrap();
    let packages = |path: &str| -> BTreeSet<(String, String)> {
        package.captures_iter(&text(path)).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
    };
    let (program, fuzzer) = (packages("Cargo.lock"), packages("fuzz/Cargo.lock"));
    let is_shared = |name: &str| program.iter().any(|(other, _)| other == name);
    let strange: Vec<_> = fuzzer.iter().filter(|package| is_shared(&package.0) && !program.contains(package)).collect();
    assert!(program.len() > 200 && strange.is_empty(), "copy Cargo.lock to fuzz and build there: {strange:?}");
}
