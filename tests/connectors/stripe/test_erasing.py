"""What is in the way stays in the way, what the law keeps is kept, and what Stripe only hides is emptied first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from activities.connectors.stripe import StripeConnector
from habeas import plan as plans
from habeas.connector import RecordRef, SystemPlan, Treatment
from habeas.outcomes import Done, Drifted, Fate, ObjectOutcome
from habeas.staying import Because, Stay
from habeas.testing.steps import TODAY, collected
from tests.connectors.store import held, ids
from tests.connectors.stripe.people import ANN, PHONE, RETAINED, TAX_LAW, Shop, settings

Make = Callable[..., StripeConnector]


@pytest.fixture
async def connector(shop: Shop) -> AsyncIterator[Make]:
    made: list[StripeConnector] = []

    def make(**how: object) -> StripeConnector:
        made.append(StripeConnector.from_settings("billing", settings(shop.stripe.base_url, **how)))  # type: ignore[arg-type]  # as written
        return made[-1]

    yield make
    for one in made:
        await one.aclose()


async def planned(shop: Shop, billing: StripeConnector, **more: object) -> SystemPlan:
    root = RecordRef(collection="customers", key=f'["{shop.ann}"]')
    records = await collected(billing, (root,))
    index = [plans.IndexedRecord.of(one) for one in records]
    known = ids(email=ANN, phone=PHONE)
    return plans.draft("billing", billing.manifest.collections, (root,), known, index, TODAY, **more)  # type: ignore[arg-type]  # draft's own


async def erased(billing: StripeConnector, plan: SystemPlan) -> dict[str, list[ObjectOutcome]]:
    answer = await billing.erase(plan, None)
    assert isinstance(answer, Done), answer
    return by_collection(answer.result)


def by_collection(outcomes: tuple[ObjectOutcome, ...]) -> dict[str, list[ObjectOutcome]]:
    return {name: [one for one in outcomes if one.collection == name] for name in {one.collection for one in outcomes}}


def reasons(outcomes: list[ObjectOutcome]) -> set[str | None]:
    return {one.reason for one in outcomes}


OBSTACLES = [
    ("live_subscription", lambda shop: shop.subscribed(shop.ann, 1900)),
    ("open_dispute", lambda shop: shop.disputed(shop.ann, "needs_response")),
    ("open_dispute", lambda shop: shop.disputed(shop.ann, "warning_under_review")),
    ("open_invoice", lambda shop: shop.unpaid(shop.ann)),
    ("uncaptured_payment", lambda shop: shop.uncaptured(shop.ann)),
]


class TestObstacles:
    @pytest.mark.parametrize(("reason", "make"), OBSTACLES)
    @pytest.mark.parametrize("customers", ["anonymise", "delete"])
    async def test_each_is_told_before_and_stops_everything(
        self, shop: Shop, connector: Make, reason: str, make: Callable[[Shop], str], customers: str
    ) -> None:
        key = make(shop)
        billing = connector(customers=customers)
        plan = await planned(shop, billing)
        assert {(one.reason, one.key) for one in await billing.vetoes(plan)} == {(reason, f'["{key}"]')}
        before = shop.of(shop.ann)
        outcomes = await erased(billing, plan)
        assert shop.of(shop.ann) == before
        to_go = [one for name in outcomes.keys() - set(RETAINED) for one in outcomes[name]]
        assert {(one.fate, one.reason) for one in to_go} == {(Fate.BLOCKED, reason)}
        assert {one.fate for one in outcomes["invoices"]} == {Fate.RETAINED}

    async def test_those_behind_the_first_hundred_are_seen(self, shop: Shop, connector: Make) -> None:
        keys = {shop.uncaptured(shop.ann) for _ in range(101)}
        billing = connector()
        plan = await planned(shop, billing)
        assert {one.key for one in await billing.vetoes(plan)} == {f'["{key}"]' for key in keys}

    async def test_subscriptions_end_where_that_was_decided(self, shop: Shop, connector: Make) -> None:
        subscription = shop.subscribed(shop.ann, 1900)
        billing = connector(cancel_subscriptions=True)
        plan = await planned(shop, billing)
        assert await billing.vetoes(plan) == ()
        outcomes = await erased(billing, plan)
        assert shop.stripe.object(f"/v1/subscriptions/{subscription}")["status"] == "canceled"
        assert {one.fate for one in outcomes["customers"]} == {Fate.ANONYMISED}
        again = await billing.confirm(plan, None)
        assert isinstance(again, Done)
        assert {one.fate for one in again.result} <= {Fate.ANONYMISED, Fate.ERASED, Fate.RETAINED}

    async def test_other_obstacles_end_no_subscription(self, shop: Shop, connector: Make) -> None:
        subscription = shop.subscribed(shop.ann, 1900)
        shop.disputed(shop.ann, "needs_response")
        billing = connector(cancel_subscriptions=True)
        outcomes = await erased(billing, await planned(shop, billing))
        assert reasons(outcomes["customers"]) == {"open_dispute"}
        assert shop.stripe.object(f"/v1/subscriptions/{subscription}")["status"] == "active"

    async def test_a_subscription_on_hold_does_not_end(self, shop: Shop, connector: Make) -> None:
        subscription = shop.subscribed(shop.ann, 1900)
        billing = connector(cancel_subscriptions=True)
        stay = {("subscriptions", f'["{subscription}"]'): Stay(because=Because.LEGAL_HOLD, law="Case 17")}
        plan = await planned(shop, billing, stays=stay)
        assert {one.treatment for one in plan.objects if one.collection == "customers"} == {Treatment.RETAIN}
        assert await billing.vetoes(plan) == (), "whoever pays for it stays too: it is in nobody's way"
        await erased(billing, plan)
        assert shop.stripe.object(f"/v1/subscriptions/{subscription}")["status"] == "active"

    async def test_nothing_is_in_the_way_of_what_stays(self, shop: Shop, connector: Make) -> None:
        shop.subscribed(shop.ann, 1900)
        billing = connector()
        plan = await planned(shop, billing, asked=frozenset({"accounting"}))
        assert {one.treatment for one in plan.objects} == {Treatment.RETAIN}
        assert await billing.vetoes(plan) == ()


class TestWhatIsKept:
    async def test_a_held_customer_can_still_pay_as_before(self, shop: Shop, connector: Make) -> None:
        """The default of an account is none as soon as that payment method is detached."""
        billing = connector()
        plan = await planned(shop, billing, stays=held(await planned(shop, billing), "customers"))
        before = shop.of(shop.ann)
        outcomes = await erased(billing, plan)
        assert {one.fate for one in outcomes["payment_methods"]} == {Fate.RETAINED}
        after = shop.of(shop.ann)
        assert (after["customer"], after["payment_methods"]) == (before["customer"], before["payment_methods"])

    async def test_a_held_draft_keeps_its_lines_and_the_number_on_it(self, shop: Shop, connector: Make) -> None:
        billing = connector()
        plan = await planned(shop, billing, stays=held(await planned(shop, billing), "draft_invoices"))
        drafts = [one for one in shop.of(shop.ann)["invoices"] if one["status"] == "draft"]
        outcomes = await erased(billing, plan)
        assert {one.fate for one in outcomes["tax_ids"]} == {Fate.RETAINED}
        assert sorted(one.fate for one in outcomes["pending_items"]) == [Fate.ERASED, Fate.RETAINED]
        assert [one for one in shop.of(shop.ann)["invoices"] if one["status"] == "draft"] == drafts

    async def test_what_a_deleted_customer_takes_along_keeps_them_if_it_must_stay(
        self, shop: Shop, connector: Make
    ) -> None:
        how = settings("http://127.0.0.1:1", customers="delete")["collections"]
        kept = {"category": "accounting", "treatment": "retain", "retention": TAX_LAW, "after": "delete"}
        billing = connector(collections={**how, "tax_ids": kept})
        plan = await planned(shop, billing)
        assert {one.treatment for one in plan.objects if one.collection == "customers"} == {Treatment.ANONYMISE}

    async def test_accounts_are_kept_by_their_law_until_their_day(self, shop: Shop, connector: Make) -> None:
        outcomes = await erased(billing := connector(), await planned(shop, billing))
        for name in RETAINED:
            for one in outcomes[name]:
                assert one.fate is Fate.RETAINED
                assert one.law == "Bookkeeping Act, section 12"
                assert one.until is not None
                assert (one.until.month, one.until.day) == (12, 31)

    async def test_they_are_there_after_the_customer_is_deleted(self, shop: Shop, connector: Make) -> None:
        billing = connector(customers="delete")
        plan = await planned(shop, billing)
        before = shop.of(shop.ann)
        await erased(billing, plan)
        assert shop.stripe.object(f"/v1/customers/{shop.ann}") == {
            "id": shop.ann,
            "object": "customer",
            "deleted": True,
        }
        for path in ("charges", "payment_intents", "disputes"):
            assert shop.of(shop.ann)[path] == before[path]
        again = await billing.confirm(plan, None)
        assert isinstance(again, Done)
        assert {one.fate for one in again.result} == {Fate.ERASED, Fate.ANONYMISED, Fate.RETAINED}

    async def test_a_server_that_forgets_the_deleted_is_understood_too(self, shop: Shop, connector: Make) -> None:
        """Localstripe by itself: 404 for the customer, and for lists of what they paid."""
        shop.stripe.forgets_deleted = True
        billing = connector(customers="delete")
        plan = await planned(shop, billing)
        first = await billing.erase(plan, None)
        assert await billing.erase(plan, None) == first
        again = by_collection((await billing.confirm(plan, None)).result)  # type: ignore[union-attr]  # it is done
        assert {one.fate for one in again["customers"]} == {Fate.ERASED}
        assert {one.fate for one in again["charges"]} == {Fate.RETAINED}

    async def test_when_the_term_is_over_only_a_job_can_do_it(self, shop: Shop, connector: Make) -> None:
        billing = connector()
        plan = await planned(shop, billing)
        outcomes = await erased(billing, due(plan, "charges"))
        assert {(one.fate, one.reason) for one in outcomes["charges"]} == {(Fate.BLOCKED, "redaction_off")}


class TestWhatGoes:
    async def test_drafts_go_before_their_customer(self, shop: Shop, connector: Make) -> None:
        billing = connector(customers="delete")
        await erased(billing, await planned(shop, billing))
        gone = [seen.path for seen in shop.stripe.made("DELETE")]
        assert gone[-1] == f"/v1/customers/{shop.ann}"
        assert sum("/invoices/" in one for one in gone) == 1
        assert sum("/invoiceitems/" in one for one in gone) == 2

    async def test_a_draft_that_stays_keeps_its_customer(
        self, shop: Shop, connector: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Stripe refuses drafts of a subscription: https://docs.stripe.com/api/invoices/delete."""
        shop.stripe.refuses.add("/v1/invoices/")
        billing = connector(customers="delete")
        outcomes = await erased(billing, await planned(shop, billing))
        assert reasons(outcomes["draft_invoices"]) == {"refused_by_system"}
        assert reasons(outcomes["customers"]) == {"draft_invoice"}
        assert shop.stripe.object(f"/v1/customers/{shop.ann}")["email"] == ANN

    async def test_a_card_is_emptied_before_it_is_detached(self, shop: Shop, connector: Make) -> None:
        """Detached it can no longer be changed, and is still given to whoever has its id."""
        billing = connector()
        plan = await planned(shop, billing)
        card = next(one.key for one in plan.objects if one.collection == "payment_methods")[2:-2]
        await erased(billing, plan)
        now = shop.stripe.object(f"/v1/payment_methods/{card}")
        assert now["customer"] is None
        assert ANN not in str(now)
        assert "Arla" not in str(now)

    async def test_all_that_is_personal_goes_from_the_customer(self, shop: Shop, connector: Make) -> None:
        shipping = {"shipping[name]": "Ann Arla", "shipping[address][line1]": "Long Street 1"}
        shop.post(f"customers/{shop.ann}", description="Ann from Aarhus", **shipping)
        billing = connector()
        await erased(billing, await planned(shop, billing))
        now = str(shop.stripe.object(f"/v1/customers/{shop.ann}"))
        assert not [word for word in (ANN, "Arla", "12345678", "Long Street", "Aarhus") if word in now]

    async def test_what_was_finalised_meanwhile_is_not_touched(self, shop: Shop, connector: Make) -> None:
        billing = connector()
        plan = await planned(shop, billing)
        draft = next(one.key for one in plan.objects if one.collection == "draft_invoices")[2:-2]
        shop.card(shop.ann)
        shop.post(f"invoices/{draft}/pay")
        answer = await billing.erase(plan, None)
        assert isinstance(answer, Drifted)
        assert answer.changed
        assert shop.stripe.made("DELETE") == []

    async def test_the_second_look_asks_by_id_whatever_a_search_says(self, shop: Shop, connector: Make) -> None:
        billing = connector()
        plan = await planned(shop, billing)
        await erased(billing, plan)
        assert shop.stripe.index.visible()[shop.ann]["email"] == ANN  # not caught up
        again = await billing.confirm(plan, None)
        assert isinstance(again, Done)
        assert not [one for one in again.result if one.fate is Fate.FAILED]


def due(plan: SystemPlan, collection: str) -> SystemPlan:
    """What is erased once its retention is over."""
    objects = tuple(
        one.model_copy(update={"treatment": Treatment.ANONYMISE, "law": None, "until": None})
        for one in plan.objects
        if one.collection == collection
    )
    return plan.model_copy(update={"roots": (), "identifiers": (), "objects": objects})
