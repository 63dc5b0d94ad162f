"""What staff state of a ground before it is taken: an authority's leave, that one was told, who decides about the data.

The law of a ground says whether anything is asked (`habeas.law.Ground.asks`). It is sealed beside its act.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field, JsonValue

from activities.ledger import Tx
from habeas import law
from habeas.acts import ActKind
from habeas.errors import BadInput
from habeas.model import Frozen, Request
from habeas.policy import Policy

__all__ = ["STATED", "STATING", "Stated", "asked_of", "check_stated", "controller_named", "stated_facts"]

STATED = "stated/"
"""Under this and the act's id it is sealed."""

STATING = frozenset({ActKind.REFUSE, ActKind.EXEMPT, ActKind.REDACT})
"""Acts by which something is refused on a ground."""

_CONTROLLER = "controller"


class Stated(Frozen):
    """What was stated with an act."""

    on: date | None = None
    """When the authority allowed it, or was told."""
    what: str = Field(min_length=2, max_length=2000, repr=False)
    """Its reference, or how it was told; or who decides about the data."""


def asked_of(request: Request, policy: Policy, ground: str | None) -> law.AskedOf | None:
    """What staff state of a ground of this request's law; None where nothing is asked."""
    place = policy.answered_in(request.regime, request.jurisdiction)
    if ground is None:
        return None
    found = law.refusal_grounds(request.regime, place, request.right)
    return next((one.asks for one in found if one.code == ground), None)


def check_stated(request: Request, policy: Policy, ground: str | None, said: Stated | None, today: date) -> None:
    """Whether what a ground asks for was stated.

    Raises:
        BadInput: it was not, or something was stated that is not asked for; the message says what is, and by which
            article.
    """
    asks = asked_of(request, policy, ground)
    if asks is None:
        if said is not None:
            raise BadInput("stated: nothing is to be stated of this.", field="stated")
        return
    if said is None:
        if asks.needed:
            raise BadInput(f"stated: {asks.text} ({asks.cite})", field="stated")
        return
    if (said.on is None) != (asks.what == _CONTROLLER):
        needs = "no day" if asks.what == _CONTROLLER else "the day as well"
        raise BadInput(f"stated-on: {needs}. {asks.text} ({asks.cite})", field="stated_on")
    if said.on is not None and said.on > today:
        raise BadInput("stated-on: a day that has been.", field="stated_on")


async def stated_facts(
    tx: Tx, request: Request, policy: Policy, ground: str | None, act_id: str, today: date
) -> dict[str, JsonValue]:
    """What the evidence of an act says of what was stated; checked again, where the act is written down.

    Raises:
        BadInput: as `check_stated`.
    """
    said = await tx.unseal(request.id, f"{STATED}{act_id}", Stated)
    check_stated(request, policy, ground, said, today)
    asks = asked_of(request, policy, ground)
    if asks is None or said is None:
        return {}
    return {"stated": asks.what, **({"stated_on": said.on.isoformat()} if said.on else {})}


async def controller_named(tx: Tx, request: Request, policy: Policy, ground: str | None, act_id: str) -> str | None:
    """Who decides about the data, where staff said so with an act; the person is told."""
    asks = asked_of(request, policy, ground)
    if asks is None or asks.what != _CONTROLLER:
        return None
    said = await tx.unseal(request.id, f"{STATED}{act_id}", Stated)
    return said.what if said else None
