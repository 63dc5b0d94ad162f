"""Holds and ends in the ledger: said twice they are one; staff of one controller do not see another's."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from activities.ledger import ExpiryRow, Ledger, NewHold
from habeas.connector import RecordRef
from habeas.errors import BadInput
from habeas.model import Identifier
from habeas.outcomes import Fate, ObjectOutcome

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ADA = Identifier(kind="email", value="ada@example.org")


def new(controller: str = "demo", **words: object) -> NewHold:
    given = {"provision": "Case 1", "reason": "served", "placed_at": NOW, "placed_by": "a" * 16, **words}
    return NewHold.model_validate({"controller": controller, **given})


async def test_a_hold_is_placed_once_and_seen_by_its_own_controller_only(ledger: Ledger) -> None:
    name = str(uuid.uuid4())
    async with ledger.begin() as tx:
        assert await tx.place_hold(name, new(identifiers=(ADA,)))
    async with ledger.begin() as tx:
        assert not await tx.place_hold(name, new(identifiers=(ADA,)))
        assert (await tx.hold(name)).persons == 1
    async with ledger.only({"other"}).begin() as tx:
        assert await tx.holds() == ()
        with pytest.raises(BadInput):
            await tx.lift_hold(name, "b" * 16, NOW)


async def test_a_hold_about_everybody_covers_what_it_names(ledger: Ledger) -> None:
    async with ledger.begin() as tx:
        await tx.place_hold(str(uuid.uuid4()), new(category="correspondence"))
        [hold] = await tx.holds_on("demo", ())
    assert hold.covers("crm", "correspondence")
    assert not hold.covers("crm", "contact")


async def test_a_run_is_counted_once(ledger: Ledger) -> None:
    row = ExpiryRow(controller="demo", system="chat", collection="messages", at=NOW, erased=3, held=1, blocked=0)
    async with ledger.begin() as tx:
        await tx.save_expiry(row)
        await tx.save_expiry(row.model_copy(update={"erased": 5}))
        await tx.save_expiry(row.model_copy(update={"collection": "none", "erased": 0, "held": 0}))
        assert await tx.expiries("demo") == (row,)


async def test_what_is_restricted_kept_or_ended_is_seen_by_its_own_controller_only(ledger: Ledger, opened: str) -> None:
    row = ExpiryRow(controller="acme", system="chat", collection="messages", at=NOW, erased=1, held=0, blocked=0)
    kept = ObjectOutcome(collection="invoices", key="1", fate=Fate.RETAINED, law="Case 1")
    async with ledger.begin() as tx:
        await tx.save_expiry(row)
        await tx.restrict(opened, "acme", "crm", (RecordRef(collection="contacts", key="1"),), NOW)
        await tx.save_outcomes(opened, "billing", (kept,), NOW)
    for name, seen in (("acme", 1), ("other", 0)):
        async with ledger.only({name}).begin() as tx:
            assert len(await tx.expiries("acme")) == seen
            assert len(await tx.restrictions()) == seen
            assert len(await tx.retained_ahead("acme")) == seen
