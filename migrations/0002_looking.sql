-- What operators and pipelines ask for, and in which order. A word that is searched for is kept in lower case,
-- and only its beginning, because an index entry has a limit; `store/search.rs` has the same expressions.

-- Newest or oldest first, by state, and by robot and state. The second one serves claims, too; beside it SQLite
-- would choose the index of due times, and sort all that wait.
DROP INDEX deliveries_waiting;
DROP INDEX deliveries_due;
CREATE INDEX deliveries_of_state ON deliveries (state, created_at, event_id, robot);
CREATE INDEX deliveries_of_robot ON deliveries (robot, state, created_at, event_id);
-- In an outage a million rows may wait, of which a few were tried.
CREATE INDEX deliveries_tried ON deliveries (robot, tried_since) WHERE state = 'pending' AND attempts > 0;

-- The beginning of a repository, of its last segment, of a registry, of a description, of a version.
CREATE INDEX events_by_repository ON events (lower(substr(repository, 1, 100)), accepted_at, id);
CREATE INDEX events_by_name ON events (
    lower(substr(repository, length(rtrim(repository, replace(repository, '/', ''))) + 1, 100)), accepted_at, id);
CREATE INDEX events_by_registry ON events (lower(substr(registry, 1, 100)), accepted_at, id);
CREATE INDEX events_by_description ON events (lower(substr(description, 1, 100)), accepted_at, id);
CREATE INDEX arrivals_by_version ON arrivals (lower(substr(version, 1, 100)), event_id);

-- The latest execution of an image for each registry.
CREATE INDEX events_of_image ON events (
    lower(substr(repository, 1, 100)), substr(registry, 1, 100), execution_timestamp);
