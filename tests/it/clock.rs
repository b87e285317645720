//! The clock is set while the service runs: no wait, no patience and no pace is shorter for it, and none much longer.

use harborbell::demo::standin::Answer;
use harborbell::model::clock::{Course, HOUR, Leap, Leaps, MINUTE, Millis, SECOND};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Bench, arrived};

const YEAR: Millis = 365 * 24 * HOUR;

/// Lets time pass until the lane has sent a message; says how long that took.
async fn until_it_sends(bench: &mut Bench) -> Millis {
    let mut lived = 0;
    while !bench.step().await {
        let wait = bench.wait().await;
        bench.clock.advance(wait);
        lived += wait;
        assert!(lived < HOUR, "it never sends");
    }
    lived
}

#[tokio::test]
async fn a_year_that_the_clock_leaves_out_gives_up_nobody_before_ten_minutes_of_trouble() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.go_down().await;
    bench.accept_many(3).await;
    let mut lived = 0;
    for _ in 0..4 {
        lived += until_it_sends(&mut bench).await;
    }
    bench.clock.jump(YEAR);
    while bench.count("failed").await == 0 {
        lived += until_it_sends(&mut bench).await;
        assert!(lived < 100 * HOUR, "they are never given up");
    }
    // What was accepted before the leap has had its 72 hours, without the year.
    assert!(lived >= 72 * HOUR, "given up after {lived} ms");
}

#[tokio::test]
async fn a_row_that_is_retried_alone_keeps_its_deadline_when_the_clock_leaves_out_a_year() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.fail_containing("`v0`", Answer::Errcode(99_999, "nobody documents this"));
    bench.accept_many(1).await;
    assert!(bench.step().await);
    bench.accept(&arrived("other")).await;
    until_it_sends(&mut bench).await;
    bench.clock.jump(YEAR);
    for _ in 0..3 {
        until_it_sends(&mut bench).await;
    }
    assert_eq!((bench.count("delivered").await, bench.count("failed").await), (1, 0));
}

#[tokio::test]
async fn ninety_seconds_back_silence_no_robot() {
    let mut bench = Bench::new(&[]).await;
    bench.wecom.go_down().await;
    bench.accept_many(20).await;
    for _ in 0..8 {
        until_it_sends(&mut bench).await;
    }
    assert_eq!(bench.wait().await, MINUTE, "the longest pause of a robot that fails");
    bench.clock.jump(-90 * SECOND);
    let silent = until_it_sends(&mut bench).await;
    assert!((MINUTE..MINUTE * 8 / 7 + SECOND).contains(&silent), "it was silent for {silent} ms");
}

#[tokio::test]
async fn five_minutes_back_stall_no_backlog() {
    let mut bench = Bench::new(&[]).await;
    bench.accept_many(5).await;
    bench.clock.jump(-5 * MINUTE);
    assert!(bench.step().await, "what was due stays due");
    assert_eq!(bench.count("delivered").await, 5);
}

#[tokio::test]
async fn invariant_3_a_clock_set_forward_shortens_neither_pace_nor_throttle() {
    let mut bench = Bench::new(&[("WECOM_RATE_PER_MINUTE", "18")]).await;
    bench.accept_many(1).await;
    assert!(bench.step().await);
    bench.accept(&arrived("later")).await;
    bench.clock.jump(MINUTE);
    assert_eq!(bench.wait().await, 3_334);
    bench.clock.advance(3_334);
    bench.wecom.answer_next(Answer::Errcode(45009, "too fast"));
    assert!(bench.step().await);
    bench.clock.jump(YEAR);
    assert_eq!(bench.wait().await, 65 * SECOND);
}

/// Whoever starts after the clock was set back finds times of the future on record.
#[tokio::test]
async fn a_start_after_the_clock_was_set_back_freezes_nothing() {
    let mut bench = Bench::new(&[("WECOM_RATE_PER_MINUTE", "18")]).await;
    bench.wecom.answer_next(Answer::Errcode(45009, "too fast"));
    bench.accept_many(2).await;
    assert!(bench.step().await);
    bench.restart_at(bench.clock.now() - YEAR);
    assert!(bench.step().await, "slot, pause, lease and due times of next year count as now");
    assert_eq!(bench.count("delivered").await, 2);
}

#[test]
fn what_a_clock_leaves_out_is_no_length_of_time() {
    let mut leaps = Leaps::default();
    leaps.add(Leap { at: 1_000, by: 500 });
    leaps.add(Leap { at: 2_000, by: 8_000 });
    assert_eq!(leaps.length(900, 10_100), 700);
    assert_eq!(leaps.length(1_500, 1_900), 400);
    assert_eq!(leaps.before(10_100, 700), 900);
    assert_eq!(leaps.before(10_100, 50), 10_050);
}

proptest! {
    /// Whatever the followed clock is set to: this one never goes back, loses no more than an eighth, and what it says
    /// has passed has passed, but for steps of less than a second.
    #[test]
    fn a_service_s_clock_goes_on_whatever_happens_to_the_other(
        steps in vec((0..100_000_i64, prop_oneof![4 => Just(0), 1 => -YEAR..YEAR, 1 => -9_000..9_000_i64]), 1..100)
    ) {
        let (mut says, mut ticks) = (1_800_000_000_000, 0);
        let mut course = Course::from(says, ticks);
        let mut now = says;
        for (passing, set) in steps {
            (says, ticks) = (says + passing + set, ticks + passing);
            let next = course.follow(says, ticks);
            prop_assert!(next - now >= passing - passing / 8 - SECOND / 8 - 1, "{} in {}", next - now, passing);
            let length = course.leaps().length(now, next);
            prop_assert!(length <= passing + SECOND, "{} in {}", length, passing);
            now = next;
        }
        // An eighth of nine years makes up for what a year was set back.
        prop_assert!(course.follow(says + 900 * YEAR, ticks + 900 * YEAR) == says + 900 * YEAR);
    }
}
