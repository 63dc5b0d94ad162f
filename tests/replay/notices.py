"""Stories of who is told beside a request, and of processors: told like those of `tests.replay.stories`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from activities import processors, recipients, tasks
from activities.ledger import TaskFilter, TaskRow
from activities.model import BounceOrder
from habeas.acts import ActKind
from habeas.model import Right, Stage
from tests.replay.keeping import Swept
from tests.workflows.world import AGENCY, Case, World, eventually, someone
from workers.office import Said

SOON = 0.3
"""Seconds that stand for a day."""


@contextmanager
def _quick() -> Iterator[None]:
    """Days pass in a blink; a task's own day comes after those of its processor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipients, "_DAY", SOON)
        patch.setattr(processors, "DAY", timedelta(seconds=SOON))
        patch.setattr(processors, "SOONEST", SOON)
        patch.setattr(tasks, "_morning", lambda day, after, zone: after + timedelta(seconds=20 * SOON))
        yield


async def recipients_silent(world: World) -> Case:
    """Recipients are reminded, and staff hear of their silence; then each is heard from."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE, controller="sharing")
    await case.prove()
    with _quick():
        await case.approve_twice()
        await case.reaches(Stage.CLOSED)
        await case.has_letter("staff_escalation")
    for one in await world.office.recipients(case.id):
        if one.state == "escalated":
            await world.office.acknowledge(case.id, one.recipient, by="ann", reason="they phoned")
    return Swept(world, case, world.env.client.get_workflow_handle(f"{case.id}/recipients"))


async def _asked(world: World) -> tuple[Case, TaskRow]:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller="agency")
    await case.prove()

    async def there() -> TaskRow | None:
        async with world.parts.ledger.begin() as tx:
            rows = await tx.tasks(TaskFilter(request_id=case.id))
        return rows[0] if rows and "mailing" in (await case.row()).blocked_on else None

    task = await eventually(there)
    await case.has_letter("processor_notice")
    return case, task


def _notices(world: World, case: Case, task: TaskRow) -> Any:
    return world.env.client.get_workflow_handle(f"{case.id}/processors/{task.id}")


async def _without(case: Case) -> None:
    await case.act(ActKind.SKIP_SYSTEM, system="mailing")
    await case.reaches(Stage.CLOSED)


async def access_by_a_processor(world: World) -> Case:
    """A processor is instructed, is written to once more, and answers that it has nothing."""
    case, _ = await _asked(world)
    await case.act(ActKind.RETRY_SYSTEM, system="mailing")
    await case.has_letter("processor_reminder")
    link = re.search(r"/p/([\w-]{30,})", world.mail.text(AGENCY, case.id))
    assert link
    await world.office.receive_instruction(link[1])
    await world.office.answer_instruction(link[1], Said(nothing=True), "looked")
    return case


async def processor_asked_on_its_day(world: World) -> Case:
    """It acknowledges after a reminder, and does not answer: its answer is asked for once more."""
    with _quick():
        case, task = await _asked(world)
        await case.has_letter("processor_reminder")
        link = re.search(r"/p/([\w-]{30,})", world.mail.text(AGENCY, case.id))
        assert link
        async with world.parts.ledger.begin() as tx:
            row = next(one for one in await tx.notices(case.id) if one.occasion == task.id)
        await world.office._acknowledge(row, "processor")
    await _without(case)
    return Swept(world, case, _notices(world, case, task))


async def processor_silent(world: World) -> Case:
    """It is reminded, and staff hear of its silence."""
    with _quick():
        case, task = await _asked(world)
        await case.has_letter("staff_escalation")
    await _without(case)
    return Swept(world, case, _notices(world, case, task))


async def _came_back(world: World) -> tuple[Case, TaskRow, str]:
    case, task = await _asked(world)
    async with world.parts.ledger.begin() as tx:
        letter = next(row for row in await tx.letters(case.id) if row.kind == "processor_notice")
    await world.office._engine.bounced(
        BounceOrder(request_id=case.id, at=world.now[0], letter_id=letter.id, status="5.1.1")
    )
    await case.has_letter("staff_escalation")
    await _without(case)
    return case, task, letter.id


async def processor_unreachable(world: World) -> Case:
    """Its letter comes back: staff hear of it at once."""
    case, task, _ = await _came_back(world)
    return Swept(world, case, _notices(world, case, task))


async def processors_letter_came_back(world: World) -> Case:
    """The delivery report, and who is told of it."""
    case, _, letter = await _came_back(world)
    return Swept(world, case, world.env.client.get_workflow_handle(f"{case.id}/bounce/{letter}"))


NOTICES = (
    recipients_silent,
    access_by_a_processor,
    processor_asked_on_its_day,
    processor_silent,
    processor_unreachable,
    processors_letter_came_back,
)
