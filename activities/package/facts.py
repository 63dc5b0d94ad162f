"""What a package says besides the data itself. Made by the caller from the request, the policy and the manifests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date

from pydantic import Field, model_validator

from activities.letters import Authority, Controller, MissingSystem
from habeas.connector import Record
from habeas.coverage import Excerpt
from habeas.glossary import humanise
from habeas.model import Frozen, RequestId, Right, SystemName

__all__ = [
    "CategoryFacts",
    "CollectionFacts",
    "OpenRecords",
    "PackageFacts",
    "Sources",
    "SystemFacts",
    "WithheldField",
    "WithheldItem",
]

OpenRecords = Callable[[], AsyncIterator[Record]]
"""Gives the records of one collection from the start, the same ones in the same order on every call: each is read
several times (JSON, CSV, attachments), so that none has to be held in memory."""

Sources = Mapping[tuple[str, str], OpenRecords]
"""By (system, collection)."""


class WithheldField(Frozen):
    """A field that is not disclosed, why (shown to the person), and by which law."""

    field: str
    label: str | None = None
    """For people; without one the field's name is made readable."""
    reason: str = Field(min_length=1)
    law: str | None = None

    @property
    def called(self) -> str:
        """What people call it."""
        return self.label or humanise(self.field)


class WithheldItem(Frozen):
    """Anything else that was left out or blacked out: what, why, by which law."""

    what: str
    reason: str = Field(min_length=1)
    law: str | None = None
    system: SystemName | None = None
    collection: str | None = None


class CollectionFacts(Frozen):
    """One collection (a table) of a system, and how many of its records are the person's."""

    name: str = Field(min_length=1)
    title: str | None = None
    """For people; without one the name is made readable."""
    category: str
    rows: int = Field(ge=0)
    """How many records the source gives; the writer refuses any other number."""
    columns: tuple[str, ...] = ()
    """Fields in their order; fields that only records have follow."""
    labels: Mapping[str, str] = Field(default_factory=dict)
    """Fields -> what people call them; without one a field's name is made readable."""
    withheld: tuple[WithheldField, ...] = ()
    excerpt: Excerpt = Excerpt()
    """What of the records is in the package; what has no value anywhere need not be among those withheld."""

    @property
    def called(self) -> str:
        """What people call it."""
        return self.title or humanise(self.name)

    def label(self, field: str) -> str:
        """What people call a field."""
        return self.labels.get(field) or humanise(field)


class SystemFacts(Frozen):
    """One system that was searched."""

    name: SystemName
    title: str
    collections: tuple[CollectionFacts, ...] = ()


class CategoryFacts(Frozen):
    """What GDPR Article 15(1)(a)-(h) wants told about one category of data, from the controller's policy."""

    category: str
    title: str | None = None
    purposes: tuple[str, ...] = ()
    legal_bases: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    retention: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    transfers: tuple[str, ...] = ()
    """Countries outside the law's area, with the safeguards (Article 15(2))."""
    automated_decisions: tuple[str, ...] = ()


class PackageFacts(Frozen):
    """Everything a package tells that is not a record."""

    request_id: RequestId
    language: str
    right: Right
    regime: str
    controller: Controller
    received_on: date
    timezone: str = "UTC"
    """IANA name; times of day in the page are told in it."""
    systems: tuple[SystemFacts, ...]
    categories: tuple[CategoryFacts, ...] = ()
    withheld: tuple[WithheldItem, ...] = ()
    missing: tuple[MissingSystem, ...] = ()
    rights: tuple[Right, ...] = (
        Right.RECTIFICATION,
        Right.ERASURE,
        Right.RESTRICTION,
        Right.OBJECTION,
        Right.PORTABILITY,
        Right.WITHDRAW_CONSENT,
    )
    """What else the person may ask for, in the order told."""
    authorities: tuple[Authority, ...] = ()
    """Whom the person may complain to, the nearest first."""
    notes: tuple[str, ...] = ()
    """Further sentences of the controller's, in the person's language."""

    @model_validator(mode="after")
    def _named_once(self) -> PackageFacts:
        names = [(s.name, c.name) for s in self.systems for c in s.collections]
        if len({s.name for s in self.systems}) != len(self.systems) or len(set(names)) != len(names):
            raise ValueError("a system or collection is named twice")
        return self
