"""Unwrapped request keys in memory: few, and not for long."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from activities.vault import RequestKey


class KeyRing:
    """A bounded cache of request keys. Another process may destroy a key, so none is believed for longer than `ttl`.

    Args:
        capacity: keys kept at most; the one unused for longest goes first.
        ttl: seconds until a key is looked up again.
        clock: seconds from any fixed point, never going back.
    """

    def __init__(self, capacity: int = 512, ttl: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._ttl = ttl
        self._clock = clock
        self._keys: OrderedDict[str, tuple[float, RequestKey, bytes]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, request_id: str, wrapped: bytes | None = None) -> RequestKey | None:
        """The key, if it is here and still believed; where it is known how it is stored now, only if it is that one."""
        found = self._keys.get(request_id)
        if found is None:
            return None
        until, key, stored = found
        if self._clock() >= until or (wrapped and stored and wrapped != stored):
            del self._keys[request_id]
            return None
        self._keys.move_to_end(request_id)
        return key

    def put(self, request_id: str, key: RequestKey, wrapped: bytes = b"") -> None:
        """Keep a key, and how it is stored, if that is known: another may take its place (`Endings.narrow_key`)."""
        self._keys[request_id] = (self._clock() + self._ttl, key, wrapped)
        self._keys.move_to_end(request_id)
        while len(self._keys) > self._capacity:
            self._keys.popitem(last=False)

    def drop(self, request_id: str) -> None:
        """Forget a key."""
        self._keys.pop(request_id, None)
