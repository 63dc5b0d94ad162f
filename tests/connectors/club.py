"""A club's schema for what is not erasure: values to correct, marks to set, terms that end."""

DDL = """
CREATE TYPE kind AS ENUM ('news', 'ads');
CREATE DOMAIN shoe AS int CHECK (VALUE BETWEEN 20 AND 60);
CREATE TABLE lands (code char(2) PRIMARY KEY);
CREATE TABLE members (
    id bigint PRIMARY KEY, email text UNIQUE, name varchar(12) NOT NULL, born date, size shoe, fee numeric(8, 2),
    vip boolean, langs text[] NOT NULL DEFAULT '{}', extra jsonb, land char(2) REFERENCES lands,
    first int, last int, frozen_at timestamptz, newsletter boolean NOT NULL DEFAULT true,
    CHECK (first <= last), CHECK (name <> '')
);
CREATE TABLE consents (
    id bigint PRIMARY KEY, member_id bigint NOT NULL REFERENCES members, kind kind NOT NULL, given_on date NOT NULL,
    withdrawn_at timestamptz
);
CREATE TABLE visits (
    id bigint PRIMARY KEY, member_id bigint REFERENCES members, at timestamptz, note text, state text DEFAULT 'open',
    after_id bigint REFERENCES visits
);
CREATE TABLE photos (id bigint PRIMARY KEY, visit_id bigint, taken_on date);
CREATE TABLE bills (id bigint PRIMARY KEY, visit_id bigint REFERENCES visits);
INSERT INTO lands VALUES ('DK'), ('NO');
INSERT INTO members (id, email, name, born, size, fee, vip, langs, extra, land, first, last) VALUES
    (1, 'ann@mail.example', 'Ann', '1980-02-29', 38, 12.50, true, '{da,"n o"}', '{"a": [1]}', 'DK', 1, 5),
    (2, 'bob@mail.example', 'Bob', NULL, NULL, NULL, NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO consents VALUES (10, 1, 'news', '2024-01-01', NULL), (11, 1, 'ads', '2024-01-01', NULL),
    (12, 1, 'news', '2023-01-01', '2023-05-05 10:00Z'), (13, 2, 'news', '2024-01-01', NULL);
INSERT INTO visits VALUES (100, 1, '2026-01-01 10:00Z', 'a', 'open', NULL),
    (101, 1, '2026-01-31 23:59Z', 'b', 'open', 100),
    (102, 2, '2026-02-01 00:00Z', 'c', 'open', NULL), (103, 2, '2025-12-01', 'd', 'closed', NULL),
    (104, NULL, '2020-01-01', 'e', 'open', NULL), (105, 1, NULL, 'f', 'open', NULL),
    (106, 2, '-infinity', 'g', 'open', NULL), (107, 2, '2019-01-01', 'h', 'frozen', NULL);
INSERT INTO photos VALUES (1000, 103, '2025-12-01'), (1001, 104, '2026-02-20');
"""

MAP = """
title = "The club"
[tables.lands]
personal = false
because = "a list of countries"

[tables.members]
category = "account"
person = true
erase = "anonymise"
identifiers = [{ column = "email", kind = "email", match = "case" }]
restrict = { column = "frozen_at", on = "now", off = "null" }
stops = [{ purpose = "newsletter", column = "newsletter", to = "false" }]
[tables.members.columns]
id = "keep"
email = { erase = "null", rectify = true }
name = { erase = "redact", rectify = true }
born = { erase = "null", rectify = true }
size = { erase = "null", rectify = true }
fee = { erase = "null", rectify = true }
vip = { erase = "null", rectify = true }
langs = { erase = "blank", rectify = true }
extra = { erase = "null", rectify = true }
land = { erase = "null", rectify = true }
first = { erase = "null", rectify = true }
last = { erase = "null", rectify = true }
frozen_at = "keep"
newsletter = "keep"

[tables.consents]
category = "consent"
erase = "delete"
belongs = [{ table = "members", columns = { member_id = "id" } }]
columns = { id = "keep", member_id = "keep", kind = "keep", given_on = "keep", withdrawn_at = "keep" }
[[tables.consents.stops]]
purpose = "newsletter"
column = "withdrawn_at"
to = "now"
where = { kind = "news" }
[[tables.consents.stops]]
purpose = "ads"
column = "withdrawn_at"
to = "now"
where = { kind = "ads" }

[tables.visits]
category = "visits"
erase = "delete"
when_referenced = "delete"
belongs = [{ table = "members", columns = { member_id = "id" } }]
restrict = { column = "state", on = "frozen", off = "open" }
expires = { law = "our promise: a month", months = 1, from = "at" }
columns = { id = "keep", member_id = "keep", at = "keep", note = "null", state = "keep", after_id = "null" }

[tables.photos]
category = "visits"
erase = "delete"
belongs = [{ table = "visits", columns = { visit_id = "id" } }]
expires = { law = "our promise: a month", days = 30, from = "taken_on" }
columns = { id = "keep", visit_id = "keep", taken_on = "keep" }

[tables.bills]
personal = false
because = "what visits cost, to whomever"
"""
