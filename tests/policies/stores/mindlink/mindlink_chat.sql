-- Records of e-mails, telephone calls and live chats.
CREATE TABLE people (
    id            bigint PRIMARY KEY,
    email         text,
    full_name     text,
    restricted_at timestamptz
);

CREATE TABLE talks (
    id        bigint PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES people (id),
    way       text NOT NULL CHECK (way IN ('email', 'phone', 'chat')),
    held_on   date NOT NULL,
    text      text NOT NULL
);
