"""What HubSpot's ways to delete leave behind, and whom they must not touch."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from starlette.types import Receive, Scope, Send

from habeas import plan as plans
from habeas.connector import Treatment
from habeas.errors import Transient
from habeas.outcomes import Done, Drifted, Fate, Pending
from habeas.testing.steps import TODAY, carried_out, collected, erased, erasure, looked_at, planned, roots
from tests.connectors.hubspot.people import ADA, ANN, LAW, NAMESAKE, collections
from tests.connectors.hubspot.world import HubSpotWorld
from tests.connectors.store import by_fate, held
from tests.vendors.hubspot import Contact, Thing
from tests.vendors.hubspot.merge import merge_contacts
from tests.vendors.shared.faults import Cut, Work

GDPR_DELETE = "/crm/v3/objects/contacts/gdpr-delete"


async def test_the_contact_goes_last_and_for_good(world: HubSpotWorld) -> None:
    await carried_out(world, await planned(world))
    writes = [one for one in world.account.calls if one.method == "DELETE" or "gdpr" in one.path]
    assert writes[-1].path == GDPR_DELETE
    assert len([one for one in writes if one.path == GDPR_DELETE]) == 1
    crm, ann = world.account.crm, world.people.ann
    assert crm.find(ann.kind, ann.id) is crm.find(ann.kind, ann.id, archived=True) is None


async def test_no_address_is_ever_put_on_the_block_list(world: HubSpotWorld) -> None:
    """Not when it is already gone, nor when the answer to its end was lost."""
    plan = await planned(world)
    world.account.faults.order(Cut(keep=0.0), path=GDPR_DELETE)
    with pytest.raises(Transient):
        await carried_out(world, plan)
    await erased(world, plan)
    await carried_out(world, plan)
    assert world.account.crm.blocklist == set()
    assert len(world.account.made("POST", "gdpr-delete")) == 1


@dataclass(frozen=True)
class Vanish:
    """A colleague erases the contact at the very moment at which we do."""

    world: HubSpotWorld

    async def play(self, work: Work, scope: Scope, receive: Receive, send: Send) -> int | None:
        self.world.account.crm.remove(self.world.people.ann)
        response = work()
        await response(scope, receive, send)
        return response.status_code


async def test_a_contact_that_vanishes_before_our_eyes_is_not_blocked_by_its_address(world: HubSpotWorld) -> None:
    plan = await planned(world)
    world.account.faults.order(Vanish(world), path=GDPR_DELETE)
    await erased(world, plan)
    assert [one.status for one in world.account.made("POST", "gdpr-delete")] == [404]
    assert world.account.crm.blocklist == set()


async def test_a_colleague_with_the_same_address_stays(world: HubSpotWorld) -> None:
    """A human has said that the contact is the person's; the colleague's account is not."""
    world.account.employ(NAMESAKE)
    await erased(world, await planned(world))
    assert world.account.staff == {one.user_id: one for one in (ADA, NAMESAKE)}


async def test_what_is_somebody_elses_is_not_erased_though_its_contact_is_gone(world: HubSpotWorld) -> None:
    """Nothing leads anywhere from a contact that somebody deleted: what has an owner by now is told by that."""
    plan = await planned(world)
    await world.move()
    world.account.crm.remove(world.people.ann)
    before = await world.theirs(), await world.others()
    assert await world.connector.erase(plan, None) == Drifted(changed=1, appeared=0)
    assert (await world.theirs(), await world.others()) == before


async def test_what_is_shared_stays_as_it_is_without_them(world: HubSpotWorld) -> None:
    deal = world.people.shared["deals"]
    await erased(world, await planned(world))
    assert world.account.crm.find(deal.kind, deal.id) is deal
    assert deal.properties["dealname"] == "Joint order"
    assert [one.to_id for one in world.account.crm.links(deal, world.people.bob.kind)] == [world.people.bob.id]


async def test_what_is_shared_and_names_them_is_left_to_a_human(world: HubSpotWorld) -> None:
    deal, ann = world.people.shared["deals"], world.people.ann
    world.account.crm.set(deal, {"description": f"Invoice to {ANN.upper()}"})
    plan = await planned(world)
    place = f'shared["deals", "{deal.id}", "{ann.id}"]'
    for _ in range(2):
        assert by_fate(await carried_out(world, plan))["blocked:by_hand"] == [place]
    assert by_fate(await looked_at(world, plan))["failed:still_there"] == [place]


async def test_a_merge_after_the_plan_goes_back_to_review(world: HubSpotWorld) -> None:
    plan = await planned(world)
    made = merge_contacts(world.account.crm, world.people.bob, world.people.ann)
    assert isinstance(await erasure(world, plan), Drifted)
    assert world.account.crm.find(made.kind, made.id) is made
    assert {one.fate for one in await looked_at(world, plan) if one.collection == "contacts"} == {Fate.FAILED}


async def test_a_deal_that_came_to_be_shared_goes_back_to_review(world: HubSpotWorld) -> None:
    plan = await planned(world)
    world.account.crm.link(world.people.things["deals"], world.people.bob)
    before = await world.theirs()
    assert isinstance(await erasure(world, plan), Drifted)
    assert await world.theirs() == before


async def test_a_contact_in_the_bin_is_erased_for_good(world: HubSpotWorld) -> None:
    plan = await planned(world)
    world.account.crm.archive(world.people.ann)
    early = {one.collection: one.fate for one in await looked_at(world, plan)}
    assert early["contacts"] is Fate.FAILED
    await carried_out(world, plan)
    ann = world.people.ann
    assert world.account.crm.find(ann.kind, ann.id, archived=True) is None


async def test_what_lies_in_the_bin_is_said_and_what_is_restored_is_seen(world: HubSpotWorld) -> None:
    plan = await planned(world)
    note = world.people.things["notes"]
    seen = by_fate(await erased(world, plan))
    assert f'notes["{note.id}"]' in seen["erased:in_the_bin"]
    assert seen["erased"] == [f'contacts["{world.people.ann.id}"]']
    note.archived_at = None
    assert by_fate(await looked_at(world, plan))["failed:still_there"] == [f'notes["{note.id}"]']


async def test_the_bin_can_be_waited_for(world: HubSpotWorld) -> None:
    world.connector = waiting = world.made(bin="wait")
    plan = await planned(world)
    await carried_out(world, plan)
    answer = await waiting.confirm(plan, None)
    assert isinstance(answer, Pending)
    gone = world.account.clock.now().date() + timedelta(days=90)
    assert {(one.fate, one.until) for one in answer.so_far if one.reason == "in_the_bin"} == {(Fate.ERASED, gone)}
    assert len(answer.so_far) == len(plan.objects)
    world.account.clock.advance(timedelta(days=91))
    answer = await waiting.confirm(plan, answer.handle)
    assert isinstance(answer, Done)
    assert {(one.fate, one.reason) for one in answer.result if one.collection != "shared"} == {(Fate.ERASED, None)}
    await waiting.aclose()


async def test_what_is_emptied_says_that_its_history_holds_it(emptying: HubSpotWorld) -> None:
    note, deal = emptying.people.things["notes"], emptying.people.things["deals"]
    seen = by_fate(await erased(emptying, await planned(emptying)))
    assert f'notes["{note.id}"]' in seen["anonymised:in_history"]
    assert "hs_note_body" not in note.properties
    assert (deal.properties.get("dealname"), deal.properties["dealstage"]) == (None, "won")


async def test_an_address_that_cannot_be_overwritten_is_said(emptying: HubSpotWorld) -> None:
    mail = emptying.people.things["emails"]
    emptying.account.crm.set(mail, {"hs_email_to_email": ANN})
    plan = await planned(emptying)
    place = [f'emails["{mail.id}"]']
    assert by_fate(await carried_out(emptying, plan))["blocked:not_anonymised"] == place
    assert by_fate(await looked_at(emptying, plan))["failed:still_there"] == place


async def test_a_contact_may_be_kept_as_long_as_what_is_theirs(world: HubSpotWorld) -> None:
    kept = {"treatment": "retain", "retention": LAW}
    for stays, treatment in ((False, Treatment.DELETE), (True, Treatment.RETAIN)):
        world.connector = world.made(collections=collections(deals=kept), contact_stays=stays)
        plan = await planned(world)
        assert [one.treatment for one in plan.objects if one.collection == "contacts"] == [treatment]
        await world.connector.aclose()


async def test_other_categories_do_not_disturb_an_erasure_of_some(world: HubSpotWorld) -> None:
    calls = {"calls": {"treatment": "delete", "category": "calls"}}
    world.connector = world.made(collections=collections(**calls))
    found = await roots(world)
    index = [plans.IndexedRecord.of(one) for one in await collected(world.connector, found)]
    collections_ = world.connector.manifest.collections
    plan = plans.draft("crm", collections_, found, world.person, index, TODAY, asked={"calls"})
    world.account.add(Thing("notes", {"hs_note_body": "New"}), world.people.ann)
    world.account.add(Contact("new@example.org", additional_emails=(ANN,)))
    assert [one.fate for one in await carried_out(world, plan)] == [Fate.ERASED]
    assert [(one.collection, one.fate) for one in await looked_at(world, plan)] == [("calls", Fate.ERASED)]
    await world.connector.aclose()


async def test_a_share_that_is_held_or_kept_by_law_is_still_theirs(world: HubSpotWorld) -> None:
    """Without its contact nothing leads to it any more, whatever `contact_stays` says."""
    by_law = world.made(collections=collections(shared={"treatment": "retain", "retention": LAW, "after": "anonymise"}))
    world.connector, first = by_law, world.connector
    plan = await planned(world)
    assert {one.until for one in plan.objects if one.collection == "contacts"} != {None}
    world.connector = first
    plan = await planned(world, held(await planned(world), "shared"))
    kept = {one.collection for one in plan.objects if one.treatment is Treatment.RETAIN}
    assert kept == {"shared", "contacts"}
    before = _shares(world)
    said = by_fate(await erased(world, plan))
    assert len(said["retained"]) == len(before) + 1
    assert _shares(world) == before
    await by_law.aclose()


def _shares(world: HubSpotWorld) -> list[tuple[str, list[str], dict[str, str]]]:
    crm, ann = world.account.crm, world.people.ann
    return [
        (one.id, [link.to_id for link in crm.links(one, ann.kind)], dict(one.properties))
        for one in world.people.shared.values()
    ]
