"""Identifiers as a service's records hold them, in the one form in which they are compared."""

from __future__ import annotations

from collections.abc import Iterable

from habeas.model import Identifier, normalise
from habeas.written import phone_in

__all__ = ["comparable", "usable"]


def usable(kind: str, written: Iterable[object], region: str | None = None) -> list[Identifier]:
    """Those that can be searched by: what has not the form of its kind is nobody's.

    Args:
        kind: of all of them.
        written: as records hold them; None where one is empty.
        region: the country of phone numbers that are written without its code.
    """
    found = []
    for one in written:
        text = str(one or "")
        try:
            value = phone_in(text, region) if kind == "phone" else normalise(kind, text)
        except ValueError:
            continue
        found.append(Identifier(kind=kind, value=value))
    return found


def comparable(one: Identifier, region: str | None = None) -> tuple[str, str]:
    """What two of them have in common that mean the same, where the service tells no upper from lower case."""
    return one.kind, phone_in(one.value, region) if one.kind == "phone" else one.value.casefold()
