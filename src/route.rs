//! Routing: which robots are to notify of an event, whom they mention, and how long a failure is held back
//! (`FAILURE_GRACE`).

use std::sync::Arc;

use glob::Pattern;
use tokio::sync::watch;
use uuid::Uuid;

use crate::model::delivery::Assignment;
use crate::model::event::{Event, Operation, ReplicationOutcome};
use crate::model::failure_grace::FailureGrace;
use crate::model::robot::{DEFAULT, Format, Robot, unite};

/// Who is notified of what. Replaced as a whole when the configuration is read again.
#[derive(Clone, Debug, Default)]
pub struct Routing {
    pub robots: Vec<Robot>,
    pub routes: Vec<Route>,
    /// Outcomes that are sent; the others are stored all the same, so that `where` knows them.
    pub notify: Vec<ReplicationOutcome>,
    /// What was done that is sent; what is unconfirmed counts as a copy.
    pub operations: Vec<Operation>,
    /// How long a failure is held back, in case its success follows.
    pub failure_grace: FailureGrace,
}

/// The active routing, for those who look at it anew each time.
pub type Live = watch::Receiver<Arc<Routing>>;

/// Events that have all of this go to these robots.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Its line in its file.
    pub line: usize,
    pub robots: Vec<String>,
    pub project: Globs,
    pub repository: Globs,
    pub version: Globs,
    pub registry: Globs,
    pub description: Globs,
    /// None of them: whichever.
    pub outcome: Vec<ReplicationOutcome>,
    /// None of them: whichever. What is unconfirmed may be either.
    pub operation: Vec<Operation>,
    pub mention: Vec<String>,
}

/// One of these patterns must match; with none of them, everything does. `*` stands for any text, `/` included.
#[derive(Clone, Debug, Default)]
pub struct Globs(Vec<Pattern>);

impl Globs {
    pub fn new(patterns: impl IntoIterator<Item = Pattern>) -> Self {
        Self(patterns.into_iter().collect())
    }

    /// As they were written.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Pattern::as_str)
    }

    /// Whether there is no condition.
    const fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    fn match_text(&self, text: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(text))
    }
}

/// A robot that is to send an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    pub robot: String,
    /// Each person once, in the order of the routes.
    pub mentions: Vec<String>,
    /// The lines of the routes that brought it here; none for the default robot.
    pub by: Vec<usize>,
}

impl Route {
    fn matches(&self, event: &Event) -> bool {
        // An older Harbor does not say which version; then it has none to match with.
        let is_version = if event.versions.is_empty() {
            self.version.match_text("")
        } else {
            event.versions.iter().any(|version| self.version.match_text(version))
        };
        // An execution without tasks has no repository, and a project only where its rule can be about no other.
        let is_image = if event.repository.is_empty() {
            let is_project =
                self.project.is_any() || !event.project.is_empty() && self.project.match_text(&event.project);
            is_project && self.repository.is_any() && self.version.is_any()
        } else {
            is_version && self.project.match_text(&event.project) && self.repository.match_text(&event.repository)
        };
        let is_unconfirmed = event.operation == Operation::Unconfirmed;
        is_image
            && (self.operation.is_empty() || is_unconfirmed || self.operation.contains(&event.operation))
            && (self.outcome.is_empty() || self.outcome.contains(&event.outcome))
            && self.registry.match_text(&event.registry)
            && self.description.match_text(&event.description)
    }
}

impl Routing {
    /// Whether anybody is notified of such an event at all.
    pub fn notifies(&self, event: &Event) -> bool {
        let operation = if event.operation == Operation::Unconfirmed { Operation::Copy } else { event.operation };
        self.notify.contains(&event.outcome) && self.operations.contains(&operation)
    }

    /// Every route that matches counts, and each robot gets it once, with all of its mentions. What no route matches
    /// goes to the default robot, if there is one.
    pub fn addressees(&self, event: &Event) -> Vec<Addressee> {
        let mut addressees: Vec<Addressee> = Vec::new();
        if !self.notifies(event) {
            return addressees;
        }
        for route in self.routes.iter().filter(|route| route.matches(event)) {
            for robot in &route.robots {
                let known = addressees.iter().position(|addressee| addressee.robot == *robot);
                let place = known.unwrap_or_else(|| {
                    addressees.push(Addressee { robot: robot.clone(), mentions: Vec::new(), by: Vec::new() });
                    addressees.len() - 1
                });
                addressees[place].by.push(route.line);
                unite(&mut addressees[place].mentions, &route.mention);
            }
        }
        if addressees.is_empty() && self.robot(DEFAULT).is_some() {
            addressees.push(Addressee { robot: DEFAULT.to_owned(), mentions: Vec::new(), by: Vec::new() });
        }
        addressees
    }

    /// One delivery for each robot that is to send the event.
    pub fn assignments(&self, event: &Event) -> Vec<Assignment> {
        let assignment = |addressee: Addressee| Assignment {
            delivery_id: Uuid::now_v7().to_string(),
            robot: addressee.robot,
            mentions: addressee.mentions,
            grace: self.failure_grace.of(event.outcome),
        };
        self.addressees(event).into_iter().map(assignment).collect()
    }

    pub fn robot(&self, name: &str) -> Option<&Robot> {
        self.robots.iter().find(|robot| robot.name == name)
    }

    /// How a robot's messages are written; one that is not configured would get Markdown.
    pub fn format(&self, robot: &str) -> Format {
        self.robot(robot).map_or(Format::Markdown, |robot| robot.format)
    }

    pub fn names(&self) -> Vec<String> {
        self.robots.iter().map(|robot| robot.name.clone()).collect()
    }
}
