-- Messages with support.
CREATE TABLE requesters (
    id            bigint PRIMARY KEY,
    email         text,
    full_name     text,
    restricted_at timestamptz
);

CREATE TABLE messages (
    id           bigint PRIMARY KEY,
    requester_id bigint NOT NULL REFERENCES requesters (id),
    sent_on      date NOT NULL,
    text         text NOT NULL,
    in_training  boolean NOT NULL DEFAULT true
);
