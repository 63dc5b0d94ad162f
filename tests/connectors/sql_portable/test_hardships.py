"""Shapes, types and triggers of MariaDB and SQLite: what is meant is done, all or nothing, and told without names."""

from __future__ import annotations

import pytest

from habeas.connector import RecordRef, SystemPlan, Treatment
from habeas.errors import Quarantine, Terminal
from habeas.outcomes import Drifted
from tests.connectors import shop as original
from tests.connectors.sql_portable import shop
from tests.connectors.sql_portable.stores import MySQLStore, PortableStore, SQLiteStore
from tests.connectors.store import by_fate, everybody_tells_what_is_proven, gone, ids, places, refs
from tests.connectors.test_erase_hardships import MESSAGES, MESSAGES_MAP, quiet, what_two_share_stays
from tests.connectors.test_shapes import PERSON, table

ANN = refs("users", "[1]")
P1 = refs("people", "[1]")
PEOPLE = (
    "CREATE TABLE people (id int PRIMARY KEY, email varchar(80));"
    "INSERT INTO people VALUES (1, 'a@x.org'), (2, 'b@x.org');"
)
PEOPLE_MAP = table("people", "id=keep email=null", more=PERSON)


async def shop_of(store: PortableStore) -> SystemPlan:
    await store.build(shop.DDL[store.kind], original.MAP)
    return await store.plan(ANN, ids(email="ann@example.org"))


async def erased_rows(store: PortableStore, roots: tuple[RecordRef, ...] = P1) -> dict[str, int]:
    """Erase wholly, twice and confirmed; how many rows are gone."""
    before = await store.rows()
    plan = await store.plan(roots, ids(email="a@x.org"))
    outcomes = await store.erased(plan)
    after = await store.rows()
    assert await store.erased(plan) == outcomes
    assert await store.rows() == after
    assert by_fate(await store.confirmed(plan)) == by_fate(outcomes)
    return {name: len(lost) for name, lost in gone(before, after).items()}


async def test_what_two_share_is_not_one_s_to_have_erased(store: PortableStore) -> None:
    await store.build(MESSAGES, MESSAGES_MAP)
    await what_two_share_stays(store, store.fetch)


async def test_the_shop_is_erased_as_planned(store: PortableStore) -> None:
    plan = await shop_of(store)
    records = {f"{one.collection}{one.key}": one for one in await store.collected(ANN)}
    user = records["users[1]"]
    assert user.data["profile"] == {"a": [1, 1.5, None]}
    assert str(user.data["seen_at"]).startswith("2026-01-01T10:00:00")
    assert user.referenced
    assert [file.content for file in records["attachments[100, 1]"].files] == [b"hello"]
    assert records["comments[100]"].data["body"] == "It broke 🙈"
    assert str(records['invoices["A/1"]'].anchor) == "2024-05-01"
    assert by_fate(await store.erased(plan)) == {
        "anonymised": ["users[1]"],
        "retained": ['invoices["A/1"]'],
        "erased": [
            *("attachments[100, 1]", "attachments[100, 2]"),
            *("comments[100]", "comments[101]", "comments[102]", "comments[103]"),
            'invoices["A/2"]',
            *("tickets[10]", "tickets[11]", "user_emails[1]", "user_emails[2]"),
        ],
    }
    (row,) = await store.fetch("SELECT email, last_name, tags, profile, balance FROM users WHERE id = 1")
    assert [str(one) for one in row[:4]] == ["None", "[erased]", "{}", "{}"]


@pytest.mark.parametrize(
    ("change", "changed", "appeared"),
    [
        ("UPDATE users SET password_hash = 'X1' WHERE id = 1", 1, 0),
        ("UPDATE attachments SET content = X'68656c6c4f' WHERE comment_id = 100 AND number = 1", 1, 0),
        ("DELETE FROM invoices WHERE number = 'A/1'", 1, 0),
        ("INSERT INTO comments VALUES (200, 10, 3, 'One more')", 0, 1),
    ],
)
async def test_drift_stops_everything(store: PortableStore, change: str, changed: int, appeared: int) -> None:
    plan = await shop_of(store)
    await store.execute(change)
    before = await store.rows()
    assert await store.connector.erase(plan, None) == Drifted(changed=changed, appeared=appeared)
    assert await store.rows() == before


async def test_a_stranger_that_points_at_it_now_is_drift(store: PortableStore) -> None:
    await store.build(shop.DDL[store.kind], original.MAP)
    await store.execute("UPDATE users SET manager_id = NULL; UPDATE invoices SET issued_on = '2001-01-01'")
    plan = await store.plan(ANN)
    assert {one.treatment for one in plan.objects} == {Treatment.DELETE}
    await store.execute("UPDATE tickets SET assignee_id = 1 WHERE id = 12")
    before = await store.rows()
    assert await store.connector.erase(plan, None) == Drifted(changed=0, appeared=1)
    assert await store.rows() == before


@pytest.mark.parametrize(
    "trigger",
    [
        "AFTER DELETE ON comments FOR EACH ROW BEGIN UPDATE users SET balance = 0 WHERE id = 2; END;",
        "AFTER DELETE ON attachments FOR EACH ROW BEGIN DELETE FROM comments WHERE id = 105; END;",
        "AFTER DELETE ON comments FOR EACH ROW BEGIN UPDATE invoices SET total = 1 WHERE user_id = 1; END;",
    ],
)
async def test_a_trigger_that_reaches_further_undoes_it(store: PortableStore, trigger: str) -> None:
    plan = await shop_of(store)
    await store.execute(f"CREATE TRIGGER t {trigger}")
    before = await store.rows()
    with pytest.raises(Quarantine) as refused:
        await store.connector.erase(plan, None)
    assert quiet(refused.value)
    assert await store.rows() == before


async def test_whom_the_map_calls_staff_comes_back_marked(store: PortableStore) -> None:
    await store.build(shop.DDL[store.kind], original.STAFFED)

    async def staff() -> list[bool]:
        return [one.staff for one in (await store.connector.locate(ids(email="ann@example.org"))).matches]

    assert await staff() == [False]
    await store.execute(original.HALF_EMPLOY)
    assert await staff() == [False], "all of a condition must hold"
    await store.execute(original.WHOLLY_EMPLOY)
    assert await staff() == [True]


async def test_what_the_map_does_not_call_proven_is_told_as_unproven(store: PortableStore) -> None:
    await store.build(shop.DDL[store.kind], original.PROVEN)
    await everybody_tells_what_is_proven(store.connector)


async def test_look_alikes_do_not_match(store: PortableStore) -> None:
    """Collations call a, ä, A and trailing blanks equal: identifiers and links without foreign keys do not."""
    await store.build(
        "CREATE TABLE people (no varchar(9) PRIMARY KEY, email varchar(80), alias varchar(80));"
        "CREATE TABLE notes (id int PRIMARY KEY, no varchar(9));"
        "INSERT INTO people VALUES ('c1', 'Ann@x.org', 'ann'), ('c2', 'änn@x.org', 'Ann'),"
        " ('c3', 'ann@x.org2', 'ann ');"
        "INSERT INTO notes VALUES (1, 'c1'), (2, 'C1'), (3, 'c1 '), (4, 'ć1')",
        table(
            "people",
            "no=keep email=null alias=null",
            more='person = true\nidentifiers = [{ column = "email", kind = "email", match = "plus" },'
            ' { column = "alias", kind = "alias" }]',
        )
        + table("notes", "id=keep no=keep", belongs="people.no=no"),
    )
    for wanted in (ids(email="ann+x@x.org"), ids(alias="ann")):
        found = (await store.connector.locate(wanted)).matches
        assert [one.key for one in found] == ['["c1"]']
    assert places(await store.collected(refs("people", '["c1"]'))) == ['people["c1"]', "notes[1]"]
    assert await erased_rows(store, refs("people", '["c1"]')) == {"people": 1, "notes": 1}


async def test_a_foreign_key_is_followed_as_the_database_compares(mysql: MySQLStore) -> None:
    await mysql.build(
        "CREATE TABLE people (no varchar(9) PRIMARY KEY, email varchar(80));"
        "CREATE TABLE notes (id int PRIMARY KEY, no varchar(9), FOREIGN KEY (no) REFERENCES people (no));"
        "INSERT INTO people VALUES ('c1', 'a@x.org'), ('c2', 'b@x.org');"
        "INSERT INTO notes VALUES (1, 'c1'), (2, 'C1'), (3, 'c2')",
        table("people", "no=keep email=null", more=PERSON) + table("notes", "id=keep no=keep", belongs="people.no=no"),
    )
    root = refs("people", '["c1"]')
    records = await mysql.collected(root)
    assert places(records) == ['people["c1"]', "notes[1]", "notes[2]"]
    assert records[2].parents == root
    assert await erased_rows(mysql, root) == {"people": 1, "notes": 2}


async def test_trees_rings_and_rows_that_point_at_themselves(store: PortableStore) -> None:
    await store.execute(PEOPLE)
    await store.build(
        "CREATE TABLE posts (id int PRIMARY KEY, author int, parent int,"
        " FOREIGN KEY (author) REFERENCES people (id), FOREIGN KEY (parent) REFERENCES posts (id));"
        "INSERT INTO posts VALUES (1, 2, NULL), (2, 1, NULL), (3, NULL, 2), (4, NULL, 3), (5, 2, 4), (7, 1, 7);"
        "INSERT INTO posts VALUES (8, 1, NULL), (9, 1, 8); UPDATE posts SET parent = 9 WHERE id = 8;",
        PEOPLE_MAP + table("posts", "id=keep author=keep parent=keep", belongs="people.author=id posts.parent=id"),
    )
    assert places(await store.collected(P1))[1:] == [f"posts[{n}]" for n in (2, 3, 4, 5, 7, 8, 9)]
    assert await erased_rows(store) == {"people": 1, "posts": 7}


async def test_a_tree_that_may_not_be_cut(store: PortableStore) -> None:
    """SQLite asks at the commit; InnoDB never deletes a row that points at itself, and so the map does not fit."""
    await store.execute(PEOPLE)
    await store.build(
        "CREATE TABLE posts (id int PRIMARY KEY, author int NOT NULL, parent int NOT NULL,"
        " FOREIGN KEY (author) REFERENCES people (id), FOREIGN KEY (parent) REFERENCES posts (id));"
        "INSERT INTO posts VALUES (1, 1, 1); INSERT INTO posts VALUES (2, 1, 1); INSERT INTO posts VALUES (3, 1, 2);",
        PEOPLE_MAP + table("posts", "id=keep author=keep parent=keep", belongs="people.author=id"),
    )
    if store.kind == "sqlite":
        assert await erased_rows(store) == {"people": 1, "posts": 3}
    else:
        with pytest.raises(Terminal, match="rows cannot be deleted: posts point at each other"):
            await store.connector.locate(())


async def test_a_ring_of_tables_is_cut_where_the_map_says_null(store: PortableStore) -> None:
    await store.execute(PEOPLE)
    last = "last int" if store.kind == "mysql" else "last int REFERENCES comments (id)"
    alter = "ALTER TABLE tickets ADD FOREIGN KEY (last) REFERENCES comments (id);" if store.kind == "mysql" else ""
    await store.build(
        f"CREATE TABLE tickets (id int PRIMARY KEY, who int NOT NULL, {last},"  # noqa: S608  constants above
        " FOREIGN KEY (who) REFERENCES people (id));"
        "CREATE TABLE comments (id int PRIMARY KEY, ticket int NOT NULL, FOREIGN KEY (ticket) REFERENCES tickets (id));"
        f"{alter} INSERT INTO tickets VALUES (1, 1, NULL), (2, 2, NULL);"
        "INSERT INTO comments VALUES (1, 1), (2, 1), (3, 2); UPDATE tickets SET last = 2 WHERE id = 1;",
        PEOPLE_MAP
        + table("tickets", "id=keep who=keep last=null", belongs="people.who=id")
        + table("comments", "id=keep ticket=keep", belongs="tickets.ticket=id"),
    )
    assert await erased_rows(store) == {"people": 1, "tickets": 1, "comments": 2}


async def test_composite_keys(store: PortableStore) -> None:
    await store.build(
        "CREATE TABLE people (tenant varchar(9), no int, email varchar(80), PRIMARY KEY (tenant, no));"
        "CREATE TABLE orders (tenant varchar(9), no int, day date, line int, PRIMARY KEY (no, day, line, tenant),"
        " FOREIGN KEY (tenant, no) REFERENCES people (tenant, no));"
        """INSERT INTO people VALUES ('t,"1', 1, 'a@x.org'), ('t,"1', 2, 'b@x.org'), ('t2', 1, 'c@x.org');"""
        "INSERT INTO orders SELECT tenant, no, '2024-02-29', 1 FROM people;"
        "INSERT INTO orders SELECT tenant, no, '2024-02-29', 2 FROM people;",
        table("people", "tenant=keep no=keep email=null", more=PERSON)
        + table("orders", "tenant=keep no=keep day=keep line=keep", belongs="people.tenant=tenant,no=no"),
    )
    (match,) = (await store.connector.locate(ids(email="a@x.org"))).matches
    root = refs("people", match.key)
    assert places(await store.collected(root))[1:] == [
        'orders[1, "2024-02-29", 1, "t,\\"1"]',
        'orders[1, "2024-02-29", 2, "t,\\"1"]',
    ]
    assert await erased_rows(store, root) == {"people": 1, "orders": 2}


async def test_every_type_of_mysql(mysql: MySQLStore) -> None:
    """Binary keys, unsigned, zero dates, bits, sets, floats, JSON, blobs: collected, anonymised, read back."""
    await mysql.build(
        "SET sql_mode = '', time_zone = '+00:00';"
        "CREATE TABLE people (id binary(4) PRIMARY KEY, email varchar(80), big bigint unsigned, yes tinyint(1),"
        " tiny tinyint(1), bits bit(5), flag bit(1), f float, d double, n decimal(30, 10), day date, at datetime(3),"
        " t time, y year, e enum('it''s', 'b'), s set('x', 'y'), j json, u uuid, ip inet6, bytes varbinary(9),"
        " latin varchar(9) CHARACTER SET latin1, g point, token varchar(40) UNIQUE, made int AS (1 + 1) STORED);"
        "INSERT INTO people (id, email, big, yes, tiny, bits, flag, f, d, n, day, at, t, y, e, s, j, u, ip, bytes,"
        " latin, g, token) VALUES (X'00ff4127', 'a@x.org', 18446744073709551615, 1, 2, b'10101', b'1', 0.1, 0.1,"
        " 12345678901234567890.0123456789, '0000-00-00', '2024-02-29 23:59:59.123', '-12:00:01', 2024, 'it''s',"
        """ 'x,y', '{"b": 1, "a": [1.5, null]}', '00000000-0000-0000-0000-000000000001', '::1', X'00ff', 'Ärla',"""
        " POINT(1, 2), 'unique');"
        "INSERT INTO people (id, email) VALUES (X'00ff4128', 'b@x.org');",
        table(
            "people",
            "id=keep email=null big=blank yes=null tiny=null bits=null flag=null f=blank d=null n=blank day=null"
            " at=null t=null y=null e=null s=null j=redact u=token ip=null bytes=blank latin=redact g=null"
            " token=token made=keep",
            more=PERSON,
            erase="anonymise",
        ),
    )
    (match,) = (await mysql.connector.locate(ids(email="A@x.org"))).matches
    assert match.key == '["00ff4127"]'
    root = refs("people", match.key)
    (record,) = await mysql.collected(root)
    assert record.data | {"g": None} == {
        **{"id": "\\x00ff4127", "email": "a@x.org", "big": 18446744073709551615, "yes": True, "tiny": 2, "bits": 21},
        **{"flag": True, "f": record.data["f"], "d": 0.1, "n": "12345678901234567890.0123456789", "day": "0000-00-00"},
        **{"at": "2024-02-29T23:59:59.123", "t": "-12:00:01", "y": 2024, "e": "it's", "s": "x,y"},
        **{"j": {"b": 1, "a": [1.5, None]}, "u": "00000000-0000-0000-0000-000000000001", "ip": "::1"},
        **{"bytes": "\\x00ff", "latin": "Ärla", "g": None, "token": "unique", "made": 2},
    }
    assert abs(float(str(record.data["f"])) - 0.1) < 1e-8
    before = await mysql.rows()
    plan = await mysql.plan(root, ids(email="a@x.org"))
    assert by_fate(await mysql.erased(plan)) == {"anonymised": ['people["00ff4127"]']}
    assert by_fate(await mysql.confirmed(plan)) == {"anonymised": ['people["00ff4127"]']}
    assert {name: len(lost) for name, lost in gone(before, await mysql.rows()).items()} == {"people": 1}
    (row,) = await mysql.fetch("SELECT email, big, j, bytes, latin, token FROM people WHERE id = X'00ff4127'")
    assert row[:5] == (None, 0, '"[erased]"', b"", "[erased]")
    assert row[5].startswith("erased-")


async def test_sqlite_holds_anything_anywhere(sqlite: SQLiteStore) -> None:
    """Numbers in text, text in numbers, bytes that are no UTF-8, infinity, NOCASE."""
    await sqlite.build(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT COLLATE NOCASE, n INTEGER, t TEXT, r REAL, x);"
        "INSERT INTO people VALUES (1, 'Ärla@x.org', 'no number', CAST(X'61ff' AS TEXT), 9e999, X'00ff'),"
        " (2, 'arla@x.org', 7, 7, 0.5, 'x');",
        table("people", "id=keep email=null n=null t=null r=null x=null", more=PERSON),
    )
    (match,) = (await sqlite.connector.locate(ids(email="ärla@x.org"))).matches
    assert match.key == "[1]"
    (record,) = await sqlite.collected(P1)
    assert record.data == {
        **{"id": 1, "email": "Ärla@x.org", "n": "no number", "t": "a\ufffd", "r": "inf", "x": "\\x00ff"}
    }
    assert await erased_rows(sqlite) == {"people": 1}


async def test_thousands_of_rows_in_batches_and_pages(store: PortableStore) -> None:
    await store.execute(PEOPLE)
    notes = ", ".join(f"({n}, {1 + n % 2})" for n in range(3000))
    await store.build(
        f"CREATE TABLE notes (id int PRIMARY KEY, who int NOT NULL); INSERT INTO notes VALUES {notes};",  # noqa: S608  numbers
        PEOPLE_MAP + table("notes", "id=keep who=keep", belongs="people.who=id"),
    )
    pages = await store.pages(P1)
    assert len(pages) == 4
    rest = await store.pages(P1, pages[1].cursor)
    assert places([one for page in rest for one in page.records]) == places(
        [one for page in pages[2:] for one in page.records]
    )
    assert await erased_rows(store) == {"people": 1, "notes": 1500}
