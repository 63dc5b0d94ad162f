"""Who wants which newsletters: the state behind both versions of the subscriptions API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tests.vendors.hubspot.seed import Subscription
from tests.vendors.shared.clock import START, Clock

State = Literal["NOT_SPECIFIED", "SUBSCRIBED", "UNSUBSCRIBED"]


@dataclass(frozen=True)
class Choice:
    """What was chosen for one address and one kind of newsletter."""

    state: State
    at: datetime
    source: str
    legal_basis: str | None = None
    legal_basis_explanation: str | None = None


class Preferences:
    """The choices that were made, by address; they do not need a contact."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.definitions: dict[int, Subscription] = {1: Subscription(1, "Newsletter"), 2: Subscription(2, "One to One")}
        self._choices: dict[tuple[str, int], Choice] = {}
        self._opted_out: dict[str, datetime] = {}

    def choose(
        self, email: str, subscription_id: int, state: State, *, basis: str | None = None, why: str | None = None
    ) -> None:
        """Record a choice."""
        self._choices[email.lower(), subscription_id] = Choice(state, self._clock.now(), "API", basis, why)

    def choice(self, email: str, subscription_id: int) -> Choice:
        """What holds for the address now."""
        since = self.opted_out(email)
        chosen = self._choices.get((email.lower(), subscription_id), Choice("NOT_SPECIFIED", START, "NONE"))
        return Choice("UNSUBSCRIBED", since, "PORTAL_WIDE") if since else chosen

    def opt_out(self, email: str) -> None:
        """No more e-mail of any kind."""
        self._opted_out.setdefault(email.lower(), self._clock.now())

    def opted_out(self, email: str) -> datetime | None:
        """Since when the address has opted out of everything; None if it has not."""
        return self._opted_out.get(email.lower())
