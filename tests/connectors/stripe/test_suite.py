"""Stripe keeps the contract: customers anonymised, deleted, and redacted with all that they paid."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from habeas.testing import HttpFaults, World
from habeas.testing.suite import ConnectorSuite, HttpConnectorSuite
from tests.connectors.carried import CarriedThrough
from tests.connectors.stripe.people import Shop
from tests.connectors.stripe.world import StripeWorld


class TestAnonymising(HttpConnectorSuite, CarriedThrough):
    """Invoices and payments stay; customers lose what is personal."""

    @pytest.fixture
    async def world(self, shop: Shop, faults: HttpFaults) -> AsyncIterator[World]:
        made = StripeWorld(shop, faults)
        yield made
        await made.connector.aclose()


@pytest.mark.thorough
class TestDeleting(ConnectorSuite):
    """Customers are deleted, and still given by their ids as such."""

    @pytest.fixture
    async def world(self, shop: Shop, faults: HttpFaults) -> AsyncIterator[World]:
        made = StripeWorld(shop, faults, customers="delete")
        yield made
        await made.connector.aclose()


@pytest.mark.thorough
class TestRedacting(ConnectorSuite):
    """Nothing stays: a job redacts everything."""

    @pytest.fixture
    async def world(self, shop: Shop, faults: HttpFaults) -> AsyncIterator[World]:
        made = StripeWorld(shop, faults, redacts=True)
        yield made
        await made.connector.aclose()
