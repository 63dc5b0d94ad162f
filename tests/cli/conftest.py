import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.office.world import World, world
from workers.postgres import EmbeddedPostgres


@dataclass
class Said:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err.strip().splitlines()[-1])["error"]


Habeas = Callable[..., Awaitable[Said]]


@pytest.fixture(scope="session")
async def here(postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(postgres_server, tmp_path_factory.mktemp("cli")) as made:
        yield made


async def run(*words: str) -> Said:
    """One real process, as a person would start it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
def habeas(here: World, tmp_path: Path) -> Habeas:
    """``habeas`` on that installation."""
    config = here.settings_file(tmp_path)

    async def on_it(*words: str) -> Said:
        return await run(*words, "--config", str(config))

    return on_it
