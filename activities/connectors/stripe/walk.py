"""Everything of a customer as records, list after list, from any place in it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from pydantic import JsonValue

from activities.connectors.api.paging import refuse_same_page
from activities.connectors.stripe.kinds import (
    ADDRESS,
    CHARGES,
    CREDITS,
    CUSTOMERS,
    DISPUTES,
    DRAFTS,
    INVOICES,
    ITEMS,
    KINDS,
    METHODS,
    PAYMENTS,
    PENDING,
    SUBSCRIPTIONS,
    TAX_IDS,
    Row,
    ids_of,
    key_of,
)
from activities.connectors.stripe.rest import Rest
from habeas.connector import Page, Record, RecordRef
from habeas.errors import Quarantine

__all__ = ["Walk"]


@dataclass(frozen=True)
class _List:
    """One of Stripe's lists of a customer: path, parameters, and the collections that its objects belong to."""

    path: str
    collections: tuple[str, ...]
    of_customer: bool = False
    """The path names the customer; else the parameter ``customer`` does."""
    all_states: bool = False

    def at(self, customer: str) -> tuple[str, dict[str, str]]:
        """Path and parameters for one customer."""
        if self.of_customer:
            return self.path.format(quote(customer, safe="")), {}
        return self.path, {"customer": customer} | ({"status": "all"} if self.all_states else {})


# Each at https://docs.stripe.com/api/<path>/list; payment methods at /api/payment_methods/customer_list, tax ids at
# /api/tax_ids/customer_list. Without `status=all` cancelled subscriptions are left out (/api/subscriptions/list).
_LISTS = (
    _List("customers/{}/payment_methods", (METHODS,), of_customer=True),
    _List("customers/{}/tax_ids", (TAX_IDS,), of_customer=True),
    _List("subscriptions", (SUBSCRIPTIONS,), all_states=True),
    _List("invoices", (DRAFTS, INVOICES)),
    _List("invoiceitems", (PENDING, ITEMS)),
    _List("payment_intents", (PAYMENTS,)),
    _List("charges", (CHARGES,)),
    _List("credit_notes", (CREDITS,)),
)


class _Position(NamedTuple):
    customer: int = 0
    stage: int = 0
    """0 for the customer itself, then a list each."""
    after: str | None = None


class Walk:
    """One account's objects of a customer."""

    def __init__(self, system: str, rest: Rest) -> None:
        self._system = system
        self._rest = rest
        self._drafts: dict[str, bool] = {}
        self._items: dict[str, list[Row]] = {}
        self._numbers: dict[str, list[RecordRef]] = {}

    async def pages(self, roots: Iterable[RecordRef], cursor: str | None) -> AsyncIterator[Page]:
        """All of it, from a cursor on."""
        customers = sorted({ids_of(one.key)[0] for one in roots if one.collection == CUSTOMERS})
        position: _Position | None = self._position(cursor)
        while position is not None and position.customer < len(customers):
            records, following = await self._page(customers[position.customer], position)
            last = following.customer >= len(customers)
            if records or last:
                yield Page(records=tuple(records), cursor=None if last else json.dumps(following))
            position = None if last else following
        if not customers or position is not None:
            yield Page(records=(), cursor=None)

    async def records(self, roots: Iterable[RecordRef]) -> AsyncIterator[Record]:
        """The same, one by one."""
        async for page in self.pages(roots, None):
            for record in page.records:
                yield record

    async def listed(self, path: str, customer: str) -> AsyncIterator[Row]:
        """One whole list of a customer's, each object checked to be theirs."""
        one = next(each for each in _LISTS if each.path == path)
        where, params = one.at(customer)
        async for row in self._rest.every(where, **params):
            yield self._theirs(row, "customer", customer)

    async def disputes(self, charge: Row) -> AsyncIterator[Row]:
        """A charge's disputes; Stripe lists them by charge only (https://docs.stripe.com/api/disputes/list)."""
        # `disputed` is on a charge since 2020; where it is missing, Stripe is asked.
        if charge.get("disputed", True):
            async for row in self._rest.every("disputes", charge=charge["id"]):
                yield self._theirs(row, "charge", str(charge["id"]))

    async def refunds(self, charge: Row) -> list[JsonValue]:
        """What was paid back of a charge: no part of it since 2022-11-15, and listed by charge.

        https://docs.stripe.com/changelog/2022-11-15/deprecates-charges-auto-expand, https://docs.stripe.com/api/refunds/list
        """
        if not charge.get("amount_refunded", 1):
            return []
        rows = self._rest.every("refunds", charge=charge["id"])
        return [self._theirs(row, "charge", str(charge["id"])) async for row in rows]

    async def collection_of(self, row: Row) -> str:
        """Drafts are apart from what is final, and so is what no final invoice holds."""
        match row["object"]:
            case "invoice":
                return DRAFTS if row["status"] == "draft" else INVOICES
            case "invoiceitem":
                return PENDING if await self._in_draft(row.get("invoice")) else ITEMS
        return _BY_OBJECT[row["object"]]

    async def _page(self, customer: str, position: _Position) -> tuple[list[Record], _Position]:
        if position.stage == 0:
            return await self._customer(customer), position._replace(stage=1)
        where, params = _LISTS[position.stage - 1].at(customer)
        rows, more = await self._rest.page(where, position.after, **params)
        records: list[Record] = []
        for row in rows:
            records += await self._records(self._theirs(row, "customer", customer))
        if more:
            return records, position._replace(after=self._last(rows, position.after))
        if position.stage < len(_LISTS):
            return records, _Position(position.customer, position.stage + 1)
        return records, _Position(position.customer + 1)

    async def _customer(self, customer: str) -> list[Record]:
        row = await self._rest.get(KINDS[CUSTOMERS].where(key_of(customer)))
        if row is None or row.get("deleted"):
            return []
        parents = [*_pays_with(row.get("invoice_settings") or {}), *await self._tax_ids(customer)]
        made = _record(CUSTOMERS, key_of(customer), row, parents)
        address = made.data.pop("address", None)
        parts = address if isinstance(address, dict) else {}
        return [made.model_copy(update={"data": made.data | {f"address_{one}": parts.get(one) for one in ADDRESS}})]

    async def _records(self, row: Row) -> list[Record]:
        collection = await self.collection_of(row)
        customer = RecordRef(collection=CUSTOMERS, key=key_of(row["customer"]))
        ids = (row["customer"], row["id"]) if collection == TAX_IDS else (row["id"],)
        parents = [customer, *_pays_with(row)]
        if collection == DRAFTS:
            parents += await self._on_draft(row["customer"], str(row["id"]))
        if collection in (PENDING, ITEMS, CREDITS) and row.get("invoice"):
            parents += await self._invoice(row["invoice"])
        made = [_record(collection, key_of(*ids), row, parents)]
        if collection == CHARGES:
            refunds = await self.refunds(row)
            if refunds:
                made[0].data["refunds"] = refunds
            charge = RecordRef(collection=CHARGES, key=key_of(row["id"]))
            made += [_record(DISPUTES, key_of(one["id"]), one, [charge]) async for one in self.disputes(row)]
        return made

    async def _invoice(self, invoice: str) -> list[RecordRef]:
        if await self._is_draft(invoice) is None:
            return []
        collection = DRAFTS if self._drafts[invoice] else INVOICES
        return [RecordRef(collection=collection, key=key_of(invoice))]

    async def _on_draft(self, customer: str, draft: str) -> list[RecordRef]:
        """What a draft's lines and its customer's fields are made of, as long as it is one."""
        if customer not in self._items:
            self._items[customer] = [row async for row in self.listed("invoiceitems", customer)]
        items = [str(row["id"]) for row in self._items[customer] if row.get("invoice") == draft]
        lines = [RecordRef(collection=PENDING, key=key_of(one)) for one in items]
        return [*lines, *await self._tax_ids(customer)]

    async def _tax_ids(self, customer: str) -> list[RecordRef]:
        """Stripe shows them as a part of their customer, and of a draft."""
        if customer not in self._numbers:
            rows = self.listed("customers/{}/tax_ids", customer)
            keys = [key_of(customer, str(row["id"])) async for row in rows]
            self._numbers[customer] = [RecordRef(collection=TAX_IDS, key=one) for one in keys]
        return self._numbers[customer]

    async def _in_draft(self, invoice: str | None) -> bool:
        return invoice is None or await self._is_draft(invoice) is not False

    async def _is_draft(self, invoice: str) -> bool | None:
        """None for one that is gone."""
        if invoice not in self._drafts:
            row = await self._rest.get(KINDS[INVOICES].where(key_of(invoice)))
            if row is None or row.get("deleted"):
                return None
            self._drafts[invoice] = row["status"] == "draft"
        return self._drafts[invoice]

    def _theirs(self, row: Row, field: str, owner: str) -> Row:
        if row.get(field) != owner:
            detail = f"{self._system} listed an object of somebody else where one person's were asked for."
            raise Quarantine(detail, system=self._system)
        return row

    def _last(self, rows: list[Row], before: str | None) -> str:
        last = str(rows[-1]["id"]) if rows else before
        refuse_same_page(self._system, before, last)
        return str(last)

    def _position(self, cursor: str | None) -> _Position:
        if cursor is None:
            return _Position()
        try:
            found = json.loads(cursor)
        except ValueError:
            found = None
        match found:
            case [int(customer), int(stage), str() | None as after] if 0 <= stage <= len(_LISTS):
                return _Position(customer, stage, after)
        raise Quarantine(f"The place to go on from in {self._system} is none of its own.", system=self._system)


_BY_OBJECT = {
    "payment_method": METHODS,
    "tax_id": TAX_IDS,
    "subscription": SUBSCRIPTIONS,
    "payment_intent": PAYMENTS,
    "charge": CHARGES,
    "credit_note": CREDITS,
}


def _pays_with(row: Row) -> list[RecordRef]:
    """The payment method that Stripe would take, which is none as soon as that is detached."""
    method = row.get("default_payment_method")
    return [RecordRef(collection=METHODS, key=key_of(method))] if isinstance(method, str) else []


def _record(collection: str, key: str, row: Row, parents: Iterable[RecordRef] = ()) -> Record:
    kind = KINDS[collection]
    return Record(
        collection=collection,
        key=key,
        data=kind.told(row),
        fingerprint=kind.fingerprint(row),
        anchor=kind.anchor(row),
        parents=tuple(parents),
        free_text=kind.texts(row),
    )
