"""How long a system asks to be left alone (RFC 9110, section 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

__all__ = ["retry_after"]

LONGEST = 24 * 60 * 60.0
"""Seconds. A system that asks for more is asked again after a day: daily limits are the longest that vendors have."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the system may be called again, if it said so.

    A date is counted from the answer's own ``Date``, so that clocks that differ do no harm.
    """
    said = headers.get("retry-after")
    if said is None:
        return None
    try:
        seconds = float(said)
    except ValueError:
        seconds = _until(said, headers.get("date"))
    return min(seconds, LONGEST) if seconds > 0 else None  # NaN compares false


def _until(date: str, now: str | None) -> float:
    try:
        return (parsedate_to_datetime(date) - parsedate_to_datetime(now or "")).total_seconds()
    except (ValueError, TypeError):
        return 0.0
