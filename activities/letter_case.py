"""Everything a letter may be written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from activities.clockface import Dated, dated, local_day, pause_spans
from activities.ledger import Tx
from activities.model import LetterOrder
from activities.naming import Naming
from habeas.connector import Connector
from habeas.model import Request, Subject
from habeas.policy import Policy


@dataclass(frozen=True)
class LetterBasis:
    """What a letter is written from, as far as nothing is read for it: a preview has as much of a made-up request."""

    request: Request
    subject: Subject
    policy: Policy
    order: LetterOrder
    public_url: str

    def link_ends(self) -> datetime:
        """When a download link made now ends."""
        return self.order.at + timedelta(hours=self.policy.release.link_hours)

    def day(self, at: datetime) -> date:
        """The date in the establishment's zone."""
        return local_day(self.policy, at)

    @property
    def place(self) -> str:
        """The place whose law the request is answered under."""
        return self.policy.answered_in(self.request.regime, self.request.jurisdiction)


@dataclass(frozen=True)
class LetterCase(LetterBasis):
    """Everything a letter may be written from."""

    tx: Tx
    connectors: Mapping[str, Connector]

    @property
    def called(self) -> Naming:
        """What systems and categories are called in this letter."""
        return Naming.of(self.policy, self.connectors, self.request.language)

    async def dated(self, *, extended: bool | None = None) -> Dated:
        """The request's dates at the letter's time; with ``extended``, as if its term were, or were not."""
        asked = self.request if extended is None else self.request.model_copy(update={"extended": extended})
        return dated(asked, self.policy, await pause_spans(self.tx, asked.id), self.order.at)
