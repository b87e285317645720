//! `.env`: what is wrong with it is named by its line, what is probably misspelt is said, and no value is repeated.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use harborbell::demo::harbor::Harbor;
use harborbell::demo::standin::Standin;
use rstest::rstest;
use tempfile::TempDir;

use crate::process::{Process, environment};
use crate::support::{KEY, program};

/// A command in a folder with this `.env`: its exit code, and what it says on standard error.
fn run(env: &[u8], arguments: &[&str]) -> (i32, String) {
    let folder = TempDir::new().unwrap();
    write(folder.path(), env);
    run_in(folder.path(), arguments)
}

/// For its owner alone; else that is one more thing to be said.
fn write(folder: &Path, env: &[u8]) {
    let file = folder.join(".env");
    std::fs::write(&file, env).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn run_in(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(program());
    let output = environment(command.args(arguments), folder, KEY, &[]).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[rstest]
#[case::a_colon(
    "# a comment\n\nHARBOR_URL=x\nHARBOR_AUTH_HEADER: s3cret-word\n",
    "line 4 is written `KEY: value`; write KEY=value"
)]
#[case::a_full_width_colon("HARBOR_AUTH_HEADER：s3cret-word\n", "line 1 is written `KEY: value`")]
#[case::a_quote("# it's fine\nA='x y'\nB='s3cret-word\nC=d\n", "line 3 has a quote that is not closed")]
#[case::a_double_quote("A=\"s3cret-word\n", "line 1 has a quote that is not closed")]
#[case::a_quote_that_another_closes("ADMIN_TOKEN='s3cret-word\nB='\n", "line 1 goes on in the next line")]
#[case::blanks("A=b\nHARBOR_AUTH_HEADER=Bearer s3cret-word\n", "line 2 has more behind its value; put a value")]
#[case::a_mark("\u{feff}A=s3cret-word\n", "line 1 begins with a byte order mark (BOM)")]
#[case::a_bare_url("A=b\n\n\nhttps://wecom.example.com/send?key=s3cret-word\n", "line 4 is not KEY=value")]
#[case::windows_lines("A=b\r\nB: s3cret-word\r\n", "line 2 is written `KEY: value`")]
fn a_fault_is_named_by_its_line_and_as_what_it_is(#[case] env: &str, #[case] fault: &str) {
    let (code, said) = run(env.as_bytes(), &["check", "--routes"]);
    assert!(code == 2 && said.contains(&format!("\n  .env: {fault}")), "{code}: {said}");
    assert!(!said.contains("s3cret"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_file_that_is_not_utf_8_is_named_by_its_line() {
    let (code, said) = run(b"A=b\nB=\xff\n", &["check", "--routes"]);
    assert!(code == 2 && said.contains(".env: line 2 is not UTF-8"), "{said}");
}

#[test]
fn all_faults_of_the_file_are_named_at_once() {
    let (code, said) = run(b"A: b\nB='c\nC=d e\nHARBOR_AUTH_HEADR=x\nF=g", &["check", "--routes"]);
    let lines: Vec<_> = said.lines().skip(1).map(|line| line.trim_start().split(' ').nth(2).unwrap()).collect();
    assert_eq!((code, lines), (2, vec!["1", "2", "3"]), "{said}");
}

/// The last line needs no end, and what is sound stays sound.
#[test]
fn what_the_parser_takes_is_taken() {
    let env =
        b"export TIMEZONE=UTC\nOTHER_PROGRAM='several\nlines'\nB=${OTHER_PROGRAM}\n# LISTEN_ADR=x\nC='a b' # d\nD=e ";
    assert_eq!(run(env, &["check", "--routes"]), (0, String::new()));
}

#[test]
fn a_misspelt_key_is_a_warning_with_the_nearest_one() {
    let env = "\nHARBOR_AUTH_HEADR=s3cret-word\nlisten_addr=x\nWECOM_URL=y\nTIMEZONE=UTC\n";
    let (code, said) = run(env.as_bytes(), &["check", "--routes"]);
    assert_eq!(code, 0, "{said}");
    let expected = [
        "harborbell: .env: line 2 sets HARBOR_AUTH_HEADR, which is no key; is HARBOR_AUTH_HEADER meant?",
        "harborbell: .env: line 3 sets listen_addr, which is no key; is LISTEN_ADDR meant?",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}

/// Other programs have names in the environment, too: one that is similar to a key that is set is not doubted.
#[test]
fn a_misspelt_variable_is_a_warning_where_its_key_is_not_set() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), b"MESSAGE_LANGUAGE=en\nTIMEZONE=\n");
    let misspelt =
        [("HARBOR_AUTH_HEADR", "s3cret-word"), ("time_zone", "UTC"), ("MESSAGE_LANGUAG", "zh"), ("DATABASE_URI", "x")];
    // What systemd, Kubernetes, GitLab and shells set.
    let others = [
        "LISTEN_FDS",
        "LISTEN_PID",
        "NOTIFY_SOCKET",
        "HARBOR_PORT",
        "HARBOR_HOST",
        "HARBOR_OCI",
        "HARBOR_PROJECT",
        "TZ",
        "LANG",
        "TERM",
        "LOGNAME",
        "RUST_BACKTRACE",
        "HOSTNAME",
        "INVOCATION_ID",
        "LOGS_DIRECTORY",
        "PUBLIC_IP",
    ];
    let others = others.map(|name| (name, "x"));
    let mut command = Command::new(program());
    command.args(["check", "--routes"]);
    let output = environment(&mut command, folder.path(), KEY, &[&misspelt[..], &others].concat()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let mut lines: Vec<_> = said.lines().collect();
    lines.sort_unstable();
    let expected = [
        "harborbell: HARBOR_AUTH_HEADR: is no key; is HARBOR_AUTH_HEADER meant?",
        "harborbell: time_zone: is no key; is TIMEZONE meant?",
    ];
    assert_eq!(lines, expected);
}

/// Which of them counts is said, and no value. What was empty is only filled in, and other programs' names are theirs.
#[test]
fn a_key_that_is_set_twice_is_a_warning_with_both_lines() {
    let folder = TempDir::new().unwrap();
    let env = "ADMIN_TOKEN=s3cret-word-of-sixteen\nTIMEZONE=UTC\n\nADMIN_TOKEN=another-s3cret-word\nWECOM_TWO=s3cret-0\n\
        READ_TOKEN=\nREAD_TOKEN=one-more-s3cret-word\nTIMEZONE=UTC\nTIMEZONE=\nWECOM_TWO=s3cret-1\nOTHER=a\nOTHER=b\n\
        READ_TOKEN_FILE=\nROUTES_FILE=routes.toml\n";
    write(folder.path(), env.as_bytes());
    std::fs::write(folder.path().join("routes.toml"), "[robots.two]\nurl = \"${WECOM_TWO}\"\n").unwrap();
    let (code, said) = run_in(folder.path(), &["check", "--routes"]);
    let expected = [
        "harborbell: .env: line 4 sets ADMIN_TOKEN, which line 1 has set already; the last line counts",
        "harborbell: .env: line 8 sets TIMEZONE, which line 2 has set already; the last line counts",
        "harborbell: .env: line 9 sets TIMEZONE, which line 8 has set already; the last line counts",
        "harborbell: .env: line 10 sets WECOM_TWO, which line 5 has set already; the last line counts",
    ];
    assert_eq!((code, said.lines().collect::<Vec<_>>()), (0, expected.to_vec()));
}

/// Whoever opens a pipe waits for its other end.
#[rstest]
#[case::a_pipe("mkfifo .env")]
#[case::a_folder("mkdir .env")]
#[case::a_device("ln -s /dev/null .env")]
fn what_is_no_regular_file_is_not_read(#[case] make: &str) {
    let folder = TempDir::new().unwrap();
    let made = Command::new("sh").args(["-c", make]).current_dir(folder.path()).status().unwrap();
    assert!(made.success());
    let (code, said) = run_in(folder.path(), &["check", "--routes"]);
    assert!(code == 2 && said.contains("\n  .env: cannot be read: it is no regular file\n"), "{code}: {said}");
}

/// Nor is what a key names, whoever reads it first.
#[rstest]
#[case("ROUTES_FILE")]
#[case("MESSAGE_TEMPLATE")]
#[case("HARBOR_CA_FILE")]
fn a_pipe_that_a_key_names_is_a_fault(#[case] key: &str) {
    let folder = TempDir::new().unwrap();
    let made = Command::new("mkfifo").arg("pipe").current_dir(folder.path()).status().unwrap();
    assert!(made.success());
    write(folder.path(), format!("{key}=./pipe\n").as_bytes());
    let (code, said) = run_in(folder.path(), &["check", "--routes"]);
    let fault = format!("\n  {key}: cannot read ./pipe: it is no regular file\n");
    assert!(code == 2 && said.contains(&fault), "{code}: {said}");
}

#[test]
fn a_name_that_the_routes_file_uses_is_not_taken_for_misspelt() {
    let folder = TempDir::new().unwrap();
    let env = "ROUTES_FILE=routes.toml\nWECOM_WEBHOOK_URL2=https://wecom.example.com/send?key=s3cret-word\n";
    write(folder.path(), env.as_bytes());
    std::fs::write(folder.path().join("routes.toml"), "[robots.two]\nurl = \"${WECOM_WEBHOOK_URL2}\"\n").unwrap();
    assert_eq!(run_in(folder.path(), &["check", "--routes"]), (0, String::new()));
    std::fs::write(folder.path().join("routes.toml"), "").unwrap();
    assert!(run_in(folder.path(), &["check", "--routes"]).1.contains("is WECOM_WEBHOOK_URL meant?"));
}

#[tokio::test]
async fn the_service_logs_what_is_misspelt() {
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    std::fs::write(folder.path().join(".env"), "HARBOR_AUTH_HEADR=s3cret-word\n").unwrap();
    let process = Process::start(folder.path(), &wecom.url(), &[]);
    process.signal("-HUP");
    let line = process.line_with("HARBOR_AUTH_HEADR");
    assert!(line.contains("WARN") && line.contains("is HARBOR_AUTH_HEADER meant?"), "{line}");
}

/// A robot account's name has a dollar sign, and its password may have one: what Harbor is sent is what was meant.
#[rstest]
#[case::plain("HARBOR_USERNAME=robot$bell\nHARBOR_PASSWORD=pa$word\n")]
#[case::in_double_quotes("HARBOR_USERNAME=\"robot$bell\"\nHARBOR_PASSWORD=\"pa$word\"\n")]
#[case::in_single_quotes("HARBOR_USERNAME='robot$bell'\nHARBOR_PASSWORD='pa$word'\n")]
#[case::escaped("HARBOR_USERNAME=robot\\$bell\nHARBOR_PASSWORD=pa\\$word\n")]
#[case::escaped_in_double_quotes("HARBOR_USERNAME=\"robot\\$bell\"\nHARBOR_PASSWORD=\"pa\\$word\"\n")]
#[case::exported("export HARBOR_USERNAME=robot$bell # of Harbor\n  HARBOR_PASSWORD = pa$word\n")]
#[case::of_windows("HARBOR_USERNAME=robot$bell\r\nHARBOR_PASSWORD=pa$word\r\n")]
#[case::beside_variables_of_that_name("bell=x\nword=y\nHARBOR_USERNAME=robot$bell\nHARBOR_PASSWORD=pa$word\n")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_dollar_sign_belongs_to_the_account(#[case] account: &str) {
    let harbor = Harbor::start().await.unwrap();
    let (code, said) = run(format!("HARBOR_URL={}\n{account}", harbor.url()).as_bytes(), &["check"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let sent = harbor.asked()[0].authorization.clone();
    assert_eq!(sent.as_deref(), Some("Basic cm9ib3QkYmVsbDpwYSR3b3Jk"), "robot$bell:pa$word");
}

/// For every other key it begins a variable, as it always did.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_dollar_sign_is_a_variable_elsewhere() {
    let harbor = Harbor::start().await.unwrap();
    let env = format!("WHERE={}\nHARBOR_URL=$WHERE\nHARBOR_USERNAME=bell\nHARBOR_PASSWORD=pass-word\n", harbor.url());
    assert_eq!(run(env.as_bytes(), &["check"]), (0, String::new()));
    assert!(!harbor.asked().is_empty());
}
