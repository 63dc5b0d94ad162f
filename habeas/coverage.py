"""What of the data a copy covers: by the right, by who gave the data, by who decides over it, by what it is.

Portability is narrower than access in some laws: it covers what the person gave, or what was observed of them, and in
the GDPR's family only where consent or a contract is a basis (GDPR 20(1); WP 242 rev.01). Laws that are not listed
here give a portable copy of everything that access covers. Some laws never let out certain values, whatever the right
(`habeas.law.undisclosed`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field

from habeas import law
from habeas.connector import Collection
from habeas.fields import Origin, SensitiveType
from habeas.model import Frozen, Right
from habeas.policy import Category, LegalBasis

__all__ = ["Excerpt", "LeftOut", "Portable", "Scope", "Why", "portable", "scope"]


class Why(StrEnum):
    """Why data is not in a copy."""

    NOT_ASKED = "not_asked"
    """The person asked for other categories only."""
    BASIS = "basis"
    """Portability: neither consent nor a contract is among its bases."""
    ORIGIN = "origin"
    """Portability: the person did not give it, and it was not observed of them."""
    CONTROLLED = "controlled"
    """Somebody else decides over it; the request is sent on to them."""
    REFUSED = "refused"
    """Staff refused it on a ground of the law."""
    UNDISCLOSED = "undisclosed"
    """The law wants it said that it is held, and its value kept back."""


class Portable(Frozen):
    """What one law's right to portability covers. An empty set does not narrow it."""

    bases: frozenset[LegalBasis] = frozenset()
    origins: frozenset[Origin] = frozenset()
    cite: str


class LeftOut(Frozen):
    """Data of a category that is not in a copy."""

    category: str
    why: Why
    provision: str | None = None
    holds: SensitiveType | None = None
    """What is undisclosed."""


class Excerpt(Frozen):
    """What of one collection's records is in a copy."""

    left_out: LeftOut | None = None
    """Why they are not in it, save for the fields in ``only``; None: they are."""
    only: frozenset[str] = frozenset()
    fields: Mapping[str, LeftOut] = Field(default_factory=dict)
    """Fields that are not in it although the others are."""
    files: bool = True
    """Whether the records' files are in it."""

    @property
    def shown(self) -> bool:
        """Whether any of it is in the copy."""
        return self.left_out is None or bool(self.only)

    def shows(self, field: str) -> bool:
        """Whether a field is in the copy."""
        return field in self.only if self.left_out else field not in self.fields


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


class Scope(Frozen):
    """What a copy covers for one right, under one law, of what was asked for, after what staff refused."""

    portable: Portable | None = None
    undisclosed: Mapping[SensitiveType, str] = Field(default_factory=dict)
    """Types whose values are never given out -> the provision that says so."""
    refused: frozenset[str] = frozenset()
    """Ids of the categories that staff refused."""
    asked: frozenset[str] = frozenset()
    """Ids of the categories that the person asked for; empty for all."""

    def left_out(self, category: Category, origin: Origin | None = None) -> LeftOut | None:
        """Why data of a category is not in a copy, by the first reason that applies; None where it is.

        Args:
            category: the policy's.
            origin: where the data comes from, if not as the policy says of the category.
        """
        scope = self.portable
        if self.asked and category.id not in self.asked:
            return LeftOut(category=category.id, why=Why.NOT_ASKED)
        if category.controlled_by is not None:
            return LeftOut(category=category.id, why=Why.CONTROLLED)
        if scope and scope.origins and (origin or category.origin) not in scope.origins:
            return LeftOut(category=category.id, why=Why.ORIGIN, provision=scope.cite)
        if scope and scope.bases and scope.bases.isdisjoint(category.legal_bases):
            return LeftOut(category=category.id, why=Why.BASIS, provision=scope.cite)
        return LeftOut(category=category.id, why=Why.REFUSED) if category.id in self.refused else None

    def excerpt(self, category: Category, collection: Collection) -> Excerpt:
        """What of a collection is in a copy. Fields that are never disclosed at all keep their own reason."""
        rest = self.left_out(category, collection.origin)
        own = {field: self.left_out(category, origin) for field, origin in collection.origins.items()}
        kept_back = {
            field: LeftOut(category=category.id, why=Why.UNDISCLOSED, provision=self.undisclosed[holds], holds=holds)
            for field, holds in collection.types.items()
            if holds in self.undisclosed
        }
        only = frozenset(field for field, why in own.items() if rest and why is None) - kept_back.keys()
        fields = {} if rest else {field: why for field, why in own.items() if why and field not in collection.withheld}
        if rest is None:
            fields |= kept_back
        file = collection.file_field
        excerpt = Excerpt(left_out=rest, only=only, fields=fields)
        return excerpt.model_copy(update={"files": excerpt.shows(file) if file else rest is None})


def scope(
    right: Right,
    regime: str,
    jurisdiction: str,
    refused: frozenset[str] = frozenset(),
    asked: frozenset[str] = frozenset(),
) -> Scope:
    """What a copy covers.

    Args:
        right: access, portability, or any other: only portability is narrowed by the law.
        regime: the code of the law.
        jurisdiction: where the request is answered.
        refused: ids of the categories that staff refused.
        asked: ids of those that the person asked for; empty for all.

    Raises:
        UnknownRegime: as `habeas.law.regime`.
    """
    rules = law.undisclosed(regime, jurisdiction, right)
    return Scope(
        portable=portable(regime) if right is Right.PORTABILITY else None,
        undisclosed={holds: rule.cite for holds, rule in rules.items()},
        refused=refused,
        asked=asked,
    )
