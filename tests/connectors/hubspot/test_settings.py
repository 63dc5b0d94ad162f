"""What HubSpot cannot do is refused at the start; what the token or the account lacks is said by name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from activities.connectors import describe_connector, load_connector
from activities.connectors.hubspot import HubSpotConnector
from habeas.connector import Capability
from habeas.errors import ConfigurationError
from tests.connectors.hubspot.people import LAW, anonymised, collections, settings
from tests.connectors.hubspot.world import HubSpotWorld
from tests.vendors.hubspot.tokens import ALL_SCOPES

NOWHERE = "https://api.hubapi.com"
DECLARED = {Capability.RECTIFY, Capability.RESTRICT, Capability.OBJECT}
UNUSED = {"account-info.security.read", "communication_preferences.read_write", "communication_preferences.write"} | {
    *("crm.schemas.contacts.read", "oauth", "settings.users.read", "settings.users.write")
}
"""Scopes that the connector must not ask for."""


def test_it_comes_through_the_same_door_as_anyone_s() -> None:
    made = load_connector("crm", {"connector": "hubspot", **settings(NOWHERE)})
    assert made.manifest.title == "HubSpot"
    assert made.manifest.capabilities >= DECLARED
    without = {name: value for name, value in settings(NOWHERE).items() if name != "token"}
    assert describe_connector("crm", {"connector": "hubspot", **without}).manifest == made.manifest


def test_it_declares_only_what_the_settings_make_possible() -> None:
    bare: dict[str, Any] = {"restriction": None, "purposes": {}, "rectifiable": ()}
    made = HubSpotConnector.from_settings("crm", settings(NOWHERE, **bare))
    assert not made.manifest.capabilities & DECLARED


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"collections": collections(contacts={"treatment": "anonymise"})}, "contacts: HubSpot keeps the old values"),
        ({"collections": collections(shared={"treatment": "delete"})}, "shared: what others share in"),
        ({"collections": collections(deals={"treatment": "retain"})}, "deals: what is retained needs a retention"),
        ({"collections": {}}, r"contacts is missing.*shared is missing"),
        ({"collections": collections(quotes={"treatment": "delete"})}, "quotes: HubSpot has no such collection"),
        ({"bin": None}, "bin is missing: companies, deals"),
        ({"collections": anonymised()}, "history is missing: .*notes"),
        ({"collections": anonymised(), "history": "accept", "contact_stays": True}, "contact_stays: companies"),
        ({"identifiers": {"email": "email"}}, "identifiers.email"),
        ({"token": None}, "systems.crm.token"),
        ({"token": "pat-ø"}, "systems.crm.token.*ASCII"),
        ({"token": "pat-1\nHost: x"}, "systems.crm.token.*ASCII"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as raised:
        HubSpotConnector.from_settings("crm", settings(NOWHERE, **changed))
    assert "pat-" not in str(raised.value)


def test_only_a_safe_address_is_called() -> None:
    with pytest.raises(ConfigurationError, match="must be https"):
        HubSpotConnector.from_settings("crm", settings("http://api.hubapi.com"))


def test_what_is_kept_and_then_deleted_needs_a_word_on_the_bin() -> None:
    kept = {name: {"treatment": "retain", "retention": LAW} for name in collections() if name != "contacts"}
    with pytest.raises(ConfigurationError, match="bin is missing"):
        HubSpotConnector.from_settings("crm", settings(NOWHERE, bin=None, collections=collections(**kept)))


@pytest.mark.parametrize(
    "scope",
    sorted(ALL_SCOPES - UNUSED - {"communication_preferences.read", "communication_preferences.write"}),
)
async def test_each_missing_scope_is_named(world: HubSpotWorld, scope: str) -> None:
    world.account.withdraw(scope)
    health = await world.connector.ping()
    assert (health.ok, health.detail) == (False, f"The token lacks the scope {scope}.")


@pytest.mark.parametrize("scope", ["communication_preferences.read", "communication_preferences.write"])
async def test_one_scope_may_do_for_two(world: HubSpotWorld, scope: str) -> None:
    """Without Marketing Hub Enterprise, too."""
    world.connector = world.made(addresses_in_urls="accept")
    world.account.withdraw(scope, *(f"communication_preferences.statuses.batch.{one}" for one in ("read", "write")))
    assert (await world.connector.ping()).ok
    world.account.withdraw("communication_preferences.read_write")
    assert f"{scope} or communication_preferences.read_write" in (await world.connector.ping()).detail


async def test_no_more_is_asked_for_than_is_needed_and_nothing_is_changed(world: HubSpotWorld) -> None:
    before = await world.theirs(), await world.others()
    world.account.withdraw(*UNUSED)
    health = await world.connector.ping()
    assert (health.ok, health.detail) == (True, "")
    assert (await world.theirs(), await world.others()) == before


async def test_a_token_that_only_reads_is_enough_where_all_is_kept(world: HubSpotWorld) -> None:
    world.account.withdraw(*(scope for scope in ALL_SCOPES if "write" in scope))
    kept = {name: {"treatment": "retain", "retention": LAW, "after": "delete"} for name in collections()}
    kept["shared"] |= {"after": "anonymise"}
    world.connector = world.made(collections=collections(**kept))
    assert "contacts.write" in (await world.connector.ping()).detail  # for the day when the retention is over
    await world.connector.aclose()


async def test_of_another_token_the_calls_tell(world: HubSpotWorld) -> None:
    clock = world.account.clock
    scopes = ALL_SCOPES - {"sales-email-read"}
    world.account.tokens.issue("oauth-1", scopes, clock.now().replace(year=2030))
    world.account.tokens.issue("oauth-2", ALL_SCOPES, clock.now().replace(year=2030))
    reads = frozenset(one for one in ALL_SCOPES if "write" not in one)
    world.account.tokens.issue("oauth-3", reads | {"tickets"}, clock.now().replace(year=2030))
    before = await world.theirs(), await world.others()
    for token, ok, told in (
        ("oauth-1", False, "lacks the scope sales-email-read"),
        ("oauth-2", True, "An OAuth token ends after 30 minutes"),
        ("oauth-3", False, "lacks the scope crm.objects.contacts.write"),
        ("oauth-3", False, "lacks the scope crm.objects.deals.write"),
    ):
        connector = world.made(token=token)
        health = await connector.ping()
        assert health.ok is ok
        assert told in health.detail
        await connector.aclose()
    assert (await world.theirs(), await world.others()) == before


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"restriction": "city"}, "single checkbox city"),
        ({"restriction": "no_such"}, "single checkbox no_such"),
        ({"rectifiable": ("num_notes",)}, "num_notes of contacts cannot be corrected"),
        ({"identifiers": {"loyalty": "loyalty_number"}}, "no property loyalty_number"),
        ({"purposes": {"newsletter": 77}}, "no kind of newsletter with the id 77"),
    ],
)
async def test_what_the_account_lacks_does_not_fit(world: HubSpotWorld, changed: dict[str, Any], named: str) -> None:
    connector = world.made(**changed)
    health = await connector.ping()
    assert (health.ok, health.fits) == (False, False)
    assert named in health.detail
    await connector.aclose()


async def test_a_token_that_is_none_says_where_to_get_one(world: HubSpotWorld) -> None:
    world.account.revoke()
    assert "Private Apps" in (await world.connector.ping()).detail


def test_the_page_s_example_is_accepted() -> None:
    page = (Path(__file__).parents[3] / "docs/connectors/hubspot.md").read_text()
    written = tomllib.loads(page.split("```toml\n")[1].split("```")[0])["systems"]["crm"]
    assert load_connector("crm", written).manifest.purposes == ("newsletter", "marketing")
