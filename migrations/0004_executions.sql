-- Which execution of Harbor's an arrival belongs to: two rules that one push fires into one registry differ in nothing
-- else. SQLite cannot change a primary key, so the table is made anew, in the order of its keys; what is known stays
-- known, because the rest of the key is as it was. `model/arrival.rs` writes the same words.
ALTER TABLE arrivals RENAME TO arrivals_before;
DROP INDEX arrivals_of_event;
DROP INDEX arrivals_by_version;
CREATE TABLE arrivals (
    key       TEXT NOT NULL,
    -- Harbor's number of the execution, or `rule ` and the beginning of the rule's description where Harbor sends none.
    execution TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    version   TEXT NOT NULL,
    event_id  TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (key, execution, outcome),
    CONSTRAINT arrivals_outcome_known CHECK (outcome IN ('succeeded', 'failed'))
);
-- Before the rows: PostgreSQL makes no index of a table whose deferred checks are still to come.
CREATE INDEX arrivals_of_event ON arrivals (event_id);
CREATE INDEX arrivals_by_version ON arrivals (lower(substr(version, 1, 100)), event_id);
INSERT INTO arrivals (key, execution, outcome, version, event_id)
    SELECT a.key,
        CASE WHEN e.execution_id > 0 THEN CAST(e.execution_id AS TEXT) ELSE 'rule ' || substr(e.description, 1, 255) END,
        a.outcome, a.version, a.event_id
    FROM arrivals_before a JOIN events e ON e.id = a.event_id
    ORDER BY a.key, a.outcome;
DROP TABLE arrivals_before;

-- The destinations of an image, and the first and the latest execution for each: a registry may have several rules.
DROP INDEX events_of_image;
CREATE INDEX events_of_image ON events (
    lower(substr(repository, 1, 100)), substr(registry, 1, 100), substr(description, 1, 100), execution_timestamp);
