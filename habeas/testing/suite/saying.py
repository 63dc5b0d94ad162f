"""What a connector says of itself is true."""

from __future__ import annotations

from datetime import date

from habeas import plan as plans
from habeas.connector import (
    Capability,
    Changing,
    Connector,
    Expiring,
    PlannedObject,
    SystemPlan,
    Treatment,
    Vetoing,
)
from habeas.outcomes import Done, Fate
from habeas.testing.suite.changing import ASKED_BY
from habeas.testing.suite.judging import place
from habeas.testing.world import World

_BEFORE_ALL, _AFTER_ALL = date(1900, 1, 1), date(2200, 1, 1)
"""Days on which nothing can be past its term, and on which everything is that has one."""


class Saying:
    """Manifest, health, the end."""

    async def test_it_is_a_connector_and_what_it_declares_is_there(self, world: World) -> None:
        """Capabilities that the engine would ask for exist; the collections can be planned; nothing expires early."""
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
        assert {one.kind for one in world.person} <= set(manifest.needs)
        assert world.collected <= set(names)
        assert any(one.rectifiable for one in manifest.collections) == (Capability.RECTIFY in capabilities)
        assert any(one.restrictable for one in manifest.collections) == (Capability.RESTRICT in capabilities)
        assert bool(manifest.purposes) == (Capability.OBJECT in capabilities)
        assert any(one.expires for one in manifest.collections) == (Capability.EXPIRE in capabilities)

    async def test_it_is_well(self, world: World) -> None:
        """A system that is up, with the right credentials."""
        health = await world.connector.ping()
        assert health.ok, health.detail

    async def test_it_may_be_closed_twice(self, world: World) -> None:
        """The process ends in the middle of ending."""
        await world.connector.aclose()
        await world.connector.aclose()


async def _expires_in_time(world: World, connector: Expiring) -> None:
    """Nothing is over before its time, and what changed since is left, as is all else."""
    before = await world.theirs(), await world.others()
    assert not [one async for page in connector.expired(_BEFORE_ALL, None) for one in page.records]
    over = [one async for page in connector.expired(_AFTER_ALL, None) for one in page.records]
    stale = tuple(
        PlannedObject(collection=one.collection, key=one.key, treatment=Treatment.DELETE, fingerprint="0" * 64)
        for one in over
    )
    for objects in ((), stale):
        plan = SystemPlan(system="system", roots=(), identifiers=(), objects=objects)
        answer = await connector.expire(plan)
        assert isinstance(answer, Done)
        assert sorted(map(place, answer.result)) == sorted(map(place, objects))
        assert {one.fate for one in answer.result} <= {Fate.BLOCKED}
    assert (await world.theirs(), await world.others()) == before
