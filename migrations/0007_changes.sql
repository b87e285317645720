-- Replications by their outcome, newest first: the list's filter, and the picture of 24 hours.
CREATE INDEX events_of_outcome ON events (outcome, accepted_at, id);

-- What operators did: replayed, discarded, asked for a test message.
CREATE TABLE changes (
    id          TEXT   NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    verb        TEXT   NOT NULL,
    via         TEXT   NOT NULL,
    -- The address that page and API were asked from, or the user of the command line's system.
    made_by     TEXT   NOT NULL,
    -- How many deliveries it changed; 0 for a test message.
    deliveries  BIGINT NOT NULL,
    -- Which: a filter as JSON, or one delivery's id; the other is empty.
    filter      TEXT   NOT NULL,
    delivery_id TEXT   NOT NULL,
    -- The robot and the message of a test; else empty.
    robot       TEXT   NOT NULL,
    message_id  TEXT   NOT NULL,
    CONSTRAINT changes_verb_known CHECK (verb IN ('replay', 'discard', 'test')),
    CONSTRAINT changes_via_known CHECK (via IN ('page', 'api', 'cli'))
);

-- The ids of the latest changes of a delivery, newest first, each with a blank behind it. In the row, because a change of
-- a million rows writes each of them anyway; a table of pairs would double that.
ALTER TABLE deliveries ADD COLUMN changes TEXT NOT NULL DEFAULT '';
