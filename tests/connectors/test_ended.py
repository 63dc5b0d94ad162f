"""What a hold kept goes from a real database once it is lifted, beside what was refused and what is another's."""

from __future__ import annotations

import pytest

from habeas.connector import SystemPlan
from habeas.plan import IndexedRecord, draft
from habeas.staying import Because, Place, Stay, ended
from tests.connectors import shop
from tests.connectors.store import TODAY, Store, by_fate, refs

ROOT = refs("users", "[1]")


async def planned(store: Store, stays: dict[Place, Stay]) -> SystemPlan:
    index = [IndexedRecord.of(record) for record in await store.collected(ROOT)]
    return draft("shop", store.connector.manifest.collections, ROOT, (), index, TODAY, stays)


@pytest.mark.parametrize("answer", [Because.EXEMPT, Because.CONTROLLED])
async def test_the_end_of_a_hold_leaves_what_was_refused_with_all_that_it_points_at(
    store: Store, answer: Because
) -> None:
    await store.build(shop.DDL, shop.MAP)
    held = Stay(because=Because.LEGAL_HOLD, law="Case 1")
    everything = {(each.collection, each.key): held for each in await store.collected(ROOT)}
    plan = await planned(store, everything | {("comments", "[100]"): Stay(because=answer, law="B")})
    before = await store.rows()
    await store.erased(plan)
    assert await store.rows() == before
    over = ended(plan, store.connector.manifest.collections, TODAY)
    done = by_fate(await store.erased(over))
    assert await store.sql.fetchval("SELECT count(*) FROM tickets WHERE id = 10 AND subject = 'Broken'") == 1
    assert "tickets[11]" in done["erased"]
    kept = [f"{one.collection}{one.key}" for one in over.objects]
    assert not {"comments[100]", "tickets[10]", "users[1]"} & set(kept)
