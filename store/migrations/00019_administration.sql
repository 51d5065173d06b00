-- +goose Up

-- A password that an administrator has set must be changed before anything else is done.
ALTER TABLE accounts
    ADD COLUMN temporary    boolean NOT NULL DEFAULT false,
    ADD COLUMN signed_in_at timestamptz;

-- Who changed the directory, accounts, tokens and endpoints: codes and ids, never what
-- anything was or became.
CREATE TABLE administration (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    by_official text NOT NULL,
    act         text NOT NULL CHECK (act <> ''),
    subject     text NOT NULL, -- the unit, official, token or endpoint
    fields      text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX administration_at ON administration (at DESC, id DESC);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON administration
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- What was done is searched by when it was.
CREATE INDEX ledger_at ON ledger (at);

-- What 'verify' found, for those who look after the engine.
CREATE TABLE verifications (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    began_at    timestamptz NOT NULL, -- real time, as ended_at
    ended_at    timestamptz NOT NULL CHECK (ended_at >= began_at),
    cases       int NOT NULL CHECK (cases >= 0),
    differences int NOT NULL CHECK (differences >= 0)
);

-- +goose Down
DROP INDEX ledger_at;
DROP TABLE administration, verifications;
ALTER TABLE accounts DROP COLUMN temporary, DROP COLUMN signed_in_at;
