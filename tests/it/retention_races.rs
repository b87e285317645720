//! PostgreSQL: a webhook and the forgetting of what it tells of, at the same moment. Neither the image nor its destination
//! may vanish from the board.

use std::time::Duration;

use harborbell::demo::payloads::Replication;
use harborbell::model::retention::{Limits, Removed};
use harborbell::store::accept::Acceptance;
use harborbell::store::old::{Kind, Place};
use rstest::rstest;
use tokio::time::interval;

use crate::database::{Intruder, only_on_postgres};
use crate::support::{Bench, EXECUTION, accept_for, offer, push, told_by, within};

/// The lock at which a test holds a transaction, in the database of this test alone.
const HELD: &str = "hashtext(current_schema())";

/// Holds every transaction of others at this moment, until [`let_go`]; gives the process that does.
async fn hold(intruder: &mut Intruder, trigger: &str) -> String {
    intruder.execute(format!("SELECT pg_advisory_lock({HELD})")).await;
    let held = format!("BEGIN PERFORM pg_advisory_xact_lock({HELD}); RETURN coalesce(NEW, OLD); END");
    intruder.execute(format!("CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $${held}$$")).await;
    intruder.execute(format!("{trigger} FOR EACH ROW EXECUTE FUNCTION held()")).await;
    intruder.texts("SELECT CAST(pg_backend_pid() AS TEXT)").await.remove(0)
}

async fn let_go(intruder: &mut Intruder) {
    intruder.execute(format!("SELECT pg_advisory_unlock({HELD})")).await;
}

/// Waits until a process waits for this one; gives its number.
async fn waiting_for(intruder: &mut Intruder, process: &str) -> String {
    let waiting =
        format!("SELECT CAST(pid AS TEXT) FROM pg_stat_activity WHERE {process} = ANY(pg_blocking_pids(pid))");
    within("somebody waits", async {
        let mut look = interval(Duration::from_millis(10));
        loop {
            if let Some(process) = intruder.texts(&waiting).await.pop() {
                return process;
            }
            look.tick().await;
        }
    })
    .await
}

/// One event that is nothing but facts; its id.
async fn old_event(bench: &Bench) -> String {
    let old = push("mars/mars-api", &["v1"]).payload();
    accept_for(&bench.store, &old, &[], bench.clock.now()).await;
    let limits = Limits { records: i64::MAX, arrivals: None };
    let id = bench.store.old(Kind::Deliveries, limits, &Place::default()).await.unwrap().remove(0).id;
    bench.store.reduce_to_facts(std::slice::from_ref(&id), limits.records).await.unwrap();
    id
}

async fn hears(bench: &Bench, version: &str) {
    let again = Replication { execution: EXECUTION + 9, ..push("mars/mars-api", &[version]) }.payload();
    let stored = bench.store.accept(&[offer(&again)], told_by(&[]), bench.clock.now()).await.unwrap();
    assert!(matches!(stored.answers[0], Acceptance::Accepted { .. }), "{stored:?}");
}

async fn left(intruder: &mut Intruder) -> [Vec<String>; 2] {
    [intruder.texts("SELECT version FROM images").await, intruder.texts("SELECT repository FROM destinations").await]
}

#[rstest]
#[case::image("v1")]
#[case::destination("v2")]
#[tokio::test]
async fn what_a_webhook_tells_of_that_is_not_committed_yet_stays(#[case] version: &str) {
    only_on_postgres!();
    let bench = Bench::new(&[]).await;
    let id = old_event(&bench).await;
    let mut intruder = Intruder::at(&bench.config.database_url).await;
    let holder =
        hold(&mut intruder, "CREATE CONSTRAINT TRIGGER held AFTER INSERT ON arrivals DEFERRABLE INITIALLY DEFERRED")
            .await;
    let ids = [id];
    let (_, removed, ()) = tokio::join!(
        hears(&bench, version),
        async {
            let mut looks = Intruder::at(&bench.config.database_url).await;
            waiting_for(&mut looks, &holder).await;
            bench.store.remove_events(&ids).await.unwrap()
        },
        async {
            let mut looks = Intruder::at(&bench.config.database_url).await;
            let webhook = waiting_for(&mut looks, &holder).await;
            waiting_for(&mut looks, &webhook).await;
            let_go(&mut intruder).await;
        },
    );
    assert_eq!(removed, Removed { events: 1, arrivals: 1, ..Removed::default() });
    assert_eq!(left(&mut intruder).await, [[version], ["mars/mars-api"]]);
}

#[rstest]
#[case::image("images", "v1")]
#[case::destination("destinations", "v2")]
#[tokio::test]
async fn what_is_being_forgotten_when_a_webhook_tells_of_it_is_noted_anew(#[case] table: &str, #[case] version: &str) {
    only_on_postgres!();
    let bench = Bench::new(&[]).await;
    let ids = [old_event(&bench).await];
    let mut intruder = Intruder::at(&bench.config.database_url).await;
    let holder = hold(&mut intruder, &format!("CREATE TRIGGER held BEFORE DELETE ON {table}")).await;
    let (removed, (), ()) = tokio::join!(
        async { bench.store.remove_events(&ids).await.unwrap() },
        async {
            let mut looks = Intruder::at(&bench.config.database_url).await;
            waiting_for(&mut looks, &holder).await;
            hears(&bench, version).await;
        },
        async {
            let mut looks = Intruder::at(&bench.config.database_url).await;
            let forgets = waiting_for(&mut looks, &holder).await;
            waiting_for(&mut looks, &forgets).await;
            let_go(&mut intruder).await;
        },
    );
    assert_eq!(removed, Removed { events: 1, arrivals: 1, ..Removed::default() });
    assert_eq!(left(&mut intruder).await, [[version], ["mars/mars-api"]]);
}
