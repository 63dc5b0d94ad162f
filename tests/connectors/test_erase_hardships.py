"""Erasing while the database, its triggers and other people get in the way: all or nothing, every time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import asyncpg
import pytest

from activities.connectors.sql.draft import draft
from activities.connectors.sql.schema import STAMP
from activities.connectors.sql.session import schema_of
from habeas.connector import SystemPlan
from habeas.datamap import load_map
from habeas.errors import HabeasError, Quarantine, Terminal, Transient
from tests.connectors import shop
from tests.connectors.store import Connected, Store, by_fate, ids, refs

Fetch = Callable[[str], Awaitable[Iterable[Any]]]
ANN = refs("users", "[1]")
# Erasing stops in the middle (rows are gone, others not yet) until the test lets go of the lock.
GATE = """
CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN OLD; END $$;
CREATE TRIGGER gate BEFORE DELETE ON tickets FOR EACH ROW EXECUTE FUNCTION gate();
"""

# What one person wrote to another is both's, and so is what one wrote in another's thread. Eve answers for the firm.
MESSAGES = """
CREATE TABLE people (id int PRIMARY KEY, email varchar(80), name varchar(80), role varchar(80));
CREATE TABLE messages (id int PRIMARY KEY, sender int REFERENCES people (id), recipient int REFERENCES people (id),
  title varchar(80), body varchar(200));
CREATE TABLE files (id int PRIMARY KEY, message_id int REFERENCES messages (id), content varchar(80));
CREATE TABLE tickets (id int PRIMARY KEY, requester int REFERENCES people (id), title varchar(80));
CREATE TABLE comments (id int PRIMARY KEY, ticket int REFERENCES tickets (id), author int REFERENCES people (id),
  body varchar(200));
INSERT INTO people VALUES (1, 'ann@example.org', 'Ann', 'user'), (2, 'bob@example.org', 'Bob', 'user'),
  (3, 'eve@firm.example', 'Eve', 'agent');
INSERT INTO tickets VALUES (1, 1, 'Of Ann'), (2, 2, 'Of Bob');
INSERT INTO comments VALUES (1, 1, 1, 'Mine'), (2, 1, 2, 'I, Bob, am ill'), (3, 1, 3, 'Dear Ann'),
  (4, 2, 1, 'Dear Bob'), (5, 2, 2, 'His own');
INSERT INTO messages VALUES (1, 2, 1, 'Hi', 'From Bob: my address is Long Street 1'), (2, 2, 2, 'Note', 'To himself'),
  (3, 1, 1, 'Note', 'To herself'), (4, 1, NULL, 'Draft', 'To nobody yet');
INSERT INTO files VALUES (1, 1, 'a map to Bob'), (3, 3, 'a list');
"""
MESSAGES_MAP = """
[tables.people]
category = "contact"
person = true
name = ["name"]
erase = "delete"
identifiers = [{ column = "email", kind = "email", match = "case" }]
staff = { role = "agent" }
columns = { id = "keep", email = "null", name = "null", role = "keep" }
[tables.tickets]
category = "messages"
erase = "delete"
belongs = [{ table = "people", columns = { requester = "id" } }]
columns = { id = "keep", requester = "null", title = "redact" }
[tables.comments]
category = "messages"
erase = "delete"
belongs = [{ table = "tickets", columns = { ticket = "id" } }, { table = "people", columns = { author = "id" } }]
shared = { law = "Charter art. 8" }
columns = { id = "keep", ticket = "keep", author = "null", body = "redact" }
[tables.messages]
category = "messages"
erase = "delete"
belongs = [{ table = "people", columns = { sender = "id" } }, { table = "people", columns = { recipient = "id" } }]
shared = { law = "Charter art. 8" }
columns = { id = "keep", sender = "null", recipient = "null", title = "redact", body = "redact" }
[tables.files]
category = "messages"
erase = "delete"
belongs = [{ table = "messages", columns = { message_id = "id" } }]
columns = { id = "keep", message_id = "keep", content = "redact" }
"""


async def what_two_share_stays(store: Connected, fetch: Fetch) -> None:
    """Erase Ann, then Bob: what was both's stays for him, and goes with him."""
    drafted = await draft(store.dsn, "shop")
    assert drafted.count('shared = { law = "?" }') == 2, "a draft leaves it to be decided"
    ann, bob = refs("people", "[1]"), refs("people", "[2]")
    records = {f"{one.collection}{one.key}": one for one in await store.collected(ann)}
    assert records["messages[1]"].free_text == ("title", "body")
    assert [name for name, one in records.items() if one.shared] == ["comments[2]", "comments[4]", "messages[1]"]
    assert not records["messages[3]"].free_text, "it is hers alone: the map says what of it is read first"
    plan = await store.plan(ann, ids(email="ann@example.org"))
    assert by_fate(await store.erased(plan)) == {
        "anonymised": ["people[1]", "tickets[1]"],
        "erased": ["comments[1]", "comments[3]", "files[3]", "messages[3]", "messages[4]"],
        "retained": ["comments[2]", "comments[4]", "files[1]", "messages[1]"],
    }
    assert by_fate(await store.confirmed(plan))["retained"] == ["comments[2]", "comments[4]", "files[1]", "messages[1]"]
    sent = await fetch("SELECT id, sender, recipient, body FROM messages ORDER BY id")
    assert [tuple(one) for one in sent] == [
        (1, 2, 1, "From Bob: my address is Long Street 1"),
        (2, 2, 2, "To himself"),
    ]
    said = await fetch("SELECT body FROM comments ORDER BY id")
    assert [tuple(one) for one in said] == [("I, Bob, am ill",), ("Dear Bob",), ("His own",)]
    assert await store.erased(plan), "a second time changes nothing"
    await store.erased(await store.plan(bob, ids(email="bob@example.org")))
    left = ("SELECT id FROM messages", "SELECT id FROM files", "SELECT id FROM comments")
    assert [[*await fetch(one)] for one in left] == [[], [], []]


@pytest.fixture
async def ours(store: Store) -> Store:
    await store.build(shop.DDL, shop.MAP)
    return store


@pytest.fixture
async def plan(ours: Store) -> SystemPlan:
    return await ours.plan(ANN, ids(email="ann@example.org"))


async def at_the_gate(sql: asyncpg.Connection) -> int:
    """The backend that waits for our advisory lock, once there is one."""
    async with asyncio.timeout(30):
        while True:
            pid: int | None = await sql.fetchval("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if pid:
                return pid


async def test_what_two_share_is_not_one_s_to_have_erased(store: Store) -> None:
    await store.build(MESSAGES, MESSAGES_MAP)
    await what_two_share_stays(store, store.sql.fetch)


async def test_a_connection_killed_in_the_middle_changes_nothing(ours: Store, plan: SystemPlan) -> None:
    await ours.sql.execute(GATE)
    before = await ours.rows(versions=True)
    await ours.sql.execute("SELECT pg_advisory_lock(4711)")
    erasing = asyncio.create_task(ours.connector.erase(plan, None))
    pid = await at_the_gate(ours.sql)
    await ours.sql.execute("SELECT pg_terminate_backend($1)", pid)
    with pytest.raises(Transient):
        await erasing
    assert await ours.rows(versions=True) == before
    await ours.sql.execute("SELECT pg_advisory_unlock(4711)")
    assert set(by_fate(await ours.erased(plan))) == {"erased", "anonymised", "retained"}
    assert set(by_fate(await ours.confirmed(plan))) == {"erased", "anonymised", "retained"}


async def test_planned_rows_are_locked_before_the_first_change(ours: Store, plan: SystemPlan) -> None:
    await ours.sql.execute(GATE)
    await ours.sql.execute("SELECT pg_advisory_lock(4711)")
    erasing = asyncio.create_task(ours.connector.erase(plan, None))
    await at_the_gate(ours.sql)
    for ticket in (10, 11):
        with pytest.raises(asyncpg.LockNotAvailableError):
            await ours.sql.fetch("SELECT FROM tickets WHERE id = $1 FOR KEY SHARE NOWAIT", ticket)
    await ours.sql.fetch("SELECT FROM tickets WHERE id = 12 FOR UPDATE NOWAIT")
    await ours.sql.execute("SELECT pg_advisory_unlock(4711)")
    await erasing


async def test_a_cancelled_erasure_changes_nothing(ours: Store, plan: SystemPlan) -> None:
    await ours.sql.execute(GATE)
    before = await ours.rows(versions=True)
    await ours.sql.execute("SELECT pg_advisory_lock(4711)")
    erasing = asyncio.create_task(ours.connector.erase(plan, None))
    await at_the_gate(ours.sql)
    erasing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await erasing
    assert await ours.rows(versions=True) == before
    await ours.sql.execute("SELECT pg_advisory_unlock(4711)")
    await ours.erased(plan)


async def test_two_at_once_do_it_once(ours: Store, plan: SystemPlan) -> None:
    """The second meets the first's changes: either it comes later and finds all done, or it is told to try again."""
    other = ours.connector
    ours.connect(shop.MAP)
    answers = await asyncio.gather(other.erase(plan, None), ours.connector.erase(plan, None), return_exceptions=True)
    await other.aclose()
    done = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert done
    assert all(isinstance(answer, Transient) for answer in answers if answer not in done)
    assert await ours.connector.erase(plan, None) == done[0]


async def test_a_statement_that_takes_too_long_is_tried_again(ours: Store, plan: SystemPlan) -> None:
    await ours.sql.execute(GATE)
    await ours.connector.aclose()
    ours.connect(shop.MAP, statement_timeout=0.3)
    before = await ours.rows(versions=True)
    await ours.sql.execute("SELECT pg_advisory_lock(4711)")
    with pytest.raises(Transient, match="57014"):
        await ours.connector.erase(plan, None)
    await ours.sql.execute("SELECT pg_advisory_unlock(4711)")
    assert await ours.rows(versions=True) == before


async def test_a_change_by_somebody_at_the_same_time_is_tried_again(ours: Store, plan: SystemPlan) -> None:
    before = await ours.rows()
    change = ours.sql.transaction()
    await change.start()
    await ours.sql.execute("UPDATE comments SET body = 'edited' WHERE id = 102")
    erasing = asyncio.create_task(ours.connector.erase(plan, None))
    watch = await asyncpg.connect(ours.dsn)
    async with asyncio.timeout(30):
        while not await watch.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
    await watch.close()
    await change.commit()
    with pytest.raises(Transient, match="40001"):
        await erasing
    after = await ours.rows()
    assert {table for table in before if before[table] != after[table]} == {"comments"}


def trigger(body: str, when: str, returns: str = "NULL") -> str:
    return (
        f"CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {body}; RETURN {returns}; END';"
        f"CREATE TRIGGER t {when} FOR EACH ROW EXECUTE FUNCTION t()"
    )


AFTER_COMMENT = "AFTER DELETE ON comments"
QUOTES = "CREATE TABLE quotes (comment bigint REFERENCES comments DEFERRABLE INITIALLY DEFERRED);"
QUOTE = "INSERT INTO quotes VALUES (OLD.id)"
TRIGGERS = {
    "keeps the row": trigger("NULL", "BEFORE DELETE ON comments"),
    "only marks it": "CREATE RULE soft AS ON DELETE TO user_emails DO INSTEAD UPDATE user_emails SET email = email",
    "puts it back": trigger("INSERT INTO attachments SELECT OLD.*", "AFTER DELETE ON attachments"),
    "undoes the blanking": trigger("NEW.email := OLD.email", "BEFORE UPDATE ON users", "NEW"),
    "changes what is kept": trigger("UPDATE invoices SET total = total + 1 WHERE user_id = 1", AFTER_COMMENT),
    "changes somebody else's": trigger("UPDATE users SET balance = 0 WHERE id = 2", AFTER_COMMENT),
    "deletes somebody else's": trigger("DELETE FROM comments WHERE id = 105", "AFTER DELETE ON attachments"),
    "refuses": trigger("RAISE EXCEPTION ''canary %'', OLD", AFTER_COMMENT),
    "a check against it": "ALTER TABLE users ADD CONSTRAINT named CHECK (last_name <> '[erased]')",
    "a deferred key against it": "".join([QUOTES, trigger(QUOTE, "BEFORE DELETE ON comments", "OLD")]),
}


@pytest.mark.parametrize("what", TRIGGERS)
async def test_what_the_database_does_against_it_is_for_a_human(ours: Store, plan: SystemPlan, what: str) -> None:
    await ours.sql.execute(TRIGGERS[what])
    if "quotes" in TRIGGERS[what]:
        ours.connect(shop.MAP + '[tables.quotes]\npersonal = false\nbecause = "quotes"')
    before = await ours.rows(versions=True)
    with pytest.raises(Quarantine) as refused:
        await ours.connector.erase(plan, None)
    assert quiet(refused.value)
    assert await ours.rows(versions=True) == before


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def quiet(error: HabeasError) -> bool:
    """Nothing of anybody in the error, its facts and whatever it carries along."""
    text = " ".join(f"{one!s} {one!r} {vars(one)}" for one in chain(error))
    return list(chain(error)) == [error] and not any(
        word in text.lower() for word in ("canary", "ärla", "it broke", "example.org")
    )


async def test_a_plan_that_the_map_does_not_allow_any_more_is_refused(ours: Store, plan: SystemPlan) -> None:
    changed = shop.MAP.replace(
        'erase = "delete"\nbelongs = [ { table = "tickets"', 'erase = "anonymise"\nbelongs = [ { table = "tickets"'
    )
    assert changed != shop.MAP
    ours.connect(changed)
    before = await ours.rows(versions=True)
    with pytest.raises(Terminal):
        await ours.connector.erase(plan, None)
    assert await ours.rows(versions=True) == before


async def test_a_plan_that_names_a_row_twice_is_refused(ours: Store, plan: SystemPlan) -> None:
    with pytest.raises(Quarantine):
        await ours.connector.erase(plan.model_copy(update={"objects": plan.objects * 2}), None)


async def test_a_table_that_is_new_stops_everything(ours: Store, plan: SystemPlan) -> None:
    await ours.connector.locate(())
    await ours.sql.execute("CREATE TABLE secrets (user_id bigint REFERENCES users)")
    for work in (ours.connector.erase(plan, None), ours.connector.confirm(plan, None), ours.connector.locate(())):
        with pytest.raises(Terminal, match="secrets: the table is not decided"):
            await work


ALTERATIONS = (
    "ALTER TABLE users ADD COLUMN nickname text",
    "ALTER TABLE users RENAME COLUMN nickname TO alias",
    "ALTER TABLE users ALTER COLUMN alias TYPE varchar(40)",
    "ALTER TABLE users ALTER COLUMN alias TYPE varchar(50)",
    "ALTER TABLE users ALTER COLUMN last_name DROP NOT NULL",
    "CREATE UNIQUE INDEX once ON users (alias)",
    "ALTER INDEX once RENAME TO only_once",
    "ALTER TABLE users ADD CONSTRAINT short CHECK (length(alias) < 9)",
    "ALTER TABLE users RENAME CONSTRAINT short TO brief",
    "ALTER TABLE users DROP COLUMN alias",
    "ALTER TABLE comments ADD CONSTRAINT by FOREIGN KEY (author_id) REFERENCES users NOT VALID",
    "ALTER TABLE comments ALTER CONSTRAINT by DEFERRABLE",
    "ALTER TABLE comments DROP CONSTRAINT by",
    "ALTER TYPE mood RENAME TO humour",
    "CREATE DOMAIN word AS text; CREATE TABLE words (n int, of word)",
    "ALTER DOMAIN word SET NOT NULL",
    "CREATE TABLE parts (n int, of word) PARTITION BY LIST (n)",
    "ALTER TABLE parts ATTACH PARTITION words FOR VALUES IN (1)",
    "ALTER TABLE parts DETACH PARTITION words",
    "ALTER TABLE words RENAME TO terms",
    "DROP TABLE terms",
    "CREATE SCHEMA attic; CREATE TABLE attic.trunks (of bigint REFERENCES users)",
    "ALTER SCHEMA attic RENAME TO loft",
    "DROP SCHEMA loft CASCADE",
)


async def test_whatever_alters_a_table_is_seen_at_once(ours: Store) -> None:
    data_map = load_map(ours.folder / "map.toml")
    seen, stamp = await schema_of(data_map, ours.dsn), await ours.sql.fetchval(STAMP)
    for alteration in ALTERATIONS:
        await ours.sql.execute(alteration)
        now, stamped = await schema_of(data_map, ours.dsn), await ours.sql.fetchval(STAMP)
        assert (now != seen, stamped != stamp) == (True, True), alteration
        seen, stamp = now, stamped


async def test_tidying_up_alters_nothing(ours: Store) -> None:
    stamp = await ours.sql.fetchval(STAMP)
    await ours.sql.execute("ANALYZE")
    await ours.sql.execute("VACUUM users")
    assert await ours.sql.fetchval(STAMP) == stamp


async def test_a_column_that_is_new_stops_a_look_that_has_looked_before(ours: Store) -> None:
    await ours.connector.locate(())
    await ours.sql.execute("ALTER TABLE users ADD COLUMN secret text")
    with pytest.raises(Terminal, match="secret"):
        await ours.connector.locate(())


async def test_erasing_creates_nothing(ours: Store, plan: SystemPlan) -> None:
    query = (
        "SELECT oid::text FROM pg_class UNION ALL SELECT oid::text FROM pg_proc UNION ALL SELECT oid::text FROM pg_type"
    )
    before = await ours.sql.fetch(f"{query} ORDER BY 1")
    await ours.erased(plan)
    await ours.confirmed(plan)
    assert await ours.sql.fetch(f"{query} ORDER BY 1") == before


async def test_thousands_of_rows_in_chunks(ours: Store) -> None:
    await ours.sql.execute(
        "INSERT INTO comments SELECT 10000 + n, 10 + n % 2 * 2, CASE n % 2 WHEN 1 THEN 1 END, 'x'"
        " FROM generate_series(1, 3500) n"
    )
    plan = await ours.plan(ANN)
    before = await ours.rows()
    outcomes = await ours.erased(plan)
    assert len(outcomes) == 13 + 3500
    after = await ours.rows()
    assert len(before["comments"]) - len(after["comments"]) == 3504
    assert await ours.erased(plan) == outcomes
