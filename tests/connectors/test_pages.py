"""Pages are bounded, go on from every cursor exactly where they stopped, and their cursors give nothing away."""

import json
import re

import pytest

from habeas.connector import Record, RecordRef
from habeas.errors import Quarantine, Terminal
from tests.connectors.store import Store, places

MAP = """
[tables.people]
category = "c"
person = true
erase = "delete"
identifiers = [{ column = "email", kind = "email", match = "case" }]
columns = { email = "keep" }
[tables.notes]
category = "c"
erase = "delete"
belongs = [{ table = "people", columns = { who = "email" } }]
columns = { who = "keep", at = "keep", text = "redact" }
[tables.files]
category = "c"
erase = "delete"
belongs = [{ table = "people", columns = { who = "email" } }]
file = { content = "content" }
columns = { who = "keep", n = "keep", content = "null" }
"""
DDL = """
CREATE TABLE people (email text PRIMARY KEY);
CREATE TABLE notes (who text REFERENCES people, at timestamptz, text text, PRIMARY KEY (at, who));
CREATE TABLE files (who text REFERENCES people, n int, content bytea, PRIMARY KEY (who, n));
INSERT INTO people VALUES ('canary.ann@example.org'), ('canary.bob@example.org');
INSERT INTO notes SELECT email, timestamptz '2026-01-01' + n * interval '1 minute', repeat('x', 1000 + n)
    FROM people, generate_series(1, 1700) n;
INSERT INTO files SELECT email, n, convert_to(repeat('y', 400000), 'UTF8') FROM people, generate_series(1, 5) n;
INSERT INTO files SELECT email, 9, convert_to(repeat('z', 3000000), 'UTF8') FROM people;
"""
ANN = (RecordRef(collection="people", key='["canary.ann@example.org"]'),)


@pytest.fixture
async def many(store: Store) -> Store:
    await store.build(DDL, MAP)
    return store


def weight(record: Record) -> int:
    text = json.dumps(record.data, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) + sum(len(file.content) for file in record.files)


async def test_pages_are_bounded_by_rows_and_bytes(many: Store) -> None:
    pages = await many.pages(ANN)
    sizes = [sum(weight(record) for record in page.records) for page in pages]
    assert sum(len(page.records) for page in pages) == 1 + 1700 + 6
    assert max(len(page.records) for page in pages) <= 500
    assert all(size <= 1_000_000 for size, page in zip(sizes, pages, strict=True) if len(page.records) > 1)
    assert places(pages[-1].records) == ['files["canary.ann@example.org", 9]']
    assert [page.cursor is None for page in pages] == [False] * (len(pages) - 1) + [True]


async def test_every_cursor_goes_on_exactly_there(many: Store) -> None:
    whole = await many.pages(ANN)
    assert len(whole) > 4
    for number, page in enumerate(whole[:-1]):
        assert await many.pages(ANN, page.cursor) == whole[number + 1 :]


async def test_cursors_are_small_and_say_nothing(many: Store) -> None:
    for page in await many.pages(ANN):
        if page.cursor:
            assert len(page.cursor) <= 2000
            assert re.fullmatch(r"c1\.\d+\.[0-9a-f]{8}(\.[0-9a-f]{16}){1,16}", page.cursor)
            assert "canary" not in page.cursor


async def test_rows_that_come_and_go_meanwhile_neither_double_nor_lose_others(many: Store) -> None:
    first, *rest = await many.pages(ANN)
    last = [one.key for one in first.records[-3:]]
    await many.sql.execute(
        "DELETE FROM notes WHERE at = ANY (SELECT (k::jsonb ->> 0)::timestamptz FROM unnest($1::text[]) k)", last
    )
    await many.sql.execute("INSERT INTO notes VALUES ('canary.ann@example.org', '2000-01-01', 'before the cursor')")
    again = await many.pages(ANN, first.cursor)
    assert places(one for page in again for one in page.records) == places(one for page in rest for one in page.records)


async def test_when_all_that_was_last_is_gone_a_human_looks(many: Store) -> None:
    first, *_ = await many.pages(ANN)
    await many.sql.execute("DELETE FROM notes")
    with pytest.raises(Quarantine):
        await many.pages(ANN, first.cursor)


async def test_another_s_cursor_is_refused(many: Store) -> None:
    first, *_ = await many.pages(ANN)
    assert first.cursor
    many.connect(MAP, url=many.dsn + "?application_name=other")
    for cursor in (first.cursor, "c1.0.00000000", "", "[1]", "c1.99999.0.0"):
        with pytest.raises(Terminal):
            await many.pages(ANN, cursor)


async def test_nobody_has_no_records(many: Store) -> None:
    for roots in ((), (RecordRef(collection="people", key='["nobody"]'),)):
        (page,) = await many.pages(roots)
        assert (page.records, page.cursor) == ((), None)


async def test_pages_of_one_call_are_one_moment(many: Store) -> None:
    pages = many.connector.collect(ANN, None)
    seen = [await anext(pages)]
    await many.sql.execute("DELETE FROM files; UPDATE notes SET text = 'changed'")
    seen += [page async for page in pages]
    assert sum(len(page.records) for page in seen) == 1 + 1700 + 6
    assert not any(one.data.get("text") == "changed" for page in seen for one in page.records)


async def test_collection_may_be_left_at_any_time(many: Store) -> None:
    for _ in range(10):
        pages = many.connector.collect(ANN, None)
        await anext(pages)
        await pages.aclose()  # type: ignore[attr-defined]  # it is an async generator
    assert len(await many.pages(ANN)) > 4
