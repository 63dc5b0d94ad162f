"""Correcting a customer's fields, and marking that they object. Stripe cannot restrict: that it does not declare."""

from __future__ import annotations

from collections import defaultdict
from typing import assert_never

from activities.connectors.api import Refused
from activities.connectors.stripe.kinds import ADDRESS, CUSTOMERS, KINDS, Row
from activities.connectors.stripe.rest import Rest
from activities.connectors.stripe.settings import RECTIFIABLE, StripeSettings
from habeas.connector import Change, FieldChange, RecordRef, Rectify, Restrict, Stop
from habeas.errors import Terminal
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, Drifted, Fate, ObjectOutcome

__all__ = ["Changes"]

_OBJECTS = "true"
_WRONG = range(400, 401)
_PREFIX = "address_"


class Changes:
    """What of a customer can be changed (https://docs.stripe.com/api/customers/update)."""

    def __init__(self, system: str, rest: Rest, settings: StripeSettings) -> None:
        self._system = system
        self._rest = rest
        self._marks = settings.objections

    async def change(self, asked: Change) -> ChangeAnswer:
        """Carry it out, if every value is still as it was."""
        match asked:
            case Rectify():
                return await self._rectify(asked)
            case Stop():
                return Done(result=tuple([await self._stop(root, asked) for root in asked.roots]))
            case Restrict():
                raise Terminal(f"{self._system} cannot restrict.", system=self._system)
            case _:
                assert_never(asked)

    async def confirm(self, asked: Change) -> ConfirmAnswer:
        """Look at each value again."""
        match asked:
            case Rectify():
                found = {key: await self._customer(key) for key in {one.key for one in asked.fields}}
                outcomes = [_field(one, found[one.key], Fate.FAILED, "not_rectified") for one in asked.fields]
            case Stop():
                outcomes = [self._stopped(root, await self._customer(root.key), asked) for root in asked.roots]
            case Restrict():
                raise Terminal(f"{self._system} cannot restrict.", system=self._system)
            case _:
                assert_never(asked)
        return Done(result=tuple(outcomes))

    async def _rectify(self, asked: Rectify) -> ChangeAnswer:
        before = {one.key: await self._customer(one.key) for one in asked.fields if _is_writable(one)}
        drifted = sum(
            row is not None and _value(row, one.field) not in (one.old or "", one.new or "")
            for one in asked.fields
            if _is_writable(one) and (row := before[one.key]) is not None
        )
        if drifted:
            return Drifted(changed=drifted, appeared=0)
        wanted: dict[str, dict[str, str]] = defaultdict(dict)
        for one in asked.fields:
            row = before.get(one.key)
            if row is not None and _value(row, one.field) != (one.new or ""):
                wanted[one.key][one.field] = str(one.new or "")
        for key, values in wanted.items():
            await self._write(key, _form(before[key] or {}, values))
        after = {key: await self._customer(key) for key in {one.key for one in asked.fields}}
        outcomes = [_field(one, after[one.key], Fate.BLOCKED, "refused_by_system") for one in asked.fields]
        return Done(result=tuple(outcomes))

    async def _stop(self, root: RecordRef, asked: Stop) -> ObjectOutcome:
        marks = {f"metadata[{self._marks[one]}]": _OBJECTS for one in asked.purposes if one in self._marks}
        row = await self._customer(root.key)
        if row is not None and marks:
            await self._write(root.key, marks)
            row = await self._customer(root.key)
        return self._stopped(root, row, asked)

    def _stopped(self, root: RecordRef, row: Row | None, asked: Stop) -> ObjectOutcome:
        if row is None:
            return ObjectOutcome(collection=root.collection, key=root.key, fate=Fate.NOT_FOUND)
        keys = [self._marks[one] for one in asked.purposes if one in self._marks]
        if not keys:
            return _of(root, Fate.BLOCKED, "no_such_purpose")
        set_ = all((row.get("metadata") or {}).get(key) == _OBJECTS for key in keys)
        return _of(root, Fate.STOPPED) if set_ else _of(root, Fate.FAILED, "not_stopped")

    async def _customer(self, key: str) -> Row | None:
        row = await self._rest.get(KINDS[CUSTOMERS].where(key))
        return None if row is None or row.get("deleted") else row

    async def _write(self, key: str, form: dict[str, str]) -> None:
        """A value that Stripe does not take is seen when it is read back."""
        try:
            await self._rest.post(KINDS[CUSTOMERS].where(key), form)
        except Refused as refused:
            if refused.status not in _WRONG:
                raise


def _form(row: Row, values: dict[str, str]) -> dict[str, str]:
    """An address goes whole: whether Stripe keeps the parts that are left out is not said."""
    form = {name: value for name, value in values.items() if not name.startswith(_PREFIX)}
    if len(form) < len(values):
        for part in ADDRESS:
            name = f"{_PREFIX}{part}"
            value = values.get(name, _value(row, name))
            if value or name in values:
                form[f"address[{part}]"] = value
    return form


def _value(row: Row, field: str) -> str:
    """Stripe makes nothing of an empty string."""
    if field.startswith(_PREFIX):
        address = row.get("address")
        return str((address if isinstance(address, dict) else {}).get(field.removeprefix(_PREFIX)) or "")
    return str(row.get(field) or "")


def _is_writable(one: FieldChange) -> bool:
    return one.collection == CUSTOMERS and one.field in RECTIFIABLE and isinstance(one.new, str | None)


def _field(one: FieldChange, row: Row | None, otherwise: Fate, reason: str) -> ObjectOutcome:
    fate, why = otherwise, reason
    if not _is_writable(one):
        fate, why = Fate.BLOCKED, "not_rectifiable"
    elif row is None:
        return ObjectOutcome(collection=one.collection, key=one.key, field=one.field, fate=Fate.NOT_FOUND)
    elif _value(row, one.field) == (one.new or ""):
        return ObjectOutcome(collection=one.collection, key=one.key, field=one.field, fate=Fate.RECTIFIED)
    return ObjectOutcome(collection=one.collection, key=one.key, field=one.field, fate=fate, reason=why)


def _of(root: RecordRef, fate: Fate, reason: str | None = None) -> ObjectOutcome:
    return ObjectOutcome(collection=root.collection, key=root.key, fate=fate, reason=reason)
