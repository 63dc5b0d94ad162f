"""Correcting what is on a party's card, marking parties as restricted or as objecting by a category."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, assert_never

from activities.connectors.api import Refused
from activities.connectors.tryton.kinds import PARTIES, Row, place_of
from activities.connectors.tryton.rpc import Rpc
from activities.connectors.tryton.settings import RECTIFIABLE, TrytonSettings
from habeas.connector import Change, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, Drifted, Fate, ObjectOutcome

__all__ = ["Changer", "category"]

_REFUSALS = (400, 409)
_CATEGORIES = "categories"


class Changer:
    """One change."""

    def __init__(self, rpc: Rpc, settings: TrytonSettings) -> None:
        self._rpc = rpc
        self._settings = settings

    async def change(self, asked: Change) -> ChangeAnswer:
        """See `habeas.connector.Changing.change`."""
        match asked:
            case Rectify():
                return await self._rectify(asked)
            case Restrict():
                names = self._mark()
                return Done(result=tuple([await self._put(one, names, asked.on) for one in asked.objects]))
            case Stop():
                names = self._ends(asked)
                return Done(result=tuple([await self._put(one, names, True, stops=True) for one in asked.roots]))
            case _:
                assert_never(asked)

    async def confirm(self, asked: Change) -> ConfirmAnswer:
        """See `habeas.connector.Changing.confirm_change`."""
        match asked:
            case Rectify():
                fields = [await self._rectified(one, Fate.FAILED, "not_rectified") for one in asked.fields]
                return Done(result=tuple(fields))
            case Restrict():
                names = self._mark()
                return Done(
                    result=tuple([await self._is_put(one, names, asked.on, Fate.FAILED) for one in asked.objects])
                )
            case Stop():
                names = self._ends(asked)
                put = [await self._is_put(one, names, True, Fate.FAILED, stops=True) for one in asked.roots]
                return Done(result=tuple(put))
            case _:
                assert_never(asked)

    async def _rectify(self, asked: Rectify) -> ChangeAnswer:
        """Nothing is written if one value is neither the old nor the new one."""
        held = [await self._held(one) for one in asked.fields]
        pairs = list(zip(asked.fields, held, strict=True))
        drifted = sum(now is not None and not (_is(one.old, now) or _is(one.new, now)) for one, now in pairs)
        if drifted:
            return Drifted(changed=drifted, appeared=0)
        for one, now in pairs:
            if now is not None and not _is(one.new, now):
                await self._write(one.ref, {one.field: one.new})
        return Done(
            result=tuple([await self._rectified(one, Fate.BLOCKED, "refused_by_system") for one in asked.fields])
        )

    async def _held(self, one: FieldChange) -> str | None:
        """What the field holds; None where there is nothing to write to."""
        if one.field not in RECTIFIABLE.get(one.collection, ()):
            return None
        row = await self._row(one.ref, one.field)
        return None if row is None else str(row[one.field] or "")

    async def _rectified(self, one: FieldChange, otherwise: Fate, reason: str) -> ObjectOutcome:
        if one.field not in RECTIFIABLE.get(one.collection, ()):
            return _of(one.ref, Fate.BLOCKED, "not_rectifiable", one.field)
        now = await self._held(one)
        if now is None:
            return _of(one.ref, Fate.NOT_FOUND, None, one.field)
        if _is(one.new, now):
            return _of(one.ref, Fate.RECTIFIED, None, one.field)
        return _of(one.ref, otherwise, reason, one.field)

    async def _put(self, ref: RecordRef, names: Sequence[str], on: bool, *, stops: bool = False) -> ObjectOutcome:
        """Give a party these categories, or take them away."""
        before = await self._is_put(ref, names, on, Fate.BLOCKED, stops=stops)
        if before.fate is not Fate.BLOCKED or ref.collection != PARTIES or not names:
            return before
        numbers = [await category(self._rpc, name) for name in names]
        known = [number for number in numbers if number is not None]
        if known:
            await self._write(ref, {_CATEGORIES: [["add" if on else "remove", [*known]]]})
        return await self._is_put(ref, names, on, Fate.BLOCKED, stops=stops)

    async def _is_put(
        self, ref: RecordRef, names: Sequence[str], on: bool, otherwise: Fate, *, stops: bool = False
    ) -> ObjectOutcome:
        if ref.collection != PARTIES or not names:
            return _of(ref, otherwise, "no_such_purpose" if stops else "not_restrictable")
        row = await self._row(ref, _CATEGORIES)
        if row is None:
            return _of(ref, Fate.NOT_FOUND)
        numbers = [await category(self._rpc, name) for name in names]
        if any((number in row[_CATEGORIES]) is not on for number in numbers):
            return _of(ref, otherwise, "not_stopped" if stops else "not_restricted" if on else "still_restricted")
        return _of(ref, Fate.STOPPED if stops else Fate.RESTRICTED if on else Fate.LIFTED)

    async def _row(self, ref: RecordRef, field: str) -> Row | None:
        place = place_of(ref.collection, ref.key)
        rows = await self._rpc.read(place.model, [["id", "=", place.id]], (field,))
        return rows[0] if rows else None

    async def _write(self, ref: RecordRef, values: dict[str, Any]) -> None:
        """A value that Tryton does not take is seen when it is read back."""
        place = place_of(ref.collection, ref.key)
        try:
            await self._rpc.write(place.model, [place.id], values)
        except Refused as refused:
            if refused.status not in _REFUSALS:
                raise

    def _mark(self) -> list[str]:
        return [self._settings.restriction] if self._settings.restriction else []

    def _ends(self, asked: Stop) -> list[str]:
        purposes = self._settings.purposes
        return list(dict.fromkeys(purposes[one] for one in asked.purposes if one in purposes))


async def category(rpc: Rpc, name: str) -> int | None:
    """The number of the category of this name; None where there is none, or more than one."""
    rows = await rpc.read("party.category", [["name", "=", name]], ())
    return int(rows[0]["id"]) if len(rows) == 1 else None


def _is(value: object, now: str) -> bool:
    """Tryton writes the domain of an address in lower case, and some numbers with spaces and the like."""
    wanted = str(value if value is not None else "").strip()
    if "@" in wanted:
        return wanted.casefold() == now.casefold()
    if re.sub(r"[\s().\-/]", "", wanted).lstrip("+").isdecimal():
        return re.sub(r"[\W_]", "", wanted) == re.sub(r"[\W_]", "", now)
    return wanted == now


def _of(ref: RecordRef, fate: Fate, reason: str | None = None, field: str | None = None) -> ObjectOutcome:
    return ObjectOutcome(collection=ref.collection, key=ref.key, field=field, fate=fate, reason=reason)
