//! `route`: who would be notified of a payload, by which route, and what they would read. And `check --routes`: what the
//! configuration says of robots and routes.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::CommandResult;
use super::output::{self, line, table};
use super::payload::each_event;
use crate::config::Config;
use crate::model::clock::Clock;
use crate::model::delivery::Notice;
use crate::model::event::{Event, label};
use crate::model::robot::{DEFAULT, Format};
use crate::render::text::escape;
use crate::route::{Addressee, Globs, Route};

pub fn route(config: &Config, file: &str, as_json: bool) -> CommandResult {
    each_event(config, file, |event| {
        let notified: Vec<_> = config
            .routing
            .addressees(&event)
            .into_iter()
            .map(|addressee| {
                let notice =
                    Notice { event: event.clone(), after_failure: false, mentions: addressee.mentions.clone() };
                let format = config.routing.format(&addressee.robot);
                (addressee, config.renderer.render(&[&notice], Clock::System.now(), format).content)
            })
            .collect();
        if as_json { output::json(&as_object(&event, &notified)) } else { print(config, &event, &notified) }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn as_object(event: &Event, notified: &[(Addressee, String)]) -> Value {
    let robot = |(addressee, message): &(Addressee, String)| {
        let Addressee { robot, mentions, by } = addressee;
        json!({ "robot": robot, "lines": by, "mentions": mentions, "message": message })
    };
    json!({
        "outcome": event.outcome, "project": event.project, "repository": event.repository, "versions": event.versions,
        "registry": event.registry, "description": event.description,
        "robots": notified.iter().map(robot).collect::<Vec<_>>(),
    })
}

fn print(config: &Config, event: &Event, notified: &[(Addressee, String)]) -> std::io::Result<()> {
    let versions = if event.versions.is_empty() { "?".to_owned() } else { event.versions.join(" ") };
    let place = label(&event.registry, &event.description);
    let header = format!("{} {versions} {} at {place}", event.repository, event.outcome);
    line(escape(&header, Format::Text))?;
    if notified.is_empty() {
        let why = if config.routing.notifies(event) {
            "no route matches it, and there is no robot `default`"
        } else {
            "NOTIFY_OUTCOMES or NOTIFY_OPERATIONS leaves it out"
        };
        return line(format_args!("  nobody is notified: {why}\n"));
    }
    for (Addressee { robot, mentions, by }, message) in notified {
        let lines: Vec<_> = by.iter().map(usize::to_string).collect();
        let by = match lines.len() {
            0 => "because no route matches it".to_owned(),
            1 => format!("by the route in line {}", lines[0]),
            _ => format!("by the routes in lines {}", lines.join(" and ")),
        };
        let mentioned = if mentions.is_empty() { String::new() } else { format!(", mentions {}", mentions.join(" ")) };
        let message = message.replace('\n', "\n    │ ");
        line(format_args!("  {robot} is notified {by}{mentioned}:\n    │ {message}\n"))?;
    }
    Ok(())
}

/// What is in the file, as it was understood.
pub fn show(config: &Config, as_json: bool) -> CommandResult {
    let routing = &config.routing;
    if as_json {
        let robots = routing.robots.iter().map(|robot| {
            json!({ "name": robot.name, "rate_per_minute": robot.rate_per_minute, "format": robot.format.as_str() })
        });
        let routes = routing.routes.iter().map(|route| {
            json!({
                "line": route.line, "robots": route.robots, "conditions": conditions(route), "mention": route.mention,
            })
        });
        output::json(&json!({ "robots": robots.collect::<Vec<_>>(), "routes": routes.collect::<Vec<_>>() }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let robots = routing
        .robots
        .iter()
        .map(|robot| vec![robot.name.clone(), robot.format.as_str().to_owned(), robot.rate_per_minute.to_string()]);
    table(&["ROBOT", "FORMAT", "RATE PER MINUTE"], robots)?;
    line("")?;
    let routes = routing.routes.iter().map(|route| {
        let all = conditions(route);
        let conditions = if all.is_empty() { "everything".to_owned() } else { all.join(", ") };
        vec![route.line.to_string(), conditions, route.robots.join(" "), route.mention.join(" ")]
    });
    table(&["LINE", "WHAT", "ROBOTS", "MENTION"], routes)?;
    let rest = if routing.robot(DEFAULT).is_some() { "robot `default`" } else { "nobody" };
    line(format_args!("\nWhat no route matches goes to {rest}."))?;
    Ok(ExitCode::SUCCESS)
}

fn conditions(route: &Route) -> Vec<String> {
    let globs = [
        ("project", &route.project),
        ("repository", &route.repository),
        ("version", &route.version),
        ("registry", &route.registry),
        ("description", &route.description),
    ];
    let written = |(name, globs): (&str, &Globs)| {
        let patterns: Vec<_> = globs.patterns().collect();
        (!patterns.is_empty()).then(|| format!("{name} {}", patterns.join(" or ")))
    };
    let outcomes: Vec<_> = route.outcome.iter().map(ToString::to_string).collect();
    let outcome = (!outcomes.is_empty()).then(|| format!("outcome {}", outcomes.join(" or ")));
    let operations: Vec<_> = route.operation.iter().map(ToString::to_string).collect();
    let operation = (!operations.is_empty()).then(|| format!("operation {}", operations.join(" or ")));
    globs.into_iter().filter_map(written).chain(outcome).chain(operation).collect()
}
