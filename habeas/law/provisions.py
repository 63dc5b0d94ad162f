"""By which provision of its law a request's data is withheld or kept: what a map names by a code, each regime cites.

A code is a ground of the regime's closed list, or a reason to withhold a single value (``withheld`` in its file).
"""

from __future__ import annotations

from functools import cache

from habeas.law.citations import laws_in
from habeas.law.data import Ground
from habeas.law.duties import WithheldRule
from habeas.law.figure import Code
from habeas.law.library import refusal_grounds, regime, regimes
from habeas.model import COPIES, Frozen, Right

__all__ = [
    "OF_THE_REQUEST",
    "Told",
    "own_laws",
    "provision",
    "reason_codes",
    "reasons_of",
    "restriction_provision",
    "told",
]

OF_THE_REQUEST = frozenset(
    {"unverified", "cannot_identify", "manifestly_unfounded", "excessive", "repeat", "fraud", "late"}
)
"""Grounds of refusal that say nothing of the data."""


def provision(code: str, jurisdiction: str, right: Right, reason: str) -> str | None:
    """The article by which something is withheld or kept for this reason; None where the law knows no such reason.

    It is the one that the person is told.

    A copy that is asked for under the other right to one (portability, where the law knows only access) is withheld
    from on the same grounds.

    Args:
        code: the regime.
        jurisdiction: the place.
        right: what was asked.
        reason: a code of `reason_codes`.

    Raises:
        UnknownRegime: as `habeas.law.regime`.
    """
    return told(code, jurisdiction, right, reason).provision


class Told(Frozen):
    """A ground as the person it is about reads it."""

    words: Code
    """The code of its sentence in the catalogue of letters."""
    provision: str | None = None
    """Its article."""
    explained: bool = True
    """Whether what staff say of it may stand beside it."""


def told(code: str, jurisdiction: str, right: Right, reason: str) -> Told:
    """What the person is told of a ground of their law; of one that it does not have, that it is of this code.

    Everything that the person gets names a ground by this and by nothing else: a law may forbid to tell one.

    Args:
        code: the regime.
        jurisdiction: the place.
        right: what was asked.
        reason: a code of `reason_codes`, or another.

    Raises:
        UnknownRegime: as `habeas.law.regime`.
    """
    found = _reason(code, jurisdiction, right, reason)
    if not isinstance(found, Ground):
        return Told(words=reason, provision=found.cite if found else None)
    if found.untold:
        return Told(words=found.told, provision=found.untold.cited, explained=False)
    return Told(words=found.told, provision=found.cite)


def _reason(code: str, jurisdiction: str, right: Right, reason: str) -> Ground | WithheldRule | None:
    found = [one for one in reasons_of(code, jurisdiction) if one.code == reason]
    alike = COPIES if right in COPIES else {right}
    for wanted in ({right}, alike):
        for one in found:
            if not one.rights or wanted.intersection(one.rights):
                return one
    return None


def restriction_provision(code: str, jurisdiction: str) -> str:
    """The article by which restricted data is only stored, and by which some things are done all the same.

    Raises:
        UnknownRegime: as `habeas.law.regime`.
    """
    found = regime(code, jurisdiction)
    return next((rule.cite for rule in found.rules if rule.item == "restriction"), found.rights_cite)


def reasons_of(code: str, jurisdiction: str) -> tuple[Ground | WithheldRule, ...]:
    """Every reason of a law to refuse, withhold or keep, with its article: grounds first.

    Raises:
        UnknownRegime: as `habeas.law.regime`.
    """
    return (*refusal_grounds(code, jurisdiction), *regime(code, jurisdiction).withheld)


@cache
def reason_codes(right: Right | None = None) -> frozenset[str]:
    """Every code that a regime has an article for; with a right, that one has for data that this right is about."""
    grounds = (
        one.code
        for law in regimes().values()
        for one in law.grounds
        if right is None or (right in one.rights and one.code not in OF_THE_REQUEST)
    )
    values = (one.code for law in regimes().values() for one in law.withheld if right is None or right in one.rights)
    return frozenset((*grounds, *values))


@cache
def own_laws(code: str, jurisdiction: str) -> frozenset[str]:
    """The laws that a regime is made of, by the names under which its file cites them.

    Raises:
        UnknownRegime: as `habeas.law.regime`.
    """
    law = regime(code, jurisdiction)
    figures = (*law.grounds, *law.withheld, *law.fees, *law.remedies, *law.recipients, *law.verification, *law.rules)
    cites = (law.rights_cite, law.statute, *(clock.cite for clock in law.clocks), *(one.cite for one in figures))
    return frozenset(name for cite in cites for name in laws_in(cite))
