//! `replay` and `discard`: many deliveries at once are counted first, and changed only after a yes.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use serde_json::json;

use super::arguments::ChangeArgs;
use super::output::{self, line};
use super::user::actor;
use super::{CommandResult, Failure};
use crate::config::Config;
use crate::model::clock::{Clock, Millis};
use crate::model::delivery::{State, Verb};
use crate::store::change::Changed;
use crate::store::{Store, StoreError};

pub async fn change(config: &Config, verb: Verb, arguments: ChangeArgs) -> CommandResult {
    match arguments.state {
        Some(state) => change_matching(config, verb, arguments, state).await,
        None if arguments.filter.is_empty() => change_named(config, verb, &arguments.ids, arguments.json).await,
        None => Err(Failure::Usage(
            "--outcome, --robot, --since, --until and --q narrow --state; ids need no narrowing".into(),
        )),
    }
}

async fn change_named(config: &Config, verb: Verb, ids: &[String], as_json: bool) -> CommandResult {
    let store = Store::open(&config.database_url).await?;
    let (actor, mut refused) = (actor(), 0);
    for id in ids {
        let changed = store.change(verb, id, &actor, now(&store).await?).await?;
        let done = verb.done();
        let text = match changed {
            Changed::Yes { .. } if verb == Verb::Replay => "replayed; it is sent in its robot's next slot".to_owned(),
            Changed::Yes { .. } => format!("{done}; it is not sent"),
            Changed::Refused(state) => format!("not {done}: it is {state}"),
            Changed::Unknown => format!("not {done}: there is no such delivery"),
        };
        let is_changed = matches!(changed, Changed::Yes { .. });
        refused += usize::from(!is_changed);
        if as_json {
            output::json(&json!({ "id": id, done: is_changed, "detail": text }))?
        } else {
            line(format_args!("{id}  {text}"))?
        }
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn change_matching(config: &Config, verb: Verb, arguments: ChangeArgs, state: State) -> CommandResult {
    verb.check(state).map_err(Failure::Usage)?;
    let filter = arguments.filter.read(Some(state), &config.timezone)?;
    let store = Store::open(&config.database_url).await?;
    let matched = store.count(&filter).await?;
    let question = match verb {
        Verb::Replay => format!("Send {matched} {state} deliveries again?"),
        Verb::Discard => format!("Discard {matched} {state} deliveries?"),
    };
    let changed: u64 = if arguments.dry_run || matched == 0 {
        0
    } else if arguments.yes || confirmed(&question)? {
        store.change_all(verb, &filter, &actor(), now(&store).await?).await?.deliveries()
    } else {
        return Ok(ExitCode::FAILURE);
    };
    let done = verb.done();
    if arguments.json {
        output::json(&json!({ "matched": matched, done: changed }))?
    } else {
        line(format_args!("{matched} matched, {changed} {done}"))?
    }
    Ok(ExitCode::SUCCESS)
}

/// The time by which the lanes go.
async fn now(store: &Store) -> Result<Millis, StoreError> {
    store.tell_time(&store.clock(Clock::System)).await
}

fn confirmed(question: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("stdin is not a terminal; add --yes, or --dry-run to see how many match".into()));
    }
    // Beside what the command says, which may go to a script.
    write!(std::io::stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
