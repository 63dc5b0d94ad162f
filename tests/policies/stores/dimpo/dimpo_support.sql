-- Who asked for help, and every conversation with them.
CREATE TABLE requesters (
    id            bigint PRIMARY KEY,
    email         text,
    phone         text,
    full_name     text,
    restricted_at timestamptz
);

CREATE TABLE conversations (
    id           bigint PRIMARY KEY,
    requester_id bigint NOT NULL REFERENCES requesters (id),
    held_on      date NOT NULL,
    device       text,
    text         text NOT NULL
);
