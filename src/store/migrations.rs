//! The schema's migrations, in the words of one engine, and what is said about those that a start applies.

use std::collections::HashSet;
use std::time::Instant;

use sqlx::migrate::{Migrate, MigrateError, Migration, Migrator};
use sqlx::{Acquire, AssertSqlSafe, SqlSafeStr};

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Where the migrator keeps what was applied.
const TABLE: &str = "_sqlx_migrations";

pub(super) fn newest_schema() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Brings the schema up to date. Whoever upgrades sees in the log what takes its time; a new database is no upgrade.
pub(super) async fn apply<C>(connection: &mut C, words: impl Fn(&str) -> String) -> Result<(), MigrateError>
where
    C: Migrate,
    for<'c> &'c mut C: Acquire<'c, Connection = &'c mut C>,
{
    let migrator = migrator(words);
    // Of several replicas one applies them, and says so. PostgreSQL gives this lock to the same session again.
    connection.lock().await?;
    connection.ensure_migrations_table(TABLE).await?;
    let applied = connection.list_applied_migrations(TABLE).await?;
    let applied: HashSet<_> = applied.into_iter().map(|migration| migration.version).collect();
    let (from, to) = (applied.iter().max().copied().unwrap_or(0), newest_schema());
    if 0 < from && from < to {
        tracing::info!(from, to, "the database is being brought up to date");
        for migration in migrator.iter().filter(|migration| !applied.contains(&migration.version)) {
            let began = Instant::now();
            migrator.run_to(migration.version, &mut *connection).await?;
            let seconds = began.elapsed().as_secs_f64();
            let (number, about) = (migration.version, &*migration.description);
            tracing::info!(number, about, seconds, "a migration was applied");
        }
    }
    migrator.run(&mut *connection).await?;
    connection.unlock().await
}

fn migrator(words: impl Fn(&str) -> String) -> Migrator {
    let migrations = MIGRATOR.iter().map(|migration| {
        let text = AssertSqlSafe(words(migration.sql.as_str())).into_sql_str();
        let (version, description) = (migration.version, migration.description.clone());
        Migration::new(version, description, migration.migration_type, text, migration.no_tx)
    });
    Migrator::with_migrations(migrations.collect())
}
