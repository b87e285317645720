//! Secrets from files: each key can name one, systemd's credentials are read, and no fault repeats what is in a file.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use harborbell::config::KEYS;
use harborbell::config::secrets::{SECRETS, file_keys};
use harborbell::demo::standin::Standin;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::support::{App, KEY, arrived, client, program, within};

const TOKEN: &str = "s3cret-word-of-sixteen";

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>, mode: u32) {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// `check`, with these variables and a robot: its exit code, standard output and standard error.
fn check(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(program());
    command.arg("check").args(arguments).current_dir(folder).env_clear().env("LISTEN_ADDR", "127.0.0.1:0");
    if !variables.iter().any(|(name, _)| name.starts_with("WECOM_WEBHOOK_URL")) {
        command.env("WECOM_WEBHOOK_URL", KEY);
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_secret_is_one_that_is_called_so() {
    let called: Vec<_> = KEYS.iter().filter(|key| key.about.ends_with("a secret")).map(|key| key.name).collect();
    let listed: Vec<_> = SECRETS.into_iter().filter(|name| *name != "DATABASE_URL").collect();
    assert_eq!(listed, called);
    let used = ["ROUTES".to_owned(), "WECOM_RELEASE".to_owned(), "not a name".to_owned()];
    let keys = file_keys(&used);
    assert!(keys.contains(&"WECOM_RELEASE_FILE".to_owned()) && !keys.contains(&"ROUTES_FILE".to_owned()), "{keys:?}");
    assert_eq!(keys.len(), SECRETS.len() + 1);
}

/// Wherever it is, it is used, and `check` says where it came from, and never what it is.
#[test]
fn check_says_where_each_secret_came_from() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("credentials")).unwrap();
    write(folder.path(), "robot", format!("{KEY}\n"), 0o600);
    write(folder.path(), "read.txt", format!("{TOKEN}-read\r\n"), 0o600);
    write(folder.path(), "release", "  release0-fake-fake\n\n", 0o600);
    write(folder.path(), "credentials/HARBOR_AUTH_HEADER", format!("Bearer {TOKEN}"), 0o400);
    write(folder.path(), "credentials/WECOM_OPS", "ops00000-fake-fake", 0o400);
    let robots = "[robots.release]\nurl = \"${WECOM_RELEASE}\"\n[robots.ops]\nurl = \"${WECOM_OPS}\"\n";
    write(folder.path(), "routes.toml", robots, 0o644);
    write(
        folder.path(),
        ".env",
        format!("ADMIN_TOKEN={TOKEN}\nWECOM_RELEASE_FILE=./release\nHARBOR_PASSWORD=\n"),
        0o600,
    );
    let variables = [
        ("CREDENTIALS_DIRECTORY", "credentials"),
        ("WECOM_WEBHOOK_URL_FILE", "./robot"),
        ("READ_TOKEN_FILE", "read.txt"),
        ("READ_TOKEN", ""),
        ("DATABASE_URL", "sqlite://test.db"),
        ("ROUTES_FILE", "routes.toml"),
    ];
    let (code, out, err) = check(folder.path(), &["--json"], &variables);
    assert_eq!((code, err.as_str()), (0, ""));
    let found: Value = serde_json::from_str(&out).unwrap();
    let place = |name: &str, from: &str| serde_json::json!({ "name": name, "from": from });
    let expected = [
        place("ADMIN_TOKEN", ".env"),
        place("HARBOR_AUTH_HEADER", "credential HARBOR_AUTH_HEADER"),
        place("READ_TOKEN", "READ_TOKEN_FILE (read.txt)"),
        place("WECOM_OPS", "credential WECOM_OPS"),
        place("WECOM_RELEASE", "WECOM_RELEASE_FILE (./release)"),
        place("WECOM_WEBHOOK_URL", "WECOM_WEBHOOK_URL_FILE (./robot)"),
    ];
    assert_eq!(found["secrets"], Value::from(expected.to_vec()));
    assert_eq!(found["robots"].as_array().unwrap().len(), 3);
    let (code, text, _) = check(folder.path(), &[], &variables);
    assert!(code == 0 && text.contains("\n               ADMIN_TOKEN from .env\n"), "{text}");
    for secret in [TOKEN, "fake", &KEY[..8]] {
        assert!(!(out.clone() + &text).contains(secret), "{secret} in {out}{text}");
    }
}

#[rstest]
#[case::variable_and_file(&[("ADMIN_TOKEN", TOKEN), ("ADMIN_TOKEN_FILE", "token")], "ADMIN_TOKEN: is set, and so is ADMIN_TOKEN_FILE; keep one")]
#[case::file_and_credential(
    &[("HARBOR_PASSWORD_FILE", "token"), ("CREDENTIALS_DIRECTORY", ".")],
    "HARBOR_PASSWORD_FILE: is set, and so is credential HARBOR_PASSWORD; keep one"
)]
#[case::all_three(
    &[("HARBOR_PASSWORD", TOKEN), ("HARBOR_PASSWORD_FILE", "token"), ("CREDENTIALS_DIRECTORY", ".")],
    "HARBOR_PASSWORD: is set, and so is HARBOR_PASSWORD_FILE and credential HARBOR_PASSWORD; keep one"
)]
#[case::missing(&[("ADMIN_TOKEN_FILE", "no/such")], "ADMIN_TOKEN_FILE: cannot read no/such: No such file or directory")]
#[case::a_folder(&[("ADMIN_TOKEN_FILE", "./.")], "ADMIN_TOKEN_FILE: cannot read ./.: it is no regular file")]
#[case::empty(&[("ADMIN_TOKEN_FILE", "./empty")], "ADMIN_TOKEN_FILE: ./empty is empty")]
#[case::several_lines(&[("ADMIN_TOKEN_FILE", "./lines")], "ADMIN_TOKEN_FILE: ./lines has several lines")]
#[case::not_utf_8(&[("ADMIN_TOKEN_FILE", "./bytes")], "ADMIN_TOKEN_FILE: ./bytes is not UTF-8")]
#[case::large(&[("ADMIN_TOKEN_FILE", "./large")], "ADMIN_TOKEN_FILE: ./large is larger than 64 KiB")]
#[case::a_short_token(&[("ADMIN_TOKEN_FILE", "./short")], "ADMIN_TOKEN_FILE: is shorter than 16 characters")]
#[case::no_database(&[("DATABASE_URL_FILE", "./short")], "DATABASE_URL_FILE: is no database; use sqlite://")]
#[case::no_credential(&[("CREDENTIALS_DIRECTORY", "short-ones")], "credential ADMIN_TOKEN: is shorter than 16 characters")]
#[case::the_secret_itself(&[("ADMIN_TOKEN_FILE", "s3cret-word-of-sixteen")], "ADMIN_TOKEN_FILE: cannot read this: No such file")]
fn a_fault_names_what_has_it_and_repeats_nothing(#[case] variables: &[(&str, &str)], #[case] fault: &str) {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("short-ones")).unwrap();
    for (name, text) in [
        ("token", TOKEN.as_bytes()),
        ("HARBOR_PASSWORD", b"s3cret-word"),
        ("empty", b" \n"),
        ("lines", b"s3cret-word-of\nseveral-s3cret-words"),
        ("bytes", b"s3cret-word-\xff"),
        ("large", "s3cret-word".repeat(6_000).as_bytes()),
        ("short", b"s3cret-word"),
        ("short-ones/ADMIN_TOKEN", b"s3cret-word"),
    ] {
        write(folder.path(), name, text, 0o600);
    }
    let (code, _, said) = check(folder.path(), &["--routes"], variables);
    assert!(code == 2 && said.contains(&format!("\n  {fault}")), "{code}: {said}");
    let faults = said.lines().skip(1).filter(|line| !line.contains("HARBOR_URL") && !line.contains("HARBOR_USERNAME"));
    assert_eq!(faults.count(), 1, "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

/// Where others can reach it a secret is missing; one whose file cannot be read is wrong, and not missing, too.
#[rstest]
#[case::only_wrong(&[("HARBOR_AUTH_HEADER_FILE", "b/no")], "HARBOR_AUTH_HEADER_FILE")]
#[case::one_missing(&[], "LISTEN_ADDR")]
fn all_faults_are_named_at_once(#[case] variables: &[(&str, &str)], #[case] expected: &str) {
    let folder = TempDir::new().unwrap();
    let others =
        [("ADMIN_TOKEN_FILE", "a/no"), ("LISTEN_ADDR", "0.0.0.0:0"), ("TIMEZONE", "Mars"), ("READ_TOKEN", "short")];
    let (code, _, said) = check(folder.path(), &[], &[&others, variables].concat());
    let mut keys: Vec<_> = said.lines().skip(1).map(|line| line.trim().split(':').next().unwrap()).collect();
    keys.sort_unstable();
    assert_eq!((code, keys), (2, vec!["ADMIN_TOKEN_FILE", expected, "READ_TOKEN", "TIMEZONE"]));
}

#[test]
fn the_names_of_files_are_known_where_names_are_misspelt() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "routes.toml", "[robots.two]\nurl = \"${WECOM_TWO}\"\n", 0o644);
    write(folder.path(), "two", "two00000-fake-fake", 0o600);
    let env = "ROUTES_FILE=routes.toml\nWECOM_TWO_FILE=two\nADMIN_TOKN_FILE=x\nWECOM_TOW_FILE=y\n";
    write(folder.path(), ".env", env, 0o644);
    let (code, _, said) = check(folder.path(), &["--routes"], &[]);
    let expected = [
        "harborbell: .env: line 3 sets ADMIN_TOKN_FILE, which is no key; is ADMIN_TOKEN_FILE meant?",
        "harborbell: .env: line 4 sets WECOM_TOW_FILE, which is no key; is WECOM_TWO_FILE meant?",
    ];
    assert_eq!((code, said.lines().collect::<Vec<_>>()), (0, expected.to_vec()));
}

/// Of the environment as of `.env`; what is empty, or is a key of its own, is nothing to warn of.
#[test]
fn a_file_for_what_is_no_secret_is_a_warning() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), ".env", "TIMEZONE_FILE=zone\nPUBLIC_URL_FILE=\nADMIN_TOKEN_FILE=./token\n", 0o600);
    write(folder.path(), "token", TOKEN, 0o600);
    let variables = [("HARBOR_USERNAME_FILE", "s3cret-place"), ("HARBOR_CA_FILE", "")];
    let (code, _, said) = check(folder.path(), &["--routes"], &variables);
    let expected = [
        "harborbell: HARBOR_USERNAME_FILE: is not read, because HARBOR_USERNAME is no secret; set HARBOR_USERNAME itself",
        "harborbell: TIMEZONE_FILE: is not read, because TIMEZONE is no secret; set TIMEZONE itself",
    ];
    assert_eq!((code, said.lines().collect::<Vec<_>>()), (0, expected.to_vec()));
}

/// A `.env` without secrets, or one that only its owner can read, is nothing to warn of.
#[rstest]
#[case::for_all("ADMIN_TOKEN=s3cret-word-of-sixteen\n", 0o644, true)]
#[case::for_a_group("ADMIN_TOKEN=s3cret-word-of-sixteen\n", 0o640, true)]
#[case::of_a_route("WECOM_TWO=two00000-fake-fake\nROUTES_FILE=routes.toml\n", 0o604, true)]
#[case::of_a_server("DATABASE_URL=postgres://harborbell:s3cret-word@127.0.0.1:9/harborbell\n", 0o644, true)]
#[case::for_its_owner("ADMIN_TOKEN=s3cret-word-of-sixteen\n", 0o600, false)]
#[case::no_secret("ADMIN_TOKEN=\nTIMEZONE=UTC\nDATABASE_URL=sqlite://data/harborbell.db\n", 0o644, false)]
fn an_env_file_that_others_can_read_is_a_warning(#[case] env: &str, #[case] mode: u32, #[case] warns: bool) {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "routes.toml", "[robots.two]\nurl = \"${WECOM_TWO}\"\n", 0o644);
    write(folder.path(), ".env", env, mode);
    let (code, _, said) = check(folder.path(), &["--routes"], &[]);
    let warning = "harborbell: .env: has secrets, and other users of this machine can read it; chmod 600 .env\n";
    assert_eq!((code, said.as_str()), (0, if warns { warning } else { "" }));
}

/// What a container mounts is root's and for all to read; there is no user to whom that says anything.
#[test]
fn a_secrets_file_for_all_is_a_warning_to_its_owner_alone() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "token", TOKEN, 0o444);
    let (code, _, said) = check(folder.path(), &["--routes"], &[("ADMIN_TOKEN_FILE", "./token")]);
    let is_root = rustix::process::geteuid().is_root();
    let warning =
        "harborbell: ADMIN_TOKEN_FILE: ./token can be read by every user of this machine; chmod 600 ./token\n";
    assert_eq!((code, said.as_str()), (0, if is_root { "" } else { warning }));
}

/// Robots apply at once, from a file that was written anew; a file that is gone changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn sighup_reads_the_files_again() {
    let (folder, first) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let second = Standin::start(KEY, None).await.unwrap();
    write(folder.path(), "robot", first.url(), 0o600);
    let settings = [("WECOM_WEBHOOK_URL_FILE", "./robot")];
    let process = Process::start(folder.path(), "", &settings);
    let post = async |version: &str| {
        let request = client().post(format!("{}/webhook/harbor", process.url)).body(arrived(version).to_string());
        assert_eq!(request.send().await.unwrap().status(), 202);
    };
    post("v1").await;
    within("the first one", first.until(|_, shown| shown.len() == 1)).await;

    std::fs::remove_file(folder.path().join("robot")).unwrap();
    process.signal("-HUP");
    let line = process.line_with("the earlier one stays active");
    assert!(line.contains("WECOM_WEBHOOK_URL_FILE: cannot read ./robot: No such file"), "{line}");
    write(folder.path(), "robot", second.url() + "\n", 0o600);
    process.signal("-HUP");
    process.line_with("configuration was read again");
    post("v2").await;
    within("the second one", second.until(|_, shown| shown.len() == 1)).await;
    assert_eq!(first.shown().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_takes_its_token_from_a_file() {
    let app = App::spawn_with(&[("ADMIN_TOKEN", "an-admin-token-here"), ("READ_TOKEN", TOKEN)]).await;
    let folder = TempDir::new().unwrap();
    write(folder.path(), "token", format!("{TOKEN}\n"), 0o600);
    let ask = |file: &str| {
        let mut command = Command::new(program());
        command.args(["where", "mars/mars-api:v1", "--url", &app.url]).current_dir(folder.path()).env_clear();
        let output = command.env("READ_TOKEN_FILE", file).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = ask("./token");
    assert_eq!(code, 4, "{said}");
    let (code, said) = ask("./none");
    assert!(code == 2 && said.contains("READ_TOKEN_FILE: cannot read ./none"), "{code}: {said}");
}
