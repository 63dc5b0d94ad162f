"""What may be done with restricted data all the same: what the person who had it restricted asks for (GDPR 18(2))."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable

from activities.finding import load_graph
from activities.ledger import Tx
from activities.parts import Parts
from activities.plans import keepers_of
from activities.staying import Keepers
from habeas.errors import KeyDestroyed
from habeas.model import Identifier, Request, Right
from habeas.outcomes import Fate, ObjectOutcome
from habeas.staying import Place

__all__ = ["CONSENTED", "MARKED", "consented", "despite_restriction"]

CONSENTED = "consented"
"""Restricted, and corrected since the person who had it restricted asked for that."""
MARKED = "marked"
"""Restricted, and marked as no longer used for something: that is no use of it."""
_SETTLED = frozenset({Fate.RECTIFIED, Fate.STOPPED})


async def consented(tx: Tx, request: Request, system: str, places: Some[Place], keepers: Keepers) -> frozenset[Place]:
    """Those of these restricted objects that this request may correct all the same.

    Whoever asks for a correction consents to it, so that a value that was restricted because it is contested is
    corrected. One restriction that somebody else asked for keeps an object as it is, and so does an erasure's or any
    other right's request: the consent is to a correction.
    """
    if request.right is not Right.RECTIFICATION:
        return frozenset()
    restricted = await keepers.restricted(system, places)
    asked_by = frozenset[str]().union(*restricted.values())
    if not asked_by:
        return frozenset()
    own = (await load_graph(tx, request.id)).own()
    theirs = {one for one in sorted(asked_by) if await _same_person(tx, one, own, request.controller)}
    return frozenset(place for place, requests in restricted.items() if requests <= theirs)


async def despite_restriction(
    tx: Tx, request: Request, system: str, outcomes: Iterable[ObjectOutcome], parts: Parts
) -> tuple[ObjectOutcome, ...]:
    """The outcomes; those of restricted objects that were corrected or marked all the same say so, and the provision.

    A mark that a use has stopped may be set whoever restricted the object: it leaves the data as it is and lets less be
    done with it, which is what a restriction is for.
    """
    listed = tuple(outcomes)
    places = {_place(one) for one in listed if one.fate in _SETTLED}
    if not places:
        return listed
    keepers = await keepers_of(tx, request, parts)
    if request.right is Right.RECTIFICATION:
        reason, found = CONSENTED, await consented(tx, request, system, places, keepers)
    else:
        reason, found = MARKED, frozenset(await keepers.restricted(system, places))
    said = {"reason": reason, "law": keepers.restriction}
    return tuple(
        one.model_copy(update=said) if one.fate in _SETTLED and _place(one) in found else one for one in listed
    )


async def _same_person(tx: Tx, other: str, own: Iterable[Identifier], controller: str) -> bool:
    """Whether a request for restriction was made under an identifier that leads to this person and nobody else.

    What they asked another controller for, only that one may take back.
    """
    if (await tx.request(other)).controller != controller:
        return False
    try:
        subject = await tx.subject(other)
    except KeyDestroyed:
        return False
    return not frozenset(subject.identifiers).isdisjoint(own)


def _place(outcome: ObjectOutcome) -> Place:
    return outcome.collection, outcome.key
