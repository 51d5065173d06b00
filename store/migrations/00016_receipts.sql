-- +goose Up

-- The receipts given to petitioners: a query code (查询码), which stays the case's, and a
-- query secret (查询密码), of which only argon2id's hash is kept, sealed. A new receipt
-- ends the former one's secret. A row is never deleted.
CREATE TABLE receipts (
    case_id   text NOT NULL REFERENCES cases,
    number    int NOT NULL CHECK (number > 0),
    code      text NOT NULL CHECK (code ~ '^[2-9A-HJKMNP-Z]{12}$'),
    secret    bytea, -- NULL once it was ended
    issued_by text NOT NULL REFERENCES officials,
    issued_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, number)
);
CREATE UNIQUE INDEX receipts_code ON receipts (code)    WHERE secret IS NOT NULL;
CREATE UNIQUE INDEX receipts_case ON receipts (case_id) WHERE secret IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION receipts_are_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.secret IS NULL
            AND (OLD.case_id, OLD.number, OLD.code, OLD.issued_by, OLD.issued_at)
              = (NEW.case_id, NEW.number, NEW.code, NEW.issued_by, NEW.issued_at)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a receipt is never deleted; only its secret can be ended' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON receipts FOR EACH ROW EXECUTE FUNCTION receipts_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON receipts FOR EACH STATEMENT EXECUTE FUNCTION receipts_are_history();

-- Tries at something secret, or too many of which would harm, by whom and at what: a keyed
-- hash, so that no address is kept. A row counts until ends_at and is swept then.
CREATE TABLE tries (
    key     bytea PRIMARY KEY,
    count   int NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX tries_ended ON tries (ends_at);

-- +goose Down
DROP TABLE tries, receipts;
DROP FUNCTION receipts_are_history;
