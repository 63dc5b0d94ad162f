from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from habeas.testing import HttpFaults, faulty
from tests.connectors.files.servers import Server, moto, nanio
from tests.connectors.files.world import BucketWorld, FolderWorld


@pytest.fixture(scope="session")
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running moto."""
    with moto(tmp_path_factory.mktemp("moto")) as made:
        yield made


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running nanio."""
    with nanio(tmp_path_factory.mktemp("nanio")) as made:
        yield made


@pytest.fixture
async def amazon_faults(amazon: Server) -> AsyncIterator[HttpFaults]:
    async with faulty(amazon.url, keeps_host=True) as made:
        yield made


@pytest.fixture
async def plain_faults(plain: Server) -> AsyncIterator[HttpFaults]:
    async with faulty(plain.url, keeps_host=True) as made:
        yield made


@pytest.fixture
async def versioned(amazon: Server, amazon_faults: HttpFaults) -> AsyncIterator[BucketWorld]:
    """A bucket with versions in which locks can be."""
    made = BucketWorld(amazon, amazon.bucket(locks=True), amazon_faults)
    made.fill()
    made.live()
    yield made
    await made.connector.aclose()


@pytest.fixture
async def unversioned(plain: Server, plain_faults: HttpFaults) -> AsyncIterator[BucketWorld]:
    """A bucket without."""
    made = BucketWorld(plain, plain.bucket(), plain_faults, versions=False)
    made.fill()
    yield made
    await made.connector.aclose()


@pytest.fixture
def folder(tmp_path: Path) -> FolderWorld:
    root = tmp_path / "files"
    root.mkdir()
    made = FolderWorld(root)
    made.fill()
    return made
