"""A shop's schema with most shapes at once: a tree, two ways to one row, retained rows, a file, a shared mailbox."""

DDL = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE currencies (code text PRIMARY KEY);
CREATE TABLE users (
    id bigint PRIMARY KEY, email text, phone text, first_name text, last_name text NOT NULL, password_hash text,
    mood mood, tags text[] NOT NULL DEFAULT '{}', profile jsonb NOT NULL DEFAULT '{}', balance numeric(12, 2),
    born date, seen_at timestamptz, manager_id bigint REFERENCES users
);
CREATE TABLE user_emails (
    id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, email text NOT NULL
);
CREATE TABLE tickets (
    id bigint PRIMARY KEY, requester_id bigint NOT NULL REFERENCES users, assignee_id bigint REFERENCES users,
    subject text NOT NULL
);
CREATE TABLE comments (
    id bigint PRIMARY KEY, ticket_id bigint NOT NULL REFERENCES tickets, author_id bigint, body text NOT NULL
);
CREATE TABLE attachments (
    comment_id bigint REFERENCES comments ON DELETE CASCADE, number int, filename text, type text, content bytea,
    PRIMARY KEY (comment_id, number)
);
CREATE TABLE invoices (
    number text PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, issued_on date, total numeric(12, 2) NOT NULL,
    currency text REFERENCES currencies
);
INSERT INTO currencies VALUES ('EUR'), ('DKK');
INSERT INTO users (id, email, phone, first_name, last_name, password_hash, mood, tags, profile, balance, born, seen_at,
                   manager_id) VALUES
    (1, 'Ann@Example.org', '+45 12 34 56 78', 'Ann', 'Ärla', 'x1', 'good', '{a,"b c"}', '{"a": [1, 1.5, null]}',
     12.50, '1980-02-29', '2026-01-01 12:00+02', NULL),
    (2, 'bob@example.org', NULL, 'Bob', 'Borg', 'x2', NULL, '{}', '{}', NULL, NULL, NULL, 1),
    (3, 'desk@example.org', NULL, 'Cid', 'Cohn', NULL, 'bad', '{}', '{}', 0.10, NULL, 'infinity', NULL),
    (4, ' DESK@example.org ', NULL, 'Dee', 'Dahl', NULL, NULL, '{}', '{}', NULL, NULL, NULL, NULL);
INSERT INTO user_emails VALUES (1, 1, 'ann+shop@example.org'), (2, 1, 'a.arla@work.example'), (3, 2, 'b@b.example');
INSERT INTO tickets VALUES (10, 1, 3, 'Broken'), (11, 1, NULL, 'Lost'), (12, 2, 3, 'Late');
INSERT INTO comments VALUES (100, 10, 1, 'It broke 🙈'), (101, 10, 3, 'Sorry, Ann'), (102, 11, 1, 'Where?'),
    (103, 12, 1, 'Me too'), (104, 12, 2, 'Please'), (105, 12, 99, 'Merged away');
INSERT INTO attachments VALUES (100, 1, 'a.txt', 'text/plain', 'hello'), (100, 2, NULL, NULL, NULL),
    (104, 1, 'b.bin', NULL, '\\x00ff');
INSERT INTO invoices VALUES ('A/1', 1, '2024-05-01', 10.10, 'EUR'), ('A/2', 1, '2015-05-01', 20.20, 'DKK'),
    ('B/1', 2, '2025-05-01', 99.99, 'EUR');
"""

MAP = """
title = "The shop"
[tables.currencies]
personal = false
because = "a list of currencies"

[tables.users]
category = "account"
person = true
name = ["first_name", "last_name"]
erase = "delete"
identifiers = [
  { column = "email", kind = "email", match = "plus" },
  { column = "phone", kind = "phone", match = "phone" },
]
[tables.users.columns]
id = "keep"
email = "null"
phone = "null"
first_name = "null"
last_name = "redact"
password_hash = { erase = "null", is = "password", disclose = false, because = "security of the account" }
mood = "null"
tags = "blank"
profile = "blank"
balance = "keep"
born = "null"
seen_at = "null"
manager_id = "keep"

[tables.user_emails]
category = "account"
erase = "delete"
belongs = [ { table = "users", columns = { user_id = "id" } } ]
identifiers = [ { column = "email", kind = "email", match = "plus" } ]
columns = { id = "keep", user_id = "keep", email = "redact" }

[tables.tickets]
category = "support"
erase = "delete"
belongs = [ { table = "users", columns = { requester_id = "id" } } ]
columns = { id = "keep", requester_id = "keep", assignee_id = "keep", subject = "redact" }

[tables.comments]
category = "support"
erase = "delete"
belongs = [ { table = "tickets", columns = { ticket_id = "id" } }, { table = "users", columns = { author_id = "id" } } ]
columns = { id = "keep", ticket_id = "keep", author_id = "keep", body = { erase = "redact", free_text = true } }

[tables.attachments]
category = "support"
erase = "delete"
belongs = [ { table = "comments", columns = { comment_id = "id" } } ]
file = { content = "content", name = "filename", media_type = "type" }
columns = { comment_id = "keep", number = "keep", filename = "redact", type = "keep", content = "null" }

[tables.invoices]
category = "transactions"
erase = "retain"
belongs = [ { table = "users", columns = { user_id = "id" } } ]
retention = { law = "Bookkeeping Act", years = 5, from = "issued_on", to = "year_end" }
columns = { number = "keep", user_id = "keep", issued_on = "keep", total = "keep", currency = "keep" }
"""

_STAFF = 'staff = [ { mood = "bad" }, { first_name = "Root", born = "null" } ]'
_FILES = '[tables.attachments]\ncategory = "{}"'
_EMAIL = 'column = "email", kind = "email", match = "plus"'
_FURTHER = f"[ {{ {_EMAIL} ", f"[ {{ {_EMAIL}, proven = false "
STAFFED = (
    MAP.replace("person = true", f"person = true\n{_STAFF}", 1)
    .replace(_FILES.format("support"), _FILES.format("files"), 1)
    .replace(*_FURTHER)
)
"""The map of a shop that knows its staff, by what the other tests do not mind; files can be asked for alone, and other
addresses are proven by nobody."""
PROVEN = MAP.replace(_EMAIL, f'{_EMAIL}, proven = "seen_at"', 1).replace(*_FURTHER)
"""The map of a shop that knows since when an account's address is its user's, and asks nothing of further ones."""
EMPLOY = "UPDATE users SET mood = 'bad' WHERE id = 1"
HALF_EMPLOY = "UPDATE users SET first_name = 'Root' WHERE id = 1"
"""Half of a condition: Ann has a birthday, too."""
WHOLLY_EMPLOY = "UPDATE users SET born = NULL WHERE id = 1"
MOVE = "UPDATE comments SET ticket_id = 12, author_id = 2 WHERE id = 100"
"""One of Ann's comments is Bob's by now, and the files at it, whose rows are as they were."""
