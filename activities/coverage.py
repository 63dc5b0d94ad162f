"""What a copy leaves out, and how the person is told: by the law, by who decides over the data, by a refusal."""

from __future__ import annotations

from activities.clockface import place_of
from activities.exemptions import Exemption, exempted
from activities.ledger import Tx
from activities.letters import RefusedPart
from activities.letters.wording import lookup
from habeas import law
from habeas.coverage import LeftOut, Why, left_out
from habeas.model import Request
from habeas.policy import Policy

__all__ = ["Coverage", "coverage", "refused_parts", "why_left_out"]

TOPIC = "activities.package"

Coverage = dict[str, LeftOut]


async def coverage(tx: Tx, request: Request, policy: Policy) -> Coverage:
    """The categories that a copy leaves out, by the policy's ids."""
    refused = await exempted(tx, request.id)
    found = left_out(request.right, request.regime, policy.categories, refused)
    return {one.category: one for one in found}


async def refused_parts(tx: Tx, request: Request, policy: Policy) -> tuple[RefusedPart, ...]:
    """What was refused, as letters and packages tell it: the category, the ground with its article, the reasons."""
    grounds = law.refusal_grounds(request.regime, place_of(request, policy), request.right)
    cites = {one.code: one.cite for one in grounds}
    return tuple(
        _part(policy.text(policy.category(category).title, request.language), exemption, cites)
        for category, exemption in (await exempted(tx, request.id)).items()
    )


def _part(what: str, exemption: Exemption, cites: dict[str, str]) -> RefusedPart:
    return RefusedPart(
        what=what,
        ground=exemption.ground,
        provision=cites.get(exemption.ground),
        explanation=exemption.reason or None,
    )


def why_left_out(one: LeftOut, policy: Policy, language: str) -> str:
    """Why the law or somebody else's say keeps a category out of a copy, as a sentence for the person.

    Raises:
        ValueError: it was refused; a refusal has words of its own (`refused_parts`).
    """
    words = lookup(TOPIC, language)
    match one.why:
        case Why.CONTROLLED:
            controlled = policy.category(one.category).controlled_by
            who = policy.text(controlled.who, language) if controlled else ""
            return words.text("left_out.controlled", who=who)
        case Why.BASIS | Why.ORIGIN:
            return words.text(f"left_out.{one.why}")
        case Why.REFUSED:
            raise ValueError("a refusal has words of its own")
