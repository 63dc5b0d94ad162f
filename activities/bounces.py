"""Delivery reports of mail servers (RFC 3464): which of our letters it is about, and whether it failed for good.

Nothing of a report is kept or logged but the letter's id and the status code: the rest names the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes, message_from_string, policy
from email.errors import MessageError
from email.message import Message
from enum import StrEnum
from typing import NamedTuple

from habeas.errors import BadInput

__all__ = ["LARGEST", "Fate", "Report", "read_report"]

LARGEST = 10 * 1024 * 1024
"""Octets of a report that are read; one with the whole letter in it is far smaller."""

_LETTER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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
        raise BadInput("This message is too large for a delivery report.")
    try:
        message = message_from_bytes(mail, policy=policy.compat32)
    except (MessageError, ValueError, LookupError):
        raise BadInput("This is not a message that can be read.") from None
    notices = list(_notices(message))
    if not notices:
        raise BadInput(
            "This is not a delivery report (RFC 3464): pipe only those here, and keep a copy of all in the mailbox."
        )
    letter_id = _letter(message, notices)
    if letter_id is None:
        raise BadInput("This delivery report does not say which letter it is about, or it is not one of ours.")
    return Report(letter_id, _fate(notices), _status(notices))


def _notices(message: Message) -> Iterator[Message]:
    """The groups of fields of the report: one about the message, then one for each recipient."""
    for part in message.walk():
        groups = part.get_payload()
        if part.get_content_type() in _STATUSES and isinstance(groups, list):
            for group in (one for one in groups if isinstance(one, Message)):
                yield group
                # Of the international form (RFC 6533) the parser takes the first group for a whole message.
                rest = group.get_payload()
                for text in re.split(r"\r?\n\r?\n", rest) if isinstance(rest, str) else ():
                    yield message_from_string(text, policy=policy.compat32)


def _letter(message: Message, notices: Iterable[Message]) -> str | None:
    """The letter's id: in the envelope id that we gave, else in the Message-ID of what the report brings back."""
    named = [one.get("Original-Envelope-Id") for one in notices]
    for part in message.walk():
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind.startswith("message/") and isinstance(payload, list):
            named += [one.get("Message-ID") for one in payload if isinstance(one, Message)]
        elif kind == "text/rfc822-headers":
            named.append(_headers(part).get("Message-ID"))
    found = (_LETTER.search(str(text).lower()) for text in named if text)
    return next((match.group() for match in found if match), None)


def _headers(part: Message) -> Message:
    content = part.get_payload(decode=True)
    return message_from_bytes(content if isinstance(content, bytes) else b"", policy=policy.compat32)


def _fate(notices: Iterable[Message]) -> Fate:
    """Failed where any recipient's delivery failed; a letter of ours has one."""
    said = {str(one.get("Action", "")).strip().lower() for one in notices}
    if "failed" in said:
        return Fate.FAILED
    return Fate.DELAYED if "delayed" in said else Fate.DELIVERED


def _status(notices: Iterable[Message]) -> str | None:
    found = (_STATUS.match(str(one.get("Status", "")).strip()) for one in notices)
    return next((match.group() for match in found if match), None)
