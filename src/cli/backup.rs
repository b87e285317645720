//! `backup`: a copy of the database that a service can be started with.

use std::path::Path;
use std::process::ExitCode;

use super::output::table;
use super::user::{act_as_owner_of_way, check_configured_by};
use super::{CommandResult, Failure};
use crate::config::Config;
use crate::serve::stop_signal;
use crate::store::backup::{Backup, Source};
use crate::store::is_shared;

pub async fn backup(config: &Config, file: &Path) -> CommandResult {
    if is_shared(&config.database_url) {
        return Err(Failure::Usage(
            "DATABASE_URL is a PostgreSQL; make its backup with PostgreSQL's own pg_dump, such as: pg_dump --format=custom \
             --file=harborbell.dump, and the database's name"
                .to_owned(),
        ));
    }
    check_configured_by(&config.database_url, config.file)?;
    // A copy that is not whole goes with the future that makes it.
    let made = tokio::select! {
        made = copy(&config.database_url, file) => made?,
        () = stop_signal()? => return Err(anyhow::anyhow!("stopped before it was ready; no backup was made").into()),
    };
    let Backup { source, schema, newest_schema, events, deliveries, bytes } = made;
    let schema = if schema == newest_schema {
        schema.to_string()
    } else {
        format!("{schema}, as it is in the database; this program's own is {newest_schema}")
    };
    let facts = [
        ("backup", file.display().to_string()),
        ("of", source.display().to_string()),
        ("schema", schema),
        ("events", events.to_string()),
        ("deliveries", deliveries.to_string()),
        ("bytes", bytes.to_string()),
    ];
    table(&["", ""], facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]))?;
    Ok(ExitCode::SUCCESS)
}

/// Root opens the database, and writes as who could take away what it writes.
async fn copy(url: &str, file: &Path) -> anyhow::Result<Backup> {
    let source = Source::open(url).await?;
    act_as_owner_of_way(file)?;
    Ok(source.copy_to(file).await?)
}
