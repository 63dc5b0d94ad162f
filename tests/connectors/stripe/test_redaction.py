"""Redaction jobs: made once, run only when everything may go, and told where they fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from activities.connectors.stripe import StripeConnector
from habeas.connector import SystemPlan
from habeas.errors import Transient
from habeas.outcomes import Done, Drifted, EraseAnswer, Fate, Pending
from habeas.testing import HttpFaults
from tests.connectors.stripe.people import ANN, Shop, settings
from tests.connectors.stripe.test_erasing import by_collection, due, planned, reasons
from tests.vendors.shared.faults import Cut


@pytest.fixture
async def redacting(shop: Shop, faults: HttpFaults) -> AsyncIterator[StripeConnector]:
    shop.grow_old()
    made = StripeConnector.from_settings("billing", settings(faults.url, redacts=True))
    yield made
    await made.aclose()


async def _until(shop: Shop, billing: StripeConnector, plan: SystemPlan, status: str) -> str | None:
    """Ask until the newest job is so; the handle of the last answer."""
    handle: str | None = None
    for _ in range(20):
        answer = await billing.erase(plan, handle)
        assert isinstance(answer, Pending), answer
        handle = answer.handle
        shop.stripe.clock.advance(timedelta(seconds=answer.poll_after))
        shop.stripe.passes()
        if list(shop.stripe.jobs.values())[-1]["status"] == status:
            return handle
    raise AssertionError(f"no job became {status}")


async def _end(shop: Shop, billing: StripeConnector, plan: SystemPlan, handle: str | None = None) -> EraseAnswer:
    for _ in range(20):
        answer = await billing.erase(plan, handle)
        if not isinstance(answer, Pending):
            return answer
        handle = answer.handle
        shop.stripe.clock.advance(timedelta(seconds=answer.poll_after))
    raise AssertionError("it did not end")


async def test_a_customer_is_redacted_with_all_that_they_paid(shop: Shop, redacting: StripeConnector) -> None:
    plan = await planned(shop, redacting)
    answer = await _end(shop, redacting, plan)
    assert isinstance(answer, Done)
    assert {one.fate for one in answer.result} == {Fate.ANONYMISED, Fate.ERASED}
    assert [job["objects"] for job in shop.stripe.jobs.values()] == [{"customers": [shop.ann]}]
    assert ANN not in str(shop.stripe.object(f"/v1/customers/{shop.ann}"))
    assert "neighbour" not in str(shop.of(shop.ann)["charges"])
    assert "neighbour" in str(shop.of(shop.carl)["charges"])


async def test_a_lost_answer_makes_no_second_job(shop: Shop, redacting: StripeConnector) -> None:
    plan = await planned(shop, redacting)
    shop.stripe.faults.order(Cut(keep=0.0), method="POST", path="/v1/privacy/redaction_jobs")
    with pytest.raises(Transient):
        await redacting.erase(plan, None)
    assert len(shop.stripe.jobs) == 1
    assert isinstance(await _end(shop, redacting, plan), Done)
    assert len(shop.stripe.jobs) == 1


async def test_what_is_too_young_is_told_and_its_job_given_up(shop: Shop, faults: HttpFaults) -> None:
    """Payments can be redacted after 90 days: the person's other things have gone by then."""
    billing = StripeConnector.from_settings("billing", settings(faults.url, redacts=True))
    plan = await planned(shop, billing)
    answer = await _end(shop, billing, plan)
    assert isinstance(answer, Done)
    outcomes = by_collection(answer.result)
    for name in ("customers", "charges", "invoices"):
        assert {(one.fate, one.reason) for one in outcomes[name]} == {(Fate.BLOCKED, "redaction_invalid_state")}
    assert {one.fate for one in outcomes["payment_methods"]} == {Fate.ANONYMISED}
    assert [job["status"] for job in shop.stripe.jobs.values()] == ["canceled"]
    shop.grow_old()
    again = await _end(shop, billing, plan)
    assert isinstance(again, Done)
    assert {one.fate for one in again.result} == {Fate.ANONYMISED, Fate.ERASED}
    await billing.aclose()


async def test_what_changed_before_it_ran_is_not_redacted(shop: Shop, redacting: StripeConnector) -> None:
    plan = await planned(shop, redacting)
    handle = await _until(shop, redacting, plan, "ready")
    shop.disputed(shop.ann, "needs_response")
    answer = await redacting.erase(plan, handle)
    assert isinstance(answer, Drifted)
    assert answer.appeared == 1
    assert [job["status"] for job in shop.stripe.jobs.values()] == ["canceled"]
    assert not shop.stripe.redacted


async def test_nobody_is_redacted_of_whom_something_stays(shop: Shop, faults: HttpFaults) -> None:
    """A job takes all of a customer's along: then only their own fields are emptied."""
    shop.grow_old()
    billing = StripeConnector.from_settings("billing", settings(faults.url) | {"redaction": {}})
    plan = await planned(shop, billing)
    answer = await billing.erase(plan, None)
    assert isinstance(answer, Done)
    assert {one.fate for one in by_collection(answer.result)["customers"]} == {Fate.ANONYMISED}
    assert shop.stripe.jobs == {}

    invoices = due(plan, "invoices")
    ended = await _end(shop, billing, invoices)
    assert isinstance(ended, Done)
    assert {one.fate for one in ended.result} == {Fate.ANONYMISED}
    wanted = sorted(one.key[2:-2] for one in invoices.objects)
    assert [job["objects"] for job in shop.stripe.jobs.values()] == [{"invoices": wanted}]

    disputes = await _end(shop, billing, due(plan, "disputes"))
    assert isinstance(disputes, Done)
    assert reasons(list(disputes.result)) == {"needs_customer_redaction"}
    await billing.aclose()


async def test_a_part_of_a_person_is_no_reason_to_redact_all(shop: Shop, redacting: StripeConnector) -> None:
    plan = await planned(shop, redacting, asked=frozenset({"accounts"}))
    answer = await redacting.erase(plan, None)
    assert isinstance(answer, Done)
    assert {one.fate for one in answer.result} == {Fate.ANONYMISED, Fate.ERASED}
    assert shop.stripe.jobs == {}


async def test_more_than_ten_objects_are_several_jobs(shop: Shop, faults: HttpFaults) -> None:
    for number in range(11):
        shop.subscribed(shop.ann, 2000 + number)
    for one in list(shop.stripe.every("/v1/subscriptions", customer=shop.ann)):
        shop.stripe.ask("DELETE", f"/v1/subscriptions/{one['id']}")
    shop.note("charges", shop.ann)
    shop.grow_old()
    billing = StripeConnector.from_settings("billing", settings(faults.url) | {"redaction": {}})
    plan = await planned(shop, billing)
    answer = await _end(shop, billing, due(plan, "charges"))
    assert isinstance(answer, Done)
    assert {one.fate for one in answer.result} == {Fate.ANONYMISED}
    assert sorted(len(job["objects"]["charges"]) for job in shop.stripe.jobs.values()) == [2, 10]
    await billing.aclose()
