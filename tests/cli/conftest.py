import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.office.world import World, world
from workers import logs
from workers.cli.app import run as run_words
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
    logs.configure("critical")  # what this process's worker says is not what a command says
    async with world(postgres_server, tmp_path_factory.mktemp("cli")) as made:
        yield made


async def run(*words: str) -> Said:
    """One real process, as a person would start it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())


def run_here(*words: str) -> Said:
    """The same in this process, where imports are paid once."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = run_words(words)
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture
def habeas(here: World, tmp_path: Path) -> Habeas:
    """``habeas`` on that installation."""
    config = here.settings_file(tmp_path)

    async def on_it(*words: str) -> Said:
        return await asyncio.to_thread(run_here, *words, "--config", str(config))

    return on_it
