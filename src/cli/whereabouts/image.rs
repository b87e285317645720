//! The image that `where` is asked about: what can be one, and the newest versions of one whose version is not named.

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::Failure;
use super::output::{table, time, times};
use super::source::{AskError, Source};

/// `project/name`, `project/name:tag`, or `project/name@sha256:…`. What can be no image of Harbor's is refused, before it is
/// waited for.
pub(super) fn read(text: &str) -> Result<(String, Option<String>), Failure> {
    if let Some((_, address)) = text.split_once("://") {
        let host = address.split('/').next().unwrap_or_default();
        return Err(with_registry(host, &address[host.len()..]));
    }
    let after_slash = text.rfind('/').map_or(0, |slash| slash + 1);
    let mark = text.find('@').or_else(|| text[after_slash..].find(':').map(|colon| after_slash + colon));
    let (repository, version) = mark.map_or((text, None), |mark| (&text[..mark], Some(&text[mark + 1..])));
    if repository.is_empty() || version == Some("") {
        return Err(Failure::Usage(format!("{text:?} is no image; use one such as mars/mars-api:v1.2.3")));
    }
    if repository[after_slash.min(repository.len())..].contains(':') {
        return Err(Failure::Usage(format!("{text:?} has a tag and a digest; use one of them")));
    }
    let Some((project, rest)) = repository.split_once('/') else {
        let hint = "it has no project; use project/name:tag, such as mars/mars-api:v1.2.3";
        return Err(Failure::Usage(format!("{text:?} is no image of Harbor's: {hint}")));
    };
    if project.contains(':') || project.is_empty() || rest.is_empty() {
        return Err(with_registry(project, &text[project.len()..]));
    }
    Ok((repository.to_owned(), version.map(str::to_owned)))
}

/// Refuses what begins with the name of a registry. A project may have a dot, too: then something was told of it.
pub(super) async fn check_project(source: &Source, image: &str) -> Result<(), Failure> {
    let Some((project, rest)) = image.split_once('/').filter(|(project, _)| project.contains('.')) else {
        return Ok(());
    };
    // Who cannot be asked now is asked about the image all the same, and says so then.
    match source.has_project(project).await {
        Ok(false) => Err(with_registry(project, &format!("/{rest}"))),
        Ok(true) | Err(AskError::Passing(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn with_registry(project: &str, rest: &str) -> Failure {
    let rest = rest.trim_start_matches('/');
    let hint = if rest.contains('/') {
        format!("leave the registry out: {rest}")
    } else {
        "use project/name:tag, such as mars/mars-api:v1.2.3".to_owned()
    };
    Failure::Usage(format!("no image of Harbor's begins with {project:?}; {hint}"))
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Passing(error) | AskError::Final(error) => error.into(),
        }
    }
}

#[derive(Deserialize)]
struct Row {
    version: Option<String>,
    last_activity_at: jiff::Timestamp,
    destinations: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    destination: String,
    state: String,
    occurred_at: Option<jiff::Timestamp>,
    #[serde(default)]
    guessed: bool,
}

/// The newest versions, and how each stands at each destination.
pub(super) fn print_versions(versions: &[Value], timezone: &TimeZone) -> anyhow::Result<()> {
    let rows: Vec<Row> = versions.iter().map(Row::deserialize).collect::<Result<_, _>>()?;
    let mut places: Vec<&str> = Vec::new();
    for cell in rows.iter().flat_map(|row| &row.destinations) {
        if !places.contains(&cell.destination.as_str()) {
            places.push(&cell.destination);
        }
    }
    places.sort_unstable();
    let last = times("LAST ACTIVITY", timezone);
    let headers: Vec<_> = ["VERSION", &last].into_iter().chain(places.iter().copied()).collect();
    let lines = rows.iter().map(|row| {
        let here = |place: &&str| {
            let cells = row.destinations.iter().filter(|cell| cell.destination == *place);
            cells.map(|cell| words(cell, timezone)).collect::<Vec<_>>().join(", ")
        };
        let version = row.version.clone().unwrap_or_else(|| "unknown".to_owned());
        let mut line = vec![version, time(row.last_activity_at.as_millisecond(), timezone)];
        line.extend(places.iter().map(here));
        line
    });
    Ok(table(&headers, lines)?)
}

fn words(cell: &Cell, timezone: &TimeZone) -> String {
    match (cell.state.as_str(), cell.occurred_at) {
        // Without Harbor's rules nobody knows where it should be.
        ("not_seen", _) if cell.guessed => "missing?".to_owned(),
        ("not_seen", _) => "missing".to_owned(),
        (state, Some(at)) => format!("{state} {}", time(at.as_millisecond(), timezone)),
        (state, None) => state.to_owned(),
    }
}
