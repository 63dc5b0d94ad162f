"""Sweeps on a day of the test's choosing, and people with something short-lived."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from activities.keeping import Sweep, SweepReport
from habeas.model import Identifier
from habeas.testing import MemoryRow
from tests.workflows.controllers import controller
from tests.workflows.world import Person, World

HERE = ZoneInfo("Europe/Copenhagen")
"""Where the demo controller's days begin and end."""


def today() -> datetime:
    """Now, on the controller's calendar: for an hour or two each night its day is another than that of UTC."""
    return datetime.now(HERE)


async def sweep(world: World, after: timedelta = timedelta()) -> SweepReport:
    """One sweep, so much later than now."""
    handle = await world.env.client.start_workflow(
        "SweepWorkflow",
        Sweep(once=True),
        id=f"sweep-{uuid.uuid4().hex}",
        task_queue=world.parts.task_queue,
        start_delay=after,
        result_type=SweepReport,
    )
    if after:
        await world.env.fast_forward(handle, after)
    async with asyncio.timeout(60):
        report: SweepReport = await handle.result()
    return report


def chatting(world: World, name: str = "chatty") -> str:
    """A controller with a CRM and a chat."""
    if name in world.parts.policies:
        return name
    controller(world, name)
    policies = world.parts.policies
    policies[name] = policies[name].model_copy(update={"systems": ("crm", "chat")})  # type: ignore[index]  # a dict
    return name


def invoice(world: World, person: Person, anchor: date) -> tuple[str, str]:
    """The person's invoice, dated so; its place."""
    place = ("invoices", f'["I{person.number}"]')
    row = world.connectors["billing"].rows[place]
    world.connectors["billing"].put(row.model_copy(update={"anchor": anchor}))
    return place


def says(world: World, person: Person, on: date) -> tuple[str, str]:
    """The person wrote something in the chat on that day; its place."""
    email = Identifier(kind="email", value=person.email)
    visitor = MemoryRow(
        collection="visitors", key=f'["V{person.number}"]', data={"email": person.email}, identifiers=(email,)
    )
    message = MemoryRow(
        collection="messages", key=f'["M{person.number}"]', root=visitor.key, data={"text": "hello"}, anchor=on
    )
    world.connectors["chat"].put(visitor, message)
    return message.collection, message.key


def years_ago(years: int, today: date) -> date:
    """The same day so many years before; the 28th for a leap day."""
    return today.replace(year=today.year - years, day=min(today.day, 28) if today.month == 2 else today.day)
