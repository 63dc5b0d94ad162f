"""Whom the engine believes: nobody gets, or has erased, what somebody else's name or number leads to."""

from __future__ import annotations

import uuid
from collections.abc import MutableMapping
from datetime import timedelta
from typing import cast

import pytest
from temporalio.client import WorkflowUpdateFailedError

from habeas.acts import ActAnswer, ActCall, ActKind
from habeas.errors import BadInput, NotAllowed, WrongCode
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.policy import Policy
from habeas.testing import MemoryRow
from tests.workflows.controllers import controller
from tests.workflows.world import Case, Person, World, someone

NOBODY = "0123456789abcdef"


def _with_policy(world: World, monkeypatch: pytest.MonkeyPatch, **identity: object) -> None:
    """The demo's policy with other rules of identity; a request keeps those it began with."""
    policies = cast("MutableMapping[str, Policy]", world.parts.policies)
    demo = policies["demo"]
    changed = demo.model_copy(update={"identity": demo.identity.model_copy(update=identity)})
    monkeypatch.setitem(policies, "demo", changed)


async def _forge(case: Case, kind: ActKind, call: ActCall) -> ActAnswer:
    """An act sent to the workflow past the office: nobody wrote it down before."""
    answer: ActAnswer = await case.handle.execute_update(kind.value, call, id=call.act_id, result_type=ActAnswer)
    return answer


async def test_who_is_attested_gets_the_export_only_at_an_address_on_record(world: World) -> None:
    person = someone("Vera Victim")
    person.settle_in(world.connectors)
    claimed = Person(name=person.name, email=someone().email, number=person.number)
    case = await world.open(claimed, identifiers=(f"customer_number={person.number}",), name=person.name)
    await case.has_letter("code")
    await case.act(ActKind.ATTEST)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert not [letter for letter in world.mail.to(claimed.email) if "/d/" in str(letter)]
    officer = world.parts.policy("demo").controller.privacy_officer
    assert case.id in world.mail.text(officer, "/d/")
    sent = [event.facts for event in await case.events() if event.tag.value == "letter:sent"]
    assert {"letter": "completion_access", "to": "staff"} in sent


async def test_a_letter_that_is_handed_over_has_a_note_to_the_officer_and_is_noted(world: World) -> None:
    """The note is in the officer's language, the letter below it in the person's, as it would be without it."""
    person = someone("Vera Victim")
    number = Identifier(kind="customer_number", value=person.number)
    account = MemoryRow(collection="customers", key=f'["C{person.number}"]', identifiers=(number,), name=person.name)
    world.connectors["billing"].put(account)
    name = controller(world, "by-post", controller={"languages": ("de", "en", "da", "fr")})
    case = await world.open(
        person,
        emails=(),
        identifiers=(f"customer_number={person.number}",),
        name=person.name,
        language="fr",
        controller=name,
    )
    await case.has_letter("staff_attention")
    await case.act(ActKind.ATTEST)
    await case.reaches(Stage.CLOSED)
    officer = world.parts.policy(name).controller.privacy_officer
    message = next(one for one in reversed(world.mail.to(officer)) if "/d/" in str(one) and case.id in str(one))
    assert str(message["Subject"]).startswith(f"Zu übergeben oder mit der Post zu senden, Anfrage {case.id}: ")
    bodies = [message.get_body(preferencelist=(kind,)) for kind in ("html", "plain")]
    html, text = (str(body.get_content()) if body else "" for body in bodies)
    note, _, letter = text.partition("==8<")
    assert await world.office.send_link_code(letter.partition("/d/")[2].split()[0])
    await case.has_letter("visit_code")
    assert not [one for one in world.mail.to(person.email) if case.id in str(one)]
    assert f"Anfrage {case.id}" in " ".join(note.split())
    assert "Vera" not in note
    assert "Bonjour" in letter or "Vera Victim" in letter
    assert "habeas letter" not in letter
    assert "@media print { .cover { display: none !important; } }" in html
    assert html.index('class="cover"') < html.index('class="page"')
    waiting = [row for row in await world.office.letters_to_hand_over(name) if row.request_id == case.id]
    row = next(one for one in waiting if one.kind == "completion_access")
    assert f"habeas letter handed {row.id}" in note
    commands = [act.command for act in (await world.office.show(case.id)).possible]
    assert any(command.startswith(f"habeas letter handed {row.id}") for command in commands)

    said = [await world.office.letter_handed(row.id, by="kim", reason="posted on the 3rd") for _ in range(2)]
    assert [one.first for one in said] == [True, False]
    assert row not in await world.office.letters_to_hand_over(name)
    assert (await case.tags()).count("letter:handed_over") == 1
    async with world.parts.ledger.begin() as tx:
        staff = next(one for one in await tx.letters(case.id) if one.kind == "staff_attention")
    with pytest.raises(BadInput, match="nothing to hand over"):
        await world.office.letter_handed(staff.id, by="kim", reason="x")
    with pytest.raises(BadInput, match="no such letter"):
        await world.office.letter_handed(str(uuid.uuid4()), by="kim", reason="x")


async def test_who_is_attested_at_an_address_on_record_gets_the_export_there(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.has_letter("code")
    await case.act(ActKind.ATTEST)
    await case.reaches(Stage.CLOSED)
    letter = world.mail.text(person.email, "/d/")
    assert case.id in letter
    # At the door of the reference no code goes out: nobody proved to read there. With the link it goes where that went.
    assert not await world.office.send_code(case.id)
    assert await world.office.send_link_code(letter.partition("/d/")[2].split()[0])
    await case.has_letter("visit_code")
    assert case.id in world.mail.text(person.email, "asked for a code")


async def test_who_is_attested_hears_at_the_claimed_address_that_nothing_is_held(world: World) -> None:
    person = someone("Nora Nobody")
    case = await world.open(person)
    await case.act(ActKind.ATTEST)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND
    await case.has_letter("nothing_found")
    assert case.id in world.mail.text(person.email, "found no personal data about you")


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
async def test_records_of_another_name_than_the_attested_one_stop_for_a_human(world: World, right: Right) -> None:
    victim, caller = someone("Vera Victim"), someone("Mal Caller")
    victim.settle_in(world.connectors)
    case = await world.open(caller, right, identifiers=(f"customer_number={victim.number}",), name=caller.name)
    await case.has_letter("code")
    await case.act(ActKind.ATTEST)
    await case.reaches(Stage.CLARIFYING)
    shown = await world.office.candidates(case.id, by="ann", reason="who is it")
    assert {one.standing for one in shown.records} == {"held"}
    await world.office.decide_by_handle(
        case.id, by="ann", reason="not the caller", said={one.handle: False for one in shown.records}
    )
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND
    assert world.connectors["crm"].rows[("contacts", f'["{victim.number}"]')].data


@pytest.mark.parametrize("asked", ["attested", "waived"])
async def test_a_number_that_was_only_named_leads_to_a_candidate_and_to_nothing_else(
    world: World, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number of somebody's is known to whoever saw their letters: a record that says nothing else waits."""
    victim, caller = someone("Vera Victim"), someone("Mal Caller")
    number = Identifier(kind="customer_number", value=victim.number)
    account = MemoryRow(collection="customers", key=f'["C{victim.number}"]', identifiers=(number,))
    world.connectors["billing"].put(account)
    if asked == "waived":
        _with_policy(world, monkeypatch, required=False)
    emails = () if asked == "attested" else (caller.email,)
    claims = (f"customer_number={victim.number}",)
    case = await world.open(caller, Right.ERASURE, emails=emails, identifiers=claims, name=caller.name)
    if asked == "attested":
        await case.has_letter("staff_attention")
        await case.act(ActKind.ATTEST)
    await case.reaches(Stage.CLARIFYING)
    shown = await world.office.candidates(case.id, by="ann", reason="who is it")
    assert {one.standing for one in shown.records} == {"held"}
    await world.office.decide_by_handle(
        case.id, by="ann", reason="not the caller", said={one.handle: False for one in shown.records}
    )
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND
    assert account in world.connectors["billing"].rows.values()


async def test_who_reads_a_mailbox_gets_nothing_of_another_name_until_a_human_has_looked(world: World) -> None:
    person = someone("Bertil Other")
    person.settle_in(world.connectors)
    case = await world.open(person, name="Ada Test")
    await case.prove()
    await case.reaches(Stage.CLARIFYING)
    assert "system:collected" not in await case.tags()
    shown = await world.office.candidates(case.id, by="ann", reason="who is it")
    await world.office.decide_by_handle(
        case.id, by="ann", reason="she took his name", said={one.handle: True for one in shown.records}
    )
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_an_identifier_added_while_verifying_is_searched_by_afterwards(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    number = f"OLD-{uuid.uuid4().hex[:8]}"
    older = Identifier(kind="customer_number", value=number)
    world.connectors["billing"].put(
        MemoryRow(collection="customers", key=f'["{number}"]', data={"n": 1}, identifiers=(older,), name=person.name)
    )
    case = await world.open(person)
    await case.has_letter("code")
    await world.office.add_identifier(case.id, by="ann", reason="an older account", identifiers=(older,))
    await case.prove()
    await case.reaches(Stage.CLOSED)
    collected = [event.facts for event in await case.events() if event.tag.value == "system:collected"]
    assert {one["system"]: one["records"] for one in collected} == {"crm": 4, "billing": 3}


async def test_a_policy_without_attestation_takes_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from habeas.policy import IdentityMethod

    _with_policy(world, monkeypatch, methods=(IdentityMethod.CODE,))
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.has_letter("code")
    with pytest.raises(NotAllowed):
        await case.act(ActKind.ATTEST)
    await case.prove()
    await case.reaches(Stage.CLOSED)


async def test_a_policy_without_codes_sends_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from habeas.policy import IdentityMethod

    _with_policy(world, monkeypatch, methods=(IdentityMethod.ATTESTATION,))
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    await case.has_letter("staff_attention")
    with pytest.raises(NotAllowed):
        await case.act(ActKind.RESEND_CODE)
    await case.act(ActKind.ATTEST)
    await case.reaches(Stage.CLOSED)
    assert not {"code", "code_reminder"} & {*await case.letters()}


async def test_reminders_do_not_send_more_codes_than_policy_allows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_policy(world, monkeypatch, codes_max=2)
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.has_letter("code")
    await case.act(ActKind.RESEND_CODE)
    await case.has_letter("code", 2)
    with pytest.raises(NotAllowed):
        await case.act(ActKind.RESEND_CODE)
    await case.passes(timedelta(days=22))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.UNVERIFIED
    letters = await case.letters()
    assert letters.count("code") + letters.count("code_reminder") == 2


@pytest.mark.parametrize("kind", [ActKind.APPROVE, ActKind.REFUSE, ActKind.WITHDRAW])
async def test_an_act_that_nobody_wrote_down_does_nothing(world: World, kind: ActKind) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    call = ActCall(act_id=str(uuid.uuid4()), actor=NOBODY, ground="manifestly_unfounded")
    with pytest.raises(WorkflowUpdateFailedError):
        await _forge(case, kind, call)
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert [tag for tag in await case.tags() if tag.startswith("act:")] == ["act:approve"]


@pytest.mark.parametrize("kind", [ActKind.EXTEND, ActKind.PAUSE])
async def test_a_clock_is_not_moved_by_an_act_that_nobody_wrote_down(world: World, kind: ActKind) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    before = await case.reaches(Stage.REVIEWING)
    call = ActCall.model_validate(
        {"act_id": str(uuid.uuid4()), "actor": NOBODY, "ground": "complexity", "pause_reason": "identity"}
    )
    with pytest.raises(WorkflowUpdateFailedError):
        await _forge(case, kind, call)
    after = await case.row()
    assert (after.due_on, after.extended, after.paused) == (before.due_on, False, False)
    assert (await case.act(kind, ground="complexity", pause_reason="identity")).note in {"extended", "paused"}


async def test_an_act_counts_only_for_its_own_request_and_as_what_it_is(world: World) -> None:
    one, other = someone(), someone()
    cases = []
    for person in (one, other):
        person.settle_in(world.connectors, free_text=True)
        case = await world.open(person)
        await case.prove()
        await case.reaches(Stage.REVIEWING)
        cases.append(case)
    act_id = str(uuid.uuid4())
    await cases[0].act(ActKind.EXTEND, act_id=act_id, ground="complexity")
    for case in cases:
        with pytest.raises(WorkflowUpdateFailedError):
            await case.handle.execute_update(
                ActKind.APPROVE.value, ActCall(act_id=act_id, actor=NOBODY), id=str(uuid.uuid4()), result_type=ActAnswer
            )
        assert (await case.row()).stage is Stage.REVIEWING
        assert "act:approve" not in await case.tags()


async def test_a_decision_without_its_words_is_answered_and_leaves_nothing(world: World) -> None:
    person = someone("Ada Test")
    Person(name="Bertil Other", email=person.email, number=person.number + "-2").settle_in(world.connectors)
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLARIFYING)
    with pytest.raises(BadInput):
        await case.act(ActKind.DECIDE_MATCH)
    async with world.parts.ledger.begin() as tx:
        assert await tx.acts(case.id) == ()
    assert (await case.row()).stage is Stage.CLARIFYING


async def test_nothing_is_searched_without_a_proof(world: World) -> None:
    from activities.model import OnRequest
    from activities.record import RecordActivities

    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.has_letter("code")
    with pytest.raises(NotAllowed):
        await RecordActivities(world.parts).settle(OnRequest(request_id=case.id, at=world.now[0]))


async def test_a_code_that_nothing_waits_for_leaves_nothing(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    code = await case.code()
    await case.act(ActKind.ATTEST)
    await case.reaches(Stage.CLOSED)
    before = await case.events()
    for guess in (code, "00000000"):
        with pytest.raises(WrongCode):
            await world.office.submit_code(case.id, guess)
    assert await case.events() == before
    async with world.parts.ledger.begin() as tx:
        proof = await tx.proof(case.id)
    assert proof is not None
    assert proof.method == "attested"


async def test_the_right_code_twice_is_one_proof(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    code = await case.code()
    first = await world.office.submit_code(case.id, code)
    await case.reaches(Stage.CLOSED)
    again = await world.office.submit_code(case.id, code)
    assert first.act_id == again.act_id
    assert (await case.tags()).count("identity:proven") == 1


async def test_who_types_anothers_address_into_their_own_account_gets_nothing_of_theirs(world: World) -> None:
    victim, eve = someone("Vic Tim"), someone("Vic Tim")
    addresses = tuple(Identifier(kind="email", value=one.email) for one in (eve, victim))
    billing, key = world.connectors["billing"], f'["C{victim.number}"]'
    billing.put(
        MemoryRow(collection="customers", key=key, identifiers=addresses[1:], name=victim.name),
        MemoryRow(collection="invoices", key=f'["I{victim.number}"]', root=key, data={"total": 7}),
    )
    own = MemoryRow(
        collection="contacts",
        key=f'["{eve.number}"]',
        data={"email": eve.email},
        identifiers=addresses,
        unproven=addresses[1:],
        name=eve.name,
    )
    world.connectors["crm"].put(own)
    case = await world.open(eve, Right.ACCESS, name=eve.name)
    await case.prove()
    await case.reaches(Stage.CLARIFYING)
    found = await world.office.candidates(case.id, by="ann", reason="Who is it?")
    assert [one.kind for one in found.doubts] == ["unproven"]
    (held,) = [one for one in found.records if one.standing == "held"]
    assert (held.system, held.collection) == ("billing", "customers")
    await world.office.decide_by_handle(case.id, by="ann", reason="Another's", said={held.handle: False})
    await case.reaches(Stage.CLOSED)
    told = [event for event in await case.events() if event.tag.value == "system:collected"]
    assert {event.facts["system"]: event.facts["records"] for event in told} == {"crm": 1, "billing": 0}
