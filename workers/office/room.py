"""What the rooms of the office share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from activities.actors import actor_of
from habeas.errors import ConfigurationError
from workers.office.engine import Engine

if TYPE_CHECKING:
    from activities.ledger import Ledger
    from activities.storage import Storage
    from habeas.policy import Policy

SUBJECT = "subject"
"""The person themselves, as an actor."""


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class Room:
    """The parts that staff's acts work on. Rooms add their methods to it."""

    def __init__(
        self,
        ledger: Ledger,
        engine: Engine,
        policies: Mapping[str, Policy],
        storage: Storage,
        now: Callable[[], datetime] = clock,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._policies = policies
        self._storage = storage
        self._now = now

    def actor(self, by: str) -> str:
        """A keyed hash of a person's name or account; see `actor_of`."""
        return actor_of(self._ledger.vault, by)

    def policy(self, controller: str) -> Policy:
        """The controller's policy.

        Raises:
            ConfigurationError: this installation has none of that controller.
        """
        try:
            return self._policies[controller]
        except KeyError:
            raise ConfigurationError(f"There is no policy of the controller `{controller}` here.") from None
