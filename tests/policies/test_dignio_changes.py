"""Dignio: what is corrected, stopped, set aside or carried away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.ledger import TaskFilter
from habeas.model import Outcome, Right, Stage
from habeas.policy.sections import LegalBasis
from tests.policies.promises import promise
from tests.policies.test_dignio import CONTACTS, ME, PAYERS, partner
from tests.policies.world import Installation
from tests.workflows.world import eventually
from workers.office import Said


@promise(ME, "L118", "L128")
async def test_an_error_is_corrected_wherever_it_is(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.ask(
        ME, person, Right.RECTIFICATION, jurisdiction="US-CA", corrections=("name: Ada Test => Ada Lovelace",)
    )
    await case.proves()
    await case.approved()
    await case.reaches(Stage.CLOSED)
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    assert now[CONTACTS][0]["full_name"] == now[PAYERS][0]["contact_name"] == "Ada Lovelace"
    assert now["dignio_zendesk.visitors"][0]["display_name"] == "Ada Lovelace"


STOPPED = {
    "web_analytics": ("dignio_analytics.page_views", "counted"),
    "youtube": ("dignio_analytics.video_plays", "counted"),
    "social_statistics": ("dignio_analytics.social_visits", "counted"),
    "newsletter": ("dignio_newsletter.subscribers", "subscribed"),
}


@promise(ME, "L30-37", "L44-46", "L52-61", "L62-70", "L79-84", "L79 L85-90", "L91-99")
@pytest.mark.parametrize(("purpose", "channel"), list(zip(STOPPED, ("web", "email", "email", "web"), strict=True)))
async def test_consent_is_withdrawn_at_once_and_alone(world: Installation, purpose: str, channel: str) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.ask(ME, person, Right.WITHDRAW_CONSENT, jurisdiction="NO", purposes=(purpose,), channel=channel)
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    for name, (place, column) in STOPPED.items():
        assert {row[column] for row in now[place]} == {name != purpose}, name
    assert {row["counted"] for row in now["dignio_analytics.visit_codes"]} == {purpose != "web_analytics"}
    title = next(one.title["en"] for one in world.policy(ME).purposes if one.id == purpose)
    assert title in letter
    assert not {"identity:proven", "act:approve"} & {*await case.tags()}
    bases = {one.id: one.legal_bases for one in world.policy(ME).categories}
    consent = {"analytics", "visit_code", "video", "social_statistics", "newsletter"}
    assert {one for one, basis in bases.items() if basis == (LegalBasis.CONSENT,)} == consent


@promise(ME, "L49-51", "L79-84")
async def test_what_was_there_by_consent_goes_once_it_is_withdrawn(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    person = await world.settle(ME, only=("dignio_newsletter", "dignio_analytics"))
    purposes = ("newsletter", "youtube")
    case = await world.ask(ME, person, Right.WITHDRAW_CONSENT, jurisdiction="US-CA", purposes=purposes, channel="web")
    await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    (row,) = (await world.since(ME, before))["dignio_newsletter.subscribers"]
    assert row["subscribed"] is False
    await world.sweep(timedelta(days=2))
    rows = await world.rows(ME)
    for place in ("dignio_newsletter.subscribers", "dignio_analytics.video_plays"):
        assert rows[place] <= before[place]


@promise(ME, "L29")
async def test_a_partner_may_object_to_being_kept_in_mind(world: Installation) -> None:
    before = await world.rows(ME)
    person = await partner(world)
    case = await world.ask(
        ME, person, Right.OBJECTION, jurisdiction="NO", purposes=("future_contact",), situation="I have retired"
    )
    await case.prove()
    await case.approved()
    letter = await case.answered()
    assert (await world.since(ME, before))["dignio_crm.partners"][0]["may_contact"] is False
    assert "Keeping former and potential partners and suppliers in mind" in letter


@promise(ME, "L124-125", "L129")
async def test_an_opt_out_of_sharing_is_carried_out_although_nothing_is_sold(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.ask(ME, person, Right.OPT_OUT_SALE, jurisdiction="US-CA")
    await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    for purpose in ("web_analytics", "youtube", "social_statistics"):
        place, column = STOPPED[purpose]
        assert {row[column] for row in now[place]} == {False}
    assert now["dignio_newsletter.subscribers"][0]["subscribed"] is True
    assert "identity:waived" in await case.tags()


@promise(ME, "L5-16", "L124-125")
async def test_the_use_of_identity_numbers_is_limited_when_asked(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.ask(ME, person, Right.LIMIT_SENSITIVE, jurisdiction="US-CA")
    await case.answered()
    assert (await world.since(ME, before))["dignio_crm.admin_users"][0]["number_limited"] is True


# Rights that the statement does not name and the law gives


@promise(ME, "L124-125", "L128")
async def test_somebody_in_the_eea_takes_along_what_contract_and_consent_brought(world: Installation) -> None:
    case = await world.through(ME, await world.settle(ME), Right.PORTABILITY, jurisdiction="NO")
    tables = (await case.package()).tables()
    assert {"dignio_crm/contacts", "dignio_zendesk/chats", "dignio_newsletter/subscribers"} <= tables
    assert {"dignio_billing/invoices", "dignio_crm/correspondence"} <= tables, "for the contract, whatever else"


async def test_what_a_system_cannot_set_aside_by_itself_a_human_does(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME, only=("dignio_crm", "dignio_zendesk"))
    case = await world.ask(ME, person, Right.RESTRICTION, jurisdiction="NO", situation="the number is wrong")
    await case.prove()
    await case.approved()
    office = world.office.for_staff(case.by[0])

    async def task() -> str | None:
        tasks = await office.tasks(TaskFilter(request_id=case.id))
        return next((one.id for one in tasks if one.system == "dignio_zendesk"), None)

    await office.finish_task(
        await eventually(task), by=case.by[0], reason="hidden in Zendesk", said=Said(outcomes=("all=restricted",))
    )
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    assert (await world.since(ME, before))[CONTACTS][0]["restricted_at"]
    assert await case.fates() == {"dignio_crm": {"restricted": 4}, "dignio_zendesk": {"restricted": 2}}
    assert "Chat (Zendesk)" in letter
