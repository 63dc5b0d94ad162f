-- Requests for support, and feedback.
CREATE TABLE requesters (
    id            bigint PRIMARY KEY,
    email         text,
    full_name     text,
    restricted_at timestamptz
);

CREATE TABLE requests (
    id           bigint PRIMARY KEY,
    requester_id bigint NOT NULL REFERENCES requesters (id),
    opened_on    date NOT NULL,
    text         text NOT NULL
);
