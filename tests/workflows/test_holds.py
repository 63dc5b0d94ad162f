"""Legal holds stop erasures and say so; a hold on deletion keeps short-lived data while a copy is asked for."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from activities import holds, retention
from activities.copies import copies_before
from activities.ending_letters import UNLOOKED
from activities.following import TRAIL
from activities.keeping import EndedOrder, EndOrder
from activities.ledger import NewHold, Tx
from activities.recipients import RecipientActivities
from activities.retention import RetentionActivities
from habeas import law
from habeas.acts import WITHOUT_COPY, ActKind
from habeas.connector import Page, RecordRef
from habeas.errors import BadInput, PlanOutlived, SealBroken, Terminal, Transient, WrongStage
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.policy import Access
from habeas.testing import MemoryRow
from tests.workflows.conftest import engine
from tests.workflows.controllers import answering_under, controller
from tests.workflows.keeping import chatting, invoice, says, sweep, today, years_ago
from tests.workflows.world import Case, Person, World, eventually, someone
from workers.office.holds import NewHoldInput, PlacedHold
from workers.postgres import EmbeddedPostgres
from workflows.notices import NoticesWorkflow


@pytest.fixture(scope="module")
async def world(postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """An engine of their own: a sweep goes over everybody's requests."""
    async with engine(postgres_server, tmp_path_factory.mktemp("holds"), "holds") as built:
        yield built


MATTER = "Case 2026/114, City Court"


async def place(world: World, person: Person | None = None, /, **narrow: object) -> PlacedHold:
    known = (Identifier(kind="email", value=person.email),) if person else ()
    asked = NewHoldInput.model_validate(
        {"controller": "demo", "provision": MATTER, "reason": "claim served", "identifiers": known, **narrow}
    )
    return await world.office.place_hold(asked, by="ann")


async def in_review(world: World, person: Person, **words: object) -> Case:
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE, **words)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


def theirs(world: World, person: Person, system: str = "crm") -> int:
    return len([key for key in world.connectors[system].rows if person.number in key[1]])


async def another_plan(case: Case, first: str) -> None:
    async def drafted() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and await case.plan() != first

    await eventually(drafted)


async def test_a_hold_stops_an_erasure_under_review_and_the_letter_says_so(world: World) -> None:
    person, other = someone(), someone()
    case, free = await in_review(world, person), await in_review(world, other)
    first = await case.plan()
    placed = await place(world, person)
    assert placed.requests == (case.id,)
    await another_plan(case, first)
    await case.approve_twice()
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert theirs(world, person) == 4, "nothing of the person is touched"
    letter = " ".join(world.mail.text(person.email, MATTER).split())
    held = letter.partition("Kept, because of a pending matter")[2]
    assert f"Kept because of: {MATTER}." in held
    assert "erased when that matter is over" in held
    assert (await case.tags()).count("hold:placed") == 1
    await free.approve_twice()
    await free.reaches(Stage.CLOSED)
    assert theirs(world, other) == 0, "the hold is about one person"
    lifted = await world.office.lift_hold(placed.hold.id, by="bob")
    assert lifted.requests == (case.id,)
    assert "hold:lifted" in await case.tags()
    report = await sweep(world)
    assert report.ended == 5, "four in the CRM and the customer; the invoice has years to go"
    assert theirs(world, person) == 0
    async with world.parts.ledger.begin() as tx:
        assert (await tx.outcome_counts(case.id))["billing"] == {"anonymised": 1, "retained": 1}


async def test_a_hold_placed_after_the_approvals_is_met_at_the_last_door(world: World) -> None:
    person = someone()
    case = await in_review(world, person)
    first = await case.plan()
    await case.act(ActKind.APPROVE, by="ann", plan=first)
    hold = NewHold(
        controller="demo",
        system="crm",
        provision=MATTER,
        reason="served",
        identifiers=(Identifier(kind="customer_number", value=person.number),),
        placed_at=today(),
        placed_by="0" * 16,
    )
    async with world.parts.ledger.begin() as tx:
        # Straight into the ledger: the workflow is not told.
        hold_id = str(uuid.uuid4())
        assert await tx.place_hold(hold_id, hold)
    await case.act(ActKind.APPROVE, by="bob", plan=first)
    await another_plan(case, first)
    assert theirs(world, person) == 4
    assert "plan:drifted" in await case.tags()
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert theirs(world, person) == 4
    await world.office.lift_hold(hold_id, by="ann")
    await sweep(world)


@pytest.mark.parametrize("by", ["a hold", "a refusal"])
async def test_what_was_made_anonymous_before_is_not_told_as_kept(world: World, by: str) -> None:
    person = someone()
    case = await in_review(world, person)
    world.connectors["crm"].fail("erase", Terminal("down"))
    await case.approve_twice()

    async def half_done() -> bool:
        async with world.parts.ledger.begin() as tx:
            done = (await tx.outcome_counts(case.id)).get("billing")
        return "crm" in (await case.row()).blocked_on and done == {"anonymised": 1, "retained": 1}

    await eventually(half_done)
    first = await case.plan()
    placed = await place(world, person, **({} if by == "a hold" else {"system": "crm"}))
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await another_plan(case, first)
    if by == "a refusal":
        await case.act(ActKind.EXEMPT, category="account", ground="legal_claims")

    async def approved() -> bool:
        try:
            await case.approve_twice()
        except WrongStage:
            return False  # it is being drafted once more
        return True

    await eventually(approved)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    async with world.parts.ledger.begin() as tx:
        assert (await tx.outcome_counts(case.id))["billing"] == {"anonymised": 1, "retained": 1}
    letter = world.mail.text(person.email, MATTER)
    made_anonymous, kept = (letter.find(words) for words in ("Made anonymous", "Kept, because of a pending matter"))
    assert 0 <= made_anonymous < kept, "billing's account is gone as a person's"
    assert "Your customer account" not in letter[kept:]
    await world.office.lift_hold(placed.hold.id, by="bob")
    await sweep(world)  # nothing is left for the sweeps of others


async def test_what_ends_during_the_review_keeps_nothing(world: World) -> None:
    """A hold is lifted before the first approval, and another, straight in the ledger, after the second."""
    person = someone()
    first_hold = await place(world, person)
    case = await in_review(world, person)
    stale = await case.plan()
    await world.office.lift_hold(first_hold.hold.id, by="bob")
    with pytest.raises(PlanOutlived):
        await case.act(ActKind.APPROVE, by="ann", plan=stale)
    await another_plan(case, stale)
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED, "invoices are kept by law"
    assert theirs(world, person) == 0
    assert MATTER not in " ".join(letter.as_string() for letter in world.mail.to(person.email))


async def test_a_hold_that_is_lifted_at_the_last_moment_sends_the_plan_back(world: World) -> None:
    person = someone()
    placed = await place(world, person)
    case = await in_review(world, person)
    stale = await case.plan()
    world.connectors["crm"].fail("erase", Terminal("down"))
    await case.approve_twice()

    async def stuck() -> bool:
        return "crm" in (await case.row()).blocked_on

    await eventually(stuck)
    await world.office.lift_hold(placed.hold.id, by="bob")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await another_plan(case, stale)
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    assert theirs(world, person) == 0


async def test_a_hold_on_a_category_keeps_what_it_covers_and_what_that_points_at(world: World) -> None:
    person = someone()
    name = controller(world, "inquiry")
    placed = await place(world, controller=name, category="activity")
    case = await in_review(world, person, controller=name)
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    assert theirs(world, person) == 4, "three notes, and the contact that they belong to"
    async with world.parts.ledger.begin() as tx:
        kept = {(row.collection, row.reason, row.law) for row in await tx.outcomes(case.id) if row.system == "crm"}
    assert kept == {("notes", "legal_hold", MATTER), ("contacts", "legal_hold", MATTER)}
    assert (await sweep(world)).ended == 0, "the contact is kept by the notes, which are kept by the hold"
    assert theirs(world, person) == 4
    await world.office.lift_hold(placed.hold.id, by="ann")
    assert (await sweep(world)).ended == 4
    assert theirs(world, person) == 0


async def test_what_has_come_due_stays_while_a_hold_or_a_restriction_keeps_it(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    invoiced = invoice(world, person, years_ago(5, today().date()))
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    placed = await place(world, person)
    assert placed.requests == (), "it is closed"
    later = timedelta(days=3)
    report = await sweep(world, later)
    assert (report.ended, report.held, report.unfinished) == (0, 1, 0)
    await world.office.lift_hold(placed.hold.id, by="ann")
    other = await world.open(someone())
    async with world.parts.ledger.begin() as tx:
        place_ = RecordRef(collection=invoiced[0], key=invoiced[1])
        await tx.restrict(other.id, "demo", "billing", (place_,), today())
    assert (await sweep(world, later)).held == 1
    assert invoiced in world.connectors["billing"].rows
    async with world.parts.ledger.begin() as tx:
        await tx.lift_restrictions(other.id, "billing", today())
    assert (await sweep(world, later)).ended == 1
    assert invoiced not in world.connectors["billing"].rows


async def test_recipients_hear_of_what_ended_after_a_hold(world: World) -> None:
    carrier = "carrier@parcels.example"
    person = someone()
    placed = await place(world, person, controller="sharing", system="crm")
    case = await in_review(world, person, controller="sharing")
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    assert "carrier" not in {one.recipient for one in await world.office.recipients(case.id)}
    await world.office.lift_hold(placed.hold.id, by="ann")
    assert (await sweep(world)).ended == 4

    async def told() -> bool:
        return len(world.mail.to(carrier)) == 1

    await eventually(told)
    assert {one.recipient: one.state for one in await world.office.recipients(case.id)}["carrier"] in {"queued", "sent"}


async def told_of_one_and_held(world: World) -> tuple[Case, PlacedHold]:
    """One contact of the person is erased and its carrier told; another is kept, as a note under a hold needs it."""
    person = someone()
    person.settle_in(world.connectors)
    another = MemoryRow(
        collection="contacts", key=f'["{person.number}-2"]', root=f'["{person.number}"]', data={"phone": "555 0100"}
    )
    world.connectors["crm"].put(another)
    placed = await place(world, person, controller="sharing", category="activity")
    case = await world.open(person, Right.ERASURE, controller="sharing")
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    await eventually(partial(_carrier_has, world, case, 1))
    return case, placed


async def _carrier_has(world: World, case: Case, letters: int) -> bool:
    return len(links(world, case)) >= letters


def links(world: World, case: Case) -> list[str]:
    """The acknowledgement links in the carrier's letters about one request."""
    bodies = [message.get_body(preferencelist=("plain",)) for message in world.mail.to("carrier@parcels.example")]
    texts = [str(body.get_content()) for body in bodies if body]
    return [link for text in texts if case.id in text for link in re.findall(r"/r/([A-Za-z0-9_-]{30,})", text)]


async def carriers(world: World, case: Case) -> list[tuple[str, str]]:
    """The carrier's notices: of which occasion, and how each stands."""
    told = await world.office.recipients(case.id)
    return [(one.occasion.rpartition("/")[0], one.state) for one in told if one.recipient == "carrier"]


async def test_who_was_told_before_hears_of_what_ends_later(world: World) -> None:
    case, placed = await told_of_one_and_held(world)
    assert await world.office.acknowledge_link(links(world, case)[0])
    await world.office.lift_hold(placed.hold.id, by="ann")
    assert (await sweep(world)).ended == 4
    await eventually(partial(_carrier_has, world, case, 2))
    first, second = links(world, case)
    assert first != second
    occasion = (await world.office.recipients(case.id))[-1].occasion
    handle = world.env.client.get_workflow_handle_for(NoticesWorkflow.run, f"{case.id}/recipients/{occasion}")
    await world.env.fast_forward(handle, timedelta(days=7, minutes=1))
    await case.has_letter("recipient_reminder")
    assert links(world, case)[2] == second, "the reminder is of the second notice, with its link"
    assert await world.office.acknowledge_link(first) is False
    assert await world.office.acknowledge_link(second) is True
    assert await handle.result() == 1, "it was told by its own name"
    assert await carriers(world, case) == [("", "acknowledged"), ("ended/crm", "acknowledged")]
    assert (await sweep(world)).ended == 0
    assert len(await carriers(world, case)) == 2, "once for each ending"


async def test_the_person_hears_once_that_what_a_hold_had_kept_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, placed = await told_of_one_and_held(world)
    first = " ".join(world.mail.text(case.person.email, "Kept, because of a pending matter").split())
    assert "After that day we no longer use your address to write to you" in first
    await world.office.lift_hold(placed.hold.id, by="ann")
    mailer = type(world.parts.mailer)
    send = mailer.send

    async def away(self: Any, to: str, *rest: Any) -> None:
        if to == case.person.email:
            raise Transient("the mail server is away", retry_after=0.01)
        await send(self, to, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(mailer, "send", away)
        assert (await sweep(world)).ended == 4
    async with world.parts.ledger.begin() as tx:
        assert case.id in await tx.untold(1000)
    await sweep(world)
    told = " ".join(world.mail.text(case.person.email, "gone now").split())
    assert "Something still remains; below you read what and why. Kept, because a law says so" in told
    assert "legal" not in told, "what is over is not told as going on"
    assert "We are telling those to whom we had given the data" in told
    await sweep(world)
    assert (await case.letters()).count("kept_ended") == 1
    async with world.parts.ledger.begin() as tx:
        assert case.id not in await tx.untold(1000)


async def test_an_ending_is_told_once_whatever_is_killed(world: World) -> None:
    """A worker dies after each step has written what it did, before it could say so."""
    case, placed = await told_of_one_and_held(world)
    await world.office.lift_hold(placed.hold.id, by="ann")
    steps, telling = RetentionActivities(world.parts), RecipientActivities(world.parts)
    order = EndOrder(request_id=case.id, at=today(), system="crm")
    for _ in range(2):
        assert (await steps.end_retention(order)).state == "done"
    reports = [await steps.confirm_ended(order) for _ in range(2)]
    assert reports[0] == reports[1]
    assert (reports[0].state, reports[0].ended, reports[0].ended_at) == ("clean", 4, order.at)
    ended = EndedOrder(request_id=case.id, at=today(), since=order.at, system="crm")
    notices = [await telling.prepare_ended(ended) for _ in range(2)]
    assert notices[0] == notices[1]
    assert len(notices[0].notices) == 1
    assert await carriers(world, case) == [("", "sent"), ("ended/crm", "queued")]
    later = ended.model_copy(update={"since": today(), "at": today()})
    assert (await telling.prepare_ended(later)).notices == (), "nothing ended then"
    await world.office.acknowledge(case.id, "carrier", by="ann", reason="they phoned about both")
    assert {state for _, state in await carriers(world, case)} == {"acknowledged"}


async def test_of_two_sweeps_at_once_one_ends_an_object(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case, placed = await told_of_one_and_held(world)
    await world.office.lift_hold(placed.hold.id, by="ann")
    steps, crm = RetentionActivities(world.parts), world.connectors["crm"]
    one = EndOrder(request_id=case.id, at=today(), system="crm")
    other = one.model_copy(update={"at": one.at + timedelta(milliseconds=1)})
    await steps.end_retention(one)
    looked, between = crm.confirm, []

    async def overtaken(*args: Any) -> Any:
        monkeypatch.setattr(crm, "confirm", looked)
        between.append(await steps.confirm_ended(other))
        return await looked(*args)

    monkeypatch.setattr(crm, "confirm", overtaken)
    late = await steps.confirm_ended(one)
    assert (between[0].ended, late.ended, late.state) == (4, 0, "clean")


async def test_whom_a_hold_is_about_is_forgotten_when_it_is_lifted(world: World) -> None:
    person = someone()
    placed = await place(world, person)
    async with world.parts.ledger.begin() as tx:
        assert (await tx.hold_words(placed.hold.id)).identifiers
        rows = await tx.holds_on("demo", (Identifier(kind="email", value=person.email),))
        assert [row.id for row in rows] == [placed.hold.id]
        assert await tx.holds_on("patient", (Identifier(kind="email", value=person.email),)) == ()
    again = await world.office.lift_hold(placed.hold.id, by="ann")
    assert (await world.office.lift_hold(placed.hold.id, by="bob")).hold == again.hold
    async with world.parts.ledger.begin() as tx:
        words = await tx.hold_words(placed.hold.id)
        assert (words.reason, words.identifiers) == ("claim served", ())
        assert await tx.holds_on("demo", (Identifier(kind="email", value=person.email),)) == ()


@pytest.mark.parametrize(
    "narrow",
    [{}, {"system": "nowhere"}, {"category": "nothing"}, {"controller": "nobody", "everything": True}],
    ids=["about nothing", "no such system", "no such category", "no such controller"],
)
async def test_a_hold_that_fits_nothing_is_refused(world: World, narrow: dict[str, object]) -> None:
    before = await world.office.holds(standing=False)
    with pytest.raises(BadInput):
        await place(world, None, **narrow)
    assert await world.office.holds(standing=False) == before


# Holds on deletion


async def asked_for_a_copy(world: World, person: Person, name: str) -> Case:
    person.settle_in(world.connectors)
    case = await world.open(person, controller=name)

    async def held() -> bool:
        async with world.parts.ledger.begin() as tx:
            return bool(await tx.deletion_holds(case.id))

    await eventually(held)
    return case


async def test_short_lived_data_is_held_while_a_copy_is_asked_for(world: World) -> None:
    name = chatting(world)
    person, other = someone(), someone()
    mine = says(world, person, today().date() - timedelta(days=31))
    others = says(world, other, today().date() - timedelta(days=31))
    case = await asked_for_a_copy(world, person, name)
    rows = world.connectors["chat"].rows
    report = await sweep(world)
    assert (report.expired, report.expired_held) == (1, 1)
    assert mine in rows
    assert others not in rows
    await case.prove()
    await case.reaches(Stage.CLOSED)
    tags = await case.tags()
    assert tags.index("deletion:held") < tags.index("deletion:released")
    assert (await sweep(world)).expired == 1
    assert mine not in rows


@pytest.mark.parametrize("ending", [ActKind.WITHDRAW, ActKind.REFUSE])
async def test_it_is_let_go_at_every_end(world: World, ending: ActKind) -> None:
    name = chatting(world)
    person = someone()
    says(world, person, today().date())
    case = await asked_for_a_copy(world, person, name)
    await case.reaches(Stage.VERIFYING)
    await case.act(ending, ground="manifestly_unfounded" if ending is ActKind.REFUSE else None)
    await case.reaches(Stage.CLOSED)
    async with world.parts.ledger.begin() as tx:
        assert all(row.released_at for row in await tx.deletion_holds(case.id))


async def test_what_was_refused_is_kept_as_long_as_the_law_says(world: World) -> None:
    name = answering_under(world, "singaporean", {"code": "SG-PDPA", "jurisdictions": ("SG",)})
    policies = world.parts.policies
    policies[name] = policies[name].model_copy(update={"systems": ("crm", "chat")})  # type: ignore[index]  # a dict
    person = someone()
    person.settle_in(world.connectors)
    mine = says(world, person, today().date() - timedelta(days=31))
    case = await world.open(person, controller=name, jurisdiction="SG")

    async def held() -> bool:
        async with world.parts.ledger.begin() as tx:
            return bool(await tx.deletion_holds(case.id))

    await eventually(held)
    await case.reaches(Stage.VERIFYING)
    shown = await world.office.show(case.id)
    assert shown.request.regime == "SG-PDPA"
    ground = law.refusal_grounds("SG-PDPA", "SG", Right.ACCESS)[0].code
    await case.act(ActKind.REFUSE, ground=ground)
    await case.reaches(Stage.CLOSED)
    rows = world.connectors["chat"].rows
    assert (await sweep(world, timedelta(days=29))).expired_held >= 1
    assert mine in rows
    report = await sweep(world, timedelta(days=32))
    assert report.released == 1
    await sweep(world, timedelta(days=33))
    assert mine not in rows


async def test_what_was_refused_in_part_is_kept_as_long(world: World) -> None:
    name = answering_under(world, "partly", {"code": "SG-PDPA", "jurisdictions": ("SG",)})
    policies = world.parts.policies
    review = policies[name].review.model_copy(update={"access": Access.ALWAYS})
    policies[name] = policies[name].model_copy(update={"systems": ("crm", "chat"), "review": review})  # type: ignore[index]  # a dict
    person = someone()
    mine = says(world, person, today().date() - timedelta(days=31))
    person.settle_in(world.connectors)
    case = await world.open(person, controller=name, jurisdiction="SG")

    async def held() -> bool:
        async with world.parts.ledger.begin() as tx:
            return bool(await tx.deletion_holds(case.id))

    await eventually(held)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    ground = law.refusal_grounds("SG-PDPA", "SG", Right.ACCESS)[0].code
    await case.act(ActKind.EXEMPT, category="support", ground=ground)

    async def ready() -> bool:
        return (await case.letters()).count("staff_attention") >= 1 and (await case.row()).stage is Stage.REVIEWING

    await eventually(ready)
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert "deletion:released" not in await case.tags()
    assert (await sweep(world, timedelta(days=29))).released == 0
    assert mine in world.connectors["chat"].rows
    assert (await sweep(world, timedelta(days=32))).released == 1
    await sweep(world, timedelta(days=33))
    assert mine not in world.connectors["chat"].rows


async def test_one_bad_record_does_not_keep_others_held(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    name = chatting(world)
    held = []
    for person in (someone(), someone()):
        says(world, person, today().date())
        case = await asked_for_a_copy(world, person, name)
        await case.reaches(Stage.VERIFYING)
        held.append(case)
    bad = min(held, key=lambda case: case.id)
    real = holds.note_release

    async def broken(tx: Tx, request_id: str, objects: int, at: datetime) -> None:
        if request_id == bad.id:
            raise SealBroken("not whole")
        await real(tx, request_id, objects, at)

    for case in held:
        await case.act(ActKind.WITHDRAW)
        await case.reaches(Stage.CLOSED)
        async with world.parts.ledger.begin() as tx:
            # Closed, and never let go.
            await tx.hold_deletion(case.id, name, "chat", [tx.object_print(name, "chat", "messages", case.id)], today())
    monkeypatch.setattr(retention, "note_release", broken)
    assert (await sweep(world)).released == 1
    async with world.parts.ledger.begin() as tx:
        prints = {case.id: tx.object_print(name, "chat", "messages", case.id) for case in held}
        assert await tx.held_from_deletion(name, "chat", prints.values()) == {prints[bad.id]}, "its turn comes again"
    monkeypatch.undo()
    await sweep(world)


async def test_a_system_that_cannot_hold_keeps_nobody_waiting(world: World) -> None:
    name = chatting(world)
    person = someone()
    person.settle_in(world.connectors)
    chat = world.connectors["chat"]
    chat.fail("locate", Terminal("no permission"))
    case = await world.open(person, controller=name)
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    chat.faults.clear()


async def asked_by_number(world: World, person: Person) -> Case:
    """A copy is asked for by a number alone, which the chat does not know."""
    person.settle_in(world.connectors)
    return await world.open(
        person, controller=chatting(world), emails=(), identifiers=(f"customer_number={person.number}",)
    )


async def test_what_only_another_system_leads_to_is_held_before_the_sweep_ends_anything(world: World) -> None:
    person, other = someone(), someone()
    mine, others = (says(world, one, today().date() - timedelta(days=31)) for one in (person, other))
    case = await asked_by_number(world, person)
    report = await sweep(world)
    assert (report.expired, report.expired_held, report.unlooked) == (1, 1, ())
    assert mine in world.connectors["chat"].rows
    assert others not in world.connectors["chat"].rows
    async with world.parts.ledger.begin() as tx:
        assert [(row.system, row.objects) for row in await tx.deletion_holds(case.id)] == [("chat", 1)]
        assert await tx.unseal_bytes(case.id, TRAIL) is None, "what was found on the way is not kept"
    await case.reaches(Stage.VERIFYING)
    assert "match:settled" not in await case.tags(), "nothing is taken for theirs by it"
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)
    assert (await sweep(world)).expired == 1


async def test_a_system_is_left_alone_until_all_have_said_what_they_know(world: World) -> None:
    person, other = someone(), someone()
    mine, others = (says(world, one, today().date() - timedelta(days=31)) for one in (person, other))
    world.connectors["crm"].fail("locate", *[Terminal("no permission") for _ in range(5)])
    case = await asked_by_number(world, person)
    await case.reaches(Stage.VERIFYING)
    report = await sweep(world)
    assert (report.expired, report.expired_held) == (0, 0)
    assert (report.unlooked, report.waiting) == (("chat",), ("crm",))
    assert {mine, others} <= world.connectors["chat"].rows.keys()
    (trouble,) = [row for row in await world.office.failing("chat") if row.controller == "chatty"]
    assert (trouble.code, trouble.told) == (UNLOOKED, 0), "a system that is mended by tomorrow needs no letter"
    await sweep(world, timedelta(days=1))
    assert [row.told for row in await world.office.failing("chat") if row.controller == "chatty"] == [1]
    world.connectors["crm"].faults.clear()
    report = await sweep(world)
    assert (report.expired, report.expired_held, report.unlooked) == (1, 1, ())
    assert others not in world.connectors["chat"].rows
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)
    assert (await sweep(world)).expired == 1


async def test_a_request_that_comes_during_a_sweep_is_looked_for_before_the_next_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, asks = someone(), someone()
    rows = [says(world, one, today().date() - timedelta(days=31)) for one in (first, asks)]
    chat = world.connectors["chat"]
    real, opened = type(chat).expired, list[Case]()

    async def slowly(self: object, on: date, cursor: str | None) -> AsyncIterator[Page]:
        records = [one async for page in real(self, on, None) for one in page.records]  # type: ignore[arg-type]  # in memory
        if cursor is None:
            yield Page(records=tuple(one for one in records if one.key == rows[0][1]), cursor="1")
            opened.append(await asked_by_number(world, asks))
        yield Page(records=tuple(one for one in records if one.key == rows[1][1]), cursor=None)

    monkeypatch.setattr(type(chat), "expired", slowly)
    report = await sweep(world)
    assert (report.expired, report.expired_held, report.unlooked) == (1, 1, ())
    assert [row in chat.rows for row in rows] == [False, True]
    monkeypatch.undo()
    await opened[0].reaches(Stage.VERIFYING)
    await opened[0].act(ActKind.WITHDRAW)
    await opened[0].reaches(Stage.CLOSED)
    await sweep(world)


async def test_a_hold_on_a_person_keeps_their_short_lived_data_too(world: World) -> None:
    name = chatting(world)
    person = someone()
    mine = says(world, person, today().date() - timedelta(days=31))
    placed = await place(world, person, controller=name)
    assert (await sweep(world)).expired_held == 1
    assert mine in world.connectors["chat"].rows
    await world.office.lift_hold(placed.hold.id, by="ann")
    assert (await sweep(world)).expired == 1
    assert mine not in world.connectors["chat"].rows


async def test_a_hold_by_a_number_keeps_what_the_chat_knows_by_an_address(world: World) -> None:
    name = chatting(world)
    person, other = someone(), someone()
    for one in (person, other):
        one.settle_in(world.connectors)
    mine, others = (says(world, one, today().date() - timedelta(days=31)) for one in (person, other))
    number = Identifier(kind="customer_number", value=person.number)
    placed = await place(world, None, controller=name, identifiers=(number,))
    report = await sweep(world)
    assert (report.expired, report.expired_held) == (1, 1)
    assert mine in world.connectors["chat"].rows
    assert others not in world.connectors["chat"].rows
    await world.office.lift_hold(placed.hold.id, by="ann")
    assert (await sweep(world)).expired == 1


async def test_while_a_system_is_away_that_may_know_who_is_held_nothing_ends(world: World) -> None:
    name = chatting(world)
    person = someone()
    person.settle_in(world.connectors)
    mine = says(world, person, today().date() - timedelta(days=31))
    number = Identifier(kind="customer_number", value=person.number)
    placed = await place(world, None, controller=name, identifiers=(number,))
    world.connectors["crm"].fail("locate", Terminal("no permission"))
    report = await sweep(world)
    assert (report.expired, report.waiting) == (0, ("chat",))
    assert mine in world.connectors["chat"].rows
    world.connectors["crm"].faults.clear()
    await world.office.lift_hold(placed.hold.id, by="ann")
    assert (await sweep(world)).expired == 1


async def test_a_hold_placed_during_a_sweep_is_met_by_the_next_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = chatting(world)
    first, held = someone(), someone()
    rows = [says(world, one, today().date() - timedelta(days=31)) for one in (first, held)]
    chat = world.connectors["chat"]
    real = type(chat).expired
    placed: list[PlacedHold] = []

    async def slowly(self: object, on: date, cursor: str | None) -> AsyncIterator[Page]:
        records = [one async for page in real(self, on, cursor) for one in page.records]  # type: ignore[arg-type]  # in memory
        records.sort(key=lambda one: one.key == rows[1][1])
        for number, record in enumerate(records, start=1):
            if number == len(records):
                placed.append(await place(world, held, controller=name))
            yield Page(records=(record,), cursor=None if number == len(records) else str(number))

    monkeypatch.setattr(type(chat), "expired", slowly)
    report = await sweep(world)
    assert (report.expired, report.expired_held) == (1, 1)
    assert [row in chat.rows for row in rows] == [False, True]
    monkeypatch.undo()
    await world.office.lift_hold(placed[0].hold.id, by="ann")
    await sweep(world)


async def test_what_a_refused_copy_was_about_is_not_erased_before_the_recourse_has_run_out(world: World) -> None:
    """PIPEDA 8(8): the copy's law keeps it, whoever asks for the erasure, and says until when."""
    name = answering_under(world, "canadian", {"code": "CA-PIPEDA", "jurisdictions": ("CA",)}, home="CA")
    person = someone()
    person.settle_in(world.connectors)
    copy = await world.open(person, controller=name, jurisdiction="CA-ON")
    await copy.reaches(Stage.VERIFYING)
    await copy.act(ActKind.REFUSE, ground=law.refusal_grounds("CA-PIPEDA", "CA")[0].code)
    await copy.reaches(Stage.CLOSED)
    case = await world.open(person, Right.ERASURE, controller=name, jurisdiction="CA-ON")
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    crm = world.connectors["crm"].rows
    place = ("contacts", f'["{person.number}"]')
    assert place in crm
    last = law.kept_after_refusal("CA-PIPEDA", "CA-ON", Right.ACCESS, today().date())
    assert last is not None
    told = " ".join(world.mail.text(person.email, "still have our answer to your request for a copy").split())
    assert f"Kept at least until {last:%-d %B %Y}, because of: PIPEDA" in told
    days = (last - today().date()).days
    await sweep(world, timedelta(days=days - 1))
    assert place in crm
    await sweep(world, timedelta(days=days + 2))
    assert place not in crm
    await case.has_letter("kept_ended")


async def test_what_a_copy_asks_for_is_not_erased_before_the_answer_where_its_law_says_so(world: World) -> None:
    name = answering_under(world, "ontarian", {"code": "CA-PIPEDA", "jurisdictions": ("CA",)}, home="CA")
    controller(world, name, of=name, review={"access": Access.ALWAYS})
    person = someone()
    earlier = (world.now[0] - timedelta(days=3)).isoformat()
    case = await in_review(world, person, controller=name, jurisdiction="CA-ON", received_at=earlier)
    copy = await world.open(person, controller=name, jurisdiction="CA-ON")
    await copy.prove()
    await copy.reaches(Stage.REVIEWING)
    async with world.parts.ledger.begin() as tx:
        request, policy = await tx.request(case.id), world.parts.policy(name)
        before = await copies_before(tx, request, policy)
    assert (before.copies, before.by_law) == ((copy.id,), True), "though it was asked for later"
    await case.approve_twice()

    async def waits() -> bool:
        return (await case.row()).blocked_on == ("habeas-copy",)

    await eventually(waits)
    for officer in ("ann", "bob"):
        await case.act(ActKind.APPROVE, officer, plan=await case.plan(), ground=WITHOUT_COPY)
    assert await waits(), "nobody can say that it goes on without it"
    assert not [one for one in (await world.office.show(case.id)).possible if "--without-copy" in one.command]
    await copy.act(ActKind.APPROVE)
    await copy.reaches(Stage.CLOSED)
    await case.reaches(Stage.CLOSED)
    assert ("contacts", f'["{person.number}"]') not in world.connectors["crm"].rows
