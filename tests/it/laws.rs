//! Laws: whatever happens in whatever order, these hold. A lane is driven through random histories of
//! acceptance, outcomes of every kind, crashes between any two steps, restarts and clock jumps.

use std::collections::HashMap;

use harborbell::lane::{Lane, Message, Next};
use harborbell::model::clock::{Clock, HOUR, MINUTE, Millis, SECOND};
use harborbell::model::outcome::{MessageOutcome, Report, RetryReason};
use harborbell::model::retry::RetryPolicy;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Bench, arrived};

#[derive(Clone, Debug)]
enum Deed {
    Accept(u8),
    /// Claim, POST, record, with this outcome.
    Send(MessageOutcome),
    /// Claim and die before the POST.
    DieBeforePost,
    /// Claim, POST with this outcome, and die before the record.
    DieBeforeRecord(MessageOutcome),
    Restart,
    Wait(u32),
    /// Somebody sets the system's clock.
    Jump(i64),
}

fn outcome() -> impl Strategy<Value = MessageOutcome> {
    prop_oneof![
        4 => Just(MessageOutcome::Delivered),
        1 => Just(MessageOutcome::Retry(RetryReason::Unreachable)),
        1 => Just(MessageOutcome::Retry(RetryReason::Answered)),
        1 => Just(MessageOutcome::Retry(RetryReason::Ambiguous)),
        1 => Just(MessageOutcome::Throttled { pause: 65 * SECOND }),
        1 => Just(MessageOutcome::RobotBroken),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (1..20_u8).prop_map(Deed::Accept),
        6 => outcome().prop_map(Deed::Send),
        1 => Just(Deed::DieBeforePost),
        1 => outcome().prop_map(Deed::DieBeforeRecord),
        1 => Just(Deed::Restart),
        4 => (0..120_000_u32).prop_map(Deed::Wait),
        1 => prop_oneof![-400_000..400_000_i64, Just(365 * 24 * HOUR), Just(-365 * 24 * HOUR)].prop_map(Deed::Jump),
    ]
}

/// What the group saw and when messages left, kept by the test and not by the program.
#[derive(Default)]
struct Witness {
    accepted: usize,
    /// How often each version was shown.
    shown: HashMap<String, usize>,
    /// How often each version was in a message whose end nobody knows.
    unclear: HashMap<String, usize>,
    /// By a clock that nobody sets.
    left_at: Vec<Millis>,
    lived: Millis,
}

impl Witness {
    fn lives(&mut self, bench: &Bench, by: Millis) {
        bench.clock.advance(by);
        self.lived += by;
    }

    fn sees(&mut self, message: &Message, outcome: MessageOutcome, is_recorded: bool) {
        self.left_at.push(self.lived);
        // An ambiguous message was shown: the worse of the two cases.
        let is_shown = matches!(outcome, MessageOutcome::Delivered | MessageOutcome::Retry(RetryReason::Ambiguous));
        let is_unclear = matches!(outcome, MessageOutcome::Retry(RetryReason::Ambiguous)) || !is_recorded;
        for row in &message.rows {
            let version = &row.notice.event.versions[0];
            *self.shown.entry(version.clone()).or_default() += usize::from(is_shown);
            *self.unclear.entry(version.clone()).or_default() += usize::from(is_shown && is_unclear);
        }
    }
}

async fn accept(bench: &Bench, witness: &mut Witness, count: u8) {
    for _ in 0..count {
        bench.accept(&arrived(&format!("v{}", witness.accepted))).await;
        witness.accepted += 1;
    }
}

async fn claim(lane: &mut Lane) -> Option<Message> {
    match lane.claim().await.unwrap() {
        Next::Send(message) => Some(message),
        Next::Wait(_) | Next::Pause(_) => None,
    }
}

fn report(outcome: MessageOutcome) -> Report {
    Report { outcome, http_status: 200, errcode: None, errmsg: "as the test wants it".into() }
}

async fn live(history: Vec<Deed>, rate: &str) -> Witness {
    let mut bench = Bench::new(&[("WECOM_RATE_PER_MINUTE", rate)]).await;
    let mut witness = Witness::default();
    for deed in history {
        match deed {
            Deed::Accept(count) => accept(&bench, &mut witness, count).await,
            Deed::Wait(millis) => witness.lives(&bench, millis.into()),
            Deed::Jump(by) => bench.clock.jump(by),
            Deed::Restart => {
                bench.store.register(&["default"], bench.clock.now()).await.unwrap();
                bench.lane = bench.another_lane().await;
            }
            Deed::Send(outcome) => {
                if let Some(message) = claim(&mut bench.lane).await {
                    witness.sees(&message, outcome, true);
                    witness.lives(&bench, 80);
                    bench.lane.record(&message, &report(outcome)).await.unwrap();
                }
            }
            Deed::DieBeforePost => {
                claim(&mut bench.lane).await;
                bench.lane = bench.another_lane().await;
            }
            Deed::DieBeforeRecord(outcome) => {
                if let Some(message) = claim(&mut bench.lane).await {
                    witness.sees(&message, outcome, false);
                }
                bench.lane = bench.another_lane().await;
            }
        }
    }
    finish(&mut bench, &mut witness).await;
    witness
}

/// WeCom is well again: in the end everything is told.
async fn finish(bench: &mut Bench, witness: &mut Witness) {
    for _ in 0..2_000 {
        match bench.lane.claim().await.unwrap() {
            Next::Send(message) => {
                witness.sees(&message, MessageOutcome::Delivered, true);
                bench.lane.record(&message, &report(MessageOutcome::Delivered)).await.unwrap();
            }
            Next::Wait(Millis::MAX) => return,
            Next::Wait(until) | Next::Pause(until) => witness.lives(bench, until - bench.clock.now()),
        }
    }
    panic!("it never ends");
}

fn in_histories(cases: u32, law: impl Fn(Witness, &str)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let histories = (proptest::collection::vec(deed(), 1..60), prop_oneof![Just("0"), Just("18"), Just("1")]);
    TestRunner::new(Config { cases, ..Config::default() })
        .run(&histories, |(history, rate)| {
            law(runtime.block_on(live(history, rate)), rate);
            Ok(())
        })
        .unwrap();
}

#[test]
fn invariant_2_told_at_least_once_and_repeated_only_when_nobody_can_know() {
    in_histories(40, |witness, _| {
        for number in 0..witness.accepted {
            let version = format!("v{number}");
            let shown = witness.shown.get(&version).copied().unwrap_or_default();
            let unclear = witness.unclear.get(&version).copied().unwrap_or_default();
            assert!(shown >= 1, "{version} was never told");
            assert!(shown <= 1 + unclear, "{version} was told {shown} times, of which {unclear} were unclear");
        }
    });
}

#[test]
fn invariant_3_no_minute_holds_more_than_the_rate_and_one() {
    in_histories(40, |witness, rate| {
        let rate: i64 = rate.parse().unwrap();
        if rate == 0 {
            return;
        }
        for pair in witness.left_at.windows(2) {
            assert!(pair[1] - pair[0] >= MINUTE / rate, "{pair:?}");
        }
        for (start, at) in witness.left_at.iter().enumerate() {
            let in_minute = witness.left_at[start..].iter().take_while(|later| **later - at <= MINUTE).count();
            assert!(in_minute as i64 <= rate + 1, "{in_minute} in a minute");
        }
    });
}

proptest! {
    /// Backoff grows from the first interval to the cap, and jitter never leaves it.
    #[test]
    fn waits_stay_within_their_bounds(failures in 0..i64::MAX, initial in 1..100_000_i64, multiplier in 1.0..10.0, jitter in 0.0..1.0, cap in 1..1_000_000_i64) {
        let policy = RetryPolicy { initial_interval: initial, multiplier, randomization_factor: jitter, max_interval: cap, max_elapsed: cap };
        let wait = policy.interval(failures, cap);
        prop_assert!((0..=cap).contains(&wait));
        let exact = RetryPolicy { randomization_factor: 0.0, ..policy };
        let (now, next) = (exact.interval(failures.min(1_000), cap), exact.interval(failures.min(1_000) + 1, cap));
        prop_assert!(now <= next, "{} then {}", now, next);
        prop_assert_eq!(exact.interval(0, cap), initial.min(cap));
    }
}

#[test]
fn the_system_clock_moves_by_itself() {
    let clock = Clock::System;
    let before = clock.now();
    clock.advance(MINUTE);
    assert!(clock.now() - before < MINUTE);
}
