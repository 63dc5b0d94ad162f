"""Who is found in Zendesk, and what of theirs is told."""

from __future__ import annotations

import pytest

from habeas.connector import RecordRef
from habeas.errors import Quarantine
from habeas.testing.steps import collected, roots
from tests.connectors.store import ids
from tests.connectors.zendesk.people import ANN, ANN_OLD, BOB, CV, LIKE_ANN, Desk
from tests.connectors.zendesk.world import ZendeskWorld
from tests.vendors.zendesk import Identity, Suspended, User


async def test_a_search_that_finds_others_finds_only_her(world: ZendeskWorld) -> None:
    found = await roots(world)
    ann = RecordRef(collection="users", key=f"[{world.desk.ann.id}]")
    assert [one for one in found if one.collection == "users"] == [ann]
    for address in LIKE_ANN:
        (match,) = (await world.connector.locate(ids(email=address))).matches
        assert match.key != ann.key


async def test_she_is_found_on_a_later_page(world: ZendeskWorld) -> None:
    for place in range(101):
        world.desk.zendesk.add_user(User(f"Ann {place}", (f"n{place}.eve@example.org",)))
    eve = world.desk.zendesk.add_user(User("Eve", ("eve@example.org",)))
    (match,) = (await world.connector.locate(ids(email="eve@example.org"))).matches
    assert match.key == f"[{eve.id}]"


async def test_whoever_was_merged_is_found_by_each_address(world: ZendeskWorld) -> None:
    other = world.desk.zendesk.add_user(User("A. Arla", ("ann@third.example",)))
    world.desk.zendesk.merge(other, world.desk.ann)
    world.desk.zendesk.clock.advance(world.desk.zendesk.store.index.lag * 2)
    (match,) = (await world.connector.locate(ids(email="ann@third.example"))).matches[:1]
    assert match.key == f"[{world.desk.ann.id}]"
    assert {one.value for one in match.yields} == {ANN, ANN_OLD, "ann@third.example", "+4512345678", "C-17"}


@pytest.mark.parametrize("role", ["agent", "admin"])
async def test_staff_are_found_and_marked(world: ZendeskWorld, role: str) -> None:
    colleague = User("Ann Arla", ("ann@desk.example",), "agent" if role == "agent" else "admin")
    colleague.identities.append(Identity("email", "ann@private.example", id=5))
    world.desk.zendesk.add_user(colleague)
    for address in ("ann@desk.example", "ann@private.example"):
        (match,) = (await world.connector.locate(ids(email=address))).matches
        assert (match.key, match.staff) == (f"[{colleague.id}]", True)
    assert not any(one.staff for one in (await world.connector.locate(ids(email=ANN))).matches)


async def test_by_what_staff_alone_know_no_suspended_tickets_are_found(world: ZendeskWorld, desk: Desk) -> None:
    desk.ann.role = "agent"
    desk.zendesk.add_suspended(Suspended("Ann", ANN_OLD, "Hello", "From the old address"))
    found = (await world.connector.locate(ids(email=ANN))).matches
    assert [one.collection for one in found] == ["users", "suspended_tickets"]
    desk.ann.role = "end-user"
    assert len((await world.connector.locate(ids(email=ANN))).matches) == 3


async def test_too_many_stop_for_a_human(world: ZendeskWorld) -> None:
    for place in range(51):
        world.desk.zendesk.add_user(User("Somebody", (f"s{place}@example.org",), external_id="C-0"))
    with pytest.raises(Quarantine, match="More than 50"):
        await world.connector.locate(ids(customer="C-0"))


async def test_what_was_suspended_is_found_without_a_user(world: ZendeskWorld) -> None:
    suspended = world.desk.zendesk.add_suspended(Suspended("Nobody", "No.User@example.org", "Buy", "Spam"))
    found = (await world.connector.locate(ids(email="no.user@example.org"))).matches
    assert [(one.collection, one.key) for one in found] == [("suspended_tickets", f"[{suspended.id}]")]
    place = RecordRef(collection="suspended_tickets", key=f"[{suspended.id}]")
    (record,) = await collected(world.connector, (place,))
    assert record.data["content"] == "Spam"


async def test_files_come_along_and_credentials_stay(world: ZendeskWorld, desk: Desk) -> None:
    desk.zendesk.private_attachments = True
    records = await collected(world.connector, await roots(world))
    files = [one for record in records for one in record.files]
    assert [(one.name, one.media_type, one.content) for one in files] == [("cv.pdf", "application/pdf", CV)]
    assert [one.authorized for one in desk.zendesk.made("GET", "/attachments/")] == [True]
    assert [one.authorized for one in desk.zendesk.made("GET", "/cdn/")] == [False]


async def test_files_on_an_unknown_host_are_not_fetched(world: ZendeskWorld) -> None:
    strict = world.made(file_hosts=["https://*.zdusercontent.com"])
    with pytest.raises(Quarantine, match="not its own"):
        await collected(strict, await roots(world))
    await strict.aclose()


async def test_a_file_that_is_gone_is_named(world: ZendeskWorld, desk: Desk) -> None:
    desk.zendesk.faults.order(desk.zendesk.not_there(), method="GET", path="/cdn/*")
    records = await collected(world.connector, await roots(world))
    assert not [one for record in records for one in record.files]
    assert [one.data["files_not_held_any_more"] for one in records if "files_not_held_any_more" in one.data] == [
        ["cv.pdf"]
    ]


async def test_of_others_tickets_only_her_words_are_told(world: ZendeskWorld, desk: Desk) -> None:
    records = await collected(world.connector, await roots(world))
    theirs = [one for one in records if str(desk.bobs.id) in one.key]
    assert {one.collection for one in theirs} == {"copied_tickets", "contributions"}
    assert "leak at my house" not in str([one.data for one in theirs])
    assert BOB not in str([one.data for one in records])
