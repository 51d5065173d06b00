-- +goose Up

-- Everything that the board (看板) counts, so that it is counted in this index alone.
CREATE INDEX cases_board ON cases (unit, upper, lower)
    INCLUDE (office, supervision, yellow_at, red_at, overdue_at, accused_unit, accused_official) WHERE open;

-- Lists that somebody wants to see again: the conditions, as they stand in the address.
CREATE TABLE saved_filters (
    id         text PRIMARY KEY CHECK (id <> ''),
    official   text NOT NULL REFERENCES officials,
    name       text NOT NULL CHECK (name <> ''),
    query      text NOT NULL CHECK (query <> ''),
    created_at timestamptz NOT NULL,
    UNIQUE (official, name)
);

-- Who took which list out of the program, and how long it was: written before its first
-- line goes out.
CREATE TABLE exports (
    official text NOT NULL,
    at       timestamptz NOT NULL,
    query    text NOT NULL,
    cases    int NOT NULL
);

-- +goose Down
DROP TABLE exports, saved_filters;
DROP INDEX cases_board;
