//! What is done to the service, and when: all of it follows from the seed.

use std::time::Duration;

use crate::control::Disk;
use crate::random::Random;
use crate::robots::BROKEN;
use crate::ways::{self, Way};

#[derive(Clone, Debug)]
pub enum Act {
    Wecom(usize, Way),
    Disk(Disk),
    /// The clock is wrong by so many milliseconds.
    Clock(i64),
    /// The process is killed, or told to stop, and starts again after a while.
    End {
        kill: bool,
        /// In the very moment in which a message comes in at WeCom.
        aimed: bool,
        rest: Duration,
    },
    Harbor(Trouble),
}

/// What is wrong with Harbor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// Its API refuses connections.
    Down,
    /// It neither answers nor sends webhooks.
    Vanished,
    Slow,
    Hangs,
    Errors,
    /// It repeats the account that was sent to it.
    Repeats,
    Html,
    Long,
    Redirects,
    AccountRefused,
}

const TROUBLES: [Trouble; 10] = [
    Trouble::Down,
    Trouble::Vanished,
    Trouble::Slow,
    Trouble::Hangs,
    Trouble::Errors,
    Trouble::Repeats,
    Trouble::Html,
    Trouble::Long,
    Trouble::Redirects,
    Trouble::AccountRefused,
];
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// The acts in their order. At the end everything is well again, and stays so.
pub fn plan(seed: u64, length: Duration) -> Vec<(Duration, Act)> {
    let mut acts = wecom(&mut Random::of(seed, "wecom"), length);
    let mut random = Random::of(seed, "disk");
    for (from, to) in spans(&mut random, length, 8_000..25_000, 300..6_000) {
        let disk = *random.pick(&[Disk::Full, Disk::WritesFail, Disk::SyncsFail, Disk::HalfWritten]);
        acts.extend([(from, Act::Disk(disk)), (to, Act::Disk(Disk::Fine))]);
    }
    let mut random = Random::of(seed, "clock");
    for (at, _) in spans(&mut random, length, 8_000..30_000, 0..1) {
        let by = *random.pick(&[0, 90_000, -90_000, 2 * MINUTE, -5 * MINUTE, 60 * MINUTE, -60 * MINUTE, DAY, -DAY]);
        acts.push((at, Act::Clock(by * random.within(1..4) as i64)));
    }
    let mut random = Random::of(seed, "ends");
    for (at, _) in spans(&mut random, length, 4_000..20_000, 0..1) {
        let rest = if random.one_in(2) { 0 } else { random.within(100..3_000) };
        let (kill, aimed) = (!random.one_in(3), random.one_in(2));
        acts.push((at, Act::End { kill, aimed, rest: Duration::from_millis(rest) }));
    }
    let mut random = Random::of(seed, "harbor");
    let mut troubles = TROUBLES;
    random.shuffle(&mut troubles);
    for ((from, to), trouble) in spans(&mut random, length, 8_000..20_000, 3_000..15_000).zip(troubles.iter().cycle()) {
        acts.extend([(from, Act::Harbor(*trouble)), (to, Act::Harbor(Trouble::None))]);
    }
    acts.retain(|(at, _)| *at < length);
    let healed = [Act::Disk(Disk::Fine), Act::Clock(0), Act::Harbor(Trouble::None)];
    acts.extend(
        healed.into_iter().chain((0..BROKEN).map(|robot| Act::Wecom(robot, Way::Fine))).map(|act| (length, act)),
    );
    acts.sort_by_key(|(at, _)| *at);
    acts
}

/// Each way in its turn, at whichever robot is well at the moment.
fn wecom(random: &mut Random, length: Duration) -> Vec<(Duration, Act)> {
    let (mut acts, mut deck) = (Vec::new(), Vec::new());
    let mut free_at = [0_u64; BROKEN];
    loop {
        if deck.is_empty() {
            deck.extend(ways::ALL);
            random.shuffle(&mut deck);
        }
        let Some(way) = deck.pop() else { return acts };
        // The robot of failures sends too little to be counted.
        let robots = if way == Way::Counts { 0..2 } else { 0..BROKEN };
        let robot = robots.min_by_key(|robot| free_at[*robot]).unwrap_or_default();
        let from = free_at[robot] + random.within(2_000..8_000);
        let to = from + random.within(2_000..if way == Way::Counts { 20_000 } else { 8_000 });
        if Duration::from_millis(from) > length {
            return acts;
        }
        acts.push((Duration::from_millis(from), Act::Wecom(robot, way)));
        acts.push((Duration::from_millis(to), Act::Wecom(robot, Way::Fine)));
        free_at[robot] = to;
    }
}

/// Times with their ends, in milliseconds: pauses between them, and how long they are.
fn spans(
    random: &mut Random,
    length: Duration,
    pause: std::ops::Range<u64>,
    lasts: std::ops::Range<u64>,
) -> impl Iterator<Item = (Duration, Duration)> + use<> {
    let (mut random, mut last) = (random.fork(), 0);
    std::iter::from_fn(move || {
        let from = last + random.within(pause.clone());
        last = from + random.within(lasts.clone());
        Some((Duration::from_millis(from), Duration::from_millis(last)))
    })
    .take_while(move |(from, _)| *from < length)
}
