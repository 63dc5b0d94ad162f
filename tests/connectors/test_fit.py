"""A map that does not fit its database is refused, and everything that does not fit is named with what to write."""

import asyncio

import asyncpg
import pytest

from activities.connectors import connector_names, load_connector
from activities.connectors.sql import check_map, draft_map
from activities.connectors.sql.unreviewed import unreviewed_in
from habeas.datamap import load_map, parse_map, problems
from habeas.errors import ConfigurationError, DataMapError, Terminal, Transient
from habeas.fields import SensitiveType
from tests.connectors import club, shop
from tests.connectors.store import Store, ids

SHOP = 'system = "shop"\n' + shop.MAP


async def findings(store: Store, text: str = SHOP) -> list[str]:
    return [str(one) for one in await asyncio.to_thread(check_map, parse_map(text), store.dsn)]


async def test_the_shop_fits(store: Store) -> None:
    await store.sql.execute(shop.DDL)
    assert await findings(store) == []


async def test_a_text_that_nobody_reviews_is_named(store: Store) -> None:
    await store.sql.execute(
        "CREATE TABLE users (id int PRIMARY KEY, email text, code varchar(8), title text, about jsonb)"
    )
    columns = 'id = "keep"\nemail = "null"\ncode = "keep"\ntitle = "keep"\nabout = "null"\n'
    head = 'system = "shop"\n[tables.users]\ncategory = "contact"\nperson = true\nerase = "delete"\n'
    head += 'identifiers = [{ column = "email", kind = "email" }]\n[tables.users.columns]\n'

    async def named(text: str) -> list[str | None]:
        found = await asyncio.to_thread(unreviewed_in, parse_map(head + text), store.dsn)
        assert all(one.line and "free_text" in one.write for one in found)
        return [one.column for one in found]

    assert await findings(store, head + columns) == []
    assert await named(columns) == ["title", "about"]
    said = columns.replace('title = "keep"', 'title = { erase = "keep", free_text = true }')
    assert await named(said) == ["about"]
    assert await named(said.replace('about = "null"', 'about = { erase = "null", free_text = false }')) == []


CHANGED_DATABASE = {
    "CREATE TABLE extra (id int)": "extra: the table is not decided; write [tables.extra]",
    "CREATE MATERIALIZED VIEW copies AS SELECT * FROM users": "copies: the table is not decided",
    "ALTER TABLE users ADD COLUMN ssn text": "users.ssn: the column is not decided; write ssn = "
    '"keep" | "null" | "blank" | "redact" | "token"',
    "ALTER TABLE users DROP COLUMN phone": "users: identifiers names phone, which the table does not have",
    "ALTER TABLE users ALTER phone TYPE date USING NULL": "identifiers: phone is date; name text",
    "ALTER TABLE users ALTER email SET NOT NULL": (
        'users.email: null does not go with text NOT NULL; write email = "keep" | "blank" | "redact" | "token"'
    ),
    "ALTER TABLE users ALTER last_name TYPE char(4)": "users.last_name: redact does not go with character(4) NOT NULL",
    "ALTER TABLE users ADD UNIQUE (last_name)": "redact would make rows equal under the unique users_last_name_key",
    "CREATE UNIQUE INDEX one ON users (lower(last_name), balance)": "make rows equal under the unique one",
    "CREATE UNIQUE INDEX one ON users (last_name) WHERE manager_id IS NULL": "make rows equal under the unique one",
    "CREATE UNIQUE INDEX one ON users (email) NULLS NOT DISTINCT": "null would make rows equal under the unique one",
    "ALTER TABLE users ADD CHECK (last_name ~ '^[A-Z]') NOT VALID": "refuses what anonymising writes",
    "ALTER TABLE users DROP COLUMN tags; ALTER TABLE users ADD COLUMN tags text[] GENERATED ALWAYS AS ('{}') STORED": (
        "users.tags: blank does not go with generated text[]"
    ),
    "ALTER TABLE invoices ALTER issued_on TYPE text": "retention: issued_on is text; name a date",
    "ALTER TABLE attachments ALTER content TYPE text": "file: content is text; name bytea",
    "ALTER TABLE comments ALTER author_id TYPE text": "author_id is text, but users.id is bigint",
    "ALTER TABLE user_emails DROP CONSTRAINT user_emails_pkey": "user_emails: it has no primary key; write key = [",
    "CREATE SCHEMA other; CREATE TABLE other.t (u bigint REFERENCES users)": "the database has another schema, other",
    "ALTER TABLE invoices RENAME TO bills": "invoices: there is no such table in public",
    "ALTER TABLE users ADD best bigint; ALTER TABLE users DROP best; DROP TABLE attachments": "attachments: there",
    "ALTER TABLE users DROP CONSTRAINT users_manager_id_fkey, "
    "ADD FOREIGN KEY (manager_id) REFERENCES users ON DELETE RESTRICT": "rows cannot be deleted: users point",
    "ALTER TABLE users ADD FOREIGN KEY (manager_id) REFERENCES tickets NOT VALID": "cannot be deleted: tickets, users",
}


@pytest.mark.parametrize("change", CHANGED_DATABASE)
async def test_a_database_that_the_map_does_not_fit(store: Store, change: str) -> None:
    await store.build(shop.DDL, shop.MAP)
    await store.sql.execute(change)
    found = await findings(store)
    assert any(CHANGED_DATABASE[change] in one for one in found), found
    if "CHECK" not in change:
        with pytest.raises(DataMapError, match="does not fit") as refused:
            await store.connector.locate(ids(email="ann@example.org"))
        assert isinstance(refused.value, Terminal)
        health = await store.connector.ping()
        assert not health.ok
        assert CHANGED_DATABASE[change] in health.detail


CHANGED_MAP = {
    ('user_id = "id"', 'user = "id"'): "belongs names user, which the table does not have",
    ('user_id = "id"', 'user_id = "uid"'): "users has no column uid",
    ('user_id = "id"', 'user_id = "last_name"'): "user_id is bigint, but users.last_name is text",
    ('email = "null"\n', 'email = "null"\nemial = "null"\n'): "users.emial: there is no such column",
    ('id = "keep"\n', 'id = "blank"\n'): "users.id: blank would change the key",
    ('id = "keep"\n', 'id = "token"\n'): "users.id: token does not go with bigint NOT NULL",
    ('manager_id = "keep"', 'manager_id = "blank"'): "users.manager_id: blank: points at another row",
    ('born = "null"', 'born = "redact"'): 'write born = "keep" | "null" | { erase = "set", to = "…" }',
    ('mood = "null"', 'mood = { erase = "set", to = "meh" }'): "'meh' is no value of mood",
    ("person = true", 'person = true\nstaff = { role = "agent" }'): "staff names role, which the table does not have",
    ("person = true", 'person = true\nstaff = { mood = "meh" }'): "staff: 'meh' is no value of mood",
    ('match = "plus"', 'match = "plus", proven = "sure"'): "identifiers names sure, which the table does not have",
    ('match = "plus"', 'match = "plus", proven = "mood"'): "identifiers: mood is mood; name a column of yes or no",
    ('erase = "delete"\nidentifiers', 'erase = "delete"\nkey = ["last_name"]\nidentifiers'): "key must name columns",
    ('schema = "public"', 'schema = "nowhere"'): "the schema nowhere has no tables",
    ("[tables.currencies]", "[tables.coins]"): "currencies: the table is not decided",
}


@pytest.mark.parametrize("change", CHANGED_MAP)
async def test_a_map_that_does_not_fit_the_database(store: Store, change: tuple[str, str]) -> None:
    await store.sql.execute(shop.DDL)
    text = SHOP.replace('title = "The shop"', 'schema = "public"')
    assert change[0] in text
    found = await findings(store, text.replace(*change, 1))
    assert any(CHANGED_MAP[change] in one for one in found), found


CLUB = 'system = "shop"\n' + club.MAP
CHANGED_CLUB = {
    "ALTER TABLE members ALTER name DROP NOT NULL, DROP name; ALTER TABLE members ADD name text"
    " GENERATED ALWAYS AS ('x') STORED": "members.name: cannot be rectified: it is generated; remove rectify = true",
    "ALTER TABLE members ADD UNIQUE (first); ALTER TABLE bills ADD FOREIGN KEY (visit_id) REFERENCES members (first)"
    " NOT VALID": "members.first: cannot be rectified: other rows point at it",
    "ALTER TABLE members ALTER extra TYPE bytea USING NULL": "members.extra: cannot be rectified: bytes cannot",
    "ALTER TABLE members DROP frozen_at; ALTER TABLE members ADD frozen_at text": (
        "restrict: frozen_at is text, which cannot be now; name a date column, or write a constant"
    ),
    "UPDATE members SET frozen_at = now(); ALTER TABLE members ALTER frozen_at SET NOT NULL": (
        "restrict: frozen_at is NOT NULL; write a constant instead of null"
    ),
    "ALTER TABLE members DROP frozen_at": "members: restrict names frozen_at, which the table does not have",
    "ALTER TABLE members DROP newsletter": "members: stops names newsletter, which the table does not have",
    "ALTER TABLE consents DROP kind": "consents: stops names kind, which the table does not have",
    "ALTER TABLE visits ALTER at TYPE text": "visits: expires: at is text; name a date",
    "ALTER TABLE visits DROP at": "visits: expires names at, which the table does not have",
}


@pytest.mark.parametrize("change", CHANGED_CLUB)
async def test_changes_that_the_database_could_not_carry_out(store: Store, change: str) -> None:
    await store.build(club.DDL, club.MAP)
    assert await findings(store, CLUB) == []
    await store.sql.execute(change)
    found = await findings(store, CLUB)
    assert any(CHANGED_CLUB[change] in one for one in found), found
    assert not (await store.connector.ping()).ok


CHANGED_CLUB_MAP = {
    (
        'id = "keep"',
        'id = { erase = "keep", rectify = true }',
    ): "members.id: cannot be rectified: it is part of the key",
    ('on = "frozen", off = "open"', 'on = "frozen", off = "null"'): None,
    ('column = "newsletter", to = "false"', 'column = "newsletter", to = "no way"'): (
        "stops: 'no way' is no value of boolean (newsletter); correct it"
    ),
    ('column = "newsletter", to = "false"', 'column = "id", to = "0"'): (
        "members: stops: id cannot hold a mark: it is part of the key; name a column that is only a mark"
    ),
    ('{ kind = "news" }', '{ kind = "gnus" }'): "stops: 'gnus' is no value of kind (kind)",
    ('{ kind = "news" }', '{ withdrawn_at = "null" }'): "stops: withdrawn_at is both the mark and a condition",
    ('column = "frozen_at", on = "now", off = "null"', 'column = "size", on = "7", off = "30"'): (
        "restrict: '7' is no value of shoe (size)"
    ),
}


@pytest.mark.parametrize("change", CHANGED_CLUB_MAP)
async def test_changes_that_the_map_has_wrong(store: Store, change: tuple[str, str]) -> None:
    await store.sql.execute(club.DDL)
    assert change[0] in CLUB
    text = CLUB.replace(*change, 1)
    if '"size"' in text:
        text = text.replace('size = { erase = "null", rectify = true }', 'size = "null"')
    found, says = await findings(store, text), CHANGED_CLUB_MAP[change]
    assert (found == []) if says is None else any(says in one for one in found), found


async def test_columns_matter_only_where_anonymising_can_happen(store: Store) -> None:
    """Nothing points at an e-mail row, so it is always deleted: the effect of its column is never asked for."""
    await store.sql.execute(shop.DDL)
    assert (
        await findings(store, SHOP.replace('user_id = "keep", email = "redact"', 'user_id = "keep", email = "null"'))
        == []
    )


async def test_another_schema_may_be_left_out_with_a_reason(store: Store) -> None:
    await store.sql.execute(shop.DDL)
    await store.sql.execute("CREATE SCHEMA other; CREATE TABLE other.t (u bigint REFERENCES users)")
    assert await findings(store, SHOP + '\n[other_schemas]\nother = "statistics without names"') == []


async def test_materialised_views_hold_copies_that_cannot_be_erased(store: Store) -> None:
    await store.sql.execute(shop.DDL)
    await store.sql.execute("CREATE MATERIALIZED VIEW copies AS SELECT id FROM users")
    text = '\n[tables.copies]\ncategory = "c"\nerase = "delete"\nperson = true\nkey = ["id"]\ncolumns = { id = "keep" }'
    assert any("it is a materialised view" in one for one in await findings(store, SHOP + text))
    assert await findings(store, SHOP + '\n[tables.copies]\npersonal = false\nbecause = "refreshed each night"') == []


async def test_a_draft_is_valid_and_undecided_from_top_to_bottom(store: Store) -> None:
    await store.sql.execute(shop.DDL)
    await store.sql.execute(
        'CREATE TABLE "odd ""näme" (a int, "b c" text); CREATE SCHEMA more; CREATE TABLE more.t (a int)'
    )
    text = await asyncio.to_thread(draft_map, store.dsn, "shop")
    drafted = parse_map(text)
    assert set(drafted.tables) == {*parse_map(SHOP).tables, 'odd "näme'}
    undecided = problems(drafted)
    assert {one.table for one in undecided} >= set(drafted.tables)
    assert drafted.tables["users"].person
    assert [link.table for link in drafted.tables["comments"].belongs] == ["tickets"]
    assert drafted.tables["users"].columns["password_hash"].disclose is False
    assert drafted.tables["users"].columns["password_hash"].holds is SensitiveType.PASSWORD
    assert any("`columns.password_hash.is` is not decided" in str(one) for one in undecided)
    assert all(one.line for one in await asyncio.to_thread(check_map, drafted, store.dsn))
    with pytest.raises(DataMapError, match="is not decided"):
        store.connect(text.split("\n", 3)[3])


async def test_taking_the_marks_away_is_almost_all_there_is_to_do(store: Store) -> None:
    await store.sql.execute(shop.DDL)
    text = (await asyncio.to_thread(draft_map, store.dsn, "shop")).replace('"?"', '"decided"').replace('"?', '"')
    found = await findings(store, text)
    assert len(found) <= 2, found


async def test_a_draft_has_a_place_for_the_words_of_each_language(store: Store) -> None:
    await store.sql.execute(DRAFTED)
    text = await asyncio.to_thread(draft_map, store.dsn, "shop", languages=("en", "da", "fr"))
    drafted = parse_map(text)
    assert drafted.languages == ("en", "da", "fr")
    assert {path[1] for path in drafted.undecided if path[0] == "words"} == {"da", "fr"}
    assert ("words", "fr", "Full name") in drafted.undecided
    asked = [str(one) for one in problems(drafted) if "Full name" in str(one)]
    assert len(asked) == 2, "once for each language"


COLUMNS = (
    "grant update (comment_id) on attachments; grant update (body) on comments; grant update (number) on invoices; "
    "grant update (subject) on tickets; grant update (id) on user_emails; "
    "grant update (email, phone, first_name, last_name, password_hash, mood, tags, profile, born, seen_at) on users"
)
ALL = "attachments, comments, invoices, tickets, user_emails, users"
DRAFTED = """
CREATE TABLE people (id int PRIMARY KEY, full_name text NOT NULL, email text, newsletter boolean, do_not_sell boolean,
    marketing_opted_out_at timestamptz, subscribed_at timestamptz, restricted_at timestamptz, slot int);
CREATE TABLE chats (id int PRIMARY KEY, person_id int REFERENCES people, said text, ended_at date);
"""


async def test_a_draft_guesses_corrections_marks_and_terms(store: Store) -> None:
    await store.sql.execute(DRAFTED)
    drafted = parse_map(await asyncio.to_thread(draft_map, store.dsn, "shop"))
    people, chats = drafted.tables["people"], drafted.tables["chats"]
    assert [name for name, rule in people.columns.items() if rule.rectify] == ["full_name", "email"]
    assert people.restrict
    assert (people.restrict.column, people.restrict.on, people.restrict.off) == ("restricted_at", "now", "null")
    assert [(stop.purpose, stop.column, stop.to) for stop in people.stops] == [
        ("newsletter", "newsletter", "false"),
        ("sale", "do_not_sell", "true"),
        ("direct_marketing", "marketing_opted_out_at", "now"),
    ]
    assert chats.expires
    assert (chats.expires.anchor, chats.expires.months) == ("ended_at", 1)
    undecided = {str(one).split(": ", 1)[1] for one in problems(drafted)}
    for part in ("restrict.on", "stops[2].to", "columns.email.rectify", "columns.email.erase"):
        assert any(f"`{part}` is not decided" in one for one in undecided), part
    assert any("chats: `expires.months` is not decided" in one for one in undecided)


RIGHTS = {
    "": f"grant delete on {ALL}; grant select on {ALL}; {COLUMNS}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO clerk; GRANT UPDATE ON comments, attachments, invoices TO clerk;"
    "GRANT UPDATE (id) ON user_emails TO clerk; GRANT UPDATE (subject) ON tickets TO clerk;"
    "GRANT UPDATE (email, mood, tags, profile, born, seen_at, password_hash) ON users TO clerk": (
        f"grant delete on {ALL}; grant update (phone, first_name, last_name) on users"
    ),
    "GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk; REVOKE DELETE ON users FROM clerk": (
        "grant delete on users"
    ),
}


@pytest.mark.parametrize("rights", RIGHTS)
async def test_ping_names_missing_permissions(store: Store, rights: str) -> None:
    await store.sql.execute(shop.DDL)
    await store.sql.execute("DROP ROLE IF EXISTS clerk")
    await store.sql.execute("CREATE ROLE clerk LOGIN PASSWORD 'clerk'")
    await store.sql.execute(rights or "SELECT 1")
    try:
        address = store.dsn.split("@")[1]
        connector = store.connect(shop.MAP, url=f"postgresql://clerk:clerk@{address}")
        health = await connector.ping()
        assert (health.ok, health.detail) == (False, f"The database user lacks permissions: {RIGHTS[rights]}.")
        if not rights:
            with pytest.raises(Terminal, match="42501"):
                await connector.locate(ids(email="ann@example.org"))
    finally:
        await store.aclose()
        await store.sql.execute("DROP OWNED BY clerk; DROP ROLE clerk")


async def test_hidden_rows_are_refused(store: Store) -> None:
    await store.sql.execute(shop.DDL)
    await store.sql.execute("DROP ROLE IF EXISTS clerk2")
    await store.sql.execute("CREATE ROLE clerk2 LOGIN PASSWORD 'clerk'; ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    await store.sql.execute("GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk2")
    try:
        connector = store.connect(shop.MAP, url=f"postgresql://clerk2:clerk@{store.dsn.split('@')[1]}")
        assert "row security hides rows" in (await connector.ping()).detail
    finally:
        await store.aclose()
        await store.sql.execute("DROP OWNED BY clerk2; DROP ROLE clerk2")


async def test_connections_that_fail_say_how(store: Store, unused_tcp_port: int) -> None:
    await store.build(shop.DDL, shop.MAP)
    assert (await store.connector.ping()).ok
    head, tail = store.dsn.rsplit("/", 1)
    for url, kind, says in [
        (f"{head}/missing", Terminal, "There is no such database"),
        (store.dsn.replace("postgresql://habeas:", "postgresql://habeas:canary"), Terminal, "refuses this user"),
        (f"postgresql://u:canary@127.0.0.1:{unused_tcp_port}/{tail}", Transient, "does not answer"),
    ]:
        connector = store.connect(shop.MAP, url=url)
        with pytest.raises(kind, match=says) as refused:
            await connector.locate(ids(email="ann@example.org"))
        assert "canary" not in f"{refused.value!r}{refused.value.__cause__!r}{refused.value.__context__!r}"
        health = await connector.ping()
        assert not health.ok
        assert says in health.detail


async def test_a_pool_survives_a_restart_of_the_server_s_side(store: Store) -> None:
    await store.build(shop.DDL, shop.MAP)
    await store.connector.locate(ids(email="ann@example.org"))
    await store.sql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert (await store.connector.locate(ids(email="ann@example.org"))).matches


async def test_too_many_connections_are_tried_again(store: Store) -> None:
    await store.build(shop.DDL, shop.MAP)
    name = await store.sql.fetchval("SELECT current_database()")
    await store.sql.execute("DROP ROLE IF EXISTS one_only")
    await store.sql.execute("CREATE ROLE one_only LOGIN PASSWORD 'x' CONNECTION LIMIT 1")
    url = f"postgresql://one_only:x@{store.dsn.split('@')[1]}"
    first = await asyncpg.connect(url)
    try:
        connector = store.connect(shop.MAP, url=url)
        with pytest.raises(Transient, match="53300"):
            await connector.locate(ids(email="ann@example.org"))
    finally:
        await first.close()
        await store.aclose()
        await store.sql.execute("DROP ROLE one_only")
    assert name


def test_connectors_are_found_by_name() -> None:
    assert "sql" in connector_names()
    for settings in ({}, {"connector": "telepathy"}):
        with pytest.raises(ConfigurationError, match=r"installed are: .*sql"):
            load_connector("crm", settings)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "systems.shop.url"),
        ({"url": "postgresql://u:canary@h/d"}, "systems.shop.map"),
        ({"url": "postgresql://u:canary@h/d", "map": "x", "pools": 3}, "systems.shop.pools"),
        ({"url": "oracle://u:canary@h/d", "map": "MAP"}, "is not postgresql"),
        ({"url": "postgresql://u:canary@h/d?target_session_attrs=any", "map": "MAP"}, "target_session_attrs"),
        ({"url": "canary", "map": "MAP"}, "is not postgresql"),
        ({"url": "postgresql://u:canary@h", "map": "MAP"}, "is not postgresql"),
        ({"url": "postgresql://u:canary@h/d", "map": "missing.toml"}, "There is no data map"),
        ({"url": "postgresql://u:canary@h/d", "map": "OTHER"}, "is the map of 'other'"),
    ],
)
def test_wrong_settings_are_named_and_never_repeated(store: Store, settings: dict[str, object], says: str) -> None:
    (store.folder / "MAP").write_text(SHOP)
    (store.folder / "OTHER").write_text(SHOP.replace('"shop"', '"other"', 1))
    if settings.get("map") in ("MAP", "OTHER"):
        settings = settings | {"map": str(store.folder / str(settings["map"]))}
    with pytest.raises(ConfigurationError, match=says) as refused:
        load_connector("shop", {"connector": "sql", **settings})
    assert "canary" not in f"{refused.value!r}{refused.value.__cause__!r}"


@pytest.mark.parametrize("name", ["crm", "billing", "support"])
async def test_the_samples_maps_fit_their_schemas(store: Store, name: str, pytestconfig: pytest.Config) -> None:
    samples = pytestconfig.rootpath / "deploy" / "samples"
    async with store.sql.transaction():
        await store.sql.execute((samples / f"{name}.sql").read_text())
    data_map = load_map(samples / "maps" / f"{name}.toml")
    assert [str(one) for one in await asyncio.to_thread(check_map, data_map, store.dsn)] == []
    assert [str(one) for one in await asyncio.to_thread(unreviewed_in, data_map, store.dsn)] == []
