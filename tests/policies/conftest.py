"""One engine with the five controllers, made once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiosmtpd.controller import Controller
from temporalio.client import Client

from activities.ledger import Ledger, migrate
from activities.letters import LANGUAGES
from activities.mail import Mailer, SmtpServer
from activities.parts import Parts
from activities.storage import Storage
from activities.vault import Vault
from habeas.policy import check_systems, load_policies
from tests.policies.reading import FIVE, installed
from tests.policies.world import Installation, connect_systems, installable
from tests.workflows.conftest import _Keeper, _nothing_unexpected, start_temporal
from tests.workflows.world import Mail
from workers.office import Engine, Office
from workers.postgres import EmbeddedPostgres
from workers.process import free_port
from workers.queues import running

__all__ = ["_nothing_unexpected"]


@pytest.fixture(scope="package")
async def world(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """The installation, with every controller whose systems are there."""
    folder = tmp_path_factory.mktemp("five")
    policies = installable(load_policies(installed(folder / "controllers", *FIVE), languages=LANGUAGES))
    connectors, stores = await connect_systems(postgres_server, policies)
    for policy in policies.values():
        check_systems(policy, {name: connector.manifest for name, connector in connectors.items()})
    url = postgres_server.create_database("five")
    await migrate(url)
    mail, port = Mail(), free_port()
    smtp = Controller(_Keeper(mail), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    smtp.start()
    Vault.create_file(folder / "master.key")
    ledger = Ledger.connect(url, Vault.from_file(folder / "master.key"))
    parts = Parts(
        ledger=ledger,
        storage=Storage.from_url(f"file://{folder}/storage"),
        mailer=Mailer(SmtpServer(host="127.0.0.1", port=port)),
        policies=policies,
        connectors=connectors,
        public_url="https://privacy.example",
        task_queue="habeas",
    )
    env = await start_temporal()
    try:

        async def connected() -> Client:
            return env.client

        office = Office(ledger, Engine(connected, task_queue="habeas"), policies, parts.storage)
        built = Installation(env=env, parts=parts, connectors={}, mail=mail, office=office, stores=stores)
        office._now = lambda: built.now[0]
        async with running(env.client, parts):
            yield built
    finally:
        await env.shutdown()
        smtp.stop()
        await ledger.aclose()
        for store in stores.values():
            await store.close()
        for connector in connectors.values():
            await connector.aclose()
