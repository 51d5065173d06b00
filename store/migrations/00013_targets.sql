-- +goose Up

-- What target sheets ask of a case beside its row. Postgres keeps them in step with state.
ALTER TABLE cases
    ADD purpose  text    GENERATED ALWAYS AS (state->>'purpose') STORED,
    ADD repeated boolean GENERATED ALWAYS AS (coalesce((state->>'repeated')::boolean, false)) STORED;
CREATE INDEX cases_judged ON cases (id) INCLUDE (unit, office, origin, campaign, purpose, repeated);

-- Every time that a clock has run, from the ledger: whether the duty was done in time is
-- a query. One that was missed stays with whoever missed it, by the date it had then.
CREATE TABLE terms (
    case_id     text NOT NULL REFERENCES cases ON DELETE CASCADE,
    clock       text NOT NULL,
    started_at  timestamptz NOT NULL,
    rule        text NOT NULL,
    whose       text NOT NULL,
    who         text NOT NULL,
    unit        text NOT NULL, -- that answers for it; of a leader's clock the leader's unit at that time
    due_at      timestamptz NOT NULL, -- end of the statutory due date; 'infinity' while suspended
    fed_back_at timestamptz NOT NULL DEFAULT 'infinity', -- of a supervision's: the unit's first answer
    stopped_at  timestamptz NOT NULL DEFAULT 'infinity',
    stop        text NOT NULL DEFAULT '', -- the event that stopped it; 'ended' when the case ended first
    late        boolean NOT NULL DEFAULT false, -- the ledger has recorded its lateness
    judged_at   timestamptz NOT NULL GENERATED ALWAYS AS (least(fed_back_at, stopped_at, due_at)) STORED,
    PRIMARY KEY (case_id, clock, started_at)
);
CREATE INDEX terms_judged ON terms (rule, unit, judged_at) INCLUDE (case_id, clock, due_at, fed_back_at, stop);
CREATE INDEX terms_missed ON terms (rule, unit, stopped_at) INCLUDE (case_id, due_at) WHERE stopped_at >= due_at;

-- The times in which a case was closed, declined or diverted. A review that is asked for
-- doesn't end it, one that undoes the opinion does.
CREATE TABLE endings (
    case_id  text NOT NULL REFERENCES cases ON DELETE CASCADE,
    stage    text NOT NULL,
    unit     text NOT NULL, -- the responsible one then
    office   text NOT NULL,
    from_at  timestamptz NOT NULL,
    until_at timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (case_id, from_at)
);
CREATE INDEX endings_unit   ON endings (unit, stage, from_at) INCLUDE (case_id, until_at);
CREATE INDEX endings_office ON endings (office, stage, from_at) INCLUDE (case_id, until_at);

CREATE INDEX ledger_judged ON ledger (kind, at) INCLUDE (case_id) WHERE kind IN ('reviewed', 'rated');

-- Yearly target sheets (目标责任状). A version's content never changes; what was signed is
-- replaced by a later version, signed again.
CREATE TABLE target_sheets (
    id          text PRIMARY KEY CHECK (id <> ''),
    year        int  NOT NULL,
    unit        text NOT NULL REFERENCES units,
    office      text NOT NULL REFERENCES units, -- the petition office that issues it
    fingerprint text NOT NULL, -- of the request that drafted it
    closed_by   text REFERENCES officials,
    closed_at   timestamptz,
    closed_version int,
    score       int, -- in hundredths; null when nothing could be scored
    close_command text,
    UNIQUE (year, unit, office),
    CHECK (num_nulls(closed_by, closed_at, closed_version, close_command) IN (0, 4))
);

CREATE TABLE target_versions (
    sheet      text NOT NULL REFERENCES target_sheets,
    version    int  NOT NULL CHECK (version > 0),
    items      jsonb NOT NULL,
    hash       text NOT NULL, -- what is signed
    drafted_by text NOT NULL REFERENCES officials,
    drafted_at timestamptz NOT NULL,
    command    text NOT NULL,
    upper_by   text REFERENCES officials,
    upper_at   timestamptz,
    upper_command text,
    head_by    text REFERENCES officials CHECK (head_by <> upper_by),
    head_at    timestamptz,
    head_command text,
    PRIMARY KEY (sheet, version),
    CHECK (num_nulls(upper_by, upper_at, upper_command) IN (0, 3)),
    CHECK (num_nulls(head_by, head_at, head_command) IN (0, 3))
);

-- What the closing act (年终考核) recorded: the figures, and the cases behind them.
CREATE TABLE target_results (
    sheet       text NOT NULL REFERENCES target_sheets,
    item        int  NOT NULL,
    numerator   bigint NOT NULL,
    denominator bigint NOT NULL,
    points      int, -- in hundredths; null when nothing was to be judged
    PRIMARY KEY (sheet, item)
);
CREATE TABLE target_cases (
    sheet     text NOT NULL,
    item      int  NOT NULL,
    case_id   text NOT NULL REFERENCES cases,
    term      text NOT NULL, -- the clock, or what else was judged
    judged_at timestamptz NOT NULL,
    due_at    timestamptz,
    good      boolean NOT NULL,
    FOREIGN KEY (sheet, item) REFERENCES target_results
);
CREATE INDEX target_cases_item ON target_cases (sheet, item, good, judged_at, case_id, term);

-- +goose StatementBegin
CREATE FUNCTION targets_are_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'target_sheets' THEN
        IF OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL
            AND (OLD.id, OLD.year, OLD.unit, OLD.office, OLD.fingerprint) = (NEW.id, NEW.year, NEW.unit, NEW.office, NEW.fingerprint)
        THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'target_versions' THEN
        IF (OLD.sheet, OLD.version, OLD.items, OLD.hash, OLD.drafted_by, OLD.drafted_at, OLD.command)
                = (NEW.sheet, NEW.version, NEW.items, NEW.hash, NEW.drafted_by, NEW.drafted_at, NEW.command)
            AND (OLD.upper_at IS NULL OR (OLD.upper_by, OLD.upper_at, OLD.upper_command) = (NEW.upper_by, NEW.upper_at, NEW.upper_command))
            AND (OLD.head_at IS NULL OR (OLD.head_by, OLD.head_at, OLD.head_command) = (NEW.head_by, NEW.head_at, NEW.head_command))
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a target sheet is never changed or deleted: it can be signed, closed once, and have a new version' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON target_sheets   FOR EACH ROW EXECUTE FUNCTION targets_are_history();
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON target_versions FOR EACH ROW EXECUTE FUNCTION targets_are_history();
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON target_results  FOR EACH ROW EXECUTE FUNCTION targets_are_history();
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON target_cases    FOR EACH ROW EXECUTE FUNCTION targets_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON target_sheets   FOR EACH STATEMENT EXECUTE FUNCTION targets_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON target_versions FOR EACH STATEMENT EXECUTE FUNCTION targets_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON target_results  FOR EACH STATEMENT EXECUTE FUNCTION targets_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON target_cases    FOR EACH STATEMENT EXECUTE FUNCTION targets_are_history();

-- +goose Down
DROP TABLE target_cases, target_results, target_versions, target_sheets;
DROP FUNCTION targets_are_history;
DROP INDEX ledger_judged;
DROP TABLE endings, terms;
ALTER TABLE cases DROP purpose, DROP repeated;
