"""Letters that come back."""

from __future__ import annotations

from enum import StrEnum

from activities.bounces import Fate, read_report
from activities.model import BounceOrder
from habeas.errors import BadInput
from habeas.model import Frozen, RequestId
from workers.office.room import Room


class Noted(StrEnum):
    """What was done with a delivery report."""

    BOUNCED = "bounced"
    """Noted; staff are told."""
    STILL_TRYING = "still_trying"
    """The mail server goes on trying: nothing to note."""
    ARRIVED = "arrived"


class BouncedLetter(Frozen):
    """Which letter a report was about, and what was done with it."""

    request: RequestId
    letter: str
    noted: Noted
    status: str | None = None


class LetterPost(Room):
    """What the mail server tells about letters."""

    async def letter_bounced(self, mail: bytes) -> BouncedLetter:
        """Take a delivery report (RFC 3464) for a letter of ours; the same report again changes nothing.

        Args:
            mail: the whole message.

        Raises:
            BadInput: it is no delivery report, or not about a letter of this installation.
            LedgerUnavailable, EngineUnavailable: try again; nothing was noted.
        """
        report = read_report(mail)
        async with self._ledger.begin() as tx:
            letter = await tx.letter_row(report.letter_id)
        if letter is None:
            raise BadInput("This delivery report is about a letter that is not one of this installation's.")
        noted = Noted.STILL_TRYING if report.fate is Fate.DELAYED else Noted.ARRIVED
        if report.fate is Fate.FAILED:
            order = BounceOrder(request_id=letter.request_id, at=self._now(), letter_id=letter.id, status=report.status)
            await self._engine.bounced(order)
            noted = Noted.BOUNCED
        return BouncedLetter(request=letter.request_id, letter=letter.kind, noted=noted, status=report.status)
