"""What a controller's settings say of the tests' Tryton."""

from __future__ import annotations

from typing import Any

from tests.connectors.tryton.preparing import PASSWORD
from tests.connectors.tryton.server import DATABASE

LAW = {"law": "Bookkeeping Act", "years": 5, "to": "year_end"}
CARD = ("parties", "addresses", "identifiers", "contact_mechanisms", "attachments", "emails")
OPEN = ("draft_invoices", "open_lines")
BOOKS = ("invoices", "move_lines")

RELATIONS: dict[str, Any] = {
    "models": {"party.relation.all": {"category": "contacts", "treatment": "delete", "fields": ["from_", "to"]}},
    "ignored": {f"party.relation.{name}": "Read through party.relation.all" for name in ("from_", "to")},
}
"""What the module party_relationship adds: Tryton lets nobody ask for ``party.relation`` itself."""


def collections(card: str = "anonymise", books: str = "retain") -> dict[str, dict[str, Any]]:
    """Everything decided: what becomes of the card, and of the books."""
    kept = {"category": "accounting", "treatment": "retain", "retention": LAW}
    book = {**kept, "after": "anonymise"} if books == "retain" else {"category": "accounting", "treatment": books}
    whole = ("attachments", "emails")
    return {
        **{name: {"category": "contacts", "treatment": "delete" if name in whole else card} for name in CARD},
        **{name: {"category": "contacts", "treatment": "delete"} for name in OPEN},
        **dict.fromkeys(BOOKS, book),
        "payees": {**kept, "after": "delete"},
        "documents": {**kept, "after": "delete"} if books == "retain" else {**book, "treatment": "delete"},
    }


def settings(url: str, *, card: str = "anonymise", books: str = "retain", **more: Any) -> dict[str, Any]:
    """As a controller writes them."""
    return {
        "url": url,
        "database": DATABASE,
        "user": "habeas",
        "password": PASSWORD,
        "rate": 1000,
        "collections": collections(card, books),
        "files": "accept",
        "identifiers": {"customer_number": "code", "cpr": "dk_cpr"},
        "restriction": "Restricted",
        "purposes": {"direct_marketing": "No marketing"},
        **more,
    }
