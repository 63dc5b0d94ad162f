-- Who agreed to what and when they withdrew it, and the mailing lists that they are on for as long as they agree.
CREATE TABLE people (
    id            bigint PRIMARY KEY,
    email         text,
    restricted_at timestamptz
);

CREATE TABLE subscribers (
    id              bigint PRIMARY KEY,
    person_id       bigint NOT NULL REFERENCES people (id),
    email           text,
    subscribed      boolean NOT NULL DEFAULT true,
    restricted_at   timestamptz,
    unsubscribed_on date,
    delete_from     date GENERATED ALWAYS AS (unsubscribed_on) STORED
);

CREATE TABLE consents (
    id            bigint PRIMARY KEY,
    person_id     bigint NOT NULL REFERENCES people (id),
    purpose       text NOT NULL CHECK (purpose IN ('marketing', 'cookies')),
    given_at      timestamptz NOT NULL,
    withdrawn_at  timestamptz
);
