"""Delivery reports of mail servers: which of our letters it is about, and whether it failed for good.

Most are written as RFC 3464 says. Those of servers that never learnt it (qmail, Yahoo, old Exim and Postfix) are told
apart from other mail by flufl.bounce, the detectors that Mailman uses. Nothing of a report is kept or logged but the
letter's id and the status code: the rest names the person.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Iterator, Sequence
from email import message_from_bytes, message_from_string, policy
from email.errors import MessageError
from email.message import Message
from enum import StrEnum
from typing import NamedTuple

from flufl.bounce import all_failures

from habeas.errors import BadInput

__all__ = ["LARGEST", "LETTER_HEADER", "Fate", "Report", "read_report"]

LARGEST = 10 * 1024 * 1024
"""Octets of a report that are read; one with the whole letter in it is far smaller."""

LETTER_HEADER = "X-Habeas-Letter"
"""Names the letter where a relay gives it a Message-ID of its own, as Amazon SES does."""

_LETTER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_QUOTED = re.compile(
    rf"^[>|\s]*(?:{LETTER_HEADER}|Message-ID)\s*:\s*<?({_LETTER.pattern})", re.IGNORECASE | re.MULTILINE
)
"""A header of the letter, in the text of a report that brings it back as text."""
_RETURNED = (LETTER_HEADER, "Message-ID", "X-Google-Original-Message-ID")
_NAMED = ("Original-Envelope-Id", "X-Original-Message-ID", "Original-Message-ID")
"""What the report itself may name it by; the second is Gmail's."""
_STATUSES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Fate(StrEnum):
    """What the report says of the letter, the worst first."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"


class Report(NamedTuple):
    """One report, without anybody's address."""

    letter_id: str
    fate: Fate
    status: str | None


def read_report(mail: bytes) -> Report:
    """Read a delivery report.

    Args:
        mail: the whole message, as the mail server hands it over.

    Raises:
        BadInput: it is too large, no delivery report, or not about a letter of ours. The message says nothing of it.
    """
    if len(mail) > LARGEST:
        raise BadInput("This message is too large for a delivery report.", field="body")
    try:
        message = message_from_bytes(mail, policy=policy.compat32)
    except (MessageError, ValueError, LookupError):
        raise BadInput("This is not a message that can be read.", field="body") from None
    notices = list(_notices(message))
    fate = _fate(notices) or _fate_in_words(message)
    if fate is None:
        raise BadInput(
            "This is not a delivery report: pipe only those here, and keep a copy of all in the mailbox.", field="body"
        )
    letter_id = _letter(message, notices)
    if letter_id is None:
        raise BadInput(
            "This delivery report does not say which letter it is about, or it is not one of ours.", field="body"
        )
    return Report(letter_id, fate, _status(notices))


def _notices(message: Message) -> Iterator[Message]:
    """The groups of fields of the report: one about the message, then one for each recipient."""
    for part in message.walk():
        if part.get_content_type() not in _STATUSES:
            continue
        for group in _inside(part):
            yield group
            # Of the international form (RFC 6533) the parser takes the first group for a whole message.
            rest = group.get_payload()
            for text in re.split(r"\r?\n\r?\n", rest) if isinstance(rest, str) else ():
                yield message_from_string(text, policy=policy.compat32)


def _inside(part: Message) -> Sequence[Message]:
    """What a part of type ``message/...`` holds, also where a server encoded it, which RFC 2046 forbids."""
    payload = part.get_payload()
    held = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding not in {"base64", "quoted-printable"}:
        return held
    text = "\n".join(one.as_string() for one in held).encode("ascii", "ignore")
    try:
        content = base64.b64decode(text) if encoding == "base64" else quopri.decodestring(text)
    except binascii.Error:
        return held
    opened = message_from_bytes(f"Content-Type: {part.get_content_type()}\r\n\r\n".encode() + content)
    return _inside(opened)


def _letter(message: Message, notices: Iterable[Message]) -> str | None:
    """The letter's id: by the envelope id that we gave, else by a header of what the report brings back."""
    named = [one.get(name) for one in notices for name in _NAMED]
    for part in message.walk():
        kind = part.get_content_type()
        if kind.startswith("message/"):
            named += [one.get(name) for one in _inside(part) for name in _RETURNED]
        elif kind == "text/rfc822-headers":
            named += [_headers(part).get(name) for name in _RETURNED]
    found = (_LETTER.search(str(text).lower()) for text in named if text)
    return next((match.group() for match in found if match), None) or _letter_in_words(message)


def _letter_in_words(message: Message) -> str | None:
    texts = (_decoded(part).decode("ascii", "replace") for part in message.walk() if not part.is_multipart())
    return next((match[1].lower() for text in texts if (match := _QUOTED.search(text))), None)


def _headers(part: Message) -> Message:
    return message_from_bytes(_decoded(part), policy=policy.compat32)


def _decoded(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _fate(notices: Iterable[Message]) -> Fate | None:
    """Failed where any recipient's delivery failed; a letter of ours has one. None where nothing is said of any."""
    said = {_said(one) for one in notices}
    return next((fate for fate in Fate if fate in said), None)


def _said(notice: Message) -> Fate | None:
    """By the action; where a server has a word of its own for it ("error"), by the class of the status."""
    action = str(notice.get("Action", "")).strip().lower()
    if action.startswith("fail"):
        return Fate.FAILED
    if action == "delayed":
        return Fate.DELAYED
    if action in {"delivered", "relayed", "expanded"}:
        return Fate.DELIVERED
    return {"5": Fate.FAILED, "4": Fate.DELAYED, "2": Fate.DELIVERED}.get(str(notice.get("Status", "")).strip()[:1])


def _fate_in_words(message: Message) -> Fate | None:
    """Of a report for people: what the detectors make of its words."""
    try:
        delayed, failed = all_failures(message)
    except Exception:  # noqa: BLE001 - a detector stumbled over mail that is no report, and its error quotes that mail
        return None
    return Fate.FAILED if failed else Fate.DELAYED if delayed else None


def _status(notices: Iterable[Message]) -> str | None:
    found = (_STATUS.match(str(one.get("Status", "")).strip()) for one in notices)
    return next((match.group() for match in found if match), None)
