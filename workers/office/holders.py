"""Who of the staff sees to a request: taken, handed on, put back. It decides nothing, and stops nobody else."""

from __future__ import annotations

from pydantic import AwareDatetime, JsonValue

from activities.actors import works_for
from activities.ledger import HolderRow, Tx
from habeas.access import Scope
from habeas.errors import BadInput, WrongStage
from habeas.evidence import Tag
from habeas.model import Frozen, RequestId, Stage
from workers.office.intake import words
from workers.office.room import Room

_LONGEST = 200


class Held(Frozen):
    """Who holds a request now."""

    request_id: RequestId
    held_by: str | None
    """An account; None for nobody."""
    since: AwareDatetime | None


class Holders(Room):
    """Methods on who holds what."""

    async def take(self, request_id: str, *, by: str) -> Held:
        """See to this request oneself, whoever did before.

        Raises:
            UnknownRequest, WrongStage: there is none, or it is closed.
        """
        return await self._pass_on(request_id, by, words("by", by, _LONGEST))

    async def hand(self, request_id: str, *, by: str, to: str) -> Held:
        """Have a colleague see to this request.

        Raises:
            BadInput: that account does not work for the request's controller.
            UnknownRequest, WrongStage: there is none, or it is closed.
        """
        return await self._pass_on(request_id, by, words("to", to, _LONGEST))

    async def put_back(self, request_id: str, *, by: str) -> Held:
        """Have nobody see to this request: it is anybody's to take.

        Raises:
            UnknownRequest, WrongStage: there is none, or it is closed.
        """
        return await self._pass_on(request_id, by, None)

    async def _pass_on(self, request_id: str, by: str, to: str | None) -> Held:
        actor, now = self.actor(words("by", by, _LONGEST)), self._now()
        async with self._ledger.begin() as tx:
            request = await tx.request(request_id, lock=True)
            self.demand(Scope.REQUESTS_WORK, request.controller)
            if request.stage is Stage.CLOSED:
                raise WrongStage("The request is closed: there is nothing left to see to.")
            if to is not None and not works_for(self.policy(request.controller), to):
                raise BadInput("to: this account does not work for the request's controller.", field="to")
            before = (await tx.holders([request_id])).get(request_id)
            if (before.actor if before else None) == (self.actor(to) if to else None):
                return _held(request_id, before)
            await self._keep_holder(tx, request_id, to)
            facts: dict[str, JsonValue] = {"holder": self.actor(to)} if to else {}
            await tx.record(request_id, Tag.REQUEST_HOLDER, now, actor, facts, dedupe=f"holder/{now.isoformat()}")
            return _held(request_id, (await tx.holders([request_id])).get(request_id))

    async def _keep_holder(self, tx: Tx, request_id: str, to: str | None) -> None:
        if to is None:
            await tx.put_back(request_id)
        else:
            await tx.hold_request(request_id, to, self.actor(to), self._now())


def _held(request_id: str, row: HolderRow | None) -> Held:
    return Held(request_id=request_id, held_by=row.account if row else None, since=row.since if row else None)
