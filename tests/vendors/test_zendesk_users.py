"""Zendesk's users: search, change, merge, delete in two steps, and what is left of them."""

from datetime import timedelta

import httpx2
import pytest

from tests.vendors.test_zendesk_access import bad, invalid, said
from tests.vendors.zendesk import Comment, Identity, Ticket, User, Zendesk


async def hits(zen: httpx2.AsyncClient, query: str) -> list[int]:
    return [one["id"] for one in (await zen.get("/search.json", params={"query": query})).json()["results"]]


async def test_an_address_finds_others_too(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann = zendesk.add_user(User("Ann Lee", ("ann@example.org", "a.lee@mail.example")))
    other = zendesk.add_user(User("Mary Ann", ("mary-ann@example.org",)))
    mentions = zendesk.add_user(User("Eva", ("eva@example.org",), notes="sister of ann@example.org"))
    staff = zendesk.add_user(User("Ann of Support", ("ann@example.org.desk.example",), "agent"))
    ticket = zendesk.add_ticket(Ticket(mentions.id, "A question", [Comment(mentions.id, "Please ask ann@example.org")]))
    assert await hits(zen, 'type:user email:"ann@example.org"') == [ann.id, other.id, staff.id]
    assert await hits(zen, "type:user ann@example.org") == [ann.id, other.id, mentions.id, staff.id]
    assert await hits(zen, "ann@example.org") == [ticket.id, ann.id, other.id, mentions.id, staff.id]
    assert await hits(zen, "type:user email:a.lee@mail.example") == [ann.id]
    assert await hits(zen, "type:user role:agent ann") == [staff.id]
    assert await hits(zen, "type:ticket requester:eva@example.org") == [ticket.id]
    assert await hits(zen, "type:user email:lee@example.org") == []
    users = (await zen.get("/users/search.json", params={"query": "ann@example.org"})).json()
    assert [one["id"] for one in users["users"]] == [ann.id, other.id, mentions.id, staff.id]
    assert (users["count"], users["next_page"]) == (4, None)


async def test_the_limits_of_searches(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    refused = await zen.get("/users/search", params={"query": "x", "page[size]": 100})
    bad(refused, "page")
    assert "page must be an integer from api/v2/users/search" in refused.json()["error"]["message"]
    bad(await zen.get("/search", params={"query": "x", "page[size]": 100}), "page")
    bad(await zen.get("/search"), "query")
    bad(await zen.get("/users/search"), "query")
    far = await zen.get("/search", params={"query": "x", "page": 11})
    assert (
        said(far, 422, "invalid") == "Invalid search: Requested response size was greater than Search Response Limits"
    )
    assert (await zen.get("/search", params={"query": "x", "page": 10})).json()["count"] == 0
    one = zendesk.add_user(User("Ann", external_id="C-17"))
    found = await zen.get("/users/search", params={"external_id": "C-17"})
    assert [each["id"] for each in found.json()["users"]] == [one.id]


async def test_the_index_lags(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann = zendesk.add_user(User("Ann Lee", ("ann@example.org",)))
    await zen.put(f"/users/{ann.id}", json={"user": {"name": "Zoe"}})
    assert await hits(zen, "type:user zoe") == []
    zendesk.clock.advance(timedelta(minutes=2))
    assert await hits(zen, "type:user zoe") == [ann.id]
    await zen.delete(f"/users/{ann.id}")
    assert await hits(zen, "type:user zoe") == [ann.id]
    zendesk.clock.advance(timedelta(minutes=2))
    assert await hits(zen, "type:user zoe") == []


async def test_an_updated_address_is_a_second_one(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann = zendesk.add_user(User("Ann Lee", ("ann@example.org",), phone="+4712345678"))
    changed = await zen.put(f"/users/{ann.id}", json={"user": {"email": "new@example.org", "surprise": 1}})
    assert changed.json()["user"]["email"] == "ann@example.org"
    identities = (await zen.get(f"/users/{ann.id}/identities", params={"page[size]": 100})).json()["identities"]
    assert [(one["type"], one["value"], one["primary"]) for one in identities] == [
        ("email", "ann@example.org", True),
        ("phone_number", "+4712345678", True),
        ("email", "new@example.org", False),
    ]
    only = (await zen.get(f"/users/{ann.id}/identities", params={"type[]": "phone_number"})).json()["identities"]
    assert len(only) == 1
    path = f"/users/{ann.id}/identities"
    assert "primary" in invalid(await zen.delete(f"{path}/{identities[0]['id']}"), "base")
    assert (await zen.delete(f"{path}/{identities[2]['id']}")).status_code == 204
    said(await zen.delete(f"{path}/{identities[2]['id']}"), 404, "RecordNotFound")


@pytest.mark.parametrize(
    ("changes", "name", "sentence"),
    [
        ({"name": ""}, "name", "Name:  is too short (minimum is 1 character)"),
        ({"name": 5}, "name", "Name: is not a string"),
        ({"email": "nobody"}, "email", "Email: nobody is not properly formatted"),
        ({"email": "eva@example.org"}, "email", "Email: eva@example.org is already being used by another user"),
        ({"tags": "vip"}, "base", "tags is a list and user_fields an object"),
    ],
)
async def test_values_that_are_not_valid(
    zendesk: Zendesk, zen: httpx2.AsyncClient, changes: dict[str, object], name: str, sentence: str
) -> None:
    ann = zendesk.add_user(User("Ann Lee", ("ann@example.org",)))
    zendesk.add_user(User("Eva", ("eva@example.org",)))
    assert invalid(await zen.put(f"/users/{ann.id}", json={"user": changes}), name) == sentence
    assert ann.name == "Ann Lee"


async def test_open_tickets_keep_a_user(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann = zendesk.add_user(User("Ann Lee", ("ann@example.org",)))
    solved = zendesk.add_ticket(Ticket(ann.id, "Hello", [Comment(ann.id, "hello")], "solved"))
    zendesk.add_ticket(Ticket(ann.id, "Old", [Comment(ann.id, "old")], "closed"))
    related = (await zen.get(f"/users/{ann.id}/related")).json()["user_related"]
    assert related["requested_tickets"] == 2
    assert "1 ticket(s) that are not closed" in invalid(await zen.delete(f"/users/{ann.id}"), "base")
    await zen.delete(f"/tickets/{solved.id}")
    gone = await zen.delete(f"/users/{ann.id}")
    assert (gone.status_code, gone.json()["user"]["active"]) == (200, False)


async def test_deleting_takes_two_steps_and_then_time(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann = zendesk.add_user(User("Ann Lee", ("ann@example.org",), phone="+4712345678", notes="calls often"))
    ticket = zendesk.add_ticket(Ticket(ann.id, "Hello", [Comment(ann.id, "I am Ann Lee")]))
    said(await zen.delete(f"/deleted_users/{ann.id}"), 404, "RecordNotFound")
    await zen.delete(f"/users/{ann.id}")
    said(await zen.delete(f"/users/{ann.id}"), 404, "RecordNotFound")
    said(await zen.put(f"/users/{ann.id}", json={"user": {"name": "x"}}), 404, "RecordNotFound")
    assert (await zen.get(f"/users/{ann.id}")).json()["user"]["email"] == "ann@example.org"
    assert (await zen.get(f"/deleted_users/{ann.id}")).json()["deleted_user"]["name"] == "Ann Lee"
    statuses = f"/users/{ann.id}/compliance_deletion_statuses"
    assert (await zen.get(statuses)).json()["compliance_deletion_statuses"] == []
    assert (await zen.delete(f"/deleted_users/{ann.id}")).json()["deleted_user"]["active"] is False
    again = await zen.delete(f"/deleted_users/{ann.id}")
    assert invalid(again, "base") == "Only one deletion request needed per user"
    said(await zen.get(f"/users/{ann.id}"), 404, "RecordNotFound")
    said(await zen.get(f"/deleted_users/{ann.id}"), 404, "RecordNotFound")

    async def told() -> list[tuple[str, str]]:
        listed = (await zen.get(statuses)).json()["compliance_deletion_statuses"]
        return [(one["application"], one["action"]) for one in listed]

    async def kept() -> tuple[str, str | None, str | None]:
        listed = (await zen.get("/deleted_users", params={"page[size]": 100})).json()["deleted_users"]
        return [(one["name"], one["email"], one["phone"]) for one in listed if one["id"] == ann.id][0]  # noqa: RUF015

    assert await told() == [("all", "request_deletion")]
    assert await kept() == ("Ann Lee", None, "+4712345678")
    zendesk.clock.advance(timedelta(minutes=2))
    assert await told() == [("all", "request_deletion"), ("support", "started"), ("support", "complete")]
    assert await kept() == ("Permanently Deleted User", None, None)
    zendesk.clock.advance(timedelta(hours=5))
    chat = (await zen.get(statuses, params={"application": "chat"})).json()["compliance_deletion_statuses"]
    assert [one["action"] for one in chat] == ["started", "complete"]
    assert chat[0]["account_subdomain"] == "desk"
    said(await zen.get("/users/999/compliance_deletion_statuses"), 404, "RecordNotFound")
    comments = (await zen.get(f"/tickets/{ticket.id}/comments")).json()["comments"]
    assert comments[0]["body"] == "I am Ann Lee"


async def test_seven_hundred_permanent_deletions_in_ten_minutes(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    zendesk.clock.call_takes = timedelta(0)
    users = [zendesk.add_user(User(f"U{number}")) for number in range(3)]
    for user in users:
        await zen.delete(f"/users/{user.id}")
    assert (await zen.delete(f"/deleted_users/{users[0].id}")).status_code == 200
    window = zendesk.window("permanent user deletion", 0, 0)
    assert (window.limit, window.period) == (700, timedelta(minutes=10))
    window.limit = 2
    zendesk.clock.advance(timedelta(minutes=1))
    assert (await zen.delete(f"/deleted_users/{users[1].id}")).status_code == 200
    refused = await zen.delete(f"/deleted_users/{users[2].id}")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "540")
    zendesk.clock.advance(timedelta(minutes=9))
    assert (await zen.delete(f"/deleted_users/{users[2].id}")).status_code == 200


async def test_merged_users_are_one(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann = zendesk.add_user(User("Ann Lee", ("ann@example.org",)))
    double = zendesk.add_user(User("A. Lee", ("a.lee@example.org",)))
    ticket = zendesk.add_ticket(Ticket(double.id, "Hello", [Comment(double.id, "hello")], cc_ids=[double.id]))
    merged = await zen.put(f"/users/{double.id}/merge", json={"user": {"id": ann.id}})
    assert merged.json()["user"]["id"] == ann.id
    requested = (await zen.get(f"/users/{ann.id}/tickets/requested")).json()["tickets"]
    assert [(one["id"], one["collaborator_ids"]) for one in requested] == [(ticket.id, [ann.id])]
    assert [(one.value, one.primary) for one in ann.identities] == [
        ("ann@example.org", True),
        ("a.lee@example.org", False),
    ]
    assert (await zen.get(f"/users/{double.id}")).json()["user"]["active"] is False
    agent = zendesk.add_user(User("Gus", ("gus@desk.example",), "agent"))
    assert "end users" in invalid(await zen.put(f"/users/{agent.id}/merge", json={"user": {"id": ann.id}}), "base")
    said(await zen.put(f"/users/{ann.id}/merge", json={"user": {"email": "no@example.org"}}), 404, "RecordNotFound")


async def test_users_by_id_and_role(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann = zendesk.add_user(User("Ann Lee"))
    ann.identities.append(Identity("twitter", "annlee", id=7))
    many = (await zen.get(f"/users/show_many?ids={ann.id},{zendesk.admin.id},424242")).json()
    assert [one["id"] for one in many["users"]] == [ann.id, zendesk.admin.id]
    assert (await zen.get("/users/count")).json()["count"]["value"] == 2
    ends = (await zen.get("/users", params={"role": "end-user"})).json()
    assert [one["id"] for one in ends["users"]] == [ann.id]
