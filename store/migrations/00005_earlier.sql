-- +goose Up

-- Blind indexes: keyed hashes by which a clerk who registers a petition finds earlier ones
-- of the same person, and by which nobody without the key finds anything. Each search is
-- on record.
ALTER TABLE petitioners ADD phone_index bytea, ADD identity_index bytea;
CREATE INDEX petitioners_phone ON petitioners (phone_index) WHERE phone_index IS NOT NULL;
CREATE INDEX petitioners_identity ON petitioners (identity_index) WHERE identity_index IS NOT NULL;

CREATE TABLE petitioner_searches (
    official text NOT NULL,
    at       timestamptz NOT NULL,
    by_what  text NOT NULL, -- phone, identity, title; never what was searched for
    found    int NOT NULL
);

-- +goose Down
DROP TABLE petitioner_searches;
ALTER TABLE petitioners DROP phone_index, DROP identity_index;
