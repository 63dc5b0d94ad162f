"""An access request from its opening to its close."""

from __future__ import annotations

import io
import re
import uuid
import zipfile

import pytest

from habeas.acts import ActKind
from habeas.errors import LinkRefused, WrongStage
from habeas.model import Outcome, Right, Stage
from tests.fetching import fetched
from tests.workflows.world import Case, World, someone
from workers.office import NewRequestInput


async def test_access_ends_with_a_package_that_the_person_can_open(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.prove()
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.FULFILLED
    assert await case.letters() == ["acknowledgement", "code", "completion_access"]
    package = zipfile.ZipFile(io.BytesIO(await _download(case)))
    names = package.namelist()
    assert {"index.html", "manifest.json", "data/crm/notes.json", "data/billing/invoices.csv"} <= set(names)
    assert person.email in package.read("data/crm/contacts.json").decode()
    tags = await case.tags()
    for tag in ("identity:proven", "system:located", "system:collected", "export:verified", "request:closed"):
        assert tag in tags


async def test_access_never_reaches_an_erase_call(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    before = [connector.calls.count("erase") for connector in world.connectors.values()]
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLOSED)
    assert [connector.calls.count("erase") for connector in world.connectors.values()] == before


async def test_free_text_is_reviewed_before_release(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.has_letter("staff_attention")
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_a_person_that_no_system_knows_is_told_so(world: World) -> None:
    case = await world.open(someone())
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND
    assert (await case.letters())[-1] == "nothing_found"


async def test_a_second_open_request_is_answered_with_the_first(world: World) -> None:
    person = someone()
    case = await world.open(person)
    again = await world.office.open_request(_again(person.email.upper()))
    assert (again.id, again.created) == (case.id, False)


async def test_a_link_works_once(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLOSED)
    token = _token(case)
    await fetched(world.office, token)
    with pytest.raises(LinkRefused):
        await fetched(world.office, token)


async def test_one_more_link_ends_the_older_one(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLOSED)
    first = _token(case)
    act_id = str(uuid.uuid4())
    for _ in range(2):
        await world.office.release(case.id, by="ann", reason="the letter was lost", act_id=act_id)
    await case.has_letter("completion_access", 2)
    assert (await case.letters()).count("completion_access") == 2
    with pytest.raises(LinkRefused):
        await fetched(world.office, first)
    assert await fetched(world.office, _token(case))


async def test_nothing_can_be_done_to_a_closed_request(world: World) -> None:
    case = await world.open(someone())
    await case.prove()
    await case.reaches(Stage.CLOSED)
    await case.handle.result()
    with pytest.raises(WrongStage):
        await case.act(ActKind.WITHDRAW)


def _again(email: str) -> NewRequestInput:
    return NewRequestInput(right=Right.ACCESS.value, opened_by="bob", controller="demo", emails=(email,))


def _token(case: Case) -> str:
    text = case.world.mail.text(case.person.email, "/d/")
    found = re.search(r"/d/([A-Za-z0-9_-]+)", text)
    assert found
    return found.group(1)


async def _download(case: Case) -> bytes:
    return await fetched(case.world.office, _token(case))
