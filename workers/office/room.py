"""What the rooms of the office share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from activities.actors import actor_of
from habeas.access import Scope
from habeas.errors import BadInput, ConfigurationError, NotAllowed
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
        rights: Mapping[str, frozenset[Scope]] | None = None,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._policies = policies
        self._storage = storage
        self._now = now
        self._rights = rights
        """What may be done, by controller; None for everything: the person's own pages, and what runs by itself."""

    def actor(self, by: str) -> str:
        """A keyed hash of a person's name or account; see `actor_of`."""
        return actor_of(self._ledger.vault, by)

    def demand(self, scope: Scope, controller: str | None = None) -> None:
        """Refuse what this account may not do for this controller; for none of them, if it names none.

        Raises:
            NotAllowed: it lacks the scope.
        """
        if self._rights is None:
            return
        held = self._rights.values() if controller is None else (self._rights.get(controller, frozenset()),)
        if not any(scope in one for one in held):
            where = f" for {controller}" if controller else ""
            raise NotAllowed(f"It takes `{scope}`, which this account does not have{where}.")

    def may(self, scope: Scope, controller: str) -> bool:
        """Whether this account may do it for this controller."""
        return self._rights is None or scope in self._rights.get(controller, frozenset())

    def colleagues(self, controller: str) -> dict[str, str]:
        """The accounts that the controller's policy names, by what they are called as actors; none if it names none."""
        known = self._policies.get(controller)
        return {self.actor(account): account for account in sorted(known.staff.people)} if known else {}

    def reach(self, scope: Scope) -> list[str]:
        """The controllers for whom this account may do it."""
        return [name for name in self._policies if self._rights is None or scope in self._rights[name]]

    def one_of_reach(self, scope: Scope, controller: str | None) -> str:
        """The controller that is meant, for whom this account may do it; may be left out where there is one.

        Raises:
            BadInput: there is no such controller, or it takes one.
        """
        reach = self.reach(scope)
        if controller is None and len(reach) == 1:
            return reach[0]
        if controller is None or controller not in reach:
            raise BadInput(f"controller: write one of: {', '.join(sorted(reach))}.", field="controller")
        return controller

    def refuse_unknown(self, controller: str | None) -> None:
        """Refuse to narrow something down to a controller that there is not: none of that name is not nothing of it.

        Whoever works for some hears of those only: of another they are told what they are told of none.

        Raises:
            BadInput: it is none of those that one works for.
        """
        if controller is not None and controller not in self._policies:
            raise BadInput(f"controller: write one of: {', '.join(sorted(self._policies))}.", field="controller")

    def today(self, controller: str | None = None) -> date:
        """The day it is where the controller is; unset for all of them together."""
        zone = self._zone(self._policies if controller is None else (controller,))
        return self._now().astimezone(ZoneInfo(zone)).date()

    def _zone(self, controllers: Iterable[str]) -> str:
        """Where these controllers are; UTC where they are in several zones."""
        zones = {self.policy(name).controller.clock_tz for name in controllers}
        return zones.pop() if len(zones) == 1 else "UTC"

    def policy_of(self, controller: str) -> Policy | None:
        """The controller's policy; None where there is no such controller here."""
        return self._policies.get(controller)

    def policy(self, controller: str) -> Policy:
        """The controller's policy.

        Raises:
            ConfigurationError: this installation has none of that controller.
        """
        try:
            return self._policies[controller]
        except KeyError:
            raise ConfigurationError(f"There is no policy of the controller `{controller}` here.") from None
