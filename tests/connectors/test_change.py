"""Corrections and marks in a real database: exactly the rows that were meant, once, and nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import asyncpg
import pytest

from habeas.connector import Capability, Change, Changing, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.errors import ConnectorError, Quarantine
from habeas.outcomes import Done, Drifted, Fate, ObjectOutcome
from tests.connectors import club
from tests.connectors.store import Connected, Store, gone, ids, new, refs

ANN = refs("members", "[1]")


def field(name: str, old: object, value: object, key: str = "[1]", table: str = "members") -> FieldChange:
    return FieldChange.model_validate({"collection": table, "key": key, "field": name, "old": old, "new": value})


def fates(outcomes: Iterable[ObjectOutcome]) -> list[str]:
    return [f"{one.field or one.collection + one.key} {one.reason or one.fate}" for one in outcomes]


async def changed(store: Connected, change: Change) -> list[str]:
    answer = await store.connector.change(change, None)
    assert isinstance(answer, Done), answer
    return fates(answer.result)


async def confirmed(store: Connected, change: Change) -> list[str]:
    answer = await store.connector.confirm_change(change, None)
    assert isinstance(answer, Done), answer
    return fates(answer.result)


@pytest.fixture
async def shop(store: Store) -> Store:
    await store.build(club.DDL, club.MAP)
    return store


async def test_the_manifest_says_what_the_map_says(shop: Store) -> None:
    manifest = shop.connector.manifest
    assert isinstance(shop.connector, Changing)
    assert manifest.capabilities == frozenset(Capability) - {Capability.VETO}
    assert manifest.purposes == ("ads", "newsletter")
    collections = {one.name: one for one in manifest.collections}
    assert collections["members"].rectifiable[:2] == ("email", "name")
    assert [one.restrictable for one in collections.values()] == [True, False, True, False]
    assert collections["visits"].expires
    health = await shop.connector.ping()
    assert (health.ok, health.detail) == (True, "")


VALUES = {
    "email": "anna@mail.example",
    "name": "Änna 🙈",
    "born": "1980-02-28",
    "size": 39,
    "fee": "13.5",
    "vip": False,
    "langs": ["nb", 'a "b", {c}', None],
    "extra": {"b": [1.5, None, "x"]},
    "land": "NO",
    "first": "2",
}


async def test_every_kind_of_value_is_corrected_from_what_was_collected(shop: Store) -> None:
    old = (await shop.collected(ANN))[0].data
    before = await shop.rows()
    change = Rectify(fields=tuple(field(name, old[name], value) for name, value in VALUES.items()))
    assert await confirmed(shop, change) == [f"{name} not_rectified" for name in VALUES]
    assert await changed(shop, change) == [f"{name} rectified" for name in VALUES]
    data = (await shop.collected(ANN))[0].data
    assert {name: data[name] for name in VALUES} == VALUES | {"fee": "13.50", "first": 2}
    after = await shop.rows(versions=True)
    assert gone(before, await shop.rows()).keys() == {"members"}
    assert len(new(before, await shop.rows())["members"]) == 1
    assert await changed(shop, change) == [f"{name} rectified" for name in VALUES]
    assert await shop.rows(versions=True) == after
    assert await confirmed(shop, change) == [f"{name} rectified" for name in VALUES]
    assert (await shop.connector.locate(ids(email="ANNA@mail.example"))).matches


@pytest.mark.parametrize(
    ("name", "old", "value", "why"),
    [
        ("born", "1980-02-29", "30 February", "wrong_value"),
        ("born", "1980-02-29", "1980-02-30", "wrong_value"),
        ("size", 38, 99, "wrong_value"),
        ("size", 38, "large", "wrong_value"),
        ("first", 1, 2**40, "wrong_value"),
        ("first", 1, 9, "wrong_value"),
        ("fee", "12.50", "12.345", "wrong_value"),
        ("name", "Ann", "Ann of the twelve hills", "wrong_value"),
        ("name", "Ann", "", "wrong_value"),
        ("name", "Ann", None, "wrong_value"),
        ("name", "Ann", "A\0", "wrong_value"),
        ("vip", True, "perhaps", "wrong_value"),
        ("email", "ann@mail.example", "bob@mail.example", "not_unique"),
        ("land", "DK", "XX", "refers_to_nothing"),
        ("id", 1, 7, "not_rectifiable"),
        ("newsletter", True, False, "not_rectifiable"),
        ("no_such", True, False, "not_rectifiable"),
    ],
)
async def test_a_value_that_cannot_be_written_is_blocked_and_the_others_are_written(
    shop: Store, name: str, old: object, value: object, why: str
) -> None:
    before = await shop.rows(versions=True)
    alone = Rectify(fields=(field(name, old, value),))
    assert await changed(shop, alone) == [f"{name} {why}"]
    assert await shop.rows(versions=True) == before
    other = field("extra", {"a": [1]}, {})
    assert await changed(shop, Rectify(fields=(field(name, old, value), other))) == [f"{name} {why}", "extra rectified"]
    assert (await shop.collected(ANN))[0].data["extra"] == {}
    assert (await confirmed(shop, alone))[0].split()[1] in ("not_rectified", "not_rectifiable")


async def test_values_that_belong_together_are_written_together(shop: Store) -> None:
    change = Rectify(fields=(field("first", 1, 7), field("last", 5, 9)))
    assert await changed(shop, change) == ["first rectified", "last rectified"]


async def test_a_value_that_changed_since_stops_everything(shop: Store) -> None:
    await shop.sql.execute("UPDATE members SET name = 'Annie' WHERE id = 1")
    before = await shop.rows(versions=True)
    change = Rectify(fields=(field("email", "ann@mail.example", "a@mail.example"), field("name", "Ann", "Anna")))
    assert await shop.connector.change(change, None) == Drifted(changed=1, appeared=0)
    assert await shop.rows(versions=True) == before
    missing = Rectify(fields=(field("name", "Cid", "Sid", "[3]"),))
    assert await shop.connector.change(missing, None) == Drifted(changed=1, appeared=0)
    assert await confirmed(shop, missing) == ["name not_found"]


async def test_what_changes_while_it_is_corrected_is_seen(shop: Store) -> None:
    """Somebody else's transaction holds the row: we wait, and then what we saw is no longer what is."""
    other = await asyncpg.connect(shop.dsn)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("UPDATE members SET name = 'Annie' WHERE id = 1")
    change = Rectify(fields=(field("name", "Ann", "Anna"),))
    ours = asyncio.create_task(shop.connector.change(change, None))
    while not await shop.sql.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):  # noqa: ASYNC110
        await asyncio.sleep(0)
    await transaction.commit()
    await other.close()
    with pytest.raises(ConnectorError):
        await ours
    assert await shop.connector.change(change, None) == Drifted(changed=1, appeared=0)


async def test_two_at_once_end_as_one(shop: Store) -> None:
    change = Rectify(fields=(field("name", "Ann", "Anna"), field("born", "1980-02-29", None)))
    answers = await asyncio.gather(*(shop.connector.change(change, None) for _ in range(4)), return_exceptions=True)
    assert all(isinstance(one, Done | ConnectorError) for one in answers), answers
    assert any(isinstance(one, Done) for one in answers)
    assert await confirmed(shop, change) == ["name rectified", "born rectified"]


@pytest.mark.parametrize(
    "body", ["UPDATE members SET name = upper(NEW.name) WHERE id = NEW.id", "DELETE FROM consents WHERE id = 13"]
)
async def test_a_trigger_that_reaches_further_undoes_it(shop: Store, body: str) -> None:
    await shop.sql.execute(
        f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$;"
        "CREATE TRIGGER meddle AFTER UPDATE ON members FOR EACH ROW WHEN (pg_trigger_depth() = 0)"
        " EXECUTE FUNCTION meddle()"
    )
    before = await shop.rows(versions=True)
    for change in (Rectify(fields=(field("name", "Ann", "Anna"),)), Restrict(objects=ANN)):
        with pytest.raises(Quarantine):
            await shop.connector.change(change, None)
    assert await shop.rows(versions=True) == before


async def test_restriction_is_marked_and_lifted_on_exactly_these_rows(shop: Store) -> None:
    objects = (*ANN, *refs("visits", "[100]", "[999]"), *refs("consents", "[10]"))
    plan = await shop.plan(ANN)
    before = await shop.rows()
    on, off = Restrict(objects=objects), Restrict(objects=objects, on=False)
    assert await confirmed(shop, on) == [
        "members[1] not_restricted", "visits[100] not_restricted", "visits[999] not_found",
        "consents[10] not_restrictable",
    ]  # fmt: skip
    done = ["members[1] restricted", "visits[100] restricted", "visits[999] not_found", "consents[10] not_restrictable"]
    assert await changed(shop, on) == done
    marked = await shop.rows(versions=True)
    assert await changed(shop, on) == done
    assert await shop.rows(versions=True) == marked
    assert {name: len(rows) for name, rows in gone(before, await shop.rows()).items()} == {"members": 1, "visits": 1}
    assert await confirmed(shop, on) == done
    assert [one.fingerprint for one in (await shop.plan(ANN)).objects] == [one.fingerprint for one in plan.objects]
    assert (await confirmed(shop, off))[:2] == ["members[1] still_restricted", "visits[100] still_restricted"]
    assert (await changed(shop, off))[:2] == ["members[1] lifted", "visits[100] lifted"]
    assert await shop.rows() == before


async def test_lifting_leaves_what_was_never_restricted(shop: Store) -> None:
    before = await shop.rows(versions=True)
    assert await changed(shop, Restrict(objects=refs("visits", "[103]"), on=False)) == ["visits[103] lifted"]
    assert await shop.rows(versions=True) == before


async def test_a_purpose_is_stopped_wherever_it_has_a_mark(shop: Store) -> None:
    plan = await shop.plan(ANN)
    before = await shop.rows()
    stop = Stop(roots=ANN, purposes=("newsletter",))
    assert await confirmed(shop, stop) == ["members[1] not_stopped", "consents[10] not_stopped", "consents[12] stopped"]
    done = ["members[1] stopped", "consents[10] stopped", "consents[12] stopped"]
    assert await changed(shop, stop) == done
    after = await shop.rows(versions=True)
    assert {name: len(rows) for name, rows in gone(before, await shop.rows()).items()} == {"members": 1, "consents": 1}
    assert await changed(shop, stop) == done
    assert await shop.rows(versions=True) == after
    assert await confirmed(shop, stop) == done
    assert [one.fingerprint for one in (await shop.plan(ANN)).objects] == [one.fingerprint for one in plan.objects]
    await shop.sql.execute("UPDATE members SET newsletter = true WHERE id = 1")
    assert (await confirmed(shop, stop))[0] == "members[1] not_stopped"


async def test_purposes_and_persons_that_are_not_there(shop: Store) -> None:
    nobody = RecordRef(collection="members", key="[77]")
    assert await changed(shop, Stop(roots=(nobody,), purposes=("ads",))) == ["members[77] not_found"]
    assert await changed(shop, Stop(roots=ANN, purposes=("sale",))) == ["members[1] no_such_purpose"]
    assert await changed(shop, Stop(roots=refs("members", "[2]"), purposes=("ads",))) == []


async def test_an_erasure_that_was_approved_before_a_mark_is_carried_out(shop: Store) -> None:
    plan = await shop.plan(ANN)
    await changed(shop, Restrict(objects=(*ANN, *refs("visits", "[100]"))))
    await changed(shop, Stop(roots=ANN, purposes=("newsletter", "ads")))
    assert {one.fate for one in await shop.erased(plan)} == {Fate.ANONYMISED, Fate.ERASED}
    assert {one.fate for one in await shop.confirmed(plan)} == {Fate.ANONYMISED, Fate.ERASED}


async def test_the_permissions_that_ping_asks_for_are_enough(shop: Store) -> None:
    await shop.sql.execute("DROP ROLE IF EXISTS clerk3; CREATE ROLE clerk3 LOGIN PASSWORD 'clerk'")
    try:
        connector = shop.connect(club.MAP, url=f"postgresql://clerk3:clerk@{shop.dsn.split('@')[1]}")
        detail = (await connector.ping()).detail
        assert "grant update (at) on visits" not in detail
        for grant in detail.split(": ", 1)[1].rstrip(".").split("; "):
            await shop.sql.execute(f"{grant} TO clerk3")
        assert (await connector.ping()).ok
        await changed(shop, Rectify(fields=(field("name", "Ann", "Anna"),)))
        await changed(shop, Restrict(objects=(*ANN, *refs("visits", "[100]"))))
        await changed(shop, Stop(roots=ANN, purposes=("newsletter", "ads")))
        plan = await shop.plan(ANN)
        await shop.erased(plan)
        assert {one.fate for one in await shop.confirmed(plan)} == {Fate.ANONYMISED, Fate.ERASED}
    finally:
        await shop.aclose()
        await shop.sql.execute("DROP OWNED BY clerk3; DROP ROLE clerk3")
