"""OpenDIMS: what is corrected, restricted, objected to and withdrawn; and when answers are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from habeas.acts import ActKind
from habeas.model import Outcome, Right, Stage
from tests.policies.promises import promise
from tests.policies.stories import consented, due_in_ledger, left, released_without
from tests.policies.test_opendims import AUTHORS, MARKETING, ME, PROFILES, UPLOAD, USES, forwarded, sent_on
from tests.policies.world import Installation
from tests.workflows.world import eventually
from workflows.lifting import LiftRestrictionWorkflow

MARKED = (PROFILES, AUTHORS, "opendims_support.requesters")


@promise(ME, "L38")
async def test_what_is_wrong_is_corrected_wherever_it_is(world: Installation) -> None:
    before = await world.rows(ME)
    case = await world.through(
        ME,
        await world.settle(ME),
        Right.RECTIFICATION,
        jurisdiction="DK",
        language="da",
        corrections=("full name: Ada Test => Ada Byron",),
    )
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    assert {now[place][0]["full_name"] for place in MARKED} == {"Ada Byron"}
    assert now["opendims_accounts.partner_data"][0]["value"] == "Ada Byron"
    assert "Ada Byron" in (await case.tells("cloud"))["cloud"]
    assert "Kontaktoplysninger" in case.letter()


@promise(ME, "L7")
async def test_who_uploaded_an_address_learns_nothing_more_of_whose_it_is(world: Installation) -> None:
    """The row has the address alone; a withdrawal of consent needs no proof, so anybody may ask in another's name."""
    person = await world.settle(ME)
    await world.sql("opendims_content", UPLOAD.replace(":name", "NULL"), person)
    case = await world.ask(ME, person, Right.WITHDRAW_CONSENT, jurisdiction="DK", note="since I am ill")
    await case.reaches(Stage.CLOSED)
    letter = " ".join((await sent_on(world, case, person)).split())
    assert person.email in letter
    assert "Nobody has proven to us yet that it is the person who asks" in letter
    for known in ("Ada Test", person.number, "12345678", "ill"):
        assert known not in letter


@promise(ME, "L7", "L38")
async def test_who_uploaded_an_address_is_not_told_of_the_new_one_in_the_profile(world: Installation) -> None:
    person = await world.settle(ME)
    await world.sql("opendims_content", UPLOAD.replace(":name", "NULL"), person)
    case = await world.ask(
        ME,
        person,
        Right.RECTIFICATION,
        jurisdiction="DK",
        corrections=("address: Eksempelvej 7 => Hemmelig Vej 9",),
        evidence="the police say so",
        note="I moved because of threats",
    )
    await case.prove()
    letter = " ".join((await forwarded(world, case, person)).split())
    assert "Rectification" in letter
    assert "Uploaded people: " in letter
    for known in ("Eksempelvej 7", "Hemmelig", "threats", "police", "Ada Test", person.number):
        assert known not in letter


@promise(ME, "L7")
async def test_what_could_not_be_sent_on_is_not_said_to_have_been(world: Installation) -> None:
    person = await world.settle(ME)
    await world.sql("opendims_content", UPLOAD.replace("'shop-' || :email", "'Acme Shop A/S'"), person)
    case = await world.through(ME, person, jurisdiction="DK")
    letter = " ".join(case.letter("we do not know how to reach whoever decides about it").split())
    assert "sent your request on to" not in letter
    assert "staff_attention" in await case.letters()
    (noted,) = [one for one in await case.events() if one.tag.value == "request:not_forwarded"]
    assert noted.facts == {"categories": ["uploaded_content"], "records": 1}
    assert "is sent on" not in str((await case.package()).json("withheld.json"))
    assert await case.told() == {}


@promise(ME, "L40")
async def test_data_is_set_aside_until_the_person_was_told_that_it_ends(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.through(ME, person, Right.RESTRICTION, jurisdiction="DK", situation="the address is wrong")
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    assert all(now[place][0]["restricted_at"] for place in MARKED)
    assert "We have set your data aside" in case.letter()
    erasure = await world.through(ME, person, Right.ERASURE, jurisdiction="DK")
    assert (await erasure.row()).outcome is not Outcome.FULFILLED
    assert (await world.since(ME, before))[PROFILES][0]["full_name"] == "Ada Test", "what is set aside is not erased"
    office = world.office.for_staff(case.by[0])
    await office.lift_restriction(case.id, by=case.by[0], reason="the address is right")
    await case.has_letter("restriction_lifting")
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{case.id}/lift")
    await world.env.fast_forward(handle, timedelta(days=8))

    async def lifted() -> bool:
        rows = await world.since(ME, before)
        return not any(rows[place][0]["restricted_at"] for place in MARKED)

    await eventually(lifted)
    await world.sweep()
    assert not {*MARKED} & left(await world.since(ME, before)), "what alone had kept it from being erased is lifted"


INTERESTS = {
    "improvement": (USES, "analysed"),
    "security": (USES, "watched"),
    "support": ("opendims_support.messages", "in_training"),
}


@promise(ME, "L24", "L42")
@pytest.mark.parametrize("purpose", INTERESTS)
async def test_an_objection_to_a_legitimate_interest_is_weighed_by_a_human_and_obeyed(
    world: Installation, purpose: str
) -> None:
    before = await world.rows(ME)
    case = await world.ask(
        ME, await world.settle(ME), Right.OBJECTION, jurisdiction="DK", purposes=(purpose,), situation="a journalist"
    )
    await case.proves()
    await case.reaches(Stage.REVIEWING)
    now = await world.since(ME, before)
    assert all(now[place][0][column] for place, column in INTERESTS.values()), "nothing before it is weighed"
    await case.approved()
    letter = await case.answered()
    now = await world.since(ME, before)
    stopped = {name for name, (place, column) in INTERESTS.items() if not now[place][0][column]}
    assert stopped == {purpose}
    assert next(one.title["en"] for one in world.policy(ME).purposes if one.id == purpose) in letter


@promise(ME, "L42")
async def test_an_objection_that_weighs_less_is_refused_with_its_ground(world: Installation) -> None:
    case = await world.ask(
        ME, await world.settle(ME), Right.OBJECTION, jurisdiction="DK", purposes=("security",), situation="I dislike it"
    )
    await case.proves()
    await case.reaches(Stage.REVIEWING)
    await case.do(ActKind.REFUSE, ground="compelling_grounds")
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.REFUSED
    assert "We have compelling reasons that outweigh yours (GDPR Article 21(1))." in letter
    assert "Datatilsynet" in letter


@promise(ME, "L25", "L44-45")
@pytest.mark.parametrize("channel", ["email", "web"])
@pytest.mark.parametrize("right", [Right.WITHDRAW_CONSENT, Right.OBJECTION])
async def test_marketing_ends_at_once_by_contact_or_link(world: Installation, right: Right, channel: str) -> None:
    before = await world.rows(ME)
    case = await world.ask(
        ME, await world.settle(ME), right, jurisdiction="DK", purposes=("marketing",), channel=channel, language="da"
    )
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    assert now[MARKETING][0]["subscribed"] is False
    assert now["opendims_accounts.cookies"][0]["allowed"] is True, "nothing else was said"
    assert "Markedsføring" in letter
    assert not {"act:approve", "identity:proven"} & {*await case.tags()}
    assert channel in {one.kind for one in world.policy(ME).channels}


@promise(ME, "L25")
async def test_whatever_rests_on_consent_ends_with_it(world: Installation) -> None:
    await world.sweep()
    await world.settle(ME, "Carl Consents")
    before = await world.rows(ME)
    case = await world.ask(ME, await world.settle(ME), Right.WITHDRAW_CONSENT, jurisdiction="DK")
    letter = await case.answered()
    now = await world.since(ME, before)
    assert now[MARKETING][0]["subscribed"] is False
    assert now["opendims_accounts.cookies"][0]["allowed"] is False
    assert now[USES][0]["analysed"] is True
    assert "Cookies" in letter
    assert "lawful and remains so" in letter
    await world.sweep(timedelta(days=2))
    await world.since(ME, consented(before)[0])  # nothing of whoever did not withdraw
    rows = await world.rows(ME)
    for place in (MARKETING, "opendims_accounts.cookies"):
        assert rows[place] <= before[place]


# Time


@promise(ME, "L48-49")
@pytest.mark.parametrize(
    "right", [Right.ACCESS, Right.ERASURE, Right.PORTABILITY, Right.RECTIFICATION, Right.RESTRICTION]
)
async def test_with_no_number_promised_the_law_s_month_holds(world: Installation, right: Right) -> None:
    received = datetime.fromisoformat("2027-02-11T10:00+01:00").astimezone(UTC)
    words: dict[Right, dict[str, Any]] = {
        Right.RECTIFICATION: {"corrections": ("full name: Ada Test => Ada Byron",)},
        Right.RESTRICTION: {"situation": "the name is wrong"},
    }
    case = await world.ask(
        ME, await world.settle(ME), right, jurisdiction="DK", at=received, language="da", **words.get(right, {})
    )
    assert await due_in_ledger(case) == "2027-03-11"
    await case.has_letter("acknowledgement")
    assert "11. marts 2027" in case.letter()
    assert world.policy(ME).promise.days is None


@promise(ME, "L48-49")
async def test_a_system_that_stays_away_does_not_keep_the_rest_past_the_month(world: Installation) -> None:
    person = await world.settle(ME)
    await world.stores["opendims_content"].execute("ALTER TABLE products RENAME TO products_gone")
    case = await world.ask(ME, person, jurisdiction="DK")
    await released_without(world, case, "opendims_content", "products")
    assert "Product and customer data" in case.letter("/d/")
    assert "opendims_content/products" not in (await case.package()).tables()
