"""When the person answered a question that the clock waits for: on that day what was awaited is there."""

from __future__ import annotations

from datetime import datetime

from activities.ledger import PauseRow, Tx
from activities.messages import MESSAGES, Message, MessageKind
from habeas.acts import ActKind

__all__ = ["answered_at"]


async def answered_at(tx: Tx, request_id: str, pause: PauseRow) -> datetime | None:
    """The first answer to the newest question, of somebody who had given a code from the address on record.

    A law's clock waits until the controller receives what it asked for (UK GDPR 12A(5)(b)), not until somebody has
    read it. Whether it is an answer, staff say by resuming; what they ask again counts from the newer question on.

    Returns:
        None where the pause is for something else, a fee was asked besides, or the person said nothing on their page.
    """
    taken = [(act, act.accepted_at) for act in await tx.acts(request_id) if act.accepted_at is not None]
    asked = [(act.id, at) for act, at in taken if act.kind == ActKind.ASK]
    since = dict(asked).get(pause.id)
    if since is None or any(act.kind == ActKind.CHARGE and at >= since for act, at in taken):
        return None
    newest = max(at for _, at in asked)
    found = [await tx.unseal(request_id, name, Message) for name in await tx.sealed_names(request_id, MESSAGES)]
    answers = (one for one in found if one is not None and one.proven and one.kind is MessageKind.ANSWER)
    return min((one.at for one in answers if one.at >= newest), default=None)
