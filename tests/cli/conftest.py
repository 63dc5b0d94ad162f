import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.logged import logged
from tests.office.world import SYSTEMS, World, world
from tests.served import serving
from workers.api import PREFIX, create_api
from workers.cli.app import run as run_words
from workers.desk.guard import Guard
from workers.postgres import EmbeddedPostgres

MAPS = Path(__file__).parents[2] / "deploy/samples/maps"


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


@pytest.fixture(scope="package")
async def here(postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    with logged("critical"):  # what this process's worker says is not what a command says
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


@pytest.fixture(scope="package")
async def served(here: World) -> AsyncIterator[str]:
    """The address of that installation's desk."""
    async with serving(
        Guard(Starlette(routes=[Mount(PREFIX, create_api(here.office))]), ["127.0.0.1"], api=PREFIX)
    ) as at:
        yield at


@pytest.fixture(params=["on this machine", "over the API"])
def habeas(
    request: pytest.FixtureRequest, here: World, served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Habeas:
    """``habeas`` on that installation: what it says and does is the same over the API, by a token of ``--by``."""
    config = here.settings_file(tmp_path)

    async def on_it(*words: str) -> Said:
        return await asyncio.to_thread(run_here, *words, "--config", str(config))

    async def over_it(*words: str) -> Said:
        by = words[words.index("--by") + 1] if "--by" in words else "Kim"
        made = await here.office.make_token(by or "Kim", title="test", may=("officer", "administrator"), by="Kim")
        monkeypatch.setenv("HABEAS_API", served)
        monkeypatch.setenv("HABEAS_TOKEN", made.text)
        return await on_it(*words)

    return on_it if request.param == "on this machine" else over_it


def with_systems(config: Path) -> Path:
    """The settings with the systems that the policy names, whose calls are made elsewhere."""
    systems = "".join(
        f"[systems.{name}]\nconnector = 'sql'\nmap = '{MAPS / name}.toml'\nelsewhere = true\n" for name in SYSTEMS
    )
    config.write_text(config.read_text() + systems)
    return config


class Bare(NamedTuple):
    """An installation of which there are settings, an empty database and a server, and nothing else."""

    config: Path
    dsn: str
    namespace: str
    role: str

    @property
    def as_app(self) -> str:
        """The ledger as the processes' role signs in."""
        return f"postgresql://{self.role}:made-up@{self.dsn.rpartition('@')[2]}"

    async def habeas(self, *words: str) -> Said:
        return await asyncio.to_thread(run_here, *words, "--config", str(self.config), "--json")

    async def bootstrap(self, *words: str) -> dict[str, str]:
        said = await self.habeas("bootstrap", "--grant-to", self.role, *words)
        assert said.code == 0, said.err
        return {step["step"]: step["state"] for step in said.json["steps"]}


@pytest.fixture
async def bare(here: World, fresh_database: str, tmp_path: Path) -> AsyncIterator[Bare]:
    namespace, role = f"bare-{secrets.token_hex(4)}", f"app_{secrets.token_hex(4)}"
    config = here.settings_file(tmp_path, ledger__url=fresh_database, temporal__namespace=namespace)
    with_systems(config)
    owner = await asyncpg.connect(fresh_database)
    await owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'made-up'")
    yield Bare(config, fresh_database, namespace, role)
    await owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    await owner.close()
