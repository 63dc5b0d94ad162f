"""What a connector says of itself is true."""

from __future__ import annotations

import pytest

from habeas import plan as plans
from habeas.connector import Capability, Changing, Connector, Expiring, SystemPlan, Vetoing
from habeas.errors import Quarantine, Terminal, Transient
from habeas.testing.steps import collected, planned, tells_nobody
from habeas.testing.suite.calls import acts, everything_over, looks
from habeas.testing.suite.changing import ASKED_BY
from habeas.testing.suite.expiring import expires_in_time
from habeas.testing.world import World


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
            await expires_in_time(world, connector)
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
        """A system that is up, with the right credentials; and where it breaks, it is not, and nobody is named.

        What stays broken until somebody mends it is not told as passing: nobody would.
        """
        health = await world.connector.ping()
        assert health.ok, health.detail
        plan = await planned(world)
        if await world.spoil():
            await _is_told_broken(world, plan)

    async def test_what_passes_is_told_as_passing(self, world: World) -> None:
        """A system that is away for a moment is asked again; staff are called for nothing, and no request ends."""
        plan, expiring = await planned(world), await everything_over(world)
        before, there = (await world.theirs(), await world.others()), world.connector
        async with world.away() as connector:
            if connector is None:
                return
            world.connector = connector
            assert not (await connector.ping()).ok, "it calls itself well"
            for call in (*looks(world, plan), *acts(world, plan, expiring)):
                with pytest.raises(Transient) as raised:
                    await call.ask()
                tells_nobody(world, str(raised.value), repr(raised.value), raised.value.diagnostics())
        world.connector = there
        assert (await world.theirs(), await world.others()) == before
        assert await planned(world) == plan

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
        with pytest.raises((Terminal, Quarantine)) as raised:
            await call()
        tells_nobody(world, str(raised.value), repr(raised.value), raised.value.diagnostics())
