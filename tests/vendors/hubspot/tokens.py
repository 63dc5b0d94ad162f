"""Access tokens: private apps' and OAuth ones.

https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
"""

from dataclasses import dataclass
from datetime import datetime

from tests.vendors.hubspot.errors import expired, unauthorized
from tests.vendors.shared.calls import Call
from tests.vendors.shared.clock import Clock

ALL_SCOPES: frozenset[str] = frozenset(
    {
        "account-info.security.read",
        "communication_preferences.read",
        "communication_preferences.read_write",
        "communication_preferences.statuses.batch.read",
        "communication_preferences.statuses.batch.write",
        "communication_preferences.write",
        "crm.objects.companies.read",
        "crm.objects.companies.write",
        "crm.objects.contacts.read",
        "crm.objects.contacts.sensitive.read.v2",
        "crm.objects.contacts.write",
        "crm.objects.deals.read",
        "crm.objects.deals.write",
        "crm.objects.owners.read",
        "crm.schemas.contacts.read",
        "crm.schemas.custom.read",
        "oauth",
        "sales-email-read",
        "settings.users.read",
        "settings.users.write",
        "tickets",
    }
)


@dataclass
class Token:
    """A token and what it may do; one with ``expires_at`` is an OAuth token, another a private app's."""

    value: str
    scopes: frozenset[str]
    expires_at: datetime | None = None
    revoked: bool = False


class Tokens:
    """The tokens of the account."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: dict[str, Token] = {}

    def issue(self, value: str, scopes: frozenset[str] = ALL_SCOPES, expires_at: datetime | None = None) -> Token:
        """Make a token."""
        self._tokens[value] = Token(value, scopes, expires_at)
        return self._tokens[value]

    def get(self, value: str) -> Token | None:
        """The token, unless it is unknown or revoked."""
        token = self._tokens.get(value)
        return None if token is None or token.revoked else token

    def of(self, call: Call) -> Token:
        """The caller's token; a 401 without a good one."""
        value = call.bearer()
        token = self.get(value) if value else None
        if token is None:
            raise unauthorized()
        if token.expires_at and token.expires_at <= self._clock.now():
            raise expired(int((self._clock.now() - token.expires_at).total_seconds() // 60))
        return token
