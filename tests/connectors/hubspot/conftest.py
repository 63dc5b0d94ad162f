from collections.abc import AsyncIterator

import pytest

from habeas.testing import HttpFaults, faulty
from tests.connectors.hubspot.people import anonymised
from tests.connectors.hubspot.world import HubSpotWorld
from tests.vendors.hubspot import HubSpot
from tests.vendors.shared.serve import Site, site


@pytest.fixture(scope="session")
async def hubspot_site() -> AsyncIterator[Site]:
    """One address for every account."""
    async with site() as made:
        yield made


@pytest.fixture
def account(hubspot_site: Site) -> HubSpot:
    """A fresh account."""
    made = HubSpot()
    hubspot_site.open(made)
    return made


@pytest.fixture
async def faults(account: HubSpot) -> AsyncIterator[HttpFaults]:
    """A network that breaks, before HubSpot."""
    async with faulty(account.base_url) as made:
        yield made


@pytest.fixture
async def world(account: HubSpot, faults: HttpFaults) -> AsyncIterator[HubSpotWorld]:
    """Ann and Bob in an account in which everything is deleted."""
    made = HubSpotWorld(account, faults)
    yield made
    await made.connector.aclose()


@pytest.fixture
async def emptying(account: HubSpot, faults: HttpFaults) -> AsyncIterator[HubSpotWorld]:
    """The same, where all but the contact is emptied."""
    made = HubSpotWorld(account, faults, collections=anonymised(), bin=None, history="accept")
    yield made
    await made.connector.aclose()
