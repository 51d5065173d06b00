-- +goose Up

-- A notice is planned once: for each channel that its reader has, a delivery. What was
-- written before there were any is not told now, long after.
ALTER TABLE notices ADD COLUMN planned boolean NOT NULL DEFAULT false;
UPDATE notices SET planned = true;
CREATE INDEX notices_unplanned ON notices (at) WHERE NOT planned;

-- Where machines and groups are told. An address may be a secret itself, as robots' are:
-- it is sealed with the secrets, and only its host is shown.
CREATE TABLE endpoints (
    id             text PRIMARY KEY,
    kind           text NOT NULL,
    name           text NOT NULL DEFAULT '',
    unit           text NOT NULL DEFAULT '', -- whose people's notices it gets; empty: all
    language       text NOT NULL,
    host           text NOT NULL,
    sealed         bytea NOT NULL,
    created_at     timestamptz NOT NULL,
    previous_until timestamptz,              -- how long the secret before signs too
    failing_since  timestamptz,
    error          text NOT NULL DEFAULT '',
    disabled_at    timestamptz
);

-- What goes out at once by one channel to one recipient. Its attempts are written before
-- they are made, so that a restart neither loses nor floods.
CREATE TABLE messages (
    id         text PRIMARY KEY,
    kind       text NOT NULL,
    channel    text NOT NULL,            -- mail, or an endpoint's id
    recipient  text NOT NULL DEFAULT '', -- official; empty of endpoints
    day        date,                     -- of a daily or weekly letter
    about      text NOT NULL DEFAULT '', -- the endpoint that was switched off
    urgent     boolean NOT NULL DEFAULT false, -- it goes at any hour
    state      text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'sent', 'suppressed', 'failed')),
    attempts   int  NOT NULL DEFAULT 0,
    planned_at timestamptz NOT NULL,
    next_at    timestamptz NOT NULL,     -- of the next attempt
    error      text NOT NULL DEFAULT '',
    done_at    timestamptz
);
-- Nobody gets two of them on one day.
CREATE UNIQUE INDEX messages_daily ON messages (kind, channel, recipient, day) WHERE day IS NOT NULL;
CREATE INDEX messages_due ON messages (next_at) WHERE state = 'planned';

-- Whether and how each notice reached its reader. Kind, step and at are the notice's.
CREATE TABLE deliveries (
    case_id    text   NOT NULL,
    seq        bigint NOT NULL,
    official   text   NOT NULL,          -- whom the notice is for; empty of endpoints
    channel    text   NOT NULL,
    recipient  text   NOT NULL,          -- who gets it: the official, or who stands in
    for_official text NOT NULL DEFAULT '', -- the leader on leave for whom the recipient gets it
    kind       text   NOT NULL,
    step       text   NOT NULL,
    at         timestamptz NOT NULL,
    planned_at timestamptz NOT NULL,
    urgent     boolean NOT NULL,
    state      text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'sent', 'suppressed', 'failed')),
    reason     text NOT NULL DEFAULT '', -- why it was suppressed
    done_at    timestamptz,
    message    text REFERENCES messages,
    PRIMARY KEY (case_id, seq, official, channel)
);
CREATE INDEX deliveries_waiting ON deliveries (planned_at) WHERE state = 'planned' AND message IS NULL;
CREATE INDEX deliveries_message ON deliveries (message);

-- Secret addresses of calendar feeds; of a secret only the hash is kept.
CREATE TABLE feeds (
    official   text PRIMARY KEY REFERENCES officials,
    hash       bytea NOT NULL UNIQUE,
    language   text NOT NULL,
    created_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE feeds, deliveries, messages, endpoints;
DROP INDEX notices_unplanned;
ALTER TABLE notices DROP COLUMN planned;
