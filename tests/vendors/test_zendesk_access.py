"""Who may call Zendesk, how often, and how lists are paged."""

from datetime import timedelta

import httpx2
import pytest

from tests.vendors.zendesk import API_TOKEN, Comment, OauthToken, Rating, Suspended, Ticket, User, Zendesk

PLAIN_429 = "Number of allowed API requests per minute exceeded"


def said(response: httpx2.Response, status: int, error: str) -> str:
    """The description of an error whose envelope is Zendesk's."""
    assert (response.status_code, response.json()["error"]) == (status, error)
    return str(response.json().get("description", ""))


def invalid(response: httpx2.Response, name: str) -> str:
    """What a 422 says of the field."""
    assert said(response, 422, "RecordInvalid") == "Record validation errors"
    assert list(response.json()["details"]) == [name]
    return str(response.json()["details"][name][0]["description"])


def bad(response: httpx2.Response, name: str) -> None:
    """A 400 for a parameter."""
    assert (response.status_code, response.json()["error"]["title"]) == (400, "Invalid attribute")
    assert response.json()["error"]["message"].startswith(f"You passed an invalid value for the {name} attribute. ")


async def test_a_ping_without_credentials_is_a_200_for_nobody(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    mine = await zen.get("/users/me.json")
    assert (mine.json()["user"]["id"], mine.json()["user"]["role"]) == (zendesk.admin.id, "admin")
    async with httpx2.AsyncClient(base_url=f"{zendesk.base_url}/api/v2") as nobody:
        anonymous = await nobody.get("/users/me.json")
        assert (anonymous.status_code, anonymous.json()["user"]["id"]) == (200, None)
        said(await nobody.get("/users.json"), 401, "Couldn't authenticate you")
    wrong = await zen.get("/users/me", auth=("admin@desk.example/token", "wrong"))
    said(wrong, 401, "Couldn't authenticate you")
    as_password = await zen.get("/users/me", auth=("admin@desk.example", API_TOKEN))
    said(as_password, 401, "Couldn't authenticate you")
    zendesk.revoke()
    said(await zen.get("/users/me"), 401, "Couldn't authenticate you")


async def test_roles(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    agent = zendesk.add_user(User("Gus Agent", ("gus@desk.example",), "agent", may_delete_tickets=False))
    end = zendesk.add_user(User("Ann Lee", ("ann@example.org",)))
    ticket = zendesk.add_ticket(Ticket(end.id, "Hello", [Comment(end.id, "hello")]))
    as_end, as_agent = ("ann@example.org/token", API_TOKEN), ("gus@desk.example/token", API_TOKEN)
    said(await zen.get("/users", auth=as_end), 403, "Forbidden")
    assert (await zen.get(f"/users/{end.id}", auth=as_agent)).status_code == 200
    said(await zen.delete(f"/users/{end.id}", auth=as_agent), 403, "Forbidden")
    said(await zen.delete(f"/tickets/{ticket.id}", auth=as_agent), 403, "Forbidden")
    said(await zen.get("/satisfaction_ratings", auth=as_agent), 403, "Forbidden")
    said(await zen.put(f"/users/{zendesk.admin.id}", json={"user": {}}, auth=as_agent), 403, "Forbidden")
    agent.may_delete_users = True
    said(await zen.delete(f"/users/{zendesk.admin.id}", auth=as_agent), 403, "Forbidden")
    assert (await zen.delete(f"/users/{end.id}", auth=as_agent)).status_code == 200
    said(await zen.delete(f"/users/{zendesk.admin.id}"), 403, "Forbidden")


async def test_oauth_scopes(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    end = zendesk.add_user(User("Ann Lee", ("ann@example.org",)))
    zendesk.oauth["t"] = OauthToken(zendesk.admin, frozenset({"users:read"}))
    bearer = {"Authorization": "Bearer t"}
    async with httpx2.AsyncClient(base_url=f"{zendesk.base_url}/api/v2", headers=bearer) as client:
        assert (await client.get(f"/users/{end.id}")).status_code == 200
        assert "read" in said(await client.get(f"/users/{end.id}/tickets/requested"), 403, "Forbidden")
        assert "write" in said(await client.delete(f"/users/{end.id}"), 403, "Forbidden")
        zendesk.oauth["t"] = OauthToken(zendesk.admin, frozenset({"write"}))
        assert (await client.delete(f"/users/{end.id}")).status_code == 200


async def test_the_minute_has_a_limit_and_says_when(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    zendesk.clock.call_takes = timedelta(0)
    assert zendesk.minute.limit == 700
    zendesk.minute.limit = 2
    first = await zen.get("/users")
    assert (first.headers["x-rate-limit"], first.headers["x-rate-limit-remaining"]) == ("2", "1")
    zendesk.clock.advance(timedelta(seconds=20))
    await zen.get("/users")
    refused = await zen.get("/users")
    assert (refused.status_code, refused.headers["retry-after"], refused.text) == (429, "40", PLAIN_429)
    assert refused.headers["content-type"].startswith("text/html")
    zendesk.clock.advance(timedelta(seconds=40))
    assert (await zen.get("/users")).status_code == 200


async def test_a_429_on_order(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    zendesk.faults.order(zendesk.rate_limited(93), path="*/users")
    refused = await zen.get("/users")
    assert (refused.status_code, refused.headers["retry-after"], refused.text) == (429, "93", PLAIN_429)


async def test_cursor_pages(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ids = [zendesk.admin.id] + [
        zendesk.add_user(User(f"U{number}", (f"u{number}@example.org",))).id for number in range(4)
    ]
    first = (await zen.get("/users", params={"page[size]": 2})).json()
    assert ([one["id"] for one in first["users"]], first["meta"]["has_more"]) == (ids[:2], True)
    second = (await zen.get(first["links"]["next"])).json()
    third = (await zen.get("/users", params={"page[size]": 2, "page[after]": second["meta"]["after_cursor"]})).json()
    assert [one["id"] for one in second["users"] + third["users"]] == ids[2:]
    assert (third["meta"]["has_more"], third["links"]["next"]) == (False, None)
    back = (await zen.get("/users", params={"page[size]": 2, "page[before]": third["meta"]["before_cursor"]})).json()
    assert [one["id"] for one in back["users"]] == ids[2:4]
    bad(await zen.get("/users", params={"page[size]": 101}), "page[size]")
    bad(await zen.get("/users", params={"page[size]": "all"}), "page[size]")
    bad(await zen.get("/users", params={"page[size]": 2, "page[after]": "???"}), "page")
    bad(await zen.get("/users", params={"page[after]": "a", "page[before]": "b"}), "page")


async def test_offset_pages(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    for number in range(120):
        zendesk.add_user(User(f"U{number}", (f"u{number}@example.org",)))
    first = (await zen.get("/users.json")).json()
    assert (len(first["users"]), first["count"], first["previous_page"]) == (100, 121, None)
    second = (await zen.get(first["next_page"])).json()
    assert (len(second["users"]), second["next_page"]) == (21, None)
    large = (await zen.get("/users", params={"per_page": 500})).json()
    assert len(large["users"]) == 100
    bad(await zen.get("/users", params={"page": 101}), "page")
    bad(await zen.get("/users", params={"page": "next"}), "page")


async def test_unknown_routes_and_bodies(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    said(await zen.get("/dragons"), 404, "InvalidEndpoint")
    said(await zen.get("/users/999999"), 404, "RecordNotFound")
    said(await zen.get("/users/abc"), 404, "RecordNotFound")
    path = f"/users/{zendesk.add_user(User('Ann')).id}"
    broken = await zen.put(path, content=b"{")
    assert (broken.status_code, broken.json()["message"]) == (422, "Server could not parse JSON")
    bad(await zen.put(path, json={"name": "not wrapped"}), "user")


async def test_ratings_and_suspended_tickets(zendesk: Zendesk, zen: httpx2.AsyncClient) -> None:
    ann = zendesk.add_user(User("Ann Lee", ("ann@example.org",)))
    ticket = zendesk.add_ticket(Ticket(ann.id, "Hello", [Comment(ann.id, "hello")]))
    good = zendesk.add_rating(Rating(ticket.id, ann.id, "good", "Ann says thanks"))
    zendesk.add_rating(Rating(ticket.id, ann.id, "bad"))
    rated = (await zen.get("/satisfaction_ratings", params={"score": "good_with_comment"})).json()
    assert [one["comment"] for one in rated["satisfaction_ratings"]] == ["Ann says thanks"]
    one = (await zen.get(f"/satisfaction_ratings/{good.id}")).json()["satisfaction_rating"]
    assert [each["requester_id"] for each in one] == [ann.id]
    assert (await zen.delete(f"/satisfaction_ratings/{good.id}")).status_code == 404
    assert (await zen.get(f"/tickets/{ticket.id}")).json()["ticket"]["satisfaction_rating"]["score"] == "good"
    spam = [zendesk.add_suspended(Suspended("Ann", "ann@example.org", "Hi", "buy")) for _ in range(3)]
    listed = (await zen.get("/suspended_tickets", params={"page[size]": 100})).json()["suspended_tickets"]
    assert [each["author"]["email"] for each in listed] == ["ann@example.org"] * 3
    assert (await zen.delete(f"/suspended_tickets/{spam[0].id}")).status_code == 204
    said(await zen.get(f"/suspended_tickets/{spam[0].id}"), 404, "RecordNotFound")
    said(await zen.delete(f"/suspended_tickets/{spam[0].id}"), 404, "RecordNotFound")
    many = ",".join(str(each.id) for each in spam[1:])
    assert (await zen.delete(f"/suspended_tickets/destroy_many?ids={many}")).status_code == 204
    assert (await zen.get("/suspended_tickets")).json()["count"] == 0


@pytest.mark.parametrize("ids", ["", "x", ",".join(map(str, range(101)))])
async def test_lists_of_ids_have_bounds(zen: httpx2.AsyncClient, ids: str) -> None:
    bad(await zen.get(f"/users/show_many?ids={ids}"), "ids")
    bad(await zen.delete(f"/tickets/destroy_many?ids={ids}"), "ids")
    bad(await zen.delete(f"/deleted_tickets/destroy_many?ids={ids}"), "ids")
