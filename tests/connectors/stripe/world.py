"""The conformance suite's view of Stripe: Ann is the person, Carl somebody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from activities.connectors.stripe import StripeConnector
from habeas.connector import Connector, FieldChange, RecordRef, Rectify, Stop
from habeas.model import Identifier
from habeas.testing import HttpFaults
from tests.connectors.remade import Remade
from tests.connectors.store import ids
from tests.connectors.stripe.people import ANN, CARL, CARLS_PHONE, PHONE, RETAINED, Shop, settings


class StripeWorld(Remade[StripeConnector]):
    """Ann, who paid an invoice and has a draft, and Carl with the same."""

    person: tuple[Identifier, ...] = ids(email=ANN, phone=PHONE)
    other = ids(email=CARL, phone=CARLS_PHONE)
    nobody = (
        *(one for address in ("ann@example.or", "nn@example.org", "a_n@example.org") for one in ids(email=address)),
        *ids(phone="+451234567"),
        *ids(phone="12345678"),
    )
    personal = (ANN, "Arla", "12345678", "Long Street")
    collected = frozenset({*RETAINED, "customers", "payment_methods", "tax_ids", "draft_invoices", "pending_items"})

    def __init__(self, shop: Shop, faults: HttpFaults, **how: Any) -> None:
        self.shop = shop
        self.faults = faults
        self._how = how
        if how.get("redacts"):
            shop.grow_old()
        self.connector = self.made()
        key = f'["{shop.ann}"]'
        city = FieldChange(collection="customers", key=key, field="address_city", old="Aarhus", new="Odense")
        ann = RecordRef(collection="customers", key=key)
        self.changes = (Rectify(fields=(city,)), Stop(roots=(ann,), purposes=("direct_marketing",)))

    def connected(self, **more: Any) -> StripeConnector:
        assert self.faults is not None
        return StripeConnector.from_settings("billing", settings(self.faults.url, **self._how, **more))

    async def others(self) -> object:
        return self.shop.of(self.shop.carl)

    async def theirs(self) -> object:
        return self.shop.of(self.shop.ann)

    async def alter(self) -> None:
        self.shop.post(f"customers/{self.shop.ann}", name="Ann Arla-Berg")

    async def add(self) -> bool:
        self.shop.item(self.shop.ann)
        return True

    async def move(self) -> bool:
        """Stripe gives nothing of a customer's to another one: a payment method that is detached is nobody's for good.

        https://docs.stripe.com/api/payment_methods/detach
        """
        return False

    async def double(self) -> bool:
        await self.come_back()
        return True

    async def come_back(self) -> None:
        self.shop.customer("Ann Arla", ANN, PHONE)

    async def stand_in_the_way(self) -> None:
        self.shop.subscribed(self.shop.ann, 1900)

    async def wait(self, seconds: float) -> None:
        self.shop.stripe.clock.advance(timedelta(seconds=seconds))

    @asynccontextmanager
    async def without_access(self) -> AsyncIterator[Connector]:
        locked_out = self.made(key="sk_test_none")
        yield locked_out
        await locked_out.aclose()
