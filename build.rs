//! The migrations are compiled in; without a line about them cargo would not notice a new one. And the program says
//! which commit it was built from: git's, else `HARBORBELL_COMMIT` and `HARBORBELL_COMMIT_DATE` of the environment, for
//! builds without a repository. The time of the build is left out, so that the same source makes the same program.

use std::path::Path;
use std::process::Command;

/// What the program is made of. Nothing else makes a commit dirty.
const SOURCES: [&str; 6] = [".cargo", "src", "migrations", "build.rs", "Cargo.toml", "Cargo.lock"];

fn main() {
    for path in SOURCES {
        println!("cargo:rerun-if-changed={path}");
    }
    let given = ["HARBORBELL_COMMIT", "HARBORBELL_COMMIT_DATE"].map(|name| {
        println!("cargo:rerun-if-env-changed={name}");
        std::env::var(name).ok().filter(|value| !value.is_empty())
    });
    let (commit, date) = match given {
        [Some(commit), date] => (commit, date.unwrap_or_default()),
        _ => from_git().unwrap_or_else(|| ("unknown".to_owned(), String::new())),
    };
    let build = format!("{commit} {date}");
    println!("cargo:rustc-env=HARBORBELL_COMMIT={commit}");
    println!("cargo:rustc-env=HARBORBELL_BUILD={}", build.trim_end());
}

/// The commit and its date, if this folder is a repository of its own.
fn from_git() -> Option<(String, String)> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != Path::new(".").canonicalize().ok()? {
        return None;
    }
    // In a worktree they are elsewhere. What does not exist counts as changed, so only what exists is watched: a branch is
    // a file or packed, and then the log of HEAD tells of a new commit.
    let branch = git(&["rev-parse", "--symbolic-full-name", "HEAD"])?;
    for name in ["HEAD", "logs/HEAD", &branch] {
        let path = git(&["rev-parse", "--git-path", name])?;
        if Path::new(&path).exists() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    let is_dirty = !git(&[&["status", "--porcelain", "--"], &SOURCES[..]].concat())?.is_empty();
    let commit = git(&["rev-parse", "--short=10", "HEAD"])?;
    Some((commit + if is_dirty { "-dirty" } else { "" }, git(&["show", "--no-patch", "--format=%cs", "HEAD"])?))
}

/// What git says; None where it fails or is not there. It does not touch its index, which others may be using.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("--no-optional-locks").args(arguments).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}
