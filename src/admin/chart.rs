//! The last 24 hours as a small picture: the replications that came in each hour, by how they ended; and under it, what
//! became of the messages. Only arithmetic; the template draws it.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::model::clock::{HOUR, Millis};
use crate::model::delivery::State;
use crate::model::event::ReplicationOutcome;
use crate::render::date_time;
use crate::store::counts::Count;

const HOURS: i64 = 24;
const WIDTH: i64 = 480;
const HEIGHT: i64 = 64;
const GAP: i64 = 4;
/// What is there can be seen, however little it is.
const LEAST_HEIGHT: i64 = 2;

/// The states of messages that are counted, each with the figure that it counts for.
const MESSAGES: [(State, usize); 4] =
    [(State::Delivered, 0), (State::Failed, 1), (State::Pending, 2), (State::Sending, 2)];

pub fn states() -> Vec<State> {
    MESSAGES.iter().map(|(state, _)| *state).collect()
}

/// The beginnings of the hours, oldest first; the last one is not over.
pub fn hours(now: Millis) -> Vec<Millis> {
    let this = now - now.rem_euclid(HOUR);
    (0..HOURS).rev().map(|ago| this - ago * HOUR).collect()
}

struct Bar {
    hour: Millis,
    /// By [`ReplicationOutcome::ALL`].
    replications: [i64; 2],
    /// Delivered, failed, waiting.
    messages: [i64; 3],
    more: bool,
}

impl Bar {
    fn of(
        hour: Millis,
        replications: &[(Millis, ReplicationOutcome, Count)],
        messages: &[(Millis, State, Count)],
    ) -> Self {
        let mut bar = Self { hour, replications: [0; 2], messages: [0; 3], more: false };
        for (_, outcome, count) in replications.iter().filter(|(at, ..)| *at == hour) {
            bar.replications[usize::from(*outcome == ReplicationOutcome::Failed)] += count.rows;
            bar.more |= count.more;
        }
        for (_, state, count) in messages.iter().filter(|(at, ..)| *at == hour) {
            if let Some((_, figure)) = MESSAGES.iter().find(|(counted, _)| counted == state) {
                bar.messages[*figure] += count.rows;
                bar.more |= count.more;
            }
        }
        bar
    }

    fn total(&self) -> i64 {
        self.replications.iter().sum()
    }
}

pub fn picture(
    replications: &[(Millis, ReplicationOutcome, Count)],
    messages: &[(Millis, State, Count)],
    now: Millis,
    timezone: &TimeZone,
) -> Value {
    let bars: Vec<_> = hours(now).into_iter().map(|hour| Bar::of(hour, replications, messages)).collect();
    let highest = bars.iter().map(Bar::total).max().unwrap_or(0);
    let replicated = |outcome: usize| bars.iter().map(|bar| bar.replications[outcome]).sum::<i64>();
    let messages = |figure: usize| bars.iter().map(|bar| bar.messages[figure]).sum::<i64>();
    json!({
        "width": WIDTH,
        "height": HEIGHT,
        "bar_width": WIDTH / HOURS - GAP,
        "empty": highest == 0,
        "bars": bars.iter().enumerate().map(|(place, bar)| view(place, bar, highest, timezone)).collect::<Vec<_>>(),
        "replications": { "succeeded": replicated(0), "failed": replicated(1) },
        "messages": { "delivered": messages(0), "failed": messages(1), "waiting": messages(2) },
        "more": bars.iter().any(|bar| bar.more),
    })
}

fn view(place: usize, bar: &Bar, highest: i64, timezone: &TimeZone) -> Value {
    let mut foot = HEIGHT;
    let rects: Vec<_> = bar
        .replications
        .iter()
        .zip(ReplicationOutcome::ALL)
        .filter(|(rows, _)| **rows > 0)
        .map(|(rows, outcome)| {
            let height = (HEIGHT * rows / highest).max(LEAST_HEIGHT).min(foot);
            foot -= height;
            json!({ "class": outcome, "y": foot, "height": height })
        })
        .collect();
    let clock = |at: Millis| date_time(at, timezone).get(11..16).unwrap_or_default().to_owned();
    let [succeeded, failed] = bar.replications;
    let [delivered, undelivered, waiting] = bar.messages;
    json!({
        "label": format!("{}–{}", clock(bar.hour), clock(bar.hour + HOUR)),
        "replications": { "succeeded": succeeded, "failed": failed },
        "messages": { "delivered": delivered, "failed": undelivered, "waiting": waiting },
        "more": bar.more,
        "x": place as i64 * (WIDTH / HOURS) + GAP / 2,
        "rects": rects,
    })
}
