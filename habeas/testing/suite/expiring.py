"""What is past its term is told on its day, all of it, and goes."""

from __future__ import annotations

from datetime import date, timedelta

from habeas import plan as plans
from habeas.connector import Expiring, PlannedObject, Record, SystemPlan, Treatment
from habeas.outcomes import Done, Fate
from habeas.testing.steps import LONGEST, anew, collected, roots, tells_nobody
from habeas.testing.suite.calls import AFTER_ALL, BEFORE_ALL, over, plan_to_expire
from habeas.testing.suite.judging import place, theirs
from habeas.testing.world import World

__all__ = ["expires_in_time"]

Place = tuple[str, str]


async def expires_in_time(world: World, connector: Expiring) -> None:
    """Nothing is over before its time, all is on the day after; what changed since is left, as is all else."""
    before = await world.theirs(), await world.others()
    assert not await over(world.connector, BEFORE_ALL)
    whole = await over(world.connector, AFTER_ALL)
    await _leaves_what_changed(connector, list(whole.values()))
    hers = _ends(world, await collected(world.connector, await roots(world)))
    assert hers, "the person has something that a term ends for, with its date"
    everybodys = hers | _ends(world, await theirs(world))
    assert everybodys.keys() <= whole.keys(), "something stays for ever"
    await _ends_on_its_day(world, everybodys)
    assert await _page_by_page(world) == sorted(whole), "cut in the middle, it does not tell of all"
    assert (await world.theirs(), await world.others()) == before
    await _expires(world, [whole[at] for at in hers])


async def _leaves_what_changed(connector: Expiring, whole: list[Record]) -> None:
    stale = tuple(
        PlannedObject(collection=one.collection, key=one.key, treatment=Treatment.DELETE, fingerprint="0" * 64)
        for one in whole
    )
    for objects in ((), stale):
        answer = await connector.expire(SystemPlan(system="system", roots=(), identifiers=(), objects=objects))
        assert isinstance(answer, Done)
        assert sorted(map(place, answer.result)) == sorted(map(place, objects))
        assert {one.fate for one in answer.result} <= {Fate.BLOCKED}


async def _ends_on_its_day(world: World, ends: dict[Place, date]) -> None:
    for end in sorted(set(ends.values())):
        last, first = await over(world.connector, end), await over(world.connector, end + timedelta(days=1))
        assert not [at for at in last if ends.get(at, BEFORE_ALL) >= end], "its term is not over on its last day"
        assert {at for at in ends if ends[at] == end} <= first.keys(), "its term is over on the day after its last"


async def _page_by_page(world: World) -> list[Place]:
    """Each page asked for by another process, which has the last one's cursor and nothing else."""
    found: list[Place] = []
    cursor: str | None = None
    while True:
        connector = world.connector
        assert isinstance(connector, Expiring)
        page = await anext(aiter(connector.expired(AFTER_ALL, cursor)))
        found.extend(map(place, page.records))
        cursor = page.cursor
        if cursor is None:
            return sorted(found)
        assert len(cursor.encode()) <= LONGEST
        tells_nobody(world, cursor)
        await anew(world)


async def _expires(world: World, past: list[Record]) -> None:
    """What is past its term goes, as far as nothing that stays needs it, and nothing of anybody else's."""
    others, connector = await world.others(), world.connector
    assert isinstance(connector, Expiring)
    answer = await connector.expire(plan_to_expire(world.connector.manifest.collections, past))
    assert isinstance(answer, Done)
    gone = {place(one) for one in answer.result if one.fate is Fate.ERASED}
    done = [one for one in answer.result if one.fate in {Fate.ERASED, Fate.ANONYMISED}]
    assert done, "nothing goes when its term is over"
    assert {one.fate for one in answer.result} <= {Fate.ERASED, Fate.ANONYMISED, Fate.BLOCKED}
    found = await roots(world)
    assert not gone & {place(one) for one in (await collected(world.connector, found) if found else [])}
    assert not {place(one) for one in done} & (await over(world.connector, AFTER_ALL)).keys()
    assert await world.others() == others


def _ends(world: World, held: list[Record]) -> dict[Place, date]:
    return {place(one): end for one in held if (end := _end(world, one)) is not None}


def _end(world: World, record: Record) -> date | None:
    """The last day of an object's term, where it can be told from what is collected."""
    collection = next(one for one in world.connector.manifest.collections if one.name == record.collection)
    expires, keeps = collection.expires, collection.retention
    if expires is None:
        return None
    if record.anchor is not None and (keeps is None or keeps.anchor == expires.anchor):
        return plans.term_end(expires, record.anchor)
    try:
        return plans.term_end(expires, date.fromisoformat(str(record.data.get(expires.anchor))[:10]))
    except ValueError:
        return None
