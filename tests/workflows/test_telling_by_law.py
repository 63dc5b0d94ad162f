"""Whoever a law wants told of what was done, or is done no more, hears of it; and nobody else."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, cast

import pytest

from activities.model import OnRequest
from activities.recipients import RecipientActivities
from habeas.acts import ActKind
from habeas.errors import BadInput
from habeas.law import cited
from habeas.model import Outcome, Right, Stage
from habeas.policy import Policy
from tests.workflows.controllers import TOLD_AT, telling
from tests.workflows.test_change_rights import approve, settled
from tests.workflows.world import Case, World, eventually

CARRIER, BOOKS = TOLD_AT["carrier"], TOLD_AT["accountant"]
NOBODY = "We had given this data to nobody"


def said(world: World, address: str, case: Case) -> list[str]:
    """What was written to somebody about a request."""
    bodies = [message.get_body(preferencelist=("plain",)) for message in world.mail.to(address)]
    texts = [" ".join(str(body.get_content()).split()) for body in bodies if body]
    return [text for text in texts if case.id in text]


async def heard(world: World, address: str, case: Case, letters: int = 1) -> str:
    """The last letter to somebody about a request, once there are so many."""

    async def there() -> bool:
        return len(said(world, address, case)) >= letters

    await eventually(there)
    return said(world, address, case)[-1]


async def states(case: Case) -> dict[tuple[str, str], str]:
    """By recipient and occasion."""
    return {(one.recipient, one.occasion): one.state for one in await case.world.office.recipients(case.id)}


async def test_buyers_are_told_of_an_opt_out_and_the_person_is_told_that_they_are(world: World) -> None:
    person = settled(world)
    case = await world.open(
        person, Right.OPT_OUT_SALE, controller=telling(world, "seller", sold=True), jurisdiction="US-CA"
    )
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    letter = await heard(world, CARRIER, case)
    assert "opted out of its sale" in letter
    assert "Sale of data" in letter
    assert cited("11 CCR 7026(f)", "en") in letter
    assert "erased" not in letter
    assert person.email in letter
    assert {recipient for recipient, _ in await states(case)} == {"carrier"}, "a processor buys nothing"
    own = said(world, person.email, case)[-1]
    assert "so that they do the same: Østersøens Pakkepost" in own


async def test_whoever_bought_it_only_before_the_request_is_not_told(world: World) -> None:
    person = settled(world)
    name = telling(world, "sold_once", sold=True, until={"carrier": date(2020, 1, 31)})
    case = await world.open(person, Right.OPT_OUT_SALE, controller=name, jurisdiction="US-CA")
    await case.reaches(Stage.CLOSED)
    assert await states(case) == {("carrier", ""): "too_long_ago"}
    assert not said(world, CARRIER, case)
    assert "got the data only before" in said(world, person.email, case)[-1]
    with pytest.raises(BadInput, match="was not told"):
        await world.office.acknowledge(case.id, "carrier", by="ann", reason="they phoned")


async def test_a_limit_is_passed_on_to_those_who_process_for_us(world: World) -> None:
    person = settled(world)
    name = telling(world, "limiting", sensitive=True)
    case = await world.open(person, Right.LIMIT_SENSITIVE, controller=name, jurisdiction="US-CA")
    await case.reaches(Stage.CLOSED)
    letter = await heard(world, BOOKS, case)
    assert "limited its use" in letter
    assert cited("11 CCR 7027(g)", "en") in letter
    assert {recipient for recipient, _ in await states(case)} == {"accountant"}


@pytest.mark.parametrize(("place", "told"), [("US-CO", {"accountant"}), ("DK", set()), ("CA-QC", set())])
async def test_a_withdrawn_consent_is_passed_on_where_the_law_says_so(world: World, place: str, told: set[str]) -> None:
    person = settled(world)
    name = telling(world, f"consenting-{place.lower()}")
    case = await world.open(
        person, Right.WITHDRAW_CONSENT, controller=name, jurisdiction=place, purposes=("newsletter",)
    )
    await case.reaches(Stage.CLOSED)
    assert {recipient for recipient, _ in await states(case)} == told
    if told:
        letter = await heard(world, BOOKS, case)
        assert "The consent has been withdrawn" in letter
        assert "Newsletter" in letter
        assert "Profiling" not in letter
    else:
        assert NOBODY not in said(world, person.email, case)[-1]


async def test_quebecs_six_months_and_the_source(world: World) -> None:
    person = settled(world)
    name = telling(world, "montreal", until={"carrier": date(2020, 1, 31)})
    case = await world.open(
        person,
        Right.RECTIFICATION,
        controller=name,
        jurisdiction="CA-QC",
        corrections=("name: Ada Test => Ada Lovelace",),
    )
    await case.prove()
    await approve(case)
    await case.reaches(Stage.CLOSED)
    letter = await heard(world, "montreal@from.example", case)
    assert "You gave us personal data that has been corrected since" in letter
    assert "Ada Lovelace" in letter
    await heard(world, BOOKS, case)
    assert not said(world, CARRIER, case)
    rows = {one.recipient: (one.state, one.why) for one in await world.office.recipients(case.id)}
    assert rows.keys() == {"carrier", "accountant", "reseller"}
    assert rows["carrier"] == ("too_long_ago", "got the data")
    assert rows["reseller"][1] == "gave us the data"
    own = said(world, person.email, case)[-1]
    assert "those who gave us the data: Example Resellers" in own
    assert "do not write to them: Østersøens Pakkepost" in own


async def test_both_halves_of_an_objection_are_passed_on_each_when_it_stops(world: World) -> None:
    person = settled(world)
    marketing = await world.open(
        person,
        Right.OBJECTION,
        controller=telling(world, "denver"),
        jurisdiction="US-CO",
        situation="I am a journalist",
    )
    (other,) = marketing.also
    rest = Case(world, other, person)
    await marketing.reaches(Stage.CLOSED)
    letter = await heard(world, BOOKS, marketing)
    assert "objects to its use" in letter
    assert "Newsletter" in letter
    assert "Profiling" not in letter
    await rest.reaches(Stage.REVIEWING)
    assert await states(rest) == {("accountant", ""): "foreseen"}, "what is weighed goes on"
    await approve(rest)
    await rest.reaches(Stage.CLOSED)
    assert "Profiling" in await heard(world, BOOKS, rest)
    again = await RecipientActivities(world.parts).prepare_notices(OnRequest(request_id=rest.id, at=world.now[0]))
    assert len(again.notices) == 1

    async def sent() -> bool:
        return await states(rest) == {("accountant", ""): "sent"}

    await eventually(sent)


async def test_an_objection_that_is_refused_is_not_passed_on(world: World) -> None:
    person = settled(world)
    case = await world.open(
        person, Right.OBJECTION, controller=telling(world, "boulder"), jurisdiction="US-CO", purposes=("profiling",)
    )
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.REFUSE, ground="manifestly_unfounded")
    await case.reaches(Stage.CLOSED)
    steps = RecipientActivities(world.parts)
    assert (await steps.prepare_notices(OnRequest(request_id=case.id, at=world.now[0]))).notices == ()
    assert await states(case) == {}


async def _erased(world: World, name: str, **contact: Any) -> tuple[Case, str]:
    person = settled(world)
    case = await world.open(person, Right.ERASURE, controller=telling(world, name, **contact))
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    return case, said(world, person.email, case)[-1]


async def test_that_nobody_had_it_is_said_only_where_that_is_true(world: World) -> None:
    case, letter = await _erased(world, "alone", recipients=())
    assert NOBODY in letter
    assert await world.office.recipients(case.id) == ()
    _, letter = await _erased(world, "not_alone")
    assert NOBODY not in letter
    assert "so that they do the same" in letter


async def test_nothing_is_said_of_recipients_where_nothing_was_done(world: World) -> None:
    person = settled(world)
    name = telling(world, "held")
    restriction = await world.open(person, Right.RESTRICTION, controller=name)
    await restriction.prove()
    await approve(restriction)
    await restriction.reaches(Stage.CLOSED)
    case = await world.open(person, Right.ERASURE, controller=name)
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    letter = said(world, person.email, case)[-1]
    assert "Kept, because you asked us to restrict it" in letter
    assert NOBODY not in letter
    assert not [one for one in said(world, CARRIER, case) if case.id in one]


async def test_a_person_whose_recipients_are_not_told_reads_why_and_not_that_there_are_none(world: World) -> None:
    name = telling(world, "reasons")
    policies = cast("dict[str, Policy]", world.parts.policies)
    why = {"email": None, "not_told": dict.fromkeys(("en", "da", "fr", "de"), "They cannot be reached.")}
    silent = tuple(one.model_copy(update=why) for one in policies[name].recipients)
    policies[name] = policies[name].model_copy(update={"recipients": silent})
    person = settled(world)
    case = await world.open(person, Right.ERASURE, controller=name)
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    await eventually(partial(_written, world, person.email, case))
    letter = said(world, person.email, case)[-1]
    assert "They cannot be reached." in letter
    assert NOBODY not in letter


async def _written(world: World, address: str, case: Case) -> bool:
    return bool(said(world, address, case))
