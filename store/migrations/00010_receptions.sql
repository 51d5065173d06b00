-- +goose Up

-- Leaders' reception days (领导接待日). A row is never deleted, and what was entered never
-- changes: a day is cancelled or swapped, once, and the day that takes its place says so
-- (instead). Name, post and portfolio are fixed when the day begins: as they stood then.
CREATE TABLE receptions (
    id           text PRIMARY KEY CHECK (id <> ''),
    office       text NOT NULL REFERENCES units,
    leader       text NOT NULL REFERENCES officials,
    from_at      timestamptz NOT NULL,
    until_at     timestamptz NOT NULL CHECK (until_at > from_at),
    place        text NOT NULL CHECK (place <> ''),
    form         text NOT NULL CHECK (form <> ''),
    slots        int  NOT NULL CHECK (slots >= 0), -- 0: as many as the policy says
    instead      text NOT NULL DEFAULT '',
    entered_by   text NOT NULL REFERENCES officials,
    entered_at   timestamptz NOT NULL,
    request      text NOT NULL,                    -- that entered it, and the days with it
    fingerprint  text NOT NULL,                    -- of what was asked, to tell a repetition from a reuse of the id
    published_by text REFERENCES officials,
    published_at timestamptz,
    name         text,
    post         text,
    portfolio    text,
    held_by      text REFERENCES officials,
    held_at      timestamptz,
    ended_by     text REFERENCES officials,
    ended_at     timestamptz,
    swapped      boolean NOT NULL DEFAULT false,
    reason       text NOT NULL DEFAULT '',
    short_notice boolean NOT NULL DEFAULT false,
    end_command  text,                             -- id of the request that ended it
    end_fingerprint text NOT NULL DEFAULT '',      -- of what it asked
    CHECK (num_nulls(published_by, published_at) IN (0, 2)),
    CHECK (num_nulls(name, post, portfolio) IN (0, 3)),
    CHECK (num_nulls(held_by, held_at) IN (0, 2)),
    CHECK (num_nulls(ended_by, ended_at, end_command) IN (0, 3)),
    CHECK (ended_at IS NULL OR held_at IS NULL),
    -- Nobody is in two places at once.
    CONSTRAINT receptions_one_place EXCLUDE USING gist (leader WITH =, tstzrange(from_at, until_at) WITH &&) WHERE (ended_at IS NULL)
);
CREATE INDEX receptions_from    ON receptions (from_at, id);
CREATE INDEX receptions_leader  ON receptions (leader, from_at);
CREATE INDEX receptions_office  ON receptions (office, from_at, id);
CREATE INDEX receptions_request ON receptions (request);
CREATE INDEX receptions_instead ON receptions (instead) WHERE instead <> '';
CREATE INDEX receptions_unfixed ON receptions (from_at) WHERE name IS NULL AND ended_at IS NULL;

-- +goose StatementBegin
CREATE FUNCTION receptions_are_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.id, OLD.office, OLD.leader, OLD.from_at, OLD.until_at, OLD.place, OLD.form, OLD.slots, OLD.instead, OLD.entered_by, OLD.entered_at, OLD.request, OLD.fingerprint)
            = (NEW.id, NEW.office, NEW.leader, NEW.from_at, NEW.until_at, NEW.place, NEW.form, NEW.slots, NEW.instead, NEW.entered_by, NEW.entered_at, NEW.request, NEW.fingerprint)
            AND (OLD.published_at IS NULL OR (OLD.published_by, OLD.published_at) IS NOT DISTINCT FROM (NEW.published_by, NEW.published_at))
            AND (OLD.name IS NULL OR (OLD.name, OLD.post, OLD.portfolio) IS NOT DISTINCT FROM (NEW.name, NEW.post, NEW.portfolio))
            AND (OLD.held_at IS NULL OR (OLD.held_by, OLD.held_at) IS NOT DISTINCT FROM (NEW.held_by, NEW.held_at))
            AND (OLD.ended_at IS NULL OR (OLD.ended_by, OLD.ended_at, OLD.swapped, OLD.reason, OLD.short_notice, OLD.end_command, OLD.end_fingerprint)
                IS NOT DISTINCT FROM (NEW.ended_by, NEW.ended_at, NEW.swapped, NEW.reason, NEW.short_notice, NEW.end_command, NEW.end_fingerprint))
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a reception day is never deleted or changed; it can be published, held, cancelled or swapped, once' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON receptions FOR EACH ROW EXECUTE FUNCTION receptions_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON receptions FOR EACH STATEMENT EXECUTE FUNCTION receptions_are_history();

-- Appointments on them. Who comes is sealed as petitioners are, with the appointment's id;
-- that and the topic go when the appointment ends or the visit becomes a case.
CREATE TABLE appointments (
    id          text PRIMARY KEY CHECK (id <> ''),
    reception   text NOT NULL REFERENCES receptions, -- moves to the day that takes its place
    topic       text REFERENCES documents,
    sealed      bytea,
    state       text NOT NULL CHECK (state IN ('booked', 'cancelled', 'came', 'absent')),
    case_id     text NOT NULL DEFAULT '',
    booked_by   text NOT NULL REFERENCES officials,
    booked_at   timestamptz NOT NULL,
    done_by     text REFERENCES officials,
    done_at     timestamptz,
    fingerprint text NOT NULL,
    CHECK (num_nulls(done_by, done_at) IN (0, 2)),
    CHECK ((state = 'booked') = (done_at IS NULL)),
    CHECK (case_id = '' OR state = 'came'),
    CHECK (num_nulls(topic, sealed) = CASE WHEN state IN ('booked', 'came') AND case_id = '' THEN 0 ELSE 2 END)
);
CREATE INDEX appointments_reception ON appointments (reception);
CREATE INDEX appointments_topic     ON appointments (topic);

-- The reception days that a case was brought on.
ALTER TABLE cases ADD COLUMN receptions text[] NOT NULL DEFAULT '{}';
CREATE INDEX cases_receptions ON cases USING gin (receptions) WHERE receptions <> '{}';

-- +goose Down
DROP INDEX cases_receptions;
ALTER TABLE cases DROP COLUMN receptions;
DROP TABLE appointments, receptions;
DROP FUNCTION receptions_are_history;
