"""Pages that follow each other: one that leads to itself would be asked for for ever."""

from __future__ import annotations

from habeas.errors import Quarantine

__all__ = ["further", "refuse_same_page"]


def refuse_same_page(system: str, before: object, following: object) -> None:
    """Refuse to go on where a service names the page that was just read as the next one.

    Raises:
        Quarantine: it does.
    """
    if following == before:
        raise Quarantine(f"{system} gives the same page again and again.", system=system)


def further(system: str, before: int, following: int) -> int:
    """Where to go on in a list that is asked for in the order of its numbers, above the last one that was given.

    Raises:
        Quarantine: it is not above: the service minds neither order nor bound.
    """
    if following <= before:
        raise Quarantine(f"{system} gives the same page again and again.", system=system)
    return following
