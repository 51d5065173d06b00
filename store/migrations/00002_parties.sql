-- +goose Up

-- The units that have a part in a case beside the responsible one: their officers see it.
ALTER TABLE cases ADD parties text[] NOT NULL DEFAULT '{}';
CREATE INDEX cases_parties ON cases USING gin (parties);

-- +goose Down
DROP INDEX cases_parties;
ALTER TABLE cases DROP parties;
