"""A limit of so many calls in so much time."""

from collections import deque
from datetime import datetime, timedelta

from tests.vendors.shared.clock import Clock


class Window:
    """At most ``limit`` calls in any stretch of ``period``."""

    def __init__(self, clock: Clock, limit: int, period: timedelta) -> None:
        self._clock = clock
        self.limit = limit
        self.period = period
        self._taken: deque[datetime] = deque()

    def take(self) -> bool:
        """Count one call; False, and nothing counted, when the window is full."""
        if self.remaining() < 1:
            return False
        self._taken.append(self._clock.now())
        return True

    def remaining(self) -> int:
        """The calls that may still be made now."""
        oldest = self._clock.now() - self.period
        while self._taken and self._taken[0] <= oldest:
            self._taken.popleft()
        return max(0, self.limit - len(self._taken))

    def used(self) -> int:
        """The calls that count now."""
        return self.limit - self.remaining()

    def wait(self) -> timedelta:
        """How long until one more call may be made."""
        if self.remaining() > 0 or not self._taken:
            return timedelta(0)
        return self._taken[0] + self.period - self._clock.now()
