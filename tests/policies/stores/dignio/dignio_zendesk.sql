-- Chats on the web site; a visitor is known for as long as the last chat is kept.
CREATE TABLE visitors (
    id           bigint PRIMARY KEY,
    email        text,
    display_name text,
    last_chat_on date NOT NULL
);

CREATE TABLE chats (
    id         bigint PRIMARY KEY,
    visitor_id bigint NOT NULL REFERENCES visitors (id),
    held_on    date NOT NULL,
    log        text NOT NULL
);
