"""Signatures by the Standard Webhooks specification 1.0: HMAC-SHA256 over id, time and body.

An answer is signed over the id of its call as well, so that nobody can give an old answer to a new question. Its own
library brings an HTTP client along that is not kept any more; the scheme is these few lines.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

__all__ = ["BadSignature", "Signer"]

ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_PREFIX = "whsec_"
_SHORTEST = 24
"""Bytes of a secret, at least (the specification's bound)."""
TOLERANCE = timedelta(minutes=5)
"""How far the clocks of both sides may differ, and how long a message may be under way."""


class BadSignature(Exception):
    """A message is not signed as it should be. Says nothing of why: whoever signs wrongly is told no more."""


class Signer:
    """Signs with the first of the secrets and accepts each: so a secret is changed without a break.

    Args:
        secrets: ``whsec_`` and 24 to 64 bytes in base64, as the specification writes them.

    Raises:
        ValueError: there is none, or one is not of that form.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets:
            raise ValueError("at least one secret is needed")
        self._keys = tuple(_key(secret) for secret in secrets)

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """The headers that go with a message."""
        seconds = str(int(at.timestamp()))
        return {ID: message_id, TIME: seconds, SIGNATURE: f"v1,{_signature(self._keys[0], message_id, seconds, body)}"}

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime, *, message_id: str | None = None) -> str:
        """The id of a message that is rightly signed, and not too old.

        Args:
            headers: the message's, with names in lower case.
            body: as it came, byte for byte.
            now: the time.
            message_id: the id that it must have; None for any.

        Raises:
            BadSignature: it is not.
        """
        try:
            said, seconds, signatures = headers[ID], headers[TIME], headers[SIGNATURE]
            age = abs(int(now.timestamp()) - int(seconds))
        except (KeyError, ValueError):
            raise BadSignature from None
        # As bytes: text beyond ASCII is a wrong signature, and `compare_digest` would raise TypeError for it.
        given = [one[3:].encode(errors="replace") for one in signatures.split() if one.startswith("v1,")]
        right = [_signature(key, said, seconds, body).encode() for key in self._keys]
        # Every pair is compared, so that the time tells nothing.
        matches = sum(hmac.compare_digest(one, each) for one in given for each in right)
        if not matches or age > TOLERANCE.total_seconds() or message_id not in (None, said):
            raise BadSignature
        return said


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise ValueError("a secret is whsec_ and base64") from None
    if not secret.startswith(_PREFIX) or len(key) < _SHORTEST:
        raise ValueError(f"a secret is whsec_ and at least {_SHORTEST} bytes in base64")
    return key


def _signature(key: bytes, message_id: str, seconds: str, body: bytes) -> str:
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
