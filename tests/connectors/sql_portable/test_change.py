"""Corrections, marks and terms in MariaDB and SQLite: exactly the rows that were meant, once, and nobody else's."""

from __future__ import annotations

import pytest

from habeas.connector import Rectify, Restrict, Stop
from habeas.errors import Quarantine
from habeas.outcomes import Drifted, Fate
from tests.connectors import club as original
from tests.connectors.sql_portable import club
from tests.connectors.sql_portable.stores import PortableStore
from tests.connectors.store import TODAY, gone, ids, refs
from tests.connectors.test_change import ANN, VALUES, changed, confirmed, field
from tests.connectors.test_expire import expired, names, over, planned


@pytest.fixture
async def members(store: PortableStore) -> PortableStore:
    await store.build(club.DDL[store.kind], original.MAP)
    return store


async def test_every_kind_of_value_is_corrected_from_what_was_collected(members: PortableStore) -> None:
    old = (await members.collected(ANN))[0].data
    assert (old["vip"], old["fee"], old["extra"], old["first"]) == (True, old["fee"], {"a": [1]}, 1)
    before = await members.rows()
    change = Rectify(fields=tuple(field(name, old[name], value) for name, value in VALUES.items()))
    assert await confirmed(members, change) == [f"{name} not_rectified" for name in VALUES]
    assert await changed(members, change) == [f"{name} rectified" for name in VALUES]
    data = (await members.collected(ANN))[0].data
    assert {name: data[name] for name in VALUES if name != "fee"} == {
        name: value for name, value in VALUES.items() if name != "fee"
    } | {"first": 2}
    assert float(str(data["fee"])) == 13.5
    after = await members.rows()
    assert {name: len(lost) for name, lost in gone(before, after).items()} == {"members": 1}
    assert await changed(members, change) == [f"{name} rectified" for name in VALUES]
    assert await members.rows() == after
    assert await confirmed(members, change) == [f"{name} rectified" for name in VALUES]
    assert (await members.connector.locate(ids(email="ANNA@mail.example"))).matches


@pytest.mark.parametrize(
    ("name", "old", "value", "why"),
    [
        ("born", "1980-02-29", "1980-02-30", "wrong_value"),
        ("size", 38, 99, "wrong_value"),
        ("size", 38, "large", "wrong_value"),
        ("first", 1, 9, "wrong_value"),
        ("fee", None, "12.345", "wrong_value"),
        ("name", "Ann", "Ann of the twelve hills", "wrong_value"),
        ("name", "Ann", "", "wrong_value"),
        ("name", "Ann", None, "wrong_value"),
        ("vip", True, "perhaps", "wrong_value"),
        ("email", "ann@mail.example", "bob@mail.example", "not_unique"),
        ("land", "DK", "XX", "refers_to_nothing"),
        ("id", 1, 7, "not_rectifiable"),
    ],
)
async def test_a_value_that_cannot_be_written_is_blocked_and_the_others_are_written(
    members: PortableStore, name: str, old: object, value: object, why: str
) -> None:
    held = (await members.collected(ANN))[0].data
    before = await members.rows()
    assert await changed(members, Rectify(fields=(field(name, held[name], value),))) == [f"{name} {why}"]
    assert await members.rows() == before
    both = Rectify(fields=(field(name, held[name], value), field("extra", {"a": [1]}, {})))
    assert await changed(members, both) == [f"{name} {why}", "extra rectified"]
    assert (await members.collected(ANN))[0].data["extra"] == {}


async def test_values_that_belong_together_are_written_together(members: PortableStore) -> None:
    change = Rectify(fields=(field("first", 1, 7), field("last", 5, 9)))
    assert await changed(members, change) == ["first rectified", "last rectified"]


async def test_a_value_that_changed_since_stops_everything(members: PortableStore) -> None:
    await members.execute("UPDATE members SET name = 'ANN' WHERE id = 1")
    before = await members.rows()
    change = Rectify(fields=(field("email", "ann@mail.example", "a@mail.example"), field("name", "Ann", "Anna")))
    assert await members.connector.change(change, None) == Drifted(changed=1, appeared=0)
    assert await members.rows() == before


async def test_a_trigger_that_reaches_further_undoes_it(members: PortableStore) -> None:
    body = "AFTER UPDATE ON members FOR EACH ROW BEGIN DELETE FROM consents WHERE id = 13; END;"
    await members.execute(f"CREATE TRIGGER meddle {body}")
    before = await members.rows()
    for change in (Rectify(fields=(field("name", "Ann", "Anna"),)), Restrict(objects=ANN)):
        with pytest.raises(Quarantine):
            await members.connector.change(change, None)
    assert await members.rows() == before


async def test_marks_are_set_once_and_lifted_on_exactly_these_rows(members: PortableStore) -> None:
    objects = (*ANN, *refs("visits", "[100]", "[999]"), *refs("consents", "[10]"))
    plan = await members.plan(ANN)
    before = await members.rows()
    on, off = Restrict(objects=objects), Restrict(objects=objects, on=False)
    done = ["members[1] restricted", "visits[100] restricted", "visits[999] not_found", "consents[10] not_restrictable"]
    assert await changed(members, on) == done
    marked = await members.rows()
    assert await changed(members, on) == done == await confirmed(members, on)
    assert await members.rows() == marked
    assert {name: len(lost) for name, lost in gone(before, marked).items()} == {"members": 1, "visits": 1}
    assert [one.fingerprint for one in (await members.plan(ANN)).objects] == [one.fingerprint for one in plan.objects]
    assert (await changed(members, off))[:2] == ["members[1] lifted", "visits[100] lifted"]
    assert await members.rows() == before
    stop = Stop(roots=ANN, purposes=("newsletter",))
    done = ["members[1] stopped", "consents[10] stopped", "consents[12] stopped"]
    assert await changed(members, stop) == done
    stopped = await members.rows()
    assert await changed(members, stop) == done == await confirmed(members, stop)
    assert await members.rows() == stopped
    assert {one.fate for one in await members.erased(plan)} == {Fate.ANONYMISED, Fate.ERASED}


async def test_what_is_past_its_term_goes_and_what_changed_is_restricted_or_needed_stays(
    members: PortableStore,
) -> None:
    found = await over(members)
    assert names(found) == ["photos[1000]", "visits[100]", "visits[101]", "visits[103]", "visits[104]"]
    assert [one.key for one in found if one.referenced] == ["[104]"]
    await members.execute("UPDATE visits SET note = 'still open' WHERE id = 101")
    await members.connector.change(Restrict(objects=refs("visits", "[103]")), None)
    assert await expired(members, planned(found)) == {
        "blocked:drifted": ["visits[101]"],
        "blocked:referenced": ["visits[100]", "visits[104]"],
        "blocked:restricted": ["visits[103]"],
        "erased": ["photos[1000]"],
    }


async def test_what_is_listed_goes_children_first_and_once(members: PortableStore) -> None:
    plan = planned(await over(members))
    done = {
        "erased": ["photos[1000]", "visits[100]", "visits[101]", "visits[103]"],
        "blocked:referenced": ["visits[104]"],
    }
    assert await expired(members, plan) == done
    after = await members.rows()
    assert await expired(members, plan) == done
    assert await members.rows() == after


async def test_terms_go_on_from_every_page(members: PortableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.connectors.sql_portable.expired.PAGE_ROWS", 2)
    whole = names(await over(members))
    cursors = [page.cursor async for page in members.connector.expired(TODAY, None)]
    assert len(cursors) >= 3
    assert not any("2026" in (cursor or "") for cursor in cursors)
    for number, cursor in enumerate(cursors[:-1], 1):
        rest = [one async for page in members.connector.expired(TODAY, cursor) for one in page.records]
        before = [page async for page in members.connector.expired(TODAY, None)][:number]
        assert names([one for page in before for one in page.records] + rest) == whole
