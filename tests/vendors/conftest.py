"""One address for each vendor; behind it, for each test, a fresh server."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.vendors.hubspot import TOKEN, HubSpot
from tests.vendors.salesforce import Salesforce
from tests.vendors.shared.serve import Site, site
from tests.vendors.zendesk import ADMIN, API_TOKEN, Zendesk


@pytest.fixture(scope="session")
async def hubspot_site() -> AsyncIterator[Site]:
    async with site() as made:
        yield made


@pytest.fixture
def hubspot(hubspot_site: Site) -> HubSpot:
    made = HubSpot()
    hubspot_site.open(made)
    return made


@pytest.fixture
async def hub(hubspot: HubSpot) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the account's token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=hubspot.base_url, headers=headers) as client:
        yield client


@pytest.fixture(scope="session")
async def zendesk_site() -> AsyncIterator[Site]:
    async with site() as made:
        yield made


@pytest.fixture
def zendesk(zendesk_site: Site) -> Zendesk:
    made = Zendesk()
    zendesk_site.open(made)
    return made


@pytest.fixture
async def zen(zendesk: Zendesk) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the admin's API token."""
    async with httpx2.AsyncClient(base_url=f"{zendesk.base_url}/api/v2", auth=(f"{ADMIN}/token", API_TOKEN)) as client:
        yield client


@pytest.fixture(scope="session")
async def salesforce_site() -> AsyncIterator[Site]:
    async with site() as made:
        yield made


@pytest.fixture
def salesforce(salesforce_site: Site) -> Salesforce:
    made = Salesforce()
    salesforce_site.open(made)
    return made


@pytest.fixture
async def sf(salesforce: Salesforce) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with a session of the integration user's."""
    headers = {"Authorization": f"Bearer {salesforce.sessions.open()}"}
    address = f"{salesforce.base_url}/services/data/v67.0"
    async with httpx2.AsyncClient(base_url=address, headers=headers) as client:
        yield client
