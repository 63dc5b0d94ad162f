"""Stripe's kinds of objects: where each is, what of it is personal, and what Stripe changes by itself.

Fields are those of https://docs.stripe.com/api (version 2025-09-30.clover) and of the versions before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from pydantic import JsonValue

from activities.connectors.api.erasure import fingerprint
from habeas.errors import Quarantine

__all__ = [
    "ADDRESS",
    "CHARGES",
    "CREDITS",
    "CUSTOMERS",
    "DISPUTES",
    "DRAFTS",
    "INVOICES",
    "ITEMS",
    "KINDS",
    "METHODS",
    "PAYMENTS",
    "PENDING",
    "SUBSCRIPTIONS",
    "TAX_IDS",
    "Kind",
    "Row",
    "ids_of",
    "key_of",
]

Row = dict[str, Any]

CUSTOMERS, METHODS, TAX_IDS, SUBSCRIPTIONS = "customers", "payment_methods", "tax_ids", "subscriptions"
DRAFTS, INVOICES, PENDING, ITEMS = "draft_invoices", "invoices", "pending_items", "invoice_items"
PAYMENTS, CHARGES, DISPUTES, CREDITS = "payment_intents", "charges", "disputes", "credit_notes"

ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
"""The parts of an address (https://docs.stripe.com/api/customers/object)."""

_REDACTED = re.compile(r"\W*redacted\b", re.IGNORECASE)
"""What stands where something personal was: "`[redacted]` or similar placeholders".

https://docs.stripe.com/privacy/redaction. Which others there are is not said.
"""

_SECRETS = frozenset({"client_secret"})
"""Whoever has it can complete the payment: it is nobody's personal data, and goes nowhere."""


@dataclass(frozen=True)
class Kind:
    """One kind of object."""

    path: str
    """Below ``/v1``, with a place for each id of a key."""
    personal: tuple[str, ...] = ()
    """Fields that say something of a person, dotted where they are nested."""
    moving: frozenset[str] = field(default_factory=frozenset)
    """Fields that Stripe changes by itself, or as an effect of what is done to other objects."""
    apart: frozenset[str] = field(default_factory=frozenset)
    """Lists of objects that are read by themselves, whole: in a row they may be missing or cut short."""
    inner_texts: tuple[str, ...] = ()
    """Dotted fields, within ones that always have a value, in which anything may be written."""
    anchors: tuple[str, ...] = ("created",)
    """Where the date stands that a retention runs from: the first that is set."""

    def where(self, key: str) -> str:
        """The path of the object with this key."""
        return self.path.format(*(quote(one, safe="") for one in ids_of(key)))

    def told(self, row: Row) -> dict[str, JsonValue]:
        """The object as it is disclosed."""
        return {name: _plain(name, value) for name, value in row.items() if name not in self.apart | _SECRETS}

    def texts(self, row: Row) -> tuple[str, ...]:
        """The outer fields of `inner_texts` in which something is written."""
        return tuple({name.split(".")[0]: None for name in self.inner_texts if any(_texts(_at(row, name)))})

    def fingerprint(self, row: Row) -> str:
        """Over all that only people change."""
        return fingerprint(self.told(row), self.moving)

    def anchor(self, row: Row) -> date | None:
        """The day, in UTC, that a retention runs from."""
        for one in self.anchors:
            stamp = _at(row, one)
            if isinstance(stamp, int):
                return datetime.fromtimestamp(stamp, UTC).date()
        return None

    def blank(self, row: Row) -> bool:
        """Whether nothing personal is left, or only what Stripe puts in its place."""
        if _at(row, "redaction.status") == "redacted":
            return True
        return all(_REDACTED.match(text) for name in self.personal for text in _texts(_at(row, name)))

    def blanks(self, row: Row) -> dict[str, str]:
        """The form that empties what is personal. In Stripe an empty string takes a value away.

        https://docs.stripe.com/api/customers/update, https://docs.stripe.com/api/metadata
        """
        form: dict[str, str] = {}
        for name in self.personal:
            value = _at(row, name)
            outer, *inner = name.split(".")
            whole = outer + "".join(f"[{one}]" for one in inner)
            if name in ("metadata", "billing_details") and isinstance(value, dict):
                form.update(_each(whole, value))
            elif value:
                form[whole] = ""
        return form


_BILLED = frozenset({"lines", "subtotal", "total", "tax", "payment_intent", "charge", "automatic_tax"})

_INVOICE = Kind(
    path="invoices/{}",
    personal=(
        *("customer_name", "customer_email", "customer_phone", "customer_address", "customer_shipping"),
        *("customer_tax_ids", "description", "footer", "custom_fields", "metadata"),
    ),
    moving=_BILLED
    | {
        *("subtotal_excluding_tax", "total_excluding_tax", "total_tax_amounts", "total_taxes", "amount_due"),
        *("amount_remaining", "ending_balance", "attempt_count", "attempted", "next_payment_attempt", "currency"),
        *("webhooks_delivered_at", "hosted_invoice_url", "invoice_pdf", "auto_advance", "default_payment_method"),
        *("default_source", "effective_at", "due_date", "customer_name", "customer_email", "customer_phone"),
        *("customer_address", "customer_shipping", "customer_tax_ids", "customer_tax_exempt"),
    },
    anchors=("status_transitions.finalized_at", "created"),
)
# A finalised invoice keeps its own copy of the customer's fields: of a draft they follow the customer's.
_FINAL = Kind(
    path=_INVOICE.path,
    personal=_INVOICE.personal,
    moving=_INVOICE.moving - {one for one in _INVOICE.moving if one.startswith("customer_")},
    anchors=_INVOICE.anchors,
)
_ITEM = Kind(
    path="invoiceitems/{}",
    personal=("description", "metadata"),
    moving=frozenset({"invoice", "discounts", "discountable"}),
    anchors=("date",),
)

KINDS: Mapping[str, Kind] = {
    CUSTOMERS: Kind(
        path="customers/{}",
        personal=(
            *("name", "email", "phone", "description", "address", "shipping", "metadata", "business_name"),
            *("individual_name", "business_vat_id", "invoice_settings.custom_fields", "invoice_settings.footer"),
        ),
        moving=frozenset(
            {
                *("delinquent", "next_invoice_sequence", "invoice_prefix", "invoice_settings", "default_source"),
                *("balance", "account_balance", "currency", "discount", "cash_balance", "invoice_credit_balance"),
            }
        ),
        apart=frozenset({"sources", "subscriptions", "tax_ids"}),
        inner_texts=("invoice_settings.custom_fields", "invoice_settings.footer"),
    ),
    METHODS: Kind(path="payment_methods/{}", personal=("billing_details", "metadata"), moving=frozenset({"card"})),
    TAX_IDS: Kind(path="customers/{}/tax_ids/{}", moving=frozenset({"verification"})),
    SUBSCRIPTIONS: Kind(
        path="subscriptions/{}",
        personal=("description", "metadata"),
        moving=frozenset(
            {
                *("status", "canceled_at", "cancel_at", "cancel_at_period_end", "cancellation_details", "ended_at"),
                *("current_period_start", "current_period_end", "latest_invoice", "items", "default_payment_method"),
                *("default_source", "discount", "discounts", "pending_update", "next_pending_invoice_item_invoice"),
            }
        ),
        anchors=("ended_at",),
        inner_texts=("cancellation_details.comment",),
    ),
    DRAFTS: _INVOICE,
    INVOICES: _FINAL,
    PENDING: _ITEM,
    ITEMS: _ITEM,
    PAYMENTS: Kind(
        path="payment_intents/{}",
        personal=("receipt_email", "shipping", "description", "metadata"),
        moving=frozenset({"next_action", "last_payment_error", "processing", "invoice"}),
        apart=frozenset({"charges"}),
    ),
    CHARGES: Kind(
        path="charges/{}",
        personal=("billing_details", "receipt_email", "shipping", "description", "metadata"),
        moving=frozenset({"receipt_url", "receipt_number", "balance_transaction", "failure_balance_transaction"}),
        apart=frozenset({"refunds"}),
    ),
    DISPUTES: Kind(
        path="disputes/{}",
        personal=("evidence", "metadata"),
        moving=frozenset({"balance_transactions", "evidence_details"}),
    ),
    CREDITS: Kind(path="credit_notes/{}", personal=("memo", "metadata"), moving=frozenset({"pdf", "lines"})),
}


def key_of(*ids: str) -> str:
    """Ids as a record's key."""
    return json.dumps(ids, ensure_ascii=False, separators=(",", ":"))


def ids_of(key: str) -> list[str]:
    """And back.

    Raises:
        Quarantine: it is no key of Stripe's.
    """
    try:
        ids = json.loads(key)
    except ValueError:
        ids = None
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and one for one in ids):
        raise Quarantine("A key in the plan is none of Stripe's.")
    return ids


def _plain(name: str, value: Any) -> JsonValue:
    """An expanded object as its id; everything else as it is."""
    expanded = isinstance(value, dict) and name == "latest_charge"
    plain: JsonValue = value.get("id") if expanded else value
    return plain


def _at(row: Row, path: str) -> Any:
    value: Any = row
    for one in path.split("."):
        value = value.get(one) if isinstance(value, dict) else None
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value is not None and value != "" and not isinstance(value, bool):
        yield str(value)


def _each(name: str, values: Row) -> dict[str, str]:
    form: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            form.update(_each(f"{name}[{key}]", value))
        elif value not in (None, ""):
            form[f"{name}[{key}]"] = ""
    return form
