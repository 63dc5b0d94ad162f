"""Makes anchors over all evidence at intervals, beside the worker, and keeps them outside of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge

from activities.anchor_places import AnchorPlace, AnchorsDiffer, publish
from activities.auditing import all_anchors
from activities.ledger import Ledger
from activities.timestamps import timestamp
from habeas.errors import HabeasError
from workers.office.room import clock
from workers.rounds import rounds

__all__ = ["Anchoring"]

log = structlog.get_logger(__name__)

ANCHORING_FAILED = "evidence_anchoring_failed"
"""Anchoring the evidence failed: it is tried again."""
ANCHORS_DIFFER = "evidence_anchors_differ"
"""The place outside has other anchors than the ledger: somebody changed one of them."""
DIFFER = Gauge("habeas_evidence_anchors_differ", "1 while the place outside has other anchors than the ledger")
OUTSIDE = Gauge("habeas_evidence_anchors_outside", "Anchors that are kept outside of the database")


class Anchoring:
    """Anchors a ledger's evidence. Several may run at once.

    Args:
        ledger: whose evidence.
        place: where anchors are kept outside; None for nowhere.
        every: how often.
        now: the time.
        stamps: the address of a time-stamping authority, which stamps what is new there; None for none.
    """

    def __init__(
        self,
        ledger: Ledger,
        place: AnchorPlace | None,
        every: timedelta,
        now: Callable[[], datetime] = clock,
        stamps: str | None = None,
    ) -> None:
        self._ledger = ledger
        self._place = place
        self._every = every
        self._now = now
        self._stamps = stamps

    async def run(self, stop: asyncio.Event) -> None:
        """Anchor until told to stop."""
        try:
            await rounds(self.once, stop, self._every.total_seconds(), failed=ANCHORING_FAILED)
        finally:
            if self._place is not None:
                await self._place.aclose()

    async def once(self) -> None:
        """Cover what is not covered, and write down outside what is not there."""
        while True:
            async with self._ledger.begin() as tx:
                if await tx.place_anchor(self._now()) is None:
                    break
        if self._place is not None:
            await self._publish(self._place)

    async def _publish(self, place: AnchorPlace) -> None:
        anchors = await all_anchors(self._ledger)
        try:
            new = await publish(place, anchors)
            if new and self._stamps:
                # The last one has the hash of all before.
                last = anchors[-1]
                await place.keep_stamp(last.number, await timestamp(self._stamps, bytes.fromhex(last.hash)))
        except AnchorsDiffer as error:
            DIFFER.set(1)
            log.error(ANCHORS_DIFFER, error=error.code)
        except HabeasError as error:
            log.warning(ANCHORING_FAILED, error=error.code)
        else:
            DIFFER.set(0)
            OUTSIDE.set(len(anchors))
