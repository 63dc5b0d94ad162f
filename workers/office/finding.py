"""Finding a person's requests, by an exact identifier only; in the evidence of each it stands who searched."""

from __future__ import annotations

import structlog

from activities.ledger import RequestRow, SearchRow
from activities.ledger.searches import SEARCHES
from habeas.access import Scope
from habeas.errors import BadInput
from habeas.model import Identifier
from workers.office.intake import words
from workers.office.reading import Reading
from workers.office.story import Entry

__all__ = ["SEARCHED", "Finding"]

log = structlog.get_logger(__name__)

SEARCHED = "person_searched"
"""Somebody searched for a person; how many requests were found."""
MOST_IDENTIFIERS = 10


class Finding(Reading):
    """Methods that find a person."""

    async def find_requests(
        self, identifiers: tuple[Identifier, ...], *, by: str, reason: str, controller: str | None = None
    ) -> tuple[Entry, ...]:
        """The requests, open or closed, of whoever is known by one of these. Personal: each gets a mark.

        A search that finds nobody has no request to leave its mark on: it stands beside them, see `searches`.

        Args:
            identifiers: whole, as the person gave them.
            by: who searches.
            reason: why; sealed with every request that is found.
            controller: of this one; unset for all for whom they may look.

        Raises:
            NotAllowed: for no controller, or not for this one, may they look at personal data.
            BadInput: no identifier, or too many at once, or no reason, or there is no such controller.
        """
        actor, why = self.actor(words("by", by, 200)), words("reason", reason)
        if not 1 <= len(identifiers) <= MOST_IDENTIFIERS:
            raise BadInput(f"identifier: give one, or {MOST_IDENTIFIERS} at most.", field="identifier")
        self.refuse_unknown(controller)
        self.demand(Scope.PERSONAL_READ, controller)
        found: list[RequestRow] = []
        among = self.reach(Scope.PERSONAL_READ) if controller is None else [controller]
        async with self._ledger.begin() as tx:
            for one in among:
                for request_id in await tx.of_person(one, identifiers):
                    found.append(await tx.request_row(request_id))
                    await self._mark_view(tx, request_id, "search", by, why)
            if not found:
                await tx.add_search(actor, among, why, self._now())
            entries = await self._entries(tx, found)
        log.info(SEARCHED, actor=actor, found=len(entries))
        return entries

    async def searches(
        self, limit: int = 100, *, sort: str | None = None, cursor: str | None = None
    ) -> tuple[SearchRow, ...]:
        """Searches that found nobody, the newest first; why, for who may look at personal data. Names nobody else.

        Raises:
            BadInput: there is no such sort, or no page ended so.
        """
        turn = SEARCHES.turn(sort, limit, cursor)
        self.demand(Scope.REQUESTS_READ)
        reasons = all(self.may(Scope.PERSONAL_READ, one) for one in self._policies)
        async with self._ledger.begin() as tx:
            return await tx.searches(turn, reasons=reasons)
