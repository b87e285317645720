//! The database's files stay their owner's, whoever types a command; and commands find what the package's service goes by.
//! To be another user, these tests need root, as in CI.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use harborbell::demo::standin::{Answer, Standin};
use serde_json::Value;
use tempfile::TempDir;

use crate::database::only_on_sqlite;
use crate::process::{Process, environment, run};
use crate::support::{KEY, arrived, client, program, within};

/// Users and groups that no system has.
const OWNER: u32 = 54_321;
const GROUP: u32 = 54_322;
const STRANGER: u32 = 54_323;

macro_rules! only_as_root {
    () => {
        if !rustix::process::geteuid().is_root() {
            eprintln!("left out: this test needs root");
            return;
        }
    };
}

fn give(folder: &Path) {
    chown(folder, Some(OWNER), Some(GROUP)).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        chown(entry.unwrap().path(), Some(OWNER), Some(GROUP)).unwrap();
    }
}

fn assert_owned(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let (path, file) = entry.map(|entry| (entry.path(), entry.metadata().unwrap())).unwrap();
        assert_eq!((file.uid(), file.gid()), (OWNER, GROUP), "{path:?}");
    }
}

/// A folder of somebody else with a database that has one delivery.
async fn with_a_delivery(wecom: &Standin) -> TempDir {
    let folder = TempDir::new().unwrap();
    give(folder.path());
    let mut process = Process::start(folder.path(), &wecom.url(), &[]);
    let said = std::fs::read_to_string(format!("/proc/{}/status", process.child.id())).unwrap();
    for line in ["Uid:\t54321\t54321\t54321\t54321\n", "Gid:\t54322\t54322\t54322\t54322\n", "Groups:\t54322 \n"] {
        assert!(said.contains(line), "{said}");
    }
    let sent = client().post(format!("{}/webhook/harbor", process.url)).body(arrived("v1").to_string()).send().await;
    assert_eq!(sent.unwrap().status(), 202);
    within("the message", wecom.until(|_, shown| shown.len() == 1)).await;
    assert_owned(folder.path());
    process.signal("-TERM");
    assert!(process.child.wait().unwrap().success());
    folder
}

fn said(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap()
}

#[tokio::test]
async fn what_root_does_is_done_as_the_owner_and_recorded_as_roots() {
    only_on_sqlite!();
    only_as_root!();
    let wecom = Standin::start(KEY, None).await.unwrap();
    let folder = with_a_delivery(&wecom).await;
    let listed = run(folder.path(), &wecom.url(), &["list", "--json"]);
    let page: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    assert_owned(folder.path());
    for arguments in [&["show", &id][..], &["where", "mars/mars-api:v1"], &["replay", &id], &["check"]] {
        let output = run(folder.path(), &wecom.url(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        assert_owned(folder.path());
    }
    let shown = run(folder.path(), &wecom.url(), &["show", &id, "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["changes"][0]["by"], "root");
}

/// Not even a command that is killed leaves files of root behind.
#[tokio::test]
async fn a_command_that_was_killed_leaves_files_of_the_owner() {
    only_on_sqlite!();
    only_as_root!();
    let wecom = Standin::start(KEY, None).await.unwrap();
    let folder = with_a_delivery(&wecom).await;
    std::fs::remove_file(folder.path().join("test.db.lock")).unwrap();
    wecom.answer_next(Answer::ShowAndHang);
    let mut command = Command::new(program());
    command.args(["check", "--ping"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut ping = environment(&mut command, folder.path(), &wecom.url(), &[]).spawn().unwrap();
    within("the test message", wecom.until(|_, shown| shown.len() == 2)).await;
    ping.kill().unwrap();
    ping.wait().unwrap();
    for name in ["test.db-wal", "test.db-shm", "test.db.lock"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    assert_owned(folder.path());
}

/// Nobody may have root do what that user may not, by a `.env` where root happens to be.
#[test]
fn root_obeys_the_configuration_of_another_user_as_that_user() {
    only_on_sqlite!();
    only_as_root!();
    let (folder, roots, strangers) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    chown(strangers.path(), Some(STRANGER), Some(GROUP)).unwrap();
    let start = |database: &Path| {
        let file = format!("DATABASE_URL=sqlite://{}/test.db\nWECOM_WEBHOOK_URL={KEY}\n", database.display());
        std::fs::write(folder.path().join(".env"), file).unwrap();
        give(folder.path());
        let mut command = Command::new(program());
        let command = command.arg("serve").current_dir(folder.path()).env_clear().env("LISTEN_ADDR", "127.0.0.1:1");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        said(&output)
    };
    let text = start(roots.path());
    assert!(text.contains(".env belongs to uid 54321, who may not use") && text.contains("give both to"), "{text}");
    assert_eq!(std::fs::read_dir(roots.path()).unwrap().count(), 0);
    let text = start(strangers.path());
    assert!(text.contains(".env belongs to uid 54321, and ") && text.contains("to uid 54323; run this as"), "{text}");
    assert_eq!(std::fs::read_dir(strangers.path()).unwrap().count(), 0);
    // What is that user's own is used, until it may not listen.
    start(folder.path());
    assert!(folder.path().join("test.db").exists());
    assert_owned(folder.path());
}

/// In a container that has none of root's rights, or in a namespace without the folder's owner.
#[test]
fn root_who_cannot_be_the_owner_goes_on_where_it_may() {
    only_on_sqlite!();
    only_as_root!();
    const RIGHTS: &str = "-setuid,-setgid,-dac_override";
    let without = [&format!("--bounding-set={RIGHTS}")[..], &format!("--inh-caps={RIGHTS}")].map(str::to_owned);
    let setpriv = [vec!["setpriv".to_owned()], without.to_vec()].concat();
    let unshare = ["unshare", "--user", "--map-root-user"].map(str::to_owned).to_vec();
    for wrapper in [setpriv, unshare] {
        for (mode, starts) in [(0o777, true), (0o755, false)] {
            let folder = TempDir::new().unwrap();
            give(folder.path());
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(mode)).unwrap();
            let mut command = Command::new(&wrapper[0]);
            command.args(&wrapper[1..]).arg(program());
            if starts {
                let process = Process::run(command.arg("serve"), folder.path(), KEY, &[]);
                drop(process);
                assert!(folder.path().join("test.db").exists());
            } else {
                let output = environment(command.arg("serve"), folder.path(), KEY, &[]).output().unwrap();
                let text = said(&output);
                assert!(
                    !output.status.success() && text.contains("cannot act as ") && text.contains(", who owns "),
                    "{text}"
                );
            }
        }
    }
}

/// Whoever owns the folder could put a link in the place of what root writes there.
#[tokio::test]
async fn a_backup_by_root_is_made_as_the_owner_of_its_folder() {
    only_on_sqlite!();
    only_as_root!();
    let wecom = Standin::start(KEY, None).await.unwrap();
    let folder = with_a_delivery(&wecom).await;
    let (roots, strangers) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    std::fs::create_dir(strangers.path().join("below")).unwrap();
    for place in [strangers.path().to_owned(), strangers.path().join("below")] {
        chown(place, Some(STRANGER), Some(GROUP)).unwrap();
    }
    std::fs::create_dir(strangers.path().join("roots")).unwrap();
    for (place, owner) in [
        (folder.path(), OWNER),
        (roots.path(), 0),
        (strangers.path(), STRANGER),
        (&strangers.path().join("below"), STRANGER),
    ] {
        let copy = place.join("copy.db");
        let output = run(folder.path(), &wecom.url(), &["backup", copy.to_str().unwrap()]);
        assert!(output.status.success(), "{}", said(&output));
        let file = copy.metadata().unwrap();
        assert_eq!((file.uid(), file.mode() & 0o777), (owner, 0o600), "{copy:?}");
        assert_owned(folder.path());
    }
    // Nor does a stranger's configuration have root read what is not the stranger's.
    let file = format!("DATABASE_URL=sqlite://{}/test.db\nWECOM_WEBHOOK_URL={KEY}\n", folder.path().display());
    std::fs::write(strangers.path().join(".env"), file).unwrap();
    chown(strangers.path().join(".env"), Some(STRANGER), Some(GROUP)).unwrap();
    let mut command = Command::new(program());
    let output = command.args(["backup", "stolen.db"]).current_dir(strangers.path()).env_clear().output().unwrap();
    assert!(!output.status.success() && said(&output).contains("run this as one of them"), "{}", said(&output));
    assert!(!strangers.path().join("stolen.db").exists());
    // The stranger could put another folder in its place.
    let copy = strangers.path().join("roots/copy.db");
    let output = run(folder.path(), &wecom.url(), &["backup", copy.to_str().unwrap()]);
    assert!(!output.status.success() && said(&output).contains("Permission denied"), "{}", said(&output));
}

/// A command as another user of that group, who can reach the program.
fn run_as(user: u32, place: &TempDir, folder: &Path, arguments: &[&str]) -> Output {
    let copy = place.path().join("harborbell");
    if !copy.exists() {
        std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::copy(program(), &copy).unwrap();
    }
    let mut command = Command::new(copy);
    command.args(arguments).uid(user).gid(GROUP);
    environment(&mut command, folder, KEY, &[]).current_dir(place.path()).output().unwrap()
}

#[tokio::test]
async fn who_is_neither_root_nor_the_owner_is_told_who_may() {
    only_on_sqlite!();
    only_as_root!();
    let wecom = Standin::start(KEY, None).await.unwrap();
    let (folder, place) = (with_a_delivery(&wecom).await, TempDir::new().unwrap());
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let hidden = run_as(STRANGER, &place, folder.path(), &["list"]);
    let text = said(&hidden);
    assert_eq!(hidden.status.code(), Some(1));
    assert!(text.contains("may not look at") && text.contains("run this as its owner, or as root"), "{text}");

    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let foreign = run_as(STRANGER, &place, folder.path(), &["list"]);
    let text = said(&foreign);
    assert_eq!(foreign.status.code(), Some(1));
    assert!(text.contains("belongs to uid 54321; run this as that user, or as root"), "{text}");

    let own = run_as(OWNER, &place, folder.path(), &["list"]);
    assert!(own.status.success() && said(&own).contains("mars/mars-api"), "{}", said(&own));
    assert_owned(folder.path());
}

/// What is in the package's place, in a namespace of the test's own.
fn run_beside(file: &str, folder: &Path, arguments: &[&str]) -> Output {
    let script = "mount -t tmpfs none /etc && mkdir /etc/harborbell && printf %s \"$0\" >/etc/harborbell/harborbell.env \
                  && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, file]).arg(program()).args(arguments);
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap()
}

#[tokio::test]
async fn commands_find_the_configuration_of_the_packages_service() {
    only_on_sqlite!();
    only_as_root!();
    let wecom = Standin::start(KEY, None).await.unwrap();
    let (folder, elsewhere) = (with_a_delivery(&wecom).await, TempDir::new().unwrap());
    let database = format!("DATABASE_URL=sqlite://{}/test.db\n", folder.path().display());
    let file = format!("{database}WECOM_WEBHOOK_URL='{}'\nLISTEN_ADDR=127.0.0.1:0\n", wecom.url());
    let listed = run_beside(&file, elsewhere.path(), &["list"]);
    assert!(listed.status.success() && said(&listed).contains("mars/mars-api"), "{}", said(&listed));
    let faulty = run_beside("A: b\n", elsewhere.path(), &["list"]);
    let text = said(&faulty);
    assert!(text.contains("/etc/harborbell/harborbell.env: line 1 is written `KEY: value`"), "{text}");

    // What the folder has comes first, and all of it.
    std::fs::write(elsewhere.path().join(".env"), "TIMEZONE=UTC\n").unwrap();
    let listed = run_beside(&file, elsewhere.path(), &["list"]);
    assert!(!listed.status.success() && said(&listed).contains("data/harborbell.db"), "{}", said(&listed));
}
