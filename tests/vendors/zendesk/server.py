"""A Zendesk Support account as a server."""

from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.responses import Response

from tests.vendors.shared.calls import Call
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.faults import Answer
from tests.vendors.shared.routing import Route, Table
from tests.vendors.shared.vendor import Vendor
from tests.vendors.shared.window import Window
from tests.vendors.zendesk.account import Account
from tests.vendors.zendesk.attachments import routes as attachments
from tests.vendors.zendesk.comments import routes as comments
from tests.vendors.zendesk.deleted_tickets import routes as deleted_tickets
from tests.vendors.zendesk.deleted_users import routes as deleted_users
from tests.vendors.zendesk.errors import (
    forbidden,
    invalid_endpoint,
    missing_scopes,
    not_found,
    record_invalid,
    too_many,
    unauthenticated,
)
from tests.vendors.zendesk.identities import routes as identities
from tests.vendors.zendesk.job_statuses import routes as job_statuses
from tests.vendors.zendesk.jobs import Jobs
from tests.vendors.zendesk.ratings import routes as ratings
from tests.vendors.zendesk.records import Rating, Suspended, Ticket, User
from tests.vendors.zendesk.search import routes as search
from tests.vendors.zendesk.store import Store
from tests.vendors.zendesk.suspended_tickets import routes as suspended_tickets
from tests.vendors.zendesk.tickets import routes as tickets
from tests.vendors.zendesk.users import merge_users
from tests.vendors.zendesk.users import routes as users

API_TOKEN = "6wiIBWbGkBMo1mRDMuVwkw1EPsNkeUj95PIz2akv"
ADMIN = "admin@desk.example"
TABLE: Table[Account] = Table(
    attachments,
    comments,
    deleted_tickets,
    deleted_users,
    identities,
    job_statuses,
    ratings,
    search,
    suspended_tickets,
    tickets,
    users,
)


@dataclass
class OauthToken:
    """A token and its scopes: ``read``, ``write``, or of one resource (``users:read``).

    https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/#scopes
    """

    user: User
    scopes: frozenset[str]


class Zendesk(Account, Vendor[Account]):
    """The account: ``add_…`` fills it, ``api_token`` and ``oauth`` say who may call, ``faults`` what goes wrong.

    Basic authentication is ``{email}/token`` with the API token
    (https://developer.zendesk.com/api-reference/introduction/security-and-auth/). Limits: 700 calls a minute, as on a
    Suite Enterprise plan (https://developer.zendesk.com/api-reference/introduction/rate-limits/).
    """

    def __init__(self, clock: Clock | None = None, *, index_lag: timedelta = timedelta(minutes=2)) -> None:
        clock = clock or Clock()
        Vendor.__init__(self, clock, TABLE)
        self.subdomain = "desk"
        self.store = Store(clock, index_lag)
        self.jobs = Jobs(clock)
        self.private_attachments = False
        self.keeps_deleted_addresses = False
        self.api_token: str | None = API_TOKEN
        self.oauth: dict[str, OauthToken] = {}
        self.minute = Window(clock, 700, timedelta(minutes=1))
        self._windows: dict[str, Window] = {}
        self.admin = self.store.add_user(User("Ada Admin", (ADMIN,), "admin", is_owner=True))

    def me(self) -> Account:
        """This account."""
        return self

    def add_user(self, user: User) -> User:
        """Put a user into the account."""
        return self.store.add_user(user)

    def add_ticket(self, ticket: Ticket) -> Ticket:
        """Put a ticket into the account."""
        return self.store.add_ticket(ticket)

    def add_rating(self, rating: Rating) -> Rating:
        """Put a satisfaction rating into the account."""
        rating.id = self.store.new_id()
        self.store.ratings[rating.id] = rating
        return rating

    def add_suspended(self, suspended: Suspended) -> Suspended:
        """Put a suspended ticket into the account."""
        return self.store.add_suspended(suspended)

    def merge(self, one: User, into: User) -> None:
        """Merge two end users, as staff would in the browser."""
        merge_users(self, one, into)

    def revoke(self) -> None:
        """From now on no credentials are good."""
        self.api_token = None
        self.oauth.clear()

    @staticmethod
    def rate_limited(retry_after: int) -> Answer:
        """A fault: 429 with a Retry-After."""
        made = too_many(timedelta(seconds=retry_after)).response
        return Answer(429, bytes(made.body), "text/html", {"Retry-After": str(retry_after)})

    @staticmethod
    def not_there() -> Answer:
        """A fault: 404, as of a file that is gone."""
        return Answer(404, bytes(not_found().response.body))

    @staticmethod
    def asked_already() -> Answer:
        """A fault: the 422 of a permanent deletion that was asked for before, while it was not."""
        return Answer(422, bytes(record_invalid("base", "Only one deletion request needed per user").response.body))

    def caller(self, call: Call) -> User:
        """Who calls, by API token or OAuth token."""
        basic, bearer = call.basic(), call.bearer()
        if bearer in self.oauth:
            return self.oauth[bearer].user
        if basic and self.api_token and basic[1] == self.api_token and basic[0].endswith("/token"):
            user = self.store.find_email(basic[0].removesuffix("/token"))
            if user and not user.suspended:
                return user
        raise unauthenticated()

    def staff(self, call: Call, *, admin: bool = False) -> User:
        """Who calls, if of the staff."""
        user = self.caller(call)
        if user.role == "end-user" or (admin and user.role != "admin"):
            raise forbidden()
        return user

    def window(self, name: str, limit: int, minutes: int) -> Window:
        """A limit of one endpoint's own; the first who asks sets it."""
        return self._windows.setdefault(name, Window(self.clock, limit, timedelta(minutes=minutes)))

    def admit(self, call: Call, route: Route[Account]) -> None:
        """Time, credentials, limits, scopes."""
        if route.public:
            return
        self.caller(call)
        if not self.minute.take():
            raise too_many(self.minute.wait())
        token = self.oauth.get(call.bearer() or "")
        right = "read" if call.method == "GET" else "write"
        if token and not token.scopes.intersection({right, *(f"{resource}:{right}" for resource in route.needs)}):
            raise missing_scopes([right])

    def answer(self, call: Call) -> Response:
        """Let what is due happen, then answer; paths may end in ``.json``."""
        self.jobs.pass_time()
        self.store.pass_time()
        return super().answer(replace(call, path=call.path.removesuffix(".json")))

    def unknown(self, call: Call) -> Response:
        """404 ``InvalidEndpoint``."""
        return invalid_endpoint().response

    def stamp(self, call: Call, response: Response) -> None:
        """The limit's headers (https://developer.zendesk.com/api-reference/introduction/rate-limits/)."""
        if call.path.startswith("/api/") and response.status_code != 401:
            response.headers["X-Rate-Limit"] = str(self.minute.limit)
            response.headers["X-Rate-Limit-Remaining"] = str(self.minute.remaining())
