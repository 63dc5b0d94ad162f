"""Who is found in Zendesk, and what of theirs is told."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from activities.connectors.zendesk.stored import addressed
from habeas.connector import RecordRef
from habeas.errors import Quarantine
from habeas.testing import HttpFaults
from habeas.testing.steps import collected, erased, planned, roots
from tests.connectors.store import ids
from tests.connectors.zendesk.people import ANN, ANN_OLD, BOB, CV, LIKE_ANN, Desk
from tests.connectors.zendesk.world import ZendeskWorld
from tests.vendors.zendesk import Attachment, Comment, Identity, Suspended, Ticket, User


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


async def test_a_user_deleted_softly_is_found_where_the_address_is_still_told(world: ZendeskWorld, desk: Desk) -> None:
    eve = desk.zendesk.add_user(User("Eve", ("Eve@example.org",)))
    ticket = desk.zendesk.add_ticket(Ticket(eve.id, "Mine", [Comment(eve.id, "I, Eve")]))
    eve.deleted_at = desk.zendesk.clock.now()
    desk.zendesk.store.index_user(eve, at_once=True)
    asked = ids(email="eve@example.org")
    assert (await world.connector.locate(asked)).matches == ()
    desk.zendesk.keeps_deleted_addresses = True
    (match,) = (await world.connector.locate(asked)).matches
    assert (match.key, match.found_by, match.staff) == (f"[{eve.id}]", asked, False)
    found = await collected(world.connector, (RecordRef(collection="users", key=match.key),))
    assert (found[0].collection, found[0].data["name"]) == ("users", "Eve")
    assert f"[{ticket.id}]" in [one.key for one in found]
    world.person = asked
    await erased(world, await planned(world))
    assert eve.purge_asked_at is not None
    assert ticket.id not in desk.zendesk.store.tickets
    assert (await world.connector.locate(asked)).matches == ()


async def test_too_many_stop_for_a_human(world: ZendeskWorld) -> None:
    for place in range(51):
        world.desk.zendesk.add_user(User("Somebody", (f"s{place}@example.org",), external_id="C-0"))
    with pytest.raises(Quarantine, match="More than 50"):
        await world.connector.locate(ids(customer="C-0"))


async def test_what_was_suspended_is_found_without_a_user(world: ZendeskWorld) -> None:
    suspended = world.desk.zendesk.add_suspended(Suspended("Nobody", "No.User@example.org", "Buy", "Spam"))
    found = (await world.connector.locate(ids(email="no.user@example.org"))).matches
    assert [(one.collection, one.key, one.account) for one in found] == [
        ("suspended_tickets", f"[{suspended.id}]", False)
    ]
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


async def test_the_photo_and_files_of_what_was_held_back_come_along(world: ZendeskWorld, desk: Desk) -> None:
    photo, letter = Attachment("ann.jpg", b"her face", "image/jpeg"), Attachment("letter.txt", b"Dear all")
    anew = desk.zendesk.add_user(User("Ann", ("ann@new.example",), photo=photo))
    desk.zendesk.add_suspended(Suspended("Ann", "ann@new.example", "Hello", "See the letter", attachments=[letter]))
    found = (await world.connector.locate(ids(email="ann@new.example"))).matches
    places = tuple(RecordRef(collection=one.collection, key=one.key) for one in found)
    files = {one.collection: [each.content for each in one.files] for one in await collected(world.connector, places)}
    assert files == {"users": [b"her face"], "suspended_tickets": [b"Dear all"]}
    assert places[0].key == f"[{anew.id}]"
    assert not any(one.authorized for one in desk.zendesk.made("GET", "/cdn/"))


async def test_from_where_somebody_wrote_is_told_to_nobody_else(world: ZendeskWorld, desk: Desk) -> None:
    for ticket, addresses in ((desk.hers, ("192.0.2.1", "192.0.2.2")), (desk.bobs, ("192.0.2.3", "192.0.2.4"))):
        for comment, address in zip(ticket.comments, addresses, strict=True):
            comment.ip_address = address
    records = await collected(world.connector, await roots(world))
    told: dict[str, list[object]] = {one.collection: [] for one in records if "body" in one.data}
    for one in records:
        if "metadata" in one.data:
            assert one.data["via"] == {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}}
            told[one.collection].append(one.data["metadata"])
    assert told == {
        "comments": [{"system": {"ip_address": "192.0.2.1"}, "custom": {}}],
        "contributions": [{"system": {"ip_address": "192.0.2.4"}, "custom": {}}],
    }


async def test_words_in_the_account_s_own_fields_are_reviewed(world: ZendeskWorld, desk: Desk) -> None:
    desk.hers.fields = {360001: "Her brother Carl called", 360002: None}
    desk.ann.notes = ""
    records = {one.collection: one for one in await collected(world.connector, await roots(world))}
    kinds = {one.name: one for one in world.connector.manifest.collections}
    assert kinds["users"].texts(records["users"]) == ("user_fields.city",)
    assert kinds["tickets"].texts(records["tickets"]) == ("subject", "raw_subject", "custom_fields", "fields")
    desk.hers.fields = {360001: None}
    records = {one.collection: one for one in await collected(world.connector, await roots(world))}
    assert kinds["tickets"].texts(records["tickets"]) == ("subject", "raw_subject")


def test_to_whom_else_a_mail_went_is_reviewed() -> None:
    came: dict[str, JsonValue] = {"channel": "email", "source": {"from": {"original_recipients": [ANN, BOB]}, "to": {}}}
    assert addressed({"via": came, "recipient": "help@firm.example"}) == ("via", "recipient")
    assert addressed({"via": {"channel": "web", "source": {"from": {}, "to": {}}}, "recipient": None}) == ()


async def test_a_suspended_mail_tells_whom_it_is_from_under_review(world: ZendeskWorld) -> None:
    records = await collected(world.connector, await roots(world))
    (held,) = [one for one in records if one.collection == "suspended_tickets"]
    assert held.free_text == ("via",)


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


async def test_an_address_that_she_only_added_is_told_as_unproven(world: ZendeskWorld, desk: Desk) -> None:
    eve = desk.zendesk.add_user(User("Vic Tim", ("eve@example.org", "victim@example.org"), external_id="C-66"))
    eve.identities += [Identity("phone_number", "+45 99 99 99 99", verified=False, id=5)]
    eve.identities[1].verified = False
    desk.zendesk.add_suspended(Suspended("Vic", "victim@example.org", "Hello", "The victim's own words"))
    typed = (*ids(email="victim@example.org"), *ids(phone="+4599999999"))
    (match,) = (await world.connector.locate(ids(email="eve@example.org"))).matches
    assert (match.collection, match.unproven) == ("users", typed), "nor is what the victim wrote found by it"
    assert {*match.yields} - {*typed} == {*ids(email="eve@example.org"), *ids(customer="C-66")}
    again, held_back = (await world.connector.locate(ids(email="victim@example.org"))).matches
    assert (again.key, again.found_by, again.unproven) == (match.key, typed[:1], typed)
    assert (held_back.collection, held_back.unproven) == ("suspended_tickets", ())


@pytest.mark.parametrize(("region", "told"), [("DK", "+4599999999"), (None, "99999999")])
async def test_a_number_is_told_as_one_of_the_country_that_the_settings_say(
    desk: Desk, faults: HttpFaults, region: str | None, told: str
) -> None:
    eve = desk.zendesk.add_user(User("Eve", ("eve@example.org",)))
    eve.identities += [Identity("phone_number", "99 99 99 99", verified=True, id=5)]
    world = ZendeskWorld(desk, faults, region=region)
    (match,) = (await world.connector.locate(ids(email="eve@example.org"))).matches
    await world.connector.aclose()
    assert [one.value for one in match.yields if one.kind == "phone"] == [told]


async def test_the_address_by_which_alone_zendesk_knows_somebody_counts(world: ZendeskWorld, desk: Desk) -> None:
    """Who only writes by mail need not verify it; beside another identity nobody knows which of the two is whose."""
    eve = desk.zendesk.add_user(User("Eve", ("eve@example.org",)))
    eve.identities[0].verified = False
    asked = ids(email="eve@example.org")
    (match,) = (await world.connector.locate(asked)).matches
    assert match.unproven == ()
    eve.identities += [Identity("twitter", "eve", id=6)]
    (match,) = (await world.connector.locate(asked)).matches
    assert match.unproven == asked
