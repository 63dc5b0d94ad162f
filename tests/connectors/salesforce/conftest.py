"""One address for the org; behind it, for each test, a fresh one, reached through a proxy that can fail."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from habeas.testing import HttpFaults, faulty
from tests.connectors.salesforce.people import anonymised
from tests.connectors.salesforce.world import SalesforceWorld
from tests.vendors.salesforce import Salesforce
from tests.vendors.shared.serve import Site, site


@pytest.fixture(scope="session")
async def salesforce_site() -> AsyncIterator[Site]:
    """One address for every org."""
    async with site() as made:
        yield made


@pytest.fixture
def org(salesforce_site: Site) -> Salesforce:
    """A fresh org."""
    made = Salesforce()
    salesforce_site.open(made)
    return made


@pytest.fixture
async def faults(org: Salesforce) -> AsyncIterator[HttpFaults]:
    """A network that breaks, before Salesforce."""
    async with faulty(org.base_url) as made:
        yield made


@pytest.fixture
async def world(org: Salesforce, faults: HttpFaults) -> AsyncIterator[SalesforceWorld]:
    """Ann and Bob in an org in which everything is deleted."""
    made = SalesforceWorld(org, faults)
    yield made
    await made.connector.aclose()


@pytest.fixture
async def emptying(org: Salesforce, faults: HttpFaults) -> AsyncIterator[SalesforceWorld]:
    """The same, where people stay as empty shells, and their old values go."""
    org.rights.permissions.add("EditConvertedLeads")
    made = SalesforceWorld(org, faults, collections=anonymised(), history="delete")
    yield made
    await made.connector.aclose()
