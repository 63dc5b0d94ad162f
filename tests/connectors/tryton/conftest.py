import shutil
from collections.abc import AsyncIterator, Iterator

import pytest

from habeas.testing import HttpFaults, faulty
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
