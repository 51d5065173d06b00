-- +goose Up

-- Units that were merged or abolished (撤并) stay, with the day and who took over.
ALTER TABLE units
    ADD ended_on  date,
    ADD successor text REFERENCES units,
    ADD CHECK (successor IS NULL OR ended_on IS NOT NULL),
    ADD CHECK (successor <> code);

-- +goose Down
ALTER TABLE units DROP successor, DROP ended_on;
