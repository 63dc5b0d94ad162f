"""Under whose law a request is answered, and as which right, where that is not what the person named."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from activities.brief import purposes_of
from activities.clockface import local_day
from habeas import law
from habeas.model import Right
from habeas.policy.sections import PurposeKind

if TYPE_CHECKING:
    from habeas.policy import Policy

_MARKETING_BY_CONSENT = frozenset({PurposeKind.CONSENT, PurposeKind.DIRECT_MARKETING})


def stopped_by_withdrawal(
    right: Right, named: tuple[str, ...], policy: Policy, regime: str, jurisdiction: str, day: date
) -> tuple[str, ...]:
    """What an objection stops as a withdrawal of consent, since nobody here gives a right to object to that.

    So it is in Canada: marketing that rests on consent ends when consent is withdrawn (PIPEDA Sch. 1 cl. 4.3.8), and an
    objection is to something else, if there is one (P-39.1 s.28.1: dissemination).

    Returns:
        Ids of purposes: those named, if all rest on consent; none named, the marketing that does. Empty: it stays an
        objection.

    Raises:
        UnknownRegime: the regime is not the law of the place that it is answered in.
    """
    place, promised = policy.answered_in(regime, jurisdiction), frozenset(policy.rights or ())
    given = law.rights(regime, place, day)
    if right is not Right.OBJECTION or right in promised or Right.WITHDRAW_CONSENT not in given | promised:
        return ()
    kinds = {purpose.id: frozenset(purpose.kinds) for purpose in policy.purposes}
    marketing = tuple(one for one, theirs in kinds.items() if theirs >= _MARKETING_BY_CONSENT)
    if right not in given:
        by_consent = all(PurposeKind.CONSENT in kinds.get(one, ()) for one in named)
        return (named or marketing) if by_consent else ()
    # A law that knows objections to marketing lets nobody be asked for proof of who they are.
    to_marketing = law.verification(regime, right, place, marketing=True) == "none"
    asked = named or purposes_of(policy, right, ())
    return asked if not to_marketing and set(asked) <= set(marketing) else ()


def law_note(policy: Policy, asked: Right, regime: str, jurisdiction: str, received_at: datetime) -> str | None:
    """For staff: why a request is not answered under the law of the place where the person lives; None: it is."""
    found = policy.applicable(jurisdiction, asked, local_day(policy, received_at))
    if found.instead_of is None or found.regime != regime or found.law.reach is None:
        return None
    return (
        f"Answered under {found.regime}: {found.instead_of}, the law where the person lives, does not give this right, "
        f"and {found.regime} binds this controller whoever asks ({found.law.reach.cite})."
    )


def right_note(called: Right | None, right: Right) -> str | None:
    """For staff: why a request is carried out under another name than the person gave it; None: it is not."""
    if called is None or called is right:
        return None
    return (
        f"Carried out as {right.value}: neither law nor policy knows {called.value} here, and what rests on consent "
        "stops at once when consent is withdrawn."
    )
