"""Who acts, as a keyed hash: tells two people apart and names neither."""

from __future__ import annotations

import unicodedata

from activities.vault import Vault


def actor_of(vault: Vault, by: str) -> str:
    """A keyed hash of a person's name or account (16 hex digits).

    Spelling does not make two people of one: case, spaces, width and invisible characters do not count.
    """
    seen = "".join(char for char in unicodedata.normalize("NFKC", by) if unicodedata.category(char) != "Cf")
    return vault.fingerprint("actor", " ".join(seen.split()).casefold())[:16]
