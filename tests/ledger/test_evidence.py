"""The chain is whole whoever writes at once, and the database refuses to change it."""

import asyncio
import contextlib
from datetime import datetime, timedelta, timezone

import asyncpg
import pytest
from pydantic import JsonValue

from activities.ledger import Ledger
from habeas.errors import UnknownRequest
from habeas.evidence import Tag, verify
from tests.ledger.conftest import NOW, NewRequestFactory


async def test_events_are_chained_and_come_back_as_they_were(ledger: Ledger, opened: str) -> None:
    facts: dict[str, JsonValue] = {"n": 2**53 - 1, "deep": {"list": [1, None, True, "æ✓"]}, "text": '"\\'}
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5))) + timedelta(microseconds=1)
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="a")
        await tx.record(opened, Tag.REQUEST_STAGE, elsewhere, "staff-1", facts, dedupe="b")
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_STAGE, NOW, facts={}, dedupe="c")
        first, second, third = await tx.events(opened)
        assert verify((first, second, third), third.hash) == ()
    assert (first.n, second.previous, third.previous) == (1, first.hash, second.hash)
    assert (second.at, second.actor, second.facts) == (elsewhere, "staff-1", facts)


async def test_the_same_event_is_recorded_once(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="a")
        await tx.record(opened, Tag.REQUEST_STAGE, NOW + timedelta(days=1), dedupe="a")
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="a")
        await tx.record(opened, Tag.REQUEST_STAGE, NOW, dedupe="b")
    async with ledger.begin() as tx:
        first, after = await tx.events(opened)
        assert (first.tag, first.at) == (Tag.REQUEST_OPENED, NOW)
        assert (after.n, after.previous) == (2, first.hash)


async def test_of_what_is_said_again_only_the_new_is_added(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="b")
    async with ledger.begin() as tx:
        await tx.seal(opened, "kept", b"too")
        for dedupe in ("a", "b", "c"):
            await tx.record(opened, Tag.REQUEST_STAGE, NOW, dedupe=dedupe)
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_STAGE, NOW, dedupe="d")
        events = await tx.events(opened)
        assert [event.tag for event in events] == [Tag.REQUEST_OPENED, *[Tag.REQUEST_STAGE] * 3]
        assert verify(events) == ()
        assert await tx.unseal_bytes(opened, "kept") == b"too"


async def test_many_writers_make_one_chain(ledger: Ledger, opened: str) -> None:
    async def write(number: int) -> None:
        async with ledger.begin() as tx:
            await tx.record(opened, Tag.SYSTEM_LOCATED, NOW, facts={"system": number}, dedupe=f"one-{number % 8}")
            await tx.record(opened, Tag.SYSTEM_COLLECTED, NOW, dedupe=f"two-{number}")

    await asyncio.gather(*(write(number) for number in range(24)))
    async with ledger.begin() as tx:
        events = await tx.events(opened)
    assert [event.n for event in events] == list(range(1, 8 + 24 + 1))
    assert verify(events) == ()


@pytest.mark.parametrize("grown", [False, True])
async def test_a_chain_goes_on_from_where_it_is(ledger: Ledger, opened: str, *, grown: bool) -> None:
    """Whoever takes it to be as it was left links anew what others got in before; and says nothing twice."""

    async def write(number: int) -> None:
        async with ledger.begin(after=left) as tx:
            await tx.seal(opened, f"note/{number}", b"x")
            await tx.record(opened, Tag.SYSTEM_LOCATED, NOW, dedupe=f"one-{number % 8}")
            await tx.record(opened, Tag.SYSTEM_COLLECTED, NOW, dedupe="a" if number == 0 else f"two-{number}")

    async with ledger.begin() as left:
        await left.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="a")
    if grown:
        async with ledger.begin() as tx:
            await tx.record(opened, Tag.REQUEST_STAGE, NOW, dedupe="b")
    await asyncio.gather(*(write(number) for number in range(1 if grown else 24)))
    async with ledger.begin() as tx:
        events = await tx.events(opened)
        assert len(await tx.sealed_names(opened, "note/")) == (1 if grown else 24)
    assert [event.n for event in events] == list(range(1, 3 + 1 if grown else 1 + 8 + 23 + 1))
    assert verify(events) == ()


async def test_what_is_rolled_back_leaves_no_gap(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="a")
    with contextlib.suppress(RuntimeError):
        async with ledger.begin() as tx:
            await tx.record(opened, Tag.REQUEST_STAGE, NOW, dedupe="b")
            raise RuntimeError
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_STAGE, NOW, dedupe="c")
        assert verify(await tx.events(opened)) == ()


async def test_chains_of_requests_are_apart(ledger: Ledger, new_request: NewRequestFactory) -> None:
    async with ledger.begin() as tx:
        ids = [(await tx.open_request(new_request(f"{n}@example.org"))).request.id for n in range(2)]
        for each in ids * 2:
            await tx.record(each, Tag.REQUEST_OPENED, NOW, dedupe="same")
        for each in ids:
            assert len(await tx.events(each)) == 1


async def test_events_of_no_request_are_refused(ledger: Ledger) -> None:
    async with ledger.begin() as tx:
        with pytest.raises(UnknownRequest):
            await tx.record("HB-0000-0000-0000", Tag.REQUEST_OPENED, NOW, dedupe="a")


async def test_a_refused_event_leaves_the_transaction_usable(ledger: Ledger, opened: str) -> None:
    async with ledger.begin() as tx:
        with pytest.raises(ValueError, match="e-mail"):
            await tx.record(opened, Tag.REQUEST_OPENED, NOW, facts={"to": "ada@example.org"}, dedupe="a")
        with pytest.raises(ValueError, match="timezone"):
            await tx.record(opened, Tag.REQUEST_OPENED, datetime(2026, 1, 1), dedupe="a")  # noqa: DTZ001  the point
        await tx.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="a")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE evidence SET actor = 'nobody'",
        "UPDATE evidence SET actor = 'nobody' WHERE n = 999",
        "DELETE FROM evidence",
        "TRUNCATE evidence, outgoing_event, webhook_delivery",
        "TRUNCATE evidence CASCADE",
        "INSERT INTO evidence SELECT * FROM evidence ON CONFLICT (request_id, n) DO UPDATE SET actor = 'nobody'",
    ],
)
async def test_even_the_owner_cannot_change_evidence(ledger: Ledger, ledger_url: str, opened: str, attack: str) -> None:
    async with ledger.begin() as tx:
        await tx.record(opened, Tag.REQUEST_OPENED, NOW, dedupe="a")
        (event,) = await tx.events(opened)
    connection = await asyncpg.connect(ledger_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(attack)
    finally:
        await connection.close()
    async with ledger.begin() as tx:
        assert await tx.events(opened) == (event,)
