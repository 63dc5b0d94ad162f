"""Requests of the same person that came in before Habeas, or beside it, as staff state them; sealed with their act."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from habeas.model import Frozen

__all__ = ["AskedOutside"]


class AskedOutside(Frozen):
    """On which days, and where that is written down."""

    days: tuple[date, ...] = Field(min_length=1, max_length=50)
    """Of receipt; for a correction that was denied, of the denial."""
    record: str = Field(min_length=3, max_length=2000, repr=False)
