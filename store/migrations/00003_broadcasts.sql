-- +goose Up

-- One command ordered for many cases. Its text is a document of its own, which no event
-- refers to; each case gets a copy.
CREATE TABLE broadcasts (
    id           text PRIMARY KEY,
    kind         text NOT NULL,
    command      jsonb NOT NULL, -- its fields, without the text
    document     text NOT NULL DEFAULT '',
    actor        text NOT NULL,  -- who ordered it, as the directory knew them then
    role         text NOT NULL,
    unit         text NOT NULL,
    fingerprint  text NOT NULL,
    selection    jsonb NOT NULL, -- how the cases were chosen
    total        int NOT NULL CHECK (total > 0),
    state        text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'cancelled')),
    created_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    cancelled_by text NOT NULL DEFAULT '',
    cancelled_at timestamptz
);
CREATE INDEX broadcasts_newest   ON broadcasts (created_at, id);
CREATE INDEX broadcasts_running  ON broadcasts (id) WHERE state = 'running';
CREATE INDEX broadcasts_document ON broadcasts (document) WHERE document <> '';

-- Its cases, fixed when it was ordered, and what became of each.
CREATE TABLE broadcast_cases (
    broadcast text NOT NULL REFERENCES broadcasts ON DELETE CASCADE,
    position  int NOT NULL,
    case_id   text NOT NULL,
    command   text NOT NULL, -- id of the command in the case's ledger
    result    text NOT NULL DEFAULT 'pending' CHECK (result IN ('pending', 'done', 'refused', 'failed', 'skipped')),
    attempts  int NOT NULL DEFAULT 0, -- to which no answer came
    seq       bigint, -- of the case after it
    refusal   jsonb,
    at        timestamptz,
    PRIMARY KEY (broadcast, position),
    UNIQUE (broadcast, case_id)
);
CREATE INDEX broadcast_cases_pending ON broadcast_cases (broadcast, attempts, position) WHERE result = 'pending';

-- +goose Down
DROP TABLE broadcast_cases, broadcasts;
