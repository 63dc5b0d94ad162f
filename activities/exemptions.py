"""What staff refused in part: categories of data that a request does not get, each on a ground of the law's list."""

from __future__ import annotations

from pydantic import Field

from activities.ledger import Tx
from habeas.acts import ActId, ActKind
from habeas.model import Frozen

__all__ = ["Exemption", "exempted"]


class Exemption(Frozen):
    """Why one category was refused."""

    ground: str
    """A code of the regime's closed list."""
    act_id: ActId
    actor: str
    reason: str = Field(default="", repr=False)
    """In the words of staff, as the person is told; empty once the request's key is destroyed."""


async def exempted(tx: Tx, request_id: str) -> dict[str, Exemption]:
    """The categories that were refused, by the policy's ids; of two refusals of one category the first stands.

    Only acts that the request's workflow took count.
    """
    found: dict[str, Exemption] = {}
    for act in await tx.acts(request_id):
        category = act.facts.get("category")
        if act.kind != ActKind.EXEMPT.value or not act.accepted_at or not isinstance(category, str):
            continue
        exemption = Exemption(ground=str(act.facts.get("ground")), act_id=act.id, actor=act.actor, reason=act.reason)
        found.setdefault(category, exemption)
    return found
