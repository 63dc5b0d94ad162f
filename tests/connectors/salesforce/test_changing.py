"""What can be corrected and marked, and what Salesforce makes of it."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from habeas.connector import FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.outcomes import Done, Drifted, Fate
from habeas.testing.steps import carried_out, changed, planned
from tests.connectors.salesforce.people import BOB
from tests.connectors.salesforce.world import SalesforceWorld
from tests.vendors.salesforce.store import Row


def _ref(row: Row) -> RecordRef:
    return RecordRef(collection=row.object.name, key=f'["{row.id}"]')


def _change(row: Row, field: str, old: JsonValue, new: JsonValue) -> Rectify:
    return Rectify(fields=(FieldChange(**_ref(row).model_dump(), field=field, old=old, new=new),))


async def _made(world: SalesforceWorld, asked: Rectify | Restrict | Stop) -> list[tuple[Fate, str | None]]:
    answer = await changed(world, asked)
    assert not isinstance(answer, Drifted)
    return [(one.fate, one.reason) for one in answer]


async def test_what_changed_meanwhile_goes_back_to_review(world: SalesforceWorld) -> None:
    wanted = _change(world.people.ann, "MailingCity", "Berlin", "Odense")
    assert await changed(world, wanted) == Drifted(changed=1, appeared=0)
    assert world.people.ann.values["MailingCity"] == "Aarhus"


@pytest.mark.parametrize(("field", "old"), [("Description", "prefers mail"), ("IsDeleted", False)])
async def test_only_what_the_settings_name_is_corrected(world: SalesforceWorld, field: str, old: JsonValue) -> None:
    assert await _made(world, _change(world.people.ann, field, old, "x")) == [(Fate.BLOCKED, "not_rectifiable")]


async def test_an_address_of_somebody_else_s_is_refused_and_told(world: SalesforceWorld) -> None:
    """The org's rule against duplicates says no; nothing is written past it."""
    wanted = _change(world.people.ann, "Email", "Ann@Example.org", BOB)
    assert await _made(world, wanted) == [(Fate.BLOCKED, "refused_by_system")]
    assert world.people.ann.values["Email"] == "Ann@Example.org"
    answer = await world.connector.confirm_change(wanted, None)
    assert isinstance(answer, Done)
    assert [(one.fate, one.reason) for one in answer.result] == [(Fate.FAILED, "not_rectified")]


async def test_who_is_gone_is_not_found(world: SalesforceWorld) -> None:
    world.org.store.delete(world.people.ann)
    wanted = _change(world.people.ann, "MailingCity", "Aarhus", "Odense")
    assert await _made(world, wanted) == [(Fate.NOT_FOUND, None)]
    assert await _made(world, Restrict(objects=(_ref(world.people.ann),))) == [(Fate.NOT_FOUND, None)]


async def test_a_flag_of_the_individual_wants_one(world: SalesforceWorld) -> None:
    """Bob has none; and none is made."""
    assert await _made(world, Restrict(objects=(_ref(world.people.bob),))) == [(Fate.BLOCKED, "no_individual")]


async def test_a_flag_is_set_at_the_record_itself(world: SalesforceWorld) -> None:
    stop = Stop(roots=(_ref(world.people.bob), _ref(world.people.home)), purposes=("newsletter",))
    assert await _made(world, stop) == [(Fate.STOPPED, None)] * 2
    assert world.people.bob.values["HasOptedOutOfEmail"]
    assert world.people.home.values["PersonHasOptedOutOfEmail"]
    assert not world.people.ann.values["HasOptedOutOfEmail"]


async def test_a_purpose_without_a_flag_is_not_called_stopped(world: SalesforceWorld) -> None:
    roots = (_ref(world.people.ann), _ref(world.people.lead))
    assert await _made(world, Stop(roots=roots[:1], purposes=("resale",))) == [(Fate.BLOCKED, "cannot_be_marked")]
    assert await _made(world, Stop(roots=roots[1:], purposes=("newsletter",))) == [(Fate.BLOCKED, "cannot_be_marked")]


async def test_a_mark_is_no_drift(world: SalesforceWorld) -> None:
    """Who was restricted is erased by the plan that was made before."""
    plan = await planned(world)
    await changed(world, Restrict(objects=(_ref(world.people.ann),)))
    await changed(world, Stop(roots=(_ref(world.people.ann),), purposes=("newsletter", "profiling")))
    assert {one.fate for one in await carried_out(world, plan)} == {Fate.ERASED, Fate.ANONYMISED}
