"""One address for each vendor; behind it, for each test, a fresh server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from tests.vendors.hubspot import TOKEN, HubSpot
from tests.vendors.salesforce import Salesforce
from tests.vendors.shared.serve import Site, site
from tests.vendors.zendesk import ADMIN, API_TOKEN, Zendesk


@dataclass(frozen=True)
class Sites:
    hubspot: Site
    zendesk: Site
    salesforce: Site


@pytest.fixture(scope="session")
async def sites() -> AsyncIterator[Sites]:
    async with site() as hubspot, site() as zendesk, site() as salesforce:
        yield Sites(hubspot, zendesk, salesforce)


@pytest.fixture
def hubspot(sites: Sites) -> HubSpot:
    made = HubSpot()
    sites.hubspot.open(made)
    return made


@pytest.fixture
def zendesk(sites: Sites) -> Zendesk:
    made = Zendesk()
    sites.zendesk.open(made)
    return made


@pytest.fixture
def salesforce(sites: Sites) -> Salesforce:
    made = Salesforce()
    sites.salesforce.open(made)
    return made


@pytest.fixture
async def hub(hubspot: HubSpot) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the account's token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=hubspot.base_url, headers=headers) as client:
        yield client


@pytest.fixture
async def zen(zendesk: Zendesk) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the admin's API token."""
    async with httpx2.AsyncClient(base_url=f"{zendesk.base_url}/api/v2", auth=(f"{ADMIN}/token", API_TOKEN)) as client:
        yield client


@pytest.fixture
async def sf(salesforce: Salesforce) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with a session of the integration user's."""
    headers = {"Authorization": f"Bearer {salesforce.sessions.open()}"}
    address = f"{salesforce.base_url}/services/data/v67.0"
    async with httpx2.AsyncClient(base_url=address, headers=headers) as client:
        yield client
