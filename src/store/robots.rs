//! Robots as the tables know them: their rows, their condition, what waits for them.

use sqlx::FromRow;

use super::sql::sql;
use super::views::RobotRow;
use super::{Result, Store, rows};
use crate::model::clock::{Clock, MINUTE, Millis, believable};
use crate::model::settle::Condition;

/// The furthest ahead that a slot can be on a right clock: one message a minute, after the longest POST.
const LONGEST_SLOT: Millis = 2 * MINUTE;

/// What the lane's next step is decided upon.
#[derive(Clone, Debug, FromRow)]
pub struct Robot {
    #[sqlx(flatten)]
    pub condition: Condition,
    pub next_slot_at: Millis,
    /// The id of a test message that somebody asked for.
    pub test: Option<String>,
}

impl Store {
    /// Makes sure that each of these robots has its row. They are new, or new settings apply, or the program
    /// has restarted; so the pause of a broken one ends: somebody has probably fixed the key. And the timeout of a
    /// failing one begins anew: it is unknown whether it failed while this program was off.
    pub async fn register(&self, robots: &[&str], now: Millis) -> Result<()> {
        let names = rows(&robots.iter().map(|robot| [robot]).collect::<Vec<_>>());
        let mut transaction = self.begin().await?;
        let inserted =
            sql("INSERT INTO robots (name, failures, failing_since, broken, pause, paused_until, last_error,
                 next_slot_at, test_id, lease_owner, lease_until)
             SELECT value->>0, 0, 0, 0, 'none', 0, '', 0, '', '', 0 FROM rows($1)
             WHERE NOT EXISTS (SELECT 1 FROM robots known WHERE known.name = value->>0)
             ON CONFLICT (name) DO NOTHING");
        transaction.run(inserted.bind(&names)).await?;
        let renewed = sql("UPDATE robots SET failing_since = CASE WHEN failures > 0 THEN $2 ELSE failing_since END,
                 paused_until = CASE WHEN pause = 'broken' THEN 0 ELSE paused_until END,
                 pause = CASE WHEN pause = 'broken' THEN 'none' ELSE pause END
             WHERE name IN (SELECT value->>0 FROM rows($1)) AND (failures > 0 OR pause = 'broken')");
        transaction.run(renewed.bind(&names).bind(now)).await?;
        transaction.commit().await
    }

    pub async fn robot(&self, name: &str, now: Millis) -> Result<Robot> {
        let robot = sql("SELECT failures, failing_since, broken = 1 AS broken, pause, paused_until, last_error,
                 next_slot_at, nullif(test_id, '') AS test
             FROM robots WHERE name = $1");
        let robot: Robot = self.first(robot.bind(name)).await?.ok_or(sqlx::Error::RowNotFound)?;
        let next_slot_at = believable(robot.next_slot_at, now, LONGEST_SLOT);
        Ok(Robot { condition: robot.condition.believable(now), next_slot_at, ..robot })
    }

    /// All robots that have a row or for which something waits. What waits is counted up to `most`, because a count
    /// costs as much as it counts.
    pub async fn robots(&self, now: Millis, most: i64) -> Result<Vec<RobotRow>> {
        let statement = sql("WITH RECURSIVE found(name) AS (
                 SELECT (SELECT min(robot) FROM deliveries)
                 UNION ALL
                 SELECT (SELECT min(d.robot) FROM deliveries d WHERE d.robot > found.name)
                 FROM found WHERE found.name IS NOT NULL),
             names(name) AS (
                 SELECT name FROM robots
                 UNION
                 SELECT name FROM found WHERE EXISTS (
                     SELECT 1 FROM deliveries d WHERE d.robot = found.name AND d.state = 'pending'))
             SELECT names.name, coalesce(r.failures, 0) AS failures, coalesce(r.failing_since, 0) AS failing_since,
                 coalesce(r.broken, 0) = 1 AS broken, coalesce(r.pause, 'none') AS pause,
                 coalesce(r.paused_until, 0) AS paused_until, coalesce(r.last_error, '') AS last_error,
                 coalesce(r.next_slot_at, 0) AS next_slot_at,
                 EXISTS (SELECT 1 FROM messages m WHERE m.robot = names.name AND m.outcome = 'in_flight') AS sending,
                 (SELECT count(*) FROM (
                      SELECT 1 FROM deliveries d WHERE d.robot = names.name AND d.state = 'pending' LIMIT $1) counted
                 ) AS waiting,
                 coalesce((SELECT min(d.created_at) FROM deliveries d
                           WHERE d.robot = names.name AND d.state = 'pending'), 0) AS oldest_waiting_at
             FROM names LEFT JOIN robots r ON r.name = names.name
             ORDER BY names.name")
        .bind(most);
        let robots: Vec<RobotRow> = self.all(statement).await?;
        Ok(robots.into_iter().map(|robot| RobotRow { condition: robot.condition.believable(now), ..robot }).collect())
    }

    /// The robots that a running service sends for: those whose leases are held now.
    pub async fn served(&self, clock: &Clock) -> Result<Vec<String>> {
        let now = self.tell_time(clock).await?;
        self.texts(sql("SELECT name FROM robots WHERE lease_owner <> '' AND lease_until > $1").bind(now)).await
    }
}
