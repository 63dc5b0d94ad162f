"""The databases of a stack: the ledger and the three sample stores, and the settings file that names them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, TomlConfigSettingsSource

from activities.ledger import migrate
from activities.vault import Vault
from habeas.errors import ConfigurationError
from workers.postgres import EmbeddedPostgres
from workers.process import LOOPBACK
from workers.samples import seed
from workers.settings import Settings
from workers.stack.folder import DataFolder
from workers.stack.options import Addresses, Ports, Stores
from workers.stack.temporal import NAMESPACE

LEDGER = "habeas"
SAMPLE_STORES = ("crm", "billing", "support")
CONTROLLER = "demo"


def sample_stores() -> Stores:
    """The three sample stores, of the demo's controller."""
    deploy = deploy_folder()
    return Stores(SAMPLE_STORES, deploy / "samples" / "maps", deploy / "controllers", CONTROLLER, _seed_samples)


async def _seed_samples(dsns: Mapping[str, str], people: int) -> None:
    await seed(dsns, people=people)


async def prepare_ledger(postgres: EmbeddedPostgres) -> None:
    """Make the ledger's database and bring its tables up to date."""
    with _without_postgres_variables():
        await migrate(postgres.create_database(LEDGER))


async def prepare_stores(folder: DataFolder, postgres: EmbeddedPostgres, stores: Stores, people: int) -> None:
    """Seed the stores and note that it is done; what an interrupted seeding left is thrown away."""
    with _without_postgres_variables():
        connection = await asyncpg.connect(postgres.dsn())
        try:
            for name in stores.names:
                await connection.execute(f'drop database if exists "{name}" with (force)')
        finally:
            await connection.close()
        await stores.seed({name: postgres.create_database(name) for name in stores.names}, people)
    folder.write(folder.samples, json.dumps({"people": people}) + "\n")


def write_settings(
    folder: DataFolder, postgres: EmbeddedPostgres, stores: Stores, addresses: Addresses, ports: Ports
) -> None:
    """Write ``habeas.toml`` for every process of this stack, and make its master key unless there is one."""
    Vault.create_file(folder.master_key)
    tables: dict[str, Mapping[str, Any]] = {
        "ledger": {"url": postgres.dsn(LEDGER)},
        "keys": {"master_file": str(folder.master_key)},
        "storage": {"url": folder.storage.as_uri()},
        "evidence": {"anchors": folder.anchors.as_uri()},
        "temporal": {"address": addresses.temporal, "namespace": NAMESPACE, "ui_url": addresses.temporal_ui},
        "mail": {"host": LOOPBACK, "port": ports.smtp},
        "desk": {"host": LOOPBACK, "port": ports.desk, "public_url": addresses.desk},
    }
    for name in stores.names:
        store = {"connector": "sql", "url": postgres.dsn(name), "map": str(stores.maps / f"{name}.toml")}
        tables[f"systems.{name}"] = store
    head = {"policies": str(stores.policies), "controllers": [stores.controller]}
    lines = ["# Written at each start of the embedded stack: changes made here do not last.", *_assignments(head)]
    for name, values in tables.items():
        lines += ["", f"[{name}]", *_assignments(values)]
    folder.write(folder.settings, "\n".join([*lines, ""]))


def read_settings(path: Path) -> Settings:
    """The settings of one file, whatever the environment says."""

    class Alone(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (TomlConfigSettingsSource(settings_cls, path),)

    return Alone()


def deploy_folder() -> Path:
    """The repository's ``deploy`` folder: the demo controller's policy and the sample stores' data maps."""
    found = Path(__file__).parents[2] / "deploy"
    if not found.is_dir():
        raise ConfigurationError("The embedded stack uses the folder `deploy` of the repository: run it from a clone.")
    return found


@contextmanager
def _without_postgres_variables() -> Iterator[None]:
    """PGSSLMODE and the like are meant for other servers; the driver would obey them."""
    set_aside = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
    try:
        yield
    finally:
        os.environ.update(set_aside)


def _assignments(values: Mapping[str, Any]) -> list[str]:
    # A JSON string or number is one in TOML too.
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
