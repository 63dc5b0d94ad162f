"""A processor without an API: instructed by a letter, answers by its link; staff take over its silence."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx2
import pytest

from activities.keeping import EndOrder
from activities.ledger import NoticeKind, NoticeRow, TaskFilter, TaskRow, TaskState
from activities.model import BounceOrder, LetterOrder
from activities.notify import LetterActivities
from activities.retention import RetentionActivities
from activities.task_model import TaskOrder, TaskPhase
from activities.tasks import TaskActivities
from habeas.acts import ActKind
from habeas.errors import BadInput, LinkRefused
from habeas.model import Outcome, Right, Stage
from tests.workflows.test_by_hand import place_hold
from tests.workflows.test_change_rights import approve as approve_change
from tests.workflows.world import AGENCY, OWNER, REFUSED, TAX, Case, World, eventually, someone
from workers.desk import create_app
from workers.office import Said
from workflows.ended_tasks import EndedTaskWorkflow
from workflows.notices import PROCESSORS, NoticesWorkflow, notices_id

TODAY = datetime.now(UTC).date()
PDF = b"%PDF-1.7 what the agency holds"
DONE = {"done_by": "Jo Agent", "done_on": f"{TODAY - timedelta(days=1)}", "note": "aus der Liste"}


@pytest.fixture
async def browser(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=create_app(world.office))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def asked(world: World, right: Right = Right.ACCESS, *, proven: bool = True, **words: object) -> Case:
    """A request to a controller with a processor."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, right, controller="agency", **words)
    if proven:
        await case.prove()
    return case


async def task_of(case: Case, phase: str = "find") -> TaskRow:
    async def there() -> TaskRow | None:
        async with case.world.parts.ledger.begin() as tx:
            rows = await tx.tasks(TaskFilter(request_id=case.id))
        waits = "mailing" in (await case.row()).blocked_on
        return next((row for row in rows if row.phase == phase and waits), None)

    return await eventually(there)


def texts(world: World, case: Case, address: str = AGENCY) -> list[str]:
    """The letters to an address about this request: headers and bodies."""
    bodies = [(one, one.get_body(preferencelist=("plain",))) for one in world.mail.to(address)]
    read = [(one, str(body.get_content()).replace("\xa0", " ")) for one, body in bodies if body is not None]
    return [f"{one}\n{text}" for one, text in read if case.id in text]


async def link_of(world: World, case: Case, times: int = 1) -> str:
    """The newest link that the agency was sent of this request."""

    async def there() -> list[str]:
        links = [link for text in texts(world, case) for link in dict.fromkeys(re.findall(r"/p/[\w-]{30,}", text))]
        return links if len(links) >= times else []

    return (await eventually(there))[-1]


async def notice_of(case: Case, task: TaskRow) -> NoticeRow:
    async with case.world.parts.ledger.begin() as tx:
        rows = await tx.notices(case.id)
    return next(row for row in rows if row.kind is NoticeKind.PROCESSOR and row.occasion == task.id)


async def state_of(case: Case, task: TaskRow) -> TaskRow:
    async with case.world.parts.ledger.begin() as tx:
        return await tx.task(task.id)


async def clock_of(case: Case, task: TaskRow, time: timedelta) -> None:
    """Let time pass for whoever waits for the acknowledgement."""
    name = notices_id(case.id, PROCESSORS, task.id)
    handle = case.world.env.client.get_workflow_handle_for(NoticesWorkflow.run, name)
    await case.world.env.fast_forward(handle, time)


async def answer(
    browser: httpx2.AsyncClient, link: str, files: Mapping[str, tuple[str, bytes]] | None = None, **said: object
) -> httpx2.Response:
    fields: dict[str, Any] = {**DONE, **{name.replace("__", "."): value for name, value in said.items()}}
    sent = [(name, (called, content, "text/html")) for name, (called, content) in (files or {}).items()]
    return await browser.post(f"{link}/answer", data=fields, files=sent or [("files.none", ("", b""))])


async def test_a_copy_is_uploaded_behind_the_link_and_is_in_the_package(
    world: World, browser: httpx2.AsyncClient, tmp_path: Path
) -> None:
    case = await asked(world)
    task, link = await task_of(case), await link_of(world, case)
    letter = texts(world, case)[0]
    for personal in (case.person.email, case.person.name, case.person.number):
        assert personal not in letter
    assert "Weisung" in letter
    assert "Art. 28" in letter
    assert "text/html" in letter
    covered = await browser.get(link)
    assert case.person.email not in covered.text
    shown = await browser.post(link)
    assert case.person.email in shown.text
    assert "In der Versandliste" in shown.text
    assert case.person.number not in shown.text, "the settings tell the agency addresses only"
    assert case.person.name not in shown.text
    sent = await answer(
        browser,
        link,
        {"files.subscribers": ("Ada.html", PDF)},
        found="something",
        held="subscribers",
        said__subscribers="abonniert seit 2020",
    )
    assert (sent.status_code, "Ihre Antwort ist vermerkt" in sent.text) == (200, True)
    await case.reaches(Stage.REVIEWING)  # what is uploaded may show other people
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    to = tmp_path / "package.zip"
    await world.office.download(case.id, by="kim", reason="test", to=to)
    with ZipFile(to) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    assert [name.rpartition(".")[2] for name, content in inside.items() if content == PDF] == ["pdf"]
    assert any(b"abonniert seit 2020" in content for content in inside.values())
    done = next(event for event in await case.events() if event.tag.value == "task:done")
    assert (done.facts["attested"], done.facts["outside"], done.facts["files"]) == (True, True, 1)
    said = await world.office.task(task.id, by="kim", reason="what did they say")
    assert said.said == f"By the link: Jo Agent, on {DONE['done_on']}. aus der Liste"


async def test_a_mail_scanner_acknowledges_nothing(world: World, browser: httpx2.AsyncClient) -> None:
    case = await asked(world)
    task, link = await task_of(case), await link_of(world, case)
    for _ in range(3):
        assert (await browser.get(link)).status_code == 200
        assert (await browser.head(link)).status_code in {200, 405}
    row = await notice_of(case, task)
    assert (row.acknowledged_at, "recipient:acknowledged" in await case.tags()) == (None, False)
    await browser.post(link)
    await browser.post(link)
    assert (await notice_of(case, task)).acknowledged_by == "processor"
    tags = await case.tags()
    assert (tags.count("recipient:acknowledged"), tags.count("personal_data:viewed")) == (1, 1)
    story = await world.office.show(case.id)
    assert [(one.system, one.state) for one in story.instructed] == [("mailing", "acknowledged")]
    await answer(browser, link, found="nothing")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert (await world.office.show(case.id)).instructed == ()


async def _erasing(world: World, browser: httpx2.AsyncClient) -> tuple[Case, str]:
    """Found in two collections, approved: the agency is asked to erase."""
    case = await asked(world, Right.ERASURE)
    link = await link_of(world, case)
    await browser.post(link)
    found: dict[str, Any] = {"found": "something", "held": ["subscribers", "orders"], "date__orders": "2019-03-01"}
    assert (await answer(browser, link, **found)).status_code == 200
    await case.approve_twice()
    await task_of(case, "erase")
    return case, await link_of(world, case, 2)


async def test_an_erasure_is_answered_done_and_stands_in_the_evidence(
    world: World, browser: httpx2.AsyncClient
) -> None:
    case, link = await _erasing(world, browser)
    assert "löschen" in texts(world, case)[-1]
    shown = await browser.post(link)
    assert "subscribers" in shown.text.lower()
    assert (await answer(browser, link, outcome__all="erased")).status_code == 200
    # The order of 2019 was no longer to be kept, either.
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    confirmed = [e for e in await case.events() if e.tag.value == "system:confirmed" and e.facts["system"] == "mailing"]
    assert [(one.facts["attested"], one.facts["clean"], one.facts["erased"]) for one in confirmed] == [(True, True, 2)]


async def test_what_a_law_keeps_at_the_processor_is_kept_and_told(world: World, browser: httpx2.AsyncClient) -> None:
    case, link = await _erasing(world, browser)
    await browser.post(link)
    until = TODAY + timedelta(days=400)
    one_kept: dict[str, Any] = {
        "outcome__all": "erased",
        "outcome__2": "retained",
        "law__2": TAX,
        "until__2": f"{until}",
    }
    assert (await answer(browser, link, **one_kept)).status_code == 200
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert TAX in world.mail.text(case.person.email, TAX)
    story = await world.office.show(case.id)
    assert [(row.system, row.law, row.until, row.count) for row in story.retained if row.system == "mailing"] == [
        ("mailing", TAX, until, 1)
    ]
    async with world.parts.ledger.begin() as tx:
        due = await tx.due_retained(until + timedelta(days=1), 10_000)
    assert (case.id, "mailing") in {(row.request_id, row.system) for row in due}
    sweep = RetentionActivities(world.parts)
    early = EndOrder(request_id=case.id, system="mailing", at=datetime.combine(until, time(12), UTC))
    assert (await sweep.end_retention(early)).state == "nothing"
    late = early.model_copy(update={"at": early.at + timedelta(days=1)})
    report = await sweep.end_retention(late)
    assert (report.state, await sweep.end_retention(late)) == ("asked", report), "nobody is asked twice"
    assert report.asked is not None
    ended = await world.env.client.start_workflow(
        EndedTaskWorkflow.run,
        report.asked,
        id=f"{case.id}/task/{report.asked.task}",
        task_queue=world.parts.task_queue,
    )
    link = await link_of(world, case, 3)
    assert TAX in (await browser.post(link)).text
    assert (await answer(browser, link, outcome__all="erased")).status_code == 200
    assert await ended.result() == "clean"
    async with world.parts.ledger.begin() as tx:
        assert "retained" not in (await tx.outcome_counts(case.id))["mailing"]


async def test_a_law_that_the_settings_do_not_name_is_not_taken(world: World, browser: httpx2.AsyncClient) -> None:
    case, link = await _erasing(world, browser)
    await browser.post(link)
    until = f"{TODAY + timedelta(days=400)}"
    wrongs: tuple[dict[str, Any], ...] = (
        {"outcome__all": "retained", "law__all": "our own wish", "until__all": until},
        {"outcome__all": "retained", "law__all": TAX, "until__all": f"{TODAY}"},
        {"outcome__all": "retained", "law__all": TAX},
        {"outcome__all": "contested"},
        {},
    )
    for wrong in wrongs:
        refused = await answer(browser, link, **wrong)
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert (await answer(browser, link, outcome__all="blocked")).status_code == 200

    async def not_confirmed() -> bool:
        async with world.parts.ledger.begin() as tx:
            return any(row.error_code == "not_confirmed" for row in await tx.systems(case.id))

    await eventually(not_confirmed)
    await case.act(ActKind.SKIP_SYSTEM, system="mailing")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED


async def test_silence_is_reminded_escalated_and_staff_answer(world: World, browser: httpx2.AsyncClient) -> None:
    case = await asked(world)
    task, link = await task_of(case), await link_of(world, case)
    assert texts(world, case, OWNER) == [], "nobody of ours is asked while the processor is"

    async def sent() -> bool:
        return (await notice_of(case, task)).state == "sent"

    await eventually(sent)
    for number, days in enumerate((3, 4), start=2):
        await clock_of(case, task, timedelta(days=days, minutes=1))
        assert await link_of(world, case, number) == link
    await clock_of(case, task, timedelta(days=3, minutes=1))
    await case.has_letter("staff_escalation")
    assert (await case.letters()).count("processor_reminder") == 2
    escalated = world.mail.text(OWNER, task.id)
    assert f"habeas task done {task.id}" in " ".join(escalated.split())
    assert case.person.email not in escalated
    told = (await world.office.show(case.id)).instructed[0]
    assert (told.task, told.state, told.reminded) == (task.id, "escalated", 2)
    await case.passes(timedelta(days=15))
    await case.has_letter("staff_task_reminder")
    assert "Newsletter agency is instructed by e-mail" in " ".join(world.mail.text(OWNER, task.id).split())
    said = Said(nothing=True)
    await world.office.finish_task(task.id, by="kim", reason="they said so on the telephone", said=said)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    with pytest.raises(LinkRefused):
        await world.office.instruction(link.removeprefix("/p/"))


async def test_acknowledged_and_not_answered_is_asked_once_more_on_its_day(
    world: World, browser: httpx2.AsyncClient
) -> None:
    case = await asked(world)
    task, link = await task_of(case), await link_of(world, case)
    await browser.post(link)
    await clock_of(case, task, timedelta(days=11))
    assert (await case.letters()).count("processor_reminder") == 0
    await clock_of(case, task, timedelta(days=5))
    await case.has_letter("processor_reminder")
    name = notices_id(case.id, PROCESSORS, task.id)
    await world.env.client.get_workflow_handle(name).result()
    assert "staff_escalation" not in await case.letters()
    await case.act(ActKind.SKIP_SYSTEM, system="mailing")
    await case.reaches(Stage.CLOSED)


async def test_nobody_is_reminded_of_what_is_answered(world: World, browser: httpx2.AsyncClient) -> None:
    case = await asked(world)
    task = await task_of(case)
    await link_of(world, case)
    await case.act(ActKind.SKIP_SYSTEM, system="mailing")
    await case.reaches(Stage.CLOSED)
    assert (await state_of(case, task)).state is TaskState.CANCELLED
    for days in (4, 12):
        await clock_of(case, task, timedelta(days=days))
    assert await world.env.client.get_workflow_handle(notices_id(case.id, PROCESSORS, task.id)).result() == 1
    assert "processor_reminder" not in await case.letters()


async def test_a_letter_that_comes_back_goes_to_staff_at_once(world: World) -> None:
    case = await asked(world)
    task = await task_of(case)
    await link_of(world, case)
    async with world.parts.ledger.begin() as tx:
        letter = next(row for row in await tx.letters(case.id) if row.kind == "processor_notice")
    order = BounceOrder(request_id=case.id, at=world.now[0], letter_id=letter.id, status="5.1.1")
    await world.office._engine.bounced(order)
    await case.has_letter("staff_bounce")
    await case.has_letter("staff_escalation")
    said = " ".join(world.mail.text(OWNER, task.id).split())
    assert "could not be delivered" in said
    assert (await notice_of(case, task)).state == "failed"
    await case.act(ActKind.SKIP_SYSTEM, system="mailing")
    await case.reaches(Stage.CLOSED)


async def test_an_address_that_is_refused_goes_to_staff_and_retry_uses_the_one_that_is_right(
    world: World, monkeypatch: pytest.MonkeyPatch, browser: httpx2.AsyncClient
) -> None:
    mailing = world.parts.connectors["mailing"]
    right = mailing.hands  # type: ignore[attr-defined]  # a processor's
    wrong = right.model_copy(update={"email": f"{REFUSED}{AGENCY}"})
    monkeypatch.setattr(mailing, "hands", wrong)
    case = await asked(world)
    task = await task_of(case)
    await case.has_letter("staff_escalation")
    assert texts(world, case) == []
    monkeypatch.setattr(mailing, "hands", right)
    await case.act(ActKind.RETRY_SYSTEM, system="mailing")
    link = await link_of(world, case)
    await browser.post(link)
    assert (await answer(browser, link, found="nothing")).status_code == 200
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert (await state_of(case, task)).state is TaskState.DONE


async def test_a_link_works_for_its_own_task_while_it_lasts(world: World, browser: httpx2.AsyncClient) -> None:
    first, second = await asked(world), await asked(world)
    mine, others = await link_of(world, first), await link_of(world, second)
    await task_of(first)
    assert second.id not in (await browser.post(mine)).text
    assert second.person.email not in (await browser.post(mine)).text
    unknown = [f"{mine[:-1]}{'A' if mine[-1] != 'A' else 'B'}", f"/p/{'A' * 43}", "/p/x", f"/p/{first.id}"]
    for forged in unknown:
        for refused in (await browser.get(forged), await browser.post(forged), await answer(browser, forged)):
            assert (refused.status_code, "not one of ours" in refused.text) == (410, True)
    assert (await browser.post(mine.replace("/p/", "/r/"))).status_code == 410
    assert (await answer(browser, mine, found="nothing")).status_code == 200
    again = await answer(browser, mine, found="something")
    assert (again.status_code, "answered already" in again.text) == (410, True)
    assert first.person.email not in (await browser.get(mine)).text
    world.now[0] += timedelta(days=31)
    late = await browser.post(others)
    assert (late.status_code, "Its time is over" in late.text) == (410, True)
    assert second.person.email not in late.text
    world.now[0] -= timedelta(days=31)
    await first.reaches(Stage.CLOSED)
    await second.act(ActKind.WITHDRAW)
    await second.reaches(Stage.CLOSED)
    assert (await browser.post(others)).status_code == 410


async def test_files_are_bounded_and_known_by_their_content(world: World, browser: httpx2.AsyncClient) -> None:
    case = await asked(world)
    link = await link_of(world, case)
    await task_of(case)
    some: dict[str, Any] = {"found": "something", "held": "subscribers"}
    for content in (b"<html><script>1</script>", b"MZ\x90\x00\x03", b"PK\x03\x04 broken", b"\xef\xbb\xbf<?xml?>"):
        refused = await answer(browser, link, {"files.subscribers": ("list.pdf", content)}, **some)
        assert (refused.status_code, "nicht annehmen" in refused.text) == (422, True)
    for size in (2**20 + 1, 3 * 2**20):
        large = await answer(browser, link, {"files.subscribers": ("a.txt", b"a" * size)}, **some)
        assert (large.status_code, "zu groß" in large.text) == (413, True)
    for lacking in (some, {**some, "done_on": f"{TODAY + timedelta(days=9)}", "said__subscribers": "x"}, {}):
        assert (await answer(browser, link, **lacking)).status_code == 422
    kept = await answer(browser, link, found="something", held="orders", said__orders="Nr. 17")
    assert (kept.status_code, "Nr. 17" in kept.text) == (422, True), (
        "the date is missing; nothing has to be typed again"
    )
    assert (await answer(browser, link, found="nothing")).status_code == 200
    await case.reaches(Stage.CLOSED)


async def test_who_is_known_by_nothing_that_it_may_be_told_is_looked_for_by_staff(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = world.parts.connectors["mailing"]
    monkeypatch.setattr(mailing, "hands", mailing.hands.model_copy(update={"told": ("phone",)}))  # type: ignore[attr-defined]  # a processor's
    case = await asked(world)
    task = await task_of(case)
    await case.has_letter("staff_task")
    assert texts(world, case) == []
    await world.office.finish_task(task.id, by="kim", reason="looked myself", said=Said(nothing=True))
    await case.reaches(Stage.CLOSED)


async def test_staff_say_by_which_law_a_processor_keeps_something(world: World, browser: httpx2.AsyncClient) -> None:
    case, _ = await _erasing(world, browser)
    task = await task_of(case, "erase")
    for wrong in ("retained", f"retained until 2031-13-01 by {TAX}", "retained until 2031-12-31 by nobody"):
        with pytest.raises(BadInput, match="outcome"):
            await world.office.finish_task(task.id, by="kim", reason="phoned", said=Said(outcomes=(wrong,)))
    said = Said(outcomes=("erased", f"1=retained until 2131-12-31 by {TAX}"))
    await world.office.finish_task(task.id, by="kim", reason="they phoned", said=said)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED


async def test_what_a_hold_keeps_is_not_taken_as_erased_and_the_answer_is_not_lost(
    world: World, browser: httpx2.AsyncClient
) -> None:
    case = await asked(world, Right.RECTIFICATION, corrections=("email: old@example.com => new@example.com",))
    link = await link_of(world, case)
    held: dict[str, Any] = {"found": "something", "held": "subscribers", "said__subscribers": "old@example.com"}
    assert (await answer(browser, link, **held)).status_code == 200
    await approve_change(case)
    task = await task_of(case, "rectify")
    hold_id = (await place_hold(case, "mailing")).hold.id
    refused = await answer(browser, await link_of(world, case, 2), outcome__all="rectified")
    assert (refused.status_code, "Sie ist gespeichert" in refused.text) == (409, True)
    shown = await world.office.task(task.id, by="kim", reason="what did they say")
    assert shown.refused is not None
    assert shown.refused.outcomes == ("rectified",)
    await world.office.lift_hold(hold_id, by="ann")
    await world.office.finish_task(task.id, by="kim", reason="the hold is over", said=Said(as_said=True))
    await case.reaches(Stage.CLOSED)


async def test_the_letter_goes_out_once_and_its_link_stays(world: World) -> None:
    """Whatever is killed is done again with the same order."""
    case = await asked(world)
    task, link = await task_of(case), await link_of(world, case)
    async with world.parts.ledger.begin() as tx:
        at = (await tx.task(task.id)).opened_at
    order = TaskOrder(request_id=case.id, at=at, system="mailing", task=task.id, phase=TaskPhase.FIND)
    opened = await TaskActivities(world.parts).open_task(order)
    assert opened.notice is not None
    again = LetterOrder(
        request_id=case.id,
        at=at,
        kind="processor_notice",
        dedupe=f"notice/{opened.notice.id}",
        to="mailing",
        sealed=opened.notice.sealed,
    )
    assert (await LetterActivities(world.parts).send(again)).state == "sent"
    assert len(texts(world, case)) == 1
    assert (await world.office.instruction(link.removeprefix("/p/"))).task == task.id
    await case.act(ActKind.SKIP_SYSTEM, system="mailing")
    await case.reaches(Stage.CLOSED)


async def test_a_correction_is_carried_out_by_the_processor(world: World, browser: httpx2.AsyncClient) -> None:
    case = await asked(world, Right.RECTIFICATION, corrections=("email: old@example.com => new@example.com",))
    link = await link_of(world, case)
    await browser.post(link)
    held: dict[str, Any] = {"found": "something", "held": "subscribers", "said__subscribers": "old@example.com"}
    assert (await answer(browser, link, **held)).status_code == 200
    await approve_change(case)
    await task_of(case, "rectify")
    shown = await browser.post(await link_of(world, case, 2))
    assert "<del>old@example.com</del>" in shown.text
    assert (await answer(browser, await link_of(world, case, 2), outcome__all="rectified")).status_code == 200
    await case.reaches(Stage.CLOSED)


async def test_an_objection_stops_the_use_at_the_processor(world: World, browser: httpx2.AsyncClient) -> None:
    case = await asked(world, Right.OBJECTION, proven=False, purposes=("newsletter",))
    await task_of(case, "stop")
    link = await link_of(world, case)
    assert "Newsletter" in (await browser.post(link)).text
    assert (await answer(browser, link, outcome__all="stopped")).status_code == 200
    await case.reaches(Stage.CLOSED)
