"""Many things a few at a time, as vendors bound what one call may name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["chunks"]

T = TypeVar("T")


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The same things in the same order, at most ``size`` together."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
