"""Telling people that what their erasure had kept is gone: the request ends with it, and its first letter said so."""

from __future__ import annotations

import structlog
from temporalio import activity

from activities.keeping import TellOrder, TellReport
from activities.letters import Kind
from activities.model import LetterOrder
from activities.notify import LetterActivities
from activities.parts import Parts
from habeas.errors import BadInput, ConfigurationError, KeyDestroyed, SealBroken

log = structlog.get_logger(__name__)

NOT_TOLD = "kept_ended_not_told"
"""Of one request nobody could be told of what has ended: the next sweep tries again."""


class KeptEndedActivities:
    """Letters of the sweep to people."""

    def __init__(self, parts: Parts, letters: LetterActivities) -> None:
        self._parts = parts
        self._letters = letters

    @activity.defn(name="tell_what_has_ended")
    async def tell(self, order: TellOrder) -> TellReport:
        """Write to the next people, one letter each for all that has ended. The same order again sends nothing twice.

        Raises:
            Transient: the mail server is away; what is written goes out next time.
        """
        async with self._parts.ledger.begin() as tx:
            ids = await tx.untold(order.limit, order.after)
        told = 0
        for request_id in ids:
            try:
                told += await self._tell(request_id, order)
            except (BadInput, ConfigurationError, KeyDestroyed, SealBroken) as error:
                # One record that is not whole must not keep all others from their letter.
                log.warning(NOT_TOLD, request=request_id, error=error.code)
        return TellReport(told=told, after=ids[-1] if len(ids) == order.limit else None)

    async def _tell(self, request_id: str, order: TellOrder) -> int:
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(request_id, lock=True)
            if new := await tx.unwritten_endings(request_id):
                dedupe = f"{Kind.KEPT_ENDED.value}/{new[-1].isoformat()}"
                letter = LetterOrder(request_id=request_id, at=order.at, kind=Kind.KEPT_ENDED.value, dedupe=dedupe)
                await self._letters.write(tx, request, Kind.KEPT_ENDED, letter)
                await tx.ending_is_written(request_id, dedupe)
            written = await tx.unsent_endings(request_id)
        for dedupe in written:
            await self._letters.deliver(request_id, dedupe, order.at)
            async with self._parts.ledger.begin() as tx:
                await tx.ending_is_told(request_id, dedupe)
        return len(written)
