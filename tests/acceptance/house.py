"""One installation with real processes, and its staff."""

import asyncio
import json
import re
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from zipfile import ZipFile

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from habeas.acts import ActAnswer, ActKind
from habeas.model import Right, Stage
from tests.acceptance.command import Habeas
from tests.acceptance.people import Planted
from tests.served import free_socket, serving
from workers.maildir import KeptMail, messages
from workers.office import NewRequestInput, Office, Story, open_office
from workers.process import free_port
from workers.samples import SamplePerson
from workers.settings import CONFIG_VARIABLE
from workers.stack import PartName, Stack, StackOptions
from workers.stack.part import ProcessPart

T = TypeVar("T")
WITHIN = 60.0
PACE = 0.1
_CODE = re.compile(r"^\s*(\d{4}[ -]?\d{4})\s*$", re.MULTILINE)
_LINK = re.compile(r"https?://\S+/d/([A-Za-z0-9_-]+)")


async def eventually(look: Callable[[], Awaitable[T | None]], what: str, within: float = WITHIN) -> T:
    """Look again and again until there is something; processes have no other way to say so."""
    try:
        async with asyncio.timeout(within):
            while True:
                if found := await look():
                    return found
                await asyncio.sleep(PACE)
    except TimeoutError:
        raise AssertionError(f"never within {within:g} s: {what}") from None


class MeteredStack(Stack):
    """A stack whose only worker serves its metrics, and whose processes tell a collector of their traces."""

    def __init__(self, options: StackOptions) -> None:
        super().__init__(options)
        self.metrics_port = free_port()
        self.collector = free_socket()
        self.traces: list[bytes] = []
        """What the collector took."""

    @property
    def environment(self) -> dict[str, str]:
        collector = f"http://127.0.0.1:{self.collector.getsockname()[1]}/v1/traces"
        traced = {"HABEAS_TRACING__ENDPOINT": collector, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        # Of several workers none: they would all serve them on this port.
        metered = {"HABEAS_METRICS_PORT": str(self.metrics_port)} if self.options.workers == 1 else {}
        return super().environment | metered | traced

    def collecting(self) -> AbstractAsyncContextManager[str]:
        """Take what is told of traces."""

        async def take(request: Request) -> Response:
            self.traces.append(await request.body())
            return Response()

        return serving(Starlette(routes=[Route("/v1/traces", take, methods=["POST"])]), on=self.collector)

    async def metrics(self) -> bytes:
        """The worker's metrics page."""
        return await fetch(f"http://127.0.0.1:{self.metrics_port}/metrics")


async def fetch(url: str, data: bytes | None = None, content_type: str | None = None) -> bytes:
    """One page of this machine's; a body makes it a POST."""
    headers = {"content-type": content_type} if content_type else {}
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310  loopback: other hosts are refused in tests

    def read() -> bytes:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  as above
            return bytes(answer.read())

    return await asyncio.to_thread(read)


class House:
    """A running stack, the office over it, and the command line."""

    def __init__(self, stack: MeteredStack, office: Office) -> None:
        self.stack = stack
        self.office = office
        self.habeas = Habeas(stack.folder.settings)

    def store_url(self, name: str) -> str:
        """A sample store's address."""
        return str(self.stack.settings().systems[name].options()["url"])

    @asynccontextmanager
    async def store(self, name: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection to a sample store, or to the ledger."""
        url = self.stack.addresses.ledger if name == "ledger" else self.store_url(name)
        connection = await asyncpg.connect(url, server_settings={"application_name": "test"})
        try:
            yield connection
        finally:
            await connection.close()

    async def restart_worker(self, **variables: str) -> None:
        """Stop the worker and start it again, with these variables over its settings."""
        await self._restart("worker-1", variables)

    async def _restart(self, name: str, variables: dict[str, str]) -> None:
        part = self.stack.part(name)
        assert isinstance(part, ProcessPart)
        part.environment = self.stack.environment | variables
        await self.stack.restart(part.name)

    @asynccontextmanager
    async def under(self, settings: Path) -> AsyncIterator[None]:
        """Worker, desk and command line run by other settings in this block."""
        before, self.habeas.config = self.habeas.config, settings
        for name in ("worker-1", PartName.DESK):
            await self._restart(name, {CONFIG_VARIABLE: str(settings)})
        try:
            yield
        finally:
            self.habeas.config = before
            for name in ("worker-1", PartName.DESK):
                await self._restart(name, {})

    async def temporal(self) -> Client:
        """A client of its Temporal server."""
        return await Client.connect(self.stack.addresses.temporal, data_converter=pydantic_data_converter)

    # Requests

    async def open(self, person: Planted | SamplePerson, right: Right, **more: Any) -> str:
        """Open a request as the person would have it."""
        asked = {"name": person.name, "emails": (person.email,), "language": "en"} | more
        opened = await self.office.open_request(NewRequestInput(right=right.value, opened_by="Desk", **asked))
        assert opened.created
        return opened.id

    async def until(self, request_id: str, *stages: Stage, within: float = WITHIN) -> Story:
        """Wait until the request stands in one of these stages."""

        async def look() -> Story | None:
            story = await self.office.show(request_id)
            return story if story.request.stage in stages else None

        return await eventually(look, f"{request_id} in {stages}", within)

    async def prove(self, request_id: str) -> None:
        """The person gives the code from their mail."""
        await self.until(request_id, Stage.VERIFYING)
        await self.office.submit_code(request_id, await self.code(request_id))

    async def approve(self, request_id: str, *, times: int = 1) -> None:
        """As many officers as asked for approve what is under review."""
        story = await self.until(request_id, Stage.REVIEWING)
        plan: str | None = None
        if story.request.right is Right.ERASURE:
            plan = (await self.office.plan(request_id, by="Officer 0", reason="review")).digest
        for number in range(times):
            await self.act(ActKind.APPROVE, request_id, by=f"Officer {number}", plan=plan)

    async def act(self, kind: ActKind, request_id: str, by: str = "Officer", **more: Any) -> ActAnswer:
        """One act, with a reason."""
        return await self.office.act(kind, request_id, by=by, reason="as it should be", **more)

    # Mail

    def mails(self, request_id: str) -> list[KeptMail]:
        """The letters of a request, oldest first."""
        return [mail for mail in reversed(messages(self.stack.folder.path)) if request_id in mail.text]

    async def code(self, request_id: str, number: int = 1) -> str:
        """The n-th one-time code, from the person's mail."""

        async def look() -> str | None:
            found = [match[1] for mail in self.mails(request_id) if (match := _CODE.search(mail.text))]
            return found[number - 1] if len(found) >= number else None

        return await eventually(look, f"code {number} of {request_id}")

    def codes(self, request_id: str) -> int:
        """How many codes were mailed so far."""
        return len([mail for mail in self.mails(request_id) if _CODE.search(mail.text)])

    async def token(self, request_id: str) -> str:
        """The download link's token, from the person's mail."""

        async def look() -> str | None:
            found = [match[1] for mail in self.mails(request_id) if (match := _LINK.search(mail.text))]
            return found[0] if found else None

        return await eventually(look, f"link of {request_id}")

    async def link_code(self, page: str, request_id: str) -> bytes:
        """The form that fetches a package, with the code that was asked for on its page."""
        codes = self.codes(request_id)
        await fetch(f"{page}/code", b"")
        return f"code={await self.code(request_id, codes + 1)}".encode()

    async def package(self, request_id: str) -> ZipFile:
        """The package as the person fetches it."""
        page = f"{self.stack.addresses.desk}/d/{await self.token(request_id)}"
        content = await fetch(page, await self.link_code(page, request_id))
        return ZipFile(BytesIO(content))

    def letters_told(self) -> dict[str, int]:
        """How often the mail server took a letter that it kept, and one that it had before."""
        lines = (self.stack.folder.logs / "mailbox.log").read_text().splitlines()
        events = [json.loads(line).get("event") for line in lines if line.startswith("{")]
        return {name: events.count(name) for name in ("mail.kept", "mail.repeated")}

    # Stores

    async def rows(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """A digest of every row of a store, by table."""
        async with self.store(name) as sql:
            tables = await sql.fetch(
                "select format('%I.%I', schemaname, tablename) as name from pg_tables "
                "where schemaname not in ('pg_catalog', 'information_schema') order by 1"
            )
            return {
                each["name"].removeprefix("public."): tuple(
                    row[0]
                    for row in await sql.fetch(f"select md5(t::text) from {each['name']} t order by 1")  # noqa: S608  names of the catalogue
                )
                for each in tables
            }

    async def waits_for_lock(self, name: str, table: str, mode: str) -> None:
        """Until the engine waits for such a lock on this table."""

        async def look() -> bool:
            async with self.store(name) as sql:
                statement = (
                    "select exists (select from pg_locks where not granted and relation = $1::regclass and mode = $2)"
                )
                return bool(await sql.fetchval(statement, table, mode))

        await eventually(look, f"a statement that waits for {mode} of {name}'s {table}")


@asynccontextmanager
async def open_house(
    folder: Path,
    people: int = 60,
    kind: type[MeteredStack] = MeteredStack,
    *,
    durable: bool = False,
    workers: int = 1,
) -> AsyncIterator[House]:
    """Start an installation for tests; everything is stopped at the end.

    Args:
        folder: all that it keeps.
        people: in its stores.
        kind: of the stack.
        durable: the ledger keeps each commit when PostgreSQL is killed.
        workers: of several none has metrics.
    """
    stack = kind(StackOptions(folder, people=people, durable=durable, workers=workers))
    async with stack.collecting():
        try:
            await stack.start()
            async with open_office(stack.settings()) as office:
                yield House(stack, office)
        finally:
            await stack.stop()
