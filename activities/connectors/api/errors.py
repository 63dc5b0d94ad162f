"""What an answer that nobody expected means to the engine. Only statuses and error codes pass, never its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import orjson
from pydantic import JsonValue

from activities.connectors.api.retry_after import retry_after
from habeas.errors import HabeasError, Terminal, Transient

__all__ = ["Refused", "error_codes", "failed"]

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")
_XML_CODE = re.compile(rb"<Code>([A-Za-z][A-Za-z0-9_.-]{0,60})</Code>")
_CODE_KEYS = frozenset({"code", "errorCode", "category", "subCategory", "type", "error", "decline_code", "param"})
_DEEPEST = 4
_BUSY = frozenset({408, 425, 429})
_PASSING = frozenset({"RequestTimeout", "OperationAborted"})
"""Of S3: it gave up waiting for what was sent, or another call was at the same thing; both come as 4xx
(https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)."""
_BROKEN = 500
_REDIRECTED = range(300, 400)
_WHY = {401: "does not accept our credentials", 403: "does not let our credentials do this"}


class Refused(Terminal):
    """A connected system refused the call."""

    def __init__(self, detail: str, *, status: int, codes: tuple[str, ...], system: str) -> None:
        super().__init__(detail, system=system)
        self.status = status
        self.codes = codes
        """The error codes that the answer named: words of the vendor's documentation, nobody's data."""


def failed(system: str, status: int, headers: Mapping[str, str], content: bytes) -> HabeasError:
    """The engine's error for an answer: `Transient` where waiting helps, else `Refused`; `Terminal` for a redirect.

    Who says when to come back (RFC 9110, section 10.2.3) refuses nothing for good, whatever the status.
    """
    codes = tuple(error_codes(content))
    said = f"status {status}{': ' + ', '.join(codes) if codes else ''}"
    wait = retry_after(headers)
    if status in _REDIRECTED:
        return Terminal(f"{system} redirects to another address ({said}).", system=system)
    if status in _BUSY or status >= _BROKEN or wait is not None or _PASSING & set(codes):
        return Transient(f"{system} is busy or broken ({said}).", retry_after=wait, system=system)
    why = _WHY.get(status, "refused the call")
    return Refused(f"{system} {why} ({said}).", status=status, codes=codes, system=system)


def error_codes(content: bytes) -> Iterator[str]:
    """The error codes that an answer names, by the keys that vendors use. Free text is left out, and so is all else."""
    if content.lstrip()[:1] == b"<":
        yield from (found[1].decode() for found in [_XML_CODE.search(content)] if found)
        return
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return
    seen: set[str] = set()
    for key, value in _leaves(found, ""):
        if key in _CODE_KEYS and isinstance(value, str) and _CODE.fullmatch(value) and value not in seen:
            seen.add(value)
            yield value


def _leaves(value: JsonValue, key: str, depth: int = 0) -> Iterator[tuple[str, JsonValue]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, name, depth + 1)
    elif isinstance(value, list):
        for one in value[:20]:
            yield from _leaves(one, key, depth + 1)
    else:
        yield key, value
