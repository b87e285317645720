-- Whom a message calls on: a JSON array of user ids, decided at acceptance. Only the routes' own words come here.
ALTER TABLE deliveries ADD COLUMN mentions TEXT NOT NULL DEFAULT '[]';

-- Failures that are held back; empty where nothing is.
CREATE INDEX deliveries_held ON deliveries (next_attempt_at)
    WHERE state = 'pending' AND attempts = 0 AND next_attempt_at > created_at;
