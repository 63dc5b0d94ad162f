"""What of the data a request for a copy covers: by the right, by who gave the data, by who decides over it.

Portability is narrower than access in some laws: it covers what the person gave, or what was observed of them, and in
the GDPR's family only where consent or a contract is the basis (GDPR 20(1); WP 242 rev.01). Laws that are not listed
here give a portable copy of everything that access covers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from habeas.model import Frozen, Right
from habeas.policy import Category, LegalBasis, Origin

__all__ = ["LeftOut", "Portable", "Why", "left_out", "portable"]


class Why(StrEnum):
    """Why a category of data is not in a copy."""

    NOT_ASKED = "not_asked"
    """The person asked for other categories only."""
    BASIS = "basis"
    """Portability: neither consent nor a contract is its basis."""
    ORIGIN = "origin"
    """Portability: the person did not give it, and it was not observed of them."""
    CONTROLLED = "controlled"
    """Somebody else decides over it; the request is sent on to them."""
    REFUSED = "refused"
    """Staff refused it on a ground of the law."""


class Portable(Frozen):
    """What one law's right to portability covers. An empty set does not narrow it."""

    bases: frozenset[LegalBasis] = frozenset()
    origins: frozenset[Origin] = frozenset()
    cite: str


class LeftOut(Frozen):
    """A category that is not in a copy."""

    category: str
    why: Why
    provision: str | None = None


_AGREED = frozenset({LegalBasis.CONSENT, LegalBasis.CONTRACT})
_GIVEN = frozenset({Origin.PERSON, Origin.OBSERVED})

_PORTABLE: Mapping[str, Portable] = {
    "EU-GDPR": Portable(bases=_AGREED, origins=_GIVEN, cite="GDPR 20(1)"),
    "EEA-GDPR": Portable(bases=_AGREED, origins=_GIVEN, cite="GDPR 20(1)"),
    "UK-GDPR": Portable(bases=_AGREED, origins=_GIVEN, cite="UK GDPR 20(1)"),
    "CH-FADP": Portable(bases=_AGREED, origins=_GIVEN, cite="FADP 28(1); DPO 20"),
    "CA-QC-25": Portable(origins=_GIVEN, cite="P-39.1 s.27"),
}


def portable(regime: str) -> Portable | None:
    """What portability covers under a regime; None where it covers what access covers."""
    return _PORTABLE.get(regime)


def left_out(
    right: Right,
    regime: str,
    categories: Collection[Category],
    refused: Collection[str] = (),
    asked: Collection[str] = (),
) -> tuple[LeftOut, ...]:
    """The categories that a copy does not hold, in their order, each with the first reason that applies.

    Args:
        right: access, portability, or any other: only portability is narrowed by the law.
        regime: the code of the law.
        categories: those of the policy that are asked about.
        refused: ids of the categories that staff refused.
        asked: ids of those that the person asked for; empty for all.
    """
    scope = portable(regime) if right is Right.PORTABILITY else None
    found = []
    for one in categories:
        if asked and one.id not in asked:
            found.append(LeftOut(category=one.id, why=Why.NOT_ASKED))
        elif one.controlled_by is not None:
            found.append(LeftOut(category=one.id, why=Why.CONTROLLED))
        elif scope and scope.origins and one.origin not in scope.origins:
            found.append(LeftOut(category=one.id, why=Why.ORIGIN, provision=scope.cite))
        elif scope and scope.bases and one.legal_basis not in scope.bases:
            found.append(LeftOut(category=one.id, why=Why.BASIS, provision=scope.cite))
        elif one.id in refused:
            found.append(LeftOut(category=one.id, why=Why.REFUSED))
    return tuple(found)
