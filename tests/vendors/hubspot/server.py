"""A HubSpot account as a server."""

from datetime import timedelta

from starlette.responses import Response

from tests.vendors.hubspot import seed
from tests.vendors.hubspot.account import routes as account
from tests.vendors.hubspot.associations import routes as associations
from tests.vendors.hubspot.batch import routes as batch
from tests.vendors.hubspot.crm import Crm, Record
from tests.vendors.hubspot.errors import missing_scopes, refusal, too_many
from tests.vendors.hubspot.gdpr import routes as gdpr
from tests.vendors.hubspot.merge import routes as merge
from tests.vendors.hubspot.objects import routes as objects
from tests.vendors.hubspot.owners import routes as owners
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.preferences import Preferences
from tests.vendors.hubspot.preferences_v3 import routes as preferences_v3
from tests.vendors.hubspot.preferences_v4 import routes as preferences_v4
from tests.vendors.hubspot.properties import routes as properties
from tests.vendors.hubspot.schemas import routes as schemas
from tests.vendors.hubspot.search import routes as search
from tests.vendors.hubspot.tokens import Tokens
from tests.vendors.hubspot.users import routes as users
from tests.vendors.shared.calls import Call
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.faults import Answer
from tests.vendors.shared.routing import Route, Table
from tests.vendors.shared.vendor import Vendor
from tests.vendors.shared.window import Window

TOKEN = "pat-eu1-11111111-2222-3333-4444-555555555555"
TABLE: Table[Portal] = Table(
    account,
    associations,
    batch,
    gdpr,
    merge,
    objects,
    owners,
    preferences_v3,
    preferences_v4,
    properties,
    schemas,
    search,
    users,
)


class HubSpot(Portal, Vendor[Portal]):
    """The account: ``add`` and ``link`` fill it, ``tokens`` says who may call, ``faults`` what goes wrong.

    Limits: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines (190 calls in ten seconds
    for a private app of a Professional account, 625,000 a day) and, for searches, five a second for the whole account.
    The change that raised them says 650,000 (https://developers.hubspot.com/changelog/increasing-our-api-limits): of
    two pages of HubSpot's the guidelines are the reference, and the lower figure refuses first.
    """

    def __init__(self, clock: Clock | None = None, *, index_lag: timedelta = timedelta(seconds=5)) -> None:
        clock = clock or Clock()
        Vendor.__init__(self, clock, TABLE)
        self.portal_id = 4242
        self.crm = Crm(clock, index_lag)
        self.tokens = Tokens(clock)
        self.token = self.tokens.issue(TOKEN)
        self.preferences = Preferences(clock)
        self.staff: dict[int, seed.Owner] = {}
        self.custom_objects: dict[str, tuple[str, ...]] = {}
        self.burst = Window(clock, 190, timedelta(seconds=10))
        self.daily = Window(clock, 625_000, timedelta(days=1))
        self.searches = Window(clock, 5, timedelta(seconds=1))

    def me(self) -> Portal:
        """This account."""
        return self

    def add(self, planted: seed.Contact | seed.Thing, *linked_to: Record) -> Record:
        """Put an object into the CRM, associated with others."""
        record = seed.plant(self.crm, planted)
        for other in linked_to:
            self.crm.link(record, other)
        return record

    def employ(self, owner: seed.Owner) -> None:
        """Give the account a user."""
        self.staff[owner.user_id] = owner

    def revoke(self) -> None:
        """From now on the token is worth nothing."""
        self.token.revoked = True

    def withdraw(self, *scopes: str) -> None:
        """Take scopes from the token."""
        self.token.scopes = self.token.scopes - set(scopes)

    @staticmethod
    def rate_limited(retry_after: int | None = None) -> Answer:
        """A fault: 429 ``TEN_SECONDLY_ROLLING``, with a Retry-After or, as documented, without."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        made = too_many("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.", headers).response
        return Answer(429, bytes(made.body), headers=headers)

    def permit(self, call: Call, any_of: tuple[str, ...]) -> None:
        """Raise the 403 unless the caller's token has one of the scopes."""
        if any_of and not self.tokens.of(call).scopes.intersection(any_of):
            raise missing_scopes(any_of)

    def admit(self, call: Call, route: Route[Portal]) -> None:
        """Token, then limits, then the scopes of the route."""
        self.tokens.of(call)
        if _is_search(call):
            if not self.searches.take():
                raise too_many("SECONDLY", "You have reached your secondly limit.")
        elif not self.burst.take():
            raise too_many("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.")
        if not self.daily.take():
            raise too_many("DAILY", "You have reached your daily limit.")
        self.permit(call, route.needs)

    def unknown(self, call: Call) -> Response:
        """404, or 405 where the path has other methods; neither body is documented."""
        if self.table.methods(call.path):
            return refusal(405, "METHOD_NOT_ALLOWED", "HTTP 405 Method Not Allowed").response
        return refusal(404, "OBJECT_NOT_FOUND", "Unable to find the requested resource").response

    def stamp(self, call: Call, response: Response) -> None:
        """The limits' headers, which answers of the search endpoints lack (usage guidelines, as above)."""
        if _is_search(call) or response.status_code == 401:
            return
        response.headers["X-HubSpot-RateLimit-Daily"] = str(self.daily.limit)
        response.headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(self.daily.remaining())
        response.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "10000"
        response.headers["X-HubSpot-RateLimit-Max"] = str(self.burst.limit)
        response.headers["X-HubSpot-RateLimit-Remaining"] = str(self.burst.remaining())


def _is_search(call: Call) -> bool:
    return call.path.startswith("/crm/v3/objects/") and call.path.endswith("/search")
