//! The last 24 hours as a small picture: what came in each hour, by what has become of it. Only arithmetic; the
//! template draws it.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::model::clock::{HOUR, Millis};
use crate::model::delivery::State;
use crate::render::date_time;
use crate::store::counts::Count;

const HOURS: i64 = 24;
const WIDTH: i64 = 480;
const HEIGHT: i64 = 64;
const GAP: i64 = 4;
/// What is there can be seen, however little it is.
const LEAST_HEIGHT: i64 = 2;

/// The states that are shown, each with the colour that it counts for.
const SHOWN: [(State, usize); 4] =
    [(State::Delivered, 0), (State::Failed, 1), (State::Pending, 2), (State::Sending, 2)];
const COLOURS: [&str; 3] = ["delivered", "failed", "waiting"];

pub fn states() -> Vec<State> {
    SHOWN.iter().map(|(state, _)| *state).collect()
}

/// The beginnings of the hours, oldest first; the last one is not over.
pub fn hours(now: Millis) -> Vec<Millis> {
    let this = now - now.rem_euclid(HOUR);
    (0..HOURS).rev().map(|ago| this - ago * HOUR).collect()
}

struct Bar {
    hour: Millis,
    rows: [i64; 3],
    more: bool,
}

impl Bar {
    fn total(&self) -> i64 {
        self.rows.iter().sum()
    }
}

pub fn picture(counts: &[(Millis, State, Count)], now: Millis, timezone: &TimeZone) -> Value {
    let bars: Vec<Bar> = hours(now)
        .into_iter()
        .map(|hour| {
            let mut bar = Bar { hour, rows: [0; 3], more: false };
            for (_, state, count) in counts.iter().filter(|(at, ..)| *at == hour) {
                if let Some((_, colour)) = SHOWN.iter().find(|(shown, _)| shown == state) {
                    bar.rows[*colour] += count.rows;
                    bar.more |= count.more;
                }
            }
            bar
        })
        .collect();
    let highest = bars.iter().map(Bar::total).max().unwrap_or(0);
    let total = |colour: usize| bars.iter().map(|bar| bar.rows[colour]).sum::<i64>();
    json!({
        "width": WIDTH,
        "height": HEIGHT,
        "bar_width": WIDTH / HOURS - GAP,
        "empty": highest == 0,
        "bars": bars.iter().enumerate().map(|(place, bar)| view(place, bar, highest, timezone)).collect::<Vec<_>>(),
        "totals": {
            "delivered": total(0), "failed": total(1), "waiting": total(2),
            "more": bars.iter().any(|bar| bar.more),
        },
    })
}

fn view(place: usize, bar: &Bar, highest: i64, timezone: &TimeZone) -> Value {
    let mut foot = HEIGHT;
    let rects: Vec<_> = (0..COLOURS.len())
        .filter(|colour| bar.rows[*colour] > 0)
        .map(|colour| {
            let height = (HEIGHT * bar.rows[colour] / highest).max(LEAST_HEIGHT).min(foot);
            foot -= height;
            json!({ "class": COLOURS[colour], "y": foot, "height": height })
        })
        .collect();
    let clock = |at: Millis| date_time(at, timezone).get(11..16).unwrap_or_default().to_owned();
    json!({
        "label": format!("{}–{}", clock(bar.hour), clock(bar.hour + HOUR)),
        "delivered": bar.rows[0], "failed": bar.rows[1], "waiting": bar.rows[2],
        "more": bar.more,
        "x": place as i64 * (WIDTH / HOURS) + GAP / 2,
        "rects": rects,
    })
}
