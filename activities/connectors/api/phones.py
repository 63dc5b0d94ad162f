"""Phone numbers as they are dialled."""

from __future__ import annotations

__all__ = ["EXIT", "dialled", "is_international"]

EXIT = "00"
"""What is dialled before a country's code where no + is written."""


def is_international(number: str) -> bool:
    """A number in its normal form begins with a country's code."""
    return number.startswith(("+", EXIT))


def dialled(number: str) -> str:
    """A number in its normal form, with ``+`` for ``00``: two that reach the same phone are equal."""
    return "+" + number.removeprefix(EXIT) if number.startswith(EXIT) else number
