"""Tryton keeps the contract: cards erased by its wizard, deleted, and invoices without their texts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from habeas.testing import HttpFaults, World
from habeas.testing.suite import ConnectorSuite, HttpConnectorSuite
from tests.connectors.tryton.server import TrytonServer
from tests.connectors.tryton.world import TrytonWorld


class TestAnonymising(HttpConnectorSuite):
    """Tryton's own erasure; the books stay."""

    @pytest.fixture
    async def world(self, tryton: TrytonServer, faults: HttpFaults) -> AsyncIterator[World]:
        made = TrytonWorld(tryton, faults)
        yield made
        await made.connector.aclose()


@pytest.mark.thorough
class TestDeleting(ConnectorSuite):
    """Cards are deleted as far as nothing in the books points at them."""

    @pytest.fixture
    async def world(self, tryton: TrytonServer, faults: HttpFaults) -> AsyncIterator[World]:
        made = TrytonWorld(tryton, faults, card="delete")
        yield made
        await made.connector.aclose()


@pytest.mark.thorough
class TestEmptyingTheBooks(ConnectorSuite):
    """Invoices stay without what somebody wrote on them."""

    @pytest.fixture
    async def world(self, tryton: TrytonServer, faults: HttpFaults) -> AsyncIterator[World]:
        made = TrytonWorld(tryton, faults, books="anonymise")
        yield made
        await made.connector.aclose()
