"""The room of tasks: each write may come twice and counts once; what is over stays over."""

import asyncio
from datetime import timedelta

import pytest

from activities.ledger import Ledger, TaskFilter, TaskState
from habeas.errors import BadInput, WrongStage
from tests.ledger.conftest import NOW

TASK = "hb-0000-0000-0000-1"
OTHER = "hb-0000-0000-0000-2"
TODAY = NOW.date()


async def _open(
    ledger: Ledger, request: str, task: str = TASK, system: str = "paper", owner: str | None = None
) -> None:
    async with ledger.begin() as tx:
        await tx.open_task(
            task, request, system=system, phase="find", at=NOW, due_on=TODAY + timedelta(days=7), owner=owner
        )


async def test_a_task_is_opened_once(ledger: Ledger, opened: str) -> None:
    await _open(ledger, opened)
    async with ledger.begin() as tx:
        again = await tx.open_task(TASK, opened, system="paper", phase="find", at=NOW + timedelta(days=1), due_on=None)
        assert (again.opened_at, again.due_on) == (NOW, TODAY + timedelta(days=7))
        assert (again.state, again.controller, again.reminded) == (TaskState.OPEN, "acme", 0)
        with pytest.raises(BadInput):
            await tx.task(OTHER)


async def test_a_task_is_done_once_and_never_undone(ledger: Ledger, opened: str) -> None:
    await _open(ledger, opened)
    async with ledger.begin() as tx:
        done = await tx.finish_task(TASK, at=NOW, by="0123456789abcdef", counts={"records": 2})
        assert (done.state, done.done_by, done.counts) == (TaskState.DONE, "0123456789abcdef", {"records": 2})
        with pytest.raises(WrongStage):
            await tx.finish_task(TASK, at=NOW, by="fedcba9876543210", counts={})
        assert await tx.cancel_tasks(opened, NOW) == 0
        assert (await tx.task(TASK)).state is TaskState.DONE


async def test_of_two_ends_at_once_one_counts(ledger: Ledger, opened: str) -> None:
    await _open(ledger, opened)

    async def end(by: str) -> str:
        async with ledger.begin() as tx:
            return (await tx.finish_task(TASK, at=NOW, by=by, counts={})).done_by or ""

    ends = await asyncio.gather(end("aaaa"), end("bbbb"), return_exceptions=True)
    assert sorted(isinstance(each, WrongStage) for each in ends) == [False, True]


async def test_tasks_of_a_system_are_cancelled_and_the_others_stay(ledger: Ledger, opened: str) -> None:
    await _open(ledger, opened)
    await _open(ledger, opened, OTHER, "resellers")
    async with ledger.begin() as tx:
        assert await tx.cancel_tasks(opened, NOW, system="paper") == 1
        assert [one.id for one in await tx.tasks(TaskFilter(request_id=opened))] == [OTHER]
        assert await tx.cancel_tasks(opened, NOW) == 1
        assert await tx.tasks(TaskFilter()) == ()
        assert len(await tx.tasks(TaskFilter(state=None))) == 2
        with pytest.raises(WrongStage):
            await tx.finish_task(TASK, at=NOW, by="aaaa", counts={})


async def test_mine_are_those_of_me_and_of_nobody(ledger: Ledger, opened: str) -> None:
    await _open(ledger, opened, owner="me")
    await _open(ledger, opened, OTHER)
    await _open(ledger, opened, "hb-0000-0000-0000-3", owner="another")
    async with ledger.begin() as tx:
        assert [one.id for one in await tx.tasks(TaskFilter(mine="me"))] == [TASK, OTHER]
        assert await tx.tasks(TaskFilter(controller="another")) == ()
        assert await tx.tasks(TaskFilter(due_before=TODAY)) == ()
        assert len(await tx.tasks(TaskFilter(due_before=TODAY + timedelta(days=8)))) == 3


async def test_a_reminder_told_late_counts_nothing_back(ledger: Ledger, opened: str) -> None:
    await _open(ledger, opened)
    async with ledger.begin() as tx:
        for number in (1, 3, 2):
            await tx.remind_task(TASK, number)
        assert (await tx.task(TASK)).reminded == 3


async def test_staff_of_one_controller_see_no_tasks_of_another(ledger: Ledger, opened: str) -> None:
    await _open(ledger, opened)
    async with ledger.only({"another"}).begin() as tx:
        assert await tx.tasks(TaskFilter(state=None)) == ()
        with pytest.raises(BadInput):
            await tx.task(TASK)
