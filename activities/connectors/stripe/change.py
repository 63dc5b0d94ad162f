"""Correcting a customer's fields, and marking that they object. Stripe cannot restrict: that it does not declare."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from activities.connectors.api import Refused
from activities.connectors.api.changing import Held, Marked
from activities.connectors.stripe.kinds import ADDRESS, CUSTOMERS, KINDS, Row
from activities.connectors.stripe.rest import Rest
from activities.connectors.stripe.settings import RECTIFIABLE, StripeSettings
from habeas.connector import FieldChange, RecordRef, Restrict, Stop
from habeas.errors import Terminal

__all__ = ["StripeChanges"]

_OBJECTS = "true"
_WRONG = 400
_PREFIX = "address_"


class StripeChanges:
    """What of a customer can be changed, for `activities.connectors.api.changing`.

    https://docs.stripe.com/api/customers/update
    """

    def __init__(self, system: str, rest: Rest, settings: StripeSettings) -> None:
        self._system = system
        self._rest = rest
        self._marks = settings.objections

    async def held(self, one: FieldChange) -> Held:
        """What the field holds."""
        if one.collection != CUSTOMERS or one.field not in RECTIFIABLE or not isinstance(one.new, str | None):
            return Held(why_not="not_rectifiable")
        row = await self._customer(one.key)
        return Held(there=False) if row is None else Held(_value(row, one.field))

    def same(self, one: FieldChange, value: JsonValue, held: JsonValue) -> bool:
        """Stripe makes nothing of an empty string."""
        return (value or "") == (held or "")

    async def write(self, ref: RecordRef, values: Mapping[str, JsonValue]) -> None:
        """A value that Stripe does not take is seen when it is read back."""
        row = await self._customer(ref.key) or {}
        await self._post(ref, _form(row, {name: str(value or "") for name, value in values.items()}))

    async def mark(self, ref: RecordRef, asked: Restrict | Stop) -> None:
        """Note in the customer's metadata what they object to."""
        marks = {f"metadata[{key}]": _OBJECTS for key in self._keys(asked)}
        if marks and await self._customer(ref.key) is not None:
            await self._post(ref, marks)

    async def marked(self, ref: RecordRef, asked: Restrict | Stop) -> Marked:
        """Whether it is noted."""
        keys, row = self._keys(asked), await self._customer(ref.key)
        if row is None:
            return Marked(there=False)
        if not keys:
            return Marked("no_such_purpose", possible=False)
        noted = all((row.get("metadata") or {}).get(key) == _OBJECTS for key in keys)
        return Marked() if noted else Marked("not_stopped")

    def _keys(self, asked: Restrict | Stop) -> list[str]:
        if isinstance(asked, Restrict):
            raise Terminal(f"{self._system} cannot restrict.", system=self._system)
        return [self._marks[one] for one in asked.purposes if one in self._marks]

    async def _customer(self, key: str) -> Row | None:
        row = await self._rest.get(KINDS[CUSTOMERS].where(key))
        return None if row is None or row.get("deleted") else row

    async def _post(self, ref: RecordRef, form: dict[str, str]) -> None:
        try:
            await self._rest.post(KINDS[CUSTOMERS].where(ref.key), form)
        except Refused as refused:
            if refused.status != _WRONG:
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
    if field.startswith(_PREFIX):
        address = row.get("address")
        return str((address if isinstance(address, dict) else {}).get(field.removeprefix(_PREFIX)) or "")
    return str(row.get(field) or "")
