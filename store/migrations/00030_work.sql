-- +goose Up

-- What the yearly report counts (条例41): fields, and what was done when.
ALTER TABLE cases
    ADD category   text    GENERATED ALWAYS AS (coalesce(state->>'category', '')) STORED,
    ADD collective boolean GENERATED ALWAYS AS (coalesce((state->>'collective')::boolean, false)) STORED;
CREATE INDEX ledger_work ON ledger (kind, at) INCLUDE (case_id) WHERE kind IN (
    'forwarded', 'commissioned', 'urged', 'supervised', 'escalated', 'released', 'talked', 'circulated', 'listed', 'ordered',
    'suggested', 'suggestion_answered', 'submitted', 'resolved');

-- +goose Down
DROP INDEX ledger_work;
ALTER TABLE cases DROP collective, DROP category;
