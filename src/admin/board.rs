//! The board: the first page.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::access::Role;
use super::images::{cursor, position};
use super::page::fresh;
use super::page_query::{field_of, href, outcome, times};
use super::query::searched;
use super::views::Viewer;
use super::visitor::Visitor;
use super::{Admin, apart};
use crate::board::{Row, Wanted};
use crate::model::destination::{Destinations, Label, spans};
use crate::model::json::with;
use crate::model::link::image_path;
use crate::problem::Problem;
use crate::render::{Renderer, age};
use crate::robots::robots;
use crate::store::images::Images;

/// Images on a page.
const ROWS: usize = 50;
/// With more destinations than this, each row lists its own.
const MOST_COLUMNS: usize = 6;
/// A longer choice is no help.
const MOST_CHOICES: usize = 200;

/// What the board's form and links say. Empty means "not asked for", as a form sends it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct BoardQuery {
    q: String,
    project: String,
    destination: String,
    incomplete: String,
    outcome: String,
    /// One of [`PERIODS`]; a time of one's own goes before it.
    period: String,
    since: String,
    until: String,
    cursor: String,
}

impl BoardQuery {
    fn wanted(&self, admin: &Admin) -> Result<Wanted, Problem> {
        let (since, until) = times(admin, &self.period, &self.since, &self.until)?;
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Ok(Wanted {
            images: Images {
                project: given(&self.project),
                q: searched(Some(&self.q)),
                since,
                until,
                ..Images::default()
            },
            destination: given(&self.destination),
            incomplete: !self.incomplete.is_empty(),
            outcome: outcome(&self.outcome)?,
        })
    }

    fn pairs(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("q", &self.q),
            ("project", &self.project),
            ("destination", &self.destination),
            ("incomplete", &self.incomplete),
            ("outcome", &self.outcome),
            ("period", &self.period),
            ("since", &self.since),
            ("until", &self.until),
        ]
    }

    fn after(&self, cursor: &str) -> String {
        let mut pairs = self.pairs();
        pairs.push(("cursor", cursor));
        href("/", &pairs)
    }

    /// The same with one condition changed.
    fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut query = Self { cursor: String::new(), ..self.clone() };
        change(&mut query);
        href("/", &query.pairs())
    }

    /// The ready-made views.
    fn tabs(&self) -> Value {
        let tab = |word: &str, incomplete: &str, outcome: &str| {
            let link = self.with(|query| {
                incomplete.clone_into(&mut query.incomplete);
                outcome.clone_into(&mut query.outcome);
            });
            json!({
                "word": word, "href": link,
                "current": self.incomplete.is_empty() == incomplete.is_empty() && self.outcome == outcome,
            })
        };
        json!([tab("all", "", ""), tab("incomplete", "1", ""), tab("failed", "", "failed")])
    }
}

#[get("/")]
pub(super) async fn board(request: HttpRequest, query: Query<BoardQuery>, admin: Data<Admin>) -> HttpResponse {
    let visitor = match Visitor::admitted(&admin, &request, Role::Read).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    match rows(&visitor, &query).await {
        Ok(view) => visitor.page(StatusCode::OK, "board.html", None, view),
        Err(problem) => visitor.problem(&problem),
    }
}

async fn rows(visitor: &Visitor<'_>, query: &BoardQuery) -> Result<Value, Problem> {
    let (admin, viewer) = (visitor.admin, visitor.viewer());
    let wanted = query.wanted(admin)?;
    let after = (!query.cursor.is_empty()).then(|| position(&query.cursor)).transpose()?;
    let is_first = after.is_none();
    let is_filtered = wanted != Wanted::default();
    let asks_for_incomplete = wanted == Wanted { incomplete: true, ..Wanted::default() };
    let since = field_of(&query.since, wanted.images.since, &admin.timezone);
    let until = field_of(&query.until, wanted.images.until, &admin.timezone);
    let page = admin.board(wanted, ROWS, after).await?;
    let (store, routing, now) = (admin.store.clone(), admin.routing(), viewer.now);
    let rules = admin.rule_names();
    let expected: Vec<_> = rules.iter().map(|(_, label)| label.clone()).collect();
    let (labels, repositories, robots, is_empty, looks) = apart(async move {
        let is_empty = !store.has_events().await?;
        let replicated = store.destinations_of_all().await?;
        let destinations = Destinations::of(&replicated, &spans(&replicated), &rules);
        let labels: BTreeSet<Label> = destinations.all().into_iter().cloned().collect();
        let robots = robots(&store, &routing, now).await?;
        Ok((labels, store.repositories_known().await?, robots, is_empty, store.looks().await?))
    })
    .await?;
    let names: BTreeSet<_> = labels.iter().chain(&expected).map(Label::name).filter(|name| !name.is_empty()).collect();
    let projects: BTreeSet<_> = repositories.iter().filter_map(|name| Some(name.split_once('/')?.0)).collect();
    let columns = columns(&page.rows);
    let view = json!({
        "rows": page.rows.iter().map(|row| row_view(row, &columns, &viewer, &admin.renderer)).collect::<Vec<_>>(),
        "columns": columns,
        "many": columns.len() > MOST_COLUMNS,
        "guessed": page.rows.iter().flat_map(|row| &row.destinations).any(|cell| cell.guessed),
        "tabs": query.tabs(),
        "filter": {
            "q": query.q, "project": query.project, "destination": query.destination, "incomplete": query.incomplete,
            "outcome": query.outcome, "period": if query.since.is_empty() { &query.period } else { "" },
            "since": since, "until": until, "is_empty": !is_filtered,
        },
        "destinations": names.into_iter().take(MOST_CHOICES).collect::<Vec<_>>(),
        "projects": projects.into_iter().take(MOST_CHOICES).collect::<Vec<_>>(),
        "next_href": page.next.as_ref().map(|next| query.after(&cursor(next))),
        "first_href": (!is_first).then(|| query.after("")),
        "troubled": robots.iter().filter(|robot| robot.is_in_trouble()).count(),
        "robots": robots.len(),
        "harbor": viewer.harbor(&admin.harbor.borrow()),
        "retention": viewer.retention(looks),
        "is_fresh": is_empty && !is_filtered,
        "all_complete": asks_for_incomplete && is_first,
        "robots_shown": false,
    });
    Ok(with(view, fresh(visitor)))
}

/// The destinations of these rows: those of the most rows first.
fn columns(rows: &[Row]) -> Vec<String> {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in rows.iter().flat_map(|row| &row.destinations) {
        *counted.entry(&cell.destination).or_default() += 1;
    }
    let mut columns: Vec<_> = counted.into_iter().collect();
    columns.sort_by_key(|(name, rows)| (std::cmp::Reverse(*rows), *name));
    columns.into_iter().map(|(name, _)| name.to_owned()).collect()
}

fn row_view(row: &Row, columns: &[String], viewer: &Viewer<'_>, renderer: &Renderer) -> Value {
    let in_column = |column: &String| {
        // Two registries may bear one name.
        let cells = row.destinations.iter().filter(|cell| cell.destination == *column);
        json!({ "name": column, "cells": cells.map(|cell| viewer.cell(cell, renderer)).collect::<Vec<_>>() })
    };
    let more = json!({
        "id": row_id(row),
        "href": image_path(&row.facts.repository, ""),
        "version_href": image_path(&row.facts.repository, &row.facts.version),
        "last_activity_at": viewer.time(row.facts.last_activity_at),
        "incomplete_for": row.facts.incomplete.then(|| age(viewer.now - row.facts.incomplete_since, viewer.language)),
        "columns": columns.iter().map(in_column).collect::<Vec<_>>(),
    });
    with(&row.facts, more)
}

/// The same for a row as long as it is there, whatever its names are.
fn row_id(row: &Row) -> String {
    let names = json!([row.facts.repository, row.facts.version]).to_string();
    format!("i-{:.20x}", Sha256::digest(names))
}
