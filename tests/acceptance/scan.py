"""Looking for texts that must not be there, however they are written down."""

import base64
import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote

ALPHABETS = (base64.b64encode, base64.urlsafe_b64encode)


def forms(text: str) -> dict[str, frozenset[bytes]]:
    """Every way in which a text may lie in bytes, in lower case, by the name of the way."""
    spellings = {text, text.lower(), text.upper(), text.title()}
    return {
        "utf-8": _all(each.encode() for each in spellings),
        "utf-16": _all(each.encode(kind) for each in spellings for kind in ("utf-16-le", "utf-16-be")),
        "base64": _all(part for each in spellings for part in _base64(each.encode())),
        "hex": _all(each.encode().hex().encode() for each in spellings),
        "percent": _all(part.encode() for each in spellings for part in _percent(each)),
        "json": _all(part.encode() for each in spellings for part in _json(each)),
    }


def _all(parts: Iterable[bytes]) -> frozenset[bytes]:
    return frozenset(part.lower() for part in parts)


def _base64(content: bytes) -> Iterable[bytes]:
    """What is certain of it, wherever in a longer text it begins."""
    for before in range(3):
        for encode in ALPHABETS:
            known = encode(b"\0" * before + content)
            yield known[-(-before * 8 // 6) : (before + len(content)) * 8 // 6]


def _percent(text: str) -> Iterable[str]:
    yield quote(text, safe="")
    yield "".join(f"%{byte:02x}" for byte in text.encode())


def _json(text: str) -> Iterable[str]:
    yield json.dumps(text)[1:-1]
    units = text.encode("utf-16-be")
    yield "".join(f"\\u{units[n] << 8 | units[n + 1]:04x}" for n in range(0, len(units), 2))


class Scanner:
    """Looks for secrets in bytes."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms = [
            (name, way, form) for name, text in secrets.items() for way, found in forms(text).items() for form in found
        ]

    def find(self, content: bytes) -> dict[str, str]:
        """Which secrets are in there, each with the way it is written and what stands around it."""
        lower, found = content.lower(), dict[str, str]()
        for name, way, form in self._forms:
            place = lower.find(form)
            if place >= 0:
                around = content[max(0, place - 60) : place + len(form) + 20]
                found[f"{name} as {way}"] = around.decode(errors="replace")
        return found

    def look(self, places: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
        """The places in which there is a secret; empty if all is well."""
        return {place: found for place, content in places.items() if (found := self.find(content))}
