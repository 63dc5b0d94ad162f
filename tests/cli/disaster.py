"""An installation that may lose its ledger or its engine, beside the one that the other tests share.

Its ledger is a database of its own, its engine a namespace of its own on the same Temporal server, and its worker may
be stopped: what a runbook does to it happens to nobody else.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shlex
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.ledger import Ledger, migrate
from activities.vault import Vault
from tests.cli.conftest import Said, run_here, with_systems
from tests.deploy.external import ROOT
from tests.office.world import World
from workers.office import Engine, Office
from workers.postgres import EmbeddedPostgres
from workers.postgres_binaries import packaged_folder
from workers.queues import running

RUNBOOKS = ROOT / "docs/runbooks"


def told(runbook: str, program: str = "habeas") -> list[list[str]]:
    """The command lines of a runbook that begin with this program, without it, in their order."""
    text = (RUNBOOKS / f"{runbook}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines() if line.strip()]
    return [words[1:] for words in lines if words[0] == program]


@dataclass
class Struck:
    """The installation; what it was made of stays, what stands in `world` is replaced."""

    world: World
    server: EmbeddedPostgres
    config: Path
    namespace: str
    _worker: AsyncExitStack

    async def habeas(self, *words: str) -> Said:
        """A command, in this process."""
        return await asyncio.to_thread(run_here, *words, "--config", str(self.config), "--json")

    async def follow(self, *words: str, code: int = 0) -> Said:
        """A command that must end so."""
        said = await self.habeas(*words)
        assert said.code == code, (words, said.out, said.err)
        return said

    async def apart(self, *words: str) -> dict[str, str]:
        """How ledger and Temporal differ, by request."""
        said = await self.habeas(*words)
        assert said.code == (1 if said.json else 0), said.err
        return {one["request_id"]: one["how"] for one in said.json}

    async def starts(self) -> None:
        """A worker begins."""
        await self._worker.enter_async_context(running(self.world.client, self.world.parts))

    async def stops(self) -> None:
        """It ends, and with it all connections to the ledger."""
        await self._worker.aclose()

    async def moves(self, namespace: str) -> None:
        """Another namespace takes the place of this one, in the settings and here; nothing is in it."""
        text = self.config.read_text()
        assert text.count(self.namespace) == 1
        self.config.write_text(text.replace(self.namespace, namespace))
        self.namespace = namespace
        await self.follow("bootstrap")
        await self.connects()

    async def connects(self) -> None:
        """What this process has of the installation is made anew."""
        await self.world.ledger.aclose()
        self.world = await _connected(self.world, self.world.dsn, self.namespace)

    async def program(self, name: str, *words: str) -> None:
        """One of PostgreSQL's own programs."""
        process = await asyncio.create_subprocess_exec(
            str(packaged_folder() / name), *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        _, said = await process.communicate()
        assert process.returncode == 0, said.decode()


async def _connected(here: World, dsn: str, namespace: str) -> World:
    client = await Client.connect(here.address, namespace=namespace, data_converter=pydantic_data_converter)
    ledger = Ledger.connect(dsn, Vault.from_file(here.keys))
    parts = replace(here.parts, ledger=ledger)
    office = Office(ledger, Engine.on(client, task_queue=parts.task_queue), parts.policies, parts.storage)
    return replace(here, dsn=dsn, client=client, ledger=ledger, office=office, parts=parts)


@asynccontextmanager
async def struck(here: World, server: EmbeddedPostgres, dsn: str, folder: Path) -> AsyncIterator[Struck]:
    """Make it, with a worker that runs."""
    namespace = f"struck-{secrets.token_hex(4)}"
    await migrate(dsn)
    keys = folder / "master.keys"
    Vault.create_file(keys)
    base = replace(here, keys=keys, parts=replace(here.parts, task_queue=f"q-{secrets.token_hex(4)}"))
    config = with_systems(replace(base, dsn=dsn).settings_file(folder, temporal__namespace=namespace))
    async with AsyncExitStack() as worker:
        made = Struck(replace(base, dsn=dsn), server, config, namespace, worker)
        await made.follow("bootstrap")
        made.world = await _connected(base, dsn, namespace)
        await made.starts()
        try:
            yield made
        finally:
            await made.stops()
            await made.world.ledger.aclose()
