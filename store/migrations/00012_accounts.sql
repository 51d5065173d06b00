-- +goose Up

-- With which password an official signs in to the pages. What is kept is argon2id's hash.
-- Wrong passwords in a row are counted; after some, the account waits.
CREATE TABLE accounts (
    official      text PRIMARY KEY REFERENCES officials,
    password      text NOT NULL CHECK (password LIKE '$argon2id$%'),
    changed_at    timestamptz NOT NULL,
    failures      int NOT NULL DEFAULT 0 CHECK (failures >= 0),
    blocked_until timestamptz
);

-- A browser in which somebody is signed in; of its secret only the hash is kept.
CREATE TABLE sessions (
    id         text PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    official   text NOT NULL REFERENCES officials,
    agent      text NOT NULL, -- the browser, as it calls itself
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_official ON sessions (official, created_at DESC);
CREATE INDEX sessions_expired  ON sessions (expires_at);

-- +goose Down
DROP TABLE sessions, accounts;
