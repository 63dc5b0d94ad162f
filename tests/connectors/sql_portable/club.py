"""The club of `tests.connectors.club` in the words of MySQL and of SQLite; its map is the same."""

_ROWS = """
INSERT INTO lands VALUES ('DK'), ('NO');
INSERT INTO members (id, email, name, born, size, fee, vip, langs, extra, land, first, last) VALUES
    (1, 'ann@mail.example', 'Ann', '1980-02-29', 38, 12.50, true, '["da","n o"]', '{"a": [1]}', 'DK', 1, 5),
    (2, 'bob@mail.example', 'Bob', NULL, NULL, NULL, NULL, '[]', NULL, NULL, NULL, NULL);
INSERT INTO consents VALUES (10, 1, 'news', '2024-01-01', NULL), (11, 1, 'ads', '2024-01-01', NULL),
    (12, 1, 'news', '2023-01-01', '2023-05-05 10:00:00'), (13, 2, 'news', '2024-01-01', NULL);
INSERT INTO visits VALUES (100, 1, '2026-01-01 10:00:00', 'a', 'open', NULL),
    (101, 1, '2026-01-31 23:59:00', 'b', 'open', 100),
    (102, 2, '2026-02-01 00:00:00', 'c', 'open', NULL), (103, 2, '2025-12-01 00:00:00', 'd', 'closed', NULL),
    (104, NULL, '2020-01-01 00:00:00', 'e', 'open', NULL), (105, 1, NULL, 'f', 'open', NULL),
    (106, 2, '0000-00-00 00:00:00', 'g', 'open', NULL), (107, 2, '2019-01-01 00:00:00', 'h', 'frozen', NULL);
INSERT INTO photos VALUES (1000, 103, '2025-12-01'), (1001, 104, '2026-02-20');
"""

MYSQL = f"""
CREATE TABLE lands (code char(2) PRIMARY KEY);
CREATE TABLE members (
    id bigint PRIMARY KEY, email varchar(80) UNIQUE, name varchar(12) NOT NULL, born date,
    size tinyint unsigned CHECK (size BETWEEN 20 AND 60), fee decimal(8, 2), vip boolean, langs json NOT NULL,
    extra json, land char(2), first int, last int, frozen_at timestamp NULL, newsletter boolean NOT NULL DEFAULT true,
    CHECK (first <= last), CHECK (name <> ''), FOREIGN KEY (land) REFERENCES lands (code)
);
CREATE TABLE consents (
    id bigint PRIMARY KEY, member_id bigint NOT NULL, kind enum('news', 'ads') NOT NULL, given_on date NOT NULL,
    withdrawn_at timestamp NULL, FOREIGN KEY (member_id) REFERENCES members (id)
);
CREATE TABLE visits (
    id bigint PRIMARY KEY, member_id bigint, at datetime, note text, state varchar(10) DEFAULT 'open', after_id bigint,
    FOREIGN KEY (member_id) REFERENCES members (id), FOREIGN KEY (after_id) REFERENCES visits (id)
);
CREATE TABLE photos (id bigint PRIMARY KEY, visit_id bigint, taken_on date);
CREATE TABLE bills (id bigint PRIMARY KEY, visit_id bigint, FOREIGN KEY (visit_id) REFERENCES visits (id));
SET time_zone = '+00:00', sql_mode = '';
{_ROWS}
"""

SQLITE = f"""
CREATE TABLE lands (code TEXT PRIMARY KEY);
CREATE TABLE members (
    id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT NOT NULL CHECK (length(name) <= 12), born DATE,
    size INTEGER CHECK (size BETWEEN 20 AND 60), fee DECIMAL(8, 2), vip BOOLEAN, langs JSON NOT NULL, extra JSON,
    land TEXT REFERENCES lands, first INTEGER, last INTEGER, frozen_at DATETIME,
    newsletter BOOLEAN NOT NULL DEFAULT true,
    CHECK (first <= last), CHECK (name <> '')
);
CREATE TABLE consents (
    id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL REFERENCES members, kind TEXT NOT NULL, given_on DATE NOT NULL,
    withdrawn_at DATETIME
);
CREATE TABLE visits (
    id INTEGER PRIMARY KEY, member_id INTEGER REFERENCES members, at DATETIME, note TEXT, state TEXT DEFAULT 'open',
    after_id INTEGER REFERENCES visits
);
CREATE TABLE photos (id INTEGER PRIMARY KEY, visit_id INTEGER, taken_on DATE);
CREATE TABLE bills (id INTEGER PRIMARY KEY, visit_id INTEGER REFERENCES visits);
{_ROWS}
"""

DDL = {"mysql": MYSQL, "sqlite": SQLITE}
