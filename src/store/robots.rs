//! Robots as the tables know them: their rows, their condition, what waits for them.

use sqlx::FromRow;

use super::sql::sql;
use super::views::RobotRow;
use super::{Result, Store, rows};
use crate::model::clock::{Clock, MINUTE, Millis, believable};
use crate::model::outcome::LONGEST_PAUSE;
use crate::model::settle::{Condition, Pause};

/// The furthest ahead that a slot can honestly be: one message a minute, after the longest POST.
const LONGEST_SLOT: Millis = 2 * MINUTE;

/// What the lane's next step is decided upon.
#[derive(Clone, Debug)]
pub struct Robot {
    pub condition: Condition,
    pub next_slot_at: Millis,
    /// The id of a test message that somebody asked for.
    pub test: Option<String>,
}

impl Store {
    /// Makes sure that each of these robots has its row. They are new, or new settings are in force, or the program
    /// has restarted; so the pause of a broken one ends: somebody has probably mended the key. And timeout with a
    /// failing one begins anew: nobody can tell whether it failed while this program was off.
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
        let row = self.first::<StoredRobot>(sql("SELECT * FROM robots WHERE name = $1").bind(name)).await?;
        let row = row.ok_or(sqlx::Error::RowNotFound)?;
        Ok(Robot {
            condition: row.condition.condition(now),
            next_slot_at: believable(row.next_slot_at, now, LONGEST_SLOT),
            test: (!row.test_id.is_empty()).then_some(row.test_id),
        })
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
                 coalesce(r.broken, 0) AS broken, coalesce(r.pause, 'none') AS pause,
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
        let rows = self.all::<RobotRecord>(statement).await?;
        let robot = |row: RobotRecord| RobotRow {
            condition: row.condition.condition(now),
            name: row.name,
            next_slot_at: row.next_slot_at,
            sending: row.sending,
            waiting: row.waiting,
            oldest_waiting_at: row.oldest_waiting_at,
        };
        Ok(rows.into_iter().map(robot).collect())
    }

    /// The robots that a running service sends for: those whose leases are held now.
    pub async fn served(&self, clock: &Clock) -> Result<Vec<String>> {
        let now = self.tell_time(clock).await?;
        self.texts(sql("SELECT name FROM robots WHERE lease_owner <> '' AND lease_until > $1").bind(now)).await
    }
}

#[derive(FromRow)]
struct RobotRecord {
    name: String,
    #[sqlx(flatten)]
    condition: ConditionRow,
    next_slot_at: Millis,
    sending: bool,
    waiting: i64,
    oldest_waiting_at: Millis,
}

#[derive(FromRow)]
struct StoredRobot {
    #[sqlx(flatten)]
    condition: ConditionRow,
    next_slot_at: Millis,
    test_id: String,
}

#[derive(FromRow)]
struct ConditionRow {
    failures: i64,
    failing_since: Millis,
    broken: i64,
    pause: String,
    paused_until: Millis,
    last_error: String,
}

impl ConditionRow {
    fn condition(self, now: Millis) -> Condition {
        Condition {
            failures: self.failures,
            failing_since: self.failing_since,
            broken: self.broken == 1,
            pause: match self.pause.as_str() {
                "retry" => Pause::Retry,
                "throttled" => Pause::Throttled,
                "broken" => Pause::Broken,
                _ => Pause::None,
            },
            paused_until: believable(self.paused_until, now, LONGEST_PAUSE),
            last_error: self.last_error,
        }
    }
}
