"""Parts of a copy are taken out before it is released: they are nowhere in it, and the person is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from activities.pages import Pages, load_collected, save_collected
from habeas.acts import ActKind
from habeas.connector import Page
from habeas.errors import BadInput, KeyDestroyed, NotAllowed, WrongStage
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.testing import MemoryRow
from tests.workflows.controllers import controller, package, withheld
from tests.workflows.test_by_hand import SCAN, done, opened, task_of
from tests.workflows.world import Case, Person, World, eventually, someone
from workers.office import CollectedPage, RedactionAsked
from workers.office.collected import CollectedRecord

GROUND = "rights_of_others"
TEXT = "Ada asked Bo Nielsen (bo@neighbour.example) to call +45 87 65 43 21. Bo Nielsen did."


async def _review(world: World, right: Right = Right.ACCESS, text: str = TEXT, **words: object) -> Case:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    _note(world, person, text)
    case = await world.open(person, right, **words)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


def _note(world: World, person: Person, text: str) -> None:
    row = MemoryRow(
        collection="notes",
        key=f'["{person.number}-9"]',
        root=f'["{person.number}"]',
        data={"text": text, "n": 9, "author": {"name": "Grethe Hald", "team": "north"}},
    )
    world.connectors["crm"].put(row)


async def _look(case: Case, **words: Any) -> CollectedPage:
    return await case.world.office.collected(case.id, by="ann", reason="review", **words)


async def _record(case: Case, word: str) -> CollectedRecord:
    page = await _look(case)
    return next(one for one in page.records if any(word in str(each.value) for each in one.values))


async def _redact(case: Case, act_id: str | None = None, ground: str = GROUND, **asked: object) -> str:
    said = RedactionAsked.model_validate(asked)
    answer = await case.world.office.redact(
        case.id, by="ann", reason="names a neighbour", ground=ground, asked=said, act_id=act_id
    )
    return answer.act_id


def _everything(zipped: zipfile.ZipFile) -> str:
    return "\n".join(zipped.read(name).decode() for name in zipped.namelist())


async def test_what_is_taken_out_is_nowhere_in_the_package_and_the_person_is_told(world: World) -> None:
    case = await _review(world)
    note = await _record(case, "Bo Nielsen")
    (text,) = (one for one in note.values if one.path == "/text")
    assert [(one.kind.value, TEXT[one.start : one.end]) for one in text.marks] == [
        ("name", "Bo Nielsen"),
        ("email", "bo@neighbour.example"),
        ("phone", "+45 87 65 43 21"),
        ("name", "Bo Nielsen"),
    ]
    email = text.marks[1]
    await _redact(case, object=note.object, field="text", start=email.start, end=email.end)
    await _redact(case, object=note.object, text="+45 87 65 43 21", ground="national_limits")
    await _redact(case, object=note.object, field="/author/name")
    await _redact(case, text="Bo Nielsen")
    brother = await _record(case, "Spoke with her brother")
    await _redact(case, object=brother.object)
    (text,) = (one for one in (await _record(case, "asked")).values if one.path == "/text")
    assert sorted({TEXT[one.start : one.end] for one in text.taken}) == [
        "+45 87 65 43 21", "Bo Nielsen", "bo@neighbour.example",
    ]  # fmt: skip
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    zipped = await package(case)
    whole = _everything(zipped)
    for word in ("Bo Nielsen", "bo@neighbour.example", "87 65 43 21", "Grethe Hald", "names a neighbour"):
        assert word not in whole, word
    notes = json.loads(zipped.read("data/crm/notes.json"))
    mark = "[redacted: rights of others]"
    assert {"text": f"Ada asked {mark} ({mark}) to call [redacted: limited by national law]. {mark} did.", "n": 9} == {
        name: value for one in notes if one.get("n") == 9 for name, value in one.items() if name != "author"
    }
    assert next(one["author"] for one in notes if one.get("n") == 9) == {"name": mark, "team": "north"}
    assert [one for one in notes if "_redacted" in one] == [{"_redacted": mark}]
    told = {item["what"]: item for item in json.loads(zipped.read("withheld.json"))["items"]}
    assert told.keys() == {
        "Customer relations, Notes, Text: 1 passage",
        "Customer relations, Notes: 1 passage",
        "Customer relations, Notes, Author: in 1 record",
        "1 passage, wherever it occurs",
        "Customer relations, Notes: 1 record, all of it",
    }
    assert told["1 passage, wherever it occurs"]["law"] == "GDPR 15(4), 20(4)"
    letter = " ".join(world.mail.text(case.person.email, "/d/").split())
    for word in ("Notes, Author: in 1 record", "harm the rights of other people", "15(4)", "Datatilsynet"):
        assert word in letter
    assert "names a neighbour" not in letter


async def test_the_evidence_says_who_took_what_part_out_and_nothing_of_what_it_was(world: World) -> None:
    case = await _review(world)
    note = await _record(case, "Bo Nielsen")
    taken = await _redact(case, object=note.object, field="text", text="Bo Nielsen")
    (shown,) = await world.office.redactions(case.id, by="ann", reason="review")
    assert (shown.id, shown.text, shown.path, shown.reason) == (taken, "Bo Nielsen", "/text", "names a neighbour")
    assert shown.article == "GDPR 15(4), 20(4)"
    events = await case.events()
    (act,) = (one for one in events if one.tag.value == "act:redact")
    assert (act.facts["part"], act.facts["system"], act.facts["ground"]) == ("passage", "crm", GROUND)
    assert act.actor == shown.by
    views = [one.facts["what"] for one in events if one.tag.value == "personal_data:viewed"]
    assert views == ["collected", "redactions"]
    said = str([one.model_dump() for one in events])
    assert "Nielsen" not in said
    assert "neighbour" not in said
    await world.parts.ledger.destroy_key(case.id, world.now[0])
    for look in (world.office.redactions, world.office.collected):
        with pytest.raises(KeyDestroyed):
            await look(case.id, by="ann", reason="review")
    async with world.parts.ledger.begin() as tx:
        assert await tx.sealed_names(case.id) == ()
        assert [one.facts for one in await tx.acts(case.id) if one.kind == "redact"] == [{"ground": GROUND}]


async def test_what_is_put_back_is_handed_over(world: World) -> None:
    case = await _review(world)
    note = await _record(case, "Bo Nielsen")
    taken = await _redact(case, object=note.object, field="text")
    with pytest.raises(BadInput, match="taken out already"):
        await _redact(case, object=note.object, field="/text")
    act_id = str(uuid.uuid4())
    for _ in range(2):
        await world.office.unredact(case.id, by="ann", reason="theirs", redaction=taken[:8], act_id=act_id)
    with pytest.raises(BadInput, match="none of this id stands"):
        await world.office.unredact(case.id, by="ann", reason="theirs", redaction=taken)
    assert await world.office.redactions(case.id, by="ann", reason="review") == ()
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    zipped = await package(case)
    assert TEXT in [one["text"] for one in json.loads(zipped.read("data/crm/notes.json"))]
    assert json.loads(zipped.read("withheld.json"))["items"] == []


async def _two(world: World, text: str = TEXT) -> Case:
    name = controller(world, f"two-{uuid.uuid4().hex[:6]}", review={"access_approvals": 2})
    return await _review(world, controller=name, text=text)


async def test_an_approval_before_a_redaction_does_not_count(world: World) -> None:
    case = await _two(world)
    seen = (await _look(case)).digest
    await case.act(ActKind.APPROVE, by="ann", plan=seen)
    (ann,) = (await world.office.approvals(case.id)).given
    note = await _record(case, "Bo Nielsen")
    await _redact(case, object=note.object, field="text")
    assert (await world.office.approvals(case.id)).given == ()
    with pytest.raises(WrongStage, match="not the one that you saw"):
        await case.act(ActKind.APPROVE, by="bob", plan=seen)
    with pytest.raises(BadInput, match="another digest"):
        await world.office.plan_digest(case.id, seen[:12])
    now = (await _look(case)).digest
    assert await world.office.plan_digest(case.id, now[:12]) == now
    first = await case.act(ActKind.APPROVE, by="bob", plan=now)
    assert (first.note, first.stage) == ("approved_1_of_2", Stage.REVIEWING)
    (bob,) = (await world.office.approvals(case.id)).given
    assert bob.actor != ann.actor
    await case.act(ActKind.APPROVE, by="ann", plan=now)
    await case.reaches(Stage.CLOSED)
    assert "Bo Nielsen" not in _everything(await package(case))


async def test_nothing_is_taken_out_of_what_is_approved(world: World) -> None:
    case = await _review(world)
    note = await _record(case, "Bo Nielsen")
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)
    with pytest.raises(WrongStage):
        await _redact(case, object=note.object)
    assert "act:redact" not in await case.tags()


async def test_an_approval_and_a_redaction_at_the_same_instant(world: World) -> None:
    """Whichever comes first: what is handed over is what was approved as it was."""
    case = await _review(world)
    note = await _record(case, "Bo Nielsen")
    redacting, approving = _redact(case, object=note.object, field="text"), case.act(ActKind.APPROVE)
    answers = await asyncio.gather(redacting, approving, return_exceptions=True)
    assert [one for one in answers if isinstance(one, BaseException) and not isinstance(one, WrongStage)] == []
    taken_out = not isinstance(answers[0], BaseException)
    if taken_out:
        assert isinstance(answers[1], WrongStage) or getattr(answers[1], "note", "") in {"void", "approved_1_of_1"}
    if (await case.row()).stage is Stage.REVIEWING:
        with contextlib.suppress(WrongStage):  # approved by now, and not written down a moment ago
            await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)
    assert ("Bo Nielsen" in _everything(await package(case))) is not taken_out


@pytest.mark.parametrize("said", [True, False])
async def test_what_was_collected_anew_behind_the_approvers_backs_goes_back_to_review(
    world: World, said: bool
) -> None:  # a parameter of the test
    """A step that was given up for dead may still write; and may die before the ledger hears of it."""
    case = await _two(world)
    note = await _record(case, "Bo Nielsen")
    await case.act(ActKind.APPROVE, by="ann")
    number = int(note.object.split("/")[1])
    pages = Pages(world.parts.ledger, world.parts.storage, case.id)
    there = [one async for one in pages.read("crm", range(number, number + 1))]
    other = [one.model_copy(update={"data": one.data | {"text": "Cy Twombly"}}) for one in there]
    await pages.write("crm", number, Page(records=tuple(other), cursor=None))
    if said:
        async with world.parts.ledger.begin() as tx:
            crm = (await load_collected(tx, case.id))["crm"]
            content = await pages.content("crm", crm.pages)
            assert content != crm.content
            await save_collected(tx, case.id, "crm", crm.model_copy(update={"content": content}))
    await case.act(ActKind.APPROVE, by="bob")
    await _is_back(case)
    assert "export:built" not in await case.tags()
    assert await _record(case, "Cy Twombly")
    await case.act(ActKind.APPROVE, by="ann")
    await case.act(ActKind.APPROVE, by="bob")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def _is_back(case: Case) -> None:
    async def back() -> bool:
        stages = [one.facts["stage"] for one in await case.events() if one.tag.value == "request:stage"]
        return stages[-2:] == ["fulfilling", "reviewing"]

    await eventually(back)


async def test_a_portable_copy_too(world: World) -> None:
    name = controller(world, "portable-reviewed", review={"access_approvals": 1, "access": "always"})
    case = await _review(world, Right.PORTABILITY, controller=name)
    contact = next(one for one in (await _look(case)).records if one.collection == "contacts")
    await _redact(case, object=contact.object, field="name")
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    zipped = await package(case)
    (row,) = json.loads(zipped.read("data/crm/contacts.json"))
    assert (row["email"], row["name"]) == (case.person.email, "[redacted: rights of others]")


async def test_what_is_not_there_or_on_no_ground_is_refused_and_not_repeated(world: World) -> None:
    case = await _review(world)
    note = await _record(case, "Bo Nielsen")
    wrong: list[tuple[dict[str, object], str]] = [
        ({"object": note.object, "field": "colour"}, "field: the record has no such field"),
        ({"object": note.object, "text": "Zqcanary"}, "text: the passage does not occur there"),
        ({"object": note.object, "field": "text", "start": 4, "end": 4000}, "start, end"),
        ({"object": note.object, "field": "text", "start": 4, "end": 9, "text": "Zqcanary"}, "text: this is not what"),
        ({"object": note.object, "file": 1}, "file: the record has 0 attachments"),
        ({"object": f"crm/0/0/{'0' * 12}"}, "object: there is no such record"),
        ({"object": "Zqcanary"}, "object: as an answer"),
        ({}, "only a passage"),
        ({"object": note.object, "ground": "manifestly_unfounded"}, "ground: the law knows these here: rights_of_oth"),
        ({"object": note.object, "ground": "privilege"}, "ground: the law knows these here"),
    ]
    for asked, message in wrong:
        with pytest.raises(BadInput, match=message) as refused:
            await _redact(case, **asked)  # type: ignore[arg-type]  # each is one wrong word
        assert "Zqcanary" not in str(refused.value)
    assert "act:redact" not in await case.tags()


async def test_there_must_be_a_copy_to_take_something_out_of(world: World) -> None:
    case = await _review(world, Right.ERASURE)
    with pytest.raises(BadInput, match="No copy is asked for"):
        await _look(case)
    with pytest.raises(BadInput, match="No copy is asked for"):
        await _redact(case, text="Bo Nielsen")
    with pytest.raises(NotAllowed, match="Nothing is handed over"):
        await case.act(ActKind.REDACT, ground="legal_claims")


async def test_the_records_are_read_page_by_page(world: World) -> None:
    case = await _review(world)
    whole = await _look(case)
    assert {one.system: one.records for one in whole.systems} == {"billing": 2, "crm": 5}
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await world.office.collected(case.id, by="ann", reason="review", cursor=cursor, limit=3)
        seen += [one.object for one in page.records]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [one.object for one in whole.records]
    assert len(set(seen)) == 7
    crm = await _look(case, system="crm")
    assert [one.object for one in crm.records] == [one for one in seen if one.startswith("crm/")]
    for words in ({"system": "nowhere"}, {"cursor": "x"}, {"system": "crm", "cursor": "billing/0/0"}):
        with pytest.raises(BadInput):
            await _look(case, **words)


async def test_a_scan_is_looked_at_and_taken_out(world: World, tmp_path: Path) -> None:
    case = await opened(world)
    other = SCAN.model_copy(update={"name": "letter.pdf", "content": b"%PDF-1.4 theirs"})
    await done(case, await task_of(case), files=(SCAN, other), collection="letters")
    await case.reaches(Stage.REVIEWING)
    scans = [one for one in (await _look(case, system="paper")).records if one.files]
    scan = next(one for one in scans if one.files[0].name == SCAN.name)
    look = partial(world.office.attachment, case.id, by="ann", reason="review", record=scan.object)
    got = await look(file=1, to=tmp_path / "scan")
    assert (tmp_path / "scan").read_bytes() == SCAN.content
    assert got.size == len(SCAN.content)
    found = await world.office.collected_file(case.id, by="ann", reason="review", record=scan.object, file=1)
    assert found.name == "attachment-1.pdf"
    for number in (0, 2):
        with pytest.raises(BadInput, match="the record has 1 attachments"):
            await look(file=number, to=tmp_path / "none")
    views = [one.facts["what"] for one in await case.events() if one.tag.value == "personal_data:viewed"]
    assert views.count("attachment") == 4
    await _redact(case, object=scan.object, file=1)
    (shown,) = (one for one in (await _look(case, system="paper")).records if one.object == scan.object)
    assert shown.files[0].redaction is not None
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    zipped = await package(case)
    contents = [zipped.read(name) for name in zipped.namelist()]
    assert other.content in contents
    assert SCAN.content not in contents
    assert not any("contract" in name for name in zipped.namelist())
    assert "Filing cabinet, Letters: 1 attachment" in withheld(zipped)


async def test_what_is_taken_out_stays_out_when_all_is_collected_anew(world: World) -> None:
    case = await _review(world)
    note = await _record(case, "Bo Nielsen")
    email = TEXT.index("bo@")
    await _redact(case, object=note.object, field="text", start=email, end=email + len("bo@neighbour.example"))
    _note(world, case.person, f"Once more, since then: {TEXT}")
    before = (await _look(case)).digest
    number = Identifier(kind="customer_number", value=f"X-{uuid.uuid4().hex[:8]}")
    await world.office.add_identifier(case.id, by="ann", reason="told", identifiers=(number,))

    async def anew() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and (await _look(case)).digest != before

    await eventually(anew)
    assert (await _record(case, "Once more")).object == note.object
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)
    notes = json.loads((await package(case)).read("data/crm/notes.json"))
    (left,) = (one["text"] for one in notes if "Once more" in one["text"])
    assert "(bo@neighbour.example)" not in left
    assert "[redacted: rights of others]" in left
