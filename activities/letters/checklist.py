"""What each law asks of each notice. A letter that lacks one of these is not sent.

Sources per row: GDPR 12(3)-(4), 12(6), 19; UK GDPR 12, 12A, DPA 2018 s.164A; Cal. Civ. Code 1798.105, .145(h) and
11 CCR 7021-7024; PIPEDA s.8(4), s.8(7); Québec P-39.1 s.34; PAIA s.56-57; NZ Privacy Act 2020 s.48.
"""

from __future__ import annotations

from collections.abc import Mapping

from activities.letters.blocks import Element
from activities.letters.facts import Kind
from habeas.model import Right

__all__ = ["COMPLAIN_TO_CONTROLLER_FIRST", "COURT", "required"]

E = Element
_REFUSALS: Mapping[str, frozenset[Element]] = {
    "EU-GDPR": frozenset({E.REASONS, E.AUTHORITY, E.COURT}),
    "EEA-GDPR": frozenset({E.REASONS, E.AUTHORITY, E.COURT}),
    "UK-GDPR": frozenset({E.REASONS, E.CONTROLLER_COMPLAINT, E.AUTHORITY, E.COURT}),
    "US-CCPA": frozenset({E.REASONS, E.PROVISION}),
    "US-STATE": frozenset({E.REASONS, E.APPEAL}),
    "CA-PIPEDA": frozenset({E.REASONS, E.AUTHORITY}),
    "CA-QC-25": frozenset({E.REASONS, E.PROVISION, E.AUTHORITY, E.TIME_LIMIT, E.HELP}),
    "ZA-PAIA": frozenset({E.REASONS, E.PROVISION, E.AUTHORITY, E.COURT, E.TIME_LIMIT}),
    "NZ-PRIVACY": frozenset({E.REASONS, E.AUTHORITY}),
    "AU-APP": frozenset({E.REASONS, E.AUTHORITY}),
    "KR-PIPA": frozenset({E.REASONS, E.AUTHORITY}),
    "CN-PIPL": frozenset({E.REASONS, E.COURT}),
}
_EXTENSIONS: Mapping[str, frozenset[Element]] = {
    "CA-PIPEDA": frozenset({E.REASONS, E.NEW_DATE, E.AUTHORITY}),
    "ZA-PAIA": frozenset({E.REASONS, E.NEW_DATE, E.PROVISION, E.AUTHORITY, E.COURT}),
    "NZ-PRIVACY": frozenset({E.REASONS, E.NEW_DATE, E.AUTHORITY}),
    "KR-PIPA": frozenset({E.REASONS, E.NEW_DATE, E.AUTHORITY}),
}
_IDENTITY: Mapping[str, frozenset[Element]] = {
    "EU-GDPR": frozenset({E.WHY_DOUBT, E.WHAT_IS_NEEDED, E.CLOCK}),
    "EEA-GDPR": frozenset({E.WHY_DOUBT, E.WHAT_IS_NEEDED, E.CLOCK}),
    "UK-GDPR": frozenset({E.WHAT_IS_NEEDED, E.CLOCK}),
    "US-CCPA": frozenset({E.WHAT_IS_NEEDED, E.CLOCK}),
}

# Laws whose notice must (or, for the last one, may usefully) point to a court.
COURT = frozenset({"EU-GDPR", "EEA-GDPR", "UK-GDPR", "ZA-PAIA", "CN-PIPL", "CH-FADP"})
COMPLAIN_TO_CONTROLLER_FIRST = frozenset({"UK-GDPR"})
_NO_APPEAL = frozenset({"US-UT"})
_REMEDIES = frozenset({E.REASONS, E.AUTHORITY, E.COURT, E.CONTROLLER_COMPLAINT})


def required(kind: Kind, regime: str, jurisdiction: str, right: Right) -> frozenset[Element]:
    """What a letter of this kind must contain under this law; empty for letters to staff."""
    if kind.to_staff:
        return frozenset()
    refusal = _REFUSALS.get(regime, frozenset({E.REASONS}))
    if jurisdiction in _NO_APPEAL:
        refusal -= {E.APPEAL}
    match kind:
        case Kind.ACKNOWLEDGEMENT:
            return _acknowledgement(regime, right)
        case Kind.CODE | Kind.CODE_REMINDER:
            return _IDENTITY.get(regime, frozenset({E.WHAT_IS_NEEDED}))
        case Kind.EXTENSION:
            return _EXTENSIONS.get(regime, frozenset({E.REASONS, E.NEW_DATE}))
        case Kind.REFUSAL:
            return refusal | {E.DONE} if regime == "US-CCPA" and right is Right.ERASURE else refusal
        case Kind.UNVERIFIED:
            # Closing for want of identity is a refusal too (GDPR 12(2), 12(4)).
            return refusal & _REMEDIES
        case Kind.COMPLETION_ERASURE:
            return _erasure(regime)
        case _:
            return frozenset({E.ACTION_TAKEN})


def _acknowledgement(regime: str, right: Right) -> frozenset[Element]:
    if regime == "UK-GDPR" and right is Right.COMPLAINT:
        return frozenset({E.RECEIPT, E.INVESTIGATED})
    if regime == "US-CCPA":
        return frozenset({E.RECEIPT, E.VERIFICATION, E.EXPECTED_DATE})
    return frozenset({E.RECEIPT})


def _erasure(regime: str) -> frozenset[Element]:
    extra = {"UK-GDPR": {E.RECIPIENTS}, "US-CCPA": {E.RECORD_KEPT}}.get(regime, set())
    return frozenset({E.ACTION_TAKEN} | extra)
