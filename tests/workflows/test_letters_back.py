"""Letters that come back, of each kind and at each time: what staff see of it, and what nobody can make up."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from activities.ledger import Letter, LetterRow
from habeas.errors import BadInput, KeyDestroyed, NotSentYet
from habeas.evidence import Tag
from habeas.model import Outcome, Right, Stage
from tests.letters.reports import report
from tests.workflows.world import Case, World, eventually, someone
from workers.office.letters import Noted


async def _row(world: World, case: Case, kind: str) -> LetterRow:
    async def there() -> LetterRow | None:
        async with world.parts.ledger.begin() as tx:
            rows = [row for row in await tx.letters(case.id) if row.kind == kind]
        return next((row for row in rows if row.state != "queued"), None)

    return await eventually(there)


async def _comes_back(world: World, case: Case, row: LetterRow) -> None:
    assert (await world.office.letter_bounced(report(f"<{row.id}@nordlys.example>"))).noted is Noted.BOUNCED
    await world.env.client.get_workflow_handle(f"{case.id}/bounce/{row.id}").result()


async def _closed(world: World, controller: str = "demo", right: Right = Right.ERASURE) -> Case:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, right, controller=controller)
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    return case


async def test_a_letter_names_itself_in_a_header_that_relays_leave_alone(world: World) -> None:
    case = await world.open(someone())
    row = await _row(world, case, "acknowledgement")
    assert row.id in {str(mail["X-Habeas-Letter"]) for mail in world.mail.to(case.person.email)}


async def test_a_report_cannot_keep_a_letter_from_leaving(world: World) -> None:
    case = await world.open(someone())
    letter = Letter(
        id=str(uuid.uuid4()),
        request_id=case.id,
        kind="acknowledgement",
        language="en",
        dedupe="waits",
        recipient_role="subject",
        queued_at=datetime.now(UTC),
        to=case.person.email,
        subject="s",
        text="t",
    )
    async with world.parts.ledger.begin() as tx:
        await tx.queue_letter(letter)
    with pytest.raises(NotSentYet):
        await world.office.letter_bounced(report(f"<{letter.id}@nordlys.example>"))
    async with world.parts.ledger.begin() as tx:
        assert (await tx.letter(letter.id)).state == "queued"


async def test_who_knows_the_reference_cannot_name_its_letters(world: World) -> None:
    case = await world.open(someone())
    row = await _row(world, case, "acknowledgement")
    names = [f"{case.id}/{one}" for one in (f"letter/{row.dedupe}", row.dedupe, row.kind)]
    assert row.id not in {
        str(uuid.uuid5(space, name)) for name in names for space in (uuid.NAMESPACE_OID, uuid.NAMESPACE_URL)
    }
    with pytest.raises(BadInput, match="not one of this installation"):
        await world.office.letter_bounced(report(f"<{uuid.uuid5(uuid.NAMESPACE_OID, names[0])}@nordlys.example>"))


async def test_a_recipient_whose_notice_came_back_does_not_stand_as_told(world: World) -> None:
    case = await _closed(world, "sharing")
    row = await _row(world, case, "recipient_notice")
    before = {one.recipient: one.state for one in await world.office.recipients(case.id)}
    await _comes_back(world, case, row)
    await case.has_letter("staff_bounce")
    after = {one.recipient: one.state for one in await world.office.recipients(case.id)}
    assert [who for who in after if after[who] != before[who]] == [who for who in after if after[who] == "failed"]
    (who,) = [who for who in after if after[who] == "failed"]
    told = await world.office.acknowledge(case.id, who, by="ann", reason="they phoned")
    assert told.state == "acknowledged"


async def test_a_letter_to_hand_over_that_did_not_reach_the_officer_can_be_read(world: World) -> None:
    person = someone()
    known = (f"customer_number={person.number}",)
    case = await world.open(person, emails=(), identifiers=known)
    row = await _row(world, case, "acknowledgement")
    assert row.by_hand
    await _comes_back(world, case, row)
    listed = {one.id: one for one in await world.office.letters_to_hand_over()}
    assert listed[row.id].lost
    offered = [act.command for act in (await world.office.show(case.id)).possible]
    assert any(command.startswith(f"habeas letter read {row.id}") for command in offered)
    whole = await world.office.letter_to_hand_over(row.id, by="ann", reason="to post it")
    assert case.id in whole.text
    assert (await case.tags()).count(Tag.PERSONAL_DATA_VIEWED) == 1
    sent = await _row(world, await world.open(someone()), "acknowledgement")
    with pytest.raises(BadInput, match="was sent to its reader"):
        await world.office.letter_to_hand_over(sent.id, by="ann", reason="curious")


async def test_a_letter_that_comes_back_after_the_end_is_told_once_and_never_reopens(world: World) -> None:
    case = await _closed(world)
    row = await _row(world, case, "completion_erasure")
    await _comes_back(world, case, row)
    await _comes_back(world, case, row)
    await case.has_letter("staff_bounce")
    assert (await case.letters()).count("staff_bounce") == 1
    assert (await case.row()).outcome is Outcome.PARTLY_FULFILLED


async def test_after_the_key_is_destroyed_a_report_is_noted_and_nothing_is_told(world: World) -> None:
    case = await _closed(world)
    row = await _row(world, case, "completion_erasure")
    await world.parts.ledger.destroy_key(case.id, world.now[0])
    await _comes_back(world, case, row)
    assert (await case.tags()).count(Tag.LETTER_BOUNCED) == 1
    with pytest.raises(KeyDestroyed):
        async with world.parts.ledger.begin() as tx:
            await tx.letter(row.id)
