"""Everything a letter may be written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from activities import letters
from activities.clockface import local_day
from activities.ledger import Tx
from activities.model import LetterOrder
from habeas.connector import Connector
from habeas.model import Request, Subject
from habeas.policy import Policy


@dataclass(frozen=True)
class LetterCase:
    """Everything a letter may be written from."""

    tx: Tx
    request: Request
    subject: Subject
    policy: Policy
    order: LetterOrder
    connectors: Mapping[str, Connector]
    public_url: str

    def link_ends(self) -> datetime:
        """When a download link made now ends."""
        return self.order.at + timedelta(hours=self.policy.release.link_hours)

    def title(self, system: str) -> str:
        """A system's name for people."""
        connector = self.connectors.get(system)
        return connector.manifest.title if connector else system

    def titles(self, systems: tuple[str, ...]) -> tuple[letters.MissingSystem, ...]:
        """Systems that are not done, by their names for people."""
        return tuple(letters.MissingSystem(title=self.title(system)) for system in dict.fromkeys(systems))

    def category(self, system: str, collection: str) -> str | None:
        """The policy's id of the category that a system's collection belongs to."""
        connector = self.connectors.get(system)
        kept = connector.manifest.collections if connector else ()
        return next((one.category for one in kept if one.name == collection), None)

    def day(self, at: datetime) -> date:
        """The date in the establishment's zone."""
        return local_day(self.policy, at)

    @property
    def place(self) -> str:
        """The place whose law the request is answered under."""
        return self.policy.answered_in(self.request.regime, self.request.jurisdiction)
