-- +goose Up

-- The directory. Who may do what follows from it, so each change counts up
-- directory_version and every process reads it anew.
CREATE TABLE settings (
    name  text PRIMARY KEY,
    value text NOT NULL
);
INSERT INTO settings VALUES ('directory_version', '0');

CREATE TABLE units (
    code   text PRIMARY KEY CHECK (code <> ''),
    name   text NOT NULL CHECK (name <> ''),
    kind   text NOT NULL,
    level  text NOT NULL,
    parent text NOT NULL DEFAULT ''
);

CREATE TABLE officials (
    id        text PRIMARY KEY CHECK (id <> ''),
    name      text NOT NULL CHECK (name <> ''),
    post      text NOT NULL,
    level     text NOT NULL,
    unit      text NOT NULL REFERENCES units,
    role      text NOT NULL,
    portfolio text NOT NULL DEFAULT '',
    email     text NOT NULL DEFAULT ''
);

-- Only the hash of a token is kept: a stolen database signs nobody in.
CREATE TABLE tokens (
    id         text PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,
    official   text NOT NULL REFERENCES officials,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);

-- Gapless registration numbers: the row is locked until the registration commits.
CREATE TABLE registers (
    office text,
    year   int,
    last   int NOT NULL,
    PRIMARY KEY (office, year)
);

-- The ledger is the truth; everything below "cases" can be folded from it anew.
CREATE TABLE ledger (
    case_id     text   NOT NULL,
    seq         bigint NOT NULL CHECK (seq > 0),
    at          timestamptz NOT NULL,
    kind        text   NOT NULL,
    command     text   NOT NULL,
    fingerprint text   NOT NULL DEFAULT '',
    body        text   NOT NULL, -- the event as JSON, byte for byte what the hash is of
    prev        bytea  NOT NULL,
    hash        bytea  NOT NULL,
    PRIMARY KEY (case_id, seq)
);
CREATE INDEX ledger_command ON ledger (case_id, command);

-- +goose StatementBegin
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- Texts are written before the command that refers to them; case_id is set when an
-- event does. What no event ever refers to is swept after a day.
CREATE TABLE documents (
    id         text PRIMARY KEY,
    case_id    text NOT NULL DEFAULT '',
    title      text NOT NULL DEFAULT '',
    body       text NOT NULL,
    hash       text NOT NULL,
    author     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX documents_case ON documents (case_id) WHERE case_id <> '';
CREATE INDEX documents_unused ON documents (created_at) WHERE case_id = '';

-- Who complained: sealed with AES-GCM, nowhere else.
CREATE TABLE petitioners (
    id         text PRIMARY KEY,
    case_id    text NOT NULL DEFAULT '',
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX petitioners_unused ON petitioners (created_at) WHERE case_id = '';

-- Who looked up the petitioner of an accusation (条例第30条第3款).
CREATE TABLE petitioner_reads (
    case_id  text NOT NULL,
    official text NOT NULL,
    at       timestamptz NOT NULL
);

-- The case as of its last event, and the columns that lists and boards ask for.
-- Instants of an ended case are 'infinity', so that a range on them finds open
-- cases only.
CREATE TABLE cases (
    id               text PRIMARY KEY,
    seq              bigint NOT NULL,
    number           text NOT NULL UNIQUE,
    reference        text UNIQUE,
    title            text NOT NULL,
    origin           text NOT NULL,
    campaign         text NOT NULL,
    office           text NOT NULL,
    unit             text NOT NULL,
    accused_unit     text NOT NULL,
    accused_official text NOT NULL,
    stage            text NOT NULL,
    open             boolean NOT NULL,
    supervision      text NOT NULL,
    upper            text NOT NULL,
    lower            text NOT NULL,
    registered_at    timestamptz NOT NULL,
    yellow_at        timestamptz NOT NULL,
    red_at           timestamptz NOT NULL, -- internal due date passed
    overdue_at       timestamptz NOT NULL, -- statutory due date passed
    final_lamp       text NOT NULL,        -- of an ended case
    wake_at          timestamptz NOT NULL,
    calendar         text NOT NULL,        -- version that provisional due dates were computed with
    state            jsonb NOT NULL
);
-- Who is accused is kept beside the keys, so that a total, which leaves out what accuses
-- the caller, is counted in the index alone.
CREATE INDEX cases_overdue    ON cases (overdue_at, id) INCLUDE (accused_unit, accused_official);
CREATE INDEX cases_red        ON cases (red_at) INCLUDE (yellow_at, accused_unit, accused_official) WHERE open;
CREATE INDEX cases_yellow     ON cases (yellow_at) INCLUDE (red_at, accused_unit, accused_official) WHERE open;
CREATE INDEX cases_registered ON cases (registered_at, id);
CREATE INDEX cases_unit       ON cases (unit, overdue_at, id) INCLUDE (accused_unit, accused_official);
CREATE INDEX cases_office     ON cases (office, overdue_at, id) INCLUDE (unit, accused_unit, accused_official);
CREATE INDEX cases_upper      ON cases (upper, overdue_at, id) INCLUDE (unit, accused_unit, accused_official);
CREATE INDEX cases_lower      ON cases (lower, overdue_at, id) INCLUDE (unit, upper, accused_unit, accused_official);
CREATE INDEX cases_stage      ON cases (stage, overdue_at, id) INCLUDE (accused_unit, accused_official);
CREATE INDEX cases_campaign   ON cases (campaign, overdue_at, id) INCLUDE (accused_unit, accused_official) WHERE campaign <> '';
CREATE INDEX cases_supervised ON cases (supervision, overdue_at, id) INCLUDE (accused_unit, accused_official) WHERE supervision <> 'none';
CREATE INDEX cases_accused_unit     ON cases (accused_unit, accused_official); -- also the smallest in which all can be counted
CREATE INDEX cases_accused_official ON cases (accused_official) WHERE accused_official <> '';
CREATE INDEX cases_wake       ON cases (wake_at) WHERE open;
CREATE INDEX cases_calendar   ON cases (calendar) WHERE calendar <> '';
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX cases_title ON cases USING gin (title gin_trgm_ops);

-- What waits for whom, and whose clocks run: written with the case row.
CREATE TABLE tasks (
    case_id  text NOT NULL REFERENCES cases ON DELETE CASCADE,
    do_what  text NOT NULL,
    official text NOT NULL DEFAULT '',
    role     text NOT NULL DEFAULT '',
    unit     text NOT NULL DEFAULT '',
    from_at  timestamptz NOT NULL,
    due      date
);
CREATE INDEX tasks_case     ON tasks (case_id);
CREATE INDEX tasks_official ON tasks (official, due) WHERE official <> '';
CREATE INDEX tasks_unit     ON tasks (unit, role, due) WHERE unit <> '';

CREATE TABLE clocks (
    case_id    text NOT NULL REFERENCES cases ON DELETE CASCADE,
    id         text NOT NULL,
    whose      text NOT NULL,
    who        text NOT NULL,
    yellow_at  timestamptz NOT NULL,
    red_at     timestamptz NOT NULL,
    PRIMARY KEY (case_id, id)
);
CREATE INDEX clocks_who ON clocks (who, whose, red_at);

-- What people are to be told, written with its event.
CREATE TABLE notices (
    case_id  text NOT NULL,
    seq      bigint NOT NULL,
    official text NOT NULL,
    kind     text NOT NULL,
    step     text NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (case_id, seq, official)
);
CREATE INDEX notices_official ON notices (official, at DESC);

-- +goose Down
DROP TABLE notices, clocks, tasks, cases, petitioner_reads, petitioners, documents, ledger, registers, tokens, officials, units, settings;
DROP FUNCTION ledger_is_append_only;
