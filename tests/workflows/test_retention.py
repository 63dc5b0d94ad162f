"""When the day comes: what an erasure kept goes, and nothing else; short-lived data; requests' own records."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from activities.ending_letters import EndingLetterActivities
from activities.keeping import EndingOrder
from activities.ledger import TaskFilter, TaskRow, TaskState
from activities.model import AgainOrder
from activities.notify import LetterActivities
from activities.plans import ended_plan
from habeas.acts import ActKind
from habeas.connector import SystemPlan, Treatment
from habeas.errors import KeyDestroyed, NotAllowed, Terminal, Transient
from habeas.model import Outcome, Right, Stage
from habeas.outcomes import Done, Fate, ObjectOutcome
from habeas.policy import Policy
from tests.workflows.conftest import engine
from tests.workflows.controllers import controller, package
from tests.workflows.keeping import chatting, invoice, says, sweep, today, years_ago
from tests.workflows.test_by_hand import done, place_hold, task_of
from tests.workflows.test_change_rights import approve, settled
from tests.workflows.world import FILED, LAW, OWNER, Case, Person, World, someone
from workers.postgres import EmbeddedPostgres
from workflows.sweeps import NOT_ENDED


@pytest.fixture(scope="module")
async def world(postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """An engine of their own: a sweep goes over everybody's requests."""
    async with engine(postgres_server, tmp_path_factory.mktemp("retention"), "retention") as built:
        yield built


SOON = timedelta(days=3)


async def erased(world: World, person: Person, **words: object) -> Case:
    """An erasure that is closed."""
    case = await world.open(person, Right.ERASURE, **words)
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    return case


async def test_what_was_kept_goes_when_its_date_has_come(world: World) -> None:
    person, other = someone(), someone()
    for one in (person, other):
        one.settle_in(world.connectors)
    place, later = invoice(world, person, years_ago(5, today().date())), invoice(world, other, today().date())
    case, _ = await erased(world, person), await erased(world, other)
    rows = world.connectors["billing"].rows
    await sweep(world)
    assert place in rows, "on the last day it still stays"
    report = await sweep(world, SOON)
    assert report.ended >= 1
    assert place not in rows
    assert later in rows, "another one's term is not over"
    async with world.parts.ledger.begin() as tx:
        assert (await tx.outcome_counts(case.id))["billing"] == {"anonymised": 1, "erased": 1}
        assert not [row for row in await tx.due_retained(today().date() + SOON, 1000) if row.request_id == case.id]
    assert "retention:ended" in await case.tags()
    assert (await sweep(world, SOON)).ended == 0, "once"


async def test_what_was_kept_on_paper_is_a_human_s_to_shred_when_its_date_has_come(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE, controller="archive")
    await case.prove()
    dated = {"collection": "contracts", "date": f"{years_ago(5, today().date())}", "data": {"signed by": "Ada in ink"}}
    await done(case, await task_of(case), records=(json.dumps(dated),))
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)

    async def tasks() -> tuple[TaskRow, ...]:
        async with world.parts.ledger.begin() as tx:
            return await tx.tasks(TaskFilter(request_id=case.id, state=None))

    async def fates() -> dict[str, int]:
        async with world.parts.ledger.begin() as tx:
            return (await tx.outcome_counts(case.id))["paper"]

    for _ in range(2):
        assert ((report := await sweep(world, SOON)).ended, report.unfinished) == (0, 1)
        assert [row.phase for row in await tasks() if row.state is TaskState.OPEN] == ["erase"], "nobody is sent twice"
    await case.has_letter("staff_task", 2)
    assert "may be kept no longer" in " ".join(world.mail.text(OWNER, case.id.lower()).split())
    hold = await place_hold(case, "paper")
    assert (await sweep(world, SOON)).held == 1
    assert not [row for row in await tasks() if row.state is TaskState.OPEN], "what is held by now is called off"
    await world.office.lift_hold(hold.hold.id, by="ann")
    await sweep(world, SOON)
    task = next(row for row in await tasks() if row.state is TaskState.OPEN)
    handle = world.env.client.get_workflow_handle(f"{case.id}/task/{task.id}")
    await world.env.fast_forward(handle, timedelta(days=8))
    await case.has_letter("staff_task_reminder")
    shown = await world.office.task(task.id, by="kim", reason="going to the archive")
    law = {"law": FILED, "kept_until": f"{today().date()}"}
    assert [one.content for one in shown.brief.objects] == [{"signed by": "Ada in ink"} | law]
    await done(case, task, outcomes=("erased",))
    assert await handle.result() == "clean"
    assert await fates() == {"erased": 1}
    ended = next(one for one in await case.events() if one.tag.value == "retention:ended")
    assert (ended.facts["attested"], ended.facts["erased"], ended.facts["remaining"]) == (True, 1, 0)
    assert (await sweep(world, SOON)).unfinished == 0


async def test_a_system_that_is_away_is_tried_again_the_next_day_and_staff_are_told_weekly(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    place = invoice(world, person, years_ago(5, today().date()))
    case = await erased(world, person)
    billing = world.connectors["billing"]
    days = {0: 1, 1: 1, 6: 1, 8: 2, 9: 2, 16: 3}
    billing.fail("erase", *[Transient("down", retry_after=0.01) for _ in range(4 * len(days))])
    for day, letters in days.items():
        report = await sweep(world, SOON + timedelta(days=day))
        assert (report.unfinished, report.waiting) == (1, ("billing",))
        assert (await case.letters()).count("staff_attention") == 1 + letters, f"the review's, and these on day {day}"
    told = world.mail.text(world.parts.policy("demo").controller.privacy_officer, case.id)
    assert "The request is closed" in told
    assert "retry" not in told, "a closed request offers nothing to retry or skip"
    assert place in billing.rows
    assert (await sweep(world, SOON)).ended == 1
    assert place not in billing.rows


async def test_of_a_system_staff_hear_once_a_week_whichever_request_it_is_about(world: World) -> None:
    first, second = await world.open(someone()), await world.open(someone())
    letters, at = LetterActivities(world.parts), world.now[0]

    async def told(case: Case, days: int, *, anywhere: bool = True) -> int:
        order = AgainOrder(
            request_id=case.id,
            at=at + timedelta(days=days),
            kind="staff_attention",
            dedupe="retention/resellers/transient",
            system="resellers",
            code="transient",
            every=timedelta(days=7).total_seconds(),
            anywhere=anywhere,
        )
        for _ in range(2):
            await letters.send_again(order)
        return (await first.letters()).count("staff_attention") + (await second.letters()).count("staff_attention")

    assert [await told(first, 0), await told(second, 1), await told(second, 7), await told(first, 8)] == [1, 1, 2, 2]
    assert await told(first, 8, anywhere=False) == 3
    for case in (first, second):
        await case.act(ActKind.WITHDRAW)
        await case.reaches(Stage.CLOSED)


async def test_what_was_changed_since_is_left_for_a_human(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    place = invoice(world, person, years_ago(5, today().date()))
    case = await erased(world, person)
    billing = world.connectors["billing"]
    billing.put(billing.rows[place].model_copy(update={"data": {"total": "99.00"}}))
    report = await sweep(world, SOON)
    assert (report.ended, report.unfinished) == (0, 1)
    assert place in billing.rows
    assert "plan:drifted" in await case.tags()
    told = (await case.letters()).count("staff_attention")
    for day, more in ((1, 0), (8, 1)):
        await sweep(world, SOON + timedelta(days=day))
        assert (await case.letters()).count("staff_attention") == told + more
    billing.rows.pop(place)
    assert (await sweep(world, SOON)).ended == 1, "whoever took it away: it is gone"


async def test_only_a_closed_erasure_that_was_approved_lets_anything_go(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    invoice(world, person, years_ago(5, today().date()))
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    day = today().date() + SOON
    async with world.parts.ledger.begin() as tx:
        with pytest.raises(NotAllowed, match="not closed"):
            await ended_plan(tx, case.id, "billing", world.parts, day)
    await case.act(ActKind.REFUSE, ground="manifestly_unfounded")
    await case.reaches(Stage.CLOSED)
    async with world.parts.ledger.begin() as tx:
        with pytest.raises(NotAllowed, match="not one that was approved"):
            await ended_plan(tx, case.id, "billing", world.parts, day)
    copy = await world.open(someone())
    await copy.act(ActKind.WITHDRAW) if (await copy.reaches(Stage.VERIFYING)) else None
    await copy.reaches(Stage.CLOSED)
    async with world.parts.ledger.begin() as tx:
        with pytest.raises(NotAllowed, match="Only an erasure"):
            await ended_plan(tx, copy.id, "billing", world.parts, day)


async def test_nothing_goes_but_what_was_found_retained(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    invoice(world, person, years_ago(5, today().date()))
    case = await erased(world, person)
    async with world.parts.ledger.begin() as tx:
        plan, held = await ended_plan(tx, case.id, "billing", world.parts, today().date() + SOON)
        assert [(one.collection, one.treatment) for one in plan.objects] == [("invoices", Treatment.DELETE)]
        assert (plan.roots, plan.identifiers, held) == ((), (), 0)
        crm, _ = await ended_plan(tx, case.id, "crm", world.parts, today().date() + SOON)
        assert not crm.objects
    await sweep(world, SOON)


async def test_a_request_s_own_record_goes_once_it_keeps_nothing_any_more(world: World) -> None:
    person, keeper = someone(), someone()
    for one in (person, keeper):
        one.settle_in(world.connectors)
    name = controller(world, "brief-records", record={"keep_days": 30})
    copy = await world.open(person, controller=name)
    await copy.prove()
    await copy.reaches(Stage.CLOSED)
    place = invoice(world, keeper, years_ago(5, today().date() + timedelta(days=60)))
    erasure = await erased(world, keeper, controller=name)
    for row in await world.office.recipients(erasure.id):
        if row.state in ("queued", "sent"):
            await world.office.acknowledge(erasure.id, row.recipient, by="ann", reason="they phoned")
    storage = world.parts.storage
    assert await storage.list(f"requests/{copy.id}")
    assert (await sweep(world, timedelta(days=29))).keys == 0
    report = await sweep(world, timedelta(days=32))
    assert report.keys >= 1
    async with world.parts.ledger.begin() as tx:
        with pytest.raises(KeyDestroyed):
            await tx.subject(copy.id)
        assert (await tx.subject(erasure.id)).identifiers, "it must still know what to erase in some time"
        left = ("graph", "plan", "plan/billing", "subject")
        assert await tx.sealed_names(erasure.id) == left, "and no more"
        first = (await tx.letters(erasure.id))[0]
        with pytest.raises(KeyDestroyed):
            await tx.letter_of(erasure.id, first.dedupe)
    assert not await storage.list(f"requests/{copy.id}")
    assert (await copy.tags())[-1] == "key:destroyed"
    assert (await copy.row()).outcome is Outcome.FULFILLED, "what was done stays to be proven"
    assert (await erasure.events())[-1].facts == {"keep_days": 30, "kept": 1}
    assert (await world.office.show(erasure.id)).request.outcome is not None, "it can still be looked at"
    assert not await world.office.send_code(erasure.id), "where its letters went is not known any more"
    later = await world.open(keeper, controller=name)
    await later.prove()
    await later.reaches(Stage.CLOSED)
    assert (await later.row()).outcome is Outcome.FULFILLED, "what is kept is still found"
    assert place in world.connectors["billing"].rows
    assert (await sweep(world, timedelta(days=62))).ended >= 1
    assert place not in world.connectors["billing"].rows
    assert "kept_ended" not in await erasure.letters(), "nobody knows their address any more"
    told = {row.recipient: row.state for row in await world.office.recipients(erasure.id)}
    assert told["accountant"] in ("queued", "sent"), "whoever got it hears of it by what they know the person"
    await world.office.acknowledge(erasure.id, "accountant", by="ann", reason="they phoned")
    await sweep(world, timedelta(days=63))
    with pytest.raises(KeyDestroyed):
        async with world.parts.ledger.begin() as tx:
            await tx.subject(erasure.id)
    assert (await erasure.tags())[-2:] == ["recipient:acknowledged", "key:destroyed"]


async def test_short_lived_data_ends_by_itself(world: World) -> None:
    name = chatting(world)
    old, new = someone(), someone()
    place = says(world, old, today().date() - timedelta(days=31))
    fresh = says(world, new, today().date() - timedelta(days=30))
    report = await sweep(world)
    rows = world.connectors["chat"].rows
    assert report.expired == 1
    assert place not in rows
    assert fresh in rows
    async with world.parts.ledger.begin() as tx:
        newest = (await tx.expiries(name))[0]
    assert (newest.system, newest.collection, newest.erased, newest.held) == ("chat", "messages", 1, 0)


async def test_short_lived_data_that_cannot_end_is_reported_and_logged(world: World) -> None:
    chatting(world)
    chat = world.connectors["chat"]
    place = says(world, someone(), today().date() - timedelta(days=31))
    chat.fail("expired", Terminal("no permission"))
    with capture_logs() as said:
        assert "chat" in (await sweep(world)).waiting
    line = {"event": NOT_ENDED, "log_level": "warning", "system": "chat", "error": "terminal"}
    assert [one for one in said if one["event"] == NOT_ENDED] == [line], "once, and nothing of what the system said"
    chat.faults.clear()
    assert (await sweep(world)).expired == 1
    assert place not in chat.rows


def told(world: World, officer: str) -> list[EmailMessage]:
    """The letters about short-lived data that this officer got, the oldest first."""
    return [letter for letter in world.mail.to(officer) if "chat" in str(letter["Subject"])]


def words(letter: EmailMessage) -> str:
    body = letter.get_body(preferencelist=("plain",))
    return " ".join(str(body.get_content()).split()) if body else ""


def german(world: World, name: str) -> str:
    """A controller with a chat, whose officer reads German; the officer's address."""
    officer = f"officer@{name}.example"
    chatting(world, name)
    policies = cast("dict[str, Policy]", world.parts.policies)
    own = policies[name].controller.model_copy(
        update={"id": name, "privacy_officer": officer, "languages": ("de", "en", "da", "fr")}
    )
    policies[name] = policies[name].model_copy(update={"controller": own})
    return officer


@pytest.fixture
def alone_with_chat(world: World) -> Iterator[None]:
    """No other controller of this module has the chat."""
    policies = cast("dict[str, Policy]", world.parts.policies)
    others = {name: one for name, one in policies.items() if "chat" in one.systems}
    for name in others:
        del policies[name]
    yield
    for name in [name for name, one in policies.items() if "chat" in one.systems]:
        del policies[name]
    policies.update(others)


@pytest.mark.usefixtures("alone_with_chat")
async def test_the_officer_hears_what_does_not_end_weekly_and_that_it_does_again(world: World) -> None:
    officer, chat = german(world, "leise"), world.connectors["chat"]
    person = someone()
    place = says(world, person, today().date() - timedelta(days=31))
    chat.fail("expired", *[Terminal("no permission") for _ in range(9)])
    for days, letters in ((0, 1), (1, 1), (6, 1), (8, 2)):
        await sweep(world, timedelta(days=days))
        assert len(told(world, officer)) == letters, f"after {days} days"
    first, again = map(words, told(world, officer))
    title = world.parts.policy("leise").text(world.parts.policy("leise").category("support").title, "de")
    assert f"{title}: Anzahl unbekannt, seit dem" in first
    assert "Das System tut es nicht: terminal." in first
    assert "habeas system check chat" in first
    assert "schon deswegen geschrieben" in again
    assert "schon deswegen" not in first
    assert person.number not in first + again
    assert person.email not in first + again
    (row,) = await world.office.failing("chat")
    assert (row.category, row.code, row.objects, row.told) == ("support", "terminal", None, 2)
    assert (await world.office.kept("leise"))[0].failing == (row,)

    chat.faults.clear()
    for _ in range(2):
        await sweep(world, timedelta(days=9))
    assert place not in chat.rows
    assert len(told(world, officer)) == 3, "once"
    assert "wieder von selbst" in words(told(world, officer)[2])
    assert await world.office.failing("chat") == ()


@pytest.mark.usefixtures("alone_with_chat")
async def test_single_objects_that_a_system_leaves_are_told_once_they_stay(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, chat = german(world, "halb"), world.connectors["chat"]
    says(world, someone(), today().date() - timedelta(days=40))

    async def leaves(plan: SystemPlan) -> Done[tuple[ObjectOutcome, ...]]:
        return Done(
            result=tuple(
                ObjectOutcome(collection=one.collection, key=one.key, fate=Fate.BLOCKED) for one in plan.objects
            )
        )

    with monkeypatch.context() as patched:
        patched.setattr(chat, "expire", leaves)
        assert (await sweep(world)).expired_blocked == 1
        assert told(world, officer) == [], "it may have changed while it was being ended"
        await sweep(world, timedelta(days=1))
        (letter,) = told(world, officer)
        assert "1 Eintrag, seit dem" in words(letter)
        assert "haben sich inzwischen geändert" in words(letter)
    await sweep(world, timedelta(days=2))
    assert len(told(world, officer)) == 2


@pytest.mark.usefixtures("alone_with_chat")
async def test_a_letter_about_what_does_not_end_waits_for_the_mail_server(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = german(world, "still")
    steps, at = EndingLetterActivities(world.parts), today()
    order = EndingOrder(at=at, system="chat", began=at, code="terminal")
    send = type(world.parts.mailer).send
    ids: list[str] = []

    async def dies(self: Any, to: str, letter: Any, message_id: str, *more: Any) -> None:
        """It takes the letter, and the worker is killed before it could write that down."""
        await send(self, to, letter, message_id, *more)
        ids.append(message_id)
        if len(ids) == 1:
            raise Transient("away")

    monkeypatch.setattr(type(world.parts.mailer), "send", dies)
    with pytest.raises(Transient):
        await steps.report_expiry(order)
    assert [await steps.report_expiry(order) for _ in range(2)] == [1, 0]
    assert ids[0] == ids[1], "mail programs show it once"
    assert {letter["Message-ID"] for letter in told(world, officer)} == {ids[0]}


async def test_reasons_are_told_at_once_where_that_was_promised(world: World) -> None:
    name = controller(world, "prompt", promise={"reasons_at_once": ("transactions",)})
    person = someone()
    person.settle_in(world.connectors)
    billing = world.connectors["billing"]
    billing.fail("erase", *[Transient("down", retry_after=0.05) for _ in range(4)])
    case = await world.open(person, Right.ERASURE, controller=name)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    before = await case.plan()
    await case.act(ActKind.EXEMPT, category="activity", ground="legal_claims")
    await case.approve_anew(before)
    await case.has_letter("partial_refusal")
    assert "completion_erasure" not in await case.letters()
    text = world.mail.text(person.email, "Bookkeeping Act")
    assert case.id in text
    assert "What we cannot do, and why" in text, "the letter says that everything else goes"
    assert "GDPR Article 17(3)(e)" in text
    billing.faults.clear()
    if "billing" in (await case.row()).blocked_on:
        await case.act(ActKind.RETRY_SYSTEM, system="billing")
    await case.reaches(Stage.CLOSED)
    assert (await case.letters()).count("partial_refusal") == 1


async def test_one_damaged_record_keeps_no_other_from_its_end(world: World) -> None:
    broken, whole = someone(), someone()
    places = []
    cases = []
    for person in (broken, whole):
        person.settle_in(world.connectors)
        places.append(invoice(world, person, years_ago(5, today().date())))
        cases.append(await erased(world, person))
    async with world.parts.ledger.begin() as tx:
        plan = await tx.unseal(cases[0].id, "plan/billing", SystemPlan)
        assert plan is not None
        await tx.seal(cases[0].id, "plan/billing", plan.model_copy(update={"system": "billing", "objects": ()}))
    report = await sweep(world, SOON)
    assert (report.ended, report.unfinished, report.waiting) == (1, 1, ())
    rows = world.connectors["billing"].rows
    assert places[0] in rows, "its plan is not what was approved"
    assert places[1] not in rows


async def again(world: World, person: Person, right: Right = Right.ACCESS, **words: object) -> Case:
    """What the person asks for after an erasure that kept their invoice."""
    case = await world.open(person, right, **words)
    await case.prove()
    return case


async def test_what_an_erasure_kept_is_found_again_by_what_the_person_asks_later(world: World) -> None:
    person = settled(world)
    place = invoice(world, person, years_ago(5, today().date()))
    first = await erased(world, person)
    copy = await again(world, person)
    assert (await copy.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    archive = await package(copy)
    assert [name for name in archive.namelist() if "invoices" in name]
    paths = next(one.facts["paths"] for one in await copy.events() if one.tag == "match:settled")
    assert isinstance(paths, dict)
    assert [*paths.values()] == [f"kept by {first.id}: billing invoices"]
    objection = await again(world, person, Right.OBJECTION, purposes=("profiling",), situation="my job")
    await objection.reaches(Stage.REVIEWING)
    await approve(objection)
    assert (await objection.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED, "something is held of who objects"
    second = await erased(world, person)
    assert (await second.row()).outcome is Outcome.PARTLY_FULFILLED
    async with world.parts.ledger.begin() as tx:
        assert [(one.collection, one.law, one.count) for one in await tx.retained(second.id)] == [("invoices", LAW, 1)]
    told = world.mail.text(person.email, second.id)
    assert LAW in told
    assert (await sweep(world, SOON)).ended == 2, "in both requests it is written down"
    assert place not in world.connectors["billing"].rows
    gone = await again(world, person)
    assert (await gone.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND


async def test_what_an_erasure_kept_is_shown_to_nobody_who_is_not_proven_to_be_that_person(world: World) -> None:
    person = settled(world)
    await erased(world, person, name="Ada Test")
    namesake, other, number = someone(), replace(someone("Bo Other"), email=person.email), person.number
    for asked in (
        partial(again, world, namesake, identifiers=(f"customer_number={number}", f"email={person.email}")),
        partial(again, world, other, name="Bo Other"),
        partial(again, world, person, controller=controller(world, "elsewhere")),
    ):
        assert (await (await asked()).reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND


async def test_what_was_kept_stays_past_its_date_while_the_person_s_copy_is_open(world: World) -> None:
    person = settled(world)
    place = invoice(world, person, years_ago(5, today().date()))
    await erased(world, person)
    copy = await world.open(person)
    report = await sweep(world, SOON)
    assert report.held >= 1
    assert place in world.connectors["billing"].rows
    await copy.prove()
    assert (await copy.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    await sweep(world, SOON)
    assert place not in world.connectors["billing"].rows
