"""The sample stores carry every right: values corrected, records frozen, purposes stopped, old chats let go."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest

from activities.connectors.sql import SqlConnector
from habeas.connector import (
    Change,
    FieldChange,
    PlannedObject,
    RecordRef,
    Rectify,
    Restrict,
    Stop,
    SystemPlan,
    Treatment,
)
from habeas.outcomes import Done, Fate
from habeas.plan import term_end
from tests.samples.conftest import STORES, databases
from tests.samples.test_maps import collected, connect, everybody, follow
from workers.postgres import EmbeddedPostgres
from workers.samples import ACCESS, AS_OF, seed


@pytest.fixture(scope="module")
async def own(postgres_server: EmbeddedPostgres) -> AsyncIterator[Mapping[str, str]]:
    """Stores of this module's own, to write to."""
    async with databases(postgres_server, *STORES) as urls:
        await seed(urls, people=60)
        yield urls


@pytest.fixture
async def connectors(own: Mapping[str, str]) -> AsyncIterator[dict[str, SqlConnector]]:
    made = connect(own)
    yield made
    for connector in made.values():
        await connector.aclose()


async def carried_out(connector: SqlConnector, change: Change) -> set[Fate]:
    answer = await connector.change(change, None)
    looked = await connector.confirm_change(change, None)
    assert isinstance(answer, Done)
    assert isinstance(looked, Done)
    assert answer.result == looked.result
    return {one.fate for one in answer.result}


PURPOSES = {"newsletter": 1, "direct_marketing": 1, "sale": 2, "sensitive": 1, "analytics": 2}


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_every_purpose_is_stopped_for_one_person_only(
    own: Mapping[str, str], connectors: dict[str, SqlConnector], purpose: str
) -> None:
    found = await follow(connectors, ACCESS.email)
    before, mine = await everybody(own), set()
    stores = [store for store in STORES if purpose in connectors[store].manifest.purposes]
    assert len(stores) == PURPOSES[purpose]
    for store in stores:
        roots = tuple(RecordRef(collection=match.collection, key=match.key) for match in found[store])
        assert await carried_out(connectors[store], Stop(roots=roots, purposes=(purpose,))) == {Fate.STOPPED}
        records = await collected(connectors[store], found[store])
        mine |= {f"{store}.{one.collection}{one.key}" for one in records}
    after = await everybody(own)
    changed = {place for place in before if after[place] != before[place]}
    assert changed
    assert changed <= mine


async def test_a_name_is_corrected_in_all_three_stores(connectors: dict[str, SqlConnector]) -> None:
    fields = {"crm": ("contacts", "last_name"), "billing": ("customers", "contact_name"), "support": ("users", "name")}
    found = await follow(connectors, ACCESS.email)
    for store, (table, name) in fields.items():
        record = next(one for one in await collected(connectors[store], found[store]) if one.collection == table)
        new = str(record.data[name]).replace("Holm", "Holm-Nygård")
        change = FieldChange(collection=table, key=record.key, field=name, old=record.data[name], new=new)
        assert await carried_out(connectors[store], Rectify(fields=(change,))) == {Fate.RECTIFIED}
    names = {match.name for matches in (await follow(connectors, ACCESS.email)).values() for match in matches}
    assert names == {"Signe Holm-Nygård"}


async def test_accounts_are_frozen_and_freed_again(own: Mapping[str, str], connectors: dict[str, SqlConnector]) -> None:
    found = await follow(connectors, ACCESS.email)
    before = await everybody(own)
    for on, fate in ((True, Fate.RESTRICTED), (False, Fate.LIFTED)):
        for store, connector in connectors.items():
            objects = tuple(RecordRef(collection=match.collection, key=match.key) for match in found[store])
            assert await carried_out(connector, Restrict(objects=objects, on=on)) == {fate}
    assert await everybody(own) == before


async def test_chats_go_after_thirty_days_whoever_wrote_them(
    own: Mapping[str, str], connectors: dict[str, SqlConnector]
) -> None:
    today = AS_OF + timedelta(days=1)
    support = connectors["support"]
    term = next(one.expires for one in support.manifest.collections if one.expires)
    before = await everybody(own)
    over = [record async for page in support.expired(today, None) for record in page.records]
    assert len(over) > 10
    assert all(one.anchor and term_end(term, one.anchor) < today for one in over)
    objects = tuple(
        PlannedObject(collection=one.collection, key=one.key, treatment=Treatment.DELETE, fingerprint=one.fingerprint)
        for one in over
    )
    answer = await support.expire(SystemPlan(system="support", roots=(), identifiers=(), objects=objects))
    assert isinstance(answer, Done)
    assert {one.fate for one in answer.result} == {Fate.ERASED}
    after = await everybody(own)
    assert before.keys() - after.keys() == {f"support.{one.collection}{one.key}" for one in over}
    assert any(place.startswith("support.chats") for place in after)
    assert not [page.records async for page in support.expired(today, None) if page.records]
