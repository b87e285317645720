//! Lists and searches give what a naive look at all rows gives, whichever way the store finds them; and counts
//! are those of the lists.

use std::collections::BTreeMap;

use harborbell::demo::payloads::Replication;
use harborbell::model::clock::HOUR;
use harborbell::model::delivery::{State, Verb};
use harborbell::model::event::{Event, ReplicationOutcome};
use harborbell::store::Store;
use harborbell::store::counts::MOST_COUNTED;
use harborbell::store::filter::Filter;
use harborbell::store::views::Delivery;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::database::{Intruder, url_of};
use crate::support::{EXECUTION, offer, operator, told_by};

const BEGIN: i64 = 1_800_000_000_000;
const ROBOTS: [&str; 2] = ["default", "ops"];
const PLACES: [(&str, &str); 4] =
    [("aliyun-acr", "阿里仓"), ("huawei-swr", "华为仓"), ("Tencent", ""), ("aliyun-sh", "阿里仓 上海")];

/// More rows than are looked at one by one, in all states; every so often several in one moment.
async fn table() -> (TempDir, Store, Vec<Delivery>) {
    let folder = TempDir::new().unwrap();
    let url = url_of(folder.path());
    let store = Store::serve(&url).await.unwrap();
    for batch in 0..60_i64 {
        let offers: Vec<_> = (0..40_i64)
            .map(|place| {
                let number = batch * 40 + place;
                let repository = match number % 17 {
                    0 => "library".to_owned(),
                    rest => format!(
                        "{}/{}-{}",
                        ["mars", "venus", "mars-old"][number as usize % 3],
                        ["api", "web"][number as usize % 2],
                        rest
                    ),
                };
                let version = if number % 5 == 0 { "latest".into() } else { format!("V1.{}.{number}", number % 7) };
                let registry = PLACES[number as usize % PLACES.len()];
                let references = match number % 11 {
                    0 => &[version.as_str(), "second"][..],
                    // Tags that begin alike.
                    1..=4 => &[version.as_str(), "v1.2.3", "v1.2", "v1", "latest"],
                    _ => &[version.as_str()],
                };
                let succeeded = number % 3 != 0;
                let replication = Replication {
                    repository: &repository,
                    references,
                    registry,
                    succeeded,
                    execution: EXECUTION + number,
                };
                offer(&replication.payload())
            })
            .collect();
        let every_fourth_by_all = |event: &Event| match (event.execution_timestamp - EXECUTION) % 4 {
            0 => told_by(&ROBOTS)(event),
            _ => told_by(&ROBOTS[..1])(event),
        };
        store.accept(&offers, every_fourth_by_all, BEGIN + batch / 2 * HOUR / 4).await.unwrap();
    }
    // What lanes would make of them, in one stroke.
    let mut connection = Intruder::at(&url).await;
    for (state, remainder, finished_at) in
        [("delivered", "<= 5", BEGIN), ("failed", "= 6", BEGIN), ("sending", "= 7", 0)]
    {
        let sql = format!(
            "UPDATE deliveries SET state = '{state}', attempts = 1, finished_at = {finished_at}
             WHERE (SELECT e.execution_timestamp FROM events e WHERE e.id = event_id) % 9 {remainder}"
        );
        connection.execute(sql).await;
    }
    let all = pages(&store, &Filter::default(), 997).await;
    (folder, store, all)
}

async fn pages(store: &Store, filter: &Filter, limit: usize) -> Vec<Delivery> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.list(filter, limit, after.as_ref()).await.unwrap();
        assert!(page.items.len() <= limit);
        found.extend(page.items);
        let Some(cursor) = page.next_cursor else { return found };
        after = store.position(&cursor).await.unwrap();
    }
}

fn matches(filter: &Filter, delivery: &Delivery) -> bool {
    let event = &delivery.event.facts;
    let begins = |word: &str, q: &str| word.to_ascii_lowercase().starts_with(&q.to_ascii_lowercase());
    let words = |q: &str| {
        [&event.repository, &event.registry, &event.description].iter().any(|word| begins(word, q))
            || begins(event.repository.rsplit('/').next().unwrap(), q)
            || event.versions.iter().any(|version| begins(version, q))
    };
    filter.state.is_none_or(|state| state == delivery.state)
        && filter.outcome.is_none_or(|outcome| outcome == event.outcome)
        && filter.robot.as_ref().is_none_or(|robot| *robot == delivery.robot)
        && filter.since.is_none_or(|since| delivery.created_at >= since)
        && filter.until.is_none_or(|until| delivery.created_at < until)
        && filter.q.as_deref().is_none_or(words)
}

fn filters() -> impl Strategy<Value = Filter> {
    let words = [
        "mars",
        "mars/",
        "MARS/api-3",
        "api",
        "web-1",
        "library",
        "venus/web-15",
        "v1",
        "v1.3",
        "V1.2.20",
        "latest",
        "second",
        "aliyun",
        "tencent",
        "阿里",
        "阿里仓 上",
        "nothing",
        "%",
        "_",
        "m",
        "a",
        "\u{10ffff}",
    ];
    let q = proptest::option::weighted(0.8, proptest::sample::select(words.to_vec()));
    let state = proptest::option::weighted(0.4, proptest::sample::select(State::ALL.to_vec()));
    let robot = proptest::option::weighted(0.3, proptest::sample::select(vec!["default", "ops", "nobody"]));
    let at = || proptest::option::weighted(0.2, (0_i64..40).prop_map(|quarters| BEGIN + quarters * HOUR / 4));
    let outcome = proptest::option::weighted(0.4, proptest::sample::select(ReplicationOutcome::ALL.to_vec()));
    (state, outcome, robot, at(), at(), q).prop_map(|(state, outcome, robot, since, until, q)| Filter {
        state,
        outcome,
        robot: robot.map(str::to_owned),
        since,
        until,
        q: q.map(str::to_owned),
    })
}

#[test]
fn a_search_finds_what_a_look_at_all_rows_finds() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_folder, store, all) = runtime.block_on(table());
    assert!(all.len() > 2_500, "{}", all.len());
    assert!(all.is_sorted_by_key(|row| std::cmp::Reverse((row.created_at, row.event.id.clone(), row.robot.clone()))));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 150, ..ProptestConfig::default() });
    let checked = runner.run(&(filters(), 1_usize..200), |(filter, limit)| {
        runtime.block_on(async {
            let ids = |rows: &[&Delivery]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
            let wanted: Vec<_> = all.iter().filter(|row| matches(&filter, row)).collect();
            let found = pages(&store, &filter, limit).await;
            prop_assert_eq!(ids(&found.iter().collect::<Vec<_>>()), ids(&wanted));
            prop_assert_eq!(store.count(&filter).await.unwrap(), wanted.len() as i64);
            let any_state = Filter { state: None, ..filter.clone() };
            let mut states = BTreeMap::new();
            for row in all.iter().filter(|row| matches(&any_state, row)) {
                *states.entry(row.state.as_str()).or_insert(0_i64) += 1;
            }
            let total: i64 = states.values().sum();
            for (state, count) in store.counts(&filter).await.unwrap() {
                let exact = states.get(state.as_str()).copied().unwrap_or(0);
                prop_assert!(count.rows <= MOST_COUNTED);
                prop_assert!(count.rows == exact || count.more && count.rows < exact && total > MOST_COUNTED);
            }
            Ok(())
        })
    });
    checked.unwrap();
}

#[tokio::test]
async fn a_bulk_change_concerns_exactly_what_was_counted() {
    let (_folder, store, all) = table().await;
    let filter = Filter { state: Some(State::Failed), q: Some("mars".into()), ..Filter::default() };
    let wanted = all.iter().filter(|row| matches(&filter, row)).count() as u64;
    assert!(wanted > 50);
    assert_eq!(store.count(&filter).await.unwrap().unsigned_abs(), wanted);
    let changed = store.change_all(Verb::Replay, &filter, &operator(), BEGIN).await.unwrap();
    assert_eq!(changed.deliveries(), wanted);
    assert_eq!(changed.robots.len(), 2, "{changed:?}");
    let left = Filter { q: None, ..filter };
    let failed = all.iter().filter(|row| row.state == State::Failed).count() as u64;
    assert_eq!(store.count(&left).await.unwrap().unsigned_abs(), failed - wanted);
}

#[tokio::test]
async fn the_hours_count_each_row_once() {
    let (_folder, store, all) = table().await;
    let hours: Vec<_> = (0..24).map(|hour| BEGIN + hour * HOUR).collect();
    let counted = store.hours(&hours, &State::ALL).await.unwrap();
    assert_eq!(counted.len(), hours.len() * State::ALL.len());
    for (hour, state, count) in counted {
        let exact =
            all.iter().filter(|row| row.state == state && (hour..hour + HOUR).contains(&row.created_at)).count();
        assert_eq!((count.rows, count.more), (exact as i64, false), "{hour} {state}");
    }
}
