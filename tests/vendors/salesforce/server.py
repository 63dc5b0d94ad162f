"""A Salesforce org as a server."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from tests.vendors.salesforce import bulk, privacy
from tests.vendors.salesforce.collections import routes as collections
from tests.vendors.salesforce.composite import routes as composite
from tests.vendors.salesforce.errors import invalid_session, limit_exceeded, not_found, refusal
from tests.vendors.salesforce.jobs import Jobs
from tests.vendors.salesforce.limits import routes as limits
from tests.vendors.salesforce.metadata import VERSIONS
from tests.vendors.salesforce.metadata import routes as metadata
from tests.vendors.salesforce.oauth import Sessions, token
from tests.vendors.salesforce.objects import OBJECTS
from tests.vendors.salesforce.org import Org, Rights
from tests.vendors.salesforce.policies import Policy, Privacy
from tests.vendors.salesforce.query import routes as query
from tests.vendors.salesforce.records import routes as records
from tests.vendors.salesforce.relations import PERSON_FIELDS
from tests.vendors.salesforce.soap import routes as soap
from tests.vendors.salesforce.store import Row, Store
from tests.vendors.shared.calls import Call, Refusal
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.faults import Answer
from tests.vendors.shared.routing import Route, Routes, Table
from tests.vendors.shared.vendor import Vendor
from tests.vendors.shared.window import Window

_token: Routes[Org] = Routes()


@_token.on("POST", "/services/oauth2/token", public=True)
def _open_session(org: Org, call: Call) -> Response:
    """https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm; see ``oauth``."""
    if not isinstance(org, Salesforce):
        raise TypeError("only a served org opens sessions")
    return token(org.sessions, org, call)


TABLE: Table[Org] = Table(
    bulk.routes, collections, composite, limits, metadata, privacy.routes, query, records, soap, _token
)


class Salesforce(Org, Vendor[Org]):
    """The org: ``add`` fills it, ``sessions`` and ``rights`` say who may do what, ``faults`` what goes wrong.

    Limits: 15,000 calls in 24 hours
    (https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm).
    """

    def __init__(self, clock: Clock | None = None) -> None:
        clock = clock or Clock()
        Vendor.__init__(self, clock, TABLE)
        self.store = Store(clock)
        self.rights = Rights()
        self.sessions = Sessions(clock)
        self.daily = Window(clock, 15_000, timedelta(hours=24))
        self.duplicate_rules = {"Contact", "Lead"}
        self.cursors = {}
        self.smallest_batch = None
        self.jobs = Jobs(clock)
        self.privacy = Privacy(clock)
        self.user_id = "005"
        self.user_id = self.add("User", LastName="Integration", Username=self.sessions.app.username, IsActive=True).id
        self._permissions = self.add("UserPermissionAccess")
        for kind in OBJECTS.values():
            for one in kind.fields:
                if one.name.endswith("__c"):  # an administrator reads all that was made here
                    place = f"{kind.name}.{one.name}"
                    self.add("FieldPermissions", SobjectType=kind.name, Field=place, PermissionsRead=True)

    def me(self) -> Org:
        """This org."""
        return self

    def add(self, sobject: str, **values: Any) -> Row:
        """Put a record into the org, past duplicate rules and rights; ValueError for a field that there is not."""
        row = self.store.insert(sobject, values, self.user_id)
        undefined = row.values.keys() - {each.name for each in row.object.fields}
        if undefined:
            raise ValueError(f"{sobject} has no field {sorted(undefined)}")
        return row

    def add_person_account(self, **values: Any) -> Row:
        """A person account, and the contact that is behind it."""
        account = self.add("Account", IsPersonAccount=True, **values)
        mirrored = {PERSON_FIELDS[name]: value for name, value in values.items() if name in PERSON_FIELDS}
        contact = self.add("Contact", IsPersonAccount=True, AccountId=account.id, **mirrored)
        account.values["PersonContactId"] = contact.id
        return account

    def add_file(self, title: str, content: bytes, *linked_to: Row) -> Row:
        """A file, of one version, linked to records; the ContentDocument."""
        document = self.add("ContentDocument", Title=title, FileType="PDF")
        version = self.add(
            "ContentVersion", ContentDocumentId=document.id, Title=title, ContentSize=len(content), IsLatest=True
        )
        document.values["LatestPublishedVersionId"] = version.id
        self.store.files[version.id] = content
        for row in linked_to:
            self.add("ContentDocumentLink", ContentDocumentId=document.id, LinkedEntityId=row.id, ShareType="V")
        return document

    def add_policy(self, policy: Policy) -> Row:
        """A policy of Privacy Center, and the record that stands for it."""
        row = self.add("PrivacyPolicyDefinition", DeveloperName=policy.name, MasterLabel=policy.name)
        self.privacy.policies[row.id] = policy
        return row

    def merge(self, master: Row, loser: Row) -> None:
        """Merge two records, as staff would: the loser is deleted, and says into which it went.

        https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_merge.htm
        """
        for row in self.store.rows.values():
            for each in row.object.fields:
                if each.type == "reference" and row.values[each.name] == loser.id and each.updateable:
                    row.values[each.name] = master.id
        self.store.delete(loser)
        loser.values["MasterRecordId"] = master.id

    def convert(self, lead: Row) -> Row:
        """Make a contact of a lead, as staff would; the lead stays, and can be changed no more.

        https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_convertlead.htm
        """
        taken = ("FirstName", "LastName", "Email", "Phone", "MobilePhone", "IndividualId")
        contact = self.add("Contact", **{name: lead.values[name] for name in taken})
        made = {"Status": "Closed - Converted", "IsConverted": True, "ConvertedContactId": contact.id}
        lead.values |= made
        for name in ("Task", "Event", "CampaignMember"):
            field = "WhoId" if name != "CampaignMember" else "ContactId"
            for row in self.store.pointing_at(lead.id, name, "WhoId" if name != "CampaignMember" else "LeadId"):
                row.values[field] = contact.id
        return contact

    def revoke(self) -> None:
        """From now on no session is good, and none is opened."""
        self.sessions.revoke()

    def run_privacy_queue(self) -> None:
        """Press "Run Now" in Privacy Center."""
        privacy.run_queue(self)

    @staticmethod
    def rate_limited() -> Answer:
        """A fault: 403 REQUEST_LIMIT_EXCEEDED."""
        return Answer(403, bytes(limit_exceeded().response.body))

    def enter(self, token: str | None) -> None:
        """Session, rights, limit."""
        if "api" not in self.sessions.scopes(token) and "full" not in self.sessions.scopes(token):
            raise invalid_session("This session is not valid for use with the REST API")
        if "ApiEnabled" not in self.rights.permissions:
            raise refusal(403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner")
        if not self.daily.take():
            raise limit_exceeded()

    def admit(self, call: Call, route: Route[Org]) -> None:
        """The caller's session, and the version of the path."""
        if not route.public:
            self.enter(call.bearer())
        version = call.params.get("version", "v67.0").removeprefix("v")
        if version not in VERSIONS:
            raise not_found()

    def answer(self, call: Call) -> Response:
        """Let what is due happen, then answer; a last slash of a path does not count."""
        bulk.run_due(self)
        if self.privacy.queue_is_due():
            privacy.run_queue(self)
        for name in self._permissions.values.keys() - {"Id"}:
            self._permissions.values[name] = name.removeprefix("Permissions") in self.rights.permissions
        path = call.path.rstrip("/") if call.path.startswith("/services/data/v") else call.path
        return super().answer(replace(call, path=path))

    def respond(self, call: Call) -> Response:
        """One part of a composite call."""
        found = self.table.find(call)
        if found is None:
            return self.unknown(call)
        route, call = found
        try:
            return route.handler(self.me(), call)
        except Refusal as refused:
            return refused.response

    def unknown(self, call: Call) -> Response:
        """404, or 405 where the path has other methods."""
        allowed = self.table.methods(call.path)
        if not allowed:
            return not_found().response
        message = f"HTTP Method '{call.method}' not allowed. Allowed are {','.join(allowed)}"
        return refusal(405, "METHOD_NOT_ALLOWED", message).response

    def stamp(self, call: Call, response: Response) -> None:
        """``Sforce-Limit-Info``.

        https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm.
        """
        if call.path.startswith("/services/data/v") and response.status_code != 401:
            response.headers["Sforce-Limit-Info"] = f"api-usage={self.daily.used()}/{self.daily.limit}"
