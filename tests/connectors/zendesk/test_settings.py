"""What Zendesk cannot do is refused at the start, and a missing permission is said by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from activities.connectors import describe_connector, load_connector
from activities.connectors.zendesk import ZendeskConnector
from activities.connectors.zendesk.markup import is_blank, marked
from habeas.connector import Capability
from habeas.errors import ConfigurationError
from tests.connectors.zendesk.people import Desk, settings
from tests.connectors.zendesk.world import ZendeskWorld
from tests.vendors.shared.faults import Answer
from tests.vendors.zendesk import OauthToken, User

LAW = {"law": "Complaints Act", "years": 5}
URL = "https://desk.zendesk.com"


def _treated(name: str, **how: Any) -> dict[str, Any]:
    written = settings(URL, URL)
    return {**written, "collections": {**written["collections"], name: {"category": name, **how}}}


def test_it_comes_through_the_same_door_as_anyone_s() -> None:
    made = load_connector("support", {"connector": "zendesk", **settings(URL, URL)})
    assert made.manifest.title == "Zendesk"
    bare = {key: value for key, value in settings(URL, URL).items() if key not in ("email", "token")}
    assert describe_connector("support", {"connector": "zendesk", **bare}).manifest == made.manifest


def test_what_is_not_set_is_not_declared() -> None:
    made = ZendeskConnector.from_settings("support", settings(URL, URL, restrict=None, purposes={}))
    assert not made.manifest.capabilities & {Capability.RESTRICT, Capability.OBJECT}


@pytest.mark.parametrize(
    ("name", "how", "named"),
    [
        ("copied_tickets", {"treatment": "delete"}, "copied_tickets: Zendesk cannot delete it"),
        ("ratings", {"treatment": "delete"}, "ratings: Zendesk cannot delete it"),
        ("ratings", {"treatment": "retain", "retention": LAW, "after": "delete"}, "ratings: Zendesk cannot delete"),
        ("suspended_tickets", {"treatment": "anonymise"}, "suspended_tickets: Zendesk cannot anonymise it"),
        ("tickets", {"treatment": "anonymise"}, "comments: Zendesk deletes a comment only with its ticket"),
        ("tickets", {"treatment": "retain"}, "comments: Zendesk deletes a comment only with its ticket"),
        ("users", {"treatment": "retain"}, "users: what is retained needs a retention"),
        ("calls", {"treatment": "delete"}, "calls: Zendesk has no such collection here"),
    ],
)
def test_what_zendesk_cannot_do_is_refused(name: str, how: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        ZendeskConnector.from_settings("support", _treated(name, **how))


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"token": None}, "token: give email and token"),
        ({"email": None}, "token: give email and token"),
        ({"oauth_token": "x"}, "token: give email and token"),
        ({"restrict": {}}, "either a tag or a user_field"),
        ({"url": "http://desk.zendesk.com"}, "must be https"),
    ],
)
def test_settings_that_do_not_fit(more: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        ZendeskConnector.from_settings("support", {**settings(URL, URL), **more})


def test_every_kind_of_object_is_decided() -> None:
    written = settings(URL, URL)
    del written["collections"]["ratings"]
    with pytest.raises(ConfigurationError, match=r"collections\.ratings is missing"):
        ZendeskConnector.from_settings("support", written)


async def test_whoever_is_answered_anonymously_is_not_let_in(world: ZendeskWorld, desk: Desk) -> None:
    nobody = json.dumps({"user": {"id": None, "name": "Anonymous user", "role": "end-user"}}).encode()
    desk.zendesk.faults.order(Answer(200, nobody), method="GET", path="/api/v2/users/me")
    health = await world.connector.ping()
    assert not health.ok
    assert "does not accept the credentials" in health.detail


async def test_an_agent_is_not_enough(world: ZendeskWorld, desk: Desk) -> None:
    agent = desk.zendesk.add_user(User("Gus", ("gus@desk.example",), "agent"))
    made = world.made(email=agent.emails[0])
    health = await made.ping()
    await made.aclose()
    assert not health.ok
    assert "role agent; needed is an administrator" in health.detail


@pytest.mark.parametrize(
    ("scopes", "named"),
    [
        ({"read", "write"}, []),
        ({"read"}, ["users:write", "tickets:write"]),
        ({"read", "users:write"}, ["tickets:write"]),
        ({"users:read", "tickets:read", "write"}, ["satisfaction_ratings:read"]),
        ({"users:read", "satisfaction_ratings:read", "write"}, ["tickets:read"]),
        ({"tickets:read", "write"}, ["users:read"]),
    ],
)
async def test_a_missing_scope_is_named(world: ZendeskWorld, desk: Desk, scopes: set[str], named: list[str]) -> None:
    desk.zendesk.oauth["secret"] = OauthToken(desk.zendesk.admin, frozenset(scopes))
    made = world.made(email=None, token=None, oauth_token="secret")
    before = await world.theirs(), await world.others()
    health = await made.ping()
    await made.aclose()
    assert health.ok is not bool(named)
    all_scopes = {
        f"{kind}:{right}" for kind in ("users", "tickets", "satisfaction_ratings") for right in ("read", "write")
    }
    assert {one for one in all_scopes if one in health.detail} == set(named)
    assert (await world.theirs(), await world.others()) == before


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<div>Ann &amp; Bob</div>", "<div><redact>Ann &amp; Bob</redact></div>"),
        ("<p>▇▇ ▇&nbsp;</p>", "<p>▇▇ ▇&nbsp;</p>"),
        ('<a href="mailto:a@b.c">x</a>', '<a href="mailto:a@b.c" redact><redact>x</redact></a>'),
        ('<img src="x"/>\n', '<img src="x" redact/>\n'),
        ("1 < 2", "<redact>1 < 2</redact>"),
        ("", ""),
    ],
)
def test_all_that_tells_something_is_marked(html: str, wanted: str) -> None:
    assert marked(html) == wanted
    assert is_blank(html) is (html == wanted)
