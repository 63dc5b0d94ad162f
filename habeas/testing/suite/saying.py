"""What a connector says of itself is true."""

from __future__ import annotations

from habeas import plan as plans
from habeas.connector import Capability, Changing, Connector, Expiring, Vetoing
from habeas.testing.suite.changing import ASKED_BY
from habeas.testing.world import World


class Saying:
    """Manifest, health, the end."""

    async def test_it_is_a_connector_and_what_it_declares_is_there(self, world: World) -> None:
        """Capabilities that the engine would ask for exist; the collections can be planned."""
        connector, manifest = world.connector, world.connector.manifest
        assert isinstance(connector, Connector)
        capabilities = manifest.capabilities
        if capabilities & set(ASKED_BY.values()):
            assert isinstance(connector, Changing)
        if Capability.EXPIRE in capabilities:
            assert isinstance(connector, Expiring)
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
