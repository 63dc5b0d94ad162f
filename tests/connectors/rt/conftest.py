import shutil
from collections.abc import AsyncIterator, Iterator

import pytest

from habeas.testing import HttpFaults, faulty
from tests.connectors.rt.people import seed
from tests.connectors.rt.server import RtServer, running

SEED = "seed.sqlite"


@pytest.fixture(scope="session")
def rt_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtServer]:
    """A running RT with people in it."""
    with running(tmp_path_factory.mktemp("rt")) as server:
        seed(server)
        server.save(SEED)
        yield server
    shutil.rmtree(server.folder)


@pytest.fixture
def rt(rt_server: RtServer) -> RtServer:
    """The same, as it was at first."""
    rt_server.restore(SEED)
    return rt_server


@pytest.fixture
async def faults(rt: RtServer) -> AsyncIterator[HttpFaults]:
    """A network that breaks, before RT."""
    async with faulty(rt.url) as made:
        yield made
