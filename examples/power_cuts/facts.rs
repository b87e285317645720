//! All that is in a database, but for what a service changes at its start.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, SqliteConnection};

/// Each table's rows as text, and the schema.
pub type Facts = BTreeMap<String, Vec<String>>;

/// What lanes do with what waits, and who does it.
const CHANGES: [&str; 6] = ["attempts", "leases", "messages", "retention", "robots", "_sqlx_migrations"];

pub async fn facts(database: &mut SqliteConnection) -> anyhow::Result<Facts> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *database).await?;
    let mut facts = Facts::new();
    for table in tables.into_iter().filter(|table| !CHANGES.contains(&table.as_str())) {
        let columns = "SELECT group_concat('quote(' || name || ')', ' || '','' || ') FROM pragma_table_info($1)";
        let columns: String = sqlx::query_scalar(columns).bind(&table).fetch_one(&mut *database).await?;
        let columns = match table.as_str() {
            "deliveries" => "id || event_id || robot || CASE finished_at WHEN 0 THEN 'waits' ELSE state END".into(),
            _ => columns,
        };
        let rows = AssertSqlSafe(format!("SELECT {columns} FROM {table} ORDER BY 1"));
        facts.insert(table, sqlx::query_scalar(rows).fetch_all(&mut *database).await?);
    }
    let schema = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1";
    facts.insert("schema".into(), sqlx::query_scalar(schema).fetch_all(&mut *database).await?);
    let migrations = "SELECT version || ' ' || success || ' ' || hex(checksum) FROM _sqlx_migrations ORDER BY version";
    facts.insert("migrations".into(), sqlx::query_scalar(migrations).fetch_all(&mut *database).await?);
    Ok(facts)
}
