"""What Salesforce cannot do is refused at the start; a missing permission, field or decision is said by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from activities.connectors import describe_connector, load_connector
from activities.connectors.api import ApiClient
from activities.connectors.salesforce import SalesforceConnector
from activities.connectors.salesforce.session import Session
from activities.connectors.salesforce.settings import read
from habeas.connector import Capability
from habeas.errors import ConfigurationError, Terminal
from habeas.testing.steps import roots
from tests.connectors.salesforce.people import LAW, collections, settings
from tests.connectors.salesforce.world import SalesforceWorld
from tests.vendors.salesforce import Salesforce

URL = "https://org.my.salesforce.com"


def _settings(**more: Any) -> dict[str, Any]:
    return {**settings(URL, Salesforce()), **more}


def test_it_comes_through_the_same_door_as_anyone_s() -> None:
    made = load_connector("crm", {"connector": "salesforce", **_settings()})
    assert made.manifest.title == "Salesforce"
    bare = {key: value for key, value in _settings().items() if not key.startswith("client")}
    assert describe_connector("crm", {"connector": "salesforce", **bare}).manifest == made.manifest


def test_what_is_not_set_is_not_declared() -> None:
    made = SalesforceConnector.from_settings("crm", _settings(restriction=[], purposes={}, rectifiable={}))
    assert not made.manifest.capabilities & {Capability.RESTRICT, Capability.OBJECT, Capability.RECTIFY}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"collections": collections(EmailMessage={"treatment": "anonymise"})}, "EmailMessage: Salesforce cannot ano"),
        ({"collections": collections(Case={"treatment": "retain"})}, "Case: what is retained needs a retention"),
        ({"collections": {}}, r"collections\.Contact is missing"),
        ({"bin": None}, "bin is missing"),
        ({"collections": collections(Contact={"treatment": "anonymise"}), "history": None}, "history is missing"),
        (
            {"collections": collections(Task={"treatment": "retain", "retention": LAW}), "history": None},
            "old values of Contact, Lead, Account, Case",
        ),
        ({"client_secret": None}, "client_secret: give client_secret alone"),
        ({"username": "x"}, "client_secret: give client_secret alone"),
        ({"url": "http://org.my.salesforce.com"}, "must be https"),
        ({"identifiers": {"customer": ["Case.Number__c"]}}, r"identifiers\.customer: Case\.Number__c is no field of"),
        ({"identifiers": {"customer": ["Contact.Id FROM User"]}}, r"identifiers\.customer"),
        ({"restriction": ["Case.Restricted__c"]}, r"restriction: Case\.Restricted__c is no field of"),
        ({"collections": collections(**{"x' OR": {"treatment": "delete"}})}, "collections"),
        ({"ignored": ["Contact"]}, "Contact is where people are"),
        ({"ignored": ["Task"]}, "Task is decided in collections too"),
        ({"version": "67"}, "version"),
    ],
)
def test_what_salesforce_cannot_do_is_refused(more: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        SalesforceConnector.from_settings("crm", _settings(**more))


@pytest.mark.parametrize(
    ("taken", "named"),
    [
        ({"no_read": "Case"}, "may not see Case"),
        ({"no_read": "Loyalty_Card__c"}, "may not see Loyalty_Card__c"),
        ({"no_read": "ContentVersion"}, "may not see ContentVersion"),
        ({"no_delete": "Task"}, "may not delete Task"),
        ({"no_edit": "Contact"}, "may not edit Contact"),
        ({"no_edit": "Case"}, "may not edit Case"),
        ({"no_edit": "Individual"}, "may not edit Individual"),
        ({"permissions": "ViewAllData"}, "View All Data"),
        ({"permissions": "QueryAllFiles"}, 'lacks the permission "Query All Files"'),
        ({"permissions": "ApiEnabled"}, "API_DISABLED_FOR_ORG"),
    ],
)
async def test_a_missing_permission_is_named(world: SalesforceWorld, taken: dict[str, str], named: str) -> None:
    before = await world.theirs(), await world.others()
    for kind, name in taken.items():
        rights: set[str] = getattr(world.org.rights, kind)
        rights.discard(name) if kind == "permissions" else rights.add(name)
    health = await world.connector.ping()
    assert not health.ok
    assert named in health.detail
    assert (await world.theirs(), await world.others()) == before


async def test_what_cannot_be_told_is_said_and_stops_nothing(world: SalesforceWorld) -> None:
    world.org.rights.permissions.discard("ViewSetup")
    world.org.rights.hidden_fields.add(("Loyalty_Card__c", "Motto__c"))
    health = await world.connector.ping()
    assert health.ok
    assert 'lacks "View Setup and Configuration"' in health.detail


async def test_without_a_right_over_what_others_own_it_says_what_could_not_be_done(world: SalesforceWorld) -> None:
    world.org.rights.permissions.discard("ModifyAllData")
    health = await world.connector.ping()
    assert not health.ok
    assert 'lacks the permission "Modify All Data": what others own of Account, CampaignMember,' in health.detail
    assert "files that others own (ContentDocument) could not be deleted" in health.detail
    kept = collections(ContentDocument={"treatment": "retain", "retention": LAW, "after": "delete"})
    each = world.made(modify_all_records=True, collections=kept)
    assert "files that others own" in (await each.ping()).detail, "they go once their term is over"
    emptying = world.made(modify_all_records=True, bin="empty")
    assert "what others deleted would stay in the bin" in (await emptying.ping()).detail
    alone = world.made(modify_all_records=True, collections=_without_files(), ignored=["ContentDocument"])
    assert (await alone.ping()).ok
    for one in (each, emptying, alone):
        await one.aclose()


def _without_files() -> dict[str, dict[str, Any]]:
    made = collections()
    del made["ContentDocument"]
    return made


@pytest.mark.parametrize(
    "name",
    [
        *("Contact.MobilePhone", "Lead.Email", "Account.PersonEmail", "Case.SuppliedEmail"),
        *("Loyalty_Card__c.Motto__c", "Referral__c.Remark__c", "Contact.Customer_Number__c"),
    ],
)
async def test_a_field_that_is_hidden_is_named(world: SalesforceWorld, name: str) -> None:
    sobject, _, field = name.partition(".")
    world.org.rights.hidden_fields.add((sobject, field))
    health = await world.connector.ping()
    assert not health.ok
    assert f"{name} is hidden from the user by field-level security" in health.detail


@pytest.mark.parametrize(
    ("hidden", "locked", "named"),
    [
        ("Contact.HasOptedOutOfEmail", None, "`purposes.newsletter`: the user sees no field"),
        (None, "Contact.HasOptedOutOfEmail", "is no checkbox that the user may set"),
        (None, "Contact.MailingCity", "may not edit Contact.MailingCity"),
    ],
)
async def test_a_field_of_the_settings_that_does_not_fit_is_named(
    world: SalesforceWorld, hidden: str | None, locked: str | None, named: str
) -> None:
    for path, rights in ((hidden, world.org.rights.hidden_fields), (locked, world.org.rights.read_only_fields)):
        if path:
            sobject, _, field = path.partition(".")
            rights.add((sobject, field))
    health = await world.connector.ping()
    assert (health.ok, health.fits) == (False, False)
    assert named in health.detail


async def test_an_object_that_nobody_decided_is_named(world: SalesforceWorld) -> None:
    some = {name: how for name, how in collections().items() if name not in ("Referral__c", "ContactPointEmail")}
    made = world.made(collections=some)
    health = await made.ping()
    await made.aclose()
    assert (health.ok, health.fits) == (False, False)
    assert "Referral__c (Referred__c, Referrer__c) points at Contact" in health.detail
    assert "ContactPointEmail (ParentId) points at Individual" in health.detail


async def test_whether_history_may_be_deleted_is_said(emptying: SalesforceWorld) -> None:
    assert (await emptying.connector.ping()).ok
    emptying.org.rights.permissions.discard("DeleteFromFieldHistory")
    health = await emptying.connector.ping()
    assert not health.ok
    assert '"Delete From Field History": ContactHistory would stay' in health.detail


async def test_a_session_that_is_over_is_opened_again(world: SalesforceWorld) -> None:
    found = await roots(world)
    world.org.clock.advance(timedelta(hours=3))
    assert await roots(world) == found
    assert len(world.org.made("POST", "oauth2/token")) == 2


async def test_a_revoked_app_is_refused_for_good(world: SalesforceWorld) -> None:
    world.org.revoke()
    with pytest.raises(Terminal, match="invalid_client_id"):
        await roots(world)
    assert "Look at client_id" in (await world.connector.ping()).detail


@pytest.mark.parametrize("fits", [True, False])
async def test_the_jwt_bearer_flow(org: Salesforce, fits: bool) -> None:
    """Signed with the key whose certificate the app has; another one's key is refused."""
    key, other = (generate_private_key(65_537, 2048) for _ in range(2))
    org.sessions.app.certificate = (key if fits else other).public_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    by_key = {"client_secret": None, "username": org.sessions.app.username, "private_key": pem}
    made = read("crm", settings(org.base_url, org, **by_key))
    async with ApiClient("crm", made.url, made) as api:
        session = Session("crm", api, made, now=lambda: org.clock.now().timestamp())
        if fits:
            assert (await session.call("GET", "services/data/v67.0")).status == 200
        else:
            with pytest.raises(Terminal, match="invalid_grant"):
                await session.token()


async def test_a_key_that_is_none_is_said(org: Salesforce) -> None:
    made = read("crm", settings(org.base_url, org, client_secret=None, username="x", private_key="none"))
    async with ApiClient("crm", made.url, made) as api:
        with pytest.raises(Terminal, match="private_key is no RSA key"):
            await Session("crm", api, made).token()
