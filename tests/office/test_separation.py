"""Several controllers in one installation: staff of one never see another's requests."""

import inspect
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.ledger import RequestFilter, TaskFilter
from activities.messages import MessageKind
from habeas.access import Scope
from habeas.acts import ActKind
from habeas.errors import BadInput, NotAllowed, UnknownRequest
from habeas.model import Identifier
from tests.office.world import World
from workers.office import NewRequestInput, Office, RedactionAsked
from workers.office.asked import Because
from workers.office.messages import Sent


@pytest.fixture
def two(here: World) -> tuple[Office, Office]:
    """The office as two people see it, each of another controller."""
    policy = here.parts.policies["demo"]
    mine = policy.model_copy(update={"staff": policy.staff.model_copy(update={"accounts": ("Kim",)})})
    other = policy.model_copy(
        update={
            "controller": policy.controller.model_copy(update={"id": "other"}),
            "staff": policy.staff.model_copy(update={"accounts": ("Sam", "noor")}),
        }
    )
    office = Office(
        here.office._ledger, here.office._engine, {"demo": mine, "other": other}, here.office._storage, here.office._now
    )
    return office.for_staff("kim "), office.for_staff("NOOR")


async def test_an_administrator_signs_out_nobody_else_s_staff(here: World, two: tuple[Office, Office]) -> None:
    kim, noor = two
    lasts = {"idle": timedelta(minutes=30), "longest": timedelta(hours=1)}
    mine, theirs = [await office.start_session(who, **lasts) for office, who in ((kim, "kim"), (noor, "sam"))]
    for account in ("SAM", "nobody"):
        with pytest.raises(NotAllowed):
            await kim.end_sessions(account)
    assert await noor.session(theirs, idle=lasts["idle"]) == "sam"
    await noor.end_sessions("SAM")
    assert await noor.session(theirs, idle=lasts["idle"]) is None
    assert await kim.session(mine, idle=lasts["idle"]) == "kim"


async def test_the_queue_shows_ones_own(here: World, two: tuple[Office, Office]) -> None:
    kim, noor = two
    opened = await here.open(here.person())
    listed = {entry.id for entry in await kim.requests(RequestFilter(limit=1000))}
    assert opened in listed
    assert await noor.requests(RequestFilter(limit=1000)) == ()


async def test_another_controller_is_told_of_as_one_that_there_is_not(two: tuple[Office, Office]) -> None:
    _, noor = two
    known = (Identifier(kind="email", value="a@example.org"),)
    lists: dict[str, Callable[[str], Awaitable[object]]] = {
        "requests": lambda name: noor.requests(RequestFilter(controller=name)),
        "tasks": lambda name: noor.tasks(TaskFilter(controller=name)),
        "holds": noor.holds,
        "kept": noor.kept,
        "letters_to_hand_over": noor.letters_to_hand_over,
        "overview": noor.overview,
        "restrictions": lambda name: noor.restrictions(controller=name),
        "find_requests": lambda name: noor.find_requests(known, by="Noor", reason="curious", controller=name),
    }
    for name, asked in lists.items():
        said = []
        for controller in ("demo", "nope"):
            with pytest.raises(BadInput) as refused:
                await asked(controller)
            assert refused.value.facts["field"] == "controller"
            said.append(str(refused.value))
        assert said[0] == said[1], name
        assert said[0].endswith("write one of: other.")


async def test_nothing_of_anothers_request_is_to_be_had(
    here: World, two: tuple[Office, Office], tmp_path: Path
) -> None:
    kim, noor = two
    opened = await here.open(here.person())
    assert (await kim.show(opened)).entry.id == opened
    said: dict[str, Any] = {"by": "Noor", "reason": "curious"}
    doors: dict[str, Callable[[], Awaitable[object]]] = {
        "show": lambda: noor.show(opened),
        "language": lambda: noor.language(opened),
        "timeline": lambda: noor.timeline(opened),
        "plan": lambda: noor.plan(opened, **said),
        "plan_digest": lambda: noor.plan_digest(opened, "0" * 12),
        "charge": lambda: noor.charge(opened, amount="EUR 5", **said),
        "collected": lambda: noor.collected(opened, **said),
        "collected_file": lambda: noor.collected_file(opened, record="crm/0/0/000000000000", file=1, **said),
        "attachment": lambda: noor.attachment(
            opened, record="crm/0/0/000000000000", file=1, to=tmp_path / "y.bin", **said
        ),
        "redactions": lambda: noor.redactions(opened, **said),
        "redact": lambda: noor.redact(opened, ground="rights_of_others", asked=RedactionAsked(text="x"), **said),
        "unredact": lambda: noor.unredact(opened, redaction="0" * 8, **said),
        "candidates": lambda: noor.candidates(opened, **said),
        "download": lambda: noor.download(opened, to=tmp_path / "x.zip", **said),
        "error": lambda: noor.error(opened, "0" * 12, **said),
        "open_package": lambda: noor.open_package(opened, **said),
        "messages": lambda: noor.messages(opened, **said),
        "message_file": lambda: noor.message_file(opened, str(uuid.uuid4()), 1, **said),
        "hear": lambda: noor.hear(opened, Sent(kind=MessageKind.REPORT, text="x"), str(uuid.uuid4())),
        "verify_evidence": lambda: noor.verify_evidence(opened),
        "evidence_pack": lambda: noor.evidence_pack(opened, by="Noor"),
        "write_pack": lambda: noor.write_pack(opened, to=tmp_path / "z.zip", by="Noor"),
        "act": lambda: noor.act(ActKind.WITHDRAW, opened, **said),
        "release": lambda: noor.release(opened, **said),
        "carry_out": lambda: noor.carry_out(ActKind.WITHDRAW, opened, Because(reason="curious"), by="Noor"),
        "preview": lambda: noor.preview(ActKind.WITHDRAW, opened, Because(reason="curious"), by="Noor"),
        "approvals": lambda: noor.approvals(opened),
        "add_identifier": lambda: noor.add_identifier(
            opened, identifiers=(Identifier(kind="email", value="x@y.example"),), **said
        ),
        "recipients": lambda: noor.recipients(opened),
        "lifted_by_hand": lambda: noor.lifted_by_hand(opened, system="crm", **said),
        "change_plan": lambda: noor.change_plan(opened, **said),
        "contest": lambda: noor.contest(opened, corrections=(1,), **said),
        "is_change": lambda: noor.is_change(opened),
        "lift_restriction": lambda: noor.lift_restriction(opened, **said),
        "restrictions": lambda: noor.restrictions(request_id=opened),
        "acknowledge": lambda: noor.acknowledge(opened, "carrier", **said),
        "take": lambda: noor.take(opened, by="Noor"),
        "hand": lambda: noor.hand(opened, by="Noor", to="Sam"),
        "put_back": lambda: noor.put_back(opened, by="Noor"),
        "happened": lambda: noor.happened(opened),
    }
    let_in = {name for name, door in doors.items() if not await _closed(door)}
    assert let_in == set()
    assert not any("viewed" in event.tag for event in await kim.timeline(opened))


async def test_a_person_is_found_among_ones_own(here: World, two: tuple[Office, Office]) -> None:
    kim, noor = two
    address = here.person()
    opened = await here.open(address)
    known = (Identifier(kind="email", value=address),)
    assert await noor.find_requests(known, by="Noor", reason="curious about a neighbour") == ()
    # Who was not found has no evidence of their own: who looked for them, and why, stands all the same.
    (vain, *_) = await noor.searches()
    assert (vain.actor, vain.reason) == (noor.actor("Noor"), "curious about a neighbour")
    assert vain.id not in [one.id for one in await kim.searches()]
    reads = {name: frozenset({Scope.REQUESTS_READ}) for name in noor._policies}
    auditor = Office(noor._ledger, noor._engine, noor._policies, noor._storage, noor._now, reads)
    assert [one.reason for one in await auditor.searches() if one.id == vain.id] == [None]
    assert [one.id for one in await kim.find_requests(known, by="Kim", reason="she calls")] == [opened]
    looked = [one for one in await kim.timeline(opened) if one.facts.get("what") == "search"]
    assert [one.actor for one in looked] == [kim.actor("Kim")]


async def _closed(door: Callable[[], Awaitable[object]]) -> bool:
    try:
        await door()
    except UnknownRequest:
        return True
    return False


async def test_nothing_is_opened_for_anothers_controller(here: World, two: tuple[Office, Office]) -> None:
    _, noor = two
    asked = NewRequestInput(right="access", emails=(here.person(),), opened_by="Noor", controller="demo")
    with pytest.raises(BadInput, match="controller"):
        await noor.open_request(asked)


async def test_who_works_for_nobody_here_is_told_so(here: World, two: tuple[Office, Office]) -> None:
    kim, _ = two
    with pytest.raises(NotAllowed):
        kim.for_staff("somebody else")


def test_every_door_that_takes_a_request_is_tried() -> None:
    """A new method of the office must be added above, or here with the reason why it needs no look."""
    tried = {
        "acknowledge",
        "act",
        "add_identifier",
        "approvals",
        "candidates",
        "carry_out",
        "change_plan",
        "charge",
        "attachment",
        "collected",
        "collected_file",
        "contest",
        "download",
        "error",
        "hand",
        "happened",
        "is_change",
        "language",
        "lifted_by_hand",
        "lift_restriction",
        "open_package",
        "hear",
        "message_file",
        "messages",
        "plan",
        "plan_digest",
        "preview",
        "put_back",
        "recipients",
        "redact",
        "redactions",
        "release",
        "restrictions",
        "show",
        "take",
        "timeline",
        "unredact",
        "verify_evidence",
        "evidence_pack",
        "write_pack",
    }
    # They end in `act`, in `release`, or are the person's own.
    elsewhere = {
        "decide_match",
        "decide_by_handle",
        "submit_code",
        "enter",
        "send_code",
        "mine",
        "fetch_mine",
        "withdraw_mine",
        "one_more_link",
        "hear_opening",
    }
    takes = {
        name
        for name, method in inspect.getmembers(Office, inspect.isfunction)
        if not name.startswith("_") and "request_id" in inspect.signature(method).parameters
    }
    assert takes == tried | elsewhere
