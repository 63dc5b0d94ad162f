"""What is past its term is found and goes, whoever's it is; what changed, is restricted or still needed stays."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.connectors.sql import expired as module
from activities.connectors.sql.terms import last_anchor
from habeas.connector import Expiring, Page, PlannedObject, Record, Restrict, Retention, SystemPlan, Treatment
from habeas.errors import Quarantine, Terminal, Transient
from habeas.outcomes import Done
from habeas.plan import term_end
from tests.connectors import club
from tests.connectors.store import TODAY, Connected, Store, by_fate, gone, new, refs

OVER = ["photos[1000]", "visits[100]", "visits[101]", "visits[103]", "visits[104]"]


@pytest.fixture
async def shop(store: Store) -> Store:
    await store.build(club.DDL, club.MAP)
    return store


async def pages(store: Connected, today: date = TODAY, cursor: str | None = None) -> list[Page]:
    return [page async for page in store.connector.expired(today, cursor)]


async def over(store: Connected, today: date = TODAY) -> list[Record]:
    return [record for page in await pages(store, today) for record in page.records]


def planned(records: list[Record], treatment: Treatment = Treatment.DELETE) -> SystemPlan:
    objects = tuple(
        PlannedObject(collection=one.collection, key=one.key, treatment=treatment, fingerprint=one.fingerprint)
        for one in records
    )
    return SystemPlan(system="shop", roots=(), identifiers=(), objects=objects)


async def expired(store: Connected, plan: SystemPlan) -> dict[str, list[str]]:
    answer = await store.connector.expire(plan)
    assert isinstance(answer, Done), answer
    return by_fate(answer.result)


def names(records: list[Record]) -> list[str]:
    return [f"{one.collection}{one.key}" for one in records]


async def test_what_is_past_its_term_is_listed_without_content(shop: Store) -> None:
    assert isinstance(shop.connector, Expiring)
    before = await shop.rows(versions=True)
    found = await over(shop)
    assert names(found) == OVER
    assert [one.anchor for one in found][1:3] == [date(2026, 1, 1), date(2026, 1, 31)]
    assert [f"{one.key}" for one in found if one.referenced] == ["[104]"]
    assert not any(one.data or one.files for one in found)
    assert await shop.rows(versions=True) == before


@pytest.mark.parametrize(("today", "count"), [(date(2026, 2, 28), 4), (date(2026, 3, 1), 5), (date(2026, 3, 2), 6)])
async def test_the_term_ends_to_the_day(shop: Store, today: date, count: int) -> None:
    found = await over(shop, today)
    assert len(found) == count
    limits = {one.name: one.expires for one in shop.connector.manifest.collections if one.expires}
    assert all(one.anchor and term_end(limits[one.collection], one.anchor) < today for one in found)


async def test_exactly_these_rows_go_children_first_and_once(shop: Store) -> None:
    before = await shop.rows()
    plan = planned(await over(shop))
    done = {
        "erased": ["photos[1000]", "visits[100]", "visits[101]", "visits[103]"],
        "blocked:referenced": ["visits[104]"],
    }
    assert await expired(shop, plan) == done
    lost = gone(before, await shop.rows())
    assert {name: len(rows) for name, rows in lost.items()} == {"visits": 3, "photos": 1}
    assert not new(before, await shop.rows())
    after = await shop.rows(versions=True)
    assert await expired(shop, plan) == done
    assert await shop.rows(versions=True) == after
    assert names(await over(shop)) == ["visits[104]"]


async def test_a_row_that_changed_or_was_restricted_since_is_left(shop: Store) -> None:
    plan = planned(await over(shop))
    await shop.sql.execute("UPDATE visits SET note = 'still open' WHERE id = 101")
    await shop.connector.change(Restrict(objects=refs("visits", "[103]")), None)
    kept = "SELECT array_agg(t::text) FROM visits t WHERE id IN (100, 101, 103, 104)"
    before = await shop.sql.fetchval(kept)
    assert await expired(shop, plan) == {
        "blocked:drifted": ["visits[101]"],
        "blocked:referenced": ["visits[100]", "visits[104]"],  # 101 stays, and came after 100
        "blocked:restricted": ["visits[103]"],
        "erased": ["photos[1000]"],
    }
    assert await shop.sql.fetchval(kept) == before


async def test_what_a_table_outside_points_at_is_left(shop: Store) -> None:
    await shop.sql.execute("INSERT INTO bills VALUES (1, 101)")
    found = await over(shop)
    assert {one.key for one in found if one.referenced} == {"[101]", "[104]"}
    answer = await expired(shop, planned(found))
    assert answer["blocked:referenced"] == ["visits[100]", "visits[101]", "visits[104]"]


async def test_what_is_pointed_at_can_be_anonymised_and_is_not_listed_again(shop: Store) -> None:
    plan = planned([one for one in await over(shop) if one.key == "[104]"], Treatment.ANONYMISE)
    for _ in range(2):
        assert await expired(shop, plan) == {"anonymised": ["visits[104]"]}
    assert "visits[104]" not in names(await over(shop))
    await shop.sql.execute("DELETE FROM photos WHERE visit_id = 104")
    assert "visits[104]" in names(await over(shop))


async def test_a_trigger_that_puts_rows_back_undoes_it(shop: Store) -> None:
    await shop.sql.execute(
        "CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO visits VALUES (OLD.*);"
        "RETURN NULL; END $$; CREATE TRIGGER back AFTER DELETE ON visits FOR EACH ROW EXECUTE FUNCTION back()"
    )
    plan = planned(await over(shop))
    before = await shop.rows(versions=True)
    with pytest.raises(Quarantine):
        await shop.connector.expire(plan)
    assert await shop.rows(versions=True) == before


async def test_pages_go_on_where_they_ended_whatever_went_since(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE_ROWS", 2)
    found = await pages(shop)
    assert [names(list(page.records)) for page in found] == [OVER[:2], OVER[2:4], OVER[4:]]
    for number, page in enumerate(found[:-1]):
        assert page.cursor
        assert [one.records for one in await pages(shop, cursor=page.cursor)] == [
            one.records for one in found[number + 1 :]
        ]
    first = found[0]
    await expired(shop, planned(list(first.records)))
    assert names([one for page in await pages(shop, cursor=first.cursor) for one in page.records]) == OVER[2:]
    with pytest.raises(Terminal):
        await pages(shop, cursor="c1.0.00000000")


async def test_page_by_page_everything_goes_on_one_connection(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is listed first holds nothing up that comes later, and listing holds no connection that ending needs."""
    monkeypatch.setattr(module, "PAGE_ROWS", 1)
    await shop.sql.execute("UPDATE visits SET after_id = NULL; DELETE FROM photos WHERE id = 1001")
    shop.connect(club.MAP, pool_size=1)
    ended = []
    async with asyncio.timeout(20):
        async for page in shop.connector.expired(TODAY, None):
            ended += list(await expired(shop, planned(list(page.records))))
    assert ended == ["erased"] * 5
    assert await over(shop) == []


@given(
    st.builds(
        lambda **parts: Retention(law="Law", anchor="at", **parts),
        years=st.integers(0, 30),
        months=st.integers(0, 30),
        days=st.integers(0, 100),
        to=st.sampled_from([None, "year_end"]),
    ),
    st.dates(date(1970, 1, 1), date(2100, 1, 1)),
)
def test_the_latest_day_whose_term_is_over_is_the_latest(term: Retention, today: date) -> None:
    latest = last_anchor(term, today)
    assert latest
    assert term_end(term, latest) < today
    assert term_end(term, latest + timedelta(days=1)) >= today


GATE = """
CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN coalesce(NEW, OLD); END $$;
CREATE TRIGGER gate BEFORE UPDATE OR DELETE ON visits FOR EACH ROW EXECUTE FUNCTION gate();
"""


@pytest.mark.parametrize("what", ["expire", "change"])
async def test_a_connection_killed_in_the_middle_changes_nothing_and_the_next_run_ends_the_same(
    shop: Store, what: str
) -> None:
    plan = planned(await over(shop))
    # Members are marked before the visits, photos go before them: the gate stands in the middle of both.
    change = Restrict(objects=(*refs("members", "[1]"), *refs("visits", "[100]")))

    async def run() -> object:
        return await (shop.connector.expire(plan) if what == "expire" else shop.connector.change(change, None))

    await shop.sql.execute(GATE)
    before = await shop.rows(versions=True)
    await shop.sql.execute("SELECT pg_advisory_lock(4711)")
    running = asyncio.create_task(run())
    pid = None
    async with asyncio.timeout(30):
        while not pid:
            pid = await shop.sql.fetchval("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    await shop.sql.execute("SELECT pg_terminate_backend($1)", pid)
    with pytest.raises(Transient):
        await running
    assert await shop.rows(versions=True) == before
    await shop.sql.execute("SELECT pg_advisory_unlock(4711)")
    assert await run() == await run()
    assert gone(before, await shop.rows(versions=True)).keys() == (
        {"visits", "photos"} if what == "expire" else {"visits", "members"}
    )
