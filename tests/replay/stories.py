"""Short stories of requests, and their histories: ``python -m tests.replay.stories NAME...``; without a name, a list.

They run on a real Temporal server, ledger and mail server with people in memory; `tests.replay.record` has some on the
whole stack. A history that is stored is never written over: it is what requests under way out in the world look like.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from activities.ledger import TaskFilter
from activities.mail import Mailer
from activities.resting import SHORT
from habeas.acts import ActKind
from habeas.errors import PlanOutlived, Quarantine, Terminal, Transient
from habeas.model import Identifier, Right, Stage
from habeas.outcomes import Awaiting, Pending
from habeas.policy import AtDeadline, Policy
from habeas.policy.sections import Proof
from habeas.testing import MemoryRow
from tests.replay.answers import ANSWERS
from tests.replay.by_hand import (
    access_on_paper,
    access_paper_left_out,
    erasure_by_hand_is_late,
    erasure_on_paper,
    paper_left_out_and_its_owner_hears,
    paper_left_out_is_followed_up,
)
from tests.replay.commands import HISTORIES, replay, stored
from tests.replay.copies import COPIES, blocked
from tests.replay.engine import engine
from tests.replay.keeping import KEEPING
from tests.replay.notices import NOTICES
from tests.replay.order import ORDER
from tests.replay.telling import TELLING
from tests.workflows.controllers import controller
from tests.workflows.world import Case, Person, World, eventually, someone
from workers.office import Said
from workers.office.holds import NewHoldInput

Story = Callable[[World], Awaitable[Case]]
SECOND = 1 / 86_400  # days
BY_HAND = (
    access_on_paper,
    access_paper_left_out,
    erasure_on_paper,
    erasure_by_hand_is_late,
    paper_left_out_is_followed_up,
    paper_left_out_and_its_owner_hears,
)


async def _open(world: World, right: Right = Right.ACCESS, *, free_text: bool = False, **words: object) -> Case:
    person = someone()
    person.settle_in(world.connectors, free_text=free_text)
    return await world.open(person, right, **words)


async def _review(world: World, right: Right = Right.ACCESS) -> Case:
    case = await _open(world, right, free_text=True)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


async def _blocked(case: Case, *systems: str) -> None:
    async def so() -> bool:
        return (await case.row()).blocked_on == systems

    await eventually(so)


async def access_closed(world: World) -> Case:
    """Proven, found, exported, closed."""
    case = await _open(world)
    await case.prove()
    return case


async def access_together(world: World) -> Case:
    """Two systems are asked in one call; one does not answer when it is collected from, and is by itself then."""
    with world.asked_together("crm", "billing"):
        case = await _open(world, free_text=True)
        await case.reaches(Stage.VERIFYING)
    world.connectors["billing"].fail("collect", Transient("busy"))
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.APPROVE)
    return case


async def access_with_stages_in_its_steps(world: World) -> Case:
    """A stage is written down with what is first done in it."""
    return await access_together(world)


async def erasure_together(world: World) -> Case:
    """Found and collected in one call each, erased system by system."""
    with world.asked_together("crm", "billing"):
        case = await _open(world, Right.ERASURE)
        await case.prove()
    await case.approve_twice()
    return case


async def letter_not_at_once(world: World) -> Case:
    """Where the workflow is, a letter's first try takes too long: it is a step of its own then."""
    return await _acknowledged(world, hangs=True)


async def letter_refused_at_once(world: World) -> Case:
    """The same where the first try fails."""
    return await _acknowledged(world, hangs=False)


async def _acknowledged(world: World, *, hangs: bool) -> Case:
    real, tried = Mailer.send, list[str]()

    async def troubled(mailer: Mailer, to: str, *letter: Any) -> None:
        tried.append(to)
        if len(tried) == 1:
            if hangs:
                await asyncio.Event().wait()
            raise Transient("busy")
        await real(mailer, to, *letter)

    with patch.object(Mailer, "send", troubled):
        case = await _open(world)
        await case.has_letter("acknowledgement")
    await case.prove()
    return case


async def access_approved(world: World) -> Case:
    """Free text is looked at before it is released."""
    case = await _review(world)
    await case.act(ActKind.APPROVE)
    return case


async def access_attested(world: World) -> Case:
    """Staff know the person; the code was not used."""
    case = await _open(world)
    await case.has_letter("code")
    await case.act(ActKind.RESEND_CODE)
    await case.has_letter("code", 2)
    await case.act(ActKind.ATTEST)
    return case


async def access_asked_again(world: World) -> Case:
    """Another code is asked for, and with it the time to give it runs anew."""
    case = await _open(world)
    await case.has_letter("code")
    await case.act(ActKind.RESEND_CODE)
    await case.has_letter("code", 2)
    await world.office.submit_code(case.id, await case.code(2))
    return case


async def access_proven_twice(world: World) -> Case:
    """The code is given, staff are reminded to attest, too, and do."""
    name = controller(
        world, "careful", identity={"rights": {Right.ACCESS: Proof.BOTH}, "remind_after_days": (5 * SECOND,)}
    )
    case = await _open(world, controller=name)
    await case.prove()
    await case.has_letter("staff_attention", 2)
    await case.act(ActKind.ATTEST)
    return case


async def access_attested_late(world: World) -> Case:
    """The term is over as the code is given: the person is told what waits, staff are reminded and attest."""
    identity = {"rights": {Right.ACCESS: Proof.BOTH}, "remind_after_days": (5 * SECOND,)}
    received = (world.now[0] - timedelta(days=60)).isoformat()
    case = await _open(world, controller=controller(world, "careful", identity=identity), received_at=received)
    await case.has_letter("staff_alarm")
    await case.prove()
    await case.has_letter("delay")
    await case.has_letter("staff_attention", 2)
    await case.act(ActKind.ATTEST)
    return case


async def erasure_closed(world: World) -> Case:
    """Approved by two, erased, invoices kept."""
    case = await _open(world, Right.ERASURE)
    await case.prove()
    await case.approve_twice()
    return case


async def erasure_drifted(world: World) -> Case:
    """The data changed between plan and erasure; approved anew."""
    case = await _review(world, Right.ERASURE)
    number, first = case.person.number, await case.plan()
    new = MemoryRow(collection="notes", key=f'["{number}-new"]', root=f'["{number}"]', data={"text": "", "n": 9})
    world.connectors["crm"].put(new)
    await case.act(ActKind.APPROVE, by="ann", plan=first)
    await case.act(ActKind.APPROVE, by="bob", plan=first)

    async def again() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and await case.plan() != first

    await eventually(again)
    await case.approve_twice()
    return case


async def erasure_with_a_job(world: World) -> Case:
    """One system asks to be asked again, then to be called back; another is looked at twice."""
    case = await _review(world, Right.ERASURE)
    crm = world.connectors["crm"]
    erase, answers = crm.erase, [Pending(handle="a", poll_after=1), Awaiting(handle="b", give_up_after=600)]
    looked = crm.confirm
    contact = crm.rows["contacts", f'["{case.person.number}"]']

    async def slow(plan: Any, handle: str | None) -> Any:
        return answers.pop(0) if answers else await erase(plan, handle)

    async def resurrected(*args: Any) -> Any:
        crm.put(contact)
        crm.confirm = looked  # type: ignore[method-assign]  # once
        return await looked(*args)

    crm.erase = slow  # type: ignore[method-assign]  # a vendor that takes its time
    crm.confirm = resurrected  # type: ignore[method-assign, assignment]  # a sync that brings a contact back
    await case.approve_twice()

    async def asked() -> bool:
        return not answers

    await eventually(asked)
    await case.handle.signal("system_called_back", args=["crm", "b"])
    await _blocked(case, "crm")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    return case


async def ambiguous_decided(world: World) -> Case:
    """Two people on one mailbox; a human decides."""
    person = someone("Ada Test")
    other = Person(name="Bertil Other", email=person.email, number=person.number + "-2")
    person.settle_in(world.connectors)
    other.settle_in(world.connectors)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLARIFYING)
    shown = await world.office.candidates(case.id, by="ann", reason="who is it")
    said = {one.handle: one.name == "Ada Test" for one in shown.records if one.standing == "held"}
    await world.office.decide_by_handle(case.id, by="ann", reason="asked by phone", said=said)
    return case


async def identifier_added(world: World) -> Case:
    """One more number while under review: everything is looked for again."""
    case = await _review(world)
    number = f"{case.person.number}-OLD"
    older = Identifier(kind="customer_number", value=number)
    world.connectors["billing"].put(
        MemoryRow(collection="customers", key=f'["{number}"]', data={"n": 1}, identifiers=(older,))
    )
    await world.office.add_identifier(case.id, by="ann", reason="an older account", identifiers=(older,))

    async def again() -> bool:
        return (await case.tags()).count("system:collected") == 4 and (await case.row()).stage is Stage.REVIEWING

    await eventually(again)
    await case.act(ActKind.APPROVE)
    return case


async def withdrawn(world: World) -> Case:
    """The person does not want it any more."""
    case = await _review(world)
    await case.act(ActKind.WITHDRAW)
    return case


async def withdrawn_while_waiting(world: World) -> Case:
    """The story is stopped in the middle of a step that is tried again and again."""
    case = await _open(world)
    await case.reaches(Stage.VERIFYING)
    world.connectors["crm"].fail("collect", *[Transient("down", retry_after=1) for _ in range(9)])
    await case.prove()
    await _blocked(case, "crm")
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)
    world.connectors["crm"].faults.clear()
    return case


async def left_alone_as_it_asked(world: World) -> Case:
    """A system is limited for long: that is shown at once, and it is asked again when it said. As long as that takes.

    Another is limited for hours, and asked before as staff say so.
    """
    case = await _open(world)
    await case.reaches(Stage.VERIFYING)
    world.connectors["crm"].fail("collect", Transient("limited", retry_after=SHORT + 1))
    world.connectors["billing"].fail("collect", Transient("limited", retry_after=5 * 3600.0))
    await case.prove()
    await _blocked(case, "billing", "crm")
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    await _blocked(case, "crm")
    return case


async def refused(world: World) -> Case:
    """Refused on a ground of the law, with reasons."""
    case = await _review(world)
    await case.act(ActKind.REFUSE, ground="manifestly_unfounded")
    return case


async def unverified(world: World) -> Case:
    """Nobody answers."""
    policies = cast("dict[str, Policy]", world.parts.policies)
    demo = policies["demo"]
    quick = {"remind_after_days": (2 * SECOND,), "expires_after_days": 4 * SECOND}
    policies["demo"] = demo.model_copy(update={"identity": demo.identity.model_copy(update=quick)})
    try:
        case = await _open(world)
        await case.reaches(Stage.CLOSED)
    finally:
        policies["demo"] = demo
    return case


async def nothing_found(world: World) -> Case:
    """Nobody knows the person."""
    case = await world.open(someone())
    await case.prove()
    return case


async def extended_and_paused(world: World) -> Case:
    """Extended with reasons, paused and resumed."""
    case = await _review(world)
    await case.act(ActKind.EXTEND, ground="complexity")
    await case.has_letter("extension")
    await case.act(ActKind.PAUSE, pause_reason="identity")
    await case.act(ActKind.RESUME)
    await case.act(ActKind.APPROVE)
    return case


async def overdue(world: World) -> Case:
    """The term was over when the request was opened."""
    received = (world.now[0] - timedelta(days=60)).isoformat()
    case = await _open(world, received_at=received)
    await case.has_letter("staff_alarm")
    await case.prove()
    return case


async def systems_waited_for(world: World) -> Case:
    """One is retried, one is left out."""
    case = await _open(world)
    await case.reaches(Stage.VERIFYING)
    world.connectors["crm"].fail("collect", Terminal("no permission"))
    world.connectors["billing"].fail("collect", Quarantine("strange answer"))
    await case.prove()
    await _blocked(case, "billing", "crm")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await _blocked(case, "billing")
    await case.act(ActKind.SKIP_SYSTEM, system="billing")
    return case


async def _approve_change(case: Case) -> None:
    await case.reaches(Stage.REVIEWING)
    plan = (await case.world.office.change_plan(case.id, by="ann", reason="review")).digest
    await case.act(ActKind.APPROVE, plan=plan)


async def erasure_left_out_after_it_had_begun(world: World) -> Case:
    """It broke off, and staff go on without it: what it did is looked at."""
    case = await _open(world, Right.ERASURE)
    await case.prove()
    world.connectors["crm"].fail("erase", Terminal("It broke off."))
    await case.approve_twice()
    await blocked(case, "crm")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    return case


async def correction_left_out_after_it_had_begun(world: World) -> Case:
    """The same of a correction, where nobody can look."""
    case = await _open(world, Right.RECTIFICATION, corrections=("name: Ada Test => Ada Lovelace",))
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    for method in ("change", "confirm_change"):
        world.connectors["crm"].fail(method, Terminal("It broke off."))
    shown = await world.office.change_plan(case.id, by="ann", reason="review")
    await case.act(ActKind.APPROVE, plan=shown.digest)
    await blocked(case, "crm")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    return case


async def rectification(world: World) -> Case:
    """One correction is contested; the other drifts, is planned anew, approved and made."""
    case = await _open(world, Right.RECTIFICATION, corrections=("name: Ada Test => Ada Lovelace", "age: 41 => 42"))
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    office, crm = world.office, world.connectors["crm"]
    first = (await office.change_plan(case.id, by="ann", reason="review")).digest
    await office.contest(case.id, by="bob", reason="the register says 41", corrections=(2,))

    async def anew(than: str) -> str | None:
        plan = (await office.change_plan(case.id, by="ann", reason="review")).digest
        return plan if plan != than and (await case.row()).stage is Stage.REVIEWING else None

    second = await eventually(lambda: anew(first))
    contact = crm.rows["contacts", f'["{case.person.number}"]']
    crm.put(contact.model_copy(update={"data": contact.data | {"name": "ADA TEST"}}))
    await case.act(ActKind.APPROVE, plan=second)
    await eventually(lambda: anew(str(second)))
    await _approve_change(case)
    return case


async def restriction(world: World) -> Case:
    """Approved, held, marked in one system that asks to be asked again, looked at again."""
    case = await _open(world, Right.RESTRICTION)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    world.connectors["crm"].answers("change", Pending(handle="a", poll_after=1))
    await _approve_change(case)
    return case


async def objection_weighed(world: World) -> Case:
    """Marketing stops at once and is told; the rest is weighed and stops, too."""
    case = await _open(world, Right.OBJECTION)
    await case.prove()
    await _approve_change(case)
    return case


async def withdraw_consent(world: World) -> Case:
    """At once, without proof and without approval."""
    return await _open(world, Right.WITHDRAW_CONSENT, purposes=("newsletter",))


async def done_so_far_is_told(world: World) -> Case:
    """What stopped at once is told near the end of the term, while a human is still at the rest."""
    dated = await (await _open(world, Right.WITHDRAW_CONSENT, purposes=("newsletter",))).reaches(Stage.CLOSED)
    if dated.due_at is None:
        raise RuntimeError("this law has a term")
    before = (dated.due_at - dated.opened_at) / timedelta(days=1) - 45 * SECOND
    name = controller(world, "hurried", release={"at_deadline": AtDeadline.RELEASE_PARTIAL, "days_before": before})
    case = await _open(world, Right.WITHDRAW_CONSENT, purposes=("newsletter", "calls"), controller=name)
    await _blocked(case, "billing")
    await case.has_letter("completion_change")
    async with world.parts.ledger.begin() as tx:
        (task,) = await tx.tasks(TaskFilter(request_id=case.id))
    await world.office.finish_task(task.id, by="kim", reason="told the desk", said=Said(outcomes=("stopped",)))
    return case


async def approval_of_what_is_outlived(world: World) -> Case:
    """A hold is lifted during the review: the approval is refused, and the plan drafted anew."""
    person = someone()
    person.settle_in(world.connectors)
    about = (Identifier(kind="email", value=person.email),)
    hold = NewHoldInput(controller="demo", provision="Case 1", reason="served", identifiers=about)
    placed = await world.office.place_hold(hold, by="ann")
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    stale = await case.plan()
    await world.office.lift_hold(placed.hold.id, by="bob")
    with contextlib.suppress(PlanOutlived):
        await case.act(ActKind.APPROVE, plan=stale)
    await case.approve_anew(stale)
    return case


async def opt_out_sale(world: World) -> Case:
    """A right that the regime does not give is promised by the policy, which asks for no proof."""
    policies = cast("dict[str, Policy]", world.parts.policies)
    demo = policies["demo"]
    identity = demo.identity.model_copy(update={"rights": {Right.OPT_OUT_SALE: Proof.NONE}})
    policies["demo"] = demo.model_copy(update={"rights": tuple(Right), "identity": identity})
    try:
        case = await _open(world, Right.OPT_OUT_SALE)
        await case.reaches(Stage.CLOSED)
    finally:
        policies["demo"] = demo
    return case


async def not_a_right(world: World) -> Case:
    """Neither the regime nor the policy gives it: the person is told so, and what they can ask for instead."""
    return await _open(world, Right.LIMIT_SENSITIVE)


STORIES: Mapping[str, Story] = {
    story.__name__: story
    for story in (
        *BY_HAND,
        *KEEPING,
        *ORDER,
        *TELLING,
        *NOTICES,
        *COPIES,
        *ANSWERS,
        access_closed,
        access_approved,
        access_attested,
        access_asked_again,
        access_together,
        access_with_stages_in_its_steps,
        erasure_together,
        letter_not_at_once,
        letter_refused_at_once,
        access_proven_twice,
        access_attested_late,
        erasure_closed,
        erasure_drifted,
        erasure_with_a_job,
        ambiguous_decided,
        identifier_added,
        withdrawn,
        withdrawn_while_waiting,
        left_alone_as_it_asked,
        refused,
        unverified,
        nothing_found,
        extended_and_paused,
        overdue,
        systems_waited_for,
        erasure_left_out_after_it_had_begun,
        correction_left_out_after_it_had_begun,
        rectification,
        restriction,
        objection_weighed,
        withdraw_consent,
        done_so_far_is_told,
        approval_of_what_is_outlived,
        opt_out_sale,
        not_a_right,
    )
}


def scrubbed(value: Any) -> Any:
    """Without the names of the machine, its folders and its processes."""
    match value:
        case dict():
            return {key: "" if key in {"identity", "stackTrace"} else scrubbed(one) for key, one in value.items()}
        case list():
            return [scrubbed(one) for one in value]
        case str():
            return value.replace(socket.gethostname(), "recorded")
        case _:
            return value


async def tell(names: list[str]) -> None:
    """Run the stories and store what came of them."""
    with tempfile.TemporaryDirectory() as folder:
        async with engine(Path(folder)) as world:
            for name in names:
                case = await STORIES[name](world)
                await case.reaches(Stage.CLOSED)
                await case.handle.result()
                history = scrubbed((await case.handle.fetch_history()).to_json_dict())
                text = json.dumps({"id": case.id, **history}, indent=1, sort_keys=True)
                (HISTORIES / f"{name}.json").write_text(text + "\n")
                await keep_commands(name)
                sys.stderr.write(f"{name}: {len(history['events'])} events\n")
        await asyncio.sleep(0.3)  # the SDK's threads may touch the interpreter while it ends (sdk-python #300)


async def keep_commands(name: str) -> None:
    """Write down what the workflow commands now when it is played this history."""
    (HISTORIES / f"{name}.txt").write_text("\n".join(await replay(name)) + "\n")


async def main(arguments: list[str]) -> int:
    """``NAME...`` stores new histories; ``--commands NAME...`` writes the commands of stored ones anew."""
    if arguments[:1] == ["--commands"]:
        for name in arguments[1:] or stored():
            await keep_commands(name)
        return 0
    unknown = [name for name in arguments if name not in STORIES]
    kept = [name for name in arguments if name in stored()]
    if arguments and not unknown and not kept:
        await tell(arguments)
        return 0
    for name in unknown:
        sys.stderr.write(f"There is no story '{name}'.\n")
    for name in kept:
        sys.stderr.write(f"'{name}' is stored: an old history stays. Write a story under another name.\n")
    missing = " ".join(sorted({*STORIES} - {*stored()})) or "none"
    sys.stderr.write(f"Stories not stored yet: {missing}\n")
    return 2


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
