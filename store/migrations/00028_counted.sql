-- +goose Up

-- What figures count lies in rows that hold all that is asked of them, so that each table
-- is counted by itself and in one index. Where it came from and what for is settled by the
-- registration.
ALTER TABLE terms
    ADD origin  text NOT NULL DEFAULT '',
    ADD channel text NOT NULL DEFAULT '',
    ADD purpose text NOT NULL DEFAULT '';
UPDATE terms SET (origin, channel, purpose) = (SELECT origin, coalesce(channel, ''), coalesce(purpose, '') FROM cases WHERE id = case_id);
ALTER TABLE endings
    ADD origin    text NOT NULL DEFAULT '',
    ADD channel   text NOT NULL DEFAULT '',
    ADD purpose   text NOT NULL DEFAULT '',
    ADD headcount bigint NOT NULL DEFAULT 0;
UPDATE endings SET (origin, channel, purpose, headcount) = (SELECT origin, coalesce(channel, ''), coalesce(purpose, ''), headcount FROM cases WHERE id = case_id);

-- Each case as it was registered.
CREATE TABLE registrations (
    case_id   text PRIMARY KEY REFERENCES cases ON DELETE CASCADE,
    at        timestamptz NOT NULL,
    unit      text NOT NULL, -- the responsible one then
    office    text NOT NULL,
    origin    text NOT NULL,
    channel   text NOT NULL,
    purpose   text NOT NULL,
    headcount bigint NOT NULL
);

-- What petitioners said, and of whom.
CREATE TABLE ratings (
    case_id       text NOT NULL REFERENCES cases ON DELETE CASCADE,
    seq           bigint NOT NULL,
    at            timestamptz NOT NULL,
    unit          text NOT NULL, -- the responsible one then
    office        text NOT NULL,
    origin        text NOT NULL,
    office_rating text NOT NULL,
    unit_rating   text NOT NULL,
    PRIMARY KEY (case_id, seq)
);
CREATE INDEX ratings_time ON ratings (at);

-- Which lamp each open case showed. Unlike a standing a row goes on when the case's dates
-- change, as long as all that it says of the time before stays true: most cases have one.
CREATE TABLE lamps (
    case_id   text NOT NULL REFERENCES cases ON DELETE CASCADE,
    from_at   timestamptz NOT NULL,
    until_at  timestamptz NOT NULL DEFAULT 'infinity', -- the next row's, or when the case ended
    unit      text NOT NULL,
    office    text NOT NULL,
    origin    text NOT NULL,
    yellow_at timestamptz NOT NULL, -- 'infinity' where it would come after until_at
    red_at    timestamptz NOT NULL,
    PRIMARY KEY (case_id, from_at),
    CHECK (from_at < until_at)
);

-- Where there are no standings yet, the ledger is read anew after the migrations.
INSERT INTO registrations
SELECT c.id, c.registered_at, coalesce(s.unit, c.unit), c.office, c.origin, c.channel, coalesce(c.purpose, ''), c.headcount
FROM cases c LEFT JOIN standings s ON s.case_id = c.id AND s.from_at = c.registered_at WHERE EXISTS (SELECT 1 FROM standings);
INSERT INTO ratings
SELECT c.id, l.seq, l.at, coalesce(s.unit, c.unit), c.office, c.origin, coalesce(l.body::jsonb->>'office_rating', ''), coalesce(l.body::jsonb->>'unit_rating', '')
FROM ledger l JOIN cases c ON c.id = l.case_id
LEFT JOIN LATERAL (SELECT unit FROM standings WHERE case_id = l.case_id AND from_at <= l.at ORDER BY from_at DESC LIMIT 1) AS s ON true
WHERE l.kind = 'rated' AND EXISTS (SELECT 1 FROM standings);
INSERT INTO lamps
SELECT case_id, min(from_at), max(until_at), unit, office, origin,
    CASE WHEN max(yellow_at) FILTER (WHERE last) < max(until_at) THEN max(yellow_at) FILTER (WHERE last) ELSE 'infinity' END,
    CASE WHEN max(red_at) FILTER (WHERE last) < max(until_at) THEN max(red_at) FILTER (WHERE last) ELSE 'infinity' END
FROM (
    SELECT *, lead(island) OVER (PARTITION BY case_id ORDER BY from_at) IS DISTINCT FROM island AS last
    FROM (
        SELECT *, sum(begins) OVER (PARTITION BY case_id ORDER BY from_at) AS island
        FROM (
            SELECT *, CASE WHEN (lag(until_at) OVER before, lag(unit) OVER before, lag(office) OVER before, lag(origin) OVER before,
                    least(lag(yellow_at) OVER before, from_at), least(lag(red_at) OVER before, from_at))
                = (from_at, unit, office, origin, least(yellow_at, from_at), least(red_at, from_at)) THEN 0 ELSE 1 END AS begins
            FROM standings WINDOW before AS (PARTITION BY case_id ORDER BY from_at)
        ) AS rows
    ) AS islands
) AS placed GROUP BY case_id, island, unit, office, origin;

CREATE INDEX registrations_time ON registrations (at) INCLUDE (case_id, unit, office, origin, channel, purpose, headcount);
CREATE INDEX lamps_time ON lamps (until_at, from_at) INCLUDE (yellow_at, red_at, unit, office, origin, case_id);
CREATE INDEX terms_counted ON terms (rule, judged_at) INCLUDE (unit, stop, due_at, fed_back_at, stopped_at, origin, channel, purpose, case_id);
DROP INDEX cases_counted, terms_time, endings_time;
CREATE INDEX endings_time ON endings (from_at) INCLUDE (case_id, stage, unit, office, origin, channel, purpose, headcount, until_at);

-- +goose Down
DROP INDEX endings_time, terms_counted;
CREATE INDEX cases_counted ON cases (registered_at) INCLUDE (id, unit, office, origin, channel, purpose, headcount);
CREATE INDEX terms_time ON terms (judged_at) INCLUDE (case_id, rule, unit, due_at, fed_back_at, stopped_at, stop);
CREATE INDEX endings_time ON endings (from_at) INCLUDE (case_id, stage, unit, office, until_at);
DROP TABLE lamps, ratings, registrations;
ALTER TABLE endings DROP headcount, DROP purpose, DROP channel, DROP origin;
ALTER TABLE terms DROP purpose, DROP channel, DROP origin;
