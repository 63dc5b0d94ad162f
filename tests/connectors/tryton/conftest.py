import shutil
from collections.abc import AsyncIterator, Iterator

import pytest

from habeas.testing import HttpFaults, faulty
from tests.connectors.tryton.made import Made
from tests.connectors.tryton.server import TrytonServer, running


@pytest.fixture(scope="session")
def tryton_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    """A running Tryton with people in it."""
    folder = tmp_path_factory.mktemp("tryton")
    with running(folder) as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture
def tryton(tryton_server: TrytonServer) -> TrytonServer:
    """The same, as it was at first."""
    tryton_server.restore()
    return tryton_server


@pytest.fixture
async def faults(tryton: TrytonServer) -> AsyncIterator[HttpFaults]:
    """A network that breaks, before Tryton."""
    async with faulty(tryton.url) as made:
        yield made


@pytest.fixture(scope="session")
def larger_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    """The same with two more of Tryton's modules: relations between parties, and the history of their cards."""
    folder = tmp_path_factory.mktemp("larger")
    with running(folder, ("party_relationship", "account_invoice_history")) as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture
def larger(larger_server: TrytonServer) -> TrytonServer:
    larger_server.restore()
    return larger_server


@pytest.fixture
async def made() -> AsyncIterator[Made]:
    """Connectors with settings of their own, closed in the end."""
    found = Made()
    yield found
    await found.aclose()
