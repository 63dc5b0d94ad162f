"""Further rights that a person is asked about where theirs is denied: those of the law that would stop something."""

from __future__ import annotations

from habeas import law
from habeas.model import Right
from habeas.policy import Policy

__all__ = ["offers"]


def offers(policy: Policy, regime: str, place: str, right: Right) -> tuple[Right, ...]:
    """What a denial of this right offers instead: the opt-out, by whoever sells or shares data (11 CCR 7022(g)).

    Args:
        policy: the controller's.
        regime: the request's.
        place: where it is answered.
        right: that is denied.

    Raises:
        UnknownRegime: as `habeas.law.regime`.
    """
    rule = law.denial(regime, place, right)
    offered = rule.offers if rule else ()
    return tuple(one for one in offered if one is not Right.OPT_OUT_SALE or policy.sells)
