"""The whole way over a shop's schema: find, collect, plan, erase, look again; and nobody else's row is touched."""

from datetime import date

import pytest

from habeas.connector import Connector, RecordRef, SystemPlan, Treatment
from habeas.datamap import parse_map
from habeas.errors import Quarantine
from habeas.model import Identifier
from habeas.outcomes import Drifted
from tests.connectors import shop
from tests.connectors.store import Store, by_fate, everybody_tells_what_is_proven, gone, ids, new, places, refs

ANN = refs("users", "[1]")
ANN_IDS = ids(email="ann@example.org")


@pytest.fixture
async def ours(store: Store) -> Store:
    await store.build(shop.DDL, shop.MAP)
    return store


async def test_it_is_a_connector_and_its_manifest_is_honest(ours: Store) -> None:
    assert isinstance(ours.connector, Connector)
    manifest = ours.connector.manifest
    assert manifest.needs == manifest.yields == ("email", "phone")
    assert [one.name for one in manifest.collections] == list(
        dict(parse_map('system = "x"' + shop.MAP).personal_tables())
    )
    users = manifest.collections[0]
    assert users.withheld == {"password_hash": "security of the account"}
    assert manifest.collections[3].free_text == ("body",)
    retention = manifest.collections[5].retention
    assert retention is not None
    assert (retention.law, retention.years, retention.anchor, retention.to) == (
        "Bookkeeping Act",
        5,
        "issued_on",
        "year_end",
    )


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("email", "ann@example.org", ["users[1]"]),
        ("email", "ANN+news@example.org", ["users[1]"]),
        ("email", "a.arla@work.example", ["users[1]"]),
        ("email", "desk@example.org", ["users[3]", "users[4]"]),
        ("email", "ann@example.or", []),
        ("email", "a%@example.org", []),
        ("email", "ann_@example.org", []),
        ("phone", "+4512345678", ["users[1]"]),
        ("phone", "0045 12 34 56 78", ["users[1]"]),
        ("phone", "12345678", []),
        ("loyalty", "ann@example.org", []),
    ],
)
async def test_locate_is_exact(ours: Store, kind: str, value: str, found: list[str]) -> None:
    located = await ours.connector.locate((Identifier(kind=kind, value=value),))
    assert [f"{match.collection}{match.key}" for match in located.matches] == found


async def test_a_number_or_address_is_found_however_it_is_written_and_nobody_else_s(store: Store) -> None:
    """Without its country's code a number is somebody else's in every country."""
    await store.build(shop.DDL, shop.MAP)
    held = (
        "(451) 234-5678",
        "12345678",
        "+44 (0)20 7946 0018",
        "0044 20 7946 0018",
        "020 7946 0018",
        "cafe\u0301@xn--bcher-kva.example",
        "caf\u00e9@bu\u0308cher.example",
    )
    for number, one in enumerate(held, 2001):
        column = "email" if "@" in one else "phone"
        query = f"INSERT INTO users (id, {column}, last_name) VALUES ($1, $2, 'x')"  # noqa: S608  one of two
        await store.sql.execute(query, number, one)

    async def found(**asked: str) -> list[str]:
        return [match.key for match in (await store.connector.locate(ids(**asked))).matches]

    assert await found(phone="+4512345678") == ["[1]"]
    assert await found(phone="+442079460018") == ["[2003]", "[2004]"]
    assert await found(email="café@bücher.example") == await found(email="café@xn--bcher-kva.example")
    assert await found(email="café@bücher.example") == ["[2006]", "[2007]"]
    store.connect(shop.MAP.replace('match = "phone"', 'match = "phone", region = "DK"'))
    assert await found(phone="+4512345678") == ["[1]", "[2002]"]
    assert await found(phone="12345678") == ["[1]", "[2002]"]
    (match,) = [one for one in (await store.connector.locate(ids(phone="12345678"))).matches if one.key == "[2002]"]
    assert [one.value for one in match.yields] == ["+4512345678"]


async def test_locate_says_by_what_and_what_else(ours: Store) -> None:
    asked = (*ids(email="a.arla@work.example"), *ids(phone="+4512345678"), *ids(email="nobody@example.org"))
    (match,) = (await ours.connector.locate(asked)).matches
    assert set(match.found_by) == set(asked[:2])
    assert [one.value for one in match.yields] == [
        "ann@example.org",
        "+4512345678",
        "ann+shop@example.org",
        "a.arla@work.example",
    ]
    assert match.name == "Ann Ärla"


async def test_what_the_map_does_not_call_proven_is_told_as_unproven(store: Store) -> None:
    await store.build(shop.DDL, shop.PROVEN)
    await everybody_tells_what_is_proven(store.connector)


async def test_an_identifier_of_everybody_is_for_a_human(ours: Store) -> None:
    await ours.sql.execute(
        "INSERT INTO users (id, email, last_name) SELECT 1000 + n, 'all@example.org', 'x' FROM generate_series(1, 51) n"
    )
    with pytest.raises(Quarantine):
        await ours.connector.locate(ids(email="all@example.org"))


async def test_whom_the_map_calls_staff_comes_back_marked(store: Store) -> None:
    await store.build(shop.DDL, shop.STAFFED)

    async def staff() -> list[bool]:
        return [one.staff for one in (await store.connector.locate(ANN_IDS)).matches]

    assert await staff() == [False]
    await store.sql.execute(shop.HALF_EMPLOY)
    assert await staff() == [False], "all of a condition must hold"
    await store.sql.execute(shop.WHOLLY_EMPLOY)
    assert await staff() == [True]


async def test_collect_holds_all_of_the_person_and_nothing_else(ours: Store) -> None:
    records = await ours.collected(ANN)
    assert places(records) == [
        "users[1]",
        *("user_emails[1]", "user_emails[2]"),
        *("tickets[10]", "tickets[11]"),
        *("comments[100]", "comments[101]", "comments[102]", "comments[103]"),
        *("attachments[100, 1]", "attachments[100, 2]"),
        *('invoices["A/1"]', 'invoices["A/2"]'),
    ]
    user = records[0]
    assert "password_hash" not in user.data
    assert user.data["balance"] == "12.50"
    assert user.data["profile"] == {"a": [1, 1.5, None]}
    assert user.data["seen_at"] == "2026-01-01T10:00:00+00:00"
    assert user.referenced
    comment = records[5]
    assert set(comment.parents) == {*refs("tickets", "[10]"), *refs("users", "[1]")}
    assert not comment.referenced
    first, second = records[9:11]
    assert [(file.name, file.media_type, file.content) for file in first.files] == [("a.txt", "text/plain", b"hello")]
    assert "content" not in first.data
    assert second.files == ()
    assert records[11].anchor == date(2024, 5, 1)


async def test_withheld_columns_and_files_are_in_the_fingerprint(ours: Store) -> None:
    before = {f"{one.collection}{one.key}": one.fingerprint for one in await ours.collected(ANN)}
    await ours.sql.execute("UPDATE users SET password_hash = 'x9' WHERE id = 1")
    await ours.sql.execute("UPDATE attachments SET content = 'hellO' WHERE comment_id = 100 AND number = 1")
    after = {f"{one.collection}{one.key}": one.fingerprint for one in await ours.collected(ANN)}
    assert {name for name in before if before[name] != after[name]} == {"users[1]", "attachments[100, 1]"}


async def test_fingerprints_do_not_depend_on_the_server_s_settings(ours: Store) -> None:
    before = [one.fingerprint for one in await ours.collected(refs("users", "[1]", "[3]"))]
    name = await ours.sql.fetchval("SELECT current_database()")
    for setting in (
        "timezone = 'Asia/Tokyo'",
        "datestyle = 'German'",
        "bytea_output = 'escape'",
        "extra_float_digits = 0",
    ):
        await ours.sql.execute(f'ALTER DATABASE "{name}" SET {setting}')
    await ours.connector.aclose()
    assert [one.fingerprint for one in await ours.collected(refs("users", "[1]", "[3]"))] == before


async def test_erase_does_the_plan_and_touches_nobody_else(ours: Store) -> None:
    before = await ours.rows()
    plan = await ours.plan(ANN, ANN_IDS)
    outcomes = await ours.erased(plan)
    assert [(one.collection, one.key) for one in outcomes] == [(one.collection, one.key) for one in plan.objects]
    assert by_fate(outcomes) == {
        "anonymised": ["users[1]"],
        "retained": ['invoices["A/1"]'],
        "erased": [
            *("attachments[100, 1]", "attachments[100, 2]"),
            *("comments[100]", "comments[101]", "comments[102]", "comments[103]"),
            'invoices["A/2"]',
            *("tickets[10]", "tickets[11]", "user_emails[1]", "user_emails[2]"),
        ],
    }
    (kept,) = (one for one in outcomes if one.fate == "retained")
    assert (kept.law, kept.until) == ("Bookkeeping Act", date(2029, 12, 31))
    after = await ours.rows()
    assert new(before, after) == {"users": {r"(1,,,,[erased],,,{},{},12.50,,,)"}}
    assert {table: len(rows) for table, rows in gone(before, after).items()} == {
        "attachments": 2,
        "comments": 4,
        "invoices": 1,
        "tickets": 2,
        "user_emails": 2,
        "users": 1,
    }
    assert by_fate(await ours.confirmed(plan)) == by_fate(outcomes)


async def test_a_second_run_answers_the_same_and_changes_nothing(ours: Store) -> None:
    plan = await ours.plan(ANN, ANN_IDS)
    first = await ours.erased(plan)
    before = await ours.rows(versions=True)
    assert await ours.erased(plan) == first
    assert await ours.rows(versions=True) == before


async def test_erasing_a_person_with_nothing_that_stays_leaves_nothing(ours: Store) -> None:
    await ours.sql.execute("UPDATE users SET manager_id = NULL; UPDATE invoices SET issued_on = '2001-01-01'")
    plan = await ours.plan(ANN, ANN_IDS)
    assert {one.treatment for one in plan.objects} == {Treatment.DELETE}
    await ours.erased(plan)
    assert await ours.collected(ANN) == []
    assert (await ours.connector.locate(ANN_IDS)).matches == ()
    before = await ours.rows(versions=True)
    assert {one.fate for one in await ours.erased(plan)} == {"erased"}
    assert await ours.rows(versions=True) == before


@pytest.mark.parametrize(
    ("change", "changed", "appeared"),
    [
        ("UPDATE users SET password_hash = 'new' WHERE id = 1", 1, 0),
        ("UPDATE invoices SET total = 0 WHERE number = 'A/1'", 1, 0),
        ("DELETE FROM invoices WHERE number = 'A/1'", 1, 0),
        ("INSERT INTO comments VALUES (200, 10, 3, 'One more')", 0, 1),
        ("INSERT INTO user_emails VALUES (9, 1, 'new@example.org')", 0, 1),
        ("UPDATE comments SET body = body || '!' WHERE id >= 100; INSERT INTO comments VALUES (200, 12, 1, 'x')", 4, 1),
    ],
)
async def test_drift_stops_everything(ours: Store, change: str, changed: int, appeared: int) -> None:
    plan = await ours.plan(ANN, ANN_IDS)
    await ours.sql.execute(change)
    before = await ours.rows(versions=True)
    assert await ours.connector.erase(plan, None) == Drifted(changed=changed, appeared=appeared)
    assert await ours.rows(versions=True) == before


async def test_what_is_gone_or_done_already_is_no_drift(ours: Store) -> None:
    plan = await ours.plan(ANN, ANN_IDS)
    await ours.sql.execute("DELETE FROM user_emails WHERE id = 1")
    assert "user_emails[1]" in by_fate(await ours.erased(plan))["erased"]


async def test_a_stranger_that_points_at_it_now_is_drift(ours: Store) -> None:
    await ours.sql.execute("UPDATE users SET manager_id = NULL; UPDATE invoices SET issued_on = '2001-01-01'")
    plan = await ours.plan(ANN, ANN_IDS)
    await ours.sql.execute("UPDATE tickets SET assignee_id = 1 WHERE id = 12")
    before = await ours.rows(versions=True)
    assert await ours.connector.erase(plan, None) == Drifted(changed=0, appeared=1)
    assert await ours.rows(versions=True) == before


async def test_a_plan_that_keeps_a_child_of_what_it_deletes_is_refused(ours: Store) -> None:
    await ours.sql.execute("UPDATE users SET manager_id = NULL")
    plan = await ours.plan(ANN, ANN_IDS)
    wrong = plan.model_copy(
        update={
            "objects": tuple(
                one.model_copy(update={"treatment": Treatment.DELETE}) if one.collection == "users" else one
                for one in plan.objects
            )
        }
    )
    before = await ours.rows(versions=True)
    with pytest.raises(Quarantine, match="keeps 1 rows of invoices"):
        await ours.connector.erase(wrong, None)
    assert await ours.rows(versions=True) == before


async def test_confirm_sees_what_was_not_done_or_came_back(ours: Store) -> None:
    plan = await ours.plan(ANN, ANN_IDS)
    seen = by_fate(await ours.confirmed(plan))
    assert set(seen) == {"failed:still_there", "failed:not_anonymised", "retained"}
    await ours.erased(plan)
    await ours.sql.execute(
        "INSERT INTO users (id, email, last_name) VALUES (50, 'Ann+x@example.org', 'Again');"
        "INSERT INTO tickets VALUES (11, 2, NULL, 'The number again');"
        "UPDATE users SET first_name = 'Ann' WHERE id = 1; UPDATE invoices SET total = 1 WHERE number = 'A/1'"
    )
    seen = by_fate(await ours.confirmed(plan))
    assert seen["failed:came_back"] == ["users[50]"]
    assert seen["failed:still_there"] == ["tickets[11]"]
    assert seen["failed:not_anonymised"] == ["users[1]"]
    assert seen["failed:changed"] == ['invoices["A/1"]']
    await ours.sql.execute("DELETE FROM invoices WHERE number = 'A/1'")
    assert by_fate(await ours.confirmed(plan))["failed:missing"] == ['invoices["A/1"]']


async def test_two_persons_in_one_request_are_erased_together(ours: Store) -> None:
    both = refs("users", "[1]", "[2]")
    plan = await ours.plan(both)
    before = await ours.rows()
    await ours.erased(plan)
    assert {row.split(",")[0] for row in gone(before, await ours.rows())["users"]} == {"(1", "(2"}


@pytest.mark.parametrize(
    "wrong", [("users", "[1, 2]"), ("users", "one"), ("currencies", '["EUR"]'), ("nothing", "[1]")]
)
async def test_keys_that_are_none_are_for_a_human(ours: Store, wrong: tuple[str, str]) -> None:
    with pytest.raises(Quarantine):
        await ours.pages([RecordRef(collection=wrong[0], key=wrong[1])])


async def test_an_empty_plan_is_done(ours: Store) -> None:
    assert await ours.erased(SystemPlan(system="shop", roots=(), identifiers=(), objects=())) == ()
