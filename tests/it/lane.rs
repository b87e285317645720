//! The lane, step by step, at a time of the test's own.

use futures_util::poll;
use harborbell::demo::standin::Answer;
use harborbell::lane::Next;
use harborbell::metrics::Metrics;
use harborbell::model::clock::{MINUTE, SECOND};
use harborbell::model::delivery::Verb;
use harborbell::serve::lanes;
use harborbell::store::change::Changed;
use harborbell::store::claim::{Claim, Claimed};
use harborbell::store::lease::Holder;
use harborbell::store::record::Recorded;
use rstest::rstest;

use crate::database::{Intruder, only_on_sqlite};
use crate::support::{Bench, accept_for, arrived, operator};

const HOUR: i64 = 60 * MINUTE;

#[tokio::test]
async fn a_lone_delivery_goes_at_once_and_a_backlog_as_a_digest() {
    let mut bench = Bench::new(&[]).await;
    bench.accept_many(1).await;
    bench.drain().await;
    bench.accept(&arrived("w1")).await;
    bench.accept(&arrived("w2")).await;
    bench.drain().await;
    let shown = bench.shown();
    assert_eq!(shown.len(), 2);
    assert!(shown[0].contains("`v0`") && shown[1].contains("`w1`") && shown[1].contains("`w2`"), "{shown:?}");
}

#[tokio::test]
async fn invariant_3_messages_keep_their_distance() {
    let mut bench = Bench::new(&[("WECOM_RATE_PER_MINUTE", "18")]).await;
    bench.accept_many(1).await;
    assert!(bench.step().await);
    bench.accept(&arrived("later")).await;
    assert_eq!(bench.wait().await, 3_334);
    bench.clock.advance(3_333);
    assert!(!bench.step().await);
    bench.clock.advance(1);
    assert!(bench.step().await);
}

/// The slot is reserved in the same transaction that claims; a crash right after it forgets nothing.
#[tokio::test]
async fn invariant_3_pace_survives_a_crash() {
    let mut bench = Bench::new(&[("WECOM_RATE_PER_MINUTE", "18")]).await;
    bench.accept_many(1).await;
    assert!(matches!(bench.lane.claim().await.unwrap(), Next::Send(_)));
    bench.lane = bench.another_lane().await;
    assert_eq!(bench.wait().await, 3_334);
}

/// Another process may keep SQLite's file for as long as a message may not wait.
#[tokio::test]
async fn invariant_3_pace_counts_from_the_end_of_the_wait_for_the_database() {
    only_on_sqlite!();
    let mut bench = Bench::new(&[("WECOM_RATE_PER_MINUTE", "18")]).await;
    bench.accept_many(1).await;
    bench.drain().await;
    let mut intruder = Intruder::at(&bench.config.database_url).await;
    intruder.lock().await;
    let claim = Claim { message_id: "a-test", body: "{}", deliveries: Vec::new(), gap: 3_334 };
    let holder = Holder { robot: "default", owner: &bench.lane.owner };
    let mut claiming = Box::pin(bench.store.claim(holder, &claim, &bench.clock));
    assert!(poll!(&mut claiming).is_pending());
    bench.clock.advance(1_500);
    intruder.let_go().await;
    assert_eq!(claiming.await.unwrap(), Claimed::Yes(bench.clock.now()));
    let slot = bench.store.robot("default", bench.clock.now()).await.unwrap().next_slot_at;
    assert_eq!(slot, bench.clock.now() + 3_334);
}

#[tokio::test]
async fn what_a_dead_owner_left_is_taken_up_and_its_message_stays_on_record() {
    let mut bench = Bench::new(&[]).await;
    bench.accept_many(3).await;
    let Next::Send(message) = bench.lane.claim().await.unwrap() else { panic!("three are due") };
    assert_eq!((message.rows.len(), bench.count("sending").await), (3, 3));
    bench.lane = bench.another_lane().await;
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 3);
    let id = &bench.deliveries().await[0].id;
    let log = bench.store.show(id).await.unwrap().unwrap().attempt_log;
    let outcomes: Vec<_> = log.iter().map(|attempt| (attempt.number, attempt.outcome.as_str())).collect();
    assert_eq!(outcomes, [(1, "unknown"), (2, "delivered")]);
}

#[tokio::test]
async fn a_record_that_comes_after_a_takeover_changes_nothing() {
    let mut bench = Bench::new(&[]).await;
    bench.accept_many(1).await;
    let Next::Send(message) = bench.lane.claim().await.unwrap() else { panic!("one is due") };
    let report = bench.lane.deliver(&message).await;
    let mut other = bench.another_lane().await;
    let Next::Send(again) = other.claim().await.unwrap() else { panic!("it is pending again") };
    assert_eq!(bench.lane.record(&message, &report).await.unwrap(), Recorded::TooLate);
    assert_eq!(bench.count("sending").await, 1);
    let report = other.deliver(&again).await;
    assert!(matches!(other.record(&again, &report).await.unwrap(), Recorded::Yes { .. }));
    assert_eq!(bench.count("delivered").await, 1);
}

#[tokio::test]
async fn an_owner_that_lost_its_lane_claims_nothing() {
    let mut bench = Bench::new(&[]).await;
    assert_eq!(bench.wait().await, i64::MAX - bench.clock.now());
    let mut other = bench.another_lane().await;
    assert!(matches!(other.claim().await.unwrap(), Next::Wait(_)));
    bench.accept_many(1).await;
    assert!(!bench.step().await, "the other one has the lane");
    assert_eq!(bench.count("pending").await, 1);
}

/// One row of design §4's table each: the answer, then what becomes of a lone delivery and of its robot.
#[rstest]
#[case::delivered(Answer::Errcode(0, "ok"), "delivered", 0, 0)]
#[case::retry(Answer::Errcode(-1, "system busy"), "pending", 1, 2 * SECOND)]
#[case::unknown_code(Answer::Errcode(12345, "?"), "pending", 1, 2 * SECOND)]
#[case::gateway(Answer::Status(502, ""), "pending", 1, 2 * SECOND)]
#[case::throttled(Answer::Errcode(45009, "too fast"), "pending", 0, 65 * SECOND)]
#[case::told_how_long(Answer::TooMany(300), "pending", 0, 300 * SECOND)]
#[case::told_too_long(Answer::TooMany(86_400), "pending", 0, 10 * MINUTE)]
#[case::robot_broken(Answer::Errcode(93000, "invalid webhook url"), "pending", 0, 2 * SECOND)]
#[case::rejected(Answer::Errcode(40201, "spam"), "failed", 0, 0)]
#[tokio::test]
async fn an_outcome_decides_about_row_and_robot(
    #[case] answer: Answer,
    #[case] state: &str,
    #[case] failures: i64,
    #[case] pause: i64,
) {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.answer_next(answer);
    bench.accept_many(1).await;
    assert!(bench.step().await);
    let row = &bench.deliveries().await[0];
    assert_eq!((row.state.as_str(), row.failures, row.attempts), (state, failures, 1));
    let now = bench.clock.now();
    let robot = bench.store.robot("default", now).await.unwrap();
    assert_eq!((robot.condition.paused_until - now).max(0), pause);
}

#[tokio::test]
async fn a_throttled_robot_rests_65_s_and_nothing_is_spent() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.answer_next(Answer::Errcode(45009, "too fast"));
    bench.accept_many(5).await;
    assert!(bench.step().await);
    bench.lane = bench.another_lane().await;
    bench.store.register(&["default"], bench.clock.now()).await.unwrap();
    assert_eq!(bench.wait().await, 65 * SECOND, "a restart does not end WeCom's throttle");
    bench.clock.advance(65 * SECOND);
    bench.drain().await;
    assert_eq!(bench.shown().len(), 1, "all five in the next digest");
    assert!(bench.deliveries().await.iter().all(|row| row.failures == 0 && row.state.as_str() == "delivered"));
}

#[tokio::test]
async fn a_broken_robot_is_tried_now_and_then_and_at_once_after_a_restart() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.change_key("00000000-mended-later");
    bench.accept_many(4).await;
    let mut waits = Vec::new();
    for _ in 0..12 {
        assert!(bench.step().await);
        let wait = bench.wait().await;
        waits.push(wait / SECOND);
        bench.clock.advance(wait);
    }
    assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]);
    assert!(bench.step().await);
    bench.wecom.change_key(crate::support::KEY);
    assert_eq!(bench.wait().await, 600 * SECOND);
    bench.store.register(&["default"], bench.clock.now()).await.unwrap();
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 4);
    assert_eq!(bench.store.robot("default", bench.clock.now()).await.unwrap().condition.failures, 0);
}

/// Invariant 7: one rejected delivery delays no other.
#[tokio::test]
async fn invariant_7_one_poisoned_row_of_sixty_fails_alone() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.refuse_containing("`v37`");
    bench.accept_many(60).await;
    bench.drain().await;
    assert_eq!((bench.count("delivered").await, bench.count("failed").await), (59, 1));
    let messages = bench.wecom.seen().len();
    assert!(messages <= 16, "{messages} messages for one culprit");
    let failed = bench.deliveries().await.into_iter().find(|row| row.state.as_str() == "failed").unwrap();
    assert_eq!(failed.event.facts.versions, ["v37"]);
    assert!(failed.last_error.contains("40201"), "{}", failed.last_error);
    let replayed = bench.store.change(Verb::Replay, &failed.id, &operator(), bench.clock.now()).await.unwrap();
    assert!(matches!(replayed, Changed::Yes { robot, .. } if robot == "default"));
    assert!(bench.step().await);
    let log = bench.store.show(&failed.id).await.unwrap().unwrap().attempt_log;
    let numbers: Vec<_> = log.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, (1..=log.len() as i64).collect::<Vec<_>>(), "attempts keep their numbers");
}

/// Invariant 7, for a row that always ends in a retry: the next probe is another row, which passes.
#[tokio::test]
async fn invariant_7_a_row_that_is_always_retried_delays_no_other_for_long() {
    let mut bench = Bench::new(&[("RETRY_RANDOMIZATION_FACTOR", "0.2")]).await;
    bench.wecom.fail_containing("`v0`", Answer::Errcode(99_999, "nobody documents this"));
    bench.accept_many(10).await;
    let started = bench.clock.now();
    while bench.count("delivered").await < 9 {
        bench.step_in_time().await;
    }
    let waited = bench.clock.now() - started;
    assert!(waited <= 15 * SECOND, "the others waited {waited} ms");
    let (before, started) = (bench.count("delivered").await, bench.clock.now());
    bench.accept(&arrived("next")).await;
    while bench.count("delivered").await == before {
        bench.step_in_time().await;
    }
    assert!(bench.clock.now() - started <= 5 * SECOND, "a later one waited {} ms", bench.clock.now() - started);
}

/// Invariant 7: one broken robot delays no other.
#[tokio::test]
async fn invariant_7_a_broken_robot_delays_no_other() {
    let mut bench = Bench::new(&[]).await;
    let mut config = bench.config.clone();
    config.routing.robots[0].name = "broken".into();
    config.routing.robots[0].url = format!("{}/cgi-bin/webhook/send?key=00000000-wrong", bench.wecom.base_url()).into();
    bench.store.register(&["broken"], bench.clock.now()).await.unwrap();
    let mut broken = lanes(&config, &bench.store, &bench.clock, &Metrics::default()).unwrap().remove(0);
    accept_for(&bench.store, &arrived("v1"), &["broken", "default"], bench.clock.now()).await;
    let Next::Send(message) = broken.claim().await.unwrap() else { panic!("it is due") };
    let report = broken.deliver(&message).await;
    broken.record(&message, &report).await.unwrap();
    assert!(bench.step().await);
    let states: Vec<_> = bench.deliveries().await.iter().map(|row| (row.robot.clone(), row.state.as_str())).collect();
    assert!(
        states.contains(&("broken".to_owned(), "pending")) && states.contains(&("default".to_owned(), "delivered"))
    );
}

#[tokio::test]
async fn an_outage_is_probed_with_one_small_message_and_ends_with_all_of_them() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.go_down().await;
    bench.accept_many(200).await;
    let mut messages = 0;
    let mut minutes = Vec::new();
    for _ in 0..10 {
        assert!(bench.step().await);
        messages += 1;
        let wait = bench.wait().await;
        minutes.push(wait / SECOND);
        bench.clock.advance(wait);
    }
    assert_eq!(minutes, [2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
    bench.wecom.come_back().await.unwrap();
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 200);
    let shown = bench.shown();
    assert_eq!(shown[0].matches("mars/mars-api").count(), 1, "the probe is one delivery");
    assert!(shown.len() <= 5, "{} messages for 200, after {messages} probes", shown.len());
    for number in 0..200 {
        let told = shown.iter().filter(|message| message.contains(&format!("`v{number}`"))).count();
        assert_eq!(told, 1, "v{number}");
    }
}

/// A row that fails alone while its robot is well keeps its own backoff: others' success does not release it.
#[tokio::test]
async fn a_suspect_row_waits_for_its_own_time() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.answer_next(Answer::Errcode(12345, "something about this one"));
    bench.accept_many(1).await;
    assert!(bench.step().await);
    bench.clock.advance(2 * SECOND);
    bench.wecom.answer_next(Answer::Errcode(12345, "again"));
    assert!(bench.step().await);
    bench.accept(&arrived("healthy")).await;
    bench.clock.advance(4 * SECOND - 1);
    assert!(!bench.step().await);
    bench.clock.advance(1);
    let state = || async { bench.deliveries().await.iter().map(|row| row.state.as_str()).collect::<Vec<_>>() };
    assert_eq!(state().await, ["pending", "pending"]);
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 2);
}

#[tokio::test]
async fn nothing_is_given_up_untried_after_a_long_time_switched_off() {
    let mut bench = Bench::new(&[]).await;
    bench.accept_many(30).await;
    bench.clock.advance(200 * HOUR);
    // The network is not up yet when the machine boots.
    bench.wecom.go_down().await;
    assert!(bench.step().await);
    assert_eq!(bench.count("failed").await, 0);
    bench.wecom.come_back().await.unwrap();
    bench.clock.advance(2 * SECOND);
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 30);
}

/// The network goes down, then the machine, then a week passes; at the start it is not up yet.
#[tokio::test]
async fn patience_with_a_failing_robot_begins_anew_after_a_restart() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.go_down().await;
    bench.accept_many(5).await;
    for _ in 0..6 {
        bench.step().await;
        bench.clock.advance(2 * MINUTE);
    }
    assert!(bench.deliveries().await.iter().all(|row| row.attempts > 0));
    bench.clock.advance(200 * HOUR);
    bench.store.register(&["default"], bench.clock.now()).await.unwrap();
    bench.lane = bench.another_lane().await;
    assert!(bench.step().await);
    assert_eq!(bench.count("failed").await, 0);
    bench.wecom.come_back().await.unwrap();
    bench.clock.advance(10 * MINUTE);
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 5);
}

/// Others pass all the while, so the robot is well; the row has its own deadline.
#[tokio::test]
async fn a_row_that_is_always_retried_is_given_up_at_its_deadline() {
    let mut bench = Bench::new(&[("RETRY_MAX_ELAPSED", "1h")]).await;
    bench.wecom.fail_containing("`v0`", Answer::Errcode(99_999, "nobody documents this"));
    bench.accept_many(1).await;
    let started = bench.clock.now();
    let mut others = 0;
    while bench.count("failed").await == 0 {
        others += 1;
        bench.accept(&arrived(&format!("other{others}"))).await;
        bench.drain().await;
        bench.clock.advance(MINUTE);
        assert!(bench.clock.now() - started < 2 * HOUR, "it is never given up");
    }
    assert!(bench.clock.now() - started >= HOUR);
    bench.clock.advance(MINUTE);
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, others);
}

/// Invariant 2: given up only after a POST past the deadline has failed, and then visibly.
#[tokio::test]
async fn invariant_2_a_row_past_its_deadline_is_given_up_visibly() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.go_down().await;
    bench.accept_many(1).await;
    let started = bench.clock.now();
    let mut last = 0;
    while bench.count("failed").await == 0 {
        bench.step_in_time().await;
        last = bench.clock.now() - started;
    }
    assert!(last >= 72 * HOUR, "given up after {last} ms");
    let row = &bench.deliveries().await[0];
    assert!(row.last_error.contains("cannot connect to WeCom"), "{}", row.last_error);
    assert!(row.finished_at > 0);
    bench.wecom.come_back().await.unwrap();
    bench.store.change(Verb::Replay, &row.id, &operator(), bench.clock.now()).await.unwrap();
    bench.clock.advance(10 * MINUTE);
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 1);
}

#[tokio::test]
async fn a_test_message_takes_a_slot_and_ends_a_broken_robots_pause() {
    let mut bench = Bench::new(&[("WECOM_RATE_PER_MINUTE", "18")]).await;
    bench.wecom.answer_next(Answer::Errcode(93000, "invalid webhook url"));
    bench.accept_many(1).await;
    assert!(bench.step().await);
    let asked = bench.store.request_test("default", &operator(), bench.clock.now()).await.unwrap().unwrap();
    assert_eq!(bench.wait().await, 3_334, "its pause is over, its slot is not");
    bench.clock.advance(3_334);
    assert!(bench.step().await);
    assert_eq!(bench.store.message(&asked.message_id).await.unwrap().unwrap().outcome, "delivered");
    assert!(bench.shown()[0].contains("测试消息"), "{:?}", bench.shown());
    bench.clock.advance(3_334);
    bench.drain().await;
    assert_eq!(bench.count("delivered").await, 1);
}

#[tokio::test]
async fn an_ambiguous_digest_is_repeated_one_delivery_a_probe() {
    let mut bench = Bench::new(&[("WECOM_TIMEOUT", "300ms")]).await;
    bench.wecom.answer_next(Answer::ShowAndHang);
    bench.wecom.answer_next(Answer::ShowAndHang);
    bench.accept_many(20).await;
    assert!(bench.step().await);
    bench.clock.advance(2 * SECOND);
    assert!(bench.step().await);
    bench.clock.advance(10 * MINUTE);
    bench.drain().await;
    let shown = bench.shown();
    let sizes: Vec<_> = shown.iter().map(|message| message.matches("mars/mars-api").count()).collect();
    assert_eq!(sizes[..3], [20, 1, 1], "{sizes:?}");
    assert_eq!(bench.count("delivered").await, 20);
}

#[tokio::test]
async fn what_is_on_its_way_cannot_be_replayed() {
    let mut bench = Bench::new(&[]).await;
    bench.accept_many(1).await;
    let id = bench.deliveries().await[0].id.clone();
    let refused = |state: &str| Changed::Refused(state.parse().unwrap());
    assert_eq!(bench.store.change(Verb::Replay, &id, &operator(), 1).await.unwrap(), refused("pending"));
    let Next::Send(message) = bench.lane.claim().await.unwrap() else { panic!("it is due") };
    assert_eq!(bench.store.change(Verb::Replay, &id, &operator(), 1).await.unwrap(), refused("sending"));
    let report = bench.lane.deliver(&message).await;
    bench.lane.record(&message, &report).await.unwrap();
    assert!(
        matches!(bench.store.change(Verb::Replay, &id, &operator(), 1).await.unwrap(), Changed::Yes { robot, .. } if robot == "default")
    );
    assert_eq!(bench.store.change(Verb::Replay, "nobody", &operator(), 1).await.unwrap(), Changed::Unknown);
}
