"""A connected system is restored from a backup: what erasures did there since is done again, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from activities.replay_model import ReplayReport
from habeas.connector import Connector
from habeas.errors import Terminal, Transient
from habeas.model import Identifier, Right, Stage
from habeas.outcomes import Pending
from tests.workflows.controllers import controller
from tests.workflows.world import Case, Person, World, someone
from workers.office.holds import NewHoldInput


async def erased(world: World, whose: str) -> tuple[Case, Person]:
    """Somebody whose erasure is closed."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE, controller=whose)
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    return case, person


def before(world: World) -> str:
    """A moment before anything was erased."""
    return (world.now[0] - timedelta(minutes=1)).isoformat()


async def look(world: World, whose: str, by: str = "ann") -> ReplayReport:
    return await world.office.look_back(before(world), controller=whose, by=by, reason="restored")


async def again(world: World, whose: str, plan: str, by: str) -> ReplayReport:
    return await world.office.erase_again(before(world), plan=plan[:12], controller=whose, by=by, reason="seen")


def states(report: ReplayReport) -> dict[str, str]:
    return {line.system: line.state for line in report.lines}


def rows_of(world: World, person: Person) -> set[tuple[str, str]]:
    """Where something bears this person's number, in all systems."""
    return {
        (system, place[1])
        for system, one in world.connectors.items()
        for place in one.rows
        if person.number in place[1] and (system, place[0]) != ("billing", "customers")
    }


async def test_what_a_backup_brought_back_is_erased_again_once_two_have_seen_it(world: World) -> None:
    whose = controller(world, "restored")
    case, person = await erased(world, whose)
    other = someone()
    other.settle_in(world.connectors)
    others, left = rows_of(world, other), rows_of(world, person)
    assert (await look(world, whose)).lines == ()

    person.settle_in(world.connectors)
    seen = await look(world, whose)
    assert (states(seen), seen.carried_out) == ({"crm": "back", "billing": "back"}, False)
    assert {line.system: line.objects for line in seen.lines} == {"crm": 4, "billing": 1}
    alone = await again(world, whose, seen.plan, "Ann ")
    assert set(states(alone).values()) == {"not_allowed"}, "whoever looked is one person, however they write themselves"
    assert len(rows_of(world, person)) > len(left)

    done = await again(world, whose, seen.plan, "bo")
    assert (states(done), done.carried_out) == ({"crm": "erased_again", "billing": "erased_again"}, True)
    assert rows_of(world, person) == left, "the invoice, which a law keeps, stays"
    assert rows_of(world, other) == others
    assert (await case.tags()).count("erasure:replayed") == 2
    assert (await look(world, whose)).lines == ()
    assert (await case.events())[-1].actor == world.office.actor("bo")


async def test_a_restored_system_that_is_late_is_waited_for_and_one_that_refuses_is_named(world: World) -> None:
    whose = controller(world, "restored-weak")
    _, person = await erased(world, whose)
    person.settle_in(world.connectors)
    crm, billing = world.connectors["crm"], world.connectors["billing"]
    crm.fail("confirm", Transient("busy", retry_after=0.01))
    crm.answers("confirm", Pending(handle="job", poll_after=1))
    billing.fail("confirm", Terminal("credentials refused"))
    assert states(await look(world, whose)) == {"crm": "back", "billing": "terminal"}
    seen = await look(world, whose)
    crm.fail("erase", Transient("busy", retry_after=0.01))
    billing.fail("erase", Terminal("credentials refused"))
    done = await again(world, whose, seen.plan, "bo")
    assert states(done) == {"crm": "erased_again", "billing": "terminal"}
    assert states(await look(world, whose)) == {"billing": "back"}


async def test_what_is_not_as_it_was_approved_is_left_to_a_human(world: World) -> None:
    whose = controller(world, "restored-otherwise")
    _, person = await erased(world, whose)
    person.settle_in(world.connectors, notes=4)
    seen = await look(world, whose)
    done = await again(world, whose, seen.plan, "bo")
    assert states(done) == {"crm": "drifted", "billing": "erased_again"}
    assert ("crm", f'["{person.number}-0"]') in rows_of(world, person), "nothing of it was touched"
    assert next(line.unplanned for line in done.lines if line.system == "crm") == 1

    changed = await again(world, whose, seen.plan, "bo")
    assert not changed.carried_out, "what is back is less than what was seen"
    assert states(changed) == {"crm": "back"}


async def test_a_hold_that_came_since_keeps_what_is_back(world: World) -> None:
    whose = controller(world, "restored-held")
    _, person = await erased(world, whose)
    person.settle_in(world.connectors)
    email = Identifier(kind="email", value=person.email)
    hold = NewHoldInput(controller=whose, system="crm", provision="Case 7", reason="claim", identifiers=(email,))
    await world.office.place_hold(hold, by="kim")
    seen = await look(world, whose)
    assert states(await again(world, whose, seen.plan, "bo")) == {"crm": "held", "billing": "erased_again"}
    assert ("crm", f'["{person.number}"]') in rows_of(world, person)


async def test_it_says_what_nobody_can_know(world: World) -> None:
    whose = controller(world, "restored-unknown")
    forgotten, person = await erased(world, whose)
    person.settle_in(world.connectors)
    async with world.parts.ledger.begin() as tx:
        await tx.destroy_key(forgotten.id, world.now[0])
    gone, _ = await erased(world, whose)
    connectors = cast("dict[str, Connector]", world.parts.connectors)
    crm = connectors.pop("crm")
    try:
        report = await look(world, whose)
    finally:
        connectors["crm"] = crm
    found = {(line.request_id, line.system): (line.state, line.objects) for line in report.lines}
    assert found == {
        (forgotten.id, "crm"): ("key_destroyed", 4),
        (forgotten.id, "billing"): ("key_destroyed", 1),
        (gone.id, "crm"): ("no_system", 4),
    }
    assert report.plan == "", "nothing of it can be erased again"
    assert ("crm", f'["{person.number}"]') in rows_of(world, person)


async def test_a_system_can_ask_whether_somebody_was_erased_and_learns_of_nobody_else(world: World) -> None:
    whose, elsewhere = controller(world, "asked"), controller(world, "asked-elsewhere")
    case, person = await erased(world, whose)
    stranger = someone()
    asked = (
        Identifier(kind="email", value=stranger.email),
        Identifier(kind="email", value=person.email.upper()),
        Identifier(kind="customer_number", value=person.number),
    )
    for _ in range(2):
        answers = await world.office.suppressed(asked, controller=whose, by="shop")
        assert [one.suppressed for one in answers] == [False, True, True]
    assert answers[1].since == world.office.today(whose)
    assert (await case.tags()).count("suppression:met") == 1, "once a day"
    assert not any(one.suppressed for one in await world.office.suppressed(asked, controller=elsewhere, by="shop"))
    async with world.parts.ledger.begin() as tx:
        await tx.destroy_key(case.id, world.now[0])
    assert not any(one.suppressed for one in await world.office.suppressed(asked, controller=whose, by="shop"))
