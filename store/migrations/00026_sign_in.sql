-- +goose Up

-- Tries at a password in a row, by keyed hash of the account as it was typed: of one that
-- there is not as of one that there is, so that nobody learns which there are.
CREATE TABLE password_tries (
    key           bytea PRIMARY KEY,
    failures      int NOT NULL,
    blocked_until timestamptz,
    at            timestamptz NOT NULL -- of the last one; a day later it is forgotten
);
CREATE INDEX password_tries_at ON password_tries (at);
ALTER TABLE accounts DROP COLUMN failures, DROP COLUMN blocked_until;

-- What an identity provider said of who signed in, sealed: it takes it as a hint when they
-- sign out, and has their name in it.
ALTER TABLE sessions ADD id_token bytea;

-- +goose Down
ALTER TABLE sessions DROP COLUMN id_token;
ALTER TABLE accounts ADD failures int NOT NULL DEFAULT 0 CHECK (failures >= 0), ADD blocked_until timestamptz;
DROP TABLE password_tries;
