"""MindLink: what is corrected, suppressed and stopped, by systems and by hand."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from habeas.model import Outcome, Right
from tests.policies.promises import promise
from tests.policies.stories import by_hand, consented
from tests.policies.test_mindlink import CONTACTS, INVOICES, LETTER, LISTS, ME, PAPER, SUBSCRIBERS, searched
from tests.policies.world import Installation
from tests.workflows.world import eventually
from workflows.lifting import LiftRestrictionWorkflow


@promise(ME, "L24-25")
async def test_what_is_wrong_is_corrected_on_paper_as_well(world: Installation) -> None:
    before = await world.rows(ME)
    case = await searched(
        world,
        await world.settle(ME),
        Right.RECTIFICATION,
        paper={"records": (json.dumps({"collection": "letters", "data": {"to": "Ada Test"}}),)},
        corrections=("full name: Ada Test => Ada Byron",),
    )
    await case.approved()
    shown = await by_hand(case, PAPER, "rectify", outcomes=("rectified",))
    assert [one.new for one in shown.brief.corrections] == ["Ada Byron"]
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    for place in (CONTACTS, SUBSCRIBERS, "mindlink_support.requesters", "mindlink_chat.people"):
        assert now[place][0]["full_name"] == "Ada Byron"
    assert now[INVOICES][0]["billed_to"] == "Ada Test", "an invoice says to whom it went"
    assert "below you read where it was done by hand" in letter
    assert "Filing cabinet of the accounts department" in letter


@promise(ME, "L24-25")
async def test_data_is_suppressed_until_the_person_was_told_that_it_ends(world: Installation) -> None:
    before = await world.rows(ME)
    case = await searched(
        world,
        await world.settle(ME),
        Right.RESTRICTION,
        paper={"records": (LETTER,)},
        situation="until the licence is settled",
    )
    await case.approved()
    await by_hand(case, PAPER, "restrict", outcomes=("restricted",))
    letter = await case.answered()
    marked = await world.since(ME, before)
    places = (CONTACTS, SUBSCRIBERS, "mindlink_support.requesters", "mindlink_chat.people")
    assert all(marked[place][0]["restricted_at"] for place in places)
    assert "We have set your data aside" in letter
    assert (await case.fates())[PAPER] == {"restricted": 1}
    office = world.office.for_staff(case.by[0])
    await office.lift_restriction(case.id, by=case.by[0], reason="settled")
    await case.has_letter("restriction_lifting")
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{case.id}/lift")
    await world.env.fast_forward(handle, timedelta(days=8))

    async def lifted() -> bool:
        now = await world.since(ME, before)
        return not any(now[place][0]["restricted_at"] for place in places)

    await eventually(lifted)


@promise(ME, "L15-16", "L8")
@pytest.mark.parametrize("channel", ["email", "web", "chat"])
@pytest.mark.parametrize("right", [Right.WITHDRAW_CONSENT, Right.OBJECTION])
async def test_the_newsletter_ends_at_once_however_it_is_said(world: Installation, right: Right, channel: str) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.ask(ME, person, right, jurisdiction="GB-ENG", purposes=("newsletter",), channel=channel)
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    assert now[SUBSCRIBERS][0]["subscribed"] is False
    assert now["mindlink_crm.visits"][0]["targeted"] is True, "nothing else was said"
    assert "Newsletter, blog posts and e-mail alerts" in letter
    assert not {"act:approve", "identity:proven", "task:opened"} & {*await case.tags()}
    assert channel in {one.kind for one in world.policy(ME).channels}


CONSENTED = {
    "newsletter": (SUBSCRIBERS, "subscribed"),
    "location": ("mindlink_crm.locations", "used"),
    "participation": ("mindlink_crm.participations", "considered"),
}


@promise(ME, "L9", "L13")
async def test_whatever_rests_on_consent_ends_with_it(world: Installation) -> None:
    await world.sweep()
    await world.settle(ME, "Carl Consents")
    before = await world.rows(ME)
    case = await world.ask(ME, await world.settle(ME), Right.WITHDRAW_CONSENT, jurisdiction="GB-ENG")
    letter = await case.answered()
    now = await world.since(ME, before)
    assert {purpose: now[place][0][column] for purpose, (place, column) in CONSENTED.items()} == dict.fromkeys(
        CONSENTED, False
    )
    assert "Using your location" in letter
    await world.sweep(timedelta(days=2))
    await world.since(ME, consented(before)[0])  # nothing of whoever did not withdraw
    assert (await world.rows(ME))[SUBSCRIBERS] <= before[SUBSCRIBERS]


@promise(ME, "L12", "L13", "L14", "L24-25")
async def test_marketing_with_observed_and_bought_data_stops_at_once_in_lists_by_hand(world: Installation) -> None:
    before = await world.rows(ME)
    case = await world.ask(
        ME, await world.settle(ME), Right.OBJECTION, jurisdiction="GB-ENG", purposes=("targeting", "new_customers")
    )
    await by_hand(case, LISTS, "stop", outcomes=("stopped",))
    letter = await case.answered()
    now = await world.since(ME, before)
    assert now["mindlink_crm.visits"][0]["targeted"] is False
    assert now["mindlink_crm.visits"][0]["analysed"] is True
    assert now["mindlink_crm.devices"][0]["targeted"] is False
    assert now["mindlink_crm.supplements"][0]["offered"] is False
    assert "Finding new customers with bought and public data" in letter
    assert "Making services and messages fit your interests" in letter
    assert not {"act:approve", "identity:proven"} & {*await case.tags()}


@promise(ME, "L12", "L24-25")
async def test_an_objection_to_the_analysis_of_use_is_weighed_by_a_human(world: Installation) -> None:
    before = await world.rows(ME)
    case = await world.ask(
        ME,
        await world.settle(ME),
        Right.OBJECTION,
        jurisdiction="GB-ENG",
        purposes=("improvement",),
        situation="I am a journalist",
    )
    await case.proves()
    await case.approved()
    await case.answered()
    now = await world.since(ME, before)
    assert now["mindlink_crm.visits"][0]["analysed"] is False
    assert now["mindlink_crm.visits"][0]["targeted"] is True
