-- +goose Up

-- How each open case stood from one instant until another, from the ledger: what was true
-- on a past day is a query, and stays so whatever happens to the case later. A row begins
-- where one of its columns changed.
CREATE TABLE standings (
    case_id     text NOT NULL REFERENCES cases ON DELETE CASCADE,
    from_at     timestamptz NOT NULL,
    until_at    timestamptz NOT NULL DEFAULT 'infinity', -- the next row's, or when the case ended
    stage       text NOT NULL,
    unit        text NOT NULL, -- the responsible one then
    office      text NOT NULL,
    origin      text NOT NULL,
    received_on date NOT NULL,
    yellow_at   timestamptz NOT NULL, -- as of the case row: by the dates that the clocks had then
    red_at      timestamptz NOT NULL,
    PRIMARY KEY (case_id, from_at),
    CHECK (from_at < until_at)
);
CREATE INDEX standings_time ON standings (until_at, from_at)
    INCLUDE (case_id, unit, office, origin, stage, received_on, yellow_at, red_at);

-- What figures of a span ask for beside the indexes of target sheets, which begin with a unit.
ALTER TABLE cases
    ADD channel   text   GENERATED ALWAYS AS (coalesce(state->>'channel', '')) STORED,
    ADD headcount bigint GENERATED ALWAYS AS (coalesce((state->>'headcount')::bigint, 0)) STORED;
CREATE INDEX cases_counted ON cases (registered_at) INCLUDE (id, unit, office, origin, channel, purpose, headcount);
CREATE INDEX terms_time ON terms (judged_at) INCLUDE (case_id, rule, unit, due_at, fed_back_at, stopped_at, stop);
CREATE INDEX endings_time ON endings (from_at) INCLUDE (case_id, stage, unit, office, until_at);

-- +goose Down
DROP INDEX endings_time, terms_time, cases_counted;
ALTER TABLE cases DROP headcount, DROP channel;
DROP TABLE standings;
