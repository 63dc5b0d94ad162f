"""Salesforce's ways to delete: a recycle bin, what goes along with what, old values, what cannot be changed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from habeas.connector import SystemPlan, Treatment
from habeas.errors import Transient
from habeas.outcomes import Done, Drifted, Fate, ObjectOutcome, Pending
from habeas.testing.steps import carried_out, erased, erasure, looked_at, planned
from tests.connectors.salesforce.people import ANN, LAW, anonymised, collections, in_her_case
from tests.connectors.salesforce.world import SalesforceWorld
from tests.connectors.store import held
from tests.vendors.shared.faults import Answer


def _said(outcomes: tuple[ObjectOutcome, ...], collection: str) -> list[tuple[Fate, str | None]]:
    return [(one.fate, one.reason) for one in outcomes if one.collection == collection]


async def _with(world: SalesforceWorld, **more: object) -> SystemPlan:
    """A plan under other settings, which the world has from now on."""
    await world.connector.aclose()
    world.connector = world.made(**more)
    return await planned(world)


async def test_children_go_before_what_they_hang_on(world: SalesforceWorld) -> None:
    await carried_out(world, await planned(world))
    order = [one.path.split("/")[-2] for one in world.org.made("DELETE")]
    places = {name: max(place for place, one in enumerate(order) if one == name) for name in order}
    first = {name: order.index(name) for name in order}
    assert places["CaseComment"] < first["Case"]
    assert places["Task"] < first["Lead"]
    assert places["Case"] < first["Contact"]
    assert places["Loyalty_Card__c"] < first["Contact"]
    assert places["Opportunity"] < first["Account"]
    assert order[-1] == "Individual"
    assert {one.status for one in world.org.made("DELETE")} == {204}


async def test_what_lies_in_the_bin_is_told(world: SalesforceWorld) -> None:
    outcomes = await erased(world, await planned(world))
    assert _said(outcomes, "Contact") == [(Fate.ERASED, "in_the_bin")]
    assert world.people.ann.values["IsDeleted"]


async def test_the_bin_is_waited_for(world: SalesforceWorld) -> None:
    plan = await _with(world, bin="wait")
    await carried_out(world, plan)
    answer = await world.connector.confirm(plan, None)
    assert isinstance(answer, Pending)
    gone = (world.org.clock.now() + timedelta(days=15)).date()
    assert {one.until for one in answer.so_far if one.reason == "in_the_bin"} == {gone}
    await world.wait(15 * 86_400)
    assert _said(await looked_at(world, plan), "Contact") == [(Fate.ERASED, None)]
    assert world.people.ann.id not in world.org.store.rows


async def test_the_bin_is_emptied_by_soap(world: SalesforceWorld) -> None:
    plan = await _with(world, bin="empty")
    await carried_out(world, plan)
    assert world.people.ann.emptied_at is not None
    assert isinstance(await world.connector.confirm(plan, None), Pending), "it shows for a day yet"
    await world.wait(86_400)
    assert {one.fate for one in await looked_at(world, plan)} == {Fate.ERASED, Fate.ANONYMISED}
    assert not [one for one in world.org.store.rows.values() if one.deleted_at]


async def test_what_was_deleted_before_is_taken_out_too(world: SalesforceWorld) -> None:
    world.org.merge(world.people.ann, world.org.add("Contact", LastName="Arla", Email=ANN))
    await erased(world, await _with(world, bin="empty"))
    assert not [one for one in world.org.store.rows.values() if one.values.get("LastName") == "Arla" and one.deleted_at]


async def test_a_session_that_ends_before_the_bin_is_emptied_is_opened_again(world: SalesforceWorld) -> None:
    plan = await _with(world, bin="empty")
    fault = b"<soapenv:Fault><faultcode>sf:INVALID_SESSION_ID</faultcode></soapenv:Fault>"
    world.org.faults.order(Answer(500, fault, "text/xml"), path="/services/Soap/*")
    with pytest.raises(Transient, match="INVALID_SESSION_ID"):
        await carried_out(world, plan)
    assert {one.fate for one in await erased(world, plan)} == {Fate.ERASED, Fate.ANONYMISED}


async def test_a_contact_whose_case_stays_is_emptied(world: SalesforceWorld) -> None:
    """Deleted it would take along its tasks; with a case Salesforce does not delete it."""
    kept = collections(Case={"treatment": "retain", "retention": LAW})
    plan = await _with(world, collections=kept)
    assert {one.treatment for one in plan.objects if one.collection == "Contact"} == {Treatment.ANONYMISE}
    outcomes = await erased(world, plan)
    assert _said(outcomes, "Case") == [(Fate.RETAINED, None)]
    assert _said(outcomes, "Contact") == [(Fate.ANONYMISED, "in_history")]
    ann = world.people.ann.values
    assert (ann["LastName"], ann["Email"], ann["MailingCity"]) == ("[erased]", None, None)


async def test_old_values_go_if_so_set(emptying: SalesforceWorld) -> None:
    plan = await planned(emptying)
    assert emptying.org.store.history(emptying.people.ann)
    outcomes = await erased(emptying, plan)
    assert _said(outcomes, "Contact") == [(Fate.ANONYMISED, None)]
    assert not emptying.org.store.history(emptying.people.ann)
    # A person account's contact keeps old values of its own.
    rows = emptying.org.store.rows.values()
    behind = [row for row in rows if row.object.name == "Contact" and row.values["IsPersonAccount"]]
    assert behind
    assert not [old for row in behind for old in emptying.org.store.history(row)]


async def test_old_values_that_stay_are_no_success(emptying: SalesforceWorld) -> None:
    emptying.org.rights.permissions.discard("DeleteFromFieldHistory")
    outcomes = await erased(emptying, await planned(emptying))
    assert _said(outcomes, "Contact") == [(Fate.FAILED, "still_there")]


async def test_a_converted_lead_cannot_be_emptied(world: SalesforceWorld) -> None:
    plan = await _with(world, collections=anonymised())
    assert _said(await carried_out(world, plan), "Lead") == [(Fate.BLOCKED, "converted_lead")]


async def test_a_record_merged_since_the_plan_goes_back_to_review(world: SalesforceWorld) -> None:
    """What it became may be somebody else's."""
    whole = await planned(world)
    alone = tuple(one for one in whole.objects if one.collection == "Contact")
    plan = whole.model_copy(update={"objects": alone, "only": ("Contact",)})
    world.org.merge(world.people.bob, world.people.ann)
    before = await world.others()
    answer = await erasure(world, plan)
    assert isinstance(answer, Drifted)
    assert answer.changed
    assert await world.others() == before


async def test_an_open_case_and_a_user_of_the_portal_stand_in_the_way(world: SalesforceWorld) -> None:
    world.org.add("User", LastName="Arla", Username="portal", Email=ANN, ContactId=world.people.ann.id)
    await world.stand_in_the_way()
    plan = await planned(world)
    assert {(one.collection, one.reason) for one in await world.connector.vetoes(plan)} == {
        ("Case", "open_case"),
        ("Contact", "portal_user"),
    }
    outcomes = await carried_out(world, plan)
    assert _said(outcomes, "Contact") == [(Fate.BLOCKED, "refused_by_system")]


async def test_of_a_record_that_names_two_only_the_one_goes(world: SalesforceWorld) -> None:
    outcomes = await erased(world, await planned(world))
    assert _said(outcomes, "Referral__c") == [(Fate.ANONYMISED, None)]
    left = world.people.referral.values
    assert (left["Referrer__c"], left["Referred__c"], left["Remark__c"]) == (None, world.people.bob.id, "Bob was told")


async def test_what_others_have_in_her_case_stays_and_her_case_is_emptied(world: SalesforceWorld) -> None:
    """Salesforce deletes with a case all that is in it."""
    before = await planned(world)
    theirs = in_her_case(world.org, world.people)
    assert isinstance(await world.connector.erase(before, None), Drifted)
    plan = await planned(world)
    late = in_her_case(world.org, world.people)
    case = next(one for one in before.objects if one.collection == "Case")
    alone = plan.model_copy(update={"objects": (case,), "roots": (), "only": ("Case",)})
    assert _said(await carried_out(world, alone), "Case") == [(Fate.BLOCKED, "drifted")], "the last moment"
    kept = [(one, dict(one.values)) for one in (*theirs, *late)]
    outcomes = await carried_out(world, plan)
    assert [(one, dict(one.values)) for one, _ in kept] == kept
    assert all(one.deleted_at is None for one, _ in kept)
    assert _said(outcomes, "Case") == [(Fate.ANONYMISED, None)]
    assert (world.people.case.values["Subject"], world.people.case.values["Description"]) == (None, None)
    assert (Fate.ANONYMISED, None) in _said(outcomes, "Contact")
    assert world.people.ann.values["Email"] is None


async def test_an_address_in_somebody_else_s_record_is_for_a_human(world: SalesforceWorld) -> None:
    world.people.referral.values["Remark__c"] = f"told by {ANN}"
    outcomes = await carried_out(world, await planned(world))
    assert _said(outcomes, "Referral__c") == [(Fate.BLOCKED, "by_hand")]


@pytest.mark.parametrize(
    ("status", "code", "message", "seconds"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 3600),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", 30),
        (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", 5),
    ],
)
async def test_limits_and_locks_are_waited_for(
    world: SalesforceWorld, status: int, code: str, message: str, seconds: float
) -> None:
    plan = await planned(world)
    refused = json.dumps([{"message": message, "errorCode": code}]).encode()
    world.org.faults.order(Answer(status, refused), method="DELETE", path="*/Contact/*")
    with pytest.raises(Transient) as raised:
        await carried_out(world, plan)
    assert raised.value.retry_after == seconds
    assert _said(await erased(world, plan), "Contact") == [(Fate.ERASED, "in_the_bin")]


async def test_what_may_not_be_deleted_is_left_and_told(world: SalesforceWorld) -> None:
    world.org.rights.no_delete.add("Event")
    outcomes = await carried_out(world, await planned(world))
    assert _said(outcomes, "Event") == [(Fate.BLOCKED, "refused_by_system")]
    assert _said(outcomes, "Task") == [(Fate.ERASED, None)] * 2


async def test_a_plan_of_one_object_leaves_the_rest(world: SalesforceWorld) -> None:
    whole = await planned(world)
    some = tuple(one for one in whole.objects if one.collection == "CaseComment")
    answer = await world.connector.erase(whole.model_copy(update={"objects": some, "only": ("CaseComment",)}), None)
    assert isinstance(answer, Done)
    assert [one.path.split("/")[-2] for one in world.org.made("DELETE")] == ["CaseComment"]


@pytest.mark.parametrize("name", ["ContentDocumentLink", "EmailMessageRelation", "Referral__c", "ContentDocument"])
async def test_what_is_held_is_the_same_to_the_last_byte(world: SalesforceWorld, name: str) -> None:
    """Salesforce deletes a link with its contact, and clears every reference to it: so its contact stays too."""
    plan = await planned(world, held(await planned(world), name))
    kept = [json.loads(one.key)[0] for one in plan.objects if one.treatment is Treatment.RETAIN]
    assert {world.org.store.rows[one].object.name for one in kept} >= {name, "Contact"}
    store = world.org.store
    also = [each.id for one in kept for each in store.pointing_at(one, "ContentDocumentLink", "ContentDocumentId")]
    before = {one: dict(store.rows[one].values) for one in (*kept, *also)}
    outcomes = await erased(world, plan)
    assert {one.fate for one in outcomes if json.loads(one.key)[0] in kept} == {Fate.RETAINED}
    assert {one: dict(store.rows[one].values) for one in before} == before
    assert {one.fate for one in outcomes if json.loads(one.key)[0] not in kept} <= {Fate.ERASED, Fate.ANONYMISED}


@pytest.mark.parametrize(
    ("sobject", "primary", "about"),
    [
        ("Task", "Ann", "nothing"),
        ("Event", "Bob", "nothing"),
        ("Task", "Bob", "her case"),
        ("Event", "Ann", "her case"),
    ],
)
async def test_an_activity_with_several_goes_on_without_them(
    world: SalesforceWorld, sobject: str, primary: str, about: str
) -> None:
    """In an org that shares activities: hers as far as she is in it, and never deleted with her or with her case."""
    org, people = world.org, world.people
    first, second = (people.ann, people.bob) if primary == "Ann" else (people.bob, people.ann)
    what = {"WhatId": people.case.id} if about == "her case" else {}
    both = org.add(sobject, WhoId=first.id, Subject="Meet the two", **what)
    relations = [
        org.add(f"{sobject}Relation", **{f"{sobject}Id": both.id, "RelationId": one.id}) for one in (first, second)
    ]
    plan = await planned(world)
    (part,) = [one for one in plan.objects if both.id in one.key]
    assert (part.treatment, part.referenced) == (Treatment.ANONYMISE, True)
    await erased(world, plan)
    assert not both.deleted_at
    assert both.values["WhoId"] == people.bob.id
    bobs = next(one for one in relations if one.values["RelationId"] == people.bob.id)
    assert [one.id for one in org.store.pointing_at(both.id, f"{sobject}Relation", f"{sobject}Id")] == [bobs.id]
    assert people.case.deleted_at is None if about == "her case" else people.case.deleted_at


async def test_who_cannot_be_taken_out_of_an_activity_with_others_is_not_deleted(world: SalesforceWorld) -> None:
    """Salesforce would delete it with its primary contact."""
    org, people = world.org, world.people
    both = org.add("Task", WhoId=people.ann.id, Subject="Meet the two")
    for one in (people.ann, people.bob):
        org.add("TaskRelation", TaskId=both.id, RelationId=one.id)
    org.rights.no_delete.add("TaskRelation")
    outcomes = await carried_out(world, await planned(world))
    assert (Fate.BLOCKED, "shared_activity") in _said(outcomes, "Contact")
    assert not both.deleted_at
    assert not people.ann.deleted_at
