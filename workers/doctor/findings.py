"""What the doctor finds: one line for each thing looked at, what is wrong with it, and what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from enum import StrEnum

from habeas.model import Frozen

__all__ = ["Finding", "Findings", "Level", "ago", "fine", "not_looked", "odd", "wrong"]


class Level(StrEnum):
    """How it stands."""

    OK = "ok"
    ODD = "odd"
    """It works, and somebody should know."""
    WRONG = "wrong"
    """Requests are not carried out as they should be, or will not be."""
    NOT_LOOKED = "not_looked"


class Finding(Frozen):
    """One thing that was looked at. Names systems and controllers, and nobody."""

    check: str
    level: Level
    said: str
    remedy: str = ""


Findings = Callable[[], AsyncIterator[Finding]]


def fine(check: str, said: str) -> Finding:
    """It is as it should be."""
    return Finding(check=check, level=Level.OK, said=said)


def odd(check: str, said: str, remedy: str) -> Finding:
    """It works, and somebody should know."""
    return Finding(check=check, level=Level.ODD, said=said, remedy=remedy)


def wrong(check: str, said: str, remedy: str) -> Finding:
    """It is to be mended."""
    return Finding(check=check, level=Level.WRONG, said=said, remedy=remedy)


def not_looked(check: str, said: str) -> Finding:
    """It was not looked at, and why."""
    return Finding(check=check, level=Level.NOT_LOOKED, said=said)


def ago(since: datetime | None, now: datetime) -> timedelta:
    """How long ago; nothing for what never was."""
    return timedelta() if since is None else now - since
