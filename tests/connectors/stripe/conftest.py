from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from habeas.testing import HttpFaults, faulty
from tests.connectors.stripe.localstripe import running
from tests.connectors.stripe.people import Shop
from tests.vendors.shared.serve import Site, site
from tests.vendors.stripe import KEY, Stripe


@pytest.fixture(scope="session")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running localstripe."""
    with running(tmp_path_factory.mktemp("localstripe")) as address:
        yield address


@pytest.fixture(scope="session")
async def stripe_site() -> AsyncIterator[Site]:
    async with site() as made:
        yield made


@pytest.fixture
def stripe(localstripe: str, stripe_site: Site) -> Iterator[Stripe]:
    """An empty account: localstripe, and before it what it lacks."""
    httpx2.delete(f"{localstripe}/_config/data", headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
    made = Stripe(localstripe)
    stripe_site.open(made)
    yield made
    made.peer.close()


@pytest.fixture
def shop(stripe: Stripe) -> Shop:
    """The account, with Ann and Carl who bought something."""
    return Shop(stripe)


@pytest.fixture
async def faults(stripe: Stripe) -> AsyncIterator[HttpFaults]:
    """A network that breaks, before the account."""
    async with faulty(stripe.base_url) as made:
        yield made
