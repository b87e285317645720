//! kill -9 at any moment under load.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use harborbell::demo::standin::Standin;
use harborbell::store::Store;
use harborbell::store::filter::Filter;
use tempfile::TempDir;

use crate::database::{Intruder, postgres, url_of};
use crate::process::Process;
use crate::support::{KEY, arrived, eventually, within};

/// On PostgreSQL each kill costs the 30 s of a lease, because there another process might hold it.
fn kills() -> u64 {
    if postgres().is_some() { 3 } else { 20 }
}

/// Invariants 1 and 2: each event that was answered 202 is in the database and is told; the only repeats
/// are of messages that were in flight at a kill.
#[tokio::test]
async fn invariant_1_a_202_is_a_row_and_is_told_whatever_is_killed() {
    let folder = TempDir::new().unwrap();
    let wecom = Standin::start(KEY, None).await.unwrap();
    let database_url = url_of(folder.path());
    let client = crate::support::client();
    let mut accepted = HashSet::new();
    let mut slowest_start = Duration::ZERO;

    for kill in 0..kills() {
        let shown_before = wecom.shown().len();
        let started = Instant::now();
        let mut process = Process::start(folder.path(), &wecom.url(), &[("RUST_LOG", "info,harborbell::receive=warn")]);
        let posts = (0..300_u64).map(|number| {
            let version = format!("k{kill}-{number}");
            let request = client.post(format!("{}/webhook/harbor", process.url)).body(arrived(&version).to_string());
            async move {
                let response = request.send().await.ok()?;
                (response.status() == 202).then_some(version)
            }
        });
        let posts = tokio::spawn(futures_util::future::join_all(posts.collect::<Vec<_>>()));
        within("a first message", wecom.until(|_, shown| shown.len() > shown_before)).await;
        slowest_start = slowest_start.max(started.elapsed());
        // A different moment each time: from the first message on to well into the load.
        tokio::time::sleep(Duration::from_millis(kill * 37 % 401)).await;
        process.child.kill().unwrap();
        process.child.wait().unwrap();
        accepted.extend(posts.await.unwrap().into_iter().flatten());
    }

    let _process = Process::start(folder.path(), &wecom.url(), &[]);
    let store = Store::open(&database_url).await.unwrap();
    eventually("everything is told", || async {
        let total = store.count(&Filter::default()).await.unwrap();
        let told = Filter { state: Some("delivered".parse().unwrap()), ..Filter::default() };
        store.count(&told).await.unwrap() == total
    })
    .await;

    let mut shown: HashMap<String, usize> = HashMap::new();
    for message in wecom.shown() {
        for version in versions(&message.content) {
            *shown.entry(version).or_default() += 1;
        }
    }
    let in_flight = in_flight_at_a_kill(&folder).await;
    let lost: Vec<_> = accepted.iter().filter(|version| !shown.contains_key(*version)).collect();
    assert!(lost.is_empty(), "{} of {} accepted events were never told: {lost:?}", lost.len(), accepted.len());
    let repeated: Vec<_> = shown.iter().filter(|(_, times)| **times > 1).collect();
    assert!(repeated.iter().all(|(version, _)| in_flight.contains(*version)), "{repeated:?}");
    assert!(accepted.len() > 100, "there was a load: {}", accepted.len());
    // About 0.4 s where nothing else runs; a lane that waited for a dead owner's lease would take 30.
    let longest = if postgres().is_some() { 45 } else { 10 };
    assert!(slowest_start < Duration::from_secs(longest), "first message {slowest_start:?} after a start");
    println!(
        "{} kills, {} accepted, {} repeated of {} in flight, first message at most {slowest_start:?} after a start",
        kills(),
        accepted.len(),
        repeated.len(),
        in_flight.len(),
    );
}

/// The versions in a message: the second code span of each line of a digest, or of the line that names it.
fn versions(content: &str) -> Vec<String> {
    content.split('`').skip(1).step_by(2).filter(|span| span.starts_with('k')).map(str::to_owned).collect()
}

async fn in_flight_at_a_kill(folder: &TempDir) -> HashSet<String> {
    let mut database = Intruder::at(&url_of(folder.path())).await;
    let bodies = database.texts("SELECT body FROM messages WHERE outcome = 'unknown'").await;
    assert!(bodies.len() <= kills() as usize, "at most one message a kill");
    bodies.iter().flat_map(|body| versions(body)).collect()
}
