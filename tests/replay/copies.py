"""Stories of a copy and an erasure of one person; see `tests.replay.stories`."""

from __future__ import annotations

from habeas.acts import ActKind
from habeas.errors import Transient
from habeas.model import Right, Stage
from tests.workflows.world import Case, World, eventually, someone


async def _both(world: World) -> tuple[Case, Case]:
    """A copy under review, and an erasure that is approved and waits for it."""
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    copy = await world.open(person, Right.ACCESS)
    await copy.prove()
    await copy.reaches(Stage.REVIEWING)
    erasure = await world.open(person, Right.ERASURE)
    await erasure.prove()
    await erasure.approve_twice()
    await blocked(erasure, "habeas-copy")
    return copy, erasure


async def blocked(case: Case, on: str) -> None:
    """Until the request shows that it waits for this, and nothing else."""

    async def so() -> bool:
        return (await case.row()).blocked_on == (on,)

    await eventually(so)


async def copy_before_an_erasure(world: World) -> Case:
    """The copy, which tells the erasure when it is answered."""
    copy, _ = await _both(world)
    await copy.act(ActKind.APPROVE)
    return copy


async def erasure_after_a_copy(world: World) -> Case:
    """The erasure, which goes on by itself."""
    copy, erasure = await _both(world)
    await copy.act(ActKind.APPROVE)
    return erasure


async def erasure_without_the_copy(world: World) -> Case:
    """Two people say to go on; one had first asked to look again."""
    _, erasure = await _both(world)
    await erasure.act(ActKind.RETRY_SYSTEM, system="habeas-copy")
    plan = await erasure.plan()
    for by in ("ann", "bob"):
        await erasure.act(ActKind.APPROVE, by=by, plan=plan, ground="without_copy")
    return erasure


async def erasure_at_its_last_door(world: World) -> Case:
    """A system is away; before it is back a copy is asked for, and taken back."""
    person = someone()
    person.settle_in(world.connectors)
    erasure = await world.open(person, Right.ERASURE)
    await erasure.prove()
    world.connectors["crm"].fail(
        "erase", *[Transient("down", retry_after=wait) for wait in (0.05, 0.05, 0.05, 0.05, 6)]
    )
    await erasure.approve_twice()
    await blocked(erasure, "crm")
    copy = await world.open(person, Right.ACCESS)
    await copy.has_letter("code")
    await blocked(erasure, "habeas-copy")
    await copy.act(ActKind.WITHDRAW)
    return erasure


COPIES = (copy_before_an_erasure, erasure_after_a_copy, erasure_without_the_copy, erasure_at_its_last_door)
