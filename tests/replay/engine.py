"""The engine of workflow tests on a server without virtual clocks, whose histories look like those of a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.ledger import Ledger, migrate
from activities.mail import Mailer, SmtpServer
from activities.parts import Parts
from activities.storage import Storage
from activities.vault import Vault
from habeas.policy import load_policy
from habeas.testing import MemoryConnector
from tests.workflows.conftest import POLICY, PURPOSES, _agency, _archive, _Keeper, _sharing, temporal_binary
from tests.workflows.world import Mail, World, by_hand, systems
from workers.office import Engine, Office
from workers.postgres import EmbeddedPostgres
from workers.process import free_port
from workers.queues import running
from workflows import attributes


@asynccontextmanager
async def engine(folder: Path) -> AsyncIterator[World]:
    """A whole engine, people in memory; its own database, mail server and Temporal."""
    (folder / "postgres").mkdir()
    with EmbeddedPostgres(folder / "postgres", durable=False) as postgres:
        postgres.create_database("replay")
        await migrate(postgres.dsn("replay"))
        mail, port, connectors = Mail(), free_port(), systems()
        smtp = Controller(_Keeper(mail), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
        smtp.start()
        Vault.create_file(folder / "master.key")
        ledger = Ledger.connect(postgres.dsn("replay"), Vault.from_file(folder / "master.key"))
        sources = ("crm", "billing")
        policy = load_policy(POLICY).model_copy(update={"systems": sources})
        policy = policy.model_copy(update={"identity": policy.identity.model_copy(update={"sources": sources})})
        policy = policy.model_copy(update={"purposes": PURPOSES})
        parts = Parts(
            ledger=ledger,
            storage=Storage.from_url(f"file://{folder}/storage"),
            mailer=Mailer(SmtpServer(host="127.0.0.1", port=port)),
            policies={
                "demo": policy,
                "archive": _archive(policy),
                "sharing": _sharing(policy),
                "agency": _agency(policy),
            },
            connectors={**connectors, **by_hand()},
            public_url="https://privacy.example",
            task_queue="habeas",
        )
        env = await WorkflowEnvironment.start_local(
            dev_server_existing_path=temporal_binary(),
            search_attributes=attributes.KEYS,
            data_converter=pydantic_data_converter,
            dev_server_extra_args=["--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000"],
        )
        try:
            async with running(env.client, parts):
                yield _world(env, parts, connectors, mail)
        finally:
            await env.shutdown()
            smtp.stop()
            await ledger.aclose()


def _world(env: WorkflowEnvironment, parts: Parts, connectors: dict[str, MemoryConnector], mail: Mail) -> World:
    async def connected() -> Client:
        return env.client

    office = Office(parts.ledger, Engine(connected, task_queue="habeas"), parts.policies, parts.storage)
    world = World(env=env, parts=parts, connectors=connectors, mail=mail, office=office)
    office._now = lambda: world.now[0]
    return world
