"""Those who were told what became of the data, or were sent the request: who they are, and who said that it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import AwareDatetime, JsonValue

from activities.ledger import NEVER_TOLD, NoticeKind, NoticeRow
from activities.telling import About, Foreseen, WhyNot, about_each, foreseen
from habeas.access import Scope
from habeas.errors import BadInput, EngineUnavailable
from habeas.evidence import Tag
from habeas.model import Frozen, Stage
from habeas.policy import Policy
from workers.office.intake import words
from workers.office.room import Room
from workflows.notices import CONTROLLERS, PROCESSORS, RECIPIENTS, notices_id

RECIPIENT = "recipient"
"""The actor of an acknowledgement that came by the link."""
_WORKFLOWS = {
    NoticeKind.RECIPIENT: RECIPIENTS,
    NoticeKind.CONTROLLER: CONTROLLERS,
    NoticeKind.PROCESSOR: PROCESSORS,
}


FORESEEN, FORESEEN_NOT = "foreseen", "foreseen_not"


class Told(Frozen):
    """One who was told, or will be once what is under review is carried out.

    The address of somebody who is no recipient of the policy is not shown.
    """

    recipient: str
    """The policy's id; the system of a processor; for whom the request was sent on to a keyed hash of the address."""
    name: str
    kind: NoticeKind
    state: str
    """Of the notice; before there is one, ``foreseen``, or ``foreseen_not`` where there will be none."""
    since: AwareDatetime
    reminded: int
    acknowledged_at: AwareDatetime | None
    why: str = "got the data"
    """``got the data``, ``gave us the data``, ``decides over it``, ``processes it for us``."""
    categories: tuple[str, ...] = ()
    """What of the data it is about: the policy's ids; empty once nobody knows any more whose the request was."""
    known_by: tuple[str, ...] = ()
    """By what the letter names the person: ``email``, ``name``. Kinds, and no value."""
    why_not: WhyNot | None = None
    """Of those who are not told: because of what."""
    said: str = ""
    """What the policy says to that."""
    occasion: str = ""
    """What ended after the request did, of which they were told once more, or the processor's task; empty for the
    request's own end."""


class Recipients(Room):
    """Methods on notices."""

    async def recipients(self, request_id: str) -> tuple[Told, ...]:
        """Who was told of this request, and of what; before it is decided, who will be. For desk, shell and API alike.

        The person may ask for it (GDPR art. 19).

        Raises:
            UnknownRequest: there is none.
        """
        async with self._ledger.begin() as tx:
            request = await tx.request(request_id)
            rows = await tx.notices(request_id)
            each = await about_each(tx, request_id)
            told = any(row.kind is NoticeKind.RECIPIENT and not row.occasion for row in rows)
            ahead = None if told or request.stage is Stage.CLOSED else await foreseen(tx, request_id)
        policy = self.policy(request.controller)
        named = {one.id: one.name for one in policy.recipients}
        got = {each for one in policy.categories for each in one.recipients}
        gave = {each for one in policy.categories for each in one.sources} - got
        why = {row.id: _why(row, gave) for row in rows}
        those = (_told(row, named.get(row.recipient, row.recipient), why[row.id], each.get(row.id)) for row in rows)
        listed = (*those, *_ahead(ahead, named)) if ahead else tuple(those)
        return tuple(_with_words(one, policy) for one in listed)

    async def acknowledge(self, request_id: str, recipient: str, *, by: str, reason: str) -> Told:
        """Staff heard from a recipient otherwise: by telephone, by letter. It answers all that it was told by now.

        Raises:
            UnknownRequest: there is no such request.
            BadInput: nobody of that name was told, or the policy says why it is not.
        """
        actor, said = self.actor(words("by", by, 200)), words("reason", reason)
        async with self._ledger.begin() as tx:
            self.demand(Scope.TASKS_WORK, (await tx.request(request_id)).controller)
            rows = await tx.notices(request_id)
            theirs = [row for row in rows if row.recipient == recipient]
            if not theirs:
                known = ", ".join(sorted({row.recipient for row in rows})) or "nobody"
                raise BadInput(f"recipient: told were: {known}.", field="recipient")
            told = [row for row in theirs if row.state not in NEVER_TOLD]
            if not told:
                raise BadInput(
                    "recipient: it was not told, so that there is nothing to acknowledge.", field="recipient"
                )
            answered = [row for row in told if row.open] or told[-1:]
            for row in answered:
                await tx.seal(request_id, f"acknowledged/{row.id}", said.encode())
        for row in answered:
            await self._acknowledge(row, actor)
        return [one for one in await self.recipients(request_id) if one.recipient == recipient][-1]

    async def acknowledge_link(self, token: str) -> bool:
        """A recipient says, by the link in the letter, that it is done. Returns whether it had not said so before.

        Raises:
            LinkRefused: it is not one of ours.
        """
        async with self._ledger.begin() as tx:
            row = await tx.notice_of(token, NoticeKind.RECIPIENT, NoticeKind.CONTROLLER)
        return await self._acknowledge(row, RECIPIENT)

    async def _acknowledge(self, row: NoticeRow, by: str) -> bool:
        now: datetime = self._now()
        async with self._ledger.begin() as tx:
            await tx.request(row.request_id, lock=True)
            first = await tx.acknowledge_notice(row.id, by, now)
            if first:
                facts: dict[str, JsonValue] = {"recipient": row.recipient, "kind": row.kind.value}
                facts |= {"occasion": row.occasion} if row.occasion else {}
                await tx.record(
                    row.request_id,
                    Tag.RECIPIENT_ACKNOWLEDGED,
                    at=now,
                    actor=by,
                    facts=facts,
                    dedupe=f"notice/{row.id}/acknowledged",
                )
        try:
            name = notices_id(row.request_id, _WORKFLOWS[row.kind], row.occasion)
            await self._engine.signal(name, "acknowledged", row.id)
        except EngineUnavailable:
            # It is written down: the next reminder is not sent, whether the workflow was told now or not.
            return first
        return first


def _why(row: NoticeRow, gave: set[str]) -> str:
    if row.kind is NoticeKind.CONTROLLER:
        return "decides over it"
    if row.kind is NoticeKind.PROCESSOR:
        return "processes it for us"
    return "gave us the data" if row.recipient in gave else "got the data"


def _told(row: NoticeRow, name: str, why: str, about: About | None) -> Told:
    return Told(
        recipient=row.recipient,
        name=name,
        kind=row.kind,
        state=row.state.value,
        since=row.state_at,
        reminded=row.reminded,
        acknowledged_at=row.acknowledged_at,
        why=why,
        occasion=row.occasion,
        **({} if about is None else dict(about)),
    )


def _ahead(ahead: Foreseen, named: Mapping[str, str]) -> Iterator[Told]:
    for one in ahead.those:
        yield Told(
            recipient=one.recipient,
            name=named.get(one.recipient, one.recipient),
            kind=NoticeKind.RECIPIENT,
            state=FORESEEN_NOT if one.why_not else FORESEEN,
            since=ahead.at,
            reminded=0,
            acknowledged_at=None,
            why="gave us the data" if one.source else "got the data",
            categories=one.categories,
            known_by=one.known_by,
            why_not=one.why_not,
        )


def _with_words(one: Told, policy: Policy) -> Told:
    recipient = next((each for each in policy.recipients if each.id == one.recipient), None)
    if one.why_not is not WhyNot.POLICY or recipient is None or recipient.not_told is None:
        return one
    return one.model_copy(update={"said": policy.text(recipient.not_told, policy.language(None))})
