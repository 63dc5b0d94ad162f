"""All that a person wrote: with what the request was opened, and what came after."""

from __future__ import annotations

import unicodedata

from activities.ledger import Tx
from activities.messages import MESSAGES, Message, MessageKind
from habeas.errors import KeyDestroyed, UnknownRequest
from habeas.particulars import Particulars

__all__ = ["OPENED_WITH", "has_written", "printable", "written"]

OPENED_WITH = "opened-with"
"""The id of the words with which a request was opened; they are kept with the person, not as a message."""


async def written(tx: Tx, request_id: str) -> tuple[Message, ...]:
    """Oldest first, files by name.

    Raises:
        UnknownRequest, KeyDestroyed: there is none any more.
    """
    first = await _opened_with(tx, request_id)
    after = [await tx.unseal(request_id, name, Message) for name in await tx.sealed_names(request_id, MESSAGES)]
    return tuple(sorted((one for one in (first, *after) if one is not None), key=lambda one: (one.at, one.id)))


async def has_written(tx: Tx, request_id: str) -> bool:
    """Whether there is anything of it, and can be read still."""
    try:
        if await tx.sealed_names(request_id, MESSAGES):
            return True
        return await _opened_with(tx, request_id) is not None
    except (UnknownRequest, KeyDestroyed):
        return False


async def _opened_with(tx: Tx, request_id: str) -> Message | None:
    request, subject = await tx.request(request_id), await tx.subject(request_id)
    note, situation = subject.note or "", Particulars.of(subject).situation
    if not (note.strip() or situation):
        return None
    return Message(
        id=OPENED_WITH,
        kind=MessageKind.OPENING,
        at=request.received_at,
        proven=False,
        text=printable(note),
        situation=printable(situation) if situation else None,
    )


def printable(text: str) -> str:
    """Without control characters, which a terminal would obey, and lone surrogates."""
    lines = text.replace("\r\n", "\n")
    return "".join(char for char in lines if char == "\n" or unicodedata.category(char) not in {"Cc", "Cs"})
