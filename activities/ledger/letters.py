"""Letters: written and queued in one transaction with what they tell of, sent after it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, Field
from sqlalchemy import Row, Select, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.at_hand import LETTERS
from activities.ledger.prepared import Prepared, placed
from activities.ledger.room import Room, context, parsed, plain
from activities.ledger.tables import evidence, letter, request
from habeas.errors import BadInput, KeyDestroyed
from habeas.evidence import Tag
from habeas.model import Frozen, RequestId


class LetterState(StrEnum):
    """What became of a letter, in the order it can."""

    QUEUED = "queued"
    FAILED = "failed"
    SENT = "sent"
    BOUNCED = "bounced"


class LetterRow(Frozen):
    """A letter without its content."""

    id: str
    request_id: RequestId
    kind: str
    language: str
    dedupe: str
    recipient_role: Literal["subject", "staff", "recipient", "controller", "processor"]
    queued_at: AwareDatetime
    state: LetterState = LetterState.QUEUED
    state_at: AwareDatetime | None = None
    message_id: str | None = None

    @property
    def by_hand(self) -> bool:
        """Whether it is for the person, and went to the officer, who hands it over or posts it."""
        return self.recipient_role == "staff" and not self.kind.startswith("staff_")

    @property
    def lost(self) -> bool:
        """Whether it was refused or came back."""
        return self.state in (LetterState.FAILED, LetterState.BOUNCED)


class LetterContent(Frozen):
    """What is sealed of a letter."""

    to: str = Field(repr=False)
    subject: str = Field(repr=False)
    text: str = Field(repr=False)
    html: str | None = Field(default=None, repr=False)


class Letter(LetterRow, LetterContent):
    """A letter in full."""


class Letters(Room):
    """Methods on letters."""

    async def queue_letter(self, new: Letter) -> Letter:
        """Queue a letter; if one with the same dedupe key is there already, that one is the answer."""
        key = await self.key(new.request_id)
        content = LetterContent(**new.model_dump(include=set(LetterContent.model_fields)))
        sealed = key.seal(content.model_dump_json().encode(), context(new.request_id, _name(new.id)))
        facts = new.model_dump(include=set(LetterRow.model_fields))
        facts |= {"state": LetterState.QUEUED.value, "state_at": new.queued_at, "message_id": None}
        if self._is_first(new):
            await self._write_later(("letter", new.id), _QUEUED.of(facts | {"content": sealed}))
            self._reread(LETTERS)
            return Letter(**facts, **content.model_dump())
        self._reread(LETTERS)
        row = await self._first(
            upsert(letter).values(**facts, content=sealed).on_conflict_do_nothing().returning(letter)
        )
        if row is None:
            row = await self._first(_keyed(new.request_id, new.dedupe))
        if row is None:
            raise BadInput("This letter id is taken; make another one.", field="letter")
        return await self._letter(row)

    def _is_first(self, new: Letter) -> bool:
        """Whether it is known that there is none like it: its request was locked, and its letters read with that."""
        there = self._read.get((LETTERS, new.request_id))
        if there is None or new.request_id not in self._locked:
            return False
        return not any(new.id == one.id or new.dedupe == one.dedupe for one in there)

    async def letter(self, letter_id: str) -> Letter:
        """A letter in full.

        Raises:
            BadInput: there is none.
            KeyDestroyed, SealBroken: as `Room.key` and `RequestKey.open`.
        """
        row = await self._first(select(letter).where(letter.c.id == letter_id))
        if row is None:
            raise BadInput("There is no such letter.", field="letter")
        return await self._letter(row)

    async def letter_of(self, request_id: str, dedupe: str) -> Letter:
        """The letter of a request that was queued under this key, in full. Raises as `letter`."""
        row = await self._first(_keyed(request_id, dedupe))
        if row is None:
            raise BadInput("There is no such letter.", field="letter")
        return await self._letter(row)

    async def letter_row(self, letter_id: str) -> LetterRow | None:
        """A letter without its content; None if there is no such letter."""
        row = await self._first(
            select(*(letter.c[name] for name in LetterRow.model_fields)).where(letter.c.id == letter_id)
        )
        return LetterRow(**plain(row)) if row else None

    async def letters(self, request_id: str) -> tuple[LetterRow, ...]:
        """A request's letters without their content, in the order they were queued."""
        columns = [letter.c[name] for name in LetterRow.model_fields]
        in_order = select(*columns).where(letter.c.request_id == request_id).order_by(letter.c.queued_at, letter.c.id)
        return tuple(LetterRow(**plain(row)) for row in await self._once(LETTERS, request_id, in_order))

    async def last_letter(
        self, about: str, *, request_id: str | None = None, controller: str | None = None
    ) -> LetterRow | None:
        """The newest letter of this dedupe key, or of one that begins so and goes on after a slash.

        Args:
            about: the key.
            request_id: of this request only.
            controller: of any request of this controller.
        """
        wanted = [or_(letter.c.dedupe == about, letter.c.dedupe.startswith(f"{about}/", autoescape=True))]
        if request_id is not None:
            wanted.append(letter.c.request_id == request_id)
        if controller is not None:
            wanted.append(request.c.controller == controller)
        row = await self._first(
            select(*(letter.c[name] for name in LetterRow.model_fields))
            .join(request, request.c.id == letter.c.request_id)
            .where(*wanted)
            .order_by(letter.c.queued_at.desc(), letter.c.id)
            .limit(1)
        )
        return LetterRow(**plain(row)) if row else None

    async def letters_to_hand_over(
        self, controller: str | None = None, request_id: str | None = None
    ) -> tuple[LetterRow, ...]:
        """Letters that the officer hands over or posts, and of which nobody noted yet that this was done."""
        noted = select(evidence.c.n).where(
            evidence.c.request_id == letter.c.request_id,
            evidence.c.tag == Tag.LETTER_HANDED_OVER.value,
            evidence.c.facts["id"].astext == letter.c.id,
        )
        wanted = [
            letter.c.recipient_role == "staff",
            letter.c.kind.not_like("staff#_%", escape="#"),
            self._mine(request.c.controller),
            ~noted.exists(),
        ]
        if controller is not None:
            wanted.append(request.c.controller == controller)
        if request_id is not None:
            wanted.append(letter.c.request_id == request_id)
        rows = await self._all(
            select(*(letter.c[name] for name in LetterRow.model_fields))
            .join(request, request.c.id == letter.c.request_id)
            .where(*wanted)
            .order_by(letter.c.queued_at, letter.c.id)
        )
        return tuple(LetterRow(**plain(row)) for row in rows)

    async def mark_letter(
        self,
        letter_id: str,
        state: LetterState | Literal["sent", "failed", "bounced"],
        at: datetime,
        message_id: str | None = None,
    ) -> None:
        """What became of it. States only go forward: a failure that is told late does not undo a sending."""
        state = LetterState(state)
        order = list(LetterState)
        earlier = [each.value for each in order[: order.index(state)]]
        if state is LetterState.FAILED:
            earlier.append(state.value)  # it may fail again and again
        values = {"id": letter_id, "earlier": earlier, "state": state.value, "at": at, "message_id": message_id}
        self._reread(LETTERS)
        await self._write_later(("letter", letter_id, state), _MARKED.of(values))

    async def _letter(self, row: Row[Any]) -> Letter:
        values = plain(row)
        sealed = values.pop("content")
        key = await self.key(row.request_id)
        if sealed is None:
            raise KeyDestroyed
        content = parsed(LetterContent, key.open(sealed, context(row.request_id, _name(row.id))))
        return Letter(**values, **content.model_dump())


_QUEUED = placed("letter", (*LetterRow.model_fields, "content"))
"""Where there is one after all, nothing of the transaction is written."""
_MARKED = Prepared(
    "UPDATE letter SET state = :state, state_at = :at, message_id = coalesce(:message_id::text, message_id)"
    " WHERE id = :id AND state = ANY (:earlier::text[])"
)


def _keyed(request_id: str, dedupe: str) -> Select[Any]:
    return select(letter).where(letter.c.request_id == request_id, letter.c.dedupe == dedupe)


def _name(letter_id: str) -> str:
    return f"~letter/{letter_id}"
