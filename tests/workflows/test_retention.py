"""When the day comes: what an erasure kept goes, and nothing else; short-lived data; requests' own records."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from activities.plans import ended_plan
from habeas.acts import ActKind
from habeas.connector import SystemPlan, Treatment
from habeas.errors import KeyDestroyed, NotAllowed, Terminal, Transient
from habeas.model import Outcome, Right, Stage
from tests.workflows.conftest import engine
from tests.workflows.controllers import controller
from tests.workflows.keeping import chatting, invoice, says, sweep, today, years_ago
from tests.workflows.world import Case, Person, World, someone
from workers.postgres import EmbeddedPostgres


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


async def test_a_system_that_is_away_is_tried_again_the_next_day_and_staff_are_told_once(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    place = invoice(world, person, years_ago(5, today().date()))
    case = await erased(world, person)
    billing = world.connectors["billing"]
    billing.fail("erase", *[Transient("down", retry_after=0.01) for _ in range(8)])
    for _ in range(2):
        report = await sweep(world, SOON)
        assert (report.unfinished, report.waiting) == (1, ("billing",))
    assert (await case.letters()).count("staff_attention") == 2, "one for the review, one for this"
    told = world.mail.text(world.parts.policy("demo").controller.privacy_officer, case.id)
    assert "The request is closed" in told
    assert "retry" not in told, "a closed request offers nothing to retry or skip"
    assert place in billing.rows
    assert (await sweep(world, SOON)).ended == 1
    assert place not in billing.rows


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
    erasure = await erased(world, keeper, controller=name)
    storage = world.parts.storage
    assert await storage.list(f"requests/{copy.id}")
    assert (await sweep(world, timedelta(days=29))).keys == 0
    report = await sweep(world, timedelta(days=32))
    assert report.keys >= 1
    async with world.parts.ledger.begin() as tx:
        with pytest.raises(KeyDestroyed):
            await tx.subject(copy.id)
        assert (await tx.subject(erasure.id)).identifiers, "it must still know what to erase in some years"
    assert not await storage.list(f"requests/{copy.id}")
    assert (await copy.tags())[-1] == "key:destroyed"
    assert (await copy.row()).outcome is Outcome.FULFILLED, "what was done stays to be proven"


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


class _Said(logging.Handler):
    """What was logged."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage()


async def test_short_lived_data_that_cannot_end_is_reported_and_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said = _Said(level=logging.WARNING)
    log = logging.getLogger("temporalio.workflow")
    # Whatever an earlier test made of the logs.
    monkeypatch.setattr(log, "disabled", False)
    caplog.set_level(logging.WARNING, logger=log.name)
    monkeypatch.setattr(log, "handlers", [*log.handlers, said])
    chatting(world)
    chat = world.connectors["chat"]
    place = says(world, someone(), today().date() - timedelta(days=31))
    chat.fail("expired", Terminal("no permission"))
    assert "chat" in (await sweep(world)).waiting
    assert "short-lived data could not be ended in chat: terminal" in said.text
    chat.faults.clear()
    assert (await sweep(world)).expired == 1
    assert place not in chat.rows


async def test_reasons_are_told_at_once_where_that_was_promised(world: World) -> None:
    name = controller(world, "prompt", promise={"reasons_at_once": ("transactions",)})
    person = someone()
    person.settle_in(world.connectors)
    billing = world.connectors["billing"]
    billing.fail("erase", *[Transient("down", retry_after=0.05) for _ in range(4)])
    case = await world.open(person, Right.ERASURE, controller=name)
    await case.prove()
    await case.approve_twice()
    await case.has_letter("partial_refusal")
    assert "completion_erasure" not in await case.letters()
    text = world.mail.text(person.email, "Bookkeeping Act")
    assert case.id in text
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
