"""Marking a comment's whole text for redaction, and telling whether anything is left of it.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#redact-ticket-comment-in-agent-workspace:
what is between ``<redact>`` tags becomes ▇; an element with the attribute ``redact`` loses itself, not its text.
"""

from __future__ import annotations

import re

__all__ = ["is_blank", "marked"]

_TOKEN = re.compile(r"(<[^>]*>)")
_TELLING = re.compile(r"\b(?:href|src|srcset|title|alt|data-[\w-]+)\s*=", re.IGNORECASE)
_NOTHING = re.compile(r"(?:▇|\s|&nbsp;|&#160;|\xa0)*")
_END = re.compile(r"\s*/?>$")


def marked(html: str) -> str:
    """The same HTML with all that tells something marked to go."""
    return "".join(_marked(one) for one in _TOKEN.split(html))


def is_blank(html: str) -> bool:
    """Whether it tells nothing any more: no text, no link, no picture."""
    return not any(_tells(one) for one in _TOKEN.split(html))


def _marked(token: str) -> str:
    if not _tells(token):
        return token
    if token.startswith("<"):
        end = _END.search(token)
        at = end.start() if end else len(token)
        return f"{token[:at]} redact{token[at:]}"
    return f"<redact>{token}</redact>"


def _tells(token: str) -> bool:
    if token.startswith("<") and token.endswith(">"):
        return _TELLING.search(token) is not None
    return _NOTHING.fullmatch(token) is None
