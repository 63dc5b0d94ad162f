"""Reference ids: what staff read out on the phone and the person types."""

from __future__ import annotations

import re
import secrets

from habeas.errors import BadInput
from habeas.model import REFERENCE

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans("OIL", "011")


def new_reference() -> str:
    """A new ``HB-XXXX-XXXX-XXXX``: nearly 60 random bits, so that nobody can guess another person's."""
    return "HB-" + "-".join(_group() for _ in range(3))


def _group() -> str:
    # Never four digits: two such groups look like the one-time code that stands in the same letter.
    while (group := "".join(secrets.choice(CROCKFORD) for _ in range(4))).isdecimal():
        pass
    return group


def read_reference(text: str) -> str:
    """The reference that a person meant: any case, spaces or dashes, and O, I, L for 0, 1, 1.

    Raises:
        BadInput: it is not a reference.
    """
    bare = re.sub(r"[\s\-–—_.]", "", text).upper()
    body = bare.removeprefix("HB").translate(_LOOK_ALIKES)
    reference = "HB-" + "-".join(body[start : start + 4] for start in range(0, len(body), 4))
    if not bare.startswith("HB") or not REFERENCE.fullmatch(reference):
        raise BadInput("That is not a request's reference: they look like HB-7K2M-X4QT-90AB.", field="request")
    return reference
