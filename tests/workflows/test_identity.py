"""Who asks is proven first: codes go to the address on record, and nothing happens without a proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata

from activities.clockface import local_day
from habeas.acts import ActKind
from habeas.errors import NotAllowed, Terminal, WrongCode
from habeas.model import Outcome, Right, Stage
from habeas.policy.sections import Proof
from tests.workflows.controllers import answering_under, controller
from tests.workflows.world import Case, World, eventually, someone

CALIFORNIA: dict[str, object] = {"code": "US-CCPA", "jurisdictions": ("US-CA",)}


async def test_a_code_goes_to_the_address_on_record_not_to_the_claimed_one(world: World) -> None:
    victim, attacker = someone("Vera Victim"), someone("Mal Attacker")
    victim.settle_in(world.connectors)
    case = await world.open(attacker, identifiers=(f"customer_number={victim.number}",))
    await case.has_letter("code")
    assert world.mail.text(victim.email, case.id)
    codes = [letter for letter in world.mail.to(attacker.email) if "code" in str(letter["Subject"]).lower()]
    assert codes == []


async def test_no_code_goes_to_an_address_that_only_a_staff_account_bears(world: World) -> None:
    colleague, stranger = someone("Vera Agent"), someone("Mal Attacker")
    colleague.settle_in(world.connectors)
    crm, billing = world.connectors["crm"], world.connectors["billing"]
    for system in (crm, billing):
        rows = [row for row in system.rows.values() if row.root is None and colleague.number in row.key]
        system.put(*(row.model_copy(update={"staff": True}) for row in rows))
    case = await world.open(stranger, identifiers=(f"customer_number={colleague.number}",))
    await case.has_letter("staff_attention")
    for address in (colleague.email, stranger.email):
        assert not [letter for letter in world.mail.to(address) if "code" in str(letter["Subject"]).lower()]


async def test_a_claimed_number_of_somebody_else_is_not_searched_by(world: World) -> None:
    victim, attacker = someone("Vera Victim"), someone("Mal Attacker")
    victim.settle_in(world.connectors)
    attacker.settle_in(world.connectors)
    case = await world.open(attacker, identifiers=(f"customer_number={victim.number}",))
    await case.prove()
    await case.reaches(Stage.CLOSED)
    collected = [event for event in await case.events() if event.tag.value == "system:collected"]
    assert {event.facts["system"]: event.facts["records"] for event in collected} == {"crm": 4, "billing": 2}


async def test_wrong_codes_are_limited_and_say_so(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.has_letter("code")
    for guess in range(6):
        with pytest.raises(WrongCode):
            await world.office.submit_code(case.id, f"0000000{guess}")
    with pytest.raises(WrongCode):
        await world.office.submit_code(case.id, await case.code())
    assert (await case.row()).stage is Stage.VERIFYING
    await case.act(ActKind.RESEND_CODE)
    await case.has_letter("code", 2)
    await world.office.submit_code(case.id, await case.code(2))
    await case.reaches(Stage.CLOSED)


async def test_no_answer_closes_the_request_as_unverified(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.has_letter("code")
    await case.passes(timedelta(days=22))
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.UNVERIFIED
    letters = await case.letters()
    assert letters.count("code_reminder") == 2
    assert letters[-1] == "unverified"
    assert "system:collected" not in await case.tags()


async def test_who_asks_for_another_code_has_as_long_again_to_give_it(world: World) -> None:
    """Whoever asked first, and knew no more than an address, does not end what the person asks later."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.has_letter("code")
    await case.passes(timedelta(days=20))
    sent = (await case.letters()).count("code") + 1
    await case.act(ActKind.RESEND_CODE)
    await case.has_letter("code", sent)
    await case.passes(timedelta(days=2))
    assert (await case.row()).stage is Stage.VERIFYING


async def test_staff_can_attest_and_say_how(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    await case.act(ActKind.ATTEST)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED

    async def told() -> bool:
        return "act:attest" in await case.tags()

    await eventually(told)


def careful(world: World) -> str:
    """A controller that asks for the code and for staff's word."""
    return controller(world, "careful", identity={"rights": {Right.ACCESS: Proof.BOTH}})


async def card(case: Case) -> str:
    """What stands on the request's page in the Temporal UI."""
    shown = await case.handle.query("__temporal_workflow_metadata")
    return str(cast("WorkflowMetadata", shown).current_details)


async def asked_to_attest(case: Case) -> list[str]:
    """Names of the letters that ask staff to attest."""
    async with case.world.parts.ledger.begin() as tx:
        return [row.dedupe for row in await tx.letters(case.id) if row.dedupe.startswith("attest")]


async def test_where_both_proofs_are_asked_the_code_makes_staff_be_asked_for_theirs(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller=careful(world))
    await case.has_letter("code")
    assert "code, and staff attest" in await card(case)
    for said in ("what you ask for needs two proofs", "It works once. What you ask for needs a second proof"):
        world.mail.text(person.email, said)
    await case.prove()
    await case.has_letter("staff_attention")
    assert "staff must be sure of the person" in " ".join(
        world.mail.text("privacy-officer@nordlys-handel.example", case.id).split()
    )
    told = await world.office.show(case.id)
    assert told.standing.proof_lacking is Proof.ATTESTATION
    kinds = {one.kind for one in told.possible}
    assert ActKind.ATTEST.value in kinds
    assert not {ActKind.PROVE.value, ActKind.RESEND_CODE.value} & kinds
    assert "staff must attest" in await card(case)
    assert (await world.office.mine(case.id)).second_proof
    with pytest.raises(NotAllowed, match="attest"):
        await case.act(ActKind.RESEND_CODE)
    await case.passes(timedelta(days=11))
    assert not {"code_reminder"} & {*await case.letters()}, "a code that was given is not asked for again"
    assert await asked_to_attest(case) == ["attest", "attest/1", "attest/2"]
    await case.act(ActKind.ATTEST)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_where_both_proofs_are_asked_and_staff_attest_first_the_code_is_waited_for(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller=careful(world))
    await case.has_letter("code")
    await case.act(ActKind.ATTEST)
    told = await world.office.show(case.id)
    assert told.standing.proof_lacking is Proof.CODE
    assert ActKind.ATTEST.value not in {one.kind for one in told.possible}
    assert "gives the one-time code, since staff" in await card(case)
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert await asked_to_attest(case) == []


async def test_where_staff_never_attest_it_waits_until_the_term_is_over_and_the_person_is_told_why(
    world: World,
) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller=careful(world))
    await case.prove()
    await case.has_letter("staff_attention")
    due = (await case.row()).due_at
    assert due is not None
    await case.passes(due - world.now[0] - timedelta(hours=1))
    row = await case.row()
    assert (row.stage, row.overdue) == (Stage.VERIFYING, False), "the policy's time for proof was the person's"
    await case.passes(timedelta(hours=2))
    await case.has_letter("staff_alarm")
    await case.has_letter("delay")
    row = await case.row()
    assert (row.stage, row.overdue) == (Stage.VERIFYING, True)
    told = " ".join(world.mail.text(person.email, "our answer is not ready yet").split())
    assert "your code was right, but one of us has yet to make sure of you" in told
    letters = await case.letters()
    assert (letters.count("code"), letters.count("delay")) == (1, 1)
    assert not {"code_reminder", "unverified"} & {*letters}
    await case.passes(timedelta(days=15))
    assert len(await asked_to_attest(case)) > 4, "staff are reminded for as long as it takes"
    await case.act(ActKind.ATTEST)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_who_was_never_sent_a_code_does_not_read_of_one(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller=controller(world, "by-word", identity={"methods": ("attestation",)}))
    await case.passes(timedelta(days=22))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.UNVERIFIED
    closing = world.mail.text(person.email, "We could not make sure in time that it came from you")
    assert "code" not in closing


async def test_a_source_that_is_down_is_shown_and_does_not_hold_up_the_code(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    world.connectors["billing"].fail("locate", Terminal("credentials refused"))
    case = await world.open(person)
    await case.has_letter("code")
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_while_nobody_knows_the_person_every_source_is_waited_for(world: World) -> None:
    person = someone()
    world.connectors["billing"].fail("locate", Terminal("credentials refused"))
    case = await world.open(person)

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("billing",)

    await eventually(blocked)
    assert "code" not in await case.letters()
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    await case.prove()
    row = await case.reaches(Stage.CLOSED)
    assert (row.outcome, row.blocked_on) == (Outcome.NOTHING_FOUND, ())


def _patient(world: World, name: str, *regimes: dict[str, object]) -> str:
    """A controller that waits sixty days for the proof, and answers under these laws."""
    answering_under(world, name, *regimes)
    home = {"establishment": "US-CA" if CALIFORNIA in regimes else "DK"}
    identity = {"expires_after_days": 60, "remind_after_days": (43,)}
    return controller(world, name, of=name, identity=identity, controller=home)


async def _asked(world: World, name: str, **words: Any) -> Case:
    """A request to that controller, whose person was sent a code."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller=name, **words)
    await case.has_letter("code")
    return case


async def test_where_the_clock_runs_on_the_wait_ends_in_time_to_say_so(world: World) -> None:
    name = _patient(world, "patient-in-california", CALIFORNIA)
    case = await _asked(world, name, jurisdiction="US-CA")
    due = (await case.row()).due_at
    assert due is not None
    last_day = due - timedelta(days=1)
    await case.passes(last_day - world.now[0] - timedelta(hours=1))
    assert (await case.row()).stage is Stage.VERIFYING
    before = local_day(world.parts.policies[name], last_day) - timedelta(days=1)
    reminder = " ".join(world.mail.text(case.person.email, "we close").split())
    assert f"by {before.day} {before:%B %Y}, we close" in reminder
    await case.passes(timedelta(hours=2))
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.UNVERIFIED
    assert not closed.overdue
    assert (await case.letters())[-1] == "unverified"
    assert closed.closed_at is not None
    assert closed.closed_at < due


async def test_an_extension_gives_the_person_more_time_too(world: World) -> None:
    name = _patient(world, "patient-and-extending", CALIFORNIA)
    case = await _asked(world, name, jurisdiction="US-CA")
    await case.act(ActKind.EXTEND, ground="complexity")
    await case.passes(timedelta(days=59))
    assert (await case.row()).stage is Stage.VERIFYING
    await case.act(ActKind.ATTEST)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_where_the_law_stops_the_clock_for_it_the_wait_is_the_controllers(world: World) -> None:
    case = await _asked(world, _patient(world, "patient-at-home"))
    await case.act(ActKind.PAUSE, pause_reason="identity")
    await case.passes(timedelta(days=59))
    assert (await case.row()).stage is Stage.VERIFYING
    await case.passes(timedelta(days=2))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.UNVERIFIED


async def test_who_is_first_asked_on_the_last_day_gets_the_controllers_time(world: World) -> None:
    name = _patient(world, "patient-and-late", CALIFORNIA)
    long_ago = (datetime.now(UTC) - timedelta(days=50)).date().isoformat()
    case = await _asked(world, name, jurisdiction="US-CA", received_at=long_ago)
    assert "The time we had for our answer is over." in world.mail.text(case.person.email, "Here is your code")
    await case.act(ActKind.ASK)
    await case.has_letter("question")
    asked = world.mail.text(case.person.email, "as told")
    assert "The time we had for our answer is over." in asked
    assert "running" not in asked
    await case.act(ActKind.RESUME)
    await case.passes(timedelta(days=30))
    assert (await case.row()).stage is Stage.VERIFYING
    await case.act(ActKind.ATTEST)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
