-- +goose Up

-- When a leader is away, from from_at until before until_at, and who stands in. Like
-- the directory: each change counts up directory_version. A row is never deleted. It
-- can be ended once: until_at moves to that moment or, of a leave that has not begun,
-- to from_at, so that it covers nothing. planned_until stays as it was entered.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE leaves (
    id            text PRIMARY KEY CHECK (id <> ''),
    official      text NOT NULL REFERENCES officials,
    deputy        text NOT NULL REFERENCES officials CHECK (deputy <> official),
    from_at       timestamptz NOT NULL,
    until_at      timestamptz NOT NULL CHECK (until_at BETWEEN from_at AND planned_until),
    planned_until timestamptz NOT NULL CHECK (planned_until > from_at),
    reason        text NOT NULL CHECK (reason <> ''),
    entered_by    text NOT NULL REFERENCES officials,
    entered_at    timestamptz NOT NULL,
    fingerprint   text NOT NULL, -- of what was asked, to tell a repetition from a reuse of the id
    ended_by      text REFERENCES officials,
    ended_at      timestamptz,
    end_command   text, -- id of the request that ended it
    CHECK (num_nulls(ended_by, ended_at, end_command) IN (0, 3)),
    CHECK (ended_at IS NOT NULL OR until_at = planned_until),
    CONSTRAINT leaves_one_at_a_time EXCLUDE USING gist (official WITH =, tstzrange(from_at, until_at) WITH &&)
);
CREATE INDEX leaves_official ON leaves (official, from_at DESC);
CREATE INDEX leaves_from     ON leaves (from_at DESC, id);

-- +goose StatementBegin
CREATE FUNCTION leaves_are_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
            AND (OLD.id, OLD.official, OLD.deputy, OLD.from_at, OLD.planned_until, OLD.reason, OLD.entered_by, OLD.entered_at, OLD.fingerprint)
              = (NEW.id, NEW.official, NEW.deputy, NEW.from_at, NEW.planned_until, NEW.reason, NEW.entered_by, NEW.entered_at, NEW.fingerprint)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a leave is never deleted and can only be ended, once' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON leaves FOR EACH ROW EXECUTE FUNCTION leaves_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON leaves FOR EACH STATEMENT EXECUTE FUNCTION leaves_are_history();

-- The leader on leave for whom a deputy is told.
ALTER TABLE notices ADD COLUMN for_official text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE notices DROP COLUMN for_official;
DROP TABLE leaves;
DROP FUNCTION leaves_are_history;
