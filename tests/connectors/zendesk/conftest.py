"""One address for the help desk; behind it, for each test, a fresh one, reached through a proxy that can fail."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from habeas.testing import HttpFaults, faulty
from tests.connectors.zendesk.people import Desk, seed
from tests.connectors.zendesk.world import ZendeskWorld
from tests.vendors.shared.serve import Site, site
from tests.vendors.zendesk import Zendesk


@pytest.fixture(scope="session")
async def address() -> AsyncIterator[Site]:
    async with site() as made:
        yield made


@pytest.fixture
def desk(address: Site) -> Desk:
    zendesk = Zendesk()
    address.open(zendesk)
    return seed(zendesk)


@pytest.fixture
async def faults(desk: Desk) -> AsyncIterator[HttpFaults]:
    async with faulty(desk.zendesk.base_url) as made:
        yield made


@pytest.fixture
async def world(desk: Desk, faults: HttpFaults) -> AsyncIterator[ZendeskWorld]:
    """All goes that can."""
    made = ZendeskWorld(desk, faults)
    yield made
    await made.connector.aclose()


@pytest.fixture
async def kept(desk: Desk, faults: HttpFaults) -> AsyncIterator[ZendeskWorld]:
    """Tickets stay, and their comments are redacted."""
    made = ZendeskWorld(desk, faults, subjects="keep", how={"tickets": "anonymise", "comments": "anonymise"})
    yield made
    await made.connector.aclose()
