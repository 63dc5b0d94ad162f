"""Message ids that were taken, so that nobody gives the same message twice while its signature is good."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from habeas.errors import Transient
from habeas.wire.signing import TOLERANCE

__all__ = ["TakenIds"]

_MOST = 100_000
"""Only whoever has the secret adds to them: one worker makes 3000 in that time, at the pace that is set by default."""

_KEPT = 2 * TOLERANCE + timedelta(seconds=1)  # times in messages are whole seconds


class TakenIds:
    """Those of one process. A message is good for `TOLERANCE` before and after the time that it bears: twice that."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._until: OrderedDict[str, datetime] = OrderedDict()

    def take(self, message_id: str, now: datetime) -> bool:
        """Whether it is new; from now on it is not.

        Raises:
            Transient: there is no room. None is forgotten early, as then it could come again.
        """
        while self._until and next(iter(self._until.values())) < now:
            self._until.popitem(last=False)
        if message_id in self._until:
            return False
        if len(self._until) >= self._most:
            raise Transient("Too many calls within ten minutes.", retry_after=TOLERANCE.total_seconds())
        self._until[message_id] = now + _KEPT
        return True
