"""Customers are found by what they bear, exactly, and everything of theirs is listed to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from activities.connectors.stripe import StripeConnector
from activities.connectors.stripe.kinds import KINDS
from habeas.connector import Page, Record, RecordRef
from habeas.errors import Quarantine, Terminal
from tests.connectors.store import ids
from tests.connectors.stripe.people import ANN, PHONE, Shop, settings


@pytest.fixture
async def billing(shop: Shop) -> AsyncIterator[StripeConnector]:
    made = StripeConnector.from_settings("billing", settings(shop.stripe.base_url))
    yield made
    await made.aclose()


async def _found(billing: StripeConnector, **asked: str) -> list[str]:
    return [one.key for one in (await billing.locate(ids(**asked))).matches]


@pytest.mark.parametrize(
    ("collection", "row", "texts"),
    [
        ("customers", {"description": None, "metadata": {}, "invoice_settings": {"footer": None}}, ()),
        ("customers", {"invoice_settings": {"footer": "Ask Carl"}}, ("invoice_settings",)),
        ("customers", {"invoice_settings": {"custom_fields": [{"name": "For", "value": "C"}]}}, ("invoice_settings",)),
        ("customers", {"metadata": {"contact": "Carl"}}, ("metadata",)),
        ("charges", {"description": "For Carl", "metadata": {}}, ("description",)),
        ("payment_intents", {"description": "For Carl"}, ("description",)),
        ("invoice_items", {"description": "For Carl", "metadata": {"to": "Carl"}}, ("description", "metadata")),
        ("invoices", {"custom_fields": [{"name": "For", "value": "Carl"}]}, ("custom_fields",)),
        (
            "subscriptions",
            {"cancellation_details": {"comment": "Carl said so", "reason": None}},
            ("cancellation_details",),
        ),
        ("subscriptions", {"cancellation_details": {"comment": None, "reason": "cancellation_requested"}}, ()),
        ("payment_methods", {"metadata": {"of": "Carl"}}, ("metadata",)),
    ],
)
def test_what_whoever_calls_writes_as_they_like_is_reviewed(
    collection: str, row: dict[str, Any], texts: tuple[str, ...]
) -> None:
    kinds = {one.name: one for one in StripeConnector.describe("billing", settings("https://x.example")).collections}
    made = KINDS[collection].texts(row)
    record = Record(collection=collection, key="[]", data=row, fingerprint="0" * 64, free_text=made)
    assert kinds[collection].texts(record) == texts


class TestByAddress:
    async def test_two_customers_with_one_address_are_both_found(self, shop: Shop, billing: StripeConnector) -> None:
        again = shop.customer("A. Arla", ANN, "+4500000000")
        assert await _found(billing, email=ANN) == sorted([f'["{shop.ann}"]', f'["{again}"]'])

    async def test_more_than_one_page_of_them(self, shop: Shop, billing: StripeConnector) -> None:
        """Stripe gives ten where no limit is said: the eleventh is found."""
        for number in range(12):
            shop.customer(f"Ann {number}", ANN, PHONE)
        assert len(await _found(billing, email=ANN)) == 13

    async def test_so_many_are_no_person(self, shop: Shop, billing: StripeConnector) -> None:
        for number in range(51):
            shop.post("customers", email=ANN, name=f"Till {number}")
        with pytest.raises(Quarantine, match="More than 50"):
            await billing.locate(ids(email=ANN))

    @pytest.mark.parametrize("written", ["Ann@example.org", "ANN@EXAMPLE.ORG"])
    async def test_usual_spellings_are_found_at_once(self, shop: Shop, billing: StripeConnector, written: str) -> None:
        """The list's filter is case-sensitive, and the search does not know them yet."""
        other = shop.customer("Ann Arla", written, "+4500000000")
        assert f'["{other}"]' in await _found(billing, email=ANN)

    async def test_any_spelling_is_found_by_search(self, shop: Shop, billing: StripeConnector) -> None:
        other = shop.customer("Ann Arla", "aNN@Example.Org", "+4500000000")
        assert f'["{other}"]' not in await _found(billing, email=ANN)
        shop.stripe.seen()
        assert f'["{other}"]' in await _found(billing, email=ANN)

    async def test_what_a_search_remembers_is_not_believed(self, shop: Shop, billing: StripeConnector) -> None:
        """It is behind: the customer bears another address by now."""
        shop.post(f"customers/{shop.ann}", email="ann.new@example.org")
        assert await _found(billing, email=ANN) == []

    async def test_a_quote_ends_no_condition(self, shop: Shop, billing: StripeConnector) -> None:
        assert await _found(billing, email="x'y@example.org") == []
        other = shop.customer("O'Hara", "o'hara@example.org", PHONE)
        shop.stripe.seen()
        assert await _found(billing, email="o'hara@example.org") == [f'["{other}"]']

    async def test_a_deleted_customer_is_nobody(self, shop: Shop, billing: StripeConnector) -> None:
        shop.stripe.deleted.add(shop.ann)
        assert await _found(billing, email=ANN) == []


class TestByPhone:
    @pytest.mark.parametrize("written", ["+4512345678", "004512345678", "+45 12 34 56 78"])
    async def test_however_it_was_written_in_the_request(
        self, shop: Shop, billing: StripeConnector, written: str
    ) -> None:
        assert await _found(billing, phone=written) == [f'["{shop.ann}"]']

    async def test_another_country_s_number_is_another(self, billing: StripeConnector) -> None:
        assert await _found(billing, phone="+4612345678") == []

    async def test_without_search_nobody_is(self, shop: Shop) -> None:
        made = StripeConnector.from_settings("billing", settings(shop.stripe.base_url, search=False))
        assert made.manifest.needs == ("email",)
        assert (await made.locate(ids(phone=PHONE))).matches == ()
        assert len((await made.locate(ids(email=ANN))).matches) == 1
        assert not [seen for seen in shop.stripe.calls if "search" in seen.path]
        await made.aclose()

    @pytest.mark.parametrize("written", ["DEE.DAHL@example.org", "Dee.Dahl@example.org", "Dee.Dahl@Example.Org"])
    async def test_without_search_an_address_is_found_as_people_write_it(self, shop: Shop, written: str) -> None:
        dee = shop.customer("Dee Dahl", written, "")
        made = StripeConnector.from_settings("billing", settings(shop.stripe.base_url, search=False))
        assert [one.key for one in (await made.locate(ids(email="dee.dahl@example.org"))).matches] == [f'["{dee}"]']
        await made.aclose()

    async def test_an_account_without_search_says_so(self, shop: Shop, billing: StripeConnector) -> None:
        shop.stripe.has_search = False
        with pytest.raises(Terminal, match="`search`"):
            await billing.locate(ids(phone=PHONE))


class TestCollecting:
    async def _pages(self, billing: StripeConnector, shop: Shop) -> list[Page]:
        root = RecordRef(collection="customers", key=f'["{shop.ann}"]')
        return [page async for page in billing.collect((root,), None)]

    async def test_lists_are_read_to_their_end(self, shop: Shop, billing: StripeConnector) -> None:
        for _ in range(120):
            shop.item(shop.ann)
        pages = await self._pages(billing, shop)
        records = [one for page in pages for one in page.records]
        assert sum(one.collection == "pending_items" for one in records) == 122  # one in the draft, one in none
        assert all(len(page.records) <= 100 for page in pages)

    async def test_what_is_billed_is_apart_from_what_is_not(self, shop: Shop, billing: StripeConnector) -> None:
        records = [one for page in await self._pages(billing, shop) for one in page.records]
        kinds = {one.key: one.collection for one in records}
        for one in records:
            invoice = one.data.get("invoice")
            if one.collection == "invoice_items":
                assert kinds[f'["{invoice}"]'] == "invoices"
            if one.collection == "pending_items" and invoice is not None:
                assert kinds[f'["{invoice}"]'] == "draft_invoices"

    async def test_a_charge_is_told_with_what_was_paid_back_of_it(self, shop: Shop, billing: StripeConnector) -> None:
        charge = shop.stripe.charges_of(shop.ann)[-1]["id"]
        for amount in (100, 50):
            shop.post("refunds", charge=charge, amount=amount, **{"metadata[why]": "Ann was not at home"})
        records = [one for page in await self._pages(billing, shop) for one in page.records]
        told = {one.key: one.data.get("refunds") for one in records if one.collection == "charges"}
        refunds = told.pop(f'["{charge}"]')
        assert isinstance(refunds, list)
        told_of = [one for one in refunds if isinstance(one, dict)]
        assert sorted(str(one["amount"]) for one in told_of) == ["100", "50"]
        assert all(one["metadata"] == {"why": "Ann was not at home"} for one in told_of)
        assert not any(told.values())

    async def test_what_lets_others_pay_is_not_given_away(self, shop: Shop, billing: StripeConnector) -> None:
        records = [one for page in await self._pages(billing, shop) for one in page.records]
        assert not [one for one in records if "client_secret" in str(one.data)]

    async def test_a_filter_that_is_ignored_is_noticed(
        self, shop: Shop, billing: StripeConnector, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A list that gives everybody's is not taken for the person's."""
        monkeypatch.setattr(shop.stripe, "shown", lambda value: {**value, "customer": shop.carl})
        with pytest.raises(Quarantine, match="somebody else"):
            await self._pages(billing, shop)

    async def test_nothing_is_collected_by_search(self, shop: Shop, billing: StripeConnector) -> None:
        before = len(shop.stripe.calls)
        await self._pages(billing, shop)
        assert not [seen for seen in shop.stripe.calls[before:] if "search" in seen.path]


async def test_search_catches_up_before_the_second_look(shop: Shop, billing: StripeConnector) -> None:
    assert timedelta(seconds=billing.manifest.confirm_after) >= shop.stripe.index.lag
