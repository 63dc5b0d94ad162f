"""Keys of objects in canonical JSON: Zendesk's ids."""

from __future__ import annotations

import json

from habeas.errors import Quarantine

__all__ = ["ids_of", "key_of"]


def key_of(*ids: int) -> str:
    """``[17]``; ``[17,4]`` is a comment after its ticket, and a copied ticket before who is copied."""
    return json.dumps(list(ids), separators=(",", ":"))


def ids_of(key: str, count: int) -> tuple[int, ...]:
    """And back.

    Raises:
        Quarantine: it is no key of Zendesk's.
    """
    try:
        found = json.loads(key)
    except ValueError:
        found = None
    if not isinstance(found, list) or len(found) != count or not all(type(one) is int for one in found):
        raise Quarantine("A key or a place to go on from is none of Zendesk's.")
    return tuple(found)
