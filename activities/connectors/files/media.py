"""What kind of file some bytes are, by the bytes: a name and a noted type say what somebody wished."""

from __future__ import annotations

import puremagic

__all__ = ["media_type"]

_HEAD = 64 * 1024
_UNKNOWN = "application/octet-stream"


def media_type(content: bytes) -> str:
    """A media type (RFC 6838). Text of any kind is ``text/plain``: nothing runs it."""
    head = content[:_HEAD]
    if _is_text(head):
        return "text/plain"
    try:
        return puremagic.from_string(head, mime=True) or _UNKNOWN
    except (puremagic.PureError, ValueError):
        return _UNKNOWN


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return not head
    try:
        # The end of the head may cut a letter in two.
        head.decode("utf-8") if len(head) < _HEAD else head[:-4].decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        return len(head) >= _HEAD and error.start >= len(head) - 8
    return not head.startswith(b"%PDF")
