"""Letters that do not arrive: refused at once, or reported later. Staff hear of each once, and of no address."""

from __future__ import annotations

import json
import uuid

import pytest

from activities.ledger import LetterRow
from activities.model import LetterOrder
from activities.notify import LetterActivities
from habeas.errors import BadInput
from habeas.model import Right, Stage
from tests.letters.reports import report
from tests.workflows.world import REFUSED, Case, Person, World, eventually, someone
from workers.office.letters import Noted


async def _rows(world: World, case: Case, kind: str) -> list[LetterRow]:
    async with world.parts.ledger.begin() as tx:
        return [row for row in await tx.letters(case.id) if row.kind == kind]


async def _acknowledged(world: World) -> tuple[Case, str]:
    """A request whose acknowledgement went out, and that letter's Message-ID as the server got it."""
    case = await world.open(someone())
    await case.has_letter("acknowledgement")
    row = (await _rows(world, case, "acknowledgement"))[0]
    sent = [str(one["Message-ID"]) for one in world.mail.to(case.person.email)]
    assert row.message_id in sent
    return case, str(row.message_id)


def _officer(world: World) -> str:
    return world.parts.policies["demo"].controller.privacy_officer


async def test_a_letter_that_comes_back_is_marked_and_told_to_staff_once(world: World) -> None:
    case, message_id = await _acknowledged(world)
    said = report(message_id, to=case.person.email)
    noted = await world.office.letter_bounced(said)
    assert (noted.request, noted.letter, noted.noted) == (case.id, "acknowledgement", Noted.BOUNCED)
    await case.has_letter("staff_bounce")
    assert (await world.office.letter_bounced(said)).noted is Noted.BOUNCED
    handle = world.env.client.get_workflow_handle(f"{case.id}/bounce/{message_id.strip('<>').partition('@')[0]}")
    await handle.result()
    assert [row.state for row in await _rows(world, case, "acknowledgement")] == ["bounced"]
    assert len(await _rows(world, case, "staff_bounce")) == 1
    assert (await case.tags()).count("letter:bounced") == 1
    text = world.mail.text(_officer(world), case.id)
    assert "came back" in text
    assert "5.1.1" in text
    assert case.person.email not in text
    history = json.dumps([event.facts for event in await case.events()], default=str)
    assert case.person.email not in history


async def test_a_report_of_a_delay_changes_nothing(world: World) -> None:
    case, message_id = await _acknowledged(world)
    noted = await world.office.letter_bounced(report(message_id, action="delayed", status="4.4.1"))
    assert noted.noted is Noted.STILL_TRYING
    assert [row.state for row in await _rows(world, case, "acknowledgement")] == ["sent"]
    assert "letter:bounced" not in await case.tags()


async def test_a_report_on_a_letter_that_we_never_wrote_is_refused(world: World) -> None:
    with pytest.raises(BadInput, match="not one of this installation"):
        await world.office.letter_bounced(report(f"<{uuid.uuid4()}@nordlys.example>"))


async def test_what_the_server_refuses_at_once_is_told_to_staff(world: World) -> None:
    person = someone()
    person = Person(name=person.name, email=f"{REFUSED}{person.email}", number=person.number)
    case = await world.open(person, Right.ACCESS)
    await case.has_letter("staff_bounce", 2)
    assert {row.state for row in await _rows(world, case, "acknowledgement")} == {"failed"}
    text = world.mail.text(_officer(world), case.id)
    assert "refused the letter" in text
    assert person.email not in text
    # The story goes on: it waits for the person, who may be reached another way.
    assert (await case.reaches(Stage.VERIFYING)).outcome is None


async def test_a_lost_letter_to_staff_makes_no_more_letters(world: World) -> None:
    case, message_id = await _acknowledged(world)
    await world.office.letter_bounced(report(message_id, to=case.person.email))
    await case.has_letter("staff_bounce")
    row = (await _rows(world, case, "staff_bounce"))[0]
    await world.office.letter_bounced(report(str(row.message_id), to=_officer(world)))

    async def marked() -> bool:
        return (await _rows(world, case, "staff_bounce"))[0].state == "bounced"

    await eventually(marked)
    await world.env.client.get_workflow_handle(f"{case.id}/bounce/{row.id}").result()
    assert len(await _rows(world, case, "staff_bounce")) == 1


@pytest.mark.parametrize("right", [Right.RECTIFICATION, Right.ERASURE])
async def test_staff_are_told_of_two_people_only_where_an_erasure_takes_them(world: World, right: Right) -> None:
    person = someone()
    person.settle_in(world.connectors)
    words = {"corrections": ("name: Ada Test => Ada Lovelace",)} if right is Right.RECTIFICATION else {}
    case = await world.open(person, right, **words)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.has_letter("staff_attention")
    text = " ".join(world.mail.text(_officer(world), case.id).split())
    assert ("Erasure takes 2 different people." in text) == (right is Right.ERASURE)
    assert "Your request" not in text
    assert f"Request: {case.id}" in text


async def test_who_proved_nothing_hears_that_it_is_done_and_nothing_of_what_is_held(world: World) -> None:
    person = someone("Ada Test")
    person.settle_in(world.connectors)
    case = await world.open(person, Right.WITHDRAW_CONSENT, purposes=("newsletter",))
    await case.reaches(Stage.CLOSED)
    text = world.mail.text(person.email, "We have stopped.")
    assert "Newsletter" in text
    assert "Customer relations" not in text
    assert "Ada" not in text


class _Killed(LetterActivities):
    async def _mark(self, *_: object) -> None:
        raise RuntimeError("killed")


async def test_a_letter_that_is_sent_again_is_the_same_letter(world: World) -> None:
    """The worker dies after the server took it, and before that is written down."""
    case, _ = await _acknowledged(world)
    await case.code()

    def sent() -> list[str]:
        return [str(one["Message-ID"]) for one in world.mail.to(case.person.email)]

    before = len(sent())
    order = LetterOrder(request_id=case.id, at=world.now[0], kind="acknowledgement", dedupe="again")
    with pytest.raises(RuntimeError, match="killed"):
        await _Killed(world.parts).send(order)
    for _time in range(2):
        assert (await LetterActivities(world.parts).send(order)).state == "sent"
    ids = sent()[before:]
    assert (len(ids), len(set(ids))) == (2, 1), "once more under its id, and then no more"
    assert len(await _rows(world, case, "acknowledgement")) == 2
