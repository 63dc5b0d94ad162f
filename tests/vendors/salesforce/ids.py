"""Record ids.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/field_types.htm (ID field type): three characters name
the object, 15 characters are the id, three more make it safe where case does not count.
"""

import re

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?")


def long_form(value: str) -> str | None:
    """The id of 18 characters; None for what is no id."""
    if not _SHAPE.fullmatch(value):
        return None
    short = value[:15]
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << place for place, letter in enumerate(short[start : start + 5]) if letter.isupper())
        suffix += _ALPHABET[bits]
    return short + suffix


def make(prefix: str, number: int) -> str:
    """An id of 18 characters for the ``number``th record of an object."""
    digits = ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    made = long_form(f"{prefix}Qy0000{digits}")
    if made is None:
        raise ValueError(f"{prefix} is no key prefix")
    return made
