//! `copy`: migrating from one database to another that is empty.

use std::process::ExitCode;

use clap::Args;

use super::output::{line, table};
use super::user::act_as_owner;
use super::{CommandResult, Failure};
use crate::model::clock::Clock;
use crate::store::{Store, check_url};

#[derive(Args)]
pub struct Arguments {
    /// Where everything is now, such as sqlite://data/harborbell.db; no service may use it meanwhile
    #[arg(long)]
    from: String,
    /// An empty database, such as postgres://harborbell@db.example.com/harborbell
    #[arg(long)]
    to: String,
}

pub async fn copy(Arguments { from, to }: Arguments) -> CommandResult {
    for (name, url) in [("--from", &from), ("--to", &to)] {
        check_url(url).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    }
    for url in [&from, &to] {
        act_as_owner(url, None)?;
    }
    // Looked at first, because the next step would make a file where there is none.
    Store::open(&from).await?.close().await;
    let source = Store::to_copy(&from).await?;
    if source.is_served(&Clock::external()).await? && !source.is_exclusive() {
        return Err(anyhow::anyhow!(
            "a service uses the database of --from; stop it first, or wait 30 s if it was killed"
        )
        .into());
    }
    let target = Store::to_copy(&to).await?;
    if !target.is_empty().await? {
        return Err(anyhow::anyhow!("the database of --to is not empty; nothing was copied").into());
    }
    let copied = target.copy_from(&source).await?;
    table(&["TABLE", "ROWS"], copied.iter().map(|(name, rows)| vec![(*name).to_owned(), rows.to_string()]))?;
    line("\nAll of it is there. Set DATABASE_URL to the new one before you start the service.")?;
    Ok(ExitCode::SUCCESS)
}
