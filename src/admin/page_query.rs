//! The page's own query: what its forms and links say. Empty means "not asked for", as a form sends it.

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Admin;
use super::query::{bad, searched, unprocessable};
use super::visitor::Visitor;
use crate::model::clock::Millis;
use crate::model::delivery::{State, Verb};
use crate::model::event::ReplicationOutcome;
use crate::model::json::utc;
use crate::model::moment::moment;
use crate::problem::Problem;
use crate::store::counts::Count;
use crate::store::filter::Filter;

/// The list of deliveries.
pub const LIST: &str = "/notifications";
pub const PERIODS: [&str; 3] = ["1h", "24h", "7d"];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PageQuery {
    state: String,
    outcome: String,
    robot: String,
    q: String,
    /// One of [`PERIODS`]; a time of one's own goes before it.
    period: String,
    since: String,
    until: String,
    cursor: String,
    /// On the way to a bulk change: `replay` or `discard`.
    verb: String,
    /// What has just been done, such as `replay.3`.
    notice: String,
    /// A test message that was asked for, by the id of the change.
    test: String,
}

/// Since when and until when; a time of one's own goes before a period.
pub fn times(
    admin: &Admin,
    period: &str,
    since: &str,
    until: &str,
) -> Result<(Option<Millis>, Option<Millis>), Problem> {
    let now = admin.clock.now();
    let at = |text: &str| match text {
        "" => Ok(None),
        text => {
            moment(text, &admin.timezone, now).map(Some).map_err(|detail| bad(detail).word_with("problem_time", text))
        }
    };
    let since = match at(since)? {
        None if period.is_empty() || PERIODS.contains(&period) => at(period)?,
        None => return Err(bad(format!("period is one of {}", PERIODS.join(", "))).word("problem_period")),
        since => since,
    };
    Ok((since, at(until)?))
}

pub fn outcome(text: &str) -> Result<Option<ReplicationOutcome>, Problem> {
    let read = |text: &str| text.parse().map_err(|detail: String| bad(detail).word_with("problem_outcome", text));
    (!text.is_empty()).then(|| read(text)).transpose()
}

impl PageQuery {
    /// From the body of a form. A field of another name is an error, since a condition that is passed over would mean
    /// "all".
    pub fn of_form(body: &[u8]) -> Result<Self, Problem> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let field = match &*name {
                "state" => &mut query.state,
                "outcome" => &mut query.outcome,
                "robot" => &mut query.robot,
                "q" => &mut query.q,
                "period" => &mut query.period,
                "since" => &mut query.since,
                "until" => &mut query.until,
                "verb" => &mut query.verb,
                other => {
                    let problem = bad(format!("a form of this page has no field {other:?}"));
                    return Err(problem.word_with("problem_field", other));
                }
            };
            *field = value.into_owned();
        }
        Ok(query)
    }

    pub fn filter(&self, admin: &Admin) -> Result<Filter, Problem> {
        let (since, until) = times(admin, &self.period, &self.since, &self.until)?;
        let state = match self.state.as_str() {
            "" => None,
            state => Some(state.parse().map_err(|detail: String| bad(detail).word_with("problem_state", state))?),
        };
        Ok(Filter {
            state,
            outcome: outcome(&self.outcome)?,
            robot: (!self.robot.is_empty()).then(|| self.robot.clone()),
            since,
            until,
            q: searched(Some(&self.q)),
        })
    }

    /// What a bulk change is to do, and to which.
    pub fn change(&self, admin: &Admin) -> Result<(Verb, Filter), Problem> {
        let verb = verb(&self.verb)?;
        let filter = self.filter(admin)?;
        let state = filter.state.ok_or_else(|| bad("a bulk change needs a state").word("problem_no_state"))?;
        verb.check(state).map_err(|detail| unprocessable(detail).word("problem_bulk"))?;
        Ok((verb, filter))
    }

    pub fn cursor(&self) -> Option<&str> {
        (!self.cursor.is_empty()).then_some(&self.cursor)
    }

    pub fn state(&self) -> &str {
        &self.state
    }

    pub fn test(&self) -> Option<&str> {
        (!self.test.is_empty()).then_some(&self.test)
    }

    /// This list from its beginning.
    pub fn first(&self) -> String {
        href(LIST, &self.pairs())
    }

    pub fn here(&self) -> String {
        self.after(&self.cursor)
    }

    pub fn after(&self, cursor: &str) -> String {
        let mut pairs = self.pairs();
        pairs.push(("cursor", cursor));
        href(LIST, &pairs)
    }

    /// The list after a bulk change, whatever the state of its rows is now.
    pub fn done(&self, notice: &str) -> String {
        let anything = Self { state: String::new(), ..self.clone() };
        let mut pairs = anything.pairs();
        pairs.push(("notice", notice));
        href(LIST, &pairs)
    }

    pub fn tabs(&self, counts: &[(State, Count)]) -> Value {
        let tab = |state: Option<State>, count: Count| {
            let name = state.map_or("", State::as_str);
            let tab = Self { state: name.to_owned(), ..self.clone() };
            json!({
                "state": state.map(State::as_str), "count": count.rows, "more": count.more,
                "href": tab.first(), "current": self.state == name,
            })
        };
        let all = Count {
            rows: counts.iter().map(|(_, count)| count.rows).sum(),
            more: counts.iter().any(|(_, count)| count.more),
        };
        let mut tabs = vec![tab(None, all)];
        tabs.extend(counts.iter().map(|(state, count)| tab(Some(*state), *count)));
        Value::from(tabs)
    }

    /// The values of the search form.
    pub fn view(&self, filter: &Filter, admin: &Admin) -> Value {
        let local = |given: &str, at: Option<Millis>| field_of(given, at, &admin.timezone);
        let period = PERIODS.contains(&self.period.as_str()) && self.since.is_empty();
        json!({
            "state": filter.state.map(State::as_str),
            "outcome": filter.outcome.map(ReplicationOutcome::as_str),
            "robot": filter.robot,
            "q": self.q,
            "since": local(&self.since, filter.since),
            "until": local(&self.until, filter.until),
            "period": period.then_some(&self.period),
            "is_empty": *filter == Filter::default(),
        })
    }

    /// The same with moments in place of every length of time, and an end, so that it stays the same set.
    pub fn fixed(&self, filter: &Filter, now: Millis) -> Self {
        let until = utc(filter.until.unwrap_or(now)).to_string();
        let since = filter.since.map(|since| utc(since).to_string()).unwrap_or_default();
        Self { since, until, period: String::new(), ..self.clone() }
    }

    /// What can be done at once with all that this list shows.
    pub fn bulk(&self, filter: &Filter, counts: &[(State, Count)], now: Millis) -> Value {
        let verb = match filter.state {
            Some(State::Failed | State::Discarded) => Verb::Replay,
            Some(State::Pending) => Verb::Discard,
            _ => return Value::Null,
        };
        let Some((state, count)) = counts.iter().find(|(state, count)| filter.state == Some(*state) && count.rows > 0)
        else {
            return Value::Null;
        };
        let fixed = self.fixed(filter, now);
        let mut pairs = fixed.pairs();
        pairs.push(("verb", verb.as_str()));
        json!({
            "verb": verb.as_str(), "state": state.as_str(), "count": count.rows, "more": count.more,
            "href": href("/deliveries/confirm", &pairs),
        })
    }

    /// What the confirming form sends.
    pub fn fields(&self) -> Value {
        let mut pairs = self.pairs();
        pairs.push(("verb", &self.verb));
        pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
    }

    /// The filter in words.
    pub fn conditions(&self, visitor: &Visitor<'_>) -> Value {
        let pairs = self.pairs();
        let given = |wanted: &str| pairs.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned());
        in_words(visitor, |name| given(name).unwrap_or_default())
    }

    /// A sentence about what has just been done.
    pub fn notice(&self, visitor: &Visitor<'_>) -> Option<String> {
        let (what, number) = self.notice.split_once('.')?;
        let number: u64 = number.parse().ok()?;
        let words = visitor.word(match what {
            "replay" => "notice_replay",
            "discard" => "notice_discard",
            "left" => "notice_left",
            _ => return None,
        });
        Some(words.replace("{n}", &number.to_string()))
    }

    fn pairs(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("state", &self.state),
            ("outcome", &self.outcome),
            ("robot", &self.robot),
            ("q", &self.q),
            ("period", &self.period),
            ("since", &self.since),
            ("until", &self.until),
        ]
    }
}

/// A filter in words: what it asks for, by its names in links and on record.
pub fn in_words(visitor: &Visitor<'_>, given: impl Fn(&str) -> String) -> Value {
    let viewer = visitor.viewer();
    let time = |text: String| match moment(&text, &visitor.admin.timezone, viewer.now) {
        Ok(at) if !text.is_empty() => viewer.time(at)["text"].as_str().unwrap_or_default().to_owned(),
        _ => text,
    };
    let rows = [
        ("state", visitor.word(&format!("state_{}", given("state"))).to_owned()),
        ("replication", visitor.word(&format!("replication_{}", given("outcome"))).to_owned()),
        ("robot", given("robot")),
        ("search", given("q")),
        ("since", time(given("since"))),
        ("until", time(given("until"))),
    ];
    let given = rows.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(word, value)| json!({ "name": visitor.word(word), "value": value })).collect()
}

/// A path with what is asked for; what is empty is left out.
pub fn href(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Where a form leads back to: a path of this page and nothing else.
pub fn own_path(path: &str) -> Result<&str, Problem> {
    // Browsers drop tabs and line ends, and what is left may begin with two slashes.
    let is_own = path.starts_with('/')
        && !path.starts_with("//")
        && path.chars().all(|character| character != '\\' && !character.is_control());
    if is_own { Ok(path) } else { Err(bad("this form leads to another site").word("problem_leads_away")) }
}

pub fn verb(text: &str) -> Result<Verb, Problem> {
    text.parse().map_err(|detail: String| bad(detail).word("problem_verb"))
}

/// A moment as a field of a form shows it; empty where none was given.
pub fn field_of(given: &str, at: Option<Millis>, timezone: &TimeZone) -> String {
    let at = at.filter(|_| !given.is_empty());
    at.map(|at| utc(at).to_zoned(timezone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default()
}
