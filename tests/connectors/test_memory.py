"""The system in memory keeps the contract of changing and expiring too: others' tests stand on it."""

from __future__ import annotations

from datetime import date

import pytest

from habeas.connector import (
    Capability,
    Changing,
    Collection,
    Expiring,
    FieldChange,
    PlannedObject,
    RecordRef,
    Rectify,
    Restrict,
    Retention,
    Stop,
    SystemPlan,
    Treatment,
)
from habeas.model import Identifier
from habeas.outcomes import Done, Drifted, Fate, Pending
from habeas.testing import MemoryConnector, MemoryRow

ANNA = RecordRef(collection="accounts", key="[1]")
COLLECTIONS = (
    Collection(
        name="accounts",
        category="accounts",
        treatment=Treatment.DELETE,
        rectifiable=("email", "age"),
        restrictable=True,
    ),
    Collection(
        name="calls",
        category="calls",
        treatment=Treatment.DELETE,
        expires=Retention(law="Art. 5(1)(e)", months=1, anchor="at"),
    ),
)


@pytest.fixture
def system() -> MemoryConnector:
    rows = (
        MemoryRow(
            collection="accounts",
            key="[1]",
            data={"email": "anna@mail.example", "age": 41, "vip": True},
            identifiers=(Identifier(kind="email", value="anna@mail.example"),),
        ),
        *(
            MemoryRow(collection="calls", key=f"[{n}]", root="[1]", data={"n": n}, anchor=date(2026, 1, n))
            for n in (1, 2, 3)
        ),
    )
    return MemoryConnector(COLLECTIONS, rows, purposes=("newsletter",))


def _field(field: str, old: object, new: object) -> FieldChange:
    return FieldChange.model_validate({"collection": "accounts", "key": "[1]", "field": field, "old": old, "new": new})


async def test_what_it_declares_comes_from_what_it_holds(system: MemoryConnector) -> None:
    assert isinstance(system, Changing)
    assert isinstance(system, Expiring)
    more = {Capability.RECTIFY, Capability.RESTRICT, Capability.OBJECT, Capability.EXPIRE}
    assert more <= system.manifest.capabilities
    plain = MemoryConnector((Collection(name="a", category="a", treatment=Treatment.DELETE),))
    assert not more & plain.manifest.capabilities


async def test_values_are_corrected_once_and_only_from_the_old_one(system: MemoryConnector) -> None:
    change = Rectify(fields=(_field("email", "anna@mail.example", "anna@post.example"), _field("age", 41, "42")))
    for _ in range(2):
        answer = await system.change(change, None)
        assert isinstance(answer, Done)
        assert [one.fate for one in answer.result] == [Fate.RECTIFIED] * 2
    row = system.rows["accounts", "[1]"]
    assert row.data == {"email": "anna@post.example", "age": 42, "vip": True}
    assert row.identifiers[0].value == "anna@post.example"
    late = Rectify(fields=(_field("age", 42, 43), _field("email", "other@mail.example", "third@mail.example")))
    assert await system.change(late, None) == Drifted(changed=1, appeared=0)
    assert system.rows["accounts", "[1]"] == row


async def test_what_cannot_be_corrected_is_blocked_and_the_rest_is_done(system: MemoryConnector) -> None:
    change = Rectify(
        fields=(_field("vip", True, False), _field("age", 41, "old"), _field("email", None, "a@b.example"))
    )
    answer = await system.change(Rectify(fields=change.fields[:2]), None)
    assert isinstance(answer, Done)
    assert [one.reason for one in answer.result] == ["not_rectifiable", "wrong_value"]
    looked = await system.confirm_change(change, None)
    assert isinstance(looked, Done)
    assert {one.fate for one in looked.result} == {Fate.FAILED}


async def test_marks_are_set_lifted_and_no_part_of_the_fingerprint(system: MemoryConnector) -> None:
    before = system.rows["accounts", "[1]"].fingerprint
    for on, fate in ((True, Fate.RESTRICTED), (False, Fate.LIFTED)):
        change = Restrict(objects=(ANNA,), on=on)
        looked = await system.confirm_change(change, None)
        assert isinstance(looked, Done)
        assert looked.result[0].fate is Fate.FAILED
        answer, looked = await system.change(change, None), await system.confirm_change(change, None)
        assert isinstance(answer, Done)
        assert isinstance(looked, Done)
        assert answer.result == looked.result
        assert answer.result[0].fate is fate
    stop = Stop(roots=(ANNA,), purposes=("newsletter", "unknown"))
    stopped = await system.change(stop, None)
    assert isinstance(stopped, Done)
    assert stopped.result[0].fate is Fate.STOPPED
    assert system.rows["accounts", "[1]"].stopped == {"newsletter"}
    assert system.rows["accounts", "[1]"].fingerprint == before


async def test_it_waits_and_fails_on_command(system: MemoryConnector) -> None:
    change = Restrict(objects=(ANNA,))
    system.answers("change", Pending(handle="job", poll_after=1))
    assert await system.change(change, None) == Pending(handle="job", poll_after=1)
    assert not system.rows["accounts", "[1]"].restricted
    assert isinstance(await system.change(change, "job"), Done)
    assert system.rows["accounts", "[1]"].restricted


async def test_what_is_past_its_term_is_listed_and_goes_unless_it_changed(system: MemoryConnector) -> None:
    pages = [page async for page in system.expired(date(2026, 2, 3), None)]
    records = [record for page in pages for record in page.records]
    assert [record.key for record in records] == ["[1]", "[2]"]
    assert all(record.data == {} for record in records)
    objects = tuple(
        PlannedObject(collection=one.collection, key=one.key, treatment=Treatment.DELETE, fingerprint=one.fingerprint)
        for one in records
    )
    plan = SystemPlan(system="memory", roots=(), identifiers=(), objects=objects)
    system.put(system.rows["calls", "[2]"].model_copy(update={"data": {"n": 22}}))
    for _ in range(2):
        answer = await system.expire(plan)
        assert isinstance(answer, Done)
        assert [(one.fate, one.reason) for one in answer.result] == [(Fate.ERASED, None), (Fate.BLOCKED, "drifted")]
    assert set(system.rows) == {("accounts", "[1]"), ("calls", "[2]"), ("calls", "[3]")}
