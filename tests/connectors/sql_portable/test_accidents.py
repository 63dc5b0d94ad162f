"""Connections that break, locks, deadlocks, other people and missing rights: all or nothing, and told without names."""

from __future__ import annotations

import asyncio

import pytest

from activities.connectors.sql.errors import MapDoesNotFit
from habeas.errors import Quarantine, Terminal, Transient
from tests.connectors import shop as original
from tests.connectors.sql_portable.mariadb import PASSWORD, MariaDB
from tests.connectors.sql_portable.stores import MySQLStore, PortableStore, SQLiteStore, another
from tests.connectors.sql_portable.test_hardships import ANN, shop_of
from tests.connectors.store import by_fate
from tests.connectors.test_erase_hardships import quiet


async def test_a_connection_killed_in_the_middle_changes_nothing(mysql: MySQLStore, mariadb: MariaDB) -> None:
    plan = await shop_of(mysql)
    before = await mysql.rows()
    async with another(mariadb.port, mysql.dsn, PASSWORD) as cursor:
        # The last table that rows are deleted from: others have gone by then.
        await cursor.execute("START TRANSACTION; SELECT * FROM users WHERE id = 3 FOR UPDATE")
        await cursor.nextset()
        await mysql.execute(
            "CREATE TRIGGER t BEFORE DELETE ON user_emails FOR EACH ROW"
            " BEGIN UPDATE users SET balance = balance WHERE id = 3; END;"
        )
        erasing = asyncio.create_task(mysql.connector.erase(plan, None))
        await mysql.execute(f"KILL {await _waiting(mysql)}")
        with pytest.raises(Transient) as raised:
            await erasing
        assert quiet(raised.value)
    assert await mysql.rows() == before
    await mysql.execute("DROP TRIGGER t")
    assert set(by_fate(await mysql.erased(plan))) == {"erased", "anonymised", "retained"}


async def _waiting(store: MySQLStore) -> int:
    """The connection that waits for a lock in the middle of its work, once there is one."""
    async with asyncio.timeout(30):
        while True:
            (waits,) = await store.fetch("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")
            if int(waits[1]):
                break
    (found,) = await store.fetch(
        "SELECT ID FROM information_schema.PROCESSLIST"
        " WHERE COMMAND = 'Query' AND DB = DATABASE() AND ID <> CONNECTION_ID()"
    )
    return int(found[0])


async def test_a_deadlock_is_tried_again(mysql: MySQLStore, mariadb: MariaDB) -> None:
    """Two who want each other's rows: the server picks one, and it is ours."""
    plan = await shop_of(mysql)
    before = await mysql.rows()
    async with another(mariadb.port, mysql.dsn, PASSWORD) as cursor:
        # It has changed more than we have, so that it is not the one to give way.
        await cursor.execute("START TRANSACTION")
        await cursor.execute("INSERT INTO currencies VALUES " + ", ".join(f"('{n:03}')" for n in range(500)))  # noqa: S608
        await cursor.execute("SELECT * FROM users WHERE id = 1 FOR UPDATE")
        erasing = asyncio.create_task(mysql.connector.erase(plan, None))
        await _waiting(mysql)
        await cursor.execute("UPDATE user_emails SET email = 'x' WHERE id = 2")
        with pytest.raises(Transient, match="1213") as raised:
            await erasing
        assert quiet(raised.value)
        await cursor.execute("ROLLBACK")
    assert await mysql.rows() == before


async def test_a_busy_file_is_tried_again(sqlite: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.connectors.sql_portable.sqlite.LOCK_SECONDS", 0)
    plan = await shop_of(sqlite)
    await sqlite.connector.aclose()
    sqlite.connect(original.MAP)
    sqlite.sql.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Transient, match="SQLITE_BUSY"):
        await sqlite.connector.erase(plan, None)
    sqlite.sql.execute("ROLLBACK")
    await sqlite.erased(plan)


async def test_a_cancelled_erasure_changes_nothing(mysql: MySQLStore, mariadb: MariaDB) -> None:
    plan = await shop_of(mysql)
    before = await mysql.rows()
    async with another(mariadb.port, mysql.dsn, PASSWORD) as cursor:
        await cursor.execute("START TRANSACTION")
        await cursor.execute("SELECT * FROM user_emails WHERE id = 2 FOR UPDATE")
        erasing = asyncio.create_task(mysql.connector.erase(plan, None))
        await _waiting(mysql)
        erasing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await erasing
        await cursor.execute("ROLLBACK")
    assert await mysql.rows() == before
    await mysql.erased(plan)


async def test_two_at_once_do_it_once(store: PortableStore) -> None:
    plan = await shop_of(store)
    other = store.connector
    store.connect(original.MAP)
    answers = await asyncio.gather(other.erase(plan, None), store.connector.erase(plan, None), return_exceptions=True)
    done = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert done
    assert all(isinstance(answer, Transient) for answer in answers if answer not in done)
    assert await store.connector.erase(plan, None) == done[0]


async def test_permissions_that_are_missing_are_named(mysql: MySQLStore) -> None:
    await shop_of(mysql)
    name = mysql.dsn.rsplit("/", 1)[1]
    await mysql.execute(
        f"CREATE USER clerk@'127.0.0.1' IDENTIFIED BY 'clerk';GRANT SELECT ON {name}.* TO clerk@'127.0.0.1'"
    )
    try:
        connector = mysql.connect(original.MAP, url=mysql.dsn.replace(f"habeas:{PASSWORD}", "clerk:clerk"))
        detail = (await connector.ping()).detail
        assert "grant update (email) on users" in detail
        assert "grant process on *.*" in detail
        grants = detail.split(": ", 1)[1].rstrip(".").split("; ")
        for grant in grants:
            right, table_name = grant.rsplit(" on ", 1)
            where = table_name if table_name == "*.*" else f"{name}.{table_name}"
            await mysql.execute(f"{right} ON {where} TO clerk@'127.0.0.1'")
        # What holds in all databases a user may from their next connection on.
        connector = mysql.connect(original.MAP, url=mysql.dsn.replace(f"habeas:{PASSWORD}", "clerk:clerk"))
        health = await connector.ping()
        assert (health.ok, health.detail) == (True, "")
        await mysql.erased(await mysql.plan(ANN))
        refused = mysql.connect(original.MAP, url=mysql.dsn.replace(PASSWORD, "wrong"))
        assert not (await refused.ping()).ok
        with pytest.raises(Terminal, match="1045"):
            await refused.locate(())
    finally:
        await mysql.execute("DROP USER clerk@'127.0.0.1'")


async def test_what_points_at_them_from_where_nobody_looks_is_refused_by_name(mysql: MySQLStore) -> None:
    """The information schema shows a user what they have rights on, and MariaDB counts no row that a cascade takes."""
    await shop_of(mysql)
    plan, name = await mysql.plan(ANN), mysql.dsn.rsplit("/", 1)[1]
    rights = f"GRANT SELECT, UPDATE, DELETE ON {name}.* TO clerk@'127.0.0.1'"
    await mysql.execute(f"CREATE USER clerk@'127.0.0.1' IDENTIFIED BY 'clerk';{rights}")
    await mysql.execute(
        f"CREATE DATABASE `{name}-audit`;CREATE TABLE `{name}-audit`.seen (mail BIGINT NOT NULL,"
        f" CONSTRAINT seen_at FOREIGN KEY (mail) REFERENCES {name}.user_emails (id) ON DELETE CASCADE)"
    )
    await mysql.execute(f"INSERT INTO `{name}-audit`.seen VALUES (1)")  # noqa: S608  a name of our own
    before = await mysql.rows()
    try:
        connector = mysql.connect(original.MAP, url=mysql.dsn.replace(f"habeas:{PASSWORD}", "clerk:clerk"))
        assert (await connector.ping()).detail == "The database user lacks permissions: grant process on *.*."
        with pytest.raises(Quarantine, match="grant process"):
            await connector.erase(plan, None)
        await mysql.execute("GRANT PROCESS ON *.* TO clerk@'127.0.0.1'")
        connector = mysql.connect(original.MAP, url=mysql.dsn.replace(f"habeas:{PASSWORD}", "clerk:clerk"))
        with pytest.raises(MapDoesNotFit, match=rf"user_emails: {name}-audit\.seen points at it \(seen_at\)"):
            await connector.erase(plan, None)
        assert "grant select on" in (await connector.ping()).detail
        assert await mysql.rows() == before
    finally:
        await mysql.execute(f"DROP DATABASE `{name}-audit`;DROP USER clerk@'127.0.0.1'")


@pytest.mark.parametrize("kind", ["CASCADE", "SET NULL", "RESTRICT"])
async def test_a_table_that_came_since_and_points_at_them_stops_it_before_the_first_change(
    store: PortableStore, kind: str
) -> None:
    plan = await shop_of(store)
    await store.execute(
        f"CREATE TABLE loans (who BIGINT UNSIGNED, FOREIGN KEY (who) REFERENCES users (id) ON DELETE {kind})"
    )
    before = await store.rows()
    with pytest.raises(MapDoesNotFit, match="loans: the table is not decided"):
        await store.connector.erase(plan, None)
    assert await store.rows() == before


async def test_a_file_that_is_not_there_is_not_made(sqlite: SQLiteStore) -> None:
    connector = sqlite.connect(original.MAP, url=f"sqlite:///{sqlite.folder}/missing.db")
    assert not (await connector.ping()).ok
    with pytest.raises(Terminal):
        await connector.locate(())
    assert not (sqlite.folder / "missing.db").exists()
