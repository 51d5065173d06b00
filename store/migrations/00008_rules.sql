-- +goose Up

-- What has been put in force, over the rules that the program brings along: a local policy
-- file and the rest days of years. Each version is whole: it does not add to the one before.
-- The setting rules_version names the one in force; 0 are the program's own alone.
INSERT INTO settings (name, value) VALUES ('rules_version', '0');
CREATE TABLE rules (
    version     int PRIMARY KEY CHECK (version > 0),
    id          text NOT NULL UNIQUE CHECK (id <> ''),
    policy      text NOT NULL, -- YAML; empty: none
    years       text[] NOT NULL, -- JSON as calendar.Load reads it
    reason      text NOT NULL,
    by_official text NOT NULL, -- empty: of whoever set up the installation
    at          timestamptz NOT NULL,
    fingerprint text NOT NULL, -- of what was asked, to tell a repetition from a reuse of the id
    broadcast   text REFERENCES broadcasts -- by which it goes to the open cases; null: it touched none
);

-- +goose StatementBegin
CREATE FUNCTION rules_are_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rules that were in force are never changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON rules FOR EACH ROW EXECUTE FUNCTION rules_are_history();
CREATE TRIGGER history_whole BEFORE TRUNCATE ON rules FOR EACH STATEMENT EXECUTE FUNCTION rules_are_history();

-- +goose Down
DROP TABLE rules;
DROP FUNCTION rules_are_history;
DELETE FROM settings WHERE name = 'rules_version';
