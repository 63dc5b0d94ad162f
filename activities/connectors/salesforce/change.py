"""Correcting people's fields, and setting the checkboxes by which an org marks who is restricted or objects."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from activities.connectors.api.changing import Held, Marked, wanted
from activities.connectors.salesforce.kinds import INDIVIDUAL, INDIVIDUALS, PEOPLE
from activities.connectors.salesforce.places import place_of
from activities.connectors.salesforce.records import Records
from activities.connectors.salesforce.rest import Rest, Row
from activities.connectors.salesforce.settings import SalesforceSettings, kinds_of
from habeas.connector import FieldChange, RecordRef, Restrict, Stop

__all__ = ["SalesforceChanges"]


class SalesforceChanges:
    """What can be changed in one org, for `activities.connectors.api.changing`."""

    def __init__(self, rest: Rest, settings: SalesforceSettings) -> None:
        self._rest = rest
        self._settings = settings
        self._records = Records(rest, settings)

    async def held(self, one: FieldChange) -> Held:
        """What the field holds."""
        if one.field not in self._settings.rectifiable.get(one.collection, ()) or isinstance(one.new, dict | list):
            return Held(why_not="not_rectifiable")
        row = await self._row(one.ref)
        return Held(there=False) if row is None else Held(row.get(one.field))

    def same(self, one: FieldChange, wanted: JsonValue, held: JsonValue) -> bool:
        """An empty text and none are the same to Salesforce; addresses are kept in any case of letters."""
        if isinstance(wanted, str) and isinstance(held, str) and "@" in held:
            return wanted.strip().casefold() == held.casefold()
        return (None if wanted == "" else wanted) == (None if held == "" else held)

    async def write(self, ref: RecordRef, values: Mapping[str, JsonValue]) -> None:
        """What Salesforce does not take (a duplicate, a validation rule) is seen when it is read back."""
        await self._rest.update(ref.collection, self._id(ref), values)

    async def mark(self, ref: RecordRef, asked: Restrict | Stop) -> None:
        """Set or lift the checkboxes."""
        on, targets = wanted(asked), await self._targets(ref, asked)
        if isinstance(targets, Marked):
            return
        for (sobject, one), fields in targets.items():
            row = (await self._records.read(sobject, [one])).get(one, {})
            to_write = {name: on for name in fields if row.get(name) is not on}
            if to_write:
                await self._rest.update(sobject, one, to_write, duplicates=True)

    async def marked(self, ref: RecordRef, asked: Restrict | Stop) -> Marked:
        """Whether each checkbox is as asked."""
        on, targets = wanted(asked), await self._targets(ref, asked)
        if isinstance(targets, Marked):
            return targets
        for (sobject, one), fields in targets.items():
            row = (await self._records.read(sobject, [one])).get(one)
            if row is None or any(row.get(name) is not on for name in fields):
                return Marked("not_marked" if on else "still_marked")
        return Marked()

    async def _targets(self, ref: RecordRef, asked: Restrict | Stop) -> dict[tuple[str, str], list[str]] | Marked:
        """The records and their checkboxes; or why there are none."""
        row = await self._row(ref) if ref.collection in (*PEOPLE, INDIVIDUAL) else None
        if row is None:
            return Marked("cannot_be_marked", there=ref.collection not in PEOPLE, possible=False)
        targets: dict[tuple[str, str], list[str]] = {}
        for path in self._paths(asked):
            sobject, _, name = path.partition(".")
            one = self._id(ref) if sobject == ref.collection else None
            if sobject == INDIVIDUAL != ref.collection:
                one = row.get(INDIVIDUALS[ref.collection])
                if not one:
                    return Marked("no_individual", possible=False)
            if one:
                targets.setdefault((sobject, one), []).append(name)
        return targets or Marked("cannot_be_marked", possible=False)

    def _paths(self, asked: Restrict | Stop) -> list[str]:
        if isinstance(asked, Restrict):
            return [*self._settings.restriction]
        known = self._settings.purposes
        return list(dict.fromkeys(path for purpose in asked.purposes for path in known.get(purpose, ())))

    async def _row(self, ref: RecordRef) -> Row | None:
        one = self._id(ref)
        return (await self._records.read(ref.collection, [one])).get(one)

    def _id(self, ref: RecordRef) -> str:
        return place_of(ref.collection, ref.key, kinds_of(self._settings)).id
