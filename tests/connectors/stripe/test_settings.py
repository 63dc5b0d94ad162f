"""What Stripe cannot do is refused at the start, and what is missing is said by name."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.connectors import describe_connector, load_connector
from activities.connectors.stripe import StripeConnector
from habeas.connector import Capability
from habeas.errors import ConfigurationError
from tests.connectors.serving import served
from tests.connectors.stripe.people import TAX_LAW, Shop, settings

NOWHERE = "http://127.0.0.1:9"


def _treated(name: str, **how: Any) -> dict[str, Any]:
    written = settings(NOWHERE)
    collections = written["collections"]
    return {**written, "collections": {**collections, name: {**collections[name], **how}}}


def test_it_comes_through_the_same_door_as_anyone_s() -> None:
    made = load_connector("billing", {"connector": "stripe", **settings(NOWHERE)})
    assert made.manifest.title == "Stripe"
    assert {Capability.VETO, Capability.RECTIFY, Capability.OBJECT} <= made.manifest.capabilities
    assert not made.manifest.capabilities & {Capability.RESTRICT, Capability.EXPIRE}


def test_without_the_key_it_can_be_described() -> None:
    written = {name: value for name, value in settings(NOWHERE).items() if name != "key"}
    described = describe_connector("billing", {"connector": "stripe", **written})
    assert described.manifest == load_connector("billing", {"connector": "stripe", **settings(NOWHERE)}).manifest


def test_what_is_not_decided_is_not_declared() -> None:
    made = StripeConnector.from_settings("billing", settings(NOWHERE, objections={}))
    assert Capability.OBJECT not in made.manifest.capabilities


@pytest.mark.parametrize(
    ("name", "how", "named"),
    [
        ("invoices", {"treatment": "delete"}, "invoices: Stripe cannot delete it"),
        ("charges", {"after": "delete"}, "charges: Stripe cannot delete it"),
        ("charges", {"treatment": "anonymise", "retention": None}, "charges: only a redaction job can"),
        ("payment_methods", {"treatment": "delete"}, "payment_methods: Stripe cannot delete"),
        ("tax_ids", {"treatment": "anonymise"}, "tax_ids: Stripe cannot anonymise"),
        ("invoices", {"retention": None}, "invoices: what is retained needs a retention"),
        ("customers", {"treatment": "retain", "retention": TAX_LAW, "after": "retain"}, "when the retention is over"),
    ],
)
def test_what_stripe_cannot_do_is_refused(name: str, how: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        StripeConnector.from_settings("billing", _treated(name, **how))


def test_every_kind_of_object_is_decided() -> None:
    written = settings(NOWHERE, key="rk_live_secret")
    written["collections"] = {**written["collections"], "quotes": written["collections"]["customers"]}
    del written["collections"]["disputes"]
    with pytest.raises(ConfigurationError, match=r"disputes is missing.*quotes: Stripe has no such") as raised:
        StripeConnector.from_settings("billing", written)
    assert "secret" not in str(raised.value)


class TestHealth:
    """`ping` names what is missing, and changes nothing."""

    async def _ping(self, shop: Shop, rights: frozenset[str] | None, **how: Any) -> str:
        shop.stripe.keys["rk_test_restricted"] = rights
        made = StripeConnector.from_settings("billing", settings(shop.stripe.base_url, key="rk_test_restricted", **how))
        before = shop.of(shop.ann)
        health = await made.ping()
        await made.aclose()
        assert shop.of(shop.ann) == before
        assert health.ok is (health.detail == "")
        return health.detail

    @pytest.mark.parametrize("customers", ["anonymise", "delete"])
    async def test_a_key_that_may_do_everything(self, shop: Shop, customers: str) -> None:
        assert await self._ping(shop, None, redacts=True, customers=customers, cancel_subscriptions=True) == ""

    @pytest.mark.parametrize(
        ("lacking", "named"),
        [
            ("rak_customer_read", "Customers: Read"),
            ("rak_customer_write", "Customers: Write"),
            ("rak_payment_method_read", "PaymentMethods: Read"),
            ("rak_payment_method_write", "PaymentMethods: Write"),
            ("rak_subscription_write", "Subscriptions: Write"),
            ("rak_invoice_read", "Invoices: Read"),
            ("rak_invoice_write", "Invoices: Write"),
            ("rak_invoice_item_read", "Invoice Items: Read"),
            ("rak_invoice_item_write", "Invoice Items: Write"),
            ("rak_charge_read", "Charges: Read"),
            ("rak_payment_intent_read", "PaymentIntents: Read"),
            ("rak_dispute_read", "Disputes: Read"),
            ("rak_credit_note_read", "Credit notes: Read"),
            ("rak_tax_id_read", "Tax IDs: Read"),
            ("rak_tax_id_write", "Tax IDs: Write"),
            ("rak_redaction_job_read", "Redaction jobs: Read"),
            ("rak_redaction_job_write", "Redaction jobs: Write"),
        ],
    )
    async def test_each_permission_is_missed_by_name(self, shop: Shop, lacking: str, named: str) -> None:
        rights = _RIGHTS - {lacking}
        told = await self._ping(shop, rights, redacts=True, cancel_subscriptions=True)
        assert told == f"The key lacks: {named}."

    async def test_what_will_be_done_once_a_term_is_over_is_looked_at_too(self, shop: Shop) -> None:
        collections = settings(shop.stripe.base_url)["collections"]
        kept = {"treatment": "retain", "retention": {"law": "Tax Act", "years": 5}, "after": "delete"}
        collections["tax_ids"] |= kept
        told = await self._ping(shop, _RIGHTS - {"rak_tax_id_write"}, collections=collections)
        assert told == "The key lacks: Tax IDs: Write."

    async def test_permissions_that_are_not_needed_are_not_missed(self, shop: Shop) -> None:
        needless = {"rak_subscription_write", "rak_redaction_job_read", "rak_redaction_job_write"}
        assert await self._ping(shop, _RIGHTS - needless) == ""

    @pytest.mark.parametrize(
        ("lacks", "named"), [("has_search", "`search`"), ("has_redaction", "ask Stripe, or remove `redaction`")]
    )
    async def test_what_the_account_lacks_is_named(self, shop: Shop, lacks: str, named: str) -> None:
        setattr(shop.stripe, lacks, False)
        assert named in await self._ping(shop, None, redacts=True)

    async def test_a_key_that_is_none(self, shop: Shop) -> None:
        made = StripeConnector.from_settings("billing", settings(shop.stripe.base_url, key="rk_test_none"))
        health = await made.ping()
        await made.aclose()
        assert not health.ok
        assert "restricted key" in health.detail


_READ = ("customer", "payment_method", "tax_id", "subscription", "invoice", "invoice_item", "charge", "payment_intent")
_RIGHTS = frozenset(f"rak_{one}_{right}" for one in (*_READ, "redaction_job") for right in ("read", "write")) | {
    "rak_dispute_read",
    "rak_credit_note_read",
}


@pytest.mark.parametrize("body", ["[]", "1", "{}", '{"object": 1}', '{"object": "li', "\xff"])
async def test_whatever_answers_is_not_yet_stripe(body: str) -> None:
    async def answer(_: Request) -> Response:
        return Response(body.encode("latin-1"))

    async with served(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "DELETE"])])) as url:
        connector = StripeConnector.from_settings("billing", settings(url))
        health = await connector.ping()
        assert (health.ok, health.fits) == (False, True)
        assert health.detail
        await connector.aclose()
