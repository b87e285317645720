-- Whom a message calls on: a JSON array of user ids, decided at acceptance. Only the routes' own words come here.
ALTER TABLE deliveries ADD COLUMN mentions TEXT NOT NULL DEFAULT '[]';
