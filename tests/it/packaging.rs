//! What comes with the program in a package.

use std::io::Write;
use std::process::{Command, Stdio};

use rstest::rstest;
use tempfile::TempDir;

use crate::documents::commands;
use crate::support::program;

fn completions(shell: &str) -> String {
    let output = Command::new(program()).args(["completions", shell]).env_clear().output().unwrap();
    assert!(output.status.success(), "{shell}");
    String::from_utf8(output.stdout).unwrap()
}

#[rstest]
fn each_command_is_completed(#[values("bash", "zsh", "fish")] shell: &str) {
    let script = completions(shell);
    for command in commands() {
        assert!(script.contains(&command), "{shell}: {command}");
    }
    assert!(script.contains("dry-run"), "{shell}");
}

#[test]
fn bash_completes_what_is_typed() {
    let mut bash = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let typed =
        "COMP_WORDS=(harborbell re) COMP_CWORD=1; _harborbell harborbell re harborbell; echo \"${COMPREPLY[@]}\"";
    write!(bash.stdin.take().unwrap(), "{}\n{typed}", completions("bash")).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "replay\n");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("pages");
    let made = Command::new(program()).arg("man").arg(&pages).env_clear().status().unwrap();
    assert!(made.success());
    let names: Vec<_> = commands().iter().map(|command| format!("harborbell-{command}.1")).collect();
    for name in names.iter().map(String::as_str).chain(["harborbell.1"]) {
        let page = std::fs::read_to_string(pages.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
    }
    assert_eq!(std::fs::read_dir(&pages).unwrap().count(), names.len() + 1, "and none for what packages alone call");
}
