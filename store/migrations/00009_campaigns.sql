-- +goose Up

-- Campaigns (会战), kept like leaves: each change counts up directory_version. A row is
-- never deleted and can be ended, once.
CREATE TABLE campaigns (
    id          text PRIMARY KEY CHECK (id <> ''),
    name        text NOT NULL CHECK (name <> ''),
    about       text NOT NULL CHECK (about <> ''),
    office      text NOT NULL REFERENCES units,
    start_on    date NOT NULL,
    end_on      date NOT NULL CHECK (end_on >= start_on),
    opened_by   text NOT NULL REFERENCES officials,
    opened_at   timestamptz NOT NULL,
    fingerprint text NOT NULL, -- of what was asked, to tell a repetition from a reuse of the id
    ended_by    text REFERENCES officials,
    ended_at    timestamptz,
    end_command text, -- id of the request that ended it
    CHECK (num_nulls(ended_by, ended_at, end_command) IN (0, 3))
);
CREATE INDEX campaigns_opened ON campaigns (opened_at DESC, id DESC);

-- What a campaign is to reach. The last version counts; each stays, with who set it and
-- why. The first is the opening's and has no reason.
CREATE TABLE campaign_targets (
    campaign    text NOT NULL REFERENCES campaigns,
    version     int NOT NULL CHECK (version > 0),
    targets     jsonb NOT NULL,
    reason      text NOT NULL CHECK (reason <> '' OR version = 1),
    set_by      text NOT NULL REFERENCES officials,
    set_at      timestamptz NOT NULL,
    command     text NOT NULL, -- id of the request
    fingerprint text NOT NULL,
    PRIMARY KEY (campaign, version)
);

-- +goose StatementBegin
CREATE FUNCTION campaigns_are_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'campaigns' THEN
        IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
            AND (OLD.id, OLD.name, OLD.about, OLD.office, OLD.start_on, OLD.end_on, OLD.opened_by, OLD.opened_at, OLD.fingerprint)
              = (NEW.id, NEW.name, NEW.about, NEW.office, NEW.start_on, NEW.end_on, NEW.opened_by, NEW.opened_at, NEW.fingerprint)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a campaign and its targets are never deleted or rewritten; it can only be ended, once' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON campaigns FOR EACH ROW EXECUTE FUNCTION campaigns_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON campaigns FOR EACH STATEMENT EXECUTE FUNCTION campaigns_are_history();
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON campaign_targets FOR EACH ROW EXECUTE FUNCTION campaigns_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON campaign_targets FOR EACH STATEMENT EXECUTE FUNCTION campaigns_are_history();

-- The times of cases on campaigns' lists, written with the case row and folded from the
-- ledger like it, with all that a campaign's progress asks for: one index scan each.
CREATE TABLE enlistments (
    case_id          text NOT NULL REFERENCES cases ON DELETE CASCADE,
    n                int NOT NULL, -- which of the case's times on a list
    campaign         text NOT NULL,
    enlisted_at      timestamptz NOT NULL,
    delisted_at      timestamptz NOT NULL,
    planned          boolean NOT NULL, -- there is a plan (化解方案)
    concluded_at     timestamptz[] NOT NULL, -- when the case was closed,
    concluded_until  timestamptz[] NOT NULL, -- and taken up again
    report_due       date[] NOT NULL, -- the weekly reports,
    report_made      timestamptz[] NOT NULL, -- and when they were made
    submitted        int NOT NULL, -- meetings before which it was meanwhile,
    decided          int NOT NULL, -- those that have decided,
    money            bigint NOT NULL, -- and the yuan that they granted
    origin           text NOT NULL,
    stage            text NOT NULL,
    office           text NOT NULL,
    unit             text NOT NULL,
    accused_unit     text NOT NULL,
    accused_official text NOT NULL,
    upper            text NOT NULL,
    lower            text NOT NULL,
    PRIMARY KEY (case_id, n)
);
CREATE INDEX enlistments_campaign ON enlistments (campaign, enlisted_at, case_id);
CREATE INDEX enlistments_upper    ON enlistments (upper, campaign) WHERE upper <> '';
CREATE INDEX enlistments_lower    ON enlistments (lower, campaign) WHERE lower <> '';

-- +goose Down
DROP TABLE enlistments, campaign_targets, campaigns;
DROP FUNCTION campaigns_are_history;
