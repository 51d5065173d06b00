-- +goose Up

-- Grave and urgent matters (条例第25条) have clocks in hours: what is due by a day before
-- is due by an instant now, the end of that day in China.
ALTER TABLE tasks ALTER COLUMN due TYPE timestamptz USING (due + 1)::timestamp AT TIME ZONE 'Asia/Shanghai';
ALTER TABLE steps ALTER COLUMN due TYPE timestamptz USING (due + 1)::timestamp AT TIME ZONE 'Asia/Shanghai';

ALTER TABLE cases ADD COLUMN urgent boolean NOT NULL DEFAULT false;
CREATE INDEX cases_urgent ON cases (overdue_at, id) INCLUDE (unit, office, upper, lower, accused_unit, accused_official) WHERE urgent;

-- +goose Down
ALTER TABLE cases DROP COLUMN urgent;
ALTER TABLE steps ALTER COLUMN due TYPE date USING (due AT TIME ZONE 'Asia/Shanghai' - interval '1 microsecond')::date;
ALTER TABLE tasks ALTER COLUMN due TYPE date USING (due AT TIME ZONE 'Asia/Shanghai' - interval '1 microsecond')::date;
