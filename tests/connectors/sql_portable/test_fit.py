"""A map that does not fit its MariaDB or SQLite is refused, and everything that does not fit is named."""

from __future__ import annotations

import asyncio

import pytest

from activities.connectors import load_connector
from activities.connectors.sql import check_map, draft_map
from habeas.datamap import parse_map, problems
from habeas.errors import ConfigurationError, Terminal
from tests.connectors import shop as original
from tests.connectors.sql_portable import shop
from tests.connectors.sql_portable.stores import MySQLStore, PortableStore, SQLiteStore

SHOP = 'system = "shop"\n' + original.MAP


async def findings(store: PortableStore, text: str = SHOP) -> list[str]:
    return [str(one) for one in await asyncio.to_thread(check_map, parse_map(text), store.dsn)]


async def test_the_shop_fits(store: PortableStore) -> None:
    await store.execute(shop.DDL[store.kind])
    assert await findings(store) == []
    wrong = SHOP.replace('title = "The shop"', 'schema = "elsewhere"')
    assert "the address leads to the database" in "\n".join(await findings(store, wrong))


PERSONAL = 'category = "c"\nperson = true\nerase = "delete"\ncolumns = { id = "keep" }'
BOTH = {
    "CREATE TABLE extra (id int)": "extra: the table is not decided; write [tables.extra]",
    "ALTER TABLE users ADD COLUMN ssn varchar(20)": "users.ssn: the column is not decided; write ssn = ",
    "ALTER TABLE users DROP COLUMN phone": "users: identifiers names phone, which the table does not have",
    "CREATE UNIQUE INDEX one ON users (last_name)": "redact would make rows equal under the unique one",
    "ALTER TABLE invoices RENAME TO bills": "invoices: there is no such table",
}
MYSQL = {
    "ALTER TABLE users MODIFY email varchar(80) NOT NULL": "users.email: null does not go with varchar(80) NOT NULL",
    "ALTER TABLE users MODIFY last_name char(4) NOT NULL": "users.last_name: redact does not go with char(4) NOT NULL",
    "ALTER TABLE user_emails DROP PRIMARY KEY": "user_emails: it has no primary key; write key = [",
    "ALTER TABLE comments MODIFY author_id varchar(9)": "author_id is varchar(9), but users.id is bigint(20) unsigned",
    "ALTER TABLE user_emails DROP FOREIGN KEY user_emails_ibfk_1; ALTER TABLE user_emails ENGINE = MyISAM": (
        "engine knows no transactions"
    ),
    "ALTER TABLE invoices ADD SYSTEM VERSIONING": "whose history keeps what is deleted",
    "CREATE UNIQUE INDEX one ON users (last_name(2))": "redact would make rows equal under the unique one",
}
SQLITE = {
    "CREATE TABLE odd (id PRIMARY KEY); DROP TABLE currencies; ALTER TABLE odd RENAME TO currencies;": "has no type",
    "CREATE VIRTUAL TABLE words USING fts5 (body)": "words: the table is not decided",
    "CREATE UNIQUE INDEX one ON users (lower(last_name), balance)": "make rows equal under the unique one",
}


@pytest.mark.parametrize("change", BOTH)
async def test_everything_that_does_not_fit_is_named(store: PortableStore, change: str) -> None:
    await store.build(shop.DDL[store.kind], original.MAP)
    await store.execute(change)
    assert BOTH[change] in "\n".join(await findings(store))
    health = await store.connector.ping()
    assert (health.ok, health.fits) == (False, False)
    with pytest.raises(Terminal):
        await store.connector.locate(())


@pytest.mark.parametrize("change", MYSQL)
async def test_what_only_mysql_has(mysql: MySQLStore, change: str) -> None:
    await mysql.execute(shop.MYSQL)
    await mysql.execute(change)
    assert MYSQL[change] in "\n".join(await findings(mysql))


@pytest.mark.parametrize("change", SQLITE)
async def test_what_only_sqlite_has(sqlite: SQLiteStore, change: str) -> None:
    await sqlite.execute(shop.SQLITE)
    await sqlite.execute(change)
    text = SHOP.replace('personal = false\nbecause = "a list of currencies"', PERSONAL) if "odd" in change else SHOP
    assert SQLITE[change] in "\n".join(await findings(sqlite, text))


@pytest.mark.parametrize(
    ("old", "wrong", "told"),
    [
        ('born = "null"', 'born = { erase = "set", to = "1900-02-30" }', "'1900-02-30' is no value of"),
        ("person = true", 'person = true\nstaff = { balance = "much" }', "staff: 'much' is no value of"),
        ('balance = "keep"', 'balance = { erase = "set", to = "0.001" }', "'0.001' is no value of"),
    ],
)
async def test_constants_that_are_no_value_are_named(store: PortableStore, old: str, wrong: str, told: str) -> None:
    await store.execute(shop.DDL[store.kind])
    assert told in "\n".join(await findings(store, SHOP.replace(old, wrong, 1)))


async def test_a_draft_is_a_map_to_decide(store: PortableStore) -> None:
    await store.execute(shop.DDL[store.kind])
    text = await asyncio.to_thread(draft_map, store.dsn, "shop")
    draft = parse_map(text)
    assert set(draft.tables) == {
        *("attachments", "comments", "currencies", "invoices", "tickets", "user_emails", "users")
    }
    assert draft.tables["users"].person
    assert [link.table for link in draft.tables["comments"].belongs] == ["tickets"]
    assert problems(draft)
    assert "schema =" not in text


@pytest.mark.parametrize(
    "url",
    ["mysql://u@h", "mysql+pymysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d?x=1"],
)
def test_addresses_that_lead_nowhere_are_refused_without_repeating_them(url: str, sqlite: SQLiteStore) -> None:
    path = sqlite.folder / "map.toml"
    path.write_text(SHOP, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_connector("shop", {"connector": "sql", "url": url, "map": str(path)})
    assert "secret" not in str(refused.value)
