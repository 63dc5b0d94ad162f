"""What connected systems say by themselves: that work is done which they had begun."""

from __future__ import annotations

from workers.office.room import Room

CALLED_BACK = "system_called_back"


class Callbacks(Room):
    """Methods on callbacks."""

    async def call_back(self, system: str, handle: str) -> bool:
        """Tell every request that waits for this handle to ask the system now; whether any heard it.

        Whoever calls must have made sure that it is the system that says so. Nothing is believed of it but that it is
        time to ask.

        Raises:
            EngineUnavailable: Temporal does not answer; the system should say it again.
        """
        async with self._ledger.begin() as tx:
            waiting = await tx.awaited_by(system, handle)
        heard = [await self._engine.signal(request_id, CALLED_BACK, system, handle) for request_id in waiting]
        return any(heard)
