"""Plans of change: which values a correction is about, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from habeas.change import Corrections, Found, SystemChange, digest, rectified, restricted, stopped
from habeas.connector import Collection, Record, RecordRef, Rectify, Restrict, Stop, Treatment
from habeas.particulars import Correction

PEOPLE = Collection(
    name="people",
    category="contact",
    treatment=Treatment.DELETE,
    rectifiable=("email", "first_name", "last_name", "mobile_phone", "born", "age", "active"),
)


def record(data: dict[str, JsonValue]) -> Record:
    return Record(collection="people", key="[1]", data=data, fingerprint="0" * 64)


def found(what: str, old: str | None, new: str, data: dict[str, JsonValue], *, any_field: bool = False) -> list[Found]:
    corrections = Corrections((Correction(what=what, old=old, new=new),))
    return list(corrections.find(PEOPLE, record(data), any_field=any_field))


@pytest.mark.parametrize(
    ("what", "old", "data", "fields"),
    [
        ("email", "ANN@Example.org", {"email": "ann@example.org"}, ["email"]),
        ("address", "ann@example.org", {"email": "Ann@example.org"}, ["email"]),
        ("phone", "+45 12 34 56 78", {"mobile_phone": "+45 (12) 345678"}, ["mobile_phone"]),
        ("name", "ann  ärla", {"first_name": "Ann Ärla", "last_name": "Ärla"}, ["first_name"]),
        ("name", "Ann", {"first_name": "Ann", "last_name": "Ann"}, ["first_name", "last_name"]),
        ("First name", "Ann", {"first_name": "Ann", "last_name": "Ann"}, ["first_name"]),
        ("first-name", "Ann", {"first_name": "Anna", "last_name": "Ann"}, []),
        ("age", "41", {"age": 41}, ["age"]),
        ("active", "true", {"active": True}, ["active"]),
        ("born", None, {"born": None}, ["born"]),
        ("born", None, {"born": ""}, ["born"]),
        ("born", None, {"born": "1980-02-29"}, []),
        ("birthday", None, {"born": None}, []),
        ("name", "Ann", {"nickname": "Ann"}, []),
        ("tags", "a", {"first_name": ["a"]}, []),
    ],
)
def test_the_values_that_a_correction_is_about(
    what: str, old: str | None, data: dict[str, JsonValue], fields: list[str]
) -> None:
    assert [one.field for one in found(what, old, "new", data)] == fields


@pytest.mark.parametrize(
    ("what", "fields"),
    [("street", []), ("Straße", []), ("Nachname", ["last_name"]), ("navn", ["last_name"]), ("nonsense", ["last_name"])],
)
def test_a_word_for_another_sort_of_value_changes_no_field_that_happens_to_be_equal(
    what: str, fields: list[str]
) -> None:
    assert [one.field for one in found(what, "Ann", "Elm Road 5", {"last_name": "Ann"})] == fields


def test_a_field_that_another_collection_has_is_not_looked_for_in_others() -> None:
    corrections = Corrections((Correction(what="Tier", old="Ann", new="Gold"),), ("tier", "last_name"))
    assert list(corrections.find(PEOPLE, record({"last_name": "Ann"}))) == []


def test_a_field_that_may_not_be_corrected_is_found_only_for_a_human() -> None:
    assert found("name", "Ann", "Anna", {"nickname": "Ann"}) == []
    assert [one.field for one in found("name", "Ann", "Anna", {"nickname": "Ann"}, any_field=True)] == ["nickname"]


@pytest.mark.parametrize(
    ("old", "new", "becomes"),
    [(41, "42", 42), (41, "old", "old"), (True, "false", False), (True, "0", "0"), ("1", "2", "2")],
)
def test_a_new_value_has_the_old_ones_type_where_it_can(old: JsonValue, new: str, becomes: JsonValue) -> None:
    (one,) = found("age", str(old).lower(), new, {"age": old})
    assert (one.new, type(one.new)) == (becomes, type(becomes))


def one(correction: int, key: str, field: str, old: str = "a", new: str = "b") -> Found:
    return Found(correction=correction, collection="people", key=key, field=field, old=old, new=new)


def test_contested_and_restricted_values_stay_out_of_the_change() -> None:
    values = [one(0, "[1]", "email"), one(1, "[1]", "first_name"), one(1, "[2]", "first_name"), one(1, "[3]", "age")]
    held = frozenset({RecordRef(collection="people", key="[2]")})
    plan = rectified("crm", values, contested=frozenset({0}), held=held, able=True)
    assert isinstance(plan.change, Rectify)
    assert [(field.key, field.field) for field in plan.change.fields] == [("[1]", "first_name"), ("[3]", "age")]
    assert [each.correction for each in plan.contested] == [0]
    assert [each.key for each in plan.blocked] == ["[2]"]


def test_what_is_right_already_is_not_changed() -> None:
    plan = rectified("crm", [one(0, "[1]", "email", "b", "b")], contested=frozenset(), held=frozenset(), able=True)
    assert plan.empty


def test_a_system_that_cannot_is_a_humans() -> None:
    plan = rectified("crm", [one(0, "[1]", "email")], contested=frozenset(), held=frozenset(), able=False)
    assert (plan.change, plan.by_hand) == (None, True)
    held = restricted("crm", [RecordRef(collection="people", key="[1]")], frozenset({"people"}), able=False)
    assert (held.change, held.by_hand, len(held.covered)) == (None, True, 1)


def test_a_restriction_covers_everything_and_marks_what_can_be_marked() -> None:
    objects = [RecordRef(collection=name, key="[1]") for name in ("people", "notes")]
    plan = restricted("crm", objects, frozenset({"people"}), able=True)
    assert isinstance(plan.change, Restrict)
    assert [ref.collection for ref in plan.change.objects] == ["people"]
    assert len(plan.covered) == 2


def test_only_what_a_system_can_stop_is_stopped_there() -> None:
    roots = [RecordRef(collection="people", key="[1]")]
    plan = stopped("crm", roots, ("sale", "newsletter"), ("newsletter",), by_hand=False)
    assert plan.change == Stop(roots=tuple(roots), purposes=("newsletter",))
    assert stopped("crm", [], ("newsletter",), ("newsletter",), by_hand=False).empty


values = st.builds(
    one,
    st.integers(0, 3),
    st.sampled_from(["[1]", "[2]", "[3]"]),
    st.sampled_from(["email", "born"]),
    st.sampled_from("ab"),
    st.sampled_from("bc"),
)


@given(st.lists(values, max_size=12), st.frozensets(st.integers(0, 3)), st.frozensets(st.sampled_from(["[1]", "[2]"])))
def test_nothing_contested_or_restricted_is_ever_changed(
    asked: list[Found], contested: frozenset[int], keys: frozenset[str]
) -> None:
    held = frozenset(RecordRef(collection="people", key=key) for key in keys)
    plan = rectified("crm", asked, contested=contested, held=held, able=True)
    fields = plan.change.fields if isinstance(plan.change, Rectify) else ()
    wanted = {(each.key, each.field) for each in asked if each.correction not in contested}
    assert all(field.key not in keys and (field.key, field.field) in wanted for field in fields)
    assert len({(field.key, field.field) for field in fields}) == len(fields)


@given(st.permutations([SystemChange(system=name, by_hand=True) for name in ("crm", "billing", "paper")]))
def test_a_digest_does_not_depend_on_the_order_of_the_systems(plans: list[SystemChange]) -> None:
    assert digest(plans) == digest(sorted(plans, key=lambda plan: plan.system))
    assert digest(plans) != digest(plans[1:])
