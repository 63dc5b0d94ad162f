"""Nothing personal in Temporal, logs, metrics, ledger or storage: through a vendor's connector and a service's wire.

The vendor breaks off, limits and refuses; the service says in its errors, vetoes and callbacks whom it is about; others
are told of the erasure; staff state where earlier requests are written down.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import asyncpg
import httpx2
import pytest
from prometheus_client import generate_latest

from activities.connectors import load_connector
from activities.connectors.http import HttpConnector
from activities.outside import AskedOutside
from activities.stated import Stated
from activities.storage import FolderStorage
from habeas.acts import ActKind
from habeas.connector import Connector, Veto
from habeas.errors import BadInput, Quarantine, Terminal, Transient
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.outcomes import Awaiting
from habeas.policy import Policy
from habeas.testing import Fault, HttpFaults, MemoryConnector, MemoryRow, faulty
from habeas.wire import Finished, Signer
from tests.acceptance.places import QUERIES, files
from tests.acceptance.scan import Scanner
from tests.connectors.http_protocol.test_http import SECRET, _app, load
from tests.connectors.hubspot.people import NAMES
from tests.connectors.hubspot.people import settings as hubspot_settings
from tests.connectors.serving import served
from tests.logged import logged
from tests.vendors.hubspot import Contact, HubSpot, Thing
from tests.vendors.hubspot.schema import Property
from tests.vendors.shared.serve import site
from tests.workflows.controllers import US, answering_under, controller
from tests.workflows.world import BILLING, Case, Person, World, eventually
from workers.desk import create_app
from workers.office import RedactionAsked
from workers.postgres import EmbeddedPostgres
from workers.queues import system_worker

HUB, ORDERS = "hub", "orders"


@dataclass
class Wired:
    """Both systems, with hands that reach into them, and the desk that is called back."""

    hub: HubSpot
    faults: HttpFaults
    orders: MemoryConnector
    desk: str

    async def call_back(self, handle: str) -> int:
        """The service says that it is done."""
        body = Finished(handle=handle).model_dump_json().encode()
        headers = Signer([SECRET]).sign("msg_1", datetime.now(UTC), body)
        async with httpx2.AsyncClient(base_url=self.desk) as caller:
            return (await caller.post(f"/hooks/systems/{ORDERS}", headers=headers, content=body)).status_code


@pytest.fixture
async def wired(world: World, tmp_path: Path) -> AsyncIterator[Wired]:
    """HubSpot and a service of the company's own, in the engine of the workflow tests."""
    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(site())
        hub = HubSpot()
        hub.crm.schema.add("contacts", Property("processing_restricted", "Restricted", "bool", custom=True))
        at.open(hub)
        faults = await stack.enter_async_context(faulty(hub.base_url))
        kinds = {name: {"category": "activity", "treatment": "delete"} for name in NAMES}
        kinds |= {"contacts": {"category": "contact"}, "shared": {"category": "activity", "treatment": "anonymise"}}
        given = hubspot_settings(faults.url, collections=kinds, purposes={}, confirm_after=0)
        orders = MemoryConnector(BILLING, title="Orders", needs=("customer_number", "email"), vetoing=True)
        address = await stack.enter_async_context(served(_app(orders)))
        made: dict[str, Connector] = {
            HUB: load_connector(HUB, {"connector": "hubspot", **given}),
            ORDERS: load(tmp_path, address, orders),
        }
        connectors = cast("dict[str, Connector]", world.parts.connectors)
        connectors.update(made)
        for name, connector in made.items():
            stack.push_async_callback(connector.aclose)
            stack.callback(connectors.pop, name)
            await stack.enter_async_context(system_worker(world.env.client, world.parts, name))
        http = made[ORDERS]
        assert isinstance(http, HttpConnector)
        desk = await stack.enter_async_context(served(create_app(world.office, systems={ORDERS: http})))
        yield Wired(hub, faults, orders, desk)


class Canary:
    """Words that are nowhere but in what this person's systems hold and say."""

    def __init__(self) -> None:
        self.letters = "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(10))
        self.digits = f"99{secrets.randbelow(10**9):09}"
        self.person = Person(
            name=f"Žo{self.letters} {self.letters.title()}",
            email=f"{self.letters}@example.com",
            number=f"K-{self.letters}",
        )

    def says(self, what: str) -> str:
        return f"{what} of {self.letters} +{self.digits} at {self.person.email}"

    def settle_in(self, wired: Wired) -> None:
        person = self.person
        more = {"phone": f"+{self.digits}", "customer_number": person.number}
        contact = wired.hub.add(Contact(person.email, person.name, self.letters, (), more))
        when = {"hs_timestamp": "2026-02-01T10:00:00.000Z"}
        wired.hub.add(Thing("notes", {"hs_note_body": self.says("a note"), **when}), contact)
        number = Identifier(kind="customer_number", value=person.number)
        customer = MemoryRow(
            collection="customers",
            key=f'["{person.number}"]',
            data={"name": person.name, "remark": self.says("a remark")},
            identifiers=(number, Identifier(kind="email", value=person.email)),
            name=person.name,
        )
        wired.orders.put(customer)

    def found(self, places: dict[str, bytes]) -> dict[str, Any]:
        return Scanner({"letters": self.letters, "digits": self.digits}).look(places)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, as a worker writes it."""
    with logged() as kept:
        yield kept


async def _erasure(world: World, wired: Wired, canary: Canary) -> Case:
    """Down, limited, garbage; errors that name them; a veto; a callback that names them, and one that is answered."""
    name = controller(world, "canary", of="sharing", identity={"sources": (HUB,)})
    policies = cast("dict[str, Policy]", world.parts.policies)
    policies[name] = policies[name].model_copy(update={"systems": (HUB, ORDERS)})
    case = await world.open(canary.person, Right.ERASURE, controller=name, name=canary.person.name)
    await case.reaches(Stage.VERIFYING)
    await case.code()
    orders, faults = wired.orders, wired.faults
    for fault in (Fault.DOWN, Fault.GARBAGE, Fault.HALF):
        faults.fail(fault)
    orders.fail("locate", Transient(canary.says("busy")), Terminal(canary.says("no right to read the order")))
    await case.prove()
    await _waits(case, "terminal")
    orders.fail("collect", Quarantine(canary.says("strange")))
    await case.act(ActKind.RETRY_SYSTEM, system=ORDERS)
    await _waits(case, "quarantine")
    await case.act(ActKind.RETRY_SYSTEM, system=ORDERS)
    place = f'["{canary.person.number}"]'
    orders.in_the_way = [Veto(collection="customers", key=place, reason="open_order")]
    await case.approve_twice()
    await _waits(case, "vetoed:open_order")
    orders.in_the_way = []
    job = f"job-{secrets.token_hex(8)}"
    orders.answers("erase", Awaiting(handle=job, give_up_after=30 * 86_400))
    await case.act(ActKind.RETRY_SYSTEM, system=ORDERS)
    await _waits(case, "callback")
    assert await wired.call_back(canary.says("the job")) == 204  # nobody waits for that one
    assert await wired.call_back(job) == 204
    assert (await case.reaches(Stage.CLOSED)).outcome in {Outcome.FULFILLED, Outcome.PARTLY_FULFILLED}
    return case


async def _redacted(world: World, canary: Canary) -> Case:
    """Somebody looks at what was collected, takes out what it says of them, and puts something of it back."""
    canary.person.settle_in(world.connectors, free_text=True)
    note = MemoryRow(
        collection="notes",
        key=f'["{canary.person.number}-9"]',
        root=f'["{canary.person.number}"]',
        data={"text": canary.says("a note"), "more": {canary.says("a key"): canary.says("inside")}},
    )
    world.connectors["crm"].put(note)
    case = await world.open(canary.person, name=canary.person.name)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    who: dict[str, Any] = {"by": canary.says("officer")[:100], "reason": canary.says("because")}
    office = world.office
    page = await office.collected(case.id, **who)
    record = next(one for one in page.records if "inside" in str([each.value for each in one.values]))
    inside = next(one.path for one in record.values if "inside" in str(one.value))
    for asked in (
        RedactionAsked(object=record.object, field="text", text=canary.says("a note")[:20]),
        RedactionAsked(object=record.object, field=inside),
        RedactionAsked(text=canary.person.email),
    ):
        taken = await office.redact(case.id, ground="rights_of_others", asked=asked, **who)
    wrong = RedactionAsked(object=record.object, text=canary.says("not there"))
    with pytest.raises(BadInput) as refused:
        await office.redact(case.id, ground="rights_of_others", asked=wrong, **who)
    assert canary.found({"refused": str(refused.value).encode()}) == {}
    await office.unredact(case.id, redaction=taken.act_id, **who)
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)
    return case


async def _waits(case: Case, code: str) -> None:
    async def so() -> bool:
        return any(row.error_code == code for row in (await case.world.office.show(case.id)).waits)

    await eventually(so)


async def _asked_elsewhere(world: World, canary: Canary) -> Case:
    """A fee on a ground that staff back with what was asked elsewhere."""
    canary.person.settle_in(world.connectors, free_text=True)
    name = answering_under(world, "canary_us", *US)
    case = await world.open(canary.person, controller=name, jurisdiction="US-VA")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    days = tuple((world.now[0] - timedelta(days=n)).date() for n in (40, 80))
    outside = AskedOutside(days=days, record=canary.says("the old system, folder"))
    await world.office.charge(
        case.id,
        by=canary.says("officer")[:100],
        reason=canary.says("again"),
        amount="USD 10",
        ground="beyond_free_requests",
        outside=outside,
    )
    await case.has_letter("fee")
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)
    return case


async def _told_an_authority(world: World, canary: Canary) -> Case:
    """A refusal on a ground of which an authority is told first: staff state how."""
    name = answering_under(world, "canary_ca", {"code": "CA-PIPEDA", "jurisdictions": ("CA",)})
    case = await world.open(canary.person, controller=name, jurisdiction="CA-ON")
    await case.reaches(Stage.VERIFYING)
    wrong = Stated(on=world.now[0].date() + timedelta(days=9), what=canary.says("told, in a week"))
    with pytest.raises(BadInput) as refused:
        await case.act(ActKind.REFUSE, ground="government_objection", stated=wrong)
    assert canary.found({"refused": str(refused.value).encode()}) == {}
    told = Stated(on=world.now[0].date(), what=canary.says("told by letter"))
    await case.act(ActKind.REFUSE, ground="government_objection", stated=told)
    await case.reaches(Stage.CLOSED)
    return case


async def _everywhere(world: World, server: EmbeddedPostgres, ids: set[str]) -> dict[str, bytes]:
    found = {"metrics": generate_latest()}
    client = world.env.client
    async for listed in client.list_workflows():
        if not any(listed.id.startswith(one) for one in ids):
            continue
        handle = client.get_workflow_handle(listed.id, run_id=listed.run_id)
        history = await handle.fetch_history()
        found[f"history of {listed.id}"] = b"".join(event.SerializeToString() for event in history.events)
        found[f"description of {listed.id}"] = (await handle.describe()).raw_description.SerializeToString()
        if listed.id in ids:
            for query in QUERIES:
                found[f"{query} of {listed.id}"] = json.dumps(await handle.query(query), default=str).encode()
    sql = await asyncpg.connect(server.dsn("workflows"))
    try:
        for (table,) in await sql.fetch("select tablename from pg_tables where schemaname = 'public'"):
            rows = await sql.fetch(f'select t::text from "{table}" t')  # noqa: S608  names of the catalogue
            found[f"ledger {table}"] = "\n".join(row[0] for row in rows).encode()
    finally:
        await sql.close()
    return found


async def test_no_canary_gets_out_of_vendors_services_callbacks_and_notices(
    world: World, wired: Wired, postgres_server: EmbeddedPostgres, log: io.StringIO
) -> None:
    canary = Canary()
    canary.settle_in(wired)
    erased = await _erasure(world, wired, canary)

    async def told() -> bool:
        return "sent" in {one.state for one in await world.office.recipients(erased.id)}

    await eventually(told)
    asked = await _asked_elsewhere(world, canary)
    redacted, stated = await _redacted(world, canary), await _told_an_authority(world, canary)
    places = await _everywhere(world, postgres_server, {erased.id, asked.id, redacted.id, stated.id})
    places |= {"log": log.getvalue().encode()}
    storage = world.parts.storage
    assert isinstance(storage, FolderStorage)
    places |= files(storage._root)
    assert any(name.startswith(f"history of {erased.id}/") for name in places), "the notices have a workflow"
    assert b"activity_failed" in places["log"]
    assert canary.found(places) == {}
    assert canary.found({"let through": canary.says("one").encode()})
