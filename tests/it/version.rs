//! `--version`: the commit that a program was built from. The tests run the build's own script in folders of their own.

use std::path::Path;
use std::process::Command;

use harborbell::model::version::VERSION;
use tempfile::TempDir;

use crate::support::program;
use crate::tidy::root;

#[test]
fn version_commit_and_date_are_said() {
    let said = Command::new(program()).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), format!("harborbell {VERSION}\n"));
    assert!(VERSION.starts_with(concat!(env!("CARGO_PKG_VERSION"), " (")), "{VERSION}");
}

/// `build.rs` as a program, and a folder with source for it.
struct Build(TempDir);

impl Build {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let script = folder.path().join("script");
        let built =
            Command::new("rustc").args(["--edition=2024", "-o"]).arg(&script).arg(root().join("build.rs")).status();
        assert!(built.unwrap().success());
        for path in ["source/src", "source/docs"] {
            std::fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        let build = Self(folder);
        build.write("src/main.rs", "fn main() {}");
        build
    }

    fn source(&self) -> std::path::PathBuf {
        self.0.path().join("source")
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.source().join(path), text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let settings =
            ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "init.defaultBranch=main"];
        let mut git = Command::new("git");
        git.current_dir(self.source()).args(settings).args(arguments).env("GIT_COMMITTER_DATE", "2026-11-23T12:00:00Z");
        assert!(git.output().unwrap().status.success(), "git {arguments:?}");
    }

    /// What it says in a folder: the build, and the files whose change makes it run again.
    fn run(&self, folder: &Path, settings: &[(&str, &str)]) -> (String, Vec<String>) {
        let mut script = Command::new(self.0.path().join("script"));
        script.current_dir(folder).env_remove("HARBORBELL_COMMIT").env_remove("HARBORBELL_COMMIT_DATE");
        let output = script.envs(settings.iter().copied()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let of = |prefix: &str| said.lines().filter_map(|line| line.strip_prefix(prefix).map(str::to_owned)).collect();
        let builds: Vec<_> = of("cargo:rustc-env=HARBORBELL_BUILD=");
        (builds[0].clone(), of("cargo:rerun-if-changed="))
    }
}

#[test]
fn the_commit_is_gits_or_the_environments_or_unknown() {
    let build = Build::new();
    let source = build.source();
    let said = |settings: &[(&str, &str)]| build.run(&source, settings).0;
    let given = [("HARBORBELL_COMMIT", "0a1b2c3"), ("HARBORBELL_COMMIT_DATE", "2026-11-22")];
    assert_eq!(said(&[]), "unknown");
    assert_eq!(said(&[("HARBORBELL_COMMIT", ""), ("HARBORBELL_COMMIT_DATE", "")]), "unknown");
    assert_eq!((said(&given).as_str(), said(&given[..1]).as_str()), ("0a1b2c3 2026-11-22", "0a1b2c3"));

    build.git(&["init", "--quiet"]);
    build.git(&["add", "."]);
    build.git(&["commit", "--quiet", "--message", "one"]);
    let clean = said(&[]);
    let (commit, date) = clean.split_once(' ').unwrap();
    assert!(commit.len() == 10 && date == "2026-11-23", "{clean}");
    assert_eq!(said(&given), "0a1b2c3 2026-11-22", "who says it knows better");
    build.write("docs/page.md", "what is not in the program");
    assert_eq!(said(&[]), clean);
    build.write("src/main.rs", "fn main() { }");
    assert_eq!(said(&[]), format!("{commit}-dirty {date}"));

    // A copy of the source inside of another repository is not of that one's commit.
    assert_eq!(build.run(&source.join("docs"), &[]).0, "unknown");
}

/// What is watched changes with a new commit, also in a worktree and where the branch is packed, and exists: what does
/// not exist would count as changed in each build.
#[test]
fn a_new_commit_is_noticed() {
    let build = Build::new();
    build.git(&["init", "--quiet"]);
    build.git(&["add", "."]);
    build.git(&["commit", "--quiet", "--message", "one"]);
    build.git(&["worktree", "add", "--quiet", "../beside"]);
    for folder in [build.source(), build.0.path().join("beside")] {
        for pack in [false, true] {
            if pack {
                build.git(&["pack-refs", "--all"]);
            }
            let files = |watched: Vec<String>| -> Vec<_> {
                let paths = watched.into_iter().filter(|path| path.contains(".git/"));
                paths.map(|path| (std::fs::read(folder.join(&path)).unwrap(), path)).collect()
            };
            let before = files(build.run(&folder, &[]).1);
            assert!(before.len() >= 2, "{before:?}");
            let commit = ["commit", "--quiet", "--allow-empty", "--message", "more"];
            build.git(&[&["-C", folder.to_str().unwrap()], &commit[..]].concat());
            assert_ne!(files(build.run(&folder, &[]).1), before, "{folder:?}, packed: {pack}");
        }
    }
}
