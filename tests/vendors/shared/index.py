"""A search index that runs behind the records."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from tests.vendors.shared.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LaggingIndex(Generic[K, V]):
    """Shows what was written ``lag`` ago: new records too late, and gone ones for too long."""

    def __init__(self, clock: Clock, lag: timedelta) -> None:
        self._clock = clock
        self.lag = lag
        self._writes: dict[K, list[tuple[datetime, V | None]]] = {}

    def write(self, key: K, value: V | None, *, at_once: bool = False) -> None:
        """Index the value, or with None its removal; ``at_once`` for what was there before the test began."""
        seen_from = self._clock.now() + (timedelta(0) if at_once else self.lag)
        self._writes.setdefault(key, []).append((seen_from, value))

    def visible(self) -> dict[K, V]:
        """What a search sees now."""
        now = self._clock.now()
        shown: dict[K, V] = {}
        for key, writes in self._writes.items():
            past = [value for seen_from, value in writes if seen_from <= now]
            if past and past[-1] is not None:
                shown[key] = past[-1]
        return shown
