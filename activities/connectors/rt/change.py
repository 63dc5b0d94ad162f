"""Correcting a user's fields. RT can neither restrict nor stop using data: that it does not declare."""

from __future__ import annotations

from collections import defaultdict

from pydantic import JsonValue

from activities.connectors.rt.rest import Rest, Versioned
from activities.connectors.rt.settings import RECTIFIABLE, USERS
from activities.connectors.rt.stored import is_staff
from activities.connectors.rt.walk import number_of
from habeas.connector import Change, FieldChange, Rectify
from habeas.errors import Terminal
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, Drifted, Fate, ObjectOutcome

__all__ = ["change", "confirm_change"]


async def change(system: str, rest: Rest, asked: Change) -> ChangeAnswer:
    """Write the new values, if every one is still as it was; RT says by ETag if it changed in between.

    What is not theirs to change, staff, is blocked.
    """
    fields = _fields(system, asked)
    users = {number: await rest.record("user", number) for number in {number_of(one.key) for one in fields}}
    writable = [one for one in fields if _is_writable(one) and _may_be_written(users[number_of(one.key)])]
    drifted = sum(not _is_old_or_new(one, users[number_of(one.key)]) for one in writable)
    if drifted:
        return Drifted(changed=drifted, appeared=0)
    to_write: dict[int, dict[str, JsonValue]] = defaultdict(dict)
    for one in writable:
        if not _is(one.new, one.field, users[number_of(one.key)]):
            to_write[number_of(one.key)][one.field] = one.new or ""
    for number, values in to_write.items():
        found = users[number]
        if found is not None and not await rest.update("user", number, values, found.etag):
            return Drifted(changed=len(values), appeared=0)
    return Done(result=tuple([await _outcome(rest, one, Fate.BLOCKED, "refused_by_system") for one in fields]))


async def confirm_change(system: str, rest: Rest, asked: Change) -> ConfirmAnswer:
    """Look at each value again."""
    fields = _fields(system, asked)
    return Done(result=tuple([await _outcome(rest, one, Fate.FAILED, "not_rectified") for one in fields]))


async def _outcome(rest: Rest, one: FieldChange, otherwise: Fate, reason: str) -> ObjectOutcome:
    """RT answers 200 also where it refused a value (an address that is taken, or is none): only reading back tells."""
    if not _is_writable(one):
        return _of(one, Fate.BLOCKED, "not_rectifiable")
    found = await rest.record("user", number_of(one.key))
    if found is None:
        return _of(one, Fate.NOT_FOUND)
    if is_staff(found.row):
        return _of(one, Fate.BLOCKED, "staff")
    return _of(one, Fate.RECTIFIED) if _is(one.new, one.field, found) else _of(one, otherwise, reason)


def _fields(system: str, asked: Change) -> tuple[FieldChange, ...]:
    if not isinstance(asked, Rectify):
        raise Terminal(f"{system} cannot do this by itself.", system=system)
    return asked.fields


def _is_writable(one: FieldChange) -> bool:
    return one.collection == USERS and one.field in RECTIFIABLE and isinstance(one.new, str | None)


def _may_be_written(user: Versioned | None) -> bool:
    return user is not None and not is_staff(user.row)


def _is_old_or_new(one: FieldChange, found: Versioned | None) -> bool:
    return _is(one.old, one.field, found) or _is(one.new, one.field, found)


def _is(value: JsonValue, field: str, found: Versioned | None) -> bool:
    # RT leaves fields out that were never set, and does not tell an empty one from none.
    return found is not None and (found.row.get(field) or "") == (value or "")


def _of(one: FieldChange, fate: Fate, reason: str | None = None) -> ObjectOutcome:
    return ObjectOutcome(collection=one.collection, key=one.key, field=one.field, fate=fate, reason=reason)
