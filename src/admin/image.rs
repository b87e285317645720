//! The page of an image: its versions with all that happened to them at each destination.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Role;
use super::images::{CellWithHistory, RowWithHistory, position};
use super::page_query::href;
use super::views::Viewer;
use super::visitor::Visitor;
use super::{Admin, apart};
use crate::model::clock::SECOND;
use crate::model::event::label;
use crate::model::json::with;
use crate::model::link::image_path;
use crate::problem::Problem;
use crate::render::{Renderer, age};
use crate::store::show::DeliveryOf;
use crate::store::views::StoredEvent;

/// Versions on a page.
const VERSIONS: usize = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ImagePageQuery {
    version: String,
    cursor: String,
}

#[get("/images/{repository:.+}")]
pub(super) async fn image_page(
    request: HttpRequest,
    repository: Path<String>,
    query: Query<ImagePageQuery>,
    admin: Data<Admin>,
) -> HttpResponse {
    let visitor = match Visitor::admitted(&admin, &request, Role::Read).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    match versions(&visitor, repository.into_inner(), &query).await {
        Ok(view) => visitor.page(StatusCode::OK, "image.html", None, view),
        Err(problem) => visitor.problem(&problem),
    }
}

async fn versions(visitor: &Visitor<'_>, repository: String, query: &ImagePageQuery) -> Result<Value, Problem> {
    let (admin, viewer) = (visitor.admin, visitor.viewer());
    let version = (!query.version.is_empty()).then(|| query.version.clone());
    let after = (!query.cursor.is_empty()).then(|| position(&query.cursor)).transpose()?;
    let page = admin.image(repository.clone(), version.clone(), VERSIONS, after).await?;
    let cells = page.items.iter().flat_map(|row| &row.destinations);
    let ids: Vec<_> = cells.flat_map(|cell| cell.history.iter().map(|event| event.id.clone())).collect();
    let store = admin.store.clone();
    let sent = apart(async move { store.deliveries_of(&ids).await }).await?;
    let mut deliveries: HashMap<String, Vec<DeliveryOf>> = HashMap::new();
    for delivery in sent {
        deliveries.entry(delivery.event_id.clone()).or_default().push(delivery);
    }
    let pairs = |cursor: &str| {
        let path = image_path(&repository, "");
        href(&path, &[("version", &query.version), ("cursor", cursor)])
    };
    Ok(json!({
        "repository": repository,
        "version": version,
        "href": image_path(&repository, ""),
        "versions": page.items.iter().map(|row| version_view(row, &deliveries, &viewer, &admin.renderer)).collect::<Vec<_>>(),
        "next_href": page.next_cursor.as_deref().map(pairs),
        "first_href": (!query.cursor.is_empty()).then(|| pairs("")),
    }))
}

fn version_view(
    row: &RowWithHistory,
    deliveries: &HashMap<String, Vec<DeliveryOf>>,
    viewer: &Viewer<'_>,
    renderer: &Renderer,
) -> Value {
    let cell = |CellWithHistory { cell, history }: &CellWithHistory| {
        let event = |event: &StoredEvent| {
            let facts = &event.facts;
            let more = json!({
                "label": label(&facts.registry, &facts.description),
                "occurred_at": viewer.time(facts.occurred_at),
                "execution_at": viewer.time(facts.execution_timestamp * SECOND),
                "harbor_link": renderer.harbor_link(facts.execution_id),
                "deliveries": deliveries.get(&event.id),
            });
            with(event, more)
        };
        let more = json!({ "history": history.iter().map(event).collect::<Vec<_>>() });
        with(viewer.cell(cell, renderer), more)
    };
    let name = match row.facts.version.as_str() {
        "" => row.facts.repository.clone(),
        version => format!("{}:{version}", row.facts.repository),
    };
    let more = json!({
        "image": name,
        "version_href": image_path(&row.facts.repository, &row.facts.version),
        "last_activity_at": viewer.time(row.facts.last_activity_at),
        "incomplete_for": row.facts.incomplete.then(|| age(viewer.now - row.facts.incomplete_since, viewer.language)),
        "destinations": row.destinations.iter().map(cell).collect::<Vec<_>>(),
    });
    with(&row.facts, more)
}
