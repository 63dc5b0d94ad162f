"""The same programs on servers of somebody else's, by settings alone: what compose does, without containers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest

from activities.vault import Vault
from tests.deploy.external import COMPOSE, HABEAS, IMAGE, ROOT, WITHIN, done, run, running, temporal_server
from workers.mailbox import messages, smtp_server
from workers.postgres import EmbeddedPostgres
from workers.postgres_binaries import packaged_folder
from workers.process import LOOPBACK, free_port
from workers.samples import ACCESS

pytestmark = pytest.mark.stack

STORES = ("crm", "billing", "support")
INSTALLING = 900.0
"""Seconds for a machine that does other things, too; four minutes were seen."""
ROLES = ("owner", "app", *STORES)


@dataclass(frozen=True)
class Elsewhere:
    """Servers that were there before us."""

    server: EmbeddedPostgres
    temporal: str
    smtp_port: int
    folder: Path

    def url(self, database: str, role: str) -> str:
        return f"postgresql://{role}:pw-{role}@{LOOPBACK}:{self.server.port}/{database}"

    @property
    def as_superuser(self) -> dict[str, str]:
        """For PostgreSQL's own programs, as its image sets them; with the passwords that `prepare` makes."""
        dsn = self.server.dsn()
        return {
            "PATH": f"{packaged_folder()}:/usr/bin:/bin",
            "PGHOST": LOOPBACK,
            "PGPORT": str(self.server.port),
            "PGPASSWORD": dsn.split(":")[2].split("@")[0],
            "POSTGRES_USER": dsn.split("/")[2].split(":")[0],
            "POSTGRES_DB": "postgres",
            **{f"{role.upper()}_PASSWORD": f"pw-{'habeas_' if role in ROLES[:2] else ''}{role}" for role in ROLES},
        }

    def settings(self, role: str = "habeas_app", **more: str) -> dict[str, str]:
        """Everything that a process must know, as variables; there is no file."""
        stores = {
            f"HABEAS_SYSTEMS__{name.upper()}__{key}": value
            for name in STORES
            for key, value in {
                "CONNECTOR": "sql",
                "URL": self.url(name, name),
                "MAP": str(ROOT / f"deploy/samples/maps/{name}.toml"),
            }.items()
        }
        return stores | {
            "HABEAS_LEDGER__URL": self.url("habeas", role),
            "HABEAS_KEYS__MASTER_FILE": str(self.folder / "master.key"),
            "HABEAS_STORAGE__URL": (self.folder / "storage").as_uri(),
            "HABEAS_TEMPORAL__ADDRESS": self.temporal,
            "HABEAS_TEMPORAL__NAMESPACE": "privacy",
            "HABEAS_TEMPORAL__TASK_QUEUE": "requests",
            "HABEAS_MAIL__HOST": LOOPBACK,
            "HABEAS_MAIL__PORT": str(self.smtp_port),
            "HABEAS_POLICIES": str(ROOT / "deploy/controllers"),
            "HABEAS_CONTROLLERS": '["demo"]',
            **more,
        }

    async def habeas(self, *words: str, role: str = "habeas_app", **more: str) -> str:
        return await done(*HABEAS, *words, settings=self.settings(role, **more), folder=self.folder)

    async def tool(self, name: str, *words: str, **more: str) -> tuple[int, str]:
        """One of the image's own scripts."""
        ended = await run(HABEAS[0], IMAGE / name, *words, settings=self._importable(more), folder=self.folder)
        return ended.code, ended.out + ended.err

    def _importable(self, more: Mapping[str, str]) -> dict[str, str]:
        return self.settings(**more) | {"PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
async def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Elsewhere]:
    """PostgreSQL with the databases and roles of the compose file, a Temporal server, a mail server."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with EmbeddedPostgres(folder / "postgres", durable=False) as server:
        async with temporal_server(folder) as temporal, smtp_server(folder) as smtp_port:
            Vault.create_file(folder / "master.key")
            made = Elsewhere(server, temporal, smtp_port, folder)
            await done(COMPOSE / "databases.sh", settings=made.as_superuser, folder=folder)
            yield made


async def test_the_same_programs_run_on_somebody_elses_servers(elsewhere: Elsewhere) -> None:
    ready = ("bootstrap", "--grant-to", "habeas_app", "--json")
    made = json.loads(await elsewhere.habeas(*ready, role="habeas_owner"))
    assert {step["step"] for step in made["steps"] if step["state"] == "changed"} == {
        "ledger",
        "rights",
        "namespace",
        "search_attributes",
        "sweep",
    }
    assert not json.loads(await elsewhere.habeas(*ready, role="habeas_owner"))["changed"]
    code, said = await elsewhere.tool("seed_samples.py")
    assert code == 0, said

    port = str(free_port())
    on_port = {"HABEAS_DESK__PORT": port, "HABEAS_DESK__PUBLIC_URL": "https://privacy.example"}
    engine, billing = ({"HABEAS_HEALTH__PORT": str(free_port())} for _ in range(2))
    assert (await elsewhere.tool("ready.py", "worker", **engine))[0] == 1
    assert (await elsewhere.tool("ready.py", "desk", **on_port))[0] == 1
    settings = elsewhere.settings(**on_port)
    async with (
        running(*HABEAS, "worker", settings=_only(settings, "crm", "support") | engine, folder=elsewhere.folder),
        running(
            *(*HABEAS, "worker", "--systems", "billing"),
            settings=_only(settings, "billing") | billing,
            folder=elsewhere.folder,
        ),
        running(*HABEAS, "desk", settings=settings, folder=elsewhere.folder),
    ):
        await _ready(elsewhere, ["worker"], engine)
        await _ready(elsewhere, ["worker", "--systems", "billing"], billing)
        await _ready(elsewhere, ["desk"], on_port)
        well = json.loads(await elsewhere.habeas("doctor", "--json", **on_port))
        assert well["well"], well
        words = ("request", "open", "--right", "access", "--email", ACCESS.email, "--by", "Kim", "--json")
        opened = json.loads(await elsewhere.habeas(*words))
        assert opened["created"]
        assert opened["started"]
        await _reaches(elsewhere, opened["id"], "verifying")
        async with httpx2.AsyncClient() as browser:
            assert opened["id"] in (await browser.get(f"http://{LOOPBACK}:{port}/")).text
        await _code_arrives(elsewhere)
        await elsewhere.habeas("request", "verify", opened["id"], "--attest", "known by sight", "--by", "Kim")
        await _reaches(elsewhere, opened["id"], "reviewing")
        shown = json.loads(await elsewhere.habeas("request", "show", opened["id"], "--json"))
        collected = {one["system"]: one["counts"]["records"] for one in shown["systems"] if one["counts"]}
        assert all(collected[name] > 0 for name in STORES)


def _only(settings: Mapping[str, str], *systems: str) -> dict[str, str]:
    """The same without the addresses of all other stores, whose calls are made elsewhere."""
    others = [f"HABEAS_SYSTEMS__{name.upper()}__" for name in STORES if name not in systems]
    kept = {key: value for key, value in settings.items() if key not in {f"{other}URL" for other in others}}
    return kept | {f"{other}ELSEWHERE": "true" for other in others}


async def test_a_search_attribute_of_another_type_is_named(elsewhere: Elsewhere, tmp_path: Path) -> None:
    async with temporal_server(tmp_path, "--search-attribute", "HabeasDueAt=Keyword") as other:
        more = {"HABEAS_TEMPORAL__ADDRESS": other, "HABEAS_TEMPORAL__NAMESPACE": "default"}
        settings = elsewhere.settings("habeas_owner", **more)
        ended = await run(*HABEAS, "bootstrap", settings=settings, folder=elsewhere.folder)
    assert ended.code == 5
    assert "HabeasDueAt is there as INDEXED_VALUE_TYPE_KEYWORD" in ended.err


@pytest.mark.timeout(INSTALLING + WITHIN)
async def test_a_bare_environment_of_the_lock_file_runs_what_the_image_runs(tmp_path: Path) -> None:
    bare, words = tmp_path / "habeas", (IMAGE / "install",)
    plain = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)}
    installed = await run(*words, bare, settings=plain, folder=tmp_path, within=INSTALLING)
    assert installed.code == 0, installed.err
    assert installed.out.splitlines() == ["No broken requirements found.", f"habeas {version('habeas')}"]
    bill = json.loads((bare / "sbom.cdx.json").read_text())
    named = {component["name"].lower() for component in bill["components"]}
    assert {"temporalio", "asyncpg", "aiomysql", "botocore"} <= named
    assert not {"pytest", "pip", "faker"} & named
    assert bill["metadata"]["component"]["name"] == "habeas"
    ended = await run(bare / "bin/habeas", "doctor", settings={}, folder=tmp_path)
    assert (ended.code, "HABEAS_LEDGER" in ended.err) == (5, True), ended.err


async def test_a_container_of_no_role_is_not_ready(elsewhere: Elsewhere) -> None:
    assert await elsewhere.tool("ready.py", "ledger", "migrate") == (
        1,
        "not ready: this container is neither a worker nor a desk\n",
    )


async def _ready(elsewhere: Elsewhere, role: list[str], more: Mapping[str, str]) -> None:
    async with asyncio.timeout(WITHIN):
        while (await elsewhere.tool("ready.py", *role, **more))[0] != 0:
            pass


async def _reaches(elsewhere: Elsewhere, request_id: str, stage: str) -> None:
    async with asyncio.timeout(WITHIN):
        while json.loads(await elsewhere.habeas("request", "show", request_id, "--json"))["entry"]["stage"] != stage:
            pass


async def _code_arrives(elsewhere: Elsewhere) -> None:
    async with asyncio.timeout(WITHIN):
        while not any(ACCESS.email in mail.recipients for mail in await asyncio.to_thread(messages, elsewhere.folder)):
            pass
