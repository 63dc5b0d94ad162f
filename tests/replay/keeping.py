"""Stories of what is kept and held: told like those of `tests.replay.stories`."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from activities import lifting
from activities.keeping import Sweep
from activities.ledger import TaskFilter
from habeas.acts import ActKind
from habeas.errors import Terminal, Transient
from habeas.model import Identifier, Right, Stage
from habeas.testing import MemoryRow
from tests.replay.by_hand import FOUND, task_at_hand
from tests.workflows.controllers import controller
from tests.workflows.keeping import chatting, says
from tests.workflows.world import Case, World, eventually, someone
from workers.office import Said
from workers.office.holds import NewHoldInput


async def erasure_under_a_hold(world: World) -> Case:
    """A hold comes while the plan is under review: another plan, which keeps the person's data."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    first = await case.plan()
    email = Identifier(kind="email", value=person.email)
    asked = NewHoldInput(controller="demo", provision="Case 2026/114", reason="claim served", identifiers=(email,))
    placed = await world.office.place_hold(asked, by="ann")

    async def again() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and await case.plan() != first

    await eventually(again)
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    await world.office.lift_hold(placed.hold.id, by="ann")
    return case


async def access_with_a_hold_on_deletion(world: World) -> Case:
    """Chat messages are held while the copy is made, and let go."""
    name = chatting(world)
    person = someone()
    person.settle_in(world.connectors)
    says(world, person, datetime.now(UTC).date())
    case = await world.open(person, controller=name)
    await case.prove()
    return case


async def access_refused_with_a_hold_on_deletion(world: World) -> Case:
    """Held at receipt, and let go when the request is refused."""
    name = chatting(world)
    person = someone()
    person.settle_in(world.connectors)
    says(world, person, datetime.now(UTC).date())
    case = await world.open(person, controller=name)
    await case.reaches(Stage.VERIFYING)
    await case.act(ActKind.REFUSE, ground="manifestly_unfounded")
    return case


async def erasure_with_reasons_at_once(world: World) -> Case:
    """Why invoices are kept is told before anything is erased."""
    name = controller(world, "prompt", promise={"reasons_at_once": ("transactions",)})
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE, controller=name)
    await case.prove()
    await case.approve_twice()
    return case


class Swept(Case):
    """A sweep, or whatever else goes on beside a request, in its place."""

    def __init__(self, world: World, case: Case, handle: Any) -> None:
        super().__init__(world, case.id, case.person)
        self.handle = handle
        self.id = handle.id

    async def reaches(self, stage: Stage) -> Any:
        """It has no stages."""


async def sweep(world: World) -> Case:
    """What a hold had kept goes, as it is lifted; short-lived data ends; a system is away."""
    chatting(world)
    case = await erasure_under_a_hold(world)
    says(world, case.person, datetime.now(UTC).date() - timedelta(days=40))
    world.connectors["billing"].fail("erase", *[Transient("down", retry_after=0.05) for _ in range(4)])
    handle = await world.env.client.start_workflow(
        "SweepWorkflow", Sweep(once=True), id=f"sweep-{uuid.uuid4().hex[:8]}", task_queue=world.parts.task_queue
    )
    return Swept(world, case, handle)


async def sweep_that_tells_again(world: World) -> Case:
    """A system is away: staff hear of it, as they do every week."""
    return await sweep(world)


async def sweep_that_reminds(world: World) -> Case:
    """The same; what closed requests were answered without is looked for, too."""
    return await sweep(world)


async def sweep_that_tells_the_person(world: World) -> Case:
    """What a hold had kept goes, and the person hears of it."""
    return await sweep(world)


async def sweep_that_is_told(world: World) -> Case:
    """Who was told before hears of what ends later; short-lived data does not end, and the officer hears of it."""
    chatting(world)
    person = someone()
    person.settle_in(world.connectors)
    another = MemoryRow(
        collection="contacts", key=f'["{person.number}-2"]', root=f'["{person.number}"]', data={"phone": "555 0100"}
    )
    world.connectors["crm"].put(another)
    email = Identifier(kind="email", value=person.email)
    asked = NewHoldInput(
        controller="sharing", category="activity", provision="Case 2026/114", reason="served", identifiers=(email,)
    )
    placed = await world.office.place_hold(asked, by="ann")
    case = await world.open(person, Right.ERASURE, controller="sharing")
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    await world.office.lift_hold(placed.hold.id, by="ann")
    world.connectors["chat"].fail("expired", Terminal("no permission"))
    handle = await world.env.client.start_workflow(
        "SweepWorkflow", Sweep(once=True), id=f"sweep-{uuid.uuid4().hex[:8]}", task_queue=world.parts.task_queue
    )
    return Swept(world, case, handle)


async def _kept_on_paper(world: World) -> tuple[Case, Any]:
    """What a hold had kept in the archive may be kept no longer: the sweep has a human asked."""
    person = someone()
    person.settle_in(world.connectors)
    email = Identifier(kind="email", value=person.email)
    asked = NewHoldInput(controller="archive", provision="Case 2026/114", reason="served", identifiers=(email,))
    placed = await world.office.place_hold(asked, by="ann")
    case = await world.open(person, Right.ERASURE, controller="archive")
    await case.prove()
    await world.office.finish_task((await task_at_hand(case)).id, by="kim", reason="folder 12", said=FOUND)
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    await world.office.lift_hold(placed.hold.id, by="ann")
    handle = await world.env.client.start_workflow(
        "SweepWorkflow", Sweep(once=True), id=f"sweep-{uuid.uuid4().hex[:8]}", task_queue=world.parts.task_queue
    )
    return case, handle


async def sweep_that_asks_a_human(world: World) -> Case:
    """The sweep's own part of it."""
    return Swept(world, *await _kept_on_paper(world))


async def kept_paper_is_shredded(world: World) -> Case:
    """The task's: told, done, and what the human says is what became of it."""
    case, handle = await _kept_on_paper(world)
    await handle.result()
    async with world.parts.ledger.begin() as tx:
        (task,) = (one for one in await tx.tasks(TaskFilter(request_id=case.id)) if one.phase == "erase")
    await world.office.finish_task(task.id, by="kim", reason="shredded", said=Said(outcomes=("erased",)))
    return Swept(world, case, world.env.client.get_workflow_handle(f"{case.id}/task/{task.id}"))


async def sweep_that_follows(world: World) -> Case:
    """Somebody has asked for a copy by what only another system knows: they are followed there before anything ends."""
    name = chatting(world)
    person = someone()
    person.settle_in(world.connectors)
    says(world, person, datetime.now(UTC).date() - timedelta(days=40))
    number = f"customer_number={person.number}"
    case = await world.open(person, controller=name, emails=(), identifiers=(number,))
    await case.reaches(Stage.VERIFYING)
    handle = await world.env.client.start_workflow(
        "SweepWorkflow", Sweep(once=True), id=f"sweep-{uuid.uuid4().hex[:8]}", task_queue=world.parts.task_queue
    )
    return Swept(world, case, handle)


async def erased_again_after_a_restore(world: World) -> Case:
    """Two systems were restored: what erasures did there is looked at, and done once more; one has changed since."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    person.settle_in(world.connectors, notes=4)
    since = (world.now[0] - timedelta(minutes=1)).isoformat()
    seen = await world.office.look_back(since, controller="demo", by="ann", reason="restored")
    await world.office.erase_again(since, plan=seen.plan, controller="demo", by="bo", reason="seen")
    return Swept(world, case, world.env.client.get_workflow_handle(f"habeas-replay/{seen.plan[:16]}"))


async def restriction_lifted(world: World) -> Case:
    """The person is told, then it is lifted, then recipients hear that they may use the data again."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.RESTRICTION, controller="sharing", situation="it is not right")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    shown = await world.office.change_plan(case.id, by="ann", reason="review")
    await case.act(ActKind.APPROVE, plan=shown.digest)
    await case.reaches(Stage.CLOSED)
    return await _lifted(world, case)


async def _lifted(world: World, case: Case) -> Case:
    handle = world.env.client.get_workflow_handle(f"{case.id}/lift")
    week, lifting.NOTICE = lifting.NOTICE, timedelta(seconds=2)
    try:
        await world.office.lift_restriction(case.id, by="ann", reason="settled")
        await handle.result()
    finally:
        lifting.NOTICE = week
    return Swept(world, case, handle)


async def restriction_of_paper_lifted_beside_another(world: World) -> Case:
    """Another one keeps the paper set aside: nobody is sent to put it back."""
    person = someone()
    person.settle_in(world.connectors)
    cases = []
    for _ in range(2):
        case = await world.open(person, Right.RESTRICTION, controller="archive", situation="it is not right")
        await case.prove()
        await world.office.finish_task((await task_at_hand(case)).id, by="kim", reason="folder 12", said=FOUND)
        await case.reaches(Stage.REVIEWING)
        shown = await world.office.change_plan(case.id, by="ann", reason="review")
        await case.act(ActKind.APPROVE, plan=shown.digest)
        said = Said(outcomes=("restricted",))
        await world.office.finish_task((await task_at_hand(case, "restrict")).id, by="kim", reason="marked", said=said)
        await case.reaches(Stage.CLOSED)
        cases.append(case)
    return await _lifted(world, cases[0])


async def another_link(world: World) -> Case:
    """One more link to a copy that was answered."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLOSED)
    act_id = str(uuid.uuid4())
    await world.office.release(case.id, by="ann", reason="the letter was lost", act_id=act_id)
    return Swept(world, case, world.env.client.get_workflow_handle(f"{case.id}/link/{act_id}"))


KEEPING = (
    erasure_under_a_hold,
    access_with_a_hold_on_deletion,
    access_refused_with_a_hold_on_deletion,
    erasure_with_reasons_at_once,
    sweep,
    sweep_that_is_told,
    sweep_that_tells_again,
    erased_again_after_a_restore,
    sweep_that_reminds,
    sweep_that_follows,
    sweep_that_tells_the_person,
    restriction_lifted,
    sweep_that_asks_a_human,
    kept_paper_is_shredded,
    restriction_of_paper_lifted_beside_another,
    another_link,
)
