"""One schema for each shape that links and keys take in the wild."""

import pytest

from habeas.outcomes import Drifted
from tests.connectors.store import Store, by_fate, gone, ids, new, places, refs


def table(name: str, columns: str, *, belongs: str = "", more: str = "", erase: str = "delete") -> str:
    """The map of a table; ``columns`` are words like ``id=keep``, ``belongs`` like ``p.a=id p.b=key``."""
    by_parent: dict[str, list[str]] = {}
    for number, link in enumerate(belongs.split()):
        parent, pairs = link.split(".", 1)
        by_parent[f"{parent} {number}"] = [pair.replace("=", ' = "') + '"' for pair in pairs.split(",")]
    links = [f'{{ table = "{name.split()[0]}", columns = {{ {", ".join(p)} }} }}' for name, p in by_parent.items()]
    belongs_line = "belongs = [" + ", ".join(links) + "]" if links else ""
    more += '\nshared = "erase"' if len(links) > 1 else ""
    rules = ", ".join(f'"{word.split("=")[0]}" = "{word.split("=")[1]}"' for word in columns.split())
    return f"""
[tables."{name}"]
category = "c"
erase = "{erase}"
{belongs_line}
{more}
columns = {{ {rules} }}
"""


PERSON = 'person = true\nidentifiers = [{ column = "email", kind = "email", match = "case" }]'
PEOPLE = (
    "CREATE TABLE people (id int PRIMARY KEY, email text); INSERT INTO people VALUES (1, 'a@x.org'), (2, 'b@x.org');"
)
PEOPLE_MAP = table("people", "id=keep email=null", more=PERSON)
P1 = refs("people", "[1]")


async def erased_rows(store: Store) -> dict[str, set[str]]:
    """Erase person 1 wholly, twice and confirmed; the rows that are gone."""
    before = await store.rows()
    plan = await store.plan(P1, ids(email="a@x.org"))
    outcomes = await store.erased(plan)
    after = await store.rows(versions=True)
    assert await store.erased(plan) == outcomes
    assert await store.rows(versions=True) == after
    assert by_fate(await store.confirmed(plan)) == by_fate(outcomes)
    lost = gone(before, await store.rows())
    assert sorted(f"{name}{len(rows)}" for name, rows in lost.items()) == sorted(
        f"{name}{len([one for one in plan.objects if one.collection == name])}" for name in lost
    )
    return lost


async def test_a_tree_that_points_at_itself(store: Store) -> None:
    await store.sql.execute(PEOPLE)
    await store.build(
        "CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES people, parent int REFERENCES posts);"
        "INSERT INTO posts VALUES (1, 2, NULL), (2, 1, NULL), (3, NULL, 2), (4, NULL, 3), (5, 2, 4),"
        "(6, 2, 1), (7, 2, 6)",
        PEOPLE_MAP + table("posts", "id=keep author=keep parent=keep", belongs="people.author=id posts.parent=id"),
    )
    assert places(await store.collected(P1))[1:] == ["posts[2]", "posts[3]", "posts[4]", "posts[5]"]
    both = (*P1, *refs("posts", "[6]"))
    assert places(await store.collected(both))[1:] == [f"posts[{number}]" for number in (2, 3, 4, 5, 6, 7)]
    assert (await erased_rows(store))["posts"] == {"(2,1,)", "(3,,2)", "(4,,3)", "(5,2,4)"}


async def test_rows_that_point_at_themselves_and_in_a_ring(store: Store) -> None:
    await store.sql.execute(PEOPLE)
    await store.build(
        "CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES people, parent int REFERENCES posts);"
        "INSERT INTO posts VALUES (1, 1, 1), (2, 1, NULL), (3, 2, 2), (4, 2, NULL);"
        "UPDATE posts SET parent = 3 WHERE id = 2",
        PEOPLE_MAP + table("posts", "id=keep author=keep parent=keep", belongs="people.author=id posts.parent=id"),
    )
    records = {record.key: record for record in await store.collected(P1) if record.collection == "posts"}
    assert list(records) == ["[1]", "[2]", "[3]"]
    assert records["[1]"].parents == P1
    assert len((await erased_rows(store))["posts"]) == 3


async def test_tables_that_lead_to_each_other(store: Store) -> None:
    """People own groups, groups hold tasks, tasks make groups: a walk in a ring of two tables, mixed key types."""
    await store.sql.execute(PEOPLE)
    await store.build(
        "CREATE TABLE groups (code text PRIMARY KEY, owner int REFERENCES people, task uuid);"
        "CREATE TABLE tasks (id uuid PRIMARY KEY, grp text REFERENCES groups);"
        "ALTER TABLE groups ADD FOREIGN KEY (task) REFERENCES tasks;"
        "INSERT INTO groups VALUES ('g1', 1, NULL), ('g2', NULL, NULL), ('g3', 2, NULL), ('g4', NULL, NULL);"
        "INSERT INTO tasks SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, 'g' || n"
        " FROM generate_series(1, 4) n;"
        "UPDATE groups SET task = '00000000-0000-0000-0000-000000000001' WHERE code = 'g2';"
        "UPDATE groups SET task = '00000000-0000-0000-0000-000000000002' WHERE code = 'g1';"
        "UPDATE groups SET task = '00000000-0000-0000-0000-000000000003' WHERE code = 'g4'",
        PEOPLE_MAP
        + table("groups", "code=keep owner=keep task=null", belongs="people.owner=id tasks.task=id")
        + table("tasks", "id=keep grp=keep", belongs="groups.grp=code"),
    )
    assert sorted(places(await store.collected(P1)))[:2] == ['groups["g1"]', 'groups["g2"]']
    lost = await erased_rows(store)
    assert len(lost["tasks"]) == len(lost["groups"]) == 2


async def test_a_ring_of_foreign_keys_is_cut_where_the_map_says_null(store: Store) -> None:
    await store.sql.execute(PEOPLE)
    ddl = (
        "CREATE TABLE tickets (id int PRIMARY KEY, who int NOT NULL REFERENCES people, last int);"
        "CREATE TABLE comments (id int PRIMARY KEY, ticket int NOT NULL REFERENCES tickets);"
        "ALTER TABLE tickets ADD FOREIGN KEY (last) REFERENCES comments;"
        "INSERT INTO tickets VALUES (1, 1, NULL), (2, 2, NULL); INSERT INTO comments VALUES (1, 1), (2, 1), (3, 2);"
        "UPDATE tickets SET last = 2 WHERE id = 1; UPDATE tickets SET last = 3 WHERE id = 2"
    )
    comments = table("comments", "id=keep ticket=keep", belongs="tickets.ticket=id")
    await store.build(
        ddl, PEOPLE_MAP + table("tickets", "id=keep who=keep last=null", belongs="people.who=id") + comments
    )
    assert (await erased_rows(store))["tickets"] == {"(1,1,2)"}


async def test_a_ring_of_deferrable_foreign_keys(store: Store) -> None:
    await store.sql.execute(PEOPLE)
    await store.build(
        "CREATE TABLE a (id int PRIMARY KEY, who int REFERENCES people, b int NOT NULL);"
        "CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a DEFERRABLE);"
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED;"
        "BEGIN; INSERT INTO a VALUES (1, 1, 1), (2, 2, 2); INSERT INTO b VALUES (1, 1), (2, 2); COMMIT",
        PEOPLE_MAP
        + table("a", "id=keep who=keep b=keep", belongs="people.who=id")
        + table("b", "id=keep a=keep", belongs="a.a=id"),
    )
    lost = await erased_rows(store)
    assert (lost["a"], lost["b"]) == ({"(1,1,1)"}, {"(1,1)"})


async def test_composite_keys_of_mixed_types(store: Store) -> None:
    await store.build(
        """CREATE TYPE kind AS ENUM ('x', 'y');
        CREATE TABLE people (tenant text, no int, email text, PRIMARY KEY (tenant, no));
        CREATE TABLE orders (tenant text, no int, kind kind, day date, at timestamptz, ok boolean,
            PRIMARY KEY (no, kind, day, at, ok, tenant), FOREIGN KEY (tenant, no) REFERENCES people (tenant, no));
        INSERT INTO people VALUES ('t,"1', 1, 'a@x.org'), ('t,"1', 2, 'b@x.org'), ('t2', 1, 'c@x.org');
        INSERT INTO orders SELECT tenant, no, k, '2024-02-29', '2024-02-29 23:59:59.123456+05:30', k = 'x'
        FROM people, unnest(enum_range(NULL::kind)) k""".replace(
            "FOREIGN KEY (tenant, no) REFERENCES people (tenant, no)",
            "FOREIGN KEY (tenant, no) REFERENCES people (tenant, no)",
        ),
        table("people", "tenant=keep no=keep email=null", more=PERSON)
        + table(
            "orders", "tenant=keep no=keep kind=keep day=keep at=keep ok=keep", belongs="people.tenant=tenant,no=no"
        ),
    )
    (match,) = (await store.connector.locate(ids(email="a@x.org"))).matches
    assert match.key == '["t,\\"1", 1]'
    root = refs("people", match.key)
    assert places(await store.collected(root))[1:] == [
        'orders[1, "x", "2024-02-29", "2024-02-29 18:29:59.123456+00", "true", "t,\\"1"]',
        'orders[1, "y", "2024-02-29", "2024-02-29 18:29:59.123456+00", "false", "t,\\"1"]',
    ]
    before = await store.rows()
    await store.erased(await store.plan(root))
    assert {table: len(rows) for table, rows in gone(before, await store.rows()).items()} == {"orders": 2, "people": 1}


async def test_keys_that_are_personal_themselves(store: Store) -> None:
    await store.build(
        """CREATE TABLE people (email varchar(80) PRIMARY KEY);
        CREATE TABLE logins (email varchar(80) REFERENCES people, n int, PRIMARY KEY (email, n));
        INSERT INTO people VALUES ('a''; drop--@x.org'), ('b@x.org');
        INSERT INTO logins SELECT email, n FROM people, generate_series(1, 3) n""",
        table("people", "email=keep", more=PERSON) + table("logins", "email=keep n=keep", belongs="people.email=email"),
    )
    root = refs("people", """["a'; drop--@x.org"]""")
    assert len(await store.collected(root)) == 4
    before = await store.rows()
    await store.erased(await store.plan(root))
    assert {table: len(rows) for table, rows in gone(before, await store.rows()).items()} == {"logins": 3, "people": 1}


async def test_links_without_foreign_keys_and_dangling_ones(store: Store) -> None:
    """Rows whose parent is missing are nobody's, unless they bear the identifier themselves: then they are a root."""
    identifiers = 'identifiers = [{ column = "address", kind = "email", match = "case" }]'
    await store.sql.execute(PEOPLE)
    await store.build(
        "CREATE TABLE notes (id int PRIMARY KEY, who bigint, address text);"
        "CREATE TABLE tags (note int, word text, PRIMARY KEY (note, word));"
        "INSERT INTO notes VALUES (1, 1, NULL), (2, 99, NULL), (3, NULL, NULL), (4, 98, 'A@x.org'), (5, 2, 'c@x.org');"
        "INSERT INTO tags VALUES (1, 'x'), (2, 'x'), (4, 'y'), (77, 'x')",
        PEOPLE_MAP
        + table("notes", "id=keep who=keep address=null", belongs="people.who=id", more=identifiers)
        + table("tags", "note=keep word=keep", belongs="notes.note=id"),
    )
    found = (await store.connector.locate(ids(email="a@x.org"))).matches
    assert [f"{one.collection}{one.key}" for one in found] == ["people[1]", "notes[4]"]
    assert places(await store.collected((*P1, *refs("notes", "[4]")))) == [
        *("people[1]", "notes[1]", "notes[4]", 'tags[1, "x"]', 'tags[4, "y"]')
    ]
    (other,) = (await store.connector.locate(ids(email="c@x.org"))).matches
    assert (other.collection, other.key) == ("people", "[2]")
    await erased_rows_of(store, (*P1, *refs("notes", "[4]")), {"people": 1, "notes": 2, "tags": 2})


async def erased_rows_of(store: Store, roots: tuple[object, ...], expected: dict[str, int]) -> None:
    before = await store.rows()
    await store.erased(await store.plan(roots))  # type: ignore[arg-type]  # any references
    assert {name: len(rows) for name, rows in gone(before, await store.rows()).items()} == expected


async def test_links_by_something_else_than_the_key(store: Store) -> None:
    """By customer number, typed as text of another length, not unique: a row hangs on two people at once."""
    await store.build(
        "CREATE TABLE people (id int PRIMARY KEY, email text, no varchar(9));"
        "CREATE TABLE payments (id int PRIMARY KEY, no text);"
        "INSERT INTO people VALUES (1, 'a@x.org', 'C1'), (2, 'b@x.org', 'C1'), (3, 'c@x.org', NULL);"
        "INSERT INTO payments VALUES (1, 'C1'), (2, 'C2'), (3, NULL)",
        table("people", "id=keep email=null no=keep", more=PERSON)
        + table("payments", "id=keep no=keep", belongs="people.no=no"),
    )
    records = await store.collected(refs("people", "[1]", "[2]", "[3]"))
    assert places(records) == ["people[1]", "people[2]", "people[3]", "payments[1]"]
    assert set(records[3].parents) == set(refs("people", "[1]", "[2]"))


async def test_an_account_below_another_account_is_found_itself(store: Store) -> None:
    """An identifier leads up to the first account, not on to the household that it belongs to."""
    await store.build(
        "CREATE TABLE homes (id int PRIMARY KEY, email text);"
        "CREATE TABLE people (id int PRIMARY KEY, email text, home int REFERENCES homes);"
        "CREATE TABLE emails (id int PRIMARY KEY, email text, who int REFERENCES people);"
        "INSERT INTO homes VALUES (7, 'home@x.org'); INSERT INTO people VALUES (1, 'a@x.org', 7), (2, 'b@x.org', 7);"
        "INSERT INTO emails VALUES (1, 'alias@x.org', 1)",
        table("homes", "id=keep email=null", more=PERSON)
        + table("people", "id=keep email=null home=keep", more=PERSON, belongs="homes.home=id")
        + table("emails", "id=keep email=null who=keep", more=PERSON.split("\n")[1], belongs="people.who=id"),
    )
    for address, found in (("a@x.org", "people[1]"), ("alias@x.org", "people[1]"), ("home@x.org", "homes[7]")):
        (match,) = (await store.connector.locate(ids(email=address))).matches
        assert f"{match.collection}{match.key}" == found
    assert places(await store.collected(P1)) == ["people[1]", "emails[1]"]


async def test_a_table_without_primary_key(store: Store) -> None:
    await store.sql.execute(PEOPLE)
    await store.build(
        "CREATE TABLE log (who int NOT NULL, n int NOT NULL, UNIQUE (who, n)); INSERT INTO log VALUES (1, 1), (2, 1)",
        PEOPLE_MAP + table("log", "who=keep n=keep", belongs="people.who=id", more='key = ["who", "n"]'),
    )
    assert (await erased_rows(store))["log"] == {"(1,1)"}


async def test_names_that_need_quotes(store: Store) -> None:
    await store.build(
        """CREATE TABLE people (id int PRIMARY KEY, email text, "n" int, "keys" int, "Select * " text);
        CREATE TABLE "odd ""table%" ("position of" int PRIMARY KEY, "n" int REFERENCES people, "keys" text);
        INSERT INTO people VALUES (1, 'a@x.org', 1, 1, 'x'), (2, 'b@x.org', 1, 1, 'x');
        INSERT INTO "odd ""table%" VALUES (1, 1, 'x'), (2, 2, 'x')""",
        table("people", "id=keep email=null n=null keys=null", more=PERSON).replace(
            "columns = {", 'columns = { "Select * " = "redact",'
        )
        + """
[tables."odd \\"table%"]
category = "c"
erase = "delete"
belongs = [{ table = "people", columns = { n = "id" } }]
columns = { "position of" = "keep", n = "keep", keys = "redact" }
""",
    )
    assert places(await store.collected(P1)) == ["people[1]", 'odd "table%[1]']
    await erased_rows_of(store, P1, {"people": 1, '"odd ""table%"': 1})


async def test_another_schema_than_public(store: Store) -> None:
    await store.build(
        "CREATE SCHEMA sales; CREATE TYPE sales.kind AS ENUM ('a', 'b');"
        "CREATE TABLE sales.people (id int PRIMARY KEY, email text, kind sales.kind);"
        "CREATE TABLE sales.visits (kind sales.kind PRIMARY KEY, who int REFERENCES sales.people);"
        "INSERT INTO sales.people VALUES (1, 'a@x.org', 'b'); INSERT INTO sales.visits VALUES ('b', 1)",
        'schema = "sales"\n'
        + table("people", "id=keep email=null kind=null", more=PERSON)
        + table("visits", "kind=keep who=keep", belongs="people.who=id"),
    )
    await erased_rows_of(store, P1, {"sales.people": 1, "sales.visits": 1})


async def test_partitioned_tables(store: Store) -> None:
    await store.sql.execute(PEOPLE)
    await store.build(
        "CREATE TABLE visits (who int REFERENCES people, day date, PRIMARY KEY (who, day)) PARTITION BY RANGE (day);"
        "CREATE TABLE visits_24 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        "CREATE TABLE visits_25 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
        "INSERT INTO visits VALUES (1, '2024-05-05'), (1, '2025-05-05'), (2, '2025-05-05')",
        PEOPLE_MAP + table("visits", "who=keep day=keep", belongs="people.who=id"),
    )
    plan = await store.plan(P1)
    await store.erased(plan)
    assert await store.sql.fetchval("SELECT count(*) FROM visits") == 1


async def test_every_type_survives_export_and_takes_its_effect(store: Store) -> None:
    await store.build(
        """CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TYPE place AS (street text, no int);
        CREATE DOMAIN zip AS varchar(12) NOT NULL;
        CREATE TABLE people (
            id int PRIMARY KEY, email text, short char(9) NOT NULL, zip zip, n bigint NOT NULL, dec numeric(40, 10),
            f double precision, b boolean NOT NULL, d date, ts timestamp, tz timestamptz, i interval, u uuid NOT NULL,
            j json NOT NULL, jb jsonb NOT NULL, arr text[] NOT NULL, nums int[] NOT NULL, grid int[],
            raw bytea NOT NULL,
            mood mood NOT NULL, place place, ip inet, r int4range, tv tsvector NOT NULL, m money, pt point,
            login text NOT NULL UNIQUE, up text GENERATED ALWAYS AS (upper(email)) STORED
        );
        INSERT INTO people SELECT n, n || '@x.org', 'ab', 'Z1', 9007199254740993, 12345678901234567890.0123456789,
            'NaN', true, '0044-03-15 BC', 'infinity', '2024-03-31 02:30+01', '1 mon 2 days 03:04:05.6',
            '00000000-0000-0000-0000-000000000001', '{"a": 1, "a": 1e999, "s": "\\ud800", "e": "\\ud83d\\ude48"}',
            '[null, true]',
            '{a,NULL,"b,c"}', '{1}', '{{1,2},{3,4}}', '\\xdeadbeef', 'bad', ROW('Main, St', 5)::place, '::1/64',
            '[1,5)', 'cat:1', 12.34, '(1,2)', 'login' || n
        FROM generate_series(1, 2) n""",
        table(
            "people",
            "id=keep email=null short=redact zip=redact n=blank dec=null f=null b=keep d=null ts=null tz=null i=null"
            " u=token j=redact jb=blank arr=redact nums=blank grid=null raw=blank place=null ip=null r=null tv=blank"
            " m=null pt=null login=token up=keep",
            more=PERSON,
            erase="anonymise",
        ).replace("columns = {", 'columns = { mood = { erase = "set", to = "good" },'),
    )
    (record, _) = await store.collected(refs("people", "[1]", "[2]"))
    data = record.data
    assert data["n"] == 9007199254740993
    assert data["dec"] == "12345678901234567890.0123456789"
    assert (data["f"], data["ts"], data["d"]) == ("NaN", "infinity", "0044-03-15 BC")
    assert data["j"] == {"a": "1e999", "s": "\ufffd", "e": "🙈"}
    assert data["arr"] == ["a", None, "b,c"]
    assert (data["grid"], data["raw"], data["place"]) == (
        [[1, 2], [3, 4]],
        "\\xdeadbeef",
        {"street": "Main, St", "no": 5},
    )
    assert data["tz"] == "2024-03-31T01:30:00+00:00"
    assert record.model_dump_json()
    before = await store.rows()
    plan = await store.plan(P1)
    assert by_fate(await store.erased(plan)) == {"anonymised": ["people[1]"]}
    assert by_fate(await store.confirmed(plan)) == {"anonymised": ["people[1]"]}
    after = await store.rows(versions=True)
    await store.erased(plan)
    assert await store.rows(versions=True) == after
    row = await store.sql.fetchrow("SELECT * FROM people WHERE id = 1")
    assert (row["zip"], row["short"].rstrip(), row["n"], row["j"], row["jb"]) == (
        "[erased]",
        "[erased]",
        0,
        '"[erased]"',
        "{}",
    )
    assert (row["arr"], row["nums"], row["raw"], row["mood"], row["email"]) == (["[erased]"], [], b"", "good", None)
    assert row["login"].startswith("erased-")
    assert len(gone(before, await store.rows())["people"]) == len(new(before, await store.rows())["people"]) == 1
    both = await store.plan(refs("people", "[1]", "[2]"))
    assert by_fate(await store.erased(both)) == {"anonymised": ["people[1]", "people[2]"]}


async def test_citext_and_char_and_numbers_as_identifiers(store: Store) -> None:
    await store.build(
        "CREATE EXTENSION citext;"
        "CREATE TABLE people (id int PRIMARY KEY, email citext, code char(6), no int, ref uuid);"
        "INSERT INTO people VALUES (1, 'A@X.org', 'ab', 17, '00000000-0000-0000-0000-00000000000a'),"
        "(2, 'b@x.org', 'cd', 18, NULL)",
        table("people", "id=keep email=null code=null no=null ref=null").replace(
            'category = "c"',
            'category = "c"\nperson = true\nidentifiers = [{ column = "email", kind = "email" },'
            '{ column = "code", kind = "code" }, { column = "no", kind = "no" }, { column = "ref", kind = "ref" }]',
        ),
    )
    for kind, value, found in [
        ("email", "a@x.org", 1),
        ("code", "ab", 1),
        ("code", "AB", 0),
        ("no", "17", 1),
        ("no", "017", 0),
        ("no", "17; --", 0),
        ("no", "99999999999999999999", 0),
        ("ref", "00000000-0000-0000-0000-00000000000A", 1),
        ("ref", "a", 0),
    ]:
        assert len((await store.connector.locate(ids(**{kind: value}))).matches) == found, (kind, value)


async def test_rows_of_non_personal_tables_hold_a_row_in_place(store: Store) -> None:
    await store.sql.execute(PEOPLE)
    await store.build(
        "CREATE TABLE shops (id int PRIMARY KEY, keeper int REFERENCES people ON DELETE CASCADE);"
        "CREATE TABLE deals (id int PRIMARY KEY, seller int REFERENCES people ON DELETE SET NULL);"
        "INSERT INTO shops VALUES (1, 1); INSERT INTO deals VALUES (1, 2)",
        PEOPLE_MAP
        + '[tables.shops]\npersonal = false\nbecause = "shops"\n[tables.deals]\npersonal = false\nbecause = "deals"',
    )
    (record,) = await store.collected(P1)
    assert record.referenced
    before = await store.rows()
    plan = await store.plan(P1)
    assert by_fate(await store.erased(plan)) == {"anonymised": ["people[1]"]}
    assert set(gone(before, await store.rows())) == {"people"}
    late = await store.plan(refs("people", "[1]"))
    await store.sql.execute("UPDATE shops SET keeper = 2; UPDATE deals SET seller = NULL")
    plan = await store.plan(refs("people", "[2]"))
    await store.sql.execute("UPDATE shops SET keeper = 1")
    assert late.objects[0].treatment == "anonymise"
    assert by_fate(await store.erased(plan))["anonymised"] == ["people[2]"]
    third = await store.plan(refs("people", "[2]"))
    assert third.objects[0].treatment == "delete"
    await store.sql.execute("UPDATE deals SET seller = 2")
    assert await store.connector.erase(third, None) == Drifted(changed=0, appeared=1)


@pytest.mark.parametrize("kind", ["CASCADE", "SET NULL"])
async def test_a_cascade_reaches_nobody_else(store: Store, kind: str) -> None:
    """Somebody else's reply points at the person's post: the post is emptied, not taken from under the reply."""
    await store.sql.execute(PEOPLE)
    await store.build(
        "CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES people, text text, parent int);"
        "INSERT INTO posts VALUES (1, 1, 'mine', NULL), (2, 2, 'reply', 1), (3, 1, 'mine too', 2)",
        PEOPLE_MAP + table("posts", "id=keep author=keep text=redact parent=keep", belongs="people.author=id"),
    )
    await store.sql.execute(f"ALTER TABLE posts ADD FOREIGN KEY (parent) REFERENCES posts ON DELETE {kind}")
    before = await store.rows()
    plan = await store.plan(P1)
    assert by_fate(await store.erased(plan)) == {"anonymised": ["people[1]", "posts[1]"], "erased": ["posts[3]"]}
    lost = gone(before, await store.rows())
    assert lost["posts"] == {"(1,1,mine,)", '(3,1,"mine too",2)'}
