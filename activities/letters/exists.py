"""Which letters there are under a law, for a right: what a preview may show, and what it refuses and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from activities.letters.own import DID
from activities.letters.parts import Kind
from habeas import law
from habeas.law.data import Span
from habeas.model import CHANGING, COPIES, REMEDIES, Right

__all__ = ["SOME_DAYS", "TOLD_ON", "default_right", "why_not"]

SOME_DAYS = 9
"""What a made-up controller promises: fewer days than any law gives."""
TOLD_ON = frozenset(DID)
"""What recipients of the data are told of."""
_ERASE, _CHANGE = frozenset({Right.ERASURE}), frozenset(CHANGING)
_OF: Mapping[Kind, frozenset[Right]] = {
    Kind.COMPLETION_ACCESS: COPIES,
    Kind.CATEGORIES: frozenset({Right.ACCESS}),
    Kind.COMPLETION_ERASURE: _ERASE,
    Kind.KEPT_ENDED: _ERASE,
    Kind.COMPLETION_CHANGE: _CHANGE,
    Kind.RESTRICTION_LIFTING: frozenset({Right.RESTRICTION}),
    Kind.REMEDY_DECISION: REMEDIES,
    Kind.PARTIAL_REFUSAL: COPIES | _ERASE,
    Kind.NOTHING_FOUND: COPIES | _ERASE | _CHANGE,
    Kind.RECIPIENT_NOTICE: TOLD_ON,
    Kind.RECIPIENT_REMINDER: TOLD_ON,
}
"""Letters that belong to some rights only."""
_PROOFS = frozenset({Kind.CODE, Kind.CODE_REMINDER, Kind.UNVERIFIED})
_NO_REMEDY = _PROOFS | {Kind.REFUSAL, Kind.FORWARD_NOTICE, Kind.FORWARD_REMINDER, Kind.FORWARDED}
"""An appeal or a complaint is decided by a letter of its own, without a proof, by whom it was made to."""
_WITH_GROUNDS = frozenset({Kind.REFUSAL, Kind.PARTIAL_REFUSAL})
_OUTWARD = frozenset({Kind.RECIPIENT_NOTICE, Kind.RECIPIENT_REMINDER})
_DATED = frozenset({Kind.STAFF_REMINDER, Kind.STAFF_ALARM})
_FIRST: Mapping[Kind, Right] = {
    Kind.COMPLETION_ERASURE: Right.ERASURE,
    Kind.KEPT_ENDED: Right.ERASURE,
    Kind.PARTIAL_REFUSAL: Right.ERASURE,
    Kind.COMPLETION_CHANGE: Right.RECTIFICATION,
    Kind.RESTRICTION_LIFTING: Right.RESTRICTION,
    Kind.REMEDY_DECISION: Right.APPEAL,
    Kind.RECIPIENT_NOTICE: Right.ERASURE,
    Kind.RECIPIENT_REMINDER: Right.ERASURE,
    Kind.NOT_A_RIGHT: Right.PORTABILITY,
}


def default_right(kind: Kind, regime: str = "EU-GDPR", jurisdiction: str = "DK") -> Right:
    """The right that a letter of this kind is about, where none is named: the usual one, else one that has the letter.

    Raises:
        UnknownRegime: there is no such regime or jurisdiction.
    """
    usual = _FIRST.get(kind, Right.ACCESS)
    candidates = (usual, *Right)
    return next((right for right in candidates if why_not(kind, regime, jurisdiction, right) is None), usual)


def why_not(
    kind: Kind,
    regime: str,
    jurisdiction: str,
    right: Right,
    promised: Collection[Right] = (),
    promised_days: int | None = SOME_DAYS,
) -> str | None:
    """Why this law has no such letter for this right, as a sentence; None where it has one.

    Args:
        kind: the letter.
        regime: whose law.
        jurisdiction: where it is the law.
        right: what was asked.
        promised: rights that the controller gives beyond the law.
        promised_days: within how many days it promises an answer.

    Raises:
        UnknownRegime: there is no such regime or jurisdiction.
    """
    if kind.to_staff:
        return _undated(kind, regime, jurisdiction, right)
    given = right in law.rights(regime, jurisdiction) or right in promised
    if kind is Kind.NOT_A_RIGHT:
        return f"{regime} gives the right of {right}: nobody is told that it does not." if given else None
    if not given:
        return f"{regime} gives no right of {right}: the only letter is not_a_right."
    if kind in _OF and right not in _OF[kind]:
        return f"{kind} is a letter about {', '.join(sorted(_OF[kind]))}, not about {right}."
    if right in REMEDIES and kind in _NO_REMEDY:
        return f"There is no {kind} for {right}."
    if kind is Kind.DELAY and promised_days is None and not _has_term(regime, jurisdiction, right):
        return f"No days are promised, and {regime} sets no last day for {right}: there is no delay to tell of."
    return _unfounded(kind, regime, jurisdiction, right)


def _undated(kind: Kind, regime: str, jurisdiction: str, right: Right) -> str | None:
    if kind in _DATED and not _has_term(regime, jurisdiction, right):
        return f"{regime} sets no last day for {right}: staff are reminded of none."
    return None


def _has_term(regime: str, jurisdiction: str, right: Right) -> bool:
    clock = law.regime(regime, jurisdiction).clock(right)
    return clock is not None and isinstance(clock.term, Span)


def _unfounded(kind: Kind, regime: str, jurisdiction: str, right: Right) -> str | None:
    """Letters that need something of the law that it may not have."""
    if kind is Kind.EXTENSION and not law.extension_allowed(regime, right, jurisdiction):
        return f"{regime} lets nobody extend the term for {right}."
    if kind is Kind.FEE and (fee := law.fee_rule(regime, jurisdiction, right)).allowed in {"never", "unstated"}:
        return f"No fee may be asked for {right}: {fee.text} ({fee.cite})"
    if kind in _WITH_GROUNDS and not law.refusal_grounds(regime, jurisdiction, right):
        return f"{regime} knows no ground on which {right} is refused."
    if kind in _PROOFS and law.verification(regime, right, jurisdiction) == "none":
        return f"{regime} lets nobody ask for a proof before {right}."
    if kind in _OUTWARD and law.recipients_duty(regime, jurisdiction, right) is None:
        return f"{regime} has no recipients told of {right}."
    return None
