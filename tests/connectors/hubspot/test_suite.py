"""HubSpot keeps the contract: once deleting, once waiting for its bin, once emptying what is not the contact."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from habeas.testing import HttpFaults, World
from habeas.testing.suite import ConnectorSuite, HttpConnectorSuite
from tests.connectors.carried import CarriedThrough
from tests.connectors.hubspot.people import LAW, collections
from tests.connectors.hubspot.world import HubSpotWorld
from tests.vendors.hubspot import HubSpot


class TestDeleting(HttpConnectorSuite, CarriedThrough):
    """Everything is deleted; what is in the bin counts as erased."""


@pytest.mark.thorough
class TestAnonymising(ConnectorSuite):
    """The contact goes, all else is emptied."""

    @pytest.fixture
    def world(self, emptying: HubSpotWorld) -> World:
        return emptying


@pytest.mark.thorough
class TestWaiting(ConnectorSuite):
    """Deals are kept; what is deleted is waited for until the bin has let it go."""

    @pytest.fixture
    async def world(self, account: HubSpot, faults: HttpFaults) -> AsyncIterator[World]:
        kept = {"treatment": "retain", "retention": LAW}
        made = HubSpotWorld(account, faults, collections=collections(deals=kept), bin="wait")
        yield made
        await made.connector.aclose()
