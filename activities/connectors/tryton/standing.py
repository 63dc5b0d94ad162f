"""What must be settled before a party can be erased: money that is owed, an invoice that is under way.

Tryton's own wizard asks the same and refuses without a code: https://docs.tryton.org/8.2/modules-account-invoice/ and
https://docs.tryton.org/8.2/modules-account/ ("erase"). So it is asked before anything is touched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any

from activities.connectors.tryton.kinds import DRAFTS, PARTIES, Place
from activities.connectors.tryton.locate import staff
from activities.connectors.tryton.rpc import Rpc
from habeas.connector import PlannedObject, RecordRef, SystemPlan, Treatment, Veto

__all__ = ["erases", "obstacles", "vetoes"]

_OPEN = ("draft", "validated", "posted")


def erases(plan: SystemPlan) -> bool:
    """Whether the plan does anything that obstacles stand in the way of."""
    return any(_goes(one) and one.collection == PARTIES for one in plan.objects)


async def obstacles(rpc: Rpc, plan: SystemPlan, parties: Sequence[int]) -> AsyncIterator[tuple[str, Place]]:
    """What stands in the way of erasing these parties now, and why. Drafts that the plan deletes do not."""
    if await staff(rpc, parties):
        yield "staff", Place(PARTIES, "party.party", parties[0])
    deleted = {one.key for one in plan.objects if one.collection == DRAFTS and _goes(one)}
    theirs: list[Any] = [
        ["OR", ["party", "in", list(parties)], ["alternative_payees", "in", list(parties)]],
        ["state", "in", list(_OPEN)],
    ]
    async for row in rpc.every("account.invoice", theirs, ("state", "number", "move", "cancel_move")):
        place = Place.of_invoice(row)
        if place.ref.key not in deleted:
            yield "draft_invoice" if place.collection == DRAFTS else "open_invoice", place
    for company in await rpc.read("company.company", [], ()):
        context: dict[str, Any] = {"active_test": False, "company": int(company["id"])}
        amounts = ("receivable", "payable")
        for row in await rpc.read("party.party", [["id", "in", list(parties)]], amounts, context=context):
            if any(Decimal(str(row[name] or 0)) for name in amounts):
                yield "open_balance", Place(PARTIES, "party.party", int(row["id"]))


async def vetoes(rpc: Rpc, plan: SystemPlan, parties: Sequence[int]) -> tuple[Veto, ...]:
    """See `habeas.connector.Vetoing.vetoes`."""
    if not (erases(plan) and parties):
        return ()
    planned = {(one.collection, one.key) for one in plan.objects}
    party = next(one for one in plan.objects if one.collection == PARTIES and _goes(one))
    found = []
    async for reason, place in obstacles(rpc, plan, parties):
        named = (place.collection, place.ref.key) in planned
        ref = place.ref if named else RecordRef(collection=party.collection, key=party.key)
        found.append(Veto(collection=ref.collection, key=ref.key, reason=reason))
    return tuple(dict.fromkeys(found))


def _goes(one: PlannedObject) -> bool:
    return one.treatment is not Treatment.RETAIN
