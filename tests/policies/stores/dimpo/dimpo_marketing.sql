-- The mailing lists, and the record of who agreed to what and when they withdrew it.
CREATE TABLE subscribers (
    id            bigint PRIMARY KEY,
    email         text,
    subscribed    boolean NOT NULL DEFAULT true,
    restricted_at timestamptz
);

CREATE TABLE consents (
    id            bigint PRIMARY KEY,
    subscriber_id bigint NOT NULL REFERENCES subscribers (id),
    purpose       text NOT NULL CHECK (purpose IN ('marketing', 'cookies')),
    given_at      timestamptz NOT NULL,
    withdrawn_at  timestamptz
);
