"""Zendesk's ways to delete: two steps, jobs, a bin, products that follow hours later, and what cannot be deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.connectors.zendesk.keys import key_of
from habeas.connector import PlannedObject, RecordRef, Restrict, SystemPlan, Treatment, Vetoing
from habeas.errors import Terminal, Transient
from habeas.outcomes import Done, Drifted, Fate, ObjectOutcome, Pending
from habeas.testing.steps import carried_out, changed, collected, erased, erasure, looked_at, planned, roots
from tests.connectors.store import held, ids
from tests.connectors.zendesk.people import ANN, SAID, Desk
from tests.connectors.zendesk.world import ZendeskWorld
from tests.vendors.zendesk import Comment, Status, Suspended, Ticket, User


def _said(outcomes: tuple[ObjectOutcome, ...], collection: str) -> list[tuple[Fate, str | None]]:
    return [(one.fate, one.reason) for one in outcomes if one.collection == collection]


async def test_tickets_go_first_and_a_user_in_two_steps(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    first = await world.connector.erase(plan, None)
    assert isinstance(first, Pending)
    assert desk.ann.deleted_at is None
    assert desk.hers.deleted_at is not None
    assert isinstance(await world.connector.erase(plan, first.handle), Pending), "the job is not done yet"
    await world.wait(first.poll_after)
    assert isinstance(await world.connector.erase(plan, first.handle), Done)
    paths = [one.path.removeprefix("/api/v2/") for one in desk.zendesk.made("DELETE")]
    suspended = [one for one in paths if one.startswith("suspended")]
    tickets = [f"tickets/{desk.hers.id}", "deleted_tickets/destroy_many"]
    assert paths == [*tickets, *suspended, f"users/{desk.ann.id}", f"deleted_users/{desk.ann.id}"]


async def test_a_ticket_that_is_opened_again_after_the_plan_stops_it(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    desk.hers.status = "open"
    desk.zendesk.calls.clear()
    answer = await erasure(world, plan)
    assert isinstance(answer, Drifted)
    assert answer.changed == 1
    assert not desk.zendesk.made("DELETE")
    assert not desk.hers.deleted_at


class TestMergedAfterThePlan:
    """A colleague merges her user into another: what was hers is the other's now, and nobody decided on that one."""

    async def test_nothing_is_touched_where_tickets_moved(self, world: ZendeskWorld, desk: Desk) -> None:
        plan = await planned(world)
        other = desk.zendesk.add_user(User("A. Arla", ("ann@third.example",)))
        desk.zendesk.merge(desk.ann, other)
        desk.zendesk.calls.clear()
        assert isinstance(await erasure(world, plan), Drifted)
        assert not desk.zendesk.made("DELETE")
        assert desk.hers.requester_id == other.id

    async def test_without_tickets_the_other_is_seen_by_the_second_look(self, world: ZendeskWorld, desk: Desk) -> None:
        eve = desk.zendesk.add_user(User("Eve", ("eve@example.org",)))
        key = f"[{eve.id}]"
        ref = RecordRef(collection="users", key=key)
        (record,) = [one async for page in world.connector.collect((ref,), None) for one in page.records]
        user = PlannedObject(
            collection="users", key=key, treatment=Treatment.DELETE, fingerprint=record.fingerprint, category="users"
        )
        plan = SystemPlan(system="zendesk", roots=(ref,), identifiers=ids(email="eve@example.org"), objects=(user,))
        other = desk.zendesk.add_user(User("E. Eve", ("eve@third.example",)))
        desk.zendesk.merge(eve, other)
        said = {one.key: (one.fate, one.reason) for one in await erased(world, plan)}
        assert said[f"[{other.id}]"] == (Fate.FAILED, "came_back")
        assert other.deleted_at is None


async def test_a_killed_job_is_asked_for_again(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    first = await world.connector.erase(plan, None)
    assert isinstance(first, Pending)
    desk.zendesk.jobs.kill()
    second = await world.connector.erase(plan, first.handle)
    assert isinstance(second, Pending)
    assert desk.hers.id in desk.zendesk.store.tickets
    await world.wait(second.poll_after)
    assert isinstance(await world.connector.erase(plan, second.handle), Done)
    assert desk.hers.id not in desk.zendesk.store.tickets


async def test_jobs_that_are_killed_again_and_again_stop_for_staff(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    answer = await world.connector.erase(plan, None)
    for _ in range(2):
        assert isinstance(answer, Pending)
        desk.zendesk.jobs.kill()
        answer = await world.connector.erase(plan, answer.handle)
    assert isinstance(answer, Pending)
    desk.zendesk.jobs.kill()
    with pytest.raises(Terminal, match="for good"):
        await world.connector.erase(plan, answer.handle)
    assert desk.ann.deleted_at is None


async def test_a_job_that_is_forgotten_is_looked_up_in_the_bin(world: ZendeskWorld, desk: Desk) -> None:
    """Its status can be read for a day."""
    plan = await planned(world)
    first = await world.connector.erase(plan, None)
    assert isinstance(first, Pending)
    await world.wait(first.poll_after)
    desk.zendesk.jobs.pass_time()
    desk.zendesk.jobs.all.clear()
    assert isinstance(await world.connector.erase(plan, first.handle), Done)


async def test_what_is_in_the_bin_is_not_gone(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    desk.zendesk.store.delete_ticket(desk.hers, desk.zendesk.admin.id)
    assert _said(await looked_at(world, plan), "tickets") == [(Fate.FAILED, "in_bin")]


async def test_a_full_bin_is_read_no_faster_than_zendesk_allows(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    for place in range(850):
        one = desk.zendesk.add_ticket(Ticket(desk.bob.id, f"Old {place}", [Comment(desk.bob.id, "old")]))
        desk.zendesk.store.delete_ticket(one, desk.zendesk.admin.id)
    desk.zendesk.store.delete_ticket(desk.hers, desk.zendesk.admin.id)
    first = await world.connector.confirm(plan, None)
    assert isinstance(first, Pending)
    assert ANN not in first.handle
    await world.wait(first.poll_after)
    rest = await world.connector.confirm(plan, first.handle)
    assert isinstance(rest, Done)
    assert _said(rest.result, "tickets") == [(Fate.FAILED, "in_bin")]


async def test_it_is_erased_once_every_product_says_so(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    await carried_out(world, plan)
    for hours in (1, 3.5):  # support is done; chat has not begun, then has
        await world.wait(hours * 3600)
        assert isinstance(await world.connector.confirm(plan, None), Pending)
    await world.wait(3600)
    assert _said(await looked_at(world, plan), "users") == [(Fate.ERASED, None)]


async def test_a_user_who_is_only_deleted_softly_is_still_there(world: ZendeskWorld, desk: Desk) -> None:
    """Their address is null by then."""
    plan = await planned(world)
    await carried_out(world, plan)
    desk.ann.purge_asked_at = None
    assert _said(await looked_at(world, plan), "users") == [(Fate.FAILED, "still_there")]


async def test_the_limit_of_permanent_deletions_is_waited_for(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    desk.zendesk.faults.order(desk.zendesk.rate_limited(420), method="DELETE", path="/api/v2/deleted_users/*")
    with pytest.raises(Transient) as raised:
        await carried_out(world, plan)
    assert raised.value.retry_after == 420
    assert desk.ann.deleted_at is not None
    assert _said(await erased(world, plan), "users") == [(Fate.ERASED, None)]


async def test_somebody_who_was_asked_for_already_is_done(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    desk.zendesk.faults.order(desk.zendesk.asked_already(), method="DELETE", path="/api/v2/deleted_users/*")
    assert _said(await carried_out(world, plan), "users") == [(Fate.BLOCKED, "still_there")], "422, and it is not true"
    desk.ann.purge_asked_at = desk.zendesk.clock.now()
    assert _said(await carried_out(world, plan), "users") == [(Fate.ERASED, None)]


@pytest.mark.parametrize(("status", "deleting", "staying"), [("open", 1, 1), ("hold", 1, 1), ("solved", 0, 1)])
async def test_vetoes(world: ZendeskWorld, kept: ZendeskWorld, status: Status, deleting: int, staying: int) -> None:
    """A solved ticket can be deleted; if it stays, its requester cannot be deleted before it is closed."""
    world.desk.hers.status = status
    for made, count in ((world, deleting), (kept, staying)):
        assert isinstance(made.connector, Vetoing)
        found = await made.connector.vetoes(await planned(made))
        assert [one.reason for one in found] == ["open_ticket"] * count


async def test_the_requester_of_an_open_ticket_is_not_deleted(kept: ZendeskWorld) -> None:
    kept.desk.hers.status = "solved"
    plan = await planned(kept)
    assert _said(await carried_out(kept, plan), "users") == [(Fate.BLOCKED, "open_ticket")]
    assert kept.desk.ann.deleted_at is None


async def test_closed_tickets_tell_nothing_but_their_subject(kept: ZendeskWorld, desk: Desk) -> None:
    await erased(kept, await planned(kept))
    assert "Ann" not in str([(one.body, one.html_body, one.attachments) for one in desk.hers.comments])
    assert ANN not in str(desk.hers.comments)
    assert desk.hers.subject == "My parcel"


async def test_a_subject_that_cannot_be_changed_is_told(kept: ZendeskWorld, desk: Desk) -> None:
    kept.connector = kept.made(subjects="erase")
    plan = await planned(kept)
    assert _said(await carried_out(kept, plan), "tickets") == [(Fate.BLOCKED, "subject_closed")]
    assert _said(await erased(kept, plan), "tickets") == [(Fate.FAILED, "still_there")]
    desk.hers.status = "solved"
    assert _said(await carried_out(kept, plan), "tickets") == [(Fate.ANONYMISED, None)]
    assert desk.hers.subject == "[erased]"


@pytest.mark.parametrize("by", ["comment", "copy"])
async def test_a_ticket_that_is_another_end_users_too_is_not_hers_to_take(
    world: ZendeskWorld, desk: Desk, by: str
) -> None:
    """Bob reads along, or wrote in it; whoever answers for the company does not count."""
    desk.hers.cc_ids.append(desk.zendesk.admin.id if by == "comment" else desk.bob.id)
    if by == "comment":
        desk.hers.comments.append(Comment(desk.bob.id, "Bob: my card was charged too, order 77"))
    desk.hers.status = "solved"
    records = await collected(world.connector, await roots(world))
    place = key_of(desk.hers.id, desk.ann.id)
    (hers,) = (one for one in records if (one.collection, one.key) == ("copied_tickets", place))
    assert hers.data["theirs_as"] == "requester"
    assert not [one for one in records if one.collection in ("tickets", "comments")]
    told = [one.data["body"] for one in records if one.data.get("ticket") == desk.hers.id and "body" in one.data]
    assert told == [SAID]
    plan = await planned(world)
    assert isinstance(world.connector, Vetoing)
    assert [(one.collection, one.key) for one in await world.connector.vetoes(plan)] == [("copied_tickets", place)]
    desk.hers.status = "closed"
    assert not await world.connector.vetoes(plan)
    assert {one.fate for one in await erased(world, plan)} == {Fate.ERASED, Fate.ANONYMISED}
    assert desk.hers.deleted_at is None
    assert [one.body for one in desk.hers.comments][1:] == [
        "Dear Ann, write to you.",
        *(["Bob: my card was charged too, order 77"] if by == "comment" else []),
    ]
    assert SAID not in desk.hers.comments[0].body


async def test_a_ticket_in_which_another_wrote_after_the_plan_stops_it(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    desk.hers.comments.append(Comment(desk.bob.id, "Bob: mine too"))
    assert isinstance(await erasure(world, plan), Drifted)
    assert desk.hers.deleted_at is None


async def test_whoever_stays_stays_the_requester_of_a_ticket_of_several(world: ZendeskWorld, desk: Desk) -> None:
    desk.hers.status, desk.bobs.status = "open", "open"
    desk.hers.cc_ids.append(desk.bob.id)
    said = await carried_out(world, _only(await planned(world), "copied_tickets"))
    assert sorted(_said(said, "copied_tickets")) == [(Fate.ANONYMISED, None), (Fate.BLOCKED, "requester_stays")]


async def test_what_is_ruled_not_hers_is_neither_given_nor_deleted(world: ZendeskWorld, desk: Desk) -> None:
    """Anybody can write her address as the sender's: a human says of each suspended ticket whose it is."""
    forged = desk.zendesk.add_suspended(Suspended("Mallory", ANN, "Forged", "What the hospital says of Bob"))
    place = ("suspended_tickets", f"[{forged.id}]")
    hers = tuple(one for one in await roots(world) if (one.collection, one.key) != place)
    records = await collected(world.connector, hers)
    assert [one.data["content"] for one in records if one.collection == "suspended_tickets"] == ["Ann again"]
    objects = tuple(one for one in (await planned(world)).objects if (one.collection, one.key) != place)
    said = await carried_out(world, SystemPlan(system="zendesk", roots=hers, identifiers=(), objects=objects))
    assert _said(said, "suspended_tickets") == [(Fate.ERASED, None)]
    assert [one.author_name for one in desk.zendesk.store.suspended.values()] == ["Bob", "Mallory"]


async def test_a_rating_with_words_cannot_be_erased(world: ZendeskWorld, desk: Desk) -> None:
    for rating in desk.zendesk.store.ratings.values():
        rating.comment = "Nice, says Ann"
    plan = await planned(world)
    assert _said(await carried_out(world, plan), "ratings") == [(Fate.BLOCKED, "cannot_be_changed")]
    await world.wait(world.connector.manifest.confirm_after)
    assert _said(await looked_at(world, plan), "ratings") == [(Fate.FAILED, "still_there")]


async def test_a_comment_of_a_ticket_that_must_stay_is_told(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    held = tuple(
        one.model_copy(update={"treatment": Treatment.RETAIN}) if one.collection in ("tickets", "users") else one
        for one in plan.objects
    )
    said = await carried_out(world, plan.model_copy(update={"objects": held}))
    assert set(_said(said, "comments")) == {(Fate.BLOCKED, "ticket_stays")}
    assert _said(said, "copied_tickets") == [(Fate.BLOCKED, "ticket_closed")], "who stays still reads along"
    assert (desk.hers.deleted_at, desk.ann.deleted_at) == (None, None)


async def test_who_stays_is_taken_off_open_tickets(world: ZendeskWorld, desk: Desk) -> None:
    desk.bobs.status = "open"
    plan = _only(await planned(world), "copied_tickets", "contributions")
    said = await erased(world, plan)
    assert _said(said, "copied_tickets") == [(Fate.ANONYMISED, None)]
    assert desk.ann.id not in desk.bobs.cc_ids
    assert desk.bobs.comments[0].body == "A leak at my house."
    assert "Ann" not in desk.bobs.comments[1].body


def _only(plan: SystemPlan, *names: str) -> SystemPlan:
    objects = tuple(one for one in plan.objects if one.collection in names)
    return plan.model_copy(update={"objects": objects, "only": names})


async def test_whoever_became_staff_is_not_deleted(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    desk.ann.role = "agent"
    assert isinstance(await erasure(world, plan), Drifted)
    assert desk.ann.deleted_at is None


async def test_a_staff_account_that_is_theirs_stays(world: ZendeskWorld, desk: Desk) -> None:
    desk.ann.role = "agent"
    done = await erasure(world, _only(await planned(world), "users"))
    assert isinstance(done, Done)
    assert [(one.fate, one.reason) for one in done.result] == [(Fate.BLOCKED, "staff")]
    assert desk.ann.deleted_at is None


async def test_our_own_marks_are_no_drift(world: ZendeskWorld, desk: Desk) -> None:
    plan = await planned(world)
    ann = RecordRef(collection="users", key=f"[{desk.ann.id}]")
    await changed(world, Restrict(objects=(ann,)))
    assert "restricted" in desk.ann.tags
    assert isinstance(await erasure(world, plan), Done)


async def test_bob_keeps_his_ticket(world: ZendeskWorld, desk: Desk) -> None:
    before = await world.others()
    await erased(world, await planned(world))
    await world.wait(timedelta(days=1).total_seconds())
    assert await world.others() == before


@pytest.mark.parametrize(
    ("names", "also"),
    [
        (("copied_tickets",), {"users", "ratings"}),
        (("contributions",), {"users", "ratings", "copied_tickets"}),
        (("tickets",), {"users", "ratings", "comments", "copied_tickets"}),
        (("users",), {"ratings", "copied_tickets"}),
    ],
)
async def test_a_plan_says_what_cannot_go_because_of_what_stays(
    world: ZendeskWorld, desk: Desk, names: tuple[str, ...], also: set[str]
) -> None:
    """Who is deleted reads along nowhere; and what nobody can change names nobody only once they are gone."""
    plan = await planned(world, held(await planned(world), *names))
    kept = {one.collection for one in plan.objects if one.treatment is Treatment.RETAIN}
    assert kept == {*names, *also}
    before = await world.theirs()
    outcomes = await erased(world, plan)
    assert {one.fate for one in outcomes if one.collection in kept} == {Fate.RETAINED}
    assert {one.fate for one in outcomes if one.collection not in kept} <= {Fate.ERASED, Fate.ANONYMISED}
    after = await world.theirs()
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert {name: after[name] for name in ("users", "copied", "ratings")} == {
        name: before[name] for name in ("users", "copied", "ratings")
    }
    if "comments" in kept:
        assert after["tickets"] == before["tickets"]


async def test_a_ticket_whose_subject_stays_goes_only_with_its_requester(kept: ZendeskWorld) -> None:
    plan = await planned(kept, held(await planned(kept), "users"))
    assert {one.reason for one in plan.objects if one.collection == "tickets"} == {"legal_hold"}
    outcomes = await erased(kept, plan)
    assert _said(outcomes, "tickets") == [(Fate.RETAINED, None)]
    assert not [one for one in outcomes if one.fate in (Fate.FAILED, Fate.BLOCKED)]
