"""Acts: what staff or the person asked for. Proposed first, accepted only once the request's workflow took them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field, JsonValue
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.at_hand import ACTS, Kept
from activities.ledger.prepared import Prepared
from activities.ledger.room import Room, plain
from activities.ledger.tables import act
from habeas.errors import BadInput
from habeas.model import Frozen, RequestId

OTHER_ACT = "act-id: this one belongs to another act; leave it out to make a new one."


class Act(Frozen):
    """One act. The reason is sealed; kind, actor and facts are not and identify no data subject."""

    id: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    request_id: RequestId
    kind: str
    actor: str
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    reason: str = Field(default="", repr=False)
    """Sealed; empty, too, once the request's key is destroyed."""
    proposed_at: AwareDatetime
    accepted_at: AwareDatetime | None = None


_ACCEPTED = Prepared("UPDATE act SET accepted_at = coalesce(accepted_at, :at::timestamptz) WHERE id = :id")


class Acts(Room):
    """Methods on acts."""

    async def propose_act(self, proposed: Act) -> None:
        """Write down an act before the workflow is asked; a second proposal with the same id changes nothing.

        Raises:
            BadInput: the id belongs to an act on another request, whoever's that is.
        """
        reason = await self._sealed(proposed.request_id, _name(proposed.id), proposed.reason)
        values = proposed.model_dump(exclude={"reason", "accepted_at"})
        self._reread(ACTS)
        placed = await self._run(upsert(act).values(**values, reason=reason).on_conflict_do_nothing())
        if not placed.rowcount:
            mine = select(act.c.id).where(act.c.id == proposed.id, act.c.request_id == proposed.request_id)
            if await self._first(mine) is None:
                raise BadInput(OTHER_ACT, field="act_id")

    async def act(self, act_id: str) -> Act | None:
        """One act; None if there is none, or it is on a request that is not to be seen here."""
        row = await self._first(select(act).where(act.c.id == act_id, self._ours(act.c.request_id)))
        return None if row is None else await self._act(row)

    async def accept_act(self, act_id: str, at: datetime) -> Act:
        """The workflow took it; the first time said stays.

        Raises:
            BadInput: there is no such act.
        """
        held = self._held_act(act_id)
        self._reread(ACTS)
        if held is not None:
            await self._write_later(("act", act_id), _ACCEPTED.of({"id": act_id, "at": at}))
            return await self._act(Kept({**plain(held), "accepted_at": held.accepted_at or at}))
        row = await self._first(
            update(act)
            .where(act.c.id == act_id)
            .values(accepted_at=func.coalesce(act.c.accepted_at, at))
            .returning(act)
        )
        if row is None:
            raise BadInput("There is no such act.", field="act")
        return await self._act(row)

    def _held_act(self, act_id: str) -> Row[Any] | Kept | None:
        """The act as it was read with the lock on its request: nobody takes it back meanwhile."""
        read = (rows for (what, of), rows in self._read.items() if what == ACTS and of in self._locked)
        return next((row for rows in read for row in rows if row.id == act_id), None)

    async def drop_act(self, act_id: str) -> bool:
        """Take a proposal away that the workflow refused; an accepted act stays. Returns whether it went."""
        self._reread(ACTS)
        dropped = await self._run(delete(act).where(act.c.id == act_id, act.c.accepted_at.is_(None)))
        return dropped.rowcount > 0

    async def acts(self, request_id: str) -> tuple[Act, ...]:
        """All acts of a request, in the order they were proposed."""
        in_order = select(act).where(act.c.request_id == request_id).order_by(act.c.proposed_at, act.c.id)
        return tuple([await self._act(row) for row in await self._once(ACTS, request_id, in_order)])

    async def _act(self, row: Row[Any] | Kept) -> Act:
        values = plain(row)
        sealed = values.pop("reason")
        reason = "" if sealed is None else await self._opened(row.request_id, _name(row.id), sealed)
        return Act(**values, reason=reason)


def _name(act_id: str) -> str:
    return f"~act/{act_id}"
