"""Salesforce keeps the contract: deleting, waiting for its recycle bin, taking out of it, and emptying."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from habeas.testing import HttpFaults, World
from habeas.testing.suite import ConnectorSuite, HttpConnectorSuite
from tests.connectors.carried import CarriedThrough
from tests.connectors.salesforce.people import LAW, collections
from tests.connectors.salesforce.world import SalesforceWorld
from tests.vendors.salesforce import Salesforce


class TestDeleting(HttpConnectorSuite, CarriedThrough):
    """Everything is deleted; what is in the recycle bin counts as erased."""


@pytest.mark.thorough
class TestAnonymising(ConnectorSuite):
    """People and what they said are emptied, with their history."""

    @pytest.fixture
    def world(self, emptying: SalesforceWorld) -> World:
        return emptying


@pytest.mark.thorough
class TestTakingOut(ConnectorSuite):
    """What is deleted is taken out of the recycle bin at once."""

    @pytest.fixture
    async def world(self, org: Salesforce, faults: HttpFaults) -> AsyncIterator[World]:
        made = SalesforceWorld(org, faults, bin="empty")
        yield made
        await made.connector.aclose()


@pytest.mark.thorough
class TestWaiting(ConnectorSuite):
    """Orders are kept, with the account they point at as a shell; what is deleted is waited for."""

    @pytest.fixture
    async def world(self, org: Salesforce, faults: HttpFaults) -> AsyncIterator[World]:
        kept = {"treatment": "retain", "retention": LAW}
        made = SalesforceWorld(org, faults, collections=collections(Opportunity=kept), bin="wait")
        yield made
        await made.connector.aclose()
