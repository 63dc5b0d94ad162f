"""What a connector says of itself is true."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from habeas import plan as plans
from habeas.connector import (
    Capability,
    Changing,
    Collection,
    Connector,
    Expiring,
    PlannedObject,
    Record,
    SystemPlan,
    Treatment,
    Vetoing,
)
from habeas.errors import ConnectorError
from habeas.outcomes import Done, Fate
from habeas.testing.steps import collected, planned, roots, tells_nobody
from habeas.testing.suite.changing import ASKED_BY
from habeas.testing.suite.judging import place
from habeas.testing.world import World

_BEFORE_ALL, _AFTER_ALL = date(1900, 1, 1), date(2200, 1, 1)
"""Days on which nothing can be past its term, and on which everything is that has one."""


class Saying:
    """Manifest, health, the end."""

    async def test_it_is_a_connector_and_what_it_declares_is_there(self, world: World) -> None:
        """Capabilities that the engine asks for exist; the collections can be planned; what expires does so in time."""
        connector, manifest = world.connector, world.connector.manifest
        assert isinstance(connector, Connector)
        capabilities = manifest.capabilities
        if capabilities & set(ASKED_BY.values()):
            assert isinstance(connector, Changing)
        if Capability.EXPIRE in capabilities:
            assert isinstance(connector, Expiring)
            await _expires_in_time(world, connector)
        if Capability.VETO in capabilities:
            assert isinstance(connector, Vetoing)
        names = [one.name for one in manifest.collections]
        assert len(names) == len(set(names))
        assert not plans.undecided(manifest.collections)
        assert {one.kind for one in world.person} == set(manifest.needs), "each kind that it needs finds the person"
        assert world.collected <= set(names)
        assert any(one.rectifiable for one in manifest.collections) == (Capability.RECTIFY in capabilities)
        assert any(one.restrictable for one in manifest.collections) == (Capability.RESTRICT in capabilities)
        assert bool(manifest.purposes) == (Capability.OBJECT in capabilities)
        assert any(one.expires for one in manifest.collections) == (Capability.EXPIRE in capabilities)

    async def test_it_is_well(self, world: World) -> None:
        """A system that is up, with the right credentials; and where it breaks, it is not, and nobody is named."""
        health = await world.connector.ping()
        assert health.ok, health.detail
        plan = await planned(world)
        if await world.spoil():
            await _is_told_broken(world, plan)

    async def test_it_may_be_closed_twice(self, world: World) -> None:
        """The process ends in the middle of ending."""
        await world.connector.aclose()
        await world.connector.aclose()


async def _is_told_broken(world: World, plan: SystemPlan) -> None:
    """Each call fails in the contract's words, and quotes nothing of what is left of the system."""
    connector = world.connector
    health = await connector.ping()
    assert not health.ok, "it calls itself well"
    tells_nobody(world, health.detail)
    for call in (
        lambda: connector.locate(world.person),
        lambda: collected(connector, plan.roots),
        lambda: connector.erase(plan, None),
        lambda: connector.confirm(plan, None),
    ):
        with pytest.raises(ConnectorError) as raised:
            await call()
        tells_nobody(world, str(raised.value), repr(raised.value), raised.value.diagnostics())


async def _expires_in_time(world: World, connector: Expiring) -> None:
    """Nothing is over before its time, all is on the day after; what changed since is left, as is all else."""
    before = await world.theirs(), await world.others()
    assert not await _over(connector, _BEFORE_ALL)
    over = await _over(connector, _AFTER_ALL)
    stale = tuple(
        PlannedObject(collection=one.collection, key=one.key, treatment=Treatment.DELETE, fingerprint="0" * 64)
        for one in over.values()
    )
    for objects in ((), stale):
        answer = await connector.expire(_plan(objects))
        assert isinstance(answer, Done)
        assert sorted(map(place, answer.result)) == sorted(map(place, objects))
        assert {one.fate for one in answer.result} <= {Fate.BLOCKED}
    held = await collected(world.connector, await roots(world))
    ends = {place(one): end for one in held if (end := _end(world, one)) is not None}
    assert ends, "the person has something that a term ends for, with its date"
    assert ends.keys() <= over.keys(), "something stays for ever"
    for end in sorted(set(ends.values())):
        last, first = await _over(connector, end), await _over(connector, end + timedelta(days=1))
        assert not [at for at in last if ends.get(at, _BEFORE_ALL) >= end], "its term is not over on its last day"
        assert {at for at in ends if ends[at] == end} <= first.keys(), "its term is over on the day after its last"
    assert (await world.theirs(), await world.others()) == before
    await _expires(world, connector, [over[at] for at in ends])


async def _expires(world: World, connector: Expiring, over: list[Record]) -> None:
    """What is past its term goes, as far as nothing that stays needs it, and nothing of anybody else's."""
    others = await world.others()
    kinds = {one.name: one for one in world.connector.manifest.collections}
    objects = tuple(_to_go(kinds[one.collection], one) for one in over)
    answer = await connector.expire(_plan(objects))
    assert isinstance(answer, Done)
    gone = {place(one) for one in answer.result if one.fate is Fate.ERASED}
    done = [one for one in answer.result if one.fate in {Fate.ERASED, Fate.ANONYMISED}]
    assert done, "nothing goes when its term is over"
    assert {one.fate for one in answer.result} <= {Fate.ERASED, Fate.ANONYMISED, Fate.BLOCKED}
    found = await roots(world)
    assert not gone & {place(one) for one in (await collected(world.connector, found) if found else [])}
    assert not {place(one) for one in done} & (await _over(connector, _AFTER_ALL)).keys()
    assert await world.others() == others


def _to_go(collection: Collection, record: Record) -> PlannedObject:
    treatment = collection.after if collection.treatment is Treatment.RETAIN else collection.treatment
    if record.referenced and treatment is Treatment.DELETE:
        treatment = collection.when_referenced
    return PlannedObject(
        collection=record.collection,
        key=record.key,
        treatment=treatment,
        fingerprint=record.fingerprint,
        referenced=record.referenced,
    )


def _plan(objects: tuple[PlannedObject, ...]) -> SystemPlan:
    return SystemPlan(system="system", roots=(), identifiers=(), objects=objects)


async def _over(connector: Expiring, today: date) -> dict[tuple[str, str], Record]:
    return {place(one): one async for page in connector.expired(today, None) for one in page.records}


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
