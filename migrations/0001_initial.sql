-- One schema for SQLite and PostgreSQL: TEXT and BIGINT only. Times are Unix milliseconds and 0 means
-- "not yet"; ids are UUIDv7 text. The named CHECKs state what every program that writes here must keep.

CREATE TABLE events (
    id                  TEXT   NOT NULL PRIMARY KEY,
    accepted_at         BIGINT NOT NULL,
    outcome             TEXT   NOT NULL,
    harbor_host         TEXT   NOT NULL,
    project             TEXT   NOT NULL,
    repository          TEXT   NOT NULL,
    -- A JSON array of the versions that were news when the event came in.
    versions            TEXT   NOT NULL,
    registry            TEXT   NOT NULL,
    description         TEXT   NOT NULL,
    -- Unix seconds, as Harbor says it.
    execution_timestamp BIGINT NOT NULL,
    execution_id        BIGINT NOT NULL,
    occurred_at         BIGINT NOT NULL,
    payload             TEXT   NOT NULL,
    CONSTRAINT events_outcome_known CHECK (outcome IN ('succeeded', 'failed')),
    CONSTRAINT events_execution_after_1970 CHECK (execution_timestamp >= 0),
    CONSTRAINT events_repository_named CHECK (repository <> '')
);

-- The dedup rule is this table's key. Deferred, because the arrivals decide whether there is an event at all.
CREATE TABLE arrivals (
    key      TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    version  TEXT NOT NULL,
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (key, outcome),
    CONSTRAINT arrivals_outcome_known CHECK (outcome IN ('succeeded', 'failed'))
);
CREATE INDEX arrivals_of_event ON arrivals (event_id);

CREATE TABLE deliveries (
    id              TEXT   NOT NULL PRIMARY KEY,
    event_id        TEXT   NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    robot           TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    -- Attempts on record, and those of them that ended in a retry since acceptance or replay.
    attempts        BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    batch_limit     BIGINT NOT NULL,
    -- 1: failed alone while its robot was well.
    suspect         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    -- The clock of giving up: acceptance, or the last replay.
    tried_since     BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    finished_at     BIGINT NOT NULL,
    last_error      TEXT   NOT NULL,
    CONSTRAINT deliveries_once_a_robot UNIQUE (event_id, robot),
    CONSTRAINT deliveries_state_known
        CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'superseded', 'discarded')),
    CONSTRAINT deliveries_finished_iff_final
        CHECK ((finished_at = 0) = (state IN ('pending', 'sending'))),
    CONSTRAINT deliveries_told_only_by_an_attempt
        CHECK (attempts > 0 OR state NOT IN ('sending', 'delivered', 'failed')),
    CONSTRAINT deliveries_batch_limit_positive CHECK (batch_limit > 0)
);
CREATE INDEX deliveries_waiting ON deliveries (robot, id) WHERE state = 'pending';
CREATE INDEX deliveries_due ON deliveries (robot, next_attempt_at) WHERE state = 'pending';

CREATE TABLE messages (
    id          TEXT   NOT NULL PRIMARY KEY,
    robot       TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    outcome     TEXT   NOT NULL,
    -- 0: no HTTP answer came.
    http_status BIGINT NOT NULL,
    -- NULL: the answer had none; every number is a code that WeCom may use.
    errcode     BIGINT,
    errmsg      TEXT   NOT NULL,
    CONSTRAINT messages_outcome_known
        CHECK (outcome IN ('in_flight', 'delivered', 'retry', 'ambiguous', 'throttled', 'robot_broken',
                           'rejected', 'unknown'))
);
-- A lane is one message after the other.
CREATE UNIQUE INDEX messages_one_in_flight ON messages (robot) WHERE outcome = 'in_flight';

CREATE TABLE attempts (
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    message_id  TEXT   NOT NULL REFERENCES messages (id),
    PRIMARY KEY (delivery_id, number)
);
CREATE INDEX attempts_of_message ON attempts (message_id);

CREATE TABLE robots (
    name          TEXT   NOT NULL PRIMARY KEY,
    failures      BIGINT NOT NULL,
    failing_since BIGINT NOT NULL,
    -- 1: WeCom refused the key or the robot, and no message has passed since.
    broken        BIGINT NOT NULL,
    pause         TEXT   NOT NULL,
    paused_until  BIGINT NOT NULL,
    last_error    TEXT   NOT NULL,
    next_slot_at  BIGINT NOT NULL,
    -- A test message that somebody asked for: the id it will have; '' for none.
    test_id       TEXT   NOT NULL,
    -- The process that may send for this robot, and until when.
    lease_owner   TEXT   NOT NULL,
    lease_until   BIGINT NOT NULL,
    CONSTRAINT robots_pause_known CHECK (pause IN ('none', 'retry', 'throttled', 'broken')),
    CONSTRAINT robots_failing_iff_counted CHECK ((failures = 0) = (failing_since = 0))
);
