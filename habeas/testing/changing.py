"""The system in memory corrects, restricts, stops using data and tells what is past its term."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from typing import assert_never

from pydantic import JsonValue

from habeas.connector import (
    Change,
    FieldChange,
    Page,
    PlannedObject,
    RecordRef,
    Rectify,
    Restrict,
    Stop,
    SystemPlan,
    Treatment,
)
from habeas.model import Identifier
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, Drifted, Fate, ObjectOutcome
from habeas.plan import term_end
from habeas.testing.rows import MemoryRow, Rows


class ChangingRows(Rows):
    """`habeas.connector.Changing` and `habeas.connector.Expiring`."""

    _page_size: int

    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        """Carry it out, or change nothing if a value is no longer the old one."""
        wait = self._called("change")
        if wait:
            return wait
        match change:
            case Rectify():
                return self._rectify(change)
            case Restrict():
                return Done(result=tuple(self._mark(ref, change.on) for ref in change.objects))
            case Stop():
                return Done(result=tuple(self._stop(ref, change) for ref in change.roots))
            case _:
                assert_never(change)

    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        """Look at each object again."""
        wait = self._called("confirm_change")
        if wait:
            return wait
        match change:
            case Rectify():
                return Done(result=tuple(self._rectified(one) for one in change.fields))
            case Restrict():
                return Done(result=tuple(self._marked(ref, change.on) for ref in change.objects))
            case Stop():
                return Done(result=tuple(self._stopped(ref, change) for ref in change.roots))
            case _:
                assert_never(change)

    async def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        """Unrestricted objects whose term ended before this day, without their content; accounts come last."""
        over = sorted((row for row in self.rows.values() if self._is_over(row, today)), key=_position)
        after = json.loads(cursor) if cursor else None
        rest = [row for row in over if after is None or list(_position(row)) > after]
        while True:
            self._called("expired")
            page, rest = rest[: self._page_size], rest[self._page_size :]
            records = tuple(self._record(row).model_copy(update={"data": {}}) for row in page)
            yield Page(records=records, cursor=json.dumps(_position(page[-1])) if rest else None)
            if not rest:
                return

    async def expire(self, plan: SystemPlan) -> ConfirmAnswer:
        """Treat exactly the plan's objects, as far as they are unchanged, unrestricted and not pointed at."""
        wait = self._called("expire")
        if wait:
            return wait
        planned = {(one.collection, one.key) for one in plan.objects}
        return Done(result=tuple(self._expire(one, planned) for one in plan.objects))

    def _rectify(self, change: Rectify) -> ChangeAnswer:
        judged = [(one, self._why_not(one)) for one in change.fields]
        drifted = sum(why is None and not self._is_old_or_new(one) for one, why in judged)
        if drifted:
            return Drifted(changed=drifted, appeared=0)
        for one, why in judged:
            if why is None:
                self._write(one)
        return Done(result=tuple(_of_field(one, Fate.BLOCKED if why else Fate.RECTIFIED, why) for one, why in judged))

    def _why_not(self, one: FieldChange) -> str | None:
        collection = self._collection(one.collection)
        if collection is None or one.field not in collection.rectifiable:
            return "not_rectifiable"
        try:
            _cast(one.old, one.new)
        except ValueError:
            return "wrong_value"
        return None

    def _is_old_or_new(self, one: FieldChange) -> bool:
        row = self.rows.get((one.collection, one.key))
        return row is not None and row.data.get(one.field) in (one.old, _cast(one.old, one.new))

    def _write(self, one: FieldChange) -> None:
        row = self.rows[one.collection, one.key]
        new = _cast(one.old, one.new)
        borne = tuple(
            Identifier(kind=each.kind, value=str(new)) if each.value == one.old else each for each in row.identifiers
        )
        data = row.data | {one.field: new}
        self.rows[one.collection, one.key] = row.model_copy(update={"data": data, "identifiers": borne})

    def _rectified(self, one: FieldChange) -> ObjectOutcome:
        row = self.rows.get((one.collection, one.key))
        if row is None:
            return _of_field(one, Fate.NOT_FOUND)
        try:
            done = row.data.get(one.field) == _cast(one.old, one.new)
        except ValueError:
            done = False
        return _of_field(one, Fate.RECTIFIED) if done else _of_field(one, Fate.FAILED, "not_rectified")

    def _mark(self, ref: RecordRef, on: bool) -> ObjectOutcome:
        row, collection = self.rows.get((ref.collection, ref.key)), self._collection(ref.collection)
        if collection is None or not collection.restrictable:
            return _of(ref, Fate.BLOCKED, "not_restrictable")
        if row is None:
            return _of(ref, Fate.NOT_FOUND)
        self.put(row.model_copy(update={"restricted": on}))
        return _of(ref, Fate.RESTRICTED if on else Fate.LIFTED)

    def _marked(self, ref: RecordRef, on: bool) -> ObjectOutcome:
        row = self.rows.get((ref.collection, ref.key))
        if row is None:
            return _of(ref, Fate.NOT_FOUND)
        if row.restricted is not on:
            return _of(ref, Fate.FAILED, "not_restricted" if on else "still_restricted")
        return _of(ref, Fate.RESTRICTED if on else Fate.LIFTED)

    def _stop(self, ref: RecordRef, change: Stop) -> ObjectOutcome:
        row = self.rows.get((ref.collection, ref.key))
        if row is None:
            return _of(ref, Fate.NOT_FOUND)
        known = set(change.purposes) & set(self.manifest.purposes)
        self.put(row.model_copy(update={"stopped": row.stopped | known}))
        return _of(ref, Fate.STOPPED) if known else _of(ref, Fate.BLOCKED, "no_such_purpose")

    def _stopped(self, ref: RecordRef, change: Stop) -> ObjectOutcome:
        row = self.rows.get((ref.collection, ref.key))
        if row is None:
            return _of(ref, Fate.NOT_FOUND)
        known = set(change.purposes) & set(self.manifest.purposes)
        done = bool(known) and known <= row.stopped
        return _of(ref, Fate.STOPPED) if done else _of(ref, Fate.FAILED, "not_stopped")

    def _is_over(self, row: MemoryRow, today: date) -> bool:
        collection = self._collection(row.collection)
        if collection is None or collection.expires is None or row.anchor is None or row.restricted or not row.data:
            return False
        return term_end(collection.expires, row.anchor) < today

    def _expire(self, one: PlannedObject, planned: set[tuple[str, str]]) -> ObjectOutcome:
        if not self._as_planned(one):
            row = self.rows.get((one.collection, one.key))
            if row is None or not self._unchanged(one):
                return one.became(Fate.BLOCKED, "drifted")
            if row.restricted:
                return one.became(Fate.BLOCKED, "restricted")
            children = {_place(each) for each in self.rows.values() if each.root == row.key and row.root is None}
            if one.treatment is Treatment.DELETE and children - planned:
                return one.became(Fate.BLOCKED, "referenced")
            self._treat(one)
        return one.became()


def _place(row: MemoryRow) -> tuple[str, str]:
    return row.collection, row.key


def _position(row: MemoryRow) -> tuple[bool, str, str]:
    return row.root is None, row.collection, row.key


def _cast(old: JsonValue, new: JsonValue) -> JsonValue:
    """The new value as the system would hold it: a number that comes as text becomes one.

    Raises:
        ValueError: it is of another type.
    """
    if old is None or new is None or type(old) is type(new):
        return new
    value: JsonValue = json.loads(new) if isinstance(new, str) else new
    if type(value) is not type(old):
        raise ValueError("a value of another type")
    return value


def _of(ref: RecordRef, fate: Fate, reason: str | None = None) -> ObjectOutcome:
    return ObjectOutcome(collection=ref.collection, key=ref.key, fate=fate, reason=reason)


def _of_field(one: FieldChange, fate: Fate, reason: str | None = None) -> ObjectOutcome:
    return ObjectOutcome(collection=one.collection, key=one.key, field=one.field, fate=fate, reason=reason)
