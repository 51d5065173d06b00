-- +goose Up

-- What the clocks plan and what became of it: "once", "late" and "never" are a query.
CREATE TABLE steps (
    case_id text NOT NULL,
    clock   text NOT NULL,
    step    text NOT NULL, -- a repetition has its number: URGE-5#2
    due     date NOT NULL, -- the clock's statutory due date that it belongs to
    at      timestamptz NOT NULL, -- when it is, or was, to be taken
    state   text NOT NULL CHECK (state IN ('planned', 'done', 'suppressed', 'cancelled')),
    why     text NOT NULL DEFAULT '', -- of suppressed
    seq     bigint, -- the event that it left
    PRIMARY KEY (case_id, clock, step, due)
);
CREATE INDEX steps_planned ON steps (case_id) WHERE state = 'planned';

-- +goose Down
DROP TABLE steps;
