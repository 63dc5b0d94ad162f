"""The line of events: nothing is missed, whoever writes and reads at once; each request's stand in order."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import JsonValue

from activities.ledger import Ledger, Placed
from habeas.events import TAGS, EventType, announced
from habeas.evidence import Tag, link
from habeas.model import Right, Stage
from tests.ledger.conftest import NOW, NewRequestFactory

CHAINS, EACH = 6, 12


async def placed(ledger: Ledger, after: int = 0, *controllers: str) -> tuple[Placed, ...]:
    async with ledger.begin() as tx:
        while await tx.place_events():
            pass
    async with ledger.begin() as tx:
        return await tx.placed_after(after, await tx.last_position(), controllers or ("acme",), 10_000)


async def test_a_reader_misses_nothing_however_many_write_and_place_at_once(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    async with ledger.begin() as tx:
        chains = [(await tx.open_request(new_request(f"{n}@example.org"))).request.id for n in range(CHAINS)]
    writing = asyncio.Event()
    read: list[Placed] = []

    async def write(chain: str) -> None:
        for n in range(EACH):
            async with ledger.begin() as tx:
                await tx.record(chain, Tag.CLOCK_BREACHED, NOW - timedelta(days=n), dedupe=f"{n}")
                await asyncio.sleep(0)

    async def read_on() -> None:
        while not writing.is_set():
            read.extend(await placed(ledger, read[-1].position if read else 0))

    readers = asyncio.gather(read_on(), *(placed(ledger) for _ in range(3)))
    await asyncio.gather(*map(write, chains))
    writing.set()
    await readers
    read.extend(await placed(ledger, read[-1].position if read else 0))
    assert [one.position for one in read] == sorted({one.position for one in read})
    for chain in chains:
        mine = [int(one.event.sequence) for one in read if one.event.subject == chain]
        assert mine == list(range(1, EACH + 1))


async def test_what_is_not_committed_is_not_told_and_holds_up_nobody_else(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    async with ledger.begin() as tx:
        slow, quick = [(await tx.open_request(new_request(f"{n}@example.org"))).request.id for n in "ab"]
        await tx.record(slow, Tag.REQUEST_OPENED, NOW, dedupe="a")
    async with ledger.begin() as writing:
        await writing.record(slow, Tag.CLOCK_BREACHED, NOW, dedupe="b")
        async with ledger.begin() as tx:
            await tx.record(quick, Tag.REQUEST_OPENED, NOW, dedupe="a")
        first = await placed(ledger)
        assert [one.event.subject for one in first] == [quick]

    async def broken() -> None:
        async with ledger.begin() as tx:
            await tx.record(quick, Tag.CLOCK_BREACHED, NOW, dedupe="never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await broken()
    later = await placed(ledger, first[-1].position)
    assert [(one.event.subject, one.event.type) for one in later] == [
        (slow, EventType.OPENED),
        (slow, EventType.OVERDUE),
    ]
    assert await placed(ledger, later[-1].position) == ()


async def test_nobody_reads_past_a_place_that_is_not_committed(ledger: Ledger, new_request: NewRequestFactory) -> None:
    async with ledger.begin() as tx:
        one, other = [(await tx.open_request(new_request(f"{n}@example.org"))).request.id for n in "ab"]
        await tx.record(one, Tag.REQUEST_OPENED, NOW, dedupe="a")
    async with ledger.begin() as placing:
        await placing.place_events()
        async with ledger.begin() as tx:
            await tx.record(other, Tag.REQUEST_OPENED, NOW, dedupe="a")
        assert await placed(ledger) == ()
    assert [each.event.subject for each in await placed(ledger)] == [one, other]


async def test_other_controllers_and_other_evidence_are_not_told(
    ledger: Ledger, new_request: NewRequestFactory
) -> None:
    async with ledger.begin() as tx:
        ours = (await tx.open_request(new_request())).request.id
        theirs = (await tx.open_request(new_request(controller="other"))).request.id
        for one in (ours, theirs):
            await tx.record(one, Tag.REQUEST_OPENED, NOW, dedupe="a")
            await tx.record(one, Tag.PERSONAL_DATA_VIEWED, NOW, dedupe="b")
            await tx.record(one, Tag.LETTER_QUEUED, NOW, facts={"letter": "acknowledgement"}, dedupe="c")
            await tx.record(one, Tag.LETTER_QUEUED, NOW, facts={"letter": "staff_reminder"}, dedupe="d")
    told = await placed(ledger)
    assert [(one.event.subject, one.event.type) for one in told] == [
        (ours, EventType.OPENED),
        (ours, EventType.DUE_SOON),
    ]
    async with ledger.only(["other"]).begin() as tx:
        assert await tx.placed_after(0, 100, ("acme",), 10) == ()


def test_of_the_facts_only_codes_and_dates_go_along() -> None:
    facts: dict[str, JsonValue] = {
        "stage": "deciding",
        "system": "crm",
        "phase": "Ada Lovelace",
        "code": "x y",
        "due_on": "None",
        "extended": False,
        "note": "Ada",
    }
    for kind in EventType:
        event = link(None, request_id="HB-0000-0000-0000", n=1, at=NOW, tag=TAGS[kind], facts=facts)
        told = announced(event, controller="acme", right=Right.ACCESS, regime="EU-GDPR")
        if kind is EventType.DUE_SOON:
            assert told is None
            continue
        assert told is not None
        assert told.type is kind
        assert b"Ada" not in told.json_bytes()
        assert b"x y" not in told.json_bytes()
        assert told.data.stage in {None, *Stage}
        assert told.data.due_on is None


def test_every_type_is_made_from_something() -> None:
    assert set(TAGS) == set(EventType)
    assert len(set(TAGS.values())) == len(EventType)
