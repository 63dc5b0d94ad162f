-- Customer service: calls, written dialogues, and recordings for training.
CREATE TABLE callers (
    id              bigint PRIMARY KEY,
    email           text,
    phone           text,
    full_name       text,
    restricted_at   timestamptz,
    last_contact_on date
);

CREATE TABLE calls (
    id         bigint PRIMARY KEY,
    caller_id  bigint NOT NULL REFERENCES callers (id),
    called_at  timestamptz NOT NULL,
    minutes    integer NOT NULL,
    about      text
);

CREATE TABLE dialogues (
    id         bigint PRIMARY KEY,
    caller_id  bigint NOT NULL REFERENCES callers (id),
    written_at timestamptz NOT NULL,
    text       text NOT NULL
);

CREATE TABLE recordings (
    id          bigint PRIMARY KEY,
    caller_id   bigint NOT NULL REFERENCES callers (id),
    recorded_at timestamptz NOT NULL,
    file_name   text NOT NULL,
    media_type  text NOT NULL,
    content     bytea
);
