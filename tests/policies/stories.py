"""What the policies' tests look at again and again: what a package tells of each category, and what is left."""

from __future__ import annotations

import contextlib
import json
from datetime import date, timedelta
from typing import Any

import pytest

from activities.ledger import RequestRow, TaskFilter
from habeas.acts import ActKind
from habeas.errors import UnknownRequest, WrongStage
from habeas.model import Outcome, Stage
from tests.policies.package import Package, Row
from tests.policies.world import Asked, Installation, Rows
from tests.workflows.world import eventually
from workers.office import Said
from workers.office.tasks import ShownTask


def told_of(package: Package) -> dict[str, Row]:
    """What a package tells of each category, by its title."""
    return {one["category"]: one for one in package.json("article15.json")["categories"]}


def assert_told_as_in_policy(world: Installation, controller: str, package: Package, language: str) -> set[str]:
    """Each category in a package has the purposes, source, term, basis and recipients of the policy.

    Returns:
        The ids of the categories that it tells of.
    """
    told, policy, page = told_of(package), world.policy(controller), package.text()
    found = set()
    for category in policy.categories:
        facts = told.get(category.title[language])
        if facts is None:
            continue
        found.add(category.id)
        assert facts["purposes"] == list(category.purposes[language])
        assert facts["sources"] == [category.source[language]]
        assert facts["retention"] == [category.retention[language]]
        assert facts["legal_bases"] == [basis.value for basis in category.legal_bases]
        assert facts["recipients"] == [policy.said(policy.recipient(one).name, language) for one in category.recipients]
        assert category.retention[language] in page
    return found


def left(now: dict[str, list[Row]]) -> set[str]:
    """Where something of the person is left."""
    return {place for place, rows in now.items() if rows}


def consented(rows: Rows) -> tuple[Rows, Rows]:
    """Rows that rest on no consent that was withdrawn, which no sweep may touch; and the others, which one ends.

    A withdrawal gives a row its ``delete_from``, the day that its term runs from.
    """
    ending = {
        place: frozenset(row for row in each if json.loads(row).get("delete_from")) for place, each in rows.items()
    }
    return {place: each - ending[place] for place, each in rows.items()}, ending


async def is_hidden_from_strangers(world: Installation, controller: str) -> None:
    """Staff of every other controller see nothing of one's request, and can do nothing with it."""
    case = await world.ask(controller, await world.settle(controller))
    for stranger in sorted(world.parts.policies.keys() - {controller}):
        account = world.staff(stranger)[0]
        theirs = world.office.for_staff(account)
        with pytest.raises(UnknownRequest):
            await theirs.show(case.id)
        with pytest.raises(UnknownRequest):
            await theirs.act(ActKind.WITHDRAW, case.id, by=account, reason="curious")
    assert (await world.office.for_staff(case.by[0]).show(case.id)).request.id == case.id


async def due_in_ledger(case: Asked) -> str:
    """Until the request's day is in the ledger."""

    async def there() -> date | None:
        return (await case.row()).due_on

    return (await eventually(there)).isoformat()


async def released_without(world: Installation, case: Asked, system: str, table: str) -> RequestRow:
    """A system stays away until two days before the last; what the others hold goes out then.

    Args:
        world: where.
        case: newly asked, for access.
        system: one whose ``table`` was taken away before.
        table: put back at the end.
    """
    try:
        await case.proves()

        async def blocked() -> bool:
            return (await case.row()).blocked_on == (system,)

        await eventually(blocked)
        due_at = (await case.row()).due_at
        assert due_at is not None
        await case.passes(due_at - world.now[0] - timedelta(days=2) + timedelta(minutes=1))
        await case.approved()
        closed = await case.reaches(Stage.CLOSED)
    finally:
        await world.stores[system].execute(f"ALTER TABLE {table}_gone RENAME TO {table}")
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert closed.closed_at is not None
    assert closed.closed_at < due_at
    return closed


async def task_of(case: Asked, system: str, phase: str = "find") -> ShownTask:
    """Until a human is asked to do this there: what they are told of it."""
    office = case.world.office.for_staff(case.by[0])

    async def there() -> str | None:
        rows = await office.tasks(TaskFilter(request_id=case.id))
        return next((row.id for row in rows if (row.system, row.phase) == (system, phase)), None)

    return await office.task(await eventually(there), by=case.by[0], reason="going there")


async def by_hand(case: Asked, system: str, phase: str = "find", **said: Any) -> ShownTask:
    """Until a human is asked to do this there; then they say what came of it."""
    shown = await task_of(case, system, phase)
    office = case.world.office.for_staff(case.by[1])

    async def taken() -> bool:
        # The ledger knows of a task an instant before the workflow does.
        with contextlib.suppress(WrongStage):
            await office.finish_task(shown.entry.id, by=case.by[1], reason="went there", said=Said.model_validate(said))
            return True
        return False

    await eventually(taken)
    return shown
