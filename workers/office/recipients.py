"""Those who were told what became of the data, or were sent the request: who they are, and who said that it is done."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, JsonValue

from activities.ledger import NoticeKind, NoticeRow, NoticeState
from habeas.errors import BadInput, EngineUnavailable
from habeas.evidence import Tag
from habeas.model import Frozen
from workers.office.intake import words
from workers.office.room import Room
from workflows.recipients import CONTROLLERS, RECIPIENTS

RECIPIENT = "recipient"
"""The actor of an acknowledgement that came by the link."""
_WORKFLOWS = {NoticeKind.RECIPIENT: RECIPIENTS, NoticeKind.CONTROLLER: CONTROLLERS}


class Told(Frozen):
    """One who was told. The address of somebody who is no recipient of the policy is not shown."""

    recipient: str
    """The policy's id; for somebody the request was sent on to a keyed hash of the address."""
    name: str
    kind: NoticeKind
    state: str
    since: AwareDatetime
    reminded: int
    acknowledged_at: AwareDatetime | None


class Recipients(Room):
    """Methods on notices."""

    async def recipients(self, request_id: str) -> tuple[Told, ...]:
        """Who was told of this request. The person may ask for it (GDPR art. 19).

        Raises:
            UnknownRequest: there is none.
        """
        async with self._ledger.begin() as tx:
            request = await tx.request(request_id)
            rows = await tx.notices(request_id)
        named = {one.id: one.name for one in self.policy(request.controller).recipients}
        return tuple(_told(row, named.get(row.recipient, row.recipient)) for row in rows)

    async def acknowledge(self, request_id: str, recipient: str, *, by: str, reason: str) -> Told:
        """Staff heard from a recipient otherwise: by telephone, by letter.

        Raises:
            UnknownRequest: there is no such request.
            BadInput: nobody of that name was told, or the policy says why it is not.
        """
        actor, said = self.actor(words("by", by, 200)), words("reason", reason)
        async with self._ledger.begin() as tx:
            await tx.request(request_id)
            rows = {row.recipient: row for row in await tx.notices(request_id)}
            if recipient not in rows:
                known = ", ".join(sorted(rows)) or "nobody"
                raise BadInput(f"recipient: told were: {known}.", field="recipient")
            if rows[recipient].state is NoticeState.NOT_TOLD:
                raise BadInput(
                    "recipient: it was not told, so that there is nothing to acknowledge.", field="recipient"
                )
            await tx.seal(request_id, f"acknowledged/{rows[recipient].id}", said.encode())
        await self._acknowledge(rows[recipient], actor)
        return next(one for one in await self.recipients(request_id) if one.recipient == recipient)

    async def acknowledge_link(self, token: str) -> bool:
        """A recipient says, by the link in the letter, that it is done. Returns whether it had not said so before.

        Raises:
            LinkRefused: it is not one of ours.
        """
        async with self._ledger.begin() as tx:
            row = await tx.notice_of(token)
        return await self._acknowledge(row, RECIPIENT)

    async def notice_of(self, token: str) -> NoticeRow:
        """The notice that a link is for.

        Raises:
            LinkRefused: it is not one of ours.
        """
        async with self._ledger.begin() as tx:
            return await tx.notice_of(token)

    async def _acknowledge(self, row: NoticeRow, by: str) -> bool:
        now: datetime = self._now()
        async with self._ledger.begin() as tx:
            await tx.request(row.request_id, lock=True)
            first = await tx.acknowledge_notice(row.id, by, now)
            if first:
                facts: dict[str, JsonValue] = {"recipient": row.recipient, "kind": row.kind.value}
                await tx.record(
                    row.request_id,
                    Tag.RECIPIENT_ACKNOWLEDGED,
                    at=now,
                    actor=by,
                    facts=facts,
                    dedupe=f"notice/{row.id}/acknowledged",
                )
        try:
            await self._engine.signal(f"{row.request_id}/{_WORKFLOWS[row.kind]}", "acknowledged", row.id)
        except EngineUnavailable:
            # It is written down: the next reminder is not sent, whether the workflow was told now or not.
            return first
        return first


def _told(row: NoticeRow, name: str) -> Told:
    return Told(
        recipient=row.recipient,
        name=name,
        kind=row.kind,
        state=row.state.value,
        since=row.state_at,
        reminded=row.reminded,
        acknowledged_at=row.acknowledged_at,
    )
