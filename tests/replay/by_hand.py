"""Stories in which a human does something by hand; see `tests.replay.stories`."""

from __future__ import annotations

from datetime import timedelta

from activities.ledger import TaskFilter, TaskRow
from activities.task_model import FoundFile
from habeas.acts import ActKind
from habeas.model import Right, Stage
from habeas.policy import AtDeadline
from tests.workflows.controllers import controller
from tests.workflows.world import Case, World, eventually, someone
from workers.office import Said

FOUND = Said(
    records=('{"about": "kettle"}',), collection="letters", files=(FoundFile(name="scan.pdf", content=b"%PDF-1.4"),)
)


async def _on_paper(world: World, right: Right = Right.ACCESS, name: str = "archive") -> Case:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, right, controller=name)
    await case.prove()
    return case


async def task_at_hand(case: Case, phase: str = "find") -> TaskRow:
    """The task that the request waits for."""

    async def there() -> TaskRow | None:
        async with case.world.parts.ledger.begin() as tx:
            rows = await tx.tasks(TaskFilter(request_id=case.id))
        waits = "paper" in (await case.row()).blocked_on
        return next((row for row in rows if row.phase == phase and waits), None)

    return await eventually(there)


async def access_on_paper(world: World) -> Case:
    """A human is asked, reminded, and finds a letter and its scan."""
    case = await _on_paper(world)
    task = await task_at_hand(case)
    await case.act(ActKind.RETRY_SYSTEM, system="paper")
    await case.has_letter("staff_task_reminder")
    await world.office.finish_task(task.id, by="kim", reason="folder 12", said=FOUND)
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.APPROVE)
    return case


async def access_paper_left_out(world: World) -> Case:
    """Nobody goes to the archive."""
    case = await _on_paper(world)
    await task_at_hand(case)
    await case.act(ActKind.SKIP_SYSTEM, system="paper")
    return case


async def paper_left_out_is_followed_up(world: World) -> Case:
    """Nobody goes to the archive, and staff are told what is left to do."""
    return await access_paper_left_out(world)


async def paper_left_out_and_its_owner_hears(world: World) -> Case:
    """Nobody goes to the archive; whoever was asked to is told that the request goes on without it."""
    return await access_paper_left_out(world)


async def erasure_on_paper(world: World) -> Case:
    """Found, approved, shredded at the second try."""
    case = await _on_paper(world, Right.ERASURE)
    await world.office.finish_task((await task_at_hand(case)).id, by="kim", reason="folder 12", said=FOUND)
    await case.approve_twice()
    first = await task_at_hand(case, "erase")
    await world.office.finish_task(first.id, by="kim", reason="locked", said=Said(outcomes=("blocked",)))

    async def not_confirmed() -> bool:
        async with world.parts.ledger.begin() as tx:
            return any(row.error_code == "not_confirmed" for row in await tx.systems(case.id))

    await eventually(not_confirmed)
    await case.act(ActKind.RETRY_SYSTEM, system="paper")
    again = await task_at_hand(case, "erase")
    await world.office.finish_task(again.id, by="kim", reason="shredded", said=Said(outcomes=("erased",)))
    return case


async def erasure_by_hand_is_late(world: World) -> Case:
    """Approved, and still not shredded as the term ends: the person is told so."""
    dated = await (await world.open(someone(), controller="archive")).reaches(Stage.VERIFYING)
    if dated.due_at is None:
        raise RuntimeError("this law has a term")
    before = (dated.due_at - dated.opened_at - timedelta(seconds=60)) / timedelta(days=1)
    release = {"at_deadline": AtDeadline.RELEASE_PARTIAL, "days_before": before}
    case = await _on_paper(world, Right.ERASURE, controller(world, "late", of="archive", release=release))
    await world.office.finish_task((await task_at_hand(case)).id, by="kim", reason="folder 12", said=FOUND)
    await case.approve_twice()
    task = await task_at_hand(case, "erase")
    await case.has_letter("delay")
    await world.office.finish_task(task.id, by="kim", reason="shredded", said=Said(outcomes=("erased",)))
    return case
