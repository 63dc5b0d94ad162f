"""An installation for tests, all real: ledger on PostgreSQL, Temporal's dev server, SMTP, worker; systems in memory."""

import asyncio
import re
import secrets
import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.ledger import Ledger, LinkRow, migrate
from activities.mail import Mailer, SmtpServer
from activities.parts import Parts
from activities.storage import Storage
from activities.vault import Vault
from habeas.connector import Collection, Treatment
from habeas.model import Identifier, Stage
from habeas.policy import load_policies
from habeas.testing.memory import MemoryConnector, MemoryRow
from workers.mailbox import messages, smtp_server
from workers.office import Engine, NewRequestInput, Office
from workers.postgres import EmbeddedPostgres
from workers.queues import running
from workers.stack.temporal import binary
from workflows.attributes import KEYS

SYSTEMS = ("crm", "billing", "support")
_ROOT = Path(__file__).parents[2]
POLICIES = _ROOT / "deploy" / "controllers"
PATIENCE = 90  # seconds; a busy machine is slow, and no answer comes later than this
_CODE = re.compile(r"\b(\d{4})[ -]?(\d{4})\b")


@dataclass
class World:
    """One installation."""

    dsn: str
    address: str
    client: Client
    ledger: Ledger
    office: Office
    parts: Parts
    folder: Path
    keys: Path
    smtp_port: int
    systems: dict[str, MemoryConnector]

    def settings_file(self, folder: Path, **changes: str) -> Path:
        """The same installation as a settings file; ``changes`` replace values by dotted key with ``__``."""
        tables: dict[str, dict[str, object]] = {
            "ledger": {"url": self.dsn, "pool_size": 3},
            "keys": {"master_file": str(self.keys)},
            "storage": {"url": f"file://{self.folder / 'storage'}"},
            "mail": {"host": "127.0.0.1", "port": self.smtp_port},
            "temporal": {"address": self.address, "task_queue": self.parts.task_queue},
            "desk": {"port": 0},
        }
        for dotted, value in changes.items():
            section, _, key = dotted.partition("__")
            tables[section][key] = value
        controllers = folder / "controllers"
        controllers.mkdir(exist_ok=True)
        (controllers / "demo.toml").write_bytes((POLICIES / "demo.toml").read_bytes())
        lines = [f"policies = '{controllers}'"]
        for name, table in tables.items():
            lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
        file = folder / "habeas.toml"
        file.write_text("\n".join(lines) + "\n")
        tomllib.loads(file.read_text())
        return file

    def person(
        self,
        *,
        systems: tuple[str, ...] = ("crm",),
        name: str = "Ada Lovelace",
        email: str | None = None,
        staff: bool = False,
    ) -> str:
        """Somebody whom the systems know; their address."""
        address = email or f"{secrets.token_hex(6)}@example.org"
        for system in systems:
            key = f'["{secrets.token_hex(4)}"]'
            known = (Identifier(kind="email", value=address),)
            self.systems[system].put(
                MemoryRow(
                    collection="accounts",
                    key=key,
                    data={"email": address},
                    identifiers=known,
                    name=name,
                    staff=staff,
                ),
                MemoryRow(collection="orders", key=f'["{secrets.token_hex(4)}"]', data={"total": 12}, root=key),
            )
        return address

    def says(self, address: str, note: str, system: str = "crm") -> None:
        """One more order of a person's, with a note: free text, which a human looks at before it is released."""
        root = next(row.key for row in self.systems[system].rows.values() if row.data.get("email") == address)
        order = f'["{secrets.token_hex(4)}"]'
        self.systems[system].put(
            MemoryRow(collection="orders", key=order, data={"total": 3, "note": note}, root=root),
        )

    async def reviewed(self, note: str, address: str | None = None) -> tuple[str, str]:
        """A request for a copy that is under review, and the person's address."""
        person = address or self.person()
        self.says(person, note)
        request_id = await self.proven(person)
        await self.reach(request_id, Stage.REVIEWING)
        return request_id, person

    async def open(self, address: str, right: str = "access", **changes: object) -> str:
        """Open a request of a person."""
        asked = {"right": right, "emails": (address,), "opened_by": "Kim", **changes}
        return (await self.office.open_request(NewRequestInput.model_validate(asked))).id

    async def reach(self, request_id: str, *stages: Stage) -> Stage:
        """Wait until the request is in one of these stages."""
        async with asyncio.timeout(PATIENCE):
            while True:
                stage = (await self.office.show(request_id)).entry.stage
                if stage in stages:
                    return stage
                await asyncio.sleep(0.05)

    async def waits(self, request_id: str, system: str) -> None:
        """Wait until the request waits for this system."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if system in (await self.office.show(request_id)).entry.blocked_on:
                    return
                await asyncio.sleep(0.05)

    async def code(self, address: str) -> str:
        """The newest one-time code that was sent to an address."""
        return await self._in_letter(address, _CODE)

    async def link(self, address: str) -> str:
        """The token of the link that was sent to an address."""
        return await self._in_letter(address, re.compile(r"/d/([A-Za-z0-9_-]{30,})"))

    async def link_code(self, address: str, token: str) -> str:
        """The code that goes with a link, asked for and read from its letter."""
        before = sum(address in mail.recipients for mail in messages(self.folder))
        assert await self.office.send_link_code(token)
        await self.mailed(address, more_than=before)
        return await self.code(address)

    async def _in_letter(self, address: str, pattern: re.Pattern[str]) -> str:
        async with asyncio.timeout(PATIENCE):
            while True:
                for mail in messages(self.folder):
                    if address in mail.recipients and (found := pattern.search(mail.text)):
                        return "".join(found.groups())
                await asyncio.sleep(0.05)

    async def mailed(self, address: str, *, more_than: int) -> None:
        """Wait until more letters than that have gone to an address."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if sum(address in mail.recipients for mail in messages(self.folder)) > more_than:
                    return
                await asyncio.sleep(0.05)

    def address_of(self, request_id: str) -> str:
        """Where the letters of a request go to, but those to staff."""
        staff = {one.controller.privacy_officer for one in self.parts.policies.values()}
        found = [mail for mail in messages(self.folder) if request_id in mail.text and not staff & {*mail.recipients}]
        return found[0].recipients[0]

    async def links(self, request_id: str) -> tuple[LinkRow, ...]:
        """A request's download links, oldest first."""
        async with self.ledger.begin() as tx:
            return await tx.links(request_id)

    async def proven(self, address: str, right: str = "access") -> str:
        """A request whose person has proven who they are."""
        request_id = await self.open(address, right)
        await self.office.submit_code(request_id, await self.code(address))
        return request_id


@asynccontextmanager
async def world(server: EmbeddedPostgres, folder: Path, *, worker: bool = True) -> AsyncIterator[World]:
    """Start everything."""
    keys = folder / "master.keys"
    Vault.create_file(keys)
    dsn = server.create_database(f"world_{secrets.token_hex(6)}")
    await migrate(dsn)
    async with AsyncExitStack() as stack:
        smtp_port = await stack.enter_async_context(smtp_server(folder))
        environment = await stack.enter_async_context(
            await WorkflowEnvironment.start_local(
                dev_server_existing_path=binary(),
                search_attributes=list(KEYS),
                data_converter=pydantic_data_converter,
            )
        )
        ledger = Ledger.connect(dsn, Vault.from_file(keys))
        stack.push_async_callback(ledger.aclose)
        systems = {name: _system(name) for name in SYSTEMS}
        policies = load_policies(POLICIES, only=["demo"])
        storage = Storage.from_url(f"file://{folder / 'storage'}")
        parts = Parts(
            ledger=ledger,
            storage=storage,
            mailer=Mailer(SmtpServer(host="127.0.0.1", port=smtp_port)),
            policies=policies,
            connectors=systems,
            public_url="http://127.0.0.1:8470",
            task_queue=f"q-{secrets.token_hex(4)}",
        )

        async def connected() -> Client:
            return environment.client

        office = Office(ledger, Engine(connected, task_queue=parts.task_queue), policies, storage)
        if worker:
            await stack.enter_async_context(running(environment.client, parts))
        yield World(
            dsn=dsn,
            address=environment.client.service_client.config.target_host,
            client=environment.client,
            ledger=ledger,
            office=office,
            parts=parts,
            folder=folder,
            keys=keys,
            smtp_port=smtp_port,
            systems=systems,
        )


def _system(name: str) -> MemoryConnector:
    collections = (
        Collection(name="accounts", category="contact", treatment=Treatment.DELETE),
        Collection(name="orders", category="contact", treatment=Treatment.DELETE, free_text=("note",)),
    )
    return MemoryConnector(collections, title=name)


def _toml(value: object) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"
