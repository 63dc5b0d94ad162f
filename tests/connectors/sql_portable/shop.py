"""The shop of `tests.connectors.shop` in the words of MySQL and of SQLite; its map is the same."""

_ROWS = """
INSERT INTO currencies VALUES ('EUR'), ('DKK');
INSERT INTO users (id, email, phone, first_name, last_name, password_hash, mood, tags, profile, balance, born, seen_at,
                   manager_id) VALUES
    (1, 'Ann@Example.org', '+45 12 34 56 78', 'Ann', 'Ärla', 'x1', 'good', '["a","b c"]', '{"a": [1, 1.5, null]}',
     12.50, '1980-02-29', '2026-01-01 10:00:00', NULL),
    (2, 'bob@example.org', NULL, 'Bob', 'Borg', 'x2', NULL, '[]', '{}', NULL, NULL, NULL, 1),
    (3, 'desk@example.org', NULL, 'Cid', 'Cohn', NULL, 'bad', '[]', '{}', 0.10, NULL, NULL, NULL),
    (4, ' DESK@example.org ', NULL, 'Dee', 'Dahl', NULL, NULL, '[]', '{}', NULL, NULL, NULL, NULL);
INSERT INTO user_emails VALUES (1, 1, 'ann+shop@example.org'), (2, 1, 'a.arla@work.example'), (3, 2, 'b@b.example');
INSERT INTO tickets VALUES (10, 1, 3, 'Broken'), (11, 1, NULL, 'Lost'), (12, 2, 3, 'Late');
INSERT INTO comments VALUES (100, 10, 1, 'It broke 🙈'), (101, 10, 3, 'Sorry, Ann'), (102, 11, 1, 'Where?'),
    (103, 12, 1, 'Me too'), (104, 12, 2, 'Please'), (105, 12, 99, 'Merged away');
INSERT INTO attachments VALUES (100, 1, 'a.txt', 'text/plain', X'68656c6c6f'), (100, 2, NULL, NULL, NULL),
    (104, 1, 'b.bin', NULL, X'00ff');
INSERT INTO invoices VALUES ('A/1', 1, '2024-05-01', 10.10, 'EUR'), ('A/2', 1, '2015-05-01', 20.20, 'DKK'),
    ('B/1', 2, '2025-05-01', 99.99, 'EUR');
"""

MYSQL = f"""
CREATE TABLE currencies (code varchar(3) PRIMARY KEY);
CREATE TABLE users (
    id bigint unsigned PRIMARY KEY, email varchar(80), phone varchar(40), first_name varchar(40),
    last_name varchar(40) NOT NULL, password_hash char(60), mood enum('good', 'bad'), tags json NOT NULL,
    profile json NOT NULL, balance decimal(12, 2), born date, seen_at timestamp NULL,
    manager_id bigint unsigned, FOREIGN KEY (manager_id) REFERENCES users (id)
);
CREATE TABLE user_emails (
    id bigint PRIMARY KEY, user_id bigint unsigned NOT NULL, email varchar(80) NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE TABLE tickets (
    id bigint PRIMARY KEY, requester_id bigint unsigned NOT NULL, assignee_id bigint unsigned, subject text NOT NULL,
    FOREIGN KEY (requester_id) REFERENCES users (id), FOREIGN KEY (assignee_id) REFERENCES users (id)
);
CREATE TABLE comments (
    id bigint PRIMARY KEY, ticket_id bigint NOT NULL, author_id bigint unsigned, body text NOT NULL,
    FOREIGN KEY (ticket_id) REFERENCES tickets (id)
);
CREATE TABLE attachments (
    comment_id bigint, number int, filename varchar(80), type varchar(80), content longblob,
    PRIMARY KEY (comment_id, number), FOREIGN KEY (comment_id) REFERENCES comments (id) ON DELETE CASCADE
);
CREATE TABLE invoices (
    number varchar(20) PRIMARY KEY, user_id bigint unsigned NOT NULL, issued_on date, total decimal(12, 2) NOT NULL,
    currency varchar(3), FOREIGN KEY (user_id) REFERENCES users (id),
    FOREIGN KEY (currency) REFERENCES currencies (code)
);
SET time_zone = '+00:00';
{_ROWS}
"""

SQLITE = f"""
CREATE TABLE currencies (code TEXT PRIMARY KEY);
CREATE TABLE users (
    id INTEGER PRIMARY KEY, email TEXT, phone TEXT, first_name TEXT, last_name TEXT NOT NULL, password_hash TEXT,
    mood TEXT CHECK (mood IN ('good', 'bad')), tags JSON NOT NULL, profile JSON NOT NULL, balance DECIMAL(12, 2),
    born DATE, seen_at DATETIME, manager_id INTEGER REFERENCES users
);
CREATE TABLE user_emails (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), email TEXT NOT NULL);
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY, requester_id INTEGER NOT NULL REFERENCES users, assignee_id INTEGER REFERENCES users,
    subject TEXT NOT NULL
);
CREATE TABLE comments (
    id INTEGER PRIMARY KEY, ticket_id INTEGER NOT NULL REFERENCES tickets, author_id INTEGER, body TEXT NOT NULL
);
CREATE TABLE attachments (
    comment_id INTEGER REFERENCES comments ON DELETE CASCADE, number INTEGER, filename TEXT, type TEXT, content BLOB,
    PRIMARY KEY (comment_id, number)
);
CREATE TABLE invoices (
    number TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users, issued_on DATE, total DECIMAL(12, 2) NOT NULL,
    currency TEXT REFERENCES currencies
);
{_ROWS}
"""

DDL = {"mysql": MYSQL, "sqlite": SQLITE}
