"""What must be settled before a customer can be erased: money that is still moving, or a contract that still runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from activities.connectors.stripe.kinds import (
    CHARGES,
    CUSTOMERS,
    DISPUTES,
    INVOICES,
    METHODS,
    PAYMENTS,
    SUBSCRIPTIONS,
    ids_of,
    key_of,
)
from activities.connectors.stripe.settings import ONLY_REDACTED
from activities.connectors.stripe.walk import Walk
from habeas.connector import PlannedObject, RecordRef, SystemPlan, Treatment, Veto

__all__ = ["LIVE", "Obstacle", "may_cancel", "obstacles", "settles", "vetoes"]

LIVE = frozenset({"active", "trialing", "past_due", "unpaid", "paused"})
"""Deleting a customer ends these at once: https://docs.stripe.com/api/customers/delete.

The states: https://docs.stripe.com/api/subscriptions/object. One that is incomplete ends by itself within a day.
"""
_OPEN_DISPUTES = frozenset({"needs_response", "under_review", "warning_needs_response", "warning_under_review"})
"""https://docs.stripe.com/api/disputes/object; redaction loses them: https://docs.stripe.com/privacy/redaction."""
_SETTLED_FIRST = frozenset({CUSTOMERS, METHODS}) | ONLY_REDACTED
"""What cannot be treated while something stands in the way: without these, money can neither be taken nor given."""


@dataclass(frozen=True)
class Obstacle:
    """One object that stands in the way, and why."""

    reason: str
    ref: RecordRef


def settles(plan: SystemPlan) -> bool:
    """Whether the plan does anything that obstacles stand in the way of."""
    return any(_settled_first(one) for one in plan.objects)


async def obstacles(walk: Walk, customer: str) -> AsyncIterator[Obstacle]:
    """What stands in the way of erasing one customer now."""
    async for row in walk.listed("subscriptions", customer):
        if row["status"] in LIVE:
            yield _obstacle("live_subscription", SUBSCRIPTIONS, row["id"])
    async for row in walk.listed("invoices", customer):
        if row["status"] == "open":
            yield _obstacle("open_invoice", INVOICES, row["id"])
    async for row in walk.listed("payment_intents", customer):
        if row["status"] == "requires_capture":
            yield _obstacle("uncaptured_payment", PAYMENTS, row["id"])
    async for row in walk.listed("charges", customer):
        alone = not row.get("payment_intent")
        if alone and row["status"] == "succeeded" and not row.get("captured", True) and not row.get("refunded"):
            yield _obstacle("uncaptured_payment", CHARGES, row["id"])
        async for dispute in walk.disputes(row):
            if dispute["status"] in _OPEN_DISPUTES:
                yield _obstacle("open_dispute", DISPUTES, dispute["id"])


async def vetoes(walk: Walk, plan: SystemPlan, *, cancels: bool) -> tuple[Veto, ...]:
    """See `habeas.connector.Vetoing.vetoes`; ``cancels``: live subscriptions are for us to end."""
    if not settles(plan):
        return ()
    found = []
    for root in plan.roots:
        async for one in obstacles(walk, ids_of(root.key)[0]):
            if not (cancels and one.reason == "live_subscription" and may_cancel(plan, one.ref)):
                ref = _named(plan, one.ref, root)
                found.append(Veto(collection=ref.collection, key=ref.key, reason=one.reason))
    return tuple(dict.fromkeys(found))


def may_cancel(plan: SystemPlan, ref: RecordRef) -> bool:
    """Whether a subscription is the plan's to end: it is in it, and no hold or restriction keeps it as it is."""
    if not plan.covers(SUBSCRIPTIONS):
        return False
    return any(_ref(one) == ref and one.reason is None for one in plan.objects)


def _named(plan: SystemPlan, ref: RecordRef, customer: RecordRef) -> RecordRef:
    """The object itself; if it was not asked to be erased, one that was and that it stands in the way of."""
    planned = [_ref(one) for one in plan.objects]
    if ref in planned:
        return ref
    if customer in planned:
        return customer
    return next(_ref(one) for one in plan.objects if _settled_first(one))


def _settled_first(one: PlannedObject) -> bool:
    return one.treatment is not Treatment.RETAIN and one.collection in _SETTLED_FIRST


def _ref(one: PlannedObject) -> RecordRef:
    return RecordRef(collection=one.collection, key=one.key)


def _obstacle(reason: str, collection: str, key: str) -> Obstacle:
    return Obstacle(reason, RecordRef(collection=collection, key=key_of(key)))
