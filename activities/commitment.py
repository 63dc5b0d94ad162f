"""What evidence knows of a letter's words: a digest that says nothing, until the letter and its salt are shown with it.

A bare digest of a short letter could be guessed. So it is keyed with a salt of the letter's own, which comes from the
request's key and is gone with it: after that nobody can tell of a text whether it was this letter's.
"""

from __future__ import annotations

import hashlib
import hmac

from pydantic import Field

from activities.ledger import Letter
from activities.vault import RequestKey
from habeas.model import Frozen
from habeas.pack_verifier import canonical


class Commitment(Frozen):
    """The digest of one letter, and what it takes to check it."""

    digest: str
    """HMAC-SHA256 in hex, under the salt, of the content's canonical JSON."""
    salt: str = Field(repr=False)
    content: dict[str, str] = Field(repr=False)
    """Personal: its address and its words."""

    @classmethod
    def of(cls, key: RequestKey, letter: Letter) -> Commitment:
        """The letter's, under its request's key: the same each time."""
        salt = key.digest(f"letter/{letter.id}")
        content = {"subject": letter.subject, "text": letter.text, "to": letter.to}
        made = hmac.new(bytes.fromhex(salt), canonical(content), hashlib.sha256)
        return cls(digest=made.hexdigest(), salt=salt, content=content)
