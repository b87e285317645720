-- What Harbor's API adds to an event: how it was learnt of, what was done to the image, by which rule, and why it failed.
ALTER TABLE events ADD COLUMN source TEXT NOT NULL DEFAULT 'webhook';
ALTER TABLE events ADD COLUMN operation TEXT NOT NULL DEFAULT 'copy';
ALTER TABLE events ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN task_id BIGINT NOT NULL DEFAULT 0;
-- 1: its webhook should have come in and did not; messages say so.
ALTER TABLE events ADD COLUMN late BIGINT NOT NULL DEFAULT 0;
-- The failure whose versions these are: its log says that they were copied after all.
ALTER TABLE events ADD COLUMN split_from TEXT NOT NULL DEFAULT '';
-- The few events that did not come by a webhook: a webhook of the same task is a duplicate.
CREATE INDEX events_of_harbor_api ON events (execution_id) WHERE source <> 'webhook';
-- What Harbor has still to be asked about.
CREATE INDEX events_unconfirmed ON events (accepted_at) WHERE operation = 'unconfirmed';

-- FAILURE_GRACE has a column of its own, because a delivery is also held for a look-up, which supersedes nothing.
ALTER TABLE deliveries ADD COLUMN grace_until BIGINT NOT NULL DEFAULT 0;
UPDATE deliveries SET grace_until = next_attempt_at
    WHERE state = 'pending' AND attempts = 0 AND next_attempt_at > created_at;
DROP INDEX deliveries_held;
CREATE INDEX deliveries_held ON deliveries (grace_until) WHERE state = 'pending' AND attempts = 0 AND grace_until > 0;

-- The work that only one process does at a time, and who does it.
CREATE TABLE leases (
    name  TEXT   NOT NULL PRIMARY KEY,
    owner TEXT   NOT NULL,
    until BIGINT NOT NULL
);

-- A Harbor whose executions are followed, by the URL that it calls itself.
CREATE TABLE harbors (
    url              TEXT   NOT NULL PRIMARY KEY,
    -- By Harbor's clock; what ended before it is stored and not sent.
    first_contact_at BIGINT NOT NULL,
    -- The newest execution that was taken into view.
    watermark        BIGINT NOT NULL,
    -- When that one began, by Harbor's clock.
    watermark_at     BIGINT NOT NULL,
    -- Executions below this one are still to be read for the history; 0: all are.
    history_below    BIGINT NOT NULL
);

-- Executions in view: those that have not ended, or of which tasks are still to be compared with what is stored.
CREATE TABLE executions (
    harbor     TEXT   NOT NULL,
    id         BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    -- When it is looked at next; 0: it is done with.
    look_at    BIGINT NOT NULL,
    -- A JSON array of the tasks that are done with.
    settled    TEXT   NOT NULL,
    PRIMARY KEY (harbor, id)
);
CREATE INDEX executions_in_view ON executions (look_at) WHERE look_at > 0;

-- What is being replicated now.
CREATE TABLE replicating (
    harbor       TEXT   NOT NULL,
    execution_id BIGINT NOT NULL,
    repository   TEXT   NOT NULL,
    registry     TEXT   NOT NULL,
    description  TEXT   NOT NULL,
    -- A JSON array; empty where the versions are unknown.
    versions     TEXT   NOT NULL,
    started_at   BIGINT NOT NULL,
    PRIMARY KEY (harbor, execution_id, repository)
);

-- Rules that fail before they have tasks, and have not worked since; each reason once.
CREATE TABLE failing_rules (
    harbor       TEXT   NOT NULL,
    rule_id      BIGINT NOT NULL,
    -- The reason without its numbers: the same one is not sent again within a day.
    kind         TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    -- 0: nobody was notified.
    sent_at      BIGINT NOT NULL,
    -- The execution that failed last.
    execution_id BIGINT NOT NULL,
    PRIMARY KEY (harbor, rule_id, kind)
);

-- An execution that failed before it had tasks has no repository. SQLite before 3.53 says this in another way: see
-- store/sqlite.rs.
ALTER TABLE events DROP CONSTRAINT events_repository_named;
