"""A customer's fields are corrected as they were read, and what the person objects to is marked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from activities.connectors.stripe import StripeConnector
from habeas.connector import FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.errors import Terminal
from habeas.outcomes import Done, Drifted, Fate
from tests.connectors.stripe.people import ANN, PHONE, Shop, settings


@pytest.fixture
async def billing(shop: Shop) -> AsyncIterator[StripeConnector]:
    made = StripeConnector.from_settings("billing", settings(shop.stripe.base_url))
    yield made
    await made.aclose()


def _field(shop: Shop, field: str, old: str | None, new: str | None, collection: str = "customers") -> FieldChange:
    return FieldChange(collection=collection, key=f'["{shop.ann}"]', field=field, old=old, new=new)


async def test_several_fields_at_once_and_nothing_else(shop: Shop, billing: StripeConnector) -> None:
    before = shop.stripe.object(f"/v1/customers/{shop.ann}")
    asked = Rectify(
        fields=(
            _field(shop, "name", "Ann Arla", "Ann Berg"),
            _field(shop, "email", ANN, "berg@example.org"),
            _field(shop, "phone", PHONE, None),
            _field(shop, "address_line1", "Long Street 1", "Short Street 2"),
        )
    )
    answer = await billing.change(asked, None)
    assert isinstance(answer, Done)
    assert {one.fate for one in answer.result} == {Fate.RECTIFIED}
    now = shop.stripe.object(f"/v1/customers/{shop.ann}")
    assert now == before | {
        "name": "Ann Berg",
        "email": "berg@example.org",
        "phone": "",
        "address": {"line1": "Short Street 2", "city": "Aarhus", "country": "DK"},
    }


async def test_what_is_no_longer_the_old_value_is_left(shop: Shop, billing: StripeConnector) -> None:
    before = shop.of(shop.ann)
    fields = (_field(shop, "name", "Anne Arla", "Ann Berg"), _field(shop, "email", ANN, "berg@example.org"))
    assert isinstance(await billing.change(Rectify(fields=fields), None), Drifted)
    assert shop.of(shop.ann) == before


async def test_what_cannot_be_corrected_is_told(shop: Shop, billing: StripeConnector) -> None:
    fields = (_field(shop, "balance", "0", "1"), _field(shop, "customer_name", "Ann", "Anne", "invoices"))
    answer = await billing.change(Rectify(fields=fields), None)
    assert isinstance(answer, Done)
    assert {(one.fate, one.reason) for one in answer.result} == {(Fate.BLOCKED, "not_rectifiable")}


async def test_a_value_that_stripe_does_not_take_is_told(shop: Shop, billing: StripeConnector) -> None:
    """It was redacted: nothing of it can be changed any more."""
    shop.stripe.redacted.add(shop.ann)
    now = shop.stripe.object(f"/v1/customers/{shop.ann}")["name"]
    answer = await billing.change(Rectify(fields=(_field(shop, "name", now, "Ann Berg"),)), None)
    assert isinstance(answer, Done)
    assert {(one.fate, one.reason) for one in answer.result} == {(Fate.BLOCKED, "refused_by_system")}


async def test_an_objection_is_a_mark_in_the_metadata(shop: Shop, billing: StripeConnector) -> None:
    root = RecordRef(collection="customers", key=f'["{shop.ann}"]')
    stop = Stop(roots=(root,), purposes=("direct_marketing",))
    early = await billing.confirm_change(stop, None)
    assert isinstance(early, Done)
    assert {one.fate for one in early.result} == {Fate.FAILED}
    await billing.change(stop, None)
    assert shop.stripe.object(f"/v1/customers/{shop.ann}")["metadata"] == {"note": "Ann Arla", "no_marketing": "true"}
    other = await billing.change(Stop(roots=(root,), purposes=("profiling",)), None)
    assert isinstance(other, Done)
    assert {(one.fate, one.reason) for one in other.result} == {(Fate.BLOCKED, "no_such_purpose")}


async def test_it_cannot_restrict_and_does_not_act_as_if(shop: Shop, billing: StripeConnector) -> None:
    root = RecordRef(collection="customers", key=f'["{shop.ann}"]')
    with pytest.raises(Terminal, match="cannot restrict"):
        await billing.change(Restrict(objects=(root,)), None)
