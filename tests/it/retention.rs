//! What ended longer ago than `RETENTION` is removed, nothing that waits is, and what happened stays known.

use harborbell::board::{Board, Wanted};
use harborbell::demo::payloads::Replication;
use harborbell::metrics::Metrics;
use harborbell::model::clock::{Clock, HOUR, Leaps, MINUTE, Millis};
use harborbell::model::delivery::Verb;
use harborbell::model::event::Operation;
use harborbell::model::retention::{DAY, Decision, Limits, Looks, NOTICE, Present, Removed, Retention, Wait, Why};
use harborbell::retention::{Pruner, ROWS_AT_ONCE, Run, parts, until_next_run};
use harborbell::store::Store;
use harborbell::store::accept::Acceptance;
use harborbell::store::arrivals::Question;
use harborbell::store::old::{Kind, Old, Place};
use proptest::prelude::*;
use proptest::sample::Index;
use rstest::rstest;
use serde_json::Value;

use crate::database::{Intruder, only_on_postgres, only_on_sqlite};
use crate::support::{ALIYUN, Bench, EXECUTION, HUAWEI, accept_for, arrived, offer, operator, push, told_by};

const KEPT: [(&str, &str); 1] = [("RETENTION", "30d")];
const MONTH: Millis = 30 * DAY;

impl Bench {
    fn pruner(&self) -> Pruner {
        Pruner::new(self.store.clone(), self.clock.clone(), self.config.retention, Metrics::default())
    }

    async fn pruned(&self) -> Removed {
        match self.pruner().once().await.unwrap() {
            Run::Removed { removed, .. } => removed,
            other => panic!("{other:?}"),
        }
    }

    /// Lets days pass, while it is looked for what is old as the service does.
    async fn live(&self, days: i64) {
        for _ in 0..days {
            self.clock.advance(DAY);
            self.store
                .looked(Looks { looked_at: self.clock.now(), ..self.store.looks().await.unwrap() })
                .await
                .unwrap();
        }
    }

    async fn rows(&self, query: &str) -> i64 {
        let mut database = Intruder::at(&self.config.database_url).await;
        let rows = database.texts(format!("SELECT CAST(count(*) AS TEXT) FROM {query}")).await;
        rows[0].parse().unwrap()
    }
}

fn failed(version: &str) -> Value {
    let references = [version];
    Replication { succeeded: false, ..push("mars/mars-api", &references) }.payload()
}

#[tokio::test]
async fn what_ended_long_ago_goes_and_its_repetitions_stay_known() {
    let mut bench = Bench::new(&KEPT).await;
    bench.accept(&failed("healed later")).await;
    bench.accept(&failed("v1")).await;
    bench.accept(&arrived("v1")).await;
    accept_for(&bench.store, &arrived("quiet"), &[], bench.clock.now()).await;
    bench.drain().await;
    let attempts = bench.rows("attempts").await;
    bench.live(30).await;
    assert_eq!(bench.pruned().await, Removed::default(), "what is exactly as old stays");
    bench.clock.advance(1);
    let removed = bench.pruned().await;
    assert_eq!((removed.deliveries, removed.payloads, removed.events), (3, 4, 0));
    assert_eq!((removed.attempts as i64, removed.messages > 0), (attempts, true));
    for table in ["deliveries", "attempts", "messages", "events WHERE payload <> ''"] {
        assert_eq!(bench.rows(table).await, 0, "{table}");
    }
    assert_eq!((bench.rows("events").await, bench.rows("arrivals").await), (4, 4));

    for repeated in [failed("healed later"), failed("v1"), arrived("v1"), arrived("quiet"), failed("quiet")] {
        assert_eq!(bench.accept(&repeated).await, Acceptance::Duplicate, "{repeated}");
    }
    // What Harbor's API tells once more is known, too.
    let again = offer(&arrived("v1"));
    assert!(bench.store.task(&again.webhook.event).await.unwrap().is_some());
    // The success after a failure of which all but the facts is gone is news, and says so.
    let news = bench.accept(&arrived("healed later")).await;
    assert!(matches!(news, Acceptance::Accepted { .. }), "{news:?}");
    bench.drain().await;
    let last = bench.shown().pop().unwrap();
    assert!(last.contains("healed later") && last.contains("重试后成功"), "{last}");
    assert_eq!(bench.pruned().await, Removed::default());
}

/// Where the database fails it is tried again soon; where another process removes, sooner than after a run of its own.
#[tokio::test]
async fn what_did_not_run_is_tried_again_before_its_hour() {
    let bench = Bench::new(&KEPT).await;
    bench.store.looked(Looks { looked_at: bench.clock.now(), ..Looks::default() }).await.unwrap();
    let url = &bench.config.database_url;
    // As a command has it: on SQLite, too, the lease decides then.
    let store = Store::open(url).await.unwrap();
    let mut pruner = bench.pruner();
    pruner.store = store.clone();
    let minutes = |ran| until_next_run(ran).as_secs() / 60;
    assert!(store.acquire_work("retention", "another process", &bench.clock).await.unwrap());
    let ran = pruner.once().await;
    assert!(matches!(ran, Ok(Run::Busy)) && minutes(&ran) == 5, "{ran:?}");
    store.release_work("retention", "another process").await.unwrap();

    let mut database = Intruder::at(url).await;
    database.execute("ALTER TABLE retention RENAME TO away").await;
    let ran = pruner.once().await;
    assert!(ran.is_err() && minutes(&ran) == 1, "{ran:?}");
    database.execute("ALTER TABLE away RENAME TO retention").await;
    let ran = pruner.once().await;
    assert!(matches!(ran, Ok(Run::Removed { .. })) && minutes(&ran) == 60, "{ran:?}");
}

#[tokio::test]
async fn nothing_that_waits_is_touched() {
    let mut bench = Bench::new(&KEPT).await;
    bench.accept_many(3).await;
    bench.drain().await;
    // One robot has sent it, the other one is not configured.
    accept_for(&bench.store, &arrived("half"), &["default", "gone"], bench.clock.now()).await;
    bench.drain().await;
    let replayed = bench.deliveries().await.into_iter().find(|row| row.event.facts.versions == ["v0"]).unwrap().id;
    bench.clock.advance(MONTH / 2);
    bench.store.change(Verb::Replay, &replayed, &operator(), bench.clock.now()).await.unwrap();
    bench.live(20).await;
    let before = bench.store.show(&replayed).await.unwrap().unwrap();
    let removed = bench.pruned().await;
    assert_eq!((removed.deliveries, removed.payloads, removed.changes), (2, 2, 0));
    let after = bench.store.show(&replayed).await.unwrap().unwrap();
    assert_eq!(format!("{before:?}").replace("shared: 3", "shared: 1"), format!("{after:?}"));
    let mut left: Vec<_> =
        bench.deliveries().await.iter().map(|row| (row.event.facts.versions[0].clone(), row.state.as_str())).collect();
    left.sort();
    assert_eq!(left, [("half".into(), "delivered"), ("half".into(), "pending"), ("v0".into(), "pending")]);
    // The message of all three is still one of the replayed delivery's.
    assert_eq!(bench.rows("messages m WHERE NOT EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = m.id)").await, 0);
    bench.drain().await;
    assert!(bench.shown().last().unwrap().contains("v0"), "it is sent as if nothing had been removed");

    // It ended now, so it stays as long again; and who replayed it stays with it.
    bench.live(29).await;
    assert_eq!(bench.pruned().await, Removed::default());
    bench.live(2).await;
    let removed = bench.pruned().await;
    assert_eq!((removed.deliveries, removed.changes), (1, 0), "the half that waits may know of the change");
    Intruder::at(&bench.config.database_url).await.execute("DELETE FROM deliveries WHERE robot = 'gone'").await;
    assert_eq!(bench.pruned().await.changes, 1);
}

#[tokio::test]
async fn what_is_replayed_between_the_look_and_the_step_stays() {
    let mut bench = Bench::new(&KEPT).await;
    bench.accept_many(2).await;
    bench.drain().await;
    bench.live(31).await;
    let limits = Limits { records: bench.clock.now() - MONTH, arrivals: None };
    let old = bench.store.old(Kind::Deliveries, limits, &Place::default()).await.unwrap();
    let ids: Vec<_> = old.iter().map(|one| one.id.clone()).collect();
    let replayed = bench.deliveries().await[0].id.clone();
    bench.store.change(Verb::Replay, &replayed, &operator(), bench.clock.now()).await.unwrap();
    let removed = bench.store.reduce_to_facts(&ids, limits.records).await.unwrap();
    assert_eq!((removed.deliveries, removed.payloads), (1, 1));
    let left = bench.store.show(&replayed).await.unwrap().unwrap();
    assert!(left.payload.get().contains("REPLICATION") && !left.attempt_log.is_empty());
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 1);
}

#[tokio::test]
async fn a_test_message_and_old_changes_go_in_time() {
    let mut bench = Bench::new(&KEPT).await;
    bench.store.request_test("default", &operator(), bench.clock.now()).await.unwrap().unwrap();
    assert!(bench.step().await);
    bench.live(31).await;
    bench.store.request_test("default", &operator(), bench.clock.now()).await.unwrap().unwrap();
    let removed = bench.pruned().await;
    assert_eq!((removed.messages, removed.changes), (1, 1));
    assert!(bench.step().await, "the one that waits is sent");
}

#[test]
fn no_step_is_large_but_for_one_event() {
    let one = |rows: i64| Old {
        at: 0,
        id: String::new(),
        is_needed: false,
        deliveries: rows / 2,
        attempts: rows - rows / 2 - 1,
        arrivals: 0,
    };
    let old: Vec<_> = [3, ROWS_AT_ONCE - 3, 1, 10 * ROWS_AT_ONCE, 1, 2].map(one).into();
    let lengths = |old: &[Old]| parts(old).iter().map(|part| part.len()).collect::<Vec<_>>();
    assert_eq!(lengths(&old), [2, 1, 1, 2]);
    assert_eq!(lengths(&[]), [0; 0]);
    let small: Vec<_> = (0..ROWS_AT_ONCE).map(|_| one(3)).collect();
    assert!(parts(&small).iter().all(|part| part.len() as i64 * 3 <= ROWS_AT_ONCE));
    assert_eq!(lengths(&small).iter().sum::<usize>(), small.len());
}

#[tokio::test]
async fn many_go_in_steps_and_each_look_is_short() {
    let bench = Bench::new(&KEPT).await;
    let now = bench.clock.now();
    let offers: Vec<_> = (0..1_000).map(|number| offer(&arrived(&format!("v{number}")))).collect();
    bench.store.accept(&offers, told_by(&["gone"]), now).await.unwrap();
    let offers: Vec<_> = (0..1_000).map(|number| offer(&arrived(&format!("w{number}")))).collect();
    bench.store.accept(&offers, told_by(&[]), now).await.unwrap();
    bench.live(31).await;
    let limits = Limits { records: bench.clock.now() - MONTH, arrivals: None };
    let looked_at = bench.store.old(Kind::Deliveries, limits, &Place::default()).await.unwrap();
    assert!(looked_at.len() <= 200, "{}", looked_at.len());
    // What waits for a robot that nobody configures does not keep the others from going.
    let removed = bench.pruned().await;
    assert_eq!((removed.deliveries, removed.payloads), (0, 1_000));
    assert_eq!(bench.rows("events WHERE payload <> ''").await, 1_000);
}

#[tokio::test]
async fn a_dry_run_says_exactly_what_a_run_then_removes() {
    let mut bench = Bench::new(&[("RETENTION", "30d"), ("RETENTION_ARRIVALS", "60d")]).await;
    bench.wecom.refuse_containing("`v7`");
    bench.accept_many(20).await;
    bench.drain().await;
    accept_for(&bench.store, &arrived("waits"), &["default", "gone"], bench.clock.now()).await;
    bench.drain().await;
    bench.store.request_test("default", &operator(), bench.clock.now()).await.unwrap();
    assert!(bench.step().await);
    bench.live(40).await;
    bench.accept(&failed("later")).await;
    bench.drain().await;
    bench.live(31).await;
    let before = bench.deliveries().await.len();
    let (would, until) = bench.pruner().would().await.unwrap();
    assert_eq!((bench.deliveries().await.len(), until), (before, None), "nothing went");
    assert!(would.deliveries > 20 && would.messages > 2 && would.events == 20, "{would:?}");
    assert_eq!(bench.pruned().await, would);
    assert_eq!(bench.pruner().would().await.unwrap().0, Removed::default());
}

#[tokio::test]
async fn only_one_process_removes_at_a_time() {
    only_on_postgres!();
    let mut bench = Bench::new(&KEPT).await;
    bench.accept_many(300).await;
    bench.drain().await;
    bench.live(31).await;
    assert!(bench.store.acquire_work("retention", "another", &bench.clock).await.unwrap());
    assert_eq!(bench.pruner().once().await.unwrap(), Run::Busy);
    bench.store.release_work("retention", "another").await.unwrap();
    let (one, other) = (bench.pruner(), bench.pruner());
    let (one, other) = tokio::join!(one.once(), other.once());
    let removed: u64 = [one.unwrap(), other.unwrap()]
        .map(|run| if let Run::Removed { removed, .. } = run { removed.deliveries } else { 0 })
        .iter()
        .sum();
    assert_eq!(removed, 300);
}

#[tokio::test]
async fn a_run_that_fails_leaves_nobody_waiting_for_its_lease() {
    only_on_postgres!();
    let mut bench = Bench::new(&KEPT).await;
    bench.accept_many(1).await;
    bench.drain().await;
    bench.live(31).await;
    let mut database = Intruder::at(&bench.config.database_url).await;
    database
        .execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                 $$BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END$$;
             CREATE TRIGGER full_disk BEFORE DELETE ON deliveries EXECUTE FUNCTION full_disk()",
        )
        .await;
    assert!(bench.pruner().once().await.unwrap_err().to_string().contains("No space left"));
    database.execute("DROP TRIGGER full_disk ON deliveries").await;
    assert_eq!(bench.pruned().await.deliveries, 1);
}

/// What `where` and the board say of every image.
async fn known(bench: &Bench) -> Vec<String> {
    let mut all = Vec::new();
    let board = Board { store: &bench.store, rules: None, now: bench.clock.now() };
    let page = board.page(&Wanted::default(), 200, None).await.unwrap();
    for row in &page.rows {
        let of = Question { repository: row.facts.repository.clone(), ..Question::default() };
        all.push(format!("{row:?}"));
        let of_version = Question { version: Some(row.facts.version.clone()), ..of.clone() };
        for question in [of, of_version] {
            all.push(format!("{:?}", bench.store.arrivals(&question, &[]).await.unwrap()));
        }
    }
    all
}

/// One event of a history: image, version, registry, outcome, operation, execution, whether a robot sends it, hours later.
type Told = (usize, usize, usize, bool, usize, i64, bool, i64);

async fn tell(bench: &mut Bench, told: &Told) {
    let &(image, version, registry, succeeded, operation, execution, sent, hours) = told;
    let references = [["v1", "v2", "v3"][version]];
    let replication = Replication {
        repository: ["mars/mars-api", "mars/mars-web", "venus/base"][image],
        references: &references,
        registry: [ALIYUN, HUAWEI, ("aliyun-acr", "")][registry],
        succeeded,
        execution: EXECUTION + execution,
    };
    let mut offer = offer(&replication.payload());
    offer.webhook.event.operation =
        [Operation::Copy, Operation::Copy, Operation::Delete, Operation::Unconfirmed][operation];
    offer.webhook.event.occurred_at = bench.clock.now();
    let robots: &[&str] = if sent { &["default"] } else { &[] };
    bench.store.accept(&[offer], told_by(robots), bench.clock.now()).await.unwrap();
    bench.drain().await;
    bench.clock.advance(hours * HOUR);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// Whatever happened: `where` and the board say the same before and after, at any moment.
    #[test]
    fn where_and_board_say_the_same_after_the_rest_is_gone(
        history in proptest::collection::vec(
            (0..3_usize, 0..3_usize, 0..3_usize, any::<bool>(), 0..4_usize, 0..6_i64, any::<bool>(), 0..200_i64), 1..25),
        looks in proptest::collection::vec(any::<Index>(), 2)
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench::new(&[("RETENTION", "1d")]).await;
            for (place, told) in history.iter().enumerate() {
                tell(&mut bench, told).await;
                if looks.iter().any(|look| look.index(history.len()) == place) {
                    bench.live(2).await;
                    let before = known(&bench).await;
                    let removed = bench.pruned().await;
                    assert_eq!(known(&bench).await, before, "{removed:?}");
                }
            }
            bench.live(2).await;
            let before = known(&bench).await;
            bench.pruned().await;
            assert_eq!(bench.rows("events WHERE payload <> ''").await, 0);
            assert_eq!(known(&bench).await, before);
            // Everything told again is known.
            let deliveries = bench.rows("events").await;
            for told in &history {
                tell(&mut bench, &(told.0, told.1, told.2, told.3, told.4, told.5, told.6, 0)).await;
            }
            assert_eq!(bench.rows("events").await, deliveries);
        });
    }
}

#[tokio::test]
async fn retention_of_arrivals_forgets_what_happened_and_what_only_that_told_of() {
    let mut bench = Bench::new(&[("RETENTION", "30d"), ("RETENTION_ARRIVALS", "60d")]).await;
    let old = Replication { registry: HUAWEI, ..push("mars/mars-api", &["v1", "v2"]) }.payload();
    bench.accept(&old).await;
    bench.accept(&push("venus/base", &["v9"]).payload()).await;
    // Waits for ever, and is not forgotten.
    accept_for(&bench.store, &push("venus/waits", &["v1"]).payload(), &["gone"], bench.clock.now()).await;
    bench.drain().await;
    bench.live(40).await;
    bench.accept(&Replication { execution: EXECUTION + 9, ..push("mars/mars-api", &["v2"]) }.payload()).await;
    bench.drain().await;
    bench.live(19).await;
    assert_eq!(bench.pruned().await.events, 0);
    bench.live(2).await;
    let removed = bench.pruned().await;
    assert_eq!((removed.events, removed.arrivals), (2, 3));
    let board = Board { store: &bench.store, rules: None, now: bench.clock.now() };
    let rows = board.page(&Wanted::default(), 50, None).await.unwrap().rows;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let places: Vec<_> = row.destinations.iter().map(|cell| cell.destination.as_str()).collect();
            format!("{}:{} {}", row.facts.repository, row.facts.version, places.join(" "))
        })
        .collect();
    assert_eq!(rows, ["mars/mars-api:v2 阿里仓", "venus/waits:v1 阿里仓"]);
    let places = Intruder::at(&bench.config.database_url)
        .await
        .texts("SELECT description FROM destinations ORDER BY repository")
        .await;
    assert_eq!(places, ["阿里仓", "阿里仓"]);
    assert!(matches!(bench.accept(&old).await, Acceptance::Accepted { .. }), "what is forgotten is news again");
}

#[tokio::test]
async fn an_event_of_many_versions_is_forgotten_in_parts() {
    let bench = Bench::new(&[("RETENTION", "30d"), ("RETENTION_ARRIVALS", "30d")]).await;
    let versions: Vec<_> = (0..1_200).map(|number| format!("v{number}")).collect();
    let references: Vec<_> = versions.iter().map(String::as_str).collect();
    let Acceptance::Accepted { event_id, .. } =
        accept_for(&bench.store, &push("mars/mars-api", &references).payload(), &[], bench.clock.now()).await
    else {
        panic!("it is new")
    };
    bench.live(31).await;
    bench.store.reduce_to_facts(std::slice::from_ref(&event_id), bench.clock.now()).await.unwrap();
    let removed = bench.store.remove_events(&[event_id]).await.unwrap();
    assert_eq!((removed.events, removed.arrivals), (0, 500));
    let removed = bench.pruned().await;
    assert_eq!((removed.events, removed.arrivals), (1, 700));
    assert_eq!((bench.rows("images").await, bench.rows("destinations").await), (0, 0));
}

fn at(now: Millis) -> Present {
    Present { own: now, followed: now }
}

const fn waits(until: Millis, why: Why) -> Decision {
    Decision::Wait(Wait { until, why })
}

fn limits(now: Millis) -> Limits {
    Limits { records: now - 180 * DAY, arrivals: None }
}

#[test]
fn a_retention_that_nobody_chose_is_announced_and_begins_a_week_later() {
    let retention = Retention { records: Some(180 * DAY), is_chosen: false, arrivals: None };
    let (now, none) = (1_800_000_000_000, Leaps::default());
    let (decision, looks) = retention.decide(Looks::default(), at(now), &none);
    assert_eq!(decision, Decision::Announce(limits(now)));
    let mut looks = Looks { announced_at: now, ..looks };
    assert_eq!(looks.begins_at(now), Some(now + NOTICE));
    for hour in 1..7 * 24 {
        let (decision, next) = retention.decide(looks, at(now + hour * HOUR), &none);
        assert_eq!(decision, waits(now + NOTICE, Why::Announced));
        looks = next;
    }
    let (decision, begun) = retention.decide(looks, at(now + NOTICE), &none);
    assert_eq!(decision, Decision::Remove(limits(now + NOTICE)));
    assert_eq!(begun.begins_at(now + NOTICE), None);
    // Whoever sets it waits for nothing; and what nobody chooses any more is announced again.
    let chosen = Retention { is_chosen: true, ..retention };
    let (decision, looks) = chosen.decide(looks, at(now + 7 * 24 * HOUR - 1), &none);
    assert!(matches!(decision, Decision::Remove(_)) && looks.announced_at == 0, "{decision:?}");
    assert!(matches!(retention.decide(looks, at(now + NOTICE), &none).0, Decision::Announce(_)));
    assert_eq!(Retention::default().decide(looks, at(now), &none).0, Decision::Keep);
}

#[test]
fn a_clock_that_goes_far_ahead_is_given_a_week_whoever_chose() {
    let chosen = Retention { records: Some(180 * DAY), is_chosen: true, arrivals: None };
    let (now, none) = (1_800_000_000_000, Leaps::default());
    let (_, looks) = chosen.decide(Looks::default(), at(now), &none);
    let ahead = now + 365 * DAY;
    let (decision, looks) = chosen.decide(looks, at(ahead), &none);
    assert_eq!(decision, waits(ahead + NOTICE, Why::LongPause));
    // Put right meanwhile: it waits no longer than a wait can be.
    let (decision, back) = chosen.decide(looks, at(now + DAY), &none);
    assert_eq!(decision, waits(now + DAY + NOTICE, Why::LongPause));
    assert!(matches!(chosen.decide(back, at(now + 2 * DAY), &none).0, Decision::Wait(_)));
    // Nobody does: then that is the time.
    let (decision, _) = chosen.decide(Looks { looked_at: ahead + NOTICE - HOUR, ..looks }, at(ahead + NOTICE), &none);
    assert!(matches!(decision, Decision::Remove(_)), "{decision:?}");
}

#[test]
fn a_leap_shortens_no_announcement_and_makes_nothing_older() {
    let default = Retention { records: Some(180 * DAY), is_chosen: false, arrivals: None };
    let now = 1_800_000_000_000;
    let looks = Looks { looked_at: now, announced_at: now, held_until: 0 };
    let mut leaps = Leaps::default();
    leaps.add(harborbell::model::clock::Leap { at: now + MINUTE, by: 6 * DAY });
    let (decision, looks) = default.decide(looks, at(now + 6 * DAY + HOUR), &leaps);
    assert_eq!(decision, waits(now + 13 * DAY, Why::Announced));
    let begins = now + 13 * DAY;
    let (decision, _) = default.decide(Looks { looked_at: begins - HOUR, ..looks }, at(begins), &leaps);
    assert_eq!(decision, Decision::Remove(Limits { records: begins - 186 * DAY, arrivals: None }));
}

#[tokio::test]
async fn a_clock_that_leaps_a_year_removes_nothing_at_once_nor_after_a_restart() {
    let mut bench = Bench::new(&KEPT).await;
    bench.accept_many(1).await;
    bench.drain().await;
    bench.pruned().await;
    bench.clock.jump(365 * DAY);
    assert!(matches!(bench.pruner().once().await.unwrap(), Run::Waits(_)));
    // The next start knows nothing of the leap.
    bench.restart_at(bench.clock.now() + HOUR);
    assert!(matches!(bench.pruner().once().await.unwrap(), Run::Waits(_)));
    assert_eq!(bench.count("delivered").await, 1);
    for _ in 2..7 * 24 {
        bench.clock.advance(HOUR);
        assert!(matches!(bench.pruner().once().await.unwrap(), Run::Waits(_)));
    }
    bench.clock.advance(HOUR);
    assert_eq!(bench.pruned().await.deliveries, 1, "nobody has put it right: that is the time");
}

/// After a pause nothing is removed for as long as it was, a week at most; a wait that was longer stays.
#[rstest]
#[case(HOUR, 0, 0)]
#[case(2 * HOUR, 0, 0)]
#[case(2 * HOUR + 1, 0, 2 * HOUR + 1)]
#[case(DAY, 0, DAY)]
#[case(7 * DAY - HOUR, 0, 7 * DAY - HOUR)]
#[case(5_000 * DAY, 0, NOTICE)]
#[case(DAY, 3 * DAY, 2 * DAY)]
#[case(DAY, DAY, DAY)]
#[case(-DAY, 0, 0)]
#[case(-5_000 * DAY, DAY, NOTICE)]
fn after_a_pause_it_waits(#[case] pause: Millis, #[case] held_for: Millis, #[case] waits_for: Millis) {
    let chosen = Retention { records: Some(180 * DAY), is_chosen: true, arrivals: None };
    let (before, none) = (1_800_000_000_000, Leaps::default());
    let held_until = if held_for > 0 { before + held_for } else { 0 };
    let now = before + pause;
    let (decision, looks) = chosen.decide(Looks { looked_at: before, announced_at: 0, held_until }, at(now), &none);
    let expected = if waits_for == 0 { Decision::Remove(limits(now)) } else { waits(now + waits_for, Why::LongPause) };
    assert_eq!(decision, expected);
    assert_eq!(looks.looked_at, now);
    // No look starts the wait anew.
    let later = now + HOUR;
    let expected =
        if waits_for <= HOUR { Decision::Remove(limits(later)) } else { waits(now + waits_for, Why::LongPause) };
    assert_eq!(chosen.decide(looks, at(later), &none).0, expected);
}

#[tokio::test]
async fn the_first_look_of_all_trusts_no_clock_that_is_far_ahead() {
    let mut bench = Bench::new(&KEPT).await;
    assert_eq!(bench.store.looks().await.unwrap(), Looks::default(), "an empty database");
    bench.accept_many(1).await;
    bench.drain().await;
    assert_eq!(bench.store.looks().await.unwrap().looked_at, bench.clock.now());
    bench.restart_at(bench.clock.now() + 5_000 * DAY);
    let until = bench.clock.now() + NOTICE;
    assert_eq!(bench.pruner().would().await.unwrap().1, Some(Wait { until, why: Why::LongPause }));
    assert_eq!(bench.pruner().once().await.unwrap(), Run::Waits(Wait { until, why: Why::LongPause }));
    assert_eq!(bench.count("delivered").await, 1);
}

#[tokio::test]
async fn the_newest_time_of_all_counts_as_the_first_look() {
    let mut bench = Bench::new(&KEPT).await;
    let looked_at = async |bench: &Bench| bench.store.looks().await.unwrap().looked_at;
    for event in [failed("v1"), arrived("v2")] {
        bench.clock.advance(DAY);
        bench.accept(&event).await;
        assert_eq!(looked_at(&bench).await, bench.clock.now(), "{event}");
    }
    bench.clock.advance(DAY);
    bench.drain().await;
    assert_eq!(looked_at(&bench).await, bench.clock.now(), "sent");
    bench.clock.advance(DAY);
    let id = bench.deliveries().await[0].id.clone();
    bench.store.change(Verb::Replay, &id, &operator(), bench.clock.now()).await.unwrap();
    assert_eq!(looked_at(&bench).await, bench.clock.now(), "replayed");
}

#[tokio::test]
async fn a_command_beside_a_service_whose_clock_leapt_removes_nothing() {
    let bench = Bench::new(&[("RETENTION", "2d")]).await;
    accept_for(&bench.store, &arrived("v1"), &[], bench.clock.now()).await;
    assert_eq!(bench.pruned().await, Removed::default());
    bench.clock.jump(7 * DAY - HOUR);
    let command =
        Pruner::new(bench.store.clone(), Clock::manual(bench.clock.now()), bench.config.retention, Metrics::default());
    let until = bench.clock.now() + 7 * DAY - HOUR;
    assert_eq!(command.would().await.unwrap().1, Some(Wait { until, why: Why::LongPause }));
    assert_eq!(command.once().await.unwrap(), Run::Waits(Wait { until, why: Why::LongPause }));
    assert_eq!(bench.rows("events WHERE payload <> ''").await, 1);
}

#[tokio::test]
async fn a_clock_that_was_wrong_at_the_start_and_put_right_makes_nothing_older() {
    let mut bench = Bench::new(&KEPT).await;
    bench.accept_many(1).await;
    bench.drain().await;
    bench.pruned().await;
    bench.restart_at(bench.clock.now() + 5_000 * DAY);
    assert!(matches!(bench.pruner().once().await.unwrap(), Run::Waits(_)));
    bench.clock.jump(-5_000 * DAY);
    for hour in 0..10 * 24 {
        bench.clock.advance(HOUR);
        let Run::Waits(wait) = bench.pruner().once().await.unwrap() else { panic!("it removes after {hour} hours") };
        assert_eq!(wait.why, Why::ClockAhead);
    }
    let (would, wait) = bench.pruner().would().await.unwrap();
    assert_eq!((would, wait), (Removed::default(), None), "nothing is old by the clock that was put right");
    // The hold was shortened to a week from the right time, and that is over.
    bench.restart_at(bench.clock.followed());
    assert_eq!(bench.pruned().await, Removed::default());
    assert_eq!(bench.count("delivered").await, 1);
}

#[test]
fn by_the_earlier_of_two_clocks_and_not_at_all_where_they_are_far_apart() {
    let chosen = Retention { records: Some(180 * DAY), is_chosen: true, arrivals: None };
    let (now, none) = (1_800_000_000_000, Leaps::default());
    let looks = Looks { looked_at: now - HOUR, ..Looks::default() };
    let decide = |own, followed| chosen.decide(looks, Present { own, followed }, &none).0;
    assert_eq!(decide(now + MINUTE, now), Decision::Remove(limits(now)));
    assert_eq!(decide(now, now + MINUTE), Decision::Remove(limits(now)));
    assert_eq!(decide(now + MINUTE + 1, now), waits(now + MINUTE + 1, Why::ClockAhead));
}

#[tokio::test]
async fn a_file_of_sqlite_becomes_smaller() {
    only_on_sqlite!();
    let mut bench = Bench::new(&KEPT).await;
    for batch in 0..10 {
        let versions = (0..200).map(|number| format!("v{batch}-{number}"));
        let mut offers: Vec<_> = versions.map(|version| offer(&arrived(&version))).collect();
        offers.iter_mut().for_each(|offer| offer.payload = format!("\"{}\"", "x".repeat(2_000)));
        bench.store.accept(&offers, told_by(&["default"]), bench.clock.now()).await.unwrap();
    }
    bench.drain().await;
    bench.live(31).await;
    let pages = async || -> (i64, i64) {
        let mut database = Intruder::at(&bench.config.database_url).await;
        let mut read = async |name: &str| {
            database.texts(format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}")).await[0].parse().unwrap()
        };
        (read("page_count").await, read("freelist_count").await)
    };
    let before = pages().await;
    let run = bench.pruner().once().await.unwrap();
    let Run::Removed { bytes, .. } = run else { panic!("{run:?}") };
    let after = pages().await;
    assert!(before.1 == 0 && after.0 * 2 < before.0, "{before:?} {after:?}");
    assert_eq!(bytes as i64, (before.0 - after.0) * 4_096);
    let mut database = Intruder::at(&bench.config.database_url).await;
    assert_eq!(database.texts("SELECT * FROM pragma_integrity_check").await, ["ok"]);
    assert_eq!(database.texts("SELECT \"table\" FROM pragma_foreign_key_check").await, [""; 0]);
}
