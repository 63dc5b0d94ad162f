"""How often somebody may do something. For one process, in memory."""

from __future__ import annotations

from datetime import UTC, datetime

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

__all__ = ["Throttle"]


class Throttle:
    """So many times a minute, by key."""

    def __init__(self, per_minute: int) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(per_minute)

    def hit(self, key: str) -> int:
        """Once more: 0, or the seconds to wait where that is too often, and it was not counted."""
        return 0 if self._window.hit(self._limit, key) else self._wait(key)

    def full(self, key: str) -> int:
        """Whether once more would be too often: 0, or the seconds to wait."""
        return 0 if self._window.test(self._limit, key) else self._wait(key)

    def _wait(self, key: str) -> int:
        free_at = self._window.get_window_stats(self._limit, key).reset_time
        return max(1, round(free_at - datetime.now(UTC).timestamp()))
