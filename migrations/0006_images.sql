-- The board. Each version of each repository that was ever told of, with when it was first and last heard of: `''` is the
-- version that an older Harbor did not name. Text is whole here; `store/note.rs` keeps it.
CREATE TABLE images (
    repository       TEXT   NOT NULL,
    version          TEXT   NOT NULL,
    first_seen_at    BIGINT NOT NULL,
    last_activity_at BIGINT NOT NULL,
    PRIMARY KEY (repository, version)
);

-- Where a repository was replicated to, under which label and by which rule, and when. An index entry has a limit.
CREATE TABLE destinations (
    repository       TEXT   NOT NULL,
    registry         TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    -- Of the remote side; '' for what came in before there was this column.
    remote_namespace TEXT   NOT NULL,
    -- Harbor's number of the rule; 0 where only webhooks are known, which do not say it.
    rule_id          BIGINT NOT NULL,
    -- When the first and the last execution began, in Unix seconds.
    first_at         BIGINT NOT NULL,
    last_at          BIGINT NOT NULL,
    -- When the first and the last copy arrived; 0: none has.
    first_arrival_at BIGINT NOT NULL,
    last_arrival_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX destinations_once ON destinations (
    repository, substr(registry, 1, 100), substr(description, 1, 100), substr(remote_namespace, 1, 100), rule_id);

ALTER TABLE events ADD COLUMN remote_namespace TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN rule_id BIGINT NOT NULL DEFAULT 0;

-- All that happened to one image; it takes the place of the index by version alone, because images have that now.
DROP INDEX arrivals_by_version;
ALTER TABLE arrivals ADD COLUMN repository TEXT NOT NULL DEFAULT '';
UPDATE arrivals SET repository = (SELECT e.repository FROM events e WHERE e.id = arrivals.event_id);
CREATE INDEX arrivals_of_image ON arrivals (repository, version, event_id);

INSERT INTO images (repository, version, first_seen_at, last_activity_at)
    SELECT a.repository, a.version, min(e.occurred_at), max(CASE WHEN e.occurred_at < e.accepted_at THEN e.occurred_at ELSE e.accepted_at END)
    FROM arrivals a JOIN events e ON e.id = a.event_id
    WHERE a.repository <> '' GROUP BY a.repository, a.version;
INSERT INTO destinations (repository, registry, description, remote_namespace, rule_id, first_at, last_at,
        first_arrival_at, last_arrival_at)
    SELECT repository, min(registry), min(description), '', 0, min(execution_timestamp), max(execution_timestamp),
        coalesce(min(CASE WHEN outcome = 'succeeded' AND operation = 'copy' THEN occurred_at END), 0),
        coalesce(max(CASE WHEN outcome = 'succeeded' AND operation = 'copy' THEN occurred_at END), 0)
    FROM events WHERE repository <> ''
    GROUP BY repository, substr(registry, 1, 100), substr(description, 1, 100);

-- After the rows, because they come in no order.
CREATE INDEX images_by_activity ON images (last_activity_at, repository, version);
CREATE INDEX images_of_repository ON images (repository, last_activity_at, version);
CREATE INDEX images_by_version ON images (lower(substr(version, 1, 100)));
