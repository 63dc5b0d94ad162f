"""Payloads of Temporal that somebody looks at in its UI: whose they may open, and the evidence that they did."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import structlog

from habeas.access import Scope
from habeas.errors import UnknownRequest
from habeas.evidence import Tag
from habeas.model import request_of
from workers.office.intake import words
from workers.office.room import Room

__all__ = ["DECODED", "Decoding"]

log = structlog.get_logger(__name__)

DECODED = "payloads_decoded"
"""Somebody looked at sealed payloads of these workflows."""


class Decoding(Room):
    """Methods on sealed payloads."""

    async def may_decode(self, asked: Mapping[str, int], *, by: str) -> frozenset[str]:
        """Of which of these workflows somebody may open payloads now. Each request has in its evidence that they do.

        What is of no single request is opened for whoever works for every controller here; it stands in the log.

        Args:
            asked: how many payloads, by workflow id.
            by: who looks.

        Raises:
            NotAllowed: they may decode nothing.
        """
        self.demand(Scope.TEMPORAL_DECODE)
        actor, now = self.actor(words("by", by, 200)), self._now()
        allowed: set[str] = set()
        async with self._ledger.begin() as tx:
            for workflow_id, payloads in sorted(asked.items()):
                request_id = request_of(workflow_id)
                if request_id is None:
                    allowed |= {workflow_id} if self._ledger.whole else set()
                    continue
                try:
                    row = await tx.request_row(request_id)
                except UnknownRequest:
                    continue
                if self.may(Scope.TEMPORAL_DECODE, row.controller):
                    facts = {"payloads": payloads}
                    dedupe = f"decoded/{uuid.uuid4()}"
                    await tx.record(request_id, Tag.TEMPORAL_DECODED, at=now, actor=actor, facts=facts, dedupe=dedupe)
                    allowed.add(workflow_id)
        log.info(DECODED, actor=actor, workflows=sorted(allowed), refused=len(asked.keys() - allowed))
        return frozenset(allowed)
