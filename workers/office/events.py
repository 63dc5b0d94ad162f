"""What happens, as it happens, for programs that listen."""

from __future__ import annotations

from activities.ledger import Placed
from habeas.access import Scope
from habeas.errors import UnknownRequest
from habeas.model import Frozen
from workers.office.room import Room

MOST = 200


class News(Frozen):
    """What happened after a place in the line of events."""

    events: tuple[Placed, ...]
    position: int
    """Where to go on: nothing before it is missed."""
    more: bool
    """Whether there is more already."""


class Listening(Room):
    """Methods on events."""

    async def events_after(self, position: int | None) -> News:
        """Events of the requests that one may see, at most 200.

        Args:
            position: of the last one that is known; None for the end: nothing that was before.
        """
        self.demand(Scope.REQUESTS_READ)
        # Not left to the workers: who listens hears what happens while none runs.
        async with self._ledger.begin() as tx:
            await tx.place_events()
        async with self._ledger.begin() as tx:
            last = await tx.last_position()
            start = last if position is None else min(position, last)
            found = await tx.placed_after(start, last, self.reach(Scope.REQUESTS_READ), MOST)
        more = len(found) == MOST
        return News(events=found, position=found[-1].position if more else last, more=more)

    async def happened(self, request_id: str) -> int:
        """How many events a request's evidence has: it grows by whatever happens, whether others are told or not.

        Raises:
            UnknownRequest: there is none.
        """
        async with self._ledger.begin() as tx:
            found = await tx.length(request_id)
        if not found:
            raise UnknownRequest
        return found
