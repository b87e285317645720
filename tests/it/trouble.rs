//! What a lane does when the database, or the program itself, is at fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use harborbell::demo::standin::Answer;
use harborbell::lane::{Next, supervise};
use harborbell::model::clock::Clock;
use harborbell::model::trouble::Trouble;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::{App, Bench, all_told, arrived, eventually, within};

/// An answer's words are all that comes from outside; whatever an engine has against them, the outcome is recorded.
#[tokio::test]
async fn an_outcome_whose_words_are_refused_is_recorded_without_them() {
    let app = App::spawn_with(&[("RETRY_INITIAL_INTERVAL", "50ms")]).await;
    app.intruder().await.refuse_messages("new.errmsg LIKE '%poison%'").await;
    app.wecom.answer_next(Answer::Errcode(-1, "poison"));
    app.accept(&arrived("v1")).await;
    within("the message", app.wecom.until(|_, shown| shown.len() == 1)).await;
    all_told(&app).await;
    let log = app.store.show(&app.deliveries().await[0].id).await.unwrap().unwrap().attempt_log;
    let outcomes: Vec<_> = log.iter().map(|attempt| (attempt.outcome.as_str(), attempt.errmsg.as_str())).collect();
    assert_eq!(outcomes, [("retry", "the database refuses the words of this answer"), ("delivered", "ok")]);
}

/// What can't be recorded at all is as after a crash: nobody knows. Each time the pause before the next try is longer.
#[tokio::test]
async fn an_outcome_that_is_refused_whatever_it_says_is_unknown_and_sent_again_after_growing_pauses() {
    let app = App::spawn_with(&[("RETRY_INITIAL_INTERVAL", "100ms")]).await;
    let mut intruder = app.intruder().await;
    intruder.refuse_messages("new.outcome = 'delivered'").await;
    app.accept(&arrived("v1")).await;
    within("four tries", app.wecom.until(|_, shown| shown.len() == 4)).await;
    intruder.refuse_no_more().await;
    all_told(&app).await;
    let row = &app.deliveries().await[0];
    assert_eq!((row.state.as_str(), row.failures), ("delivered", 0));
    let log = app.store.show(&row.id).await.unwrap().unwrap().attempt_log;
    let outcomes: Vec<_> = log.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert!(outcomes.starts_with(&["unknown"; 3]) && outcomes.ends_with(&["delivered"]), "{outcomes:?}");
    let at: Vec<_> = app.wecom.shown().iter().map(|shown| shown.at).collect();
    assert!(at[1] - at[0] >= 100 && at[2] - at[1] >= 200 && at[3] - at[2] >= 400, "{at:?}");
}

#[test]
fn trouble_is_said_at_once_and_each_minute_and_its_end_and_the_next_one_again() {
    let (mut trouble, start) = (Trouble::default(), Instant::now());
    let after = |seconds| start + Duration::from_secs(seconds);
    let said: Vec<_> = (0..=180).filter(|second| trouble.is_there(after(*second))).collect();
    assert_eq!(said, [0, 60, 120, 180]);
    assert_eq!(trouble.is_over(after(200)), Some(Duration::from_secs(200)));
    assert_eq!(trouble.is_over(after(201)), None);
    assert!(trouble.is_there(after(202)), "a second trouble is said, too");
}

#[tokio::test]
async fn a_lane_that_panics_starts_again_and_takes_up_what_it_was_sending() {
    let bench = Bench::new(&[]).await;
    bench.accept_many(3).await;
    let (stop, runs) = (CancellationToken::new(), AtomicUsize::new(0));
    let (_nudge, nudged) = watch::channel(());
    let run = || {
        let (mut lane, nudged, stop) = (bench.lane.clone(), nudged.clone(), stop.clone());
        let is_first = runs.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_first {
                assert!(matches!(lane.claim().await, Ok(Next::Send(_))));
                panic!("as the test wants it");
            }
            lane.run(nudged, stop).await;
        }
    };
    let watching = async {
        bench.wecom.until(|_, shown| !shown.is_empty()).await;
        stop.cancel();
    };
    within("its end", async { tokio::join!(supervise("default", &stop, run), watching) }).await;
    assert_eq!((runs.into_inner(), bench.count("delivered").await, bench.shown().len()), (2, 3, 1));
    let log = bench.store.show(&bench.deliveries().await[0].id).await.unwrap().unwrap().attempt_log;
    let outcomes: Vec<_> = log.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["unknown", "delivered"]);
}

/// A clock whose lock is poisoned makes the lane panic at its next look, and nobody else, since nobody asks.
#[tokio::test]
async fn a_panic_in_a_lane_does_not_end_the_service() {
    let clock = Clock::System.steady();
    let Clock::Own(follower) = &clock else { panic!("{clock:?}") };
    let mut app = App::spawn_at(clock.clone(), &[]).await;
    app.accept(&arrived("v1")).await;
    all_told(&app).await;
    let holders = Arc::strong_count(follower);
    let poison = follower.clone();
    let poisoned = std::thread::spawn(move || {
        let _held = poison.lock().unwrap();
        panic!("as the test wants it");
    });
    assert!(poisoned.join().is_err());
    // The thread's own is gone, and then the lane's.
    eventually("the lane is gone", || async { Arc::strong_count(follower) < holders }).await;
    follower.clear_poison();
    app.accept(&arrived("v2")).await;
    app.shown(2).await;
    app.stop().await.unwrap();
}
