"""What anonymising writes, and whether it was done: Tryton's wizard first, and then what it leaves behind.

Of contact mechanisms and identifiers ``party.erase`` (8.2) leaves the normalised copies (``value_compact``,
``code_compact``), of parties their categories, and everything that other modules added without telling it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue

from activities.connectors.api import Refused
from activities.connectors.tryton.found import Found
from activities.connectors.tryton.kinds import CARD, ERASED, INVOICES, PARTIES, Kind, Place
from activities.connectors.tryton.rpc import Rpc
from activities.connectors.tryton.schema import Field, Schema
from activities.connectors.tryton.walk import Walk

__all__ = ["Emptier", "names_in"]

_EMPTY: tuple[JsonValue, ...] = (None, "", ERASED, [])
_LINE = ("description", "note")
_PRINTED = "account.invoice.report.revision"
_COPIED = frozenset({"value", "code"})
"""Of these Tryton keeps a second, normalised copy."""


class Emptier:
    """For one act."""

    def __init__(self, rpc: Rpc, schema: Schema, kinds: Mapping[str, Kind], walk: Walk) -> None:
        self._rpc = rpc
        self._schema = schema
        self._kinds = kinds
        self._walk = walk

    def begun(self, found: Found) -> bool:
        """Whether what is known to be personal is gone, whatever else is left."""
        kind = self._kinds.get(found.place.collection)
        if kind is None or not kind.blanks or found.row.get("invoice_report_format"):
            return False
        texts = [value for name, value in kind.blanks.items() if name != "type" and found.row.get(name) not in _EMPTY]
        lines = [line for line in found.row.get("lines", ()) if any(line[name] not in _EMPTY for name in _LINE)]
        return not texts and not lines

    async def done(self, found: Found) -> bool:
        """Whether nothing is left of it, in its old values neither."""
        if not self.begun(found) or await self._left(found):
            return False
        if found.place.collection == PARTIES and (found.row["active"] or found.row["categories"]):
            return False
        if found.place.collection == INVOICES and await self._printed(found.place.id):
            return False
        if found.place.model not in await self._schema.history():
            return True
        kind = self._kinds[found.place.collection]
        texts = {one.name for one in await self._schema.fields(found.place.model) if one.text} - kind.keeps
        olds = await self._walk.history(found.place)
        return not any(old.get(name) not in _EMPTY for old in olds if isinstance(old, dict) for name in texts)

    async def empty(self, found: Found) -> None:
        """Write it, all at once.

        Raises:
            Refused: Tryton's rules forbid it.
        """
        place, kind = found.place, self._kinds[found.place.collection]
        left = [one.name for one in await self._left(found) if not one.readonly]
        values: dict[str, Any] = {**dict.fromkeys(left), **kind.blanks}
        if place.collection in CARD and await self._left(found):
            # What is written anew is normalised anew: that is how Tryton lets its copies be changed.
            values = {name: value for name, value in values.items() if name in _COPIED or found.row.get(name) != value}
        else:
            values = {name: value for name, value in values.items() if found.row.get(name) != value}
        if place.collection == PARTIES:
            values.pop("name", None)
        if place.collection == INVOICES:
            await self._unprint(found)
            lines = [int(line["id"]) for line in found.row["lines"]]
            values |= {"lines": [["write", lines, dict.fromkeys(_LINE)]]} if lines else {}
        if values and place.collection in CARD:
            if not found.row["active"]:
                # Tryton lets nobody write to what is not active.
                await self._rpc.write(place.model, [place.id], {"active": True})
            values["active"] = False
        if place.collection == PARTIES and found.row["categories"]:
            values["categories"] = [["remove", found.row["categories"]]]
        if values:
            await self._rpc.write(place.model, [place.id], values)

    async def erase(self, found: Found) -> None:
        """Tryton's own erasure of a party, which must not be active, and what that leaves behind.

        https://docs.tryton.org/8.2/modules-party/ ("Erase"): nothing can bring it back.

        Raises:
            Refused: Tryton's rules forbid it; the party is as it was.
        """
        place, active = found.place, bool(found.row["active"])
        if active:
            await self._rpc.write(place.model, [place.id], {"active": False})
        try:
            await self._run("party.erase", place, {"ask": {"party": place.id}}, "erase")
        except Refused:
            if active:
                await self._rpc.write(place.model, [place.id], {"active": True})
            raise
        now = await self._walk.one(place)
        if now is not None:
            await self.empty(now)

    async def _run(self, wizard: str, on: Place, data: dict[str, Any], state: str) -> None:
        context = {"active_model": on.model, "active_id": on.id, "active_ids": [on.id]}
        session = await self._rpc.call(f"wizard.{wizard}.create", context=context)
        number = session[0] if isinstance(session, list) else None
        try:
            await self._rpc.call(f"wizard.{wizard}.execute", number, data, state, context=context)
        finally:
            await self._rpc.call(f"wizard.{wizard}.delete", number, context=context)

    async def _left(self, found: Found) -> list[Field]:
        """Texts of the card that still hold something."""
        if found.place.collection not in CARD:
            return []
        kind = self._kinds[found.place.collection]
        fields = await self._schema.fields(found.place.model)
        texts = [one for one in fields if one.text and one.name not in kind.keeps]
        return [one for one in texts if found.row.get(one.name) not in _EMPTY]

    async def _unprint(self, found: Found) -> None:
        """The printed invoice that Tryton keeps has name and address: it is set aside, and then deleted.

        https://docs.tryton.org/8.2/modules-account-invoice/ ("Refresh Invoice Report"): for the accounting's admins.
        """
        number = found.place.id
        if found.row["invoice_report_format"]:
            await self._run("account.invoice.refresh_invoice_report", found.place, {}, "archive")
        printed = await self._printed(number)
        if printed:
            await self._rpc.delete(_PRINTED, printed)

    async def _printed(self, invoice: int) -> list[int]:
        return [int(row["id"]) for row in await self._rpc.read(_PRINTED, [["invoice", "=", invoice]], ())]


def names_in(found: Found, words: Iterable[str]) -> bool:
    """Whether one of these words is in what somebody wrote there."""
    held = [value for value in found.row.values() if isinstance(value, str)]
    held += [line[name] or "" for line in found.row.get("lines", ()) for name in _LINE]
    text = "\n".join(held).casefold()
    return any(word in text for word in words)
