"""What can be corrected and marked at a user, and what Zendesk makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from habeas.connector import Changing, FieldChange, RecordRef, Rectify, Stop
from habeas.outcomes import Done, Drifted, Fate
from habeas.testing.steps import changed
from tests.connectors.zendesk.people import Desk
from tests.connectors.zendesk.world import ZendeskWorld


def _change(desk: Desk, field: str, old: JsonValue, new: JsonValue, collection: str = "users") -> Rectify:
    return Rectify(fields=(FieldChange(collection=collection, key=f"[{desk.ann.id}]", field=field, old=old, new=new),))


async def _made(world: ZendeskWorld, change: Rectify) -> list[tuple[Fate, str | None]]:
    answer = await changed(world, change)
    assert not isinstance(answer, Drifted)
    return [(one.fate, one.reason) for one in answer]


async def test_an_address_is_not_corrected_by_adding_one(world: ZendeskWorld, desk: Desk) -> None:
    before = await world.theirs()
    wanted = _change(desk, "email", "Ann@Example.org", "ann@new.example")
    assert await _made(world, wanted) == [(Fate.BLOCKED, "not_rectifiable")]
    assert await world.theirs() == before


async def test_what_changed_meanwhile_goes_back_to_review(world: ZendeskWorld, desk: Desk) -> None:
    desk.ann.notes = "prefers visits"
    assert await changed(world, _change(desk, "notes", "prefers mail", "prefers calls")) == Drifted(
        changed=1, appeared=0
    )
    assert desk.ann.notes == "prefers visits"


async def test_what_zendesk_refuses_is_told(world: ZendeskWorld, desk: Desk) -> None:
    wanted = _change(desk, "name", "Ann Arla", "")
    assert await _made(world, wanted) == [(Fate.BLOCKED, "refused_by_system")]
    assert isinstance(world.connector, Changing)
    answer = await world.connector.confirm_change(wanted, None)
    assert isinstance(answer, Done)
    assert [(one.fate, one.reason) for one in answer.result] == [(Fate.FAILED, "not_rectified")]


async def test_staff_are_left_as_they_are(world: ZendeskWorld, desk: Desk) -> None:
    desk.ann.role = "agent"
    assert await _made(world, _change(desk, "notes", "prefers mail", "x")) == [(Fate.BLOCKED, "staff")]
    assert desk.ann.notes == "prefers mail"


async def test_a_tag_is_added_to_the_others(world: ZendeskWorld, desk: Desk) -> None:
    root = RecordRef(collection="users", key=f"[{desk.ann.id}]")
    await changed(world, Stop(roots=(root,), purposes=("profiling",)))
    assert desk.ann.tags == ["vip", "no_profiling"]
    assert "no_newsletter" not in desk.ann.fields


@pytest.mark.parametrize("purposes", [("resale",), ("resale", "newsletter")])
async def test_a_purpose_without_a_mark_is_not_called_stopped(
    world: ZendeskWorld, desk: Desk, purposes: tuple[str, ...]
) -> None:
    root = RecordRef(collection="users", key=f"[{desk.ann.id}]")
    answer: Any = await changed(world, Stop(roots=(root,), purposes=purposes))
    known = "newsletter" in purposes
    assert [one.fate for one in answer] == [Fate.STOPPED if known else Fate.BLOCKED]
    assert ("no_newsletter" in desk.ann.fields) is known
