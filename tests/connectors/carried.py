"""Requests carried through the whole engine over a connector: to a real end, and nothing personal left on the way."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import prometheus_client
from temporalio.client import Client

from habeas.acts import ActKind
from habeas.connector import Connector
from habeas.model import Stage
from habeas.policy import Category, Policy
from habeas.testing import World
from tests.acceptance.places import files
from tests.acceptance.scan import Scanner
from tests.logged import logged
from tests.office.world import PATIENCE
from tests.office.world import World as Installation
from workers.office import Engine, NewRequestInput, Office
from workers.queues import running

SYSTEM = "vendor"
LONG_ENOUGH = 9
"""A shorter word may be in a hash by chance."""
_MOVES_ON = (Stage.REVIEWING, Stage.CLARIFYING, Stage.CONFIRMING, Stage.CLOSED)


class CarriedThrough:
    """To be inherited beside a suite of `habeas.testing`, with its `world`; needs the fixture `installation`."""

    async def test_requests_reach_their_end_and_leave_nothing_personal_on_the_way(
        self, world: World, installation: Installation
    ) -> None:
        """A copy, then an erasure; then a look everywhere that personal data must not be."""
        secret = {f"word {n}": word for n, word in enumerate(world.personal) if len(word) >= LONG_ENOUGH}
        assert secret, "none of the person's words is long enough to be looked for"
        with logged() as log:
            async with office_of(installation, world.connector) as office:
                ids = [await _copied(office, world), await _erased(office, world)]
        places = await everywhere(installation, ids) | {"log": log.getvalue().encode()}
        assert all(len(content) for content in places.values())
        found = Scanner(secret).look(places)
        assert not found, f"personal data in: {', '.join(sorted(found))}"


@asynccontextmanager
async def office_of(here: Installation, connector: Connector) -> AsyncIterator[Office]:
    """The office of a new controller that has this one system, with a worker of its own."""
    policy = _policy(here.parts.policies["demo"], connector)
    parts = dataclasses.replace(
        here.parts,
        policies={policy.id: policy},
        connectors={SYSTEM: connector},
        task_queue=f"q-{secrets.token_hex(4)}",
    )

    async def connected() -> Client:
        return here.client

    async with running(here.client, parts):
        yield Office(here.ledger, Engine(connected, task_queue=parts.task_queue), parts.policies, parts.storage)


def _policy(demo: Policy, connector: Connector) -> Policy:
    known = {one.id for one in demo.categories}
    more = sorted({one.category for one in connector.manifest.collections} - known)
    like: Category = demo.categories[0]
    categories = (*demo.categories, *(like.model_copy(update={"id": one}) for one in more))
    # Others' tests leave requests of people of the same names open.
    controller = demo.controller.model_copy(update={"id": f"c{secrets.token_hex(4)}"})
    return demo.model_copy(update={"controller": controller, "systems": (SYSTEM,), "categories": categories})


async def _copied(office: Office, world: World) -> str:
    request_id = await _opened(office, world, "access")
    if await _reach(office, request_id) is Stage.REVIEWING:
        await office.act(ActKind.APPROVE, request_id, by="Kim", reason="seen")
    assert await _reach(office, request_id, Stage.CLOSED) is Stage.CLOSED
    story = await office.show(request_id)
    assert story.entry.outcome == "fulfilled"
    assert sum(row.counts.get("records", 0) for row in story.systems) > 0
    return request_id


async def _erased(office: Office, world: World) -> str:
    request_id = await _opened(office, world, "erasure")
    await _reach(office, request_id, Stage.REVIEWING)
    digest = (await office.plan(request_id, by="Kim", reason="review")).digest
    for who in ("Kim", "Noor"):
        await office.act(ActKind.APPROVE, request_id, by=who, reason="seen", plan=digest)
    # A second look may have to wait for the vendor's own clock.
    await _reach(office, request_id, Stage.CONFIRMING, Stage.CLOSED)
    return request_id


async def _opened(office: Office, world: World, right: str) -> str:
    named = [f"{one.kind}={one.value}" for one in world.person if one.kind not in {"email", "phone"}]
    asked = NewRequestInput(
        right=right,
        opened_by="Kim",
        emails=tuple(one.value for one in world.person if one.kind == "email"),
        phones=tuple(one.value for one in world.person if one.kind == "phone"),
        identifiers=tuple(named),
    )
    request_id = (await office.open_request(asked)).id
    await _reach(office, request_id, Stage.VERIFYING)
    await office.act(ActKind.ATTEST, request_id, by="Kim", reason="known")
    return request_id


async def _reach(office: Office, request_id: str, *stages: Stage) -> Stage:
    """Wait for one of these, and say of every record in doubt on the way that it is the person's."""
    wanted = stages or (Stage.REVIEWING, Stage.CLOSED)
    async with asyncio.timeout(PATIENCE):
        while True:
            entry = (await office.show(request_id)).entry
            assert SYSTEM not in entry.blocked_on, f"it waits for {SYSTEM}"
            if entry.stage in wanted:
                return entry.stage
            if entry.stage is Stage.CLARIFYING:
                found = await office.candidates(request_id, by="Kim", reason="doubt")
                said = {one.handle: True for one in found.records if one.standing == "held"}
                await office.decide_by_handle(request_id, by="Kim", reason="told", said=said)
            await asyncio.sleep(0.05)


async def everywhere(here: Installation, request_ids: list[str]) -> dict[str, bytes]:
    """Everywhere that nothing personal may be."""
    found = files(Path(here.folder) / "storage") | {"metrics": prometheus_client.generate_latest()}
    for request_id in request_ids:
        history = await here.client.get_workflow_handle(request_id).fetch_history()
        raw = b"".join(event.SerializeToString() for event in history.events)
        found[f"history of {request_id}"] = history.to_json().encode() + raw
    connection = await asyncpg.connect(here.dsn)
    try:
        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        for (table,) in tables:
            rows = await connection.fetch(f'select t::text from "{table}" t')  # noqa: S608  names of the catalogue
            if rows:
                found[f"ledger {table}"] = json.dumps([row[0] for row in rows]).encode()
    finally:
        await connection.close()
    return found
