"""Request Tracker keeps the contract: once wiping all that may be wiped, once anonymising all that stays."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from habeas.testing import HttpFaults, World
from habeas.testing.suite import ConnectorSuite, HttpConnectorSuite
from tests.connectors.carried import CarriedThrough
from tests.connectors.rt.server import RtServer
from tests.connectors.rt.world import RtWorld


class TestWiping(HttpConnectorSuite, CarriedThrough):
    """Users, tickets and messages are deleted."""

    @pytest.fixture
    async def world(self, rt: RtServer, faults: HttpFaults) -> AsyncIterator[World]:
        made = RtWorld(rt, faults, anonymise=False)
        yield made
        await made.connector.aclose()


@pytest.mark.thorough
class TestAnonymising(ConnectorSuite):
    """All of them stay, and name nobody. Where it breaks off: `tests.connectors.rt.test_erasing`."""

    @pytest.fixture
    async def world(self, rt: RtServer, faults: HttpFaults) -> AsyncIterator[World]:
        made = RtWorld(rt, faults, anonymise=True)
        yield made
        await made.connector.aclose()
