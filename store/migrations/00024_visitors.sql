-- +goose Up

-- Who came, or was to come, and why goes two weeks after the day, whether or not it was
-- recorded what became of the appointment: the rest of the row stays.
ALTER TABLE appointments DROP CONSTRAINT appointments_check3;
ALTER TABLE appointments
    ADD CONSTRAINT appointments_whole CHECK (num_nulls(topic, sealed) IN (0, 2)),
    ADD CONSTRAINT appointments_needed CHECK (sealed IS NULL OR state IN ('booked', 'came') AND case_id = '');
CREATE INDEX appointments_kept ON appointments (reception) WHERE sealed IS NOT NULL;

-- +goose Down
DELETE FROM appointments WHERE sealed IS NULL AND state IN ('booked', 'came') AND case_id = '';
DROP INDEX appointments_kept;
ALTER TABLE appointments DROP CONSTRAINT appointments_needed, DROP CONSTRAINT appointments_whole,
    ADD CONSTRAINT appointments_check3 CHECK (num_nulls(topic, sealed) = CASE WHEN state IN ('booked', 'came') AND case_id = '' THEN 0 ELSE 2 END);
