-- +goose Up

-- Parts of numbers and of references are searched for.
CREATE INDEX cases_numbers ON cases USING gin (number gin_trgm_ops, reference gin_trgm_ops);

-- Most Chinese words are of two characters, and a trigram index finds none of them.
CREATE FUNCTION pairs(title text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(SELECT DISTINCT substr(lower(title), i, 2) FROM generate_series(1, length(title) - 1) AS i);
CREATE INDEX cases_pairs ON cases USING gin (pairs(title));

-- +goose Down
DROP INDEX cases_pairs;
DROP FUNCTION pairs;
DROP INDEX cases_numbers;
