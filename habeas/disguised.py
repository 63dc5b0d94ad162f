"""What a text says once its encodings are undone: an address in a link, in JSON or in base64 is an address. Pure."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from habeas.evidence import holds_address

__all__ = ["hides_address", "readings"]

_LAYERS = 3
"""A link in JSON in base64 is three deep."""
_JSON = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){6,}")
_TEXT = 0.75
"""Of what is decoded, so much is printable, or it is no text: a hash or a sealed cursor holds an ``@`` by chance."""
_AS_STANDARD = str.maketrans("-_", "+/")


def readings(text: str) -> Iterator[str]:
    """The text itself, and all that it says when percent signs, escapes, base64 and hexadecimal digits are decoded."""
    seen, layer = {text}, [text]
    yield text
    for _ in range(_LAYERS):
        found = dict.fromkeys(one for outer in layer for one in _decoded(outer))
        layer = [one for one in found if one not in seen]
        seen.update(layer)
        yield from layer


def hides_address(text: str) -> bool:
    """Whether something like an e-mail address is in a text, written out or encoded."""
    return any(holds_address(one) for one in readings(text))


def _decoded(text: str) -> Iterator[str]:
    yield unquote(text)
    yield unquote_plus(text)
    yield html.unescape(text)
    yield _JSON.sub(lambda found: chr(int(found[1], 16)), text)
    for token in _BASE64.findall(text):
        # It may stand behind letters that are not part of it: a version, a name.
        yield from (said for start in range(4) if (said := _of_base64(token[start:])) is not None)
    for token in _HEX.findall(text):
        if (said := _as_text(bytes.fromhex(token))) is not None:
            yield said


def _of_base64(token: str) -> str | None:
    whole = token.translate(_AS_STANDARD)
    if len(whole) % 4 == 1:
        whole = whole[:-1]
    try:
        return _as_text(base64.b64decode(whole + "=" * (-len(whole) % 4)))
    except binascii.Error:
        return None


def _as_text(content: bytes) -> str | None:
    text = content.decode(errors="replace")
    printable = sum(one.isprintable() and one != "\ufffd" for one in text)
    return text if printable >= _TEXT * len(text) else None
