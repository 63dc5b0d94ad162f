"""Whether what a system says of a change is about what it was asked to change. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from habeas.connector import Change, Rectify, Restrict, Stop
from habeas.outcomes import ObjectOutcome

__all__ = ["tells_of"]


def tells_of(change: Change, outcomes: Iterable[ObjectOutcome]) -> bool:
    """Each field to be corrected, each object to be marked and nothing else; of a `Stop`, anything at all.

    Which objects bear the mark of a purpose only the system knows (see `habeas.connector.Changing.change`).
    """
    told = {(one.collection, one.key, one.field) for one in outcomes}
    match change:
        case Rectify():
            return told == {(one.collection, one.key, one.field) for one in change.fields}
        case Restrict():
            return {one[:2] for one in told} == {(one.collection, one.key) for one in change.objects}
        case Stop():
            return bool(told)
