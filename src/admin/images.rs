//! The API of the board: which image is where.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, get};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::access::Role;
use super::answers::{Guarded, Named, Queried};
use super::query::{bad, searched};
use super::{Admin, apart};
use crate::board::{Board, Cell, Facts, Page, Row, Wanted, names};
use crate::harbor::answers::Policy;
use crate::model::clock::Millis;
use crate::model::destination::Label;
use crate::model::event::{Event, ReplicationOutcome};
use crate::model::moment::moment;
use crate::problem::Problem;
use crate::store::images::{Image, Images};
use crate::store::views::StoredEvent;

/// So many events of an image at one destination are listed.
pub const MOST_EVENTS: usize = 20;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImagesQuery {
    /// The beginning of a repository, of its last segment, or of a version; case does not matter, and only the first 100
    /// characters do.
    #[param(nullable = false)]
    pub q: Option<String>,
    #[param(nullable = false)]
    pub project: Option<String>,
    /// Only images that were seen there or are expected there: a rule's description, or a registry's name.
    #[param(nullable = false)]
    pub destination: Option<String>,
    /// Only images that are not where they are expected.
    #[param(nullable = false)]
    pub incomplete: Option<bool>,
    /// Only images whose latest execution that has ended, at some destination, ended so; `succeeded`: and that are there.
    #[param(nullable = false)]
    pub outcome: Option<ReplicationOutcome>,
    /// By `last_activity_at`, this moment included: an RFC 3339 time, or such as `24h` for a day ago.
    #[param(nullable = false)]
    pub since: Option<String>,
    /// By `last_activity_at`, this moment excluded.
    #[param(nullable = false)]
    pub until: Option<String>,
    #[param(nullable = false, minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    pub cursor: Option<String>,
}

const MOST_ITEMS: usize = 200;

#[derive(Debug, Serialize, ToSchema)]
pub struct ImageList {
    /// The most recently active first.
    pub items: Vec<Row>,
    /// Where the next page begins; null on the last one. A page may have fewer items than asked for, and yet not be the
    /// last one: where few images match, it says where to go on.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ImageHistoryList {
    pub items: Vec<RowWithHistory>,
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// An image whose destinations have their history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImageWithHistory)]
pub struct RowWithHistory {
    #[serde(flatten)]
    pub facts: Facts,
    pub destinations: Vec<CellWithHistory>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImageDestinationWithHistory)]
pub struct CellWithHistory {
    #[serde(flatten)]
    pub cell: Cell,
    /// The newest first, at most 20. `versions` has only the row's own.
    pub history: Vec<StoredEvent>,
}

/// List images with where they are, the most recently active first
#[utoipa::path(tag = "images", params(ImagesQuery), security(("token" = [])), responses(
    (status = 200, body = ImageList),
    Queried,
    Guarded,
))]
#[get("/api/v1/images")]
pub async fn list(
    request: HttpRequest,
    query: Query<ImagesQuery>,
    admin: Data<Admin>,
) -> Result<Json<ImageList>, Problem> {
    admin.access.admit(&request, Role::Read).await?;
    let wanted = query.wanted(&admin.timezone, admin.clock.now())?;
    let page = admin.board(wanted, query.limit()?, query.after()?).await?;
    Ok(Json(ImageList { items: page.rows, next_cursor: page.next.as_ref().map(cursor) }))
}

/// Show the versions of one repository with all that happened to them
#[utoipa::path(path = "/api/v1/images/{project}/{name}", tag = "images", params(
    ("project" = String, Path), ("name" = String, Path, description = "The rest of the repository; may have slashes"),
    ImageQuery,
), security(("token" = [])), responses(
    (status = 200, body = ImageHistoryList),
    Named,
    Queried,
    Guarded,
))]
#[get("/api/v1/images/{repository:.+}")]
pub async fn show(
    request: HttpRequest,
    repository: Path<String>,
    query: Query<ImageQuery>,
    admin: Data<Admin>,
) -> Result<Json<ImageHistoryList>, Problem> {
    admin.access.admit(&request, Role::Read).await?;
    let after = query.cursor.as_deref().map(position).transpose()?;
    let limit = limit(query.limit)?;
    let page = admin.image(repository.into_inner(), query.version.clone(), limit, after).await?;
    Ok(Json(page))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImageQuery {
    /// Only this version.
    #[param(nullable = false)]
    pub version: Option<String>,
    #[param(nullable = false, minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<usize>,
    #[param(nullable = false)]
    pub cursor: Option<String>,
}

impl ImagesQuery {
    fn wanted(&self, timezone: &TimeZone, now: Millis) -> Result<Wanted, Problem> {
        let at =
            |text: &Option<String>| text.as_deref().map(|text| moment(text, timezone, now)).transpose().map_err(bad);
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Ok(Wanted {
            images: Images {
                project: given(&self.project),
                q: searched(self.q.as_deref()),
                since: at(&self.since)?,
                until: at(&self.until)?,
                ..Images::default()
            },
            destination: given(&self.destination),
            incomplete: self.incomplete == Some(true),
            outcome: self.outcome,
        })
    }

    fn limit(&self) -> Result<usize, Problem> {
        limit(self.limit)
    }

    fn after(&self) -> Result<Option<Image>, Problem> {
        self.cursor.as_deref().map(position).transpose()
    }
}

fn limit(limit: Option<usize>) -> Result<usize, Problem> {
    let limit = limit.unwrap_or(50);
    if (1..=MOST_ITEMS).contains(&limit) { Ok(limit) } else { Err(bad(format!("limit is from 1 to {MOST_ITEMS}"))) }
}

impl Admin {
    /// A part of the board.
    pub(super) async fn board(&self, wanted: Wanted, limit: usize, after: Option<Image>) -> Result<Page, Problem> {
        let (store, rules, now) = (self.store.clone(), self.rules(), self.clock.now());
        apart(async move {
            let rules = rules.as_ref().map(|rules| rules.as_slice());
            Board { store: &store, rules, now }.page(&wanted, limit, after.as_ref()).await
        })
        .await
    }

    /// Versions of one repository, the most recently active first, with their history; an error where there is none.
    pub(super) async fn image(
        &self,
        repository: String,
        version: Option<String>,
        limit: usize,
        after: Option<Image>,
    ) -> Result<ImageHistoryList, Problem> {
        let wanted = Images { repository: Some(repository.clone()), version, ..Images::default() };
        let is_first = after.is_none();
        let page = self.board(Wanted { images: wanted, ..Wanted::default() }, limit, after).await?;
        if is_first && page.rows.is_empty() {
            let problem = Problem::new(StatusCode::NOT_FOUND, "no replication of this image was ever told");
            return Err(problem.with("repository", json!(repository)));
        }
        let cells = page.rows.iter().flat_map(|row| &row.destinations);
        let ids: BTreeSet<_> = cells.flat_map(|cell| cell.events.iter().take(MOST_EVENTS).cloned()).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let store = self.store.clone();
        let events = apart(async move { store.events(&ids).await }).await?;
        let events: HashMap<_, _> = events.into_iter().map(|event| (event.id.clone(), event)).collect();
        let next_cursor = page.next.as_ref().map(cursor);
        let items = page.rows.into_iter().map(|row| with_history(row, &events)).collect();
        Ok(ImageHistoryList { items, next_cursor })
    }

    /// What Harbor's rules are called, where it can be asked.
    pub(super) fn rule_names(&self) -> Vec<(i64, Label)> {
        self.rules().map_or_else(Vec::new, |rules| names(&rules))
    }

    /// Harbor's rules, where it can be asked.
    fn rules(&self) -> Option<Arc<Vec<Policy>>> {
        self.harbor_api.as_ref().and_then(|connection| connection.rules_known())
    }
}

fn with_history(row: Row, events: &HashMap<String, StoredEvent>) -> RowWithHistory {
    let Row { facts, destinations } = row;
    let destinations = destinations.into_iter().map(|cell| {
        let known = cell.events.iter().take(MOST_EVENTS).filter_map(|id| events.get(id));
        // Of the thousands of versions that an event may have, the row is about one.
        let of_version = |event: &StoredEvent| {
            let versions = event.facts.versions.iter().filter(|version| **version == facts.version).cloned();
            StoredEvent { id: event.id.clone(), facts: Event { versions: versions.collect(), ..event.facts.clone() } }
        };
        let history = known.map(of_version).collect();
        CellWithHistory { cell, history }
    });
    let destinations = destinations.collect();
    RowWithHistory { facts, destinations }
}

/// Where a page begins, as text: the time, the length of the repository, the repository, the version.
pub(super) fn cursor(image: &Image) -> String {
    let Image { repository, version, last_activity_at, .. } = image;
    format!("{last_activity_at}-{}-{repository}{version}", repository.len())
}

pub(super) fn position(cursor: &str) -> Result<Image, Problem> {
    let read = || {
        let (at, rest) = cursor.split_once('-')?;
        let (length, names) = rest.split_once('-')?;
        let (repository, version) = names.split_at_checked(length.parse().ok()?)?;
        Some(Image {
            repository: repository.to_owned(),
            version: version.to_owned(),
            first_seen_at: 0,
            last_activity_at: at.parse().ok()?,
        })
    };
    read().ok_or_else(|| bad("this cursor is unknown; take `next_cursor` of the page before").word("problem_cursor"))
}
