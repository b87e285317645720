//! The database's files: how they are made, what happens when they are taken away or damaged, and who may change them.

use std::collections::HashSet;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use harborbell::store::Store;
use serde_json::Value;
use tempfile::TempDir;

use crate::database::{Intruder, older_database, only_on_sqlite, url_of};
use crate::process::{Process, environment, run, said_until_ready};
use crate::support::{App, accept_for, arrived, program};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn files_and_new_folders_are_for_their_owner_alone() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("a/b/hb.db").display());
    let store = Store::serve(&url).await.unwrap();
    accept_for(&store, &arrived("v1"), &["default"], 1).await;
    for (path, expected) in
        [("a", 0o700), ("a/b", 0o700), ("a/b/hb.db", 0o600), ("a/b/hb.db-wal", 0o600), ("a/b/hb.db.lock", 0o600)]
    {
        assert_eq!(mode(&folder.path().join(path)), expected, "{path}");
    }
}

/// Every folder on the way to the file is on the disk before anything is promised, also those that an earlier start
/// made before it lost power.
#[test]
fn invariant_1_each_folder_on_the_way_is_synced_new_or_not() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    let home = folder.path().canonicalize().unwrap();
    for start in ["new", "left by a crash"] {
        let traced = home.join("trace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-e", "trace=fsync", "-o"]).arg(&traced).arg(program()).arg("serve");
        let url = "sqlite://a/b/c/hb.db";
        let mut child =
            environment(&mut strace, &home, "http://127.0.0.1:9/send?key=none-at-all", &[("DATABASE_URL", url)])
                .stderr(std::process::Stdio::piped())
                .spawn()
                .expect("strace is there; on Debian: apt-get install strace");
        said_until_ready(&mut std::io::BufReader::new(child.stderr.take().unwrap()));
        Command::new("pkill").args(["-9", "-P", &child.id().to_string()]).status().unwrap();
        child.wait().unwrap();
        // The file descriptor with its path: fsync(9</tmp/…/a/b>).
        let trace = std::fs::read_to_string(&traced).unwrap();
        let synced: HashSet<_> = trace.lines().filter_map(|line| line.split(['<', '>']).nth(1)).collect();
        for path in ["", "a", "a/b", "a/b/c"] {
            let path = home.join(path);
            let path = path.to_str().unwrap().trim_end_matches('/');
            assert!(synced.contains(path), "{start}: {path} in {synced:?}");
        }
        std::fs::remove_file(home.join("a/b/c/hb.db")).unwrap();
    }
}

async fn assert_takes_nothing_more(app: &App, file: &Path, what: &str, deed: fn(&Path) -> std::io::Result<()>) {
    app.accept(&arrived("v1")).await;
    deed(file).unwrap();
    assert_eq!(app.post(arrived("v2").to_string()).await.0, 503, "{what}");
    assert_eq!(app.get("/readyz").await.0, 503, "{what}");
}

/// Whatever is taken away from a running service, nothing is answered 202 that is lost with the process.
#[tokio::test]
async fn invariant_1_a_file_that_was_deleted_or_replaced_takes_nothing_more() {
    only_on_sqlite!();
    type Deed = fn(&Path) -> std::io::Result<()>;
    let deleted: Deed = |file| std::fs::remove_file(file);
    let replaced: Deed = |file| {
        let copy = file.with_extension("copy");
        std::fs::copy(file, &copy)?;
        std::fs::rename(copy, file)
    };
    let log_deleted: Deed = |file| std::fs::remove_file(file.with_extension("db-wal"));
    let log_replaced: Deed = |file| {
        let (log, copy) = (file.with_extension("db-wal"), file.with_extension("copy"));
        std::fs::copy(&log, &copy)?;
        std::fs::rename(copy, log)
    };
    let log_emptied: Deed = |file| std::fs::File::options().write(true).open(file.with_extension("db-wal"))?.set_len(0);
    // Another command, which opens what stands there, makes a new log.
    let log_made_anew: Deed = |file| {
        std::fs::rename(file.with_extension("db-wal"), file.with_extension("gone"))?;
        run(file.parent().unwrap(), "", &["list"]);
        Ok(())
    };
    let deeds = [
        ("deleted", deleted),
        ("replaced", replaced),
        ("log deleted", log_deleted),
        ("log replaced", log_replaced),
        ("log emptied", log_emptied),
        ("log made anew", log_made_anew),
    ];
    for (what, deed) in deeds {
        let app = App::spawn().await;
        assert_takes_nothing_more(&app, &app.folder().join("test.db"), what, deed).await;
    }
    // SQLite has the log beside the file, not beside the link.
    for (what, deed) in deeds {
        let (real, links) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (file, link) = (real.path().join("test.db"), links.path().join("link.db"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let app = App::spawn_with(&[("DATABASE_URL", &format!("sqlite://{}", link.display()))]).await;
        let metrics = app.client.get(format!("{}/metrics", app.url)).send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("harborbell_wal_bytes ") && !metrics.contains("harborbell_wal_bytes 0"), "{metrics}");
        assert_takes_nothing_more(&app, &file, what, deed).await;
    }
}

/// A migration of an older file, a restored backup and SQLite's change to a write-ahead log have a journal beside the
/// file, which takes back what a power cut left of them.
#[tokio::test]
async fn invariant_1_a_power_cut_before_there_is_a_write_ahead_log_is_taken_back() {
    only_on_sqlite!();
    let (made, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = Store::serve(&url_of(made.path())).await.unwrap();
    accept_for(&store, &arrived("v1"), &["default"], 1).await;
    store.close().await;
    let mut other = Intruder::at(&url_of(made.path())).await;
    other.execute("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; DELETE FROM events").await;
    // More than the cache holds, so a part of it is in the file.
    other.execute("CREATE TABLE large AS SELECT zeroblob(1000000) AS value").await;
    for file in ["test.db", "test.db-journal"] {
        std::fs::copy(made.path().join(file), folder.path().join(file)).unwrap();
    }
    let output = run(folder.path(), "http://127.0.0.1:9/send?key=none-at-all", &["list"]);
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("v1"), "{said}");
    assert!(!folder.path().join("test.db-journal").exists());
}

/// SQLite deletes a log that lies beside a new file.
#[tokio::test]
async fn invariant_1_no_file_is_made_in_the_place_of_one_that_was_moved_away() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    let (path, away) = (folder.path().join("test.db"), folder.path().join("away.db"));
    let store = Store::serve(&url_of(folder.path())).await.unwrap();
    accept_for(&store, &arrived("v1"), &["default"], 1).await;
    let mut other = Intruder::at(&url_of(folder.path())).await;
    other.lock().await;
    std::fs::rename(&path, &away).unwrap();
    // Who writes and fails, and who looks for the first time.
    store.probe(1).await.unwrap_err();
    store.show("none").await.unwrap_err();
    assert!(!path.exists());
    other.let_go().await;
    std::fs::rename(&away, &path).unwrap();
    accept_for(&store, &arrived("v2"), &["default"], 1).await;
    // As after a kill: nothing ends in order.
    let copy = TempDir::new().unwrap();
    for file in ["test.db", "test.db-wal"] {
        std::fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
    }
    let output = run(copy.path(), "http://127.0.0.1:9/send?key=none-at-all", &["list"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("v1") && said.contains("v2"), "{said}");
}

/// A slip in `DATABASE_URL` must not change what another program has there, nor wait for ever.
#[tokio::test]
async fn what_is_no_database_of_ours_stays_as_it_is() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("test.db");
    let refused = |command: &[&str]| {
        let output = run(folder.path(), "http://127.0.0.1:9/send?key=none-at-all", command);
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let elsewhere = TempDir::new().unwrap();
    for mode in ["DELETE", "WAL"] {
        let mut foreign = Intruder::at(&format!("{}?mode=rwc", url_of(elsewhere.path()))).await;
        foreign
            .execute(&format!(
                "PRAGMA journal_mode = {mode}; CREATE TABLE IF NOT EXISTS others (id);
                 INSERT INTO others VALUES (1)"
            ))
            .await;
        // As that program left it when it was killed: part of it may be in the log alone.
        let files = ["test.db", "test.db-wal"].into_iter().filter(|file| elsewhere.path().join(file).exists());
        let files: Vec<_> = files.collect();
        assert_eq!(files.len() == 2, mode == "WAL");
        for file in &files {
            std::fs::copy(elsewhere.path().join(file), folder.path().join(file)).unwrap();
        }
        let contents = || files.iter().map(|file| std::fs::read(folder.path().join(file)).unwrap()).collect::<Vec<_>>();
        let before = contents();
        for command in [&["serve"][..], &["list"], &["check"], &["prune"], &["backup", "copy.db"]] {
            let said = refused(command);
            assert!(said.contains("test.db is the database of another program"), "{command:?}: {said}");
            assert!(contents() == before, "{mode}, {command:?}");
        }
    }
    for rest in ["test.db-wal", "test.db-shm"] {
        std::fs::remove_file(folder.path().join(rest)).unwrap();
    }
    std::fs::write(&path, "").unwrap();
    let said = refused(&["list"]);
    assert!(
        said.contains("there is no database of harborbell at") && std::fs::read(&path).unwrap().is_empty(),
        "{said}"
    );

    std::fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    for command in ["serve", "list", "check", "prune"] {
        let said = refused(&[command]);
        assert!(said.contains("it is no regular file"), "{command}: {said}");
    }
}

/// What cannot be read says what can be done about it: a file that is none of SQLite's, and one whose log was overwritten
/// while it was used.
#[tokio::test]
async fn what_is_damaged_says_what_to_do() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    let said = || {
        let output = run(folder.path(), "http://127.0.0.1:9/send?key=none-at-all", &["list"]);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    std::fs::write(folder.path().join("test.db"), "this is a text of some length, and not a database at all").unwrap();
    let none_of_sqlites = said();
    std::fs::remove_file(folder.path().join("test.db")).unwrap();
    let store = Store::serve(&url_of(folder.path())).await.unwrap();
    accept_for(&store, &arrived("v1"), &["default"], 1).await;
    let log = std::fs::File::options().write(true).open(folder.path().join("test.db-wal")).unwrap();
    log.write_all_at(&vec![0xaa; log.metadata().unwrap().len() as usize], 0).unwrap();
    for said in [none_of_sqlites, said()] {
        assert!(
            said.contains("(-wal) is damaged, or is none of SQLite's") && said.contains("restore a backup"),
            "{said}"
        );
    }
}

/// Pages of one index are damaged: what a webhook would touch is what the probe touches.
#[tokio::test]
async fn a_damaged_index_is_not_ready() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    let store = Store::serve(&url).await.unwrap();
    accept_for(&store, &arrived("v1"), &["default"], 1).await;
    store.close().await;
    drop(store);
    let mut database = Intruder::at(&url).await;
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
    let page = "SELECT CAST(rootpage AS TEXT) FROM sqlite_master WHERE name = 'events_by_name'";
    let page: u64 = database.texts(page).await[0].parse().unwrap();
    drop(database);
    let file = std::fs::File::options().write(true).open(folder.path().join("test.db")).unwrap();
    file.write_all_at(&[0xff; 4096], (page - 1) * 4096).unwrap();

    let checked = run(folder.path(), "http://127.0.0.1:9/send?key=none-at-all", &["check"]);
    let said = String::from_utf8(checked.stderr).unwrap();
    assert!(checked.status.code() == Some(1) && said.contains("a webhook could not be stored"), "{said}");
    let app = App::spawn_with(&[("DATABASE_URL", &url)]).await;
    assert_eq!(app.get("/readyz").await.0, 503);
    assert_eq!(app.post(arrived("v2").to_string()).await.0, 503);
}

/// What the door could not store counts, whatever the probe finds.
#[tokio::test]
async fn a_webhook_that_could_not_be_stored_is_not_ready() {
    let app = App::spawn().await;
    app.accept(&arrived("v1")).await;
    assert_eq!(app.get("/readyz").await.0, 200);
    let mut database = app.intruder().await;
    database.fail_on("away").await;
    assert_eq!(app.post(arrived("away").to_string()).await.0, 503);
    // The probe's own answer holds for a second; the door's failure counts at once.
    assert_eq!(app.get("/readyz").await.0, 503);
    database.fail_on("nothing").await;
    crate::support::eventually("it is ready again", || async { app.get("/readyz").await.0 == 200 }).await;
}

/// Beside or after an older program, commands look or refuse; they change no schema.
#[tokio::test]
async fn commands_migrate_nothing() {
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    let mut database = older_database(&url, 3).await;
    for arguments in [&["list"][..], &["where", "mars/mars-api"], &["check", "--ping"], &["check"], &["show", "x"]] {
        let output = run(folder.path(), "http://127.0.0.1:9/send?key=none-at-all", arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("its schema is 3") && said.contains("harborbell serve"), "{arguments:?}: {said}");
        let schema = "SELECT CAST(max(version) AS TEXT) FROM _sqlx_migrations";
        assert_eq!(database.texts(schema).await, ["3"], "{arguments:?}");
    }
    drop(database);
    let _service = Process::start(folder.path(), "http://127.0.0.1:9/send?key=none-at-all", &[]);
    assert!(run(folder.path(), "", &["list"]).status.success());
}

/// However many look at a large backlog, what comes in is sent: lanes look on a connection of their own.
#[tokio::test]
async fn invariant_7_readers_of_a_large_backlog_stop_no_lane() {
    only_on_sqlite!();
    let app = App::spawn().await;
    app.accept(&arrived("v0")).await;
    app.shown(1).await;
    // For a robot that nobody has any more.
    app.intruder()
        .await
        .execute(
            "PRAGMA foreign_keys = OFF; INSERT INTO deliveries (id, event_id, robot, state, attempts, failures, batch_limit, suspect, created_at, tried_since,
                 next_attempt_at, finished_at, last_error, mentions)
             SELECT 'd' || n, 'e' || n, 'gone', 'pending', 0, 0, 128, 0, n, n, n, 0, '', '[]'
             FROM (WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 150000) SELECT n FROM count);",
        )
        .await;
    let url = format!("{}/api/v1/robots", app.url);
    let stop = tokio_util::sync::CancellationToken::new();
    let reader = async || {
        while !stop.is_cancelled() {
            let _ = app.client.get(&url).send().await.map(|answer| answer.status());
        }
    };
    let readers = futures_util::future::join_all((0..200).map(|_| reader()));
    let sending = async {
        let began = std::time::Instant::now();
        for number in 1..=5 {
            app.accept(&arrived(&format!("v{number}"))).await;
            app.shown(number + 1).await;
        }
        stop.cancel();
        began.elapsed()
    };
    let (took, _) = tokio::join!(sending, readers);
    println!("5 events sent beside 200 readers in {took:?}");
    // One look of a reader takes longer than a second here; the lane takes four looks for each message.
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
}

/// A page of long events ends before its limit; what follows is on the next one.
#[tokio::test]
async fn invariant_8_a_list_is_bounded_in_bytes() {
    let app = App::spawn().await;
    for event in 0..12 {
        let tags: Vec<_> = (0..2_500).map(|tag| format!("{event}-{tag:0>100}")).collect();
        let tags: Vec<_> = tags.iter().map(String::as_str).collect();
        app.accept(&crate::support::push("mars/mars-api", &tags).payload()).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = app.client.get(format!("{}/api/v1/deliveries?limit=1000{cursor}", app.url)).send().await.unwrap();
        let text = answer.text().await.unwrap();
        assert!(text.len() < 4 * 1024 * 1024, "{} bytes", text.len());
        let page: Value = serde_json::from_str(&text).unwrap();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (12, 12));
}

/// The file cannot grow, the log can: webhooks are stored, and somebody says that this will not last.
#[tokio::test]
async fn checkpoints_that_fail_are_logged_shown_and_counted() {
    only_on_sqlite!();
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    Store::serve(&url).await.unwrap().close().await;
    let mut database = Intruder::at(&url).await;
    database.execute("CREATE TABLE filler (bytes BLOB); INSERT INTO filler VALUES (zeroblob(41943040))").await;
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
    drop(database);
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -S -f 32768; exec \"$0\" serve"]).arg(program());
    let process = Process::run(&mut shell, folder.path(), "http://127.0.0.1:9/send?key=none-at-all", &[]);
    // A connection that idled for some seconds may be closed.
    let client = crate::support::client;
    for number in 0..60 {
        let mut payload = arrived(&format!("v{number}"));
        payload["operator"] = "x".repeat(200_000).into();
        let request = client().post(format!("{}/webhook/harbor", process.url)).body(payload.to_string());
        assert_eq!(request.send().await.unwrap().status(), 202, "{number}");
    }
    let line = process.line_with("the write-ahead log cannot be written to the database file");
    assert!(line.contains("log_bytes=") && line.contains("ERROR"), "{line}");
    let text =
        async |path: &str| client().get(format!("{}{path}", process.url)).send().await.unwrap().text().await.unwrap();
    let ready: Value = serde_json::from_str(&text("/readyz").await).unwrap();
    assert_eq!((&ready["status"], &ready["checkpoints"]), (&"ready".into(), &"failing".into()));
    let metrics = text("/metrics").await;
    let failures = metrics.lines().find_map(|line| line.strip_prefix("harborbell_checkpoint_failures_total "));
    assert!(failures.unwrap().parse::<f64>().unwrap() >= 1.0, "{failures:?}");

    let lifted = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &process.child.id().to_string()]).status();
    assert!(lifted.unwrap().success());
    process.line_with("checkpoints of the database work again");
    let ready: Value = serde_json::from_str(&text("/readyz").await).unwrap();
    assert_eq!(ready["checkpoints"], "ok");
}
