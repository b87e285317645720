-- What is old enough to be removed is found without a walk through what stays: events that still have their payload,
-- messages and changes, each the oldest first. Of an event that was reduced to its facts the payload is empty.
CREATE INDEX events_with_payload ON events (accepted_at, id) WHERE payload <> '';
CREATE INDEX messages_by_time ON messages (started_at, id);
CREATE INDEX changes_by_time ON changes (at, id);

-- One row: when it was last looked for what is old.
CREATE TABLE retention (
    id           BIGINT NOT NULL PRIMARY KEY,
    looked_at    BIGINT NOT NULL,
    -- When a retention that nobody chose was announced; it begins a week later.
    announced_at BIGINT NOT NULL,
    -- The clock went ahead: nothing is removed before this.
    held_until   BIGINT NOT NULL,
    CONSTRAINT retention_one_row CHECK (id = 1)
);
