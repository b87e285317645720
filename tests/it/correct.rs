//! What Harbor's API says of an event that is stored: who is told of what was copied of a failure after all.

use harborbell::demo::payloads::Replication;
use harborbell::demo::standin::Answer;
use harborbell::model::clock::{HOUR, MINUTE, SECOND};
use harborbell::model::delivery::Verb;
use harborbell::store::accept::{Acceptance, Offer};
use harborbell::store::correct::Finding;
use rstest::rstest;

use crate::support::{Bench, arrived, offer, operator, push, told_by};

const REFUSED: Answer = Answer::Errcode(40_058, "invalid content");

/// What became of the failure before its log was read.
enum Ended {
    Sent,
    Refused,
    Discarded,
    NotYet,
}

/// Whoever was told the failure was told of all of its versions. Who was told nothing learns of the arrival, whatever
/// became of the failure.
#[rstest]
#[case::sent(Ended::Sent, "delivered", &[])]
#[case::given_up(Ended::Refused, "failed", &["default"])]
#[case::discarded(Ended::Discarded, "discarded", &["default"])]
#[case::it_waits(Ended::NotYet, "pending", &["default"])]
#[tokio::test]
async fn who_was_not_told_the_failure_is_told_what_was_copied_of_it(
    #[case] ended: Ended,
    #[case] state: &str,
    #[case] told: &[&str],
) {
    let mut bench = Bench::new(&[]).await;
    let failed = Replication { succeeded: false, ..push("mars/mars-api", &["v1", "v2"]) }.payload();
    let accepted = bench.accept(&failed).await;
    let Acceptance::Accepted { event_id, .. } = accepted else { panic!("{accepted:?}") };
    let id = bench.deliveries().await[0].id.clone();
    match ended {
        Ended::Sent => assert!(bench.step().await),
        Ended::Refused => {
            bench.wecom.answer_next(REFUSED);
            assert!(bench.step().await);
        }
        Ended::Discarded => {
            _ = bench.store.change(Verb::Discard, &id, &operator(), bench.clock.now()).await.unwrap();
        }
        Ended::NotYet => {}
    }
    assert_eq!(bench.count(state).await, 1);
    let robots = copied(&bench, &event_id, &["v1"]).await;
    assert_eq!(robots.as_deref(), Some(&told.iter().map(ToString::to_string).collect::<Vec<_>>()[..]));
    bench.drain().await;
    let shown = bench.shown();
    let arrivals = shown.iter().filter(|message| message.contains("成功") && message.contains("`v1`"));
    assert_eq!(arrivals.count(), told.len(), "{shown:?}");
    assert_eq!(bench.count("pending").await, 0);
}

/// Its success has told of the arrival.
#[tokio::test]
async fn what_was_copied_of_a_failure_that_healed_is_told_by_its_success_alone() {
    let bench = Bench::new(&[("FAILURE_GRACE", "5m")]).await;
    let both = push("mars/mars-api", &["v1", "v2"]);
    bench.hear(&[Replication { succeeded: false, ..both }.payload()]).await;
    let row = bench.deliveries().await.remove(0);
    assert_eq!(bench.hear(&[push("mars/mars-api", &["v1", "v2"]).payload()]).await.superseded.len(), 1);
    assert_eq!(copied(&bench, &row.event.id, &["v1"]).await, None);
    assert_eq!(bench.deliveries().await.len(), 2);
}

/// The look-up was answered while the clock was two hours ahead; the next start knows what the time is.
#[tokio::test]
async fn a_look_up_makes_nothing_due_later_than_it_was() {
    let mut bench = Bench::new(&[]).await;
    let began = bench.clock.now();
    let held = Offer { look_up: 10 * SECOND, ..offer(&arrived("v1")) };
    bench.store.accept(std::slice::from_ref(&held), told_by(&["default"]), began).await.unwrap();
    bench.clock.jump(2 * HOUR);
    copied(&bench, &held.event_id, &[]).await;
    bench.restart_at(began + MINUTE);
    bench.drain().await;
    assert_eq!(bench.shown().len(), 1);
}

/// The robots that are to send what was copied; None where it is no event of its own.
async fn copied(bench: &Bench, event_id: &str, versions: &[&str]) -> Option<Vec<String>> {
    let copied = versions.iter().map(ToString::to_string).collect();
    let finding = Finding { event_id: event_id.to_owned(), copied, ..Finding::default() };
    let routing = &bench.config.routing;
    let assign = |event: &_| routing.assignments(event);
    let corrected = bench.store.correct(&finding, assign, bench.clock.now()).await.unwrap();
    corrected.split.map(|(_, robots)| robots)
}
