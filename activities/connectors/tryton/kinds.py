"""The kinds of object in Tryton that may be a person's, and what can be done with each.

Names are those of the models, as https://docs.tryton.org/8.2/modules-party/design.html and
https://docs.tryton.org/8.2/modules-account-invoice/design.html describe them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import JsonValue

from habeas.connector import RecordRef, Treatment
from habeas.errors import Quarantine

__all__ = [
    "ADDRESSES",
    "ATTACHMENTS",
    "CARD",
    "DOCUMENTS",
    "DRAFTS",
    "EMAILS",
    "ERASED",
    "IDENTIFIERS",
    "INVOICES",
    "KINDS",
    "LINES",
    "MECHANISMS",
    "MOVES",
    "PARTIES",
    "PAYEES",
    "RESOURCES",
    "Kind",
    "Place",
    "Row",
    "place_of",
]

Row: TypeAlias = Mapping[str, Any]
"""A record as Tryton gives it: ``id`` and its fields; relations as numbers."""

_DELETE, _ANONYMISE, _RETAIN = Treatment.DELETE, Treatment.ANONYMISE, Treatment.RETAIN

PARTIES, ADDRESSES, IDENTIFIERS, MECHANISMS = "parties", "addresses", "identifiers", "contact_mechanisms"
DRAFTS, INVOICES, LINES, PAYEES, MOVES = "draft_invoices", "invoices", "open_lines", "payees", "move_lines"
ATTACHMENTS, EMAILS, DOCUMENTS = "attachments", "emails", "documents"

ERASED = "****"
"""What Tryton's own erasure writes where a value is required."""
CARD = (PARTIES, ADDRESSES, IDENTIFIERS, MECHANISMS)
"""What Tryton's wizard erases in one go."""
RESOURCES: Mapping[str, tuple[str, ...]] = {
    "ir.attachment": ("description",),
    "ir.note": ("message",),
    "ir.email": ("subject", "body"),
    "ir.avatar": (),
}
"""What hangs on any record by its field ``resource``, with the fields that hold free text."""


@dataclass(frozen=True)
class Kind:
    """One kind of object, which leads to a party by the fields ``via``."""

    name: str
    model: str
    via: tuple[str, ...]
    possible: tuple[Treatment, ...]
    anchors: tuple[str, ...] = ("create_date",)
    """Fields that a retention may run from: the first that has a value."""
    free_text: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    """Relations that are told by name."""
    blanks: Mapping[str, JsonValue] = field(default_factory=dict)
    """What anonymising writes."""
    keeps: frozenset[str] = frozenset()
    """Texts that may stay when everything else of it is anonymised."""
    when_referenced: Treatment = Treatment.ANONYMISE
    """A record that Tryton deletes takes along what hangs on it."""
    only_with_parents: tuple[Treatment, ...] = ()
    """What becomes of it only by its party going: it has no name of its own."""


_STREET = (
    *("street_unstructured", "street_name", "building_name", "building_number", "unit_number", "floor_number"),
    *("room_number", "post_box", "private_bag", "post_office", "postal_code", "city", "party_name", "attn"),
)
_KEPT = (_RETAIN, _ANONYMISE)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            PARTIES,
            "party.party",
            ("id",),
            (_ANONYMISE, _DELETE, _RETAIN),
            blanks={"name": None},
            keeps=frozenset({"code", "code_alnum"}),
        ),
        Kind(
            ADDRESSES,
            "party.address",
            ("party",),
            (_ANONYMISE, _DELETE, _RETAIN),
            named=("country", "subdivision"),
            blanks={**dict.fromkeys(_STREET), "country": None, "subdivision": None},
        ),
        Kind(
            IDENTIFIERS,
            "party.identifier",
            ("party",),
            (_ANONYMISE, _DELETE, _RETAIN),
            blanks={"type": None, "code": ERASED},
        ),
        Kind(
            MECHANISMS,
            "party.contact_mechanism",
            ("party",),
            (_ANONYMISE, _DELETE, _RETAIN),
            free_text=("comment",),
            blanks={"type": "other", "value": ERASED, "name": None, "comment": None},
        ),
        Kind(
            DRAFTS,
            "account.invoice",
            ("party",),
            (_DELETE, _RETAIN),
            free_text=("description", "comment"),
            named=("currency",),
            when_referenced=_RETAIN,
        ),
        Kind(
            INVOICES,
            "account.invoice",
            ("party",),
            _KEPT,
            anchors=("invoice_date", "accounting_date", "create_date"),
            free_text=("description", "comment"),
            named=("currency",),
            blanks={"description": None, "comment": None, "reference": None},
        ),
        Kind(
            LINES,
            "account.invoice.line",
            ("party",),
            (_DELETE, _RETAIN),
            free_text=("description", "note"),
            when_referenced=_RETAIN,
        ),
        Kind(
            PAYEES,
            "account.invoice",
            ("alternative_payees",),
            (_DELETE, _RETAIN),
            anchors=("invoice_date", "create_date"),
            when_referenced=_DELETE,
        ),
        Kind(
            MOVES,
            "account.move.line",
            ("party",),
            _KEPT,
            anchors=("date", "create_date"),
            free_text=("description",),
            blanks={"description": None},
            only_with_parents=(_ANONYMISE,),
        ),
    )
}


@dataclass(frozen=True)
class Place:
    """Where an object is; or, with ``payee``, that this party pays somebody else's invoice."""

    collection: str
    model: str
    id: int
    payee: int | None = None

    @classmethod
    def of_invoice(cls, row: Row) -> Place:
        """Drafts can be deleted; what has a number or a move in the books cannot."""
        draft = row["state"] in ("draft", "cancelled") and not (row["number"] or row["move"] or row["cancel_move"])
        return cls(DRAFTS if draft else INVOICES, "account.invoice", int(row["id"]))

    @property
    def ref(self) -> RecordRef:
        """In the contract's words."""
        key: list[Any] = [self.model, self.id] if self.collection in (ATTACHMENTS, EMAILS, DOCUMENTS) else [self.id]
        if self.payee is not None:
            key.append(self.payee)
        return RecordRef(collection=self.collection, key=json.dumps(key))

    @property
    def resource(self) -> str:
        """As Tryton's references name it."""
        return f"{self.model},{self.id}"


def place_of(collection: str, key: str, kinds: Mapping[str, Kind] = KINDS) -> Place:
    """From a plan back to the place.

    Raises:
        Quarantine: it is none of Tryton's.
    """
    try:
        found = json.loads(key)
    except ValueError:
        found = None
    match found:
        case [int(one), int(payee)] if collection == PAYEES:
            return Place(collection, kinds[collection].model, one, payee)
        case [int(one)] if collection in kinds and collection != PAYEES:
            return Place(collection, kinds[collection].model, one)
        case [str(model), int(one)] if collection in (ATTACHMENTS, EMAILS, DOCUMENTS) and model in RESOURCES:
            return Place(collection, model, one)
    raise Quarantine("A key in the plan is none of Tryton's.")
