-- +goose Up

-- Registrations that somebody has begun and not done yet, each its author's alone. What
-- was typed is sealed as petitioners are, with author and id.
CREATE TABLE drafts (
    official text NOT NULL REFERENCES officials,
    id       text NOT NULL CHECK (id <> ''),
    sealed   bytea NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (official, id)
);
CREATE INDEX drafts_age ON drafts (saved_at);

-- +goose Down
DROP TABLE drafts;
