"""Whether an appeal, a complaint or a grievance comes from the person whose request it names.

Anybody can write down the number of somebody else's request. What is known of that person says whose it is: what was
proven by it, and where it was written to.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from activities.finding import load_graph
from activities.ledger import Tx
from habeas.errors import KeyDestroyed, UnknownRequest
from habeas.model import REMEDIES, Identifier, Request, Subject
from habeas.particulars import Particulars

__all__ = ["earlier_request", "is_same_person", "shares_identifier"]


async def earlier_request(tx: Tx, request: Request) -> Request | None:
    """The request that this one is about, where there is such a one of its controller's."""
    if request.right not in REMEDIES:
        return None
    about = Particulars.of(await tx.subject(request.id)).about
    if about is None:
        return None
    try:
        earlier = await tx.request(about)
    except UnknownRequest:
        return None
    return earlier if earlier.controller == request.controller else None


async def is_same_person(tx: Tx, request: Request) -> bool | None:
    """Whether who asks is shown to be the person of the request that theirs names.

    Either what they give matches that request, or a human attested that it is the same person, and said how they know.
    A one-time code alone shows nothing: it proves an address, and a stranger has one too.

    Returns:
        None where no earlier request is named, so that there is nothing to compare.
    """
    earlier = await earlier_request(tx, request)
    if earlier is None:
        return None
    if "attested" in await tx.proofs(request.id):
        return True
    return await shares_identifier(tx, earlier, await tx.subject(request.id))


async def shares_identifier(tx: Tx, earlier: Request, subject: Subject) -> bool:
    """Whether an identifier that somebody gives was proven by an earlier request, or written to in it.

    False once the earlier request's key is destroyed: nothing is left to compare with.
    """
    try:
        known = await _known(tx, earlier.id)
    except KeyDestroyed:
        return False
    return _meet(known, subject.identifiers)


async def _known(tx: Tx, request_id: str) -> tuple[Identifier, ...]:
    written_to = [
        Identifier(kind="email", value=(await tx.letter(row.id)).to)
        for row in await tx.letters(request_id)
        if row.recipient_role == "subject"
    ]
    proven = (await load_graph(tx, request_id)).seeds
    return (*proven, *written_to)


def _meet(known: Iterable[Identifier], given: Iterable[Identifier]) -> bool:
    """Compares every pair in constant time: how long it takes tells nothing of what is known."""
    theirs = [f"{one.kind}:{one.value}".encode() for one in known]
    found = 0
    for one in given:
        for other in theirs:
            found |= hmac.compare_digest(f"{one.kind}:{one.value}".encode(), other)
    return bool(found)
