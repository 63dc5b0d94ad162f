"""Letters that come back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import JsonValue

from activities.bounces import Fate, read_report
from activities.ledger import Letter, LetterRow, LetterState, Tx
from activities.model import BounceOrder
from habeas.access import Scope
from habeas.errors import BadInput, NotSentYet, UnknownRequest
from habeas.evidence import Tag
from habeas.model import Frozen, RequestId
from workers.office.intake import words
from workers.office.reading import Reading

READERS: Mapping[str, str] = {
    "subject": "the person",
    "staff": "staff",
    "recipient": "a recipient of the data",
    "controller": "whoever controls data that is only processed here",
    "processor": "a processor",
}
"""Who reads a letter, in words."""


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


class HandedLetter(Frozen):
    """Answer of `LetterPost.letter_handed`."""

    request: RequestId
    letter: str
    first: bool
    """False: it was noted before, and nothing was changed."""


class LetterPost(Reading):
    """What the mail server, and whoever hands letters over, tell about them."""

    async def letters_to_hand_over(self, controller: str | None = None) -> tuple[LetterRow, ...]:
        """Letters for people without an address of which nobody noted yet that they got them, the oldest first.

        Raises:
            BadInput: there is no such controller.
        """
        self.refuse_unknown(controller)
        async with self._ledger.begin() as tx:
            return await tx.letters_to_hand_over(controller)

    async def letter_handed(self, letter_id: str, *, by: str, reason: str) -> HandedLetter:
        """Note that the person got a letter that went to the officer, and how (sealed). The first word stays.

        Raises:
            BadInput: there is no such letter, or it went to the person by itself.
        """
        actor, how = self.actor(words("by", by, 200)), words("reason", reason)
        async with self._ledger.begin() as tx:
            letter = await _by_hand(tx, letter_id)
            self.demand(Scope.TASKS_WORK, (await tx.request(letter.request_id)).controller)
            waiting = await tx.letters_to_hand_over(request_id=letter.request_id)
            first = any(one.id == letter.id for one in waiting)
            if first:
                await tx.seal(letter.request_id, f"handed/{letter.id}", how.encode())
                facts: dict[str, JsonValue] = {"letter": letter.kind, "id": letter.id}
                await tx.record(
                    letter.request_id,
                    Tag.LETTER_HANDED_OVER,
                    at=self._now(),
                    actor=actor,
                    facts=facts,
                    dedupe=f"handed/{letter.dedupe}",
                )
        return HandedLetter(request=letter.request_id, letter=letter.kind, first=first)

    async def letter_to_hand_over(self, letter_id: str, *, by: str, reason: str) -> Letter:
        """A letter that went to the officer and did not get there, in full. Personal: looking leaves a mark.

        Raises:
            BadInput: there is no such letter, or it went to the person by itself.
            KeyDestroyed: its request's data is gone.
        """
        async with self._ledger.begin() as tx:
            letter = await _by_hand(tx, letter_id)
            whole = await tx.letter(letter.id)
            await self._mark_view(tx, letter.request_id, "letter", by, reason)
        return whole

    async def letter_bounced(self, mail: bytes) -> BouncedLetter:
        """Take a delivery report (RFC 3464) for a letter of ours; the same report again changes nothing.

        Args:
            mail: the whole message.

        Raises:
            BadInput: it is no delivery report, or not about a letter of this installation.
            NotSentYet: a report cannot be about a letter that has not left, and must not keep it from leaving. Where
                it did leave, and the worker died before it wrote that down, the letter is sent once more; then it can.
            LedgerUnavailable, EngineUnavailable: try again; nothing was noted.
        """
        report = read_report(mail)
        async with self._ledger.begin() as tx:
            letter = await tx.letter_row(report.letter_id)
        if letter is None:
            raise BadInput(
                "This delivery report is about a letter that is not one of this installation's.", field="body"
            )
        if letter.state is LetterState.QUEUED:
            raise NotSentYet
        noted = Noted.STILL_TRYING if report.fate is Fate.DELAYED else Noted.ARRIVED
        if report.fate is Fate.FAILED:
            order = BounceOrder(request_id=letter.request_id, at=self._now(), letter_id=letter.id, status=report.status)
            await self._engine.bounced(order)
            noted = Noted.BOUNCED
        return BouncedLetter(request=letter.request_id, letter=letter.kind, noted=noted, status=report.status)


async def _by_hand(tx: Tx, letter_id: str) -> LetterRow:
    letter = await tx.letter_row(letter_id.strip().lower())
    try:
        # One of a controller that is not theirs is, for them, none.
        if letter is not None:
            await tx.request(letter.request_id, lock=True)
    except UnknownRequest:
        letter = None
    if letter is None:
        raise BadInput("There is no such letter; see `habeas letter to-hand-over`.", field="letter")
    if not letter.by_hand:
        raise BadInput("This letter was sent to its reader; there is nothing to hand over.", field="letter")
    return letter
