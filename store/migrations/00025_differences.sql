-- +goose Up

-- Which run of verify it was: a part of one that is done once more counts once.
ALTER TABLE verifications ADD run text UNIQUE;

-- What the last run of verify found, and one that is under way has found so far: where,
-- never what. Each is told once, as long as every run finds it again. Times are the
-- database's, whichever worker looked.
CREATE TABLE differences (
    case_id  text NOT NULL, -- empty where no single case is meant
    place    text NOT NULL, -- store or workflow
    about    text NOT NULL, -- where no single case is meant: what is, such as a register
    found_at timestamptz NOT NULL DEFAULT now(), -- by the first of the runs in a row that found it
    seen_at  timestamptz NOT NULL DEFAULT now(), -- by the last
    told     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (case_id, place, about)
);

-- From when on the first run is waited for.
INSERT INTO settings VALUES ('verified_from', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));

-- +goose Down
DELETE FROM settings WHERE name = 'verified_from';
DROP TABLE differences;
ALTER TABLE verifications DROP COLUMN run;
