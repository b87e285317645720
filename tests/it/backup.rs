//! `backup`: what was answered 202 is in it, what it cannot finish it leaves out whole, and a service starts with it.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use harborbell::demo::standin::{Answer, Standin};
use harborbell::store::Store;
use harborbell::store::filter::Filter;
use rstest::rstest;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::database::{Intruder, older_database, only_on_sqlite, url_of};
use crate::process::{Process, environment, run};
use crate::support::{KEY, arrived, client, eventually, program, within};

const NOWHERE: &str = "http://127.0.0.1:9/send?key=none-at-all";

fn backup(folder: &Path, file: &str) -> (bool, String) {
    let Output { status, stdout, stderr } = run(folder, NOWHERE, &["backup", file]);
    (status.success(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

fn files(folder: &Path) -> HashSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

/// As the documents say it: the old files go away, all three, and the copy comes in their place.
fn restore(folder: &Path, copy: &str) {
    std::fs::create_dir(folder.join("old")).unwrap();
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        if folder.join(name).exists() {
            std::fs::rename(folder.join(name), folder.join("old").join(name)).unwrap();
        }
    }
    std::fs::copy(folder.join(copy), folder.join("test.db")).unwrap();
}

/// Sends one webhook after the other, and says which ones were answered 202.
async fn send(
    url: String,
    sender: usize,
    acknowledged: tokio::sync::mpsc::UnboundedSender<String>,
    stop: CancellationToken,
) {
    let client = client();
    for number in 0.. {
        if stop.is_cancelled() {
            return;
        }
        let version = format!("s{sender}-{number}");
        let request = client.post(format!("{url}/webhook/harbor")).body(arrived(&version).to_string());
        if request.send().await.is_ok_and(|answer| answer.status() == 202) {
            // Nobody listens any more once the test is over.
            let _ = acknowledged.send(version);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_202_before_it_began_is_in_it_and_told_after_a_restore() {
    only_on_sqlite!();
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let mut process = Process::start(folder.path(), &wecom.url(), &[("WECOM_TIMEOUT", "12s")]);
    // A message is in flight all the time.
    wecom.answer_next(Answer::ShowAndHang);
    let (sender, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let senders: Vec<_> =
        (0..8).map(|number| tokio::spawn(send(process.url.clone(), number, sender.clone(), stop.clone()))).collect();
    let mut before = HashSet::new();
    while before.len() < 300 {
        before.insert(within("webhooks are accepted", answers.recv()).await.unwrap());
    }
    within("a message in flight", wecom.until(|_, shown| !shown.is_empty())).await;
    let (made, said) = backup(folder.path(), "copy.db");
    assert!(made && said.contains("events      ") && said.contains("schema"), "{said}");
    let after = answers.recv().await;
    assert!(after.is_some(), "webhooks are accepted all the time");
    stop.cancel();
    for sender in senders {
        sender.await.unwrap();
    }
    let copy = folder.path().join("copy.db");
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        files(folder.path()),
        ["copy.db", "test.db", "test.db-wal", "test.db-shm", "test.db.lock"].map(String::from).into()
    );

    process.child.kill().unwrap();
    process.child.wait().unwrap();
    restore(folder.path(), "copy.db");
    let mut database = Intruder::at(&url_of(folder.path())).await;
    let sending = database.texts("SELECT id FROM deliveries WHERE state = 'sending'").await;
    assert!(!sending.is_empty(), "a message was in flight");
    drop(database);
    let _process = Process::start(folder.path(), &wecom.url(), &[]);
    let store = Store::open(&url_of(folder.path())).await.unwrap();
    let delivered = Filter { state: Some("delivered".parse().unwrap()), ..Filter::default() };
    eventually("all of it is told", || async {
        store.count(&delivered).await.unwrap() == store.count(&Filter::default()).await.unwrap()
    })
    .await;
    let told: String = wecom.shown().into_iter().map(|message| message.content).collect();
    let lost: Vec<_> = before.iter().filter(|version| !told.contains(&format!("`{version}`"))).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// SQLite would take a log that was left over for the copy's own, and destroy the copy.
#[tokio::test]
async fn a_copy_beside_the_log_of_another_database_is_not_opened() {
    only_on_sqlite!();
    let (folder, wecom) = (TempDir::new().unwrap(), Standin::start(KEY, None).await.unwrap());
    let mut process = Process::start(folder.path(), &wecom.url(), &[]);
    let post = client().post(format!("{}/webhook/harbor", process.url)).body(arrived("v1").to_string());
    assert_eq!(post.send().await.unwrap().status(), 202);
    assert!(backup(folder.path(), "copy.db").0);
    let post = client().post(format!("{}/webhook/harbor", process.url)).body(arrived("v2").to_string());
    assert_eq!(post.send().await.unwrap().status(), 202);
    process.child.kill().unwrap();
    process.child.wait().unwrap();
    let copy = std::fs::read(folder.path().join("copy.db")).unwrap();
    std::fs::write(folder.path().join("test.db"), &copy).unwrap();
    let links = TempDir::new().unwrap();
    let link = links.path().join("link.db");
    std::os::unix::fs::symlink(folder.path().join("test.db"), &link).unwrap();
    let link = format!("sqlite://{}", link.display());
    let commands = [&["serve"][..], &["list"], &["check"], &["check", "--ping"], &["backup", "other.db"]];
    let by_link = [("DATABASE_URL", link.as_str())];
    for (arguments, settings) in commands.iter().flat_map(|command| [(command, &[][..]), (command, &by_link[..])]) {
        let mut command = Command::new(program());
        let output = environment(command.args(*arguments), folder.path(), &wecom.url(), settings).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("test.db-wal belongs to the database that was there before: move it"), "{said}");
    }
    assert_eq!(std::fs::read(folder.path().join("test.db")).unwrap(), copy);
    for name in ["test.db-wal", "test.db-shm"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let _process = Process::start(folder.path(), &wecom.url(), &[]);
    let listed = String::from_utf8(run(folder.path(), "", &["list"]).stdout).unwrap();
    assert!(listed.contains("v1") && !listed.contains("v2"), "{listed}");
    // What has a log of its own is opened with it, also by a second command.
    assert!(run(folder.path(), "", &["list"]).status.success());
}

#[rstest]
#[case::a_file("taken.db", "nothing is overwritten")]
#[case::a_link_to_nowhere("link.db", "nothing is overwritten")]
#[case::the_database_itself("test.db", "nothing is overwritten")]
#[case::the_log("test.db-wal", "the database itself uses that name")]
#[case::the_index_of_the_log("linked/test.db-shm", "the database itself uses that name")]
#[case::the_journal("./test.db-journal", "the database itself uses that name")]
#[case::the_lock("linked/./test.db.lock", "the database itself uses that name")]
#[case::no_folder("no/copy.db", "No such file or directory")]
#[tokio::test]
async fn a_wrong_place_is_named_and_nothing_is_written(#[case] file: &str, #[case] problem: &str) {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    Store::serve(&url_of(folder.path())).await.unwrap().close().await;
    std::fs::write(folder.path().join("taken.db"), "mine").unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("link.db")).unwrap();
    std::os::unix::fs::symlink(".", folder.path().join("linked")).unwrap();
    std::fs::remove_file(folder.path().join("test.db.lock")).unwrap();
    let before = files(folder.path());
    let (made, said) = backup(folder.path(), file);
    assert!(!made && said.contains(&format!("no backup was made at {file}")) && said.contains(problem), "{said}");
    assert_eq!(files(folder.path()), before);
    assert_eq!(std::fs::read(folder.path().join("taken.db")).unwrap(), b"mine");
}

#[test]
fn what_is_no_file_of_harborbell_is_not_copied() {
    let folder = TempDir::new().unwrap();
    let with = |url: &str| {
        let mut command = Command::new(program());
        let output =
            environment(command.args(["backup", "copy.db"]), folder.path(), KEY, &[("DATABASE_URL", url)]).output();
        let output = output.unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = with("postgres://harborbell:s3cret-word@127.0.0.1:9/harborbell");
    assert!(code == 2 && said.contains("pg_dump") && !said.contains("s3cret"), "{code}: {said}");
    let (code, said) = with("sqlite://nowhere.db");
    assert!(code == 1 && said.contains("there is no database of harborbell at nowhere.db"), "{code}: {said}");
    std::fs::write(folder.path().join("empty.db"), "").unwrap();
    let (code, said) = with("sqlite://empty.db");
    assert!(code == 1 && said.contains("there is no database of harborbell at empty.db"), "{code}: {said}");
    assert_eq!(files(folder.path()), ["empty.db".to_owned()].into());
}

/// A database of which a copy takes a while.
async fn large_database(folder: &Path) {
    let url = url_of(folder);
    Store::serve(&url).await.unwrap().close().await;
    let mut database = Intruder::at(&url).await;
    database.execute("CREATE TABLE filler (bytes BLOB); INSERT INTO filler VALUES (randomblob(200000000))").await;
}

fn partial(folder: &Path) -> Option<String> {
    files(folder).into_iter().find(|name| name.starts_with("copy.db.") && name.ends_with(".partial"))
}

/// Whatever ends it, there is no file that only looks like a backup.
#[rstest]
#[case::killed("-KILL", None, Some(9))]
#[case::stopped("-TERM", Some(1), None)]
#[case::interrupted("-INT", Some(1), None)]
#[tokio::test]
async fn one_that_is_ended_in_the_middle_leaves_no_backup(
    #[case] signal: &str,
    #[case] code: Option<i32>,
    #[case] killed_by: Option<i32>,
) {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    large_database(folder.path()).await;
    let mut command = Command::new(program());
    command.args(["backup", "copy.db"]).stderr(Stdio::piped());
    let child = environment(&mut command, folder.path(), NOWHERE, &[]).spawn().unwrap();
    eventually("it has begun", || async { partial(folder.path()).is_some() }).await;
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.status.signal()), (code, killed_by), "{said}");
    assert!(killed_by.is_some() || said.contains("no backup was made"), "{said}");
    assert!(!folder.path().join("copy.db").exists());
    assert_eq!(partial(folder.path()).is_some(), killed_by.is_some(), "only who is killed cannot tidy up");
    assert!(backup(folder.path(), "copy.db").0, "another try works");
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_leaves_nothing() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    large_database(folder.path()).await;
    let before = files(folder.path());
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -S -f 20480; exec \"$0\" backup copy.db"]).arg(program());
    let output = environment(&mut shell, folder.path(), NOWHERE, &[]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("no backup was made at copy.db") && said.contains("is there room on its disk?"), "{said}");
    assert_eq!(files(folder.path()).difference(&before).count(), 0, "{:?}", files(folder.path()));
}

/// Before an upgrade, the newer program is there already and the older one may still run.
#[tokio::test]
async fn an_older_database_is_copied_as_it_is() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    let mut database = older_database(&url_of(folder.path()), 3).await;
    let (made, said) = backup(folder.path(), "copy.db");
    assert!(made && said.contains("3, as it is in the database; this program's own is"), "{said}");
    let schema = "SELECT CAST(max(version) AS TEXT) FROM _sqlx_migrations";
    assert_eq!(database.texts(schema).await, ["3"]);
    let mut copy = Intruder::at(&format!("sqlite://{}", folder.path().join("copy.db").display())).await;
    assert_eq!(copy.texts(schema).await, ["3"]);
}
