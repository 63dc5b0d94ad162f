"""Opening requests, and seeing to it that each one's workflow is started."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from pydantic import JsonValue

from activities.brief import purposes_of, weighed
from activities.ledger import Ledger, NewRequest, Opened, Tx
from activities.same_person import shares_identifier
from habeas.access import Scope
from habeas.errors import EngineUnavailable, UnknownRequest
from habeas.evidence import Tag
from habeas.model import COPIES, Frozen, Request, Right
from habeas.particulars import BESIDE, LANGUAGE_ASKED, Beside, LanguageAsked, Particulars
from workers.office.engine import Engine
from workers.office.intake import Checked, NewRequestInput, check, language_note, not_given, words
from workers.office.messages import Came, Messages, Sent
from workers.office.particulars import check_about
from workers.office.references import new_reference, read_reference
from workers.office.whose_law import law_note, right_note

if TYPE_CHECKING:
    from habeas.policy import Policy

log = structlog.get_logger(__name__)

_DECIDES = frozenset({"partial_refusal", "completion_change"})
"""Letters that go out before the end and decide a part."""
NOT_STARTED = "request_not_started"
"""Requests are written down, and Temporal does not start them: they are started later."""
BATCH = 100


class OpenedAnswer(Frozen):
    """A request that is open now."""

    id: str
    created: bool
    """False: this person's request for this right was open already, and this is it."""
    started: bool
    """False: Temporal does not answer; the workers start the request as soon as it does."""
    controller: str
    right: Right
    regime: str
    jurisdiction: str
    language: str
    received_at: datetime
    language_note: str | None = None
    """Where letters go in another language than was asked for: in which."""
    same_person: bool | None = None
    """Whether the request that it is about is shown to be the same person's; None where it is about none."""
    law_note: str | None = None
    """Where the law of the person's place does not give the right and the establishment's does: so."""
    right_note: str | None = None
    """Where it is carried out under another name than it was asked for: why."""
    words_kept: bool = False
    """It was open already, and what was written now is kept with it as a message: `habeas request messages`."""
    also: tuple[str, ...] = ()
    """Objection: the request for what a human must weigh, beside this one for what stops at once."""


class Opening(Messages):
    """Methods that open requests."""

    async def open_request(self, asked: NewRequestInput, came: Came | None = None) -> OpenedAnswer:
        """Open a request, or answer with the one that the same person has open for the same right.

        What that one does not have yet in its words is kept with it as a message: nothing that is written is lost.

        Args:
            asked: what is asked.
            came: what came with it.

        Raises:
            BadInput, UnknownRegime: something in it is not usable; nothing was written.
            WrongStage: there is more to keep, and the request was closed meanwhile.
            LedgerUnavailable: sent again with the same key, it is the same request.
        """
        came = came or Came()
        opened = await self._open_asked(asked)
        text = asked.note or ""
        if came.other_language and opened.language != self._policies[opened.controller].language(asked.language):
            # It was open already, and whoever opened it chose another language: perhaps somebody who is not the person.
            text = f"{came.other_language}\n{text}".strip()
        sent = Sent(kind=came.kind, text=text, situation=asked.situation, files=came.files, source=came.source)
        key = asked.idempotency_key
        named = None if key is None else str(uuid.uuid5(uuid.NAMESPACE_OID, f"{opened.id}/{key}"))
        kept = await self.hear_opening(opened.id, sent, came.message_id or named, created=opened.created)
        return opened.model_copy(update={"words_kept": kept and not opened.created})

    async def _open_asked(self, asked: NewRequestInput) -> OpenedAnswer:
        now = self._now()
        checked = await self._check(asked, now)
        self.demand(Scope.REQUESTS_OPEN, checked.controller)
        actor = self.actor(words("by", asked.opened_by, 200))
        reason = words("reason", asked.reason)
        parts = _parts(checked, self._policies[checked.controller])
        async with self._ledger.begin() as tx:
            same: bool | None = None
            if checked.about is not None:
                about = await _earlier(tx, checked.about)
                told = about is not None and await _is_told(tx, about, self._policies[checked.controller])
                earlier = check_about(checked.right, about, checked.controller, told=told)
                same = await shares_identifier(tx, earlier, checked.subject)
            opened, *also = [
                await self._open(
                    tx,
                    part,
                    same,
                    NewRequest(
                        id=new_reference(),
                        **{name: getattr(part, name) for name in type(part).model_fields},
                        opened_by=actor,
                        reason=reason,
                        idempotency_key=_key(asked.idempotency_key, number),
                        opened_at=now,
                    ),
                )
                for number, part in enumerate(parts)
            ]
            if also:
                await _name_each_other(tx, (opened, *also), parts)
            wanted = not_given(asked.language, checked.language)
            for one in (opened, *also):
                if one.created and wanted:
                    await tx.seal(one.request.id, LANGUAGE_ASKED, LanguageAsked(language=wanted))
        new = [one.request for one in (opened, *also) if one.created]
        waiting = await (
            _start(self._engine, new) if len(new) == len(parts) else start_unstarted(self._ledger, self._engine)
        )
        return OpenedAnswer(
            created=opened.created,
            started=opened.request.id not in waiting,
            language_note=language_note(asked.language, opened.request.language),
            same_person=same,
            law_note=law_note(
                self._policies[checked.controller],
                checked.right,
                checked.regime,
                checked.jurisdiction,
                checked.received_at,
            ),
            right_note=right_note(Particulars.of(checked.subject).called, checked.right),
            also=tuple(one.request.id for one in also),
            **opened.request.model_dump(
                include={"id", "controller", "right", "regime", "jurisdiction", "language", "received_at"}
            ),
        )

    async def _check(self, asked: NewRequestInput, now: datetime) -> Checked:
        earlier: Request | None = None
        if asked.about is not None:
            async with self._ledger.begin() as tx:
                earlier = await _earlier(tx, read_reference(asked.about))
        return check(asked, self._policies, now, earlier)

    async def _open(self, tx: Tx, checked: Checked, same: bool | None, new: NewRequest) -> Opened:
        opened = await tx.open_request(new)
        if opened.created:
            facts: dict[str, JsonValue] = {
                "right": checked.right.value,
                "regime": checked.regime,
                "jurisdiction": checked.jurisdiction,
                "channel": checked.channel,
                "received_at": checked.received_at.isoformat(),
            }
            facts |= {"about": checked.about, "same_person": same} if checked.about else {}
            called = Particulars.of(checked.subject).called
            facts |= {"called": called.value} if called else {}
            facts |= {"categories": [*checked.categories]} if checked.categories else {}
            at, actor = new.opened_at, new.opened_by
            if checked.right in COPIES:
                systems = self._policies[checked.controller].systems
                await tx.hold_everything(opened.request.id, checked.controller, systems, at)
            await tx.record(opened.request.id, Tag.REQUEST_OPENED, at, actor, facts, dedupe="request:opened")
        return opened

    async def start_unstarted(self) -> tuple[str, ...]:
        """Start what is open and was never started; see `start_unstarted`."""
        return await start_unstarted(self._ledger, self._engine)


def _parts(checked: Checked, policy: Policy) -> tuple[Checked, ...]:
    """An objection to marketing and to more is two requests.

    Marketing stops at once, whoever asks (GDPR art. 21(3)); it waits neither for the proof nor for the weighing of the
    rest.
    """
    if checked.right is not Right.OBJECTION:
        return (checked,)
    purposes = purposes_of(policy, checked.right, Particulars.of(checked.subject).purposes)
    heavy = set(weighed(policy, checked.right, purposes))
    sorts = [[one for one in purposes if (one in heavy) is later] for later in (False, True)]
    if not all(sorts):
        return (checked,)
    return tuple(
        checked.model_copy(
            update={
                "subject": checked.subject.model_copy(update={"details": {**checked.subject.details, "purposes": sort}})
            }
        )
        for sort in sorts
    )


async def _name_each_other(tx: Tx, opened: tuple[Opened, ...], parts: tuple[Checked, ...]) -> None:
    """Each of the two requests knows the other, and what it is about."""
    if not any(one.created for one in opened):
        return
    ids = [one.request.id for one in opened]
    for one, other, part in zip(ids, reversed(ids), reversed(parts), strict=True):
        purposes = Particulars.of(part.subject).purposes
        await tx.seal(one, BESIDE, Beside(request_id=other, purposes=purposes))


def _key(given: str | None, number: int) -> str | None:
    return f"{given}/{number}" if given is not None and number else given


async def _earlier(tx: Tx, request_id: str) -> Request | None:
    try:
        return await tx.request(request_id)
    except UnknownRequest:
        return None


async def _is_told(tx: Tx, earlier: Request, policy: Policy) -> bool:
    """Whether a letter has told the person of a decision that can be appealed though the request is open still."""
    from habeas import law

    place = policy.answered_in(earlier.regime, earlier.jurisdiction)
    postponed = {"extension"} if "appeal" in law.notice_contents(earlier.regime, place, "extension") else set()
    return any(row.kind in _DECIDES | postponed for row in await tx.letters(earlier.id))


async def start_unstarted(ledger: Ledger, engine: Engine, limit: int = BATCH) -> tuple[str, ...]:
    """Start the workflows of requests that are open and have not begun: a crash or an outage came between.

    Called by every worker now and then. A workflow that waits for a worker only is started by this not a second time;
    its first step says that it has begun, and this that it need not be looked at again.

    Returns:
        The requests that still wait, because Temporal does not answer.
    """
    async with ledger.begin() as tx:
        unstarted = [await tx.request(one) for one in await tx.unstarted(limit)]
    waiting = await _start(engine, unstarted)
    started = {one.id for one in unstarted} - set(waiting)
    if started:
        async with ledger.begin() as tx:
            await tx.mark_started(started)
    return waiting


async def _start(engine: Engine, waiting: Sequence[Request]) -> tuple[str, ...]:
    """Start these; those that still wait come back."""
    for position, request in enumerate(waiting):
        try:
            await engine.start(request)
        except EngineUnavailable as error:
            log.warning(NOT_STARTED, waiting=len(waiting) - position, error=error.code)
            return tuple(one.id for one in waiting[position:])
    return ()
