"""All requests that wait for one system: its cause was mended once, so they are told once."""

from __future__ import annotations

import asyncio

from activities.ledger import RequestFilter
from habeas.access import Scope
from habeas.acts import ActKind
from habeas.errors import BadInput, NotAllowed, WrongStage
from habeas.model import Frozen, RequestId
from workers.office.acting import Acting
from workers.office.intake import words

_PAGE = 200
_AT_ONCE = 10


class Retried(Frozen):
    """Answer of `Waiting.retry_waiting`."""

    system: str
    requests: tuple[RequestId, ...]
    """Those that try the system again now."""


class Waiting(Acting):
    """Methods on what waits for a system."""

    async def retry_waiting(self, system: str, *, by: str, reason: str) -> Retried:
        """Have every request that waits for the system try it again now, each as an act of its own.

        Raises:
            NotAllowed: one may not for any controller; requests of those for whom one may not are left as they are.
            BadInput: there is no such system, or ``by`` or ``reason`` is missing or too long.
            EngineUnavailable: not all were told; saying it again is safe.
        """
        words("by", by, 200), words("reason", reason)
        self.demand(Scope.REQUESTS_WORK)
        known = sorted({one for policy in self._policies.values() for one in policy.systems})
        if system not in known:
            raise BadInput(f"There is no such system; there are: {', '.join(known) or 'none'}.", field="name")
        turns = asyncio.Semaphore(_AT_ONCE)

        async def retried(request_id: RequestId) -> bool:
            async with turns:
                try:
                    await self.act(ActKind.RETRY_SYSTEM, request_id, by=by, reason=reason, system=system)
                except (WrongStage, BadInput, NotAllowed):
                    return False  # it answered, or the request ended, meanwhile; or it is another's to work on
                return True

        waiting = await self._waiting_for(system)
        told = await asyncio.gather(*map(retried, waiting))
        return Retried(system=system, requests=tuple(one for one, so in zip(waiting, told, strict=True) if so))

    async def _waiting_for(self, system: str) -> list[RequestId]:
        found: list[RequestId] = []
        cursor: str | None = None
        while True:
            wanted = RequestFilter(open=True, waits_for=system, limit=_PAGE, cursor=cursor)
            async with self._ledger.begin() as tx:
                rows = await tx.find(wanted)
            found += [row.id for row in rows]
            if len(rows) < _PAGE:
                return found
            cursor = rows[-1].place
