"""Everything of a person as records, in one order, from any place in it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from pydantic import JsonValue

from activities.connectors.api.erasure import fingerprint
from activities.connectors.salesforce.kinds import DOCUMENT
from activities.connectors.salesforce.places import Place, Places
from activities.connectors.salesforce.records import Records, day, remembering, values
from activities.connectors.salesforce.rest import Rest, Row
from activities.connectors.salesforce.settings import HISTORIED, SalesforceSettings, kinds_of
from activities.connectors.salesforce.soql import is_id, within
from habeas.connector import File, Page, Record, RecordRef
from habeas.errors import Quarantine

__all__ = ["Walk", "shared_print"]

_AT_ONCE, _LARGE = 100, 1_000_000


class Walk:
    """One org's objects of a person."""

    def __init__(self, rest: Rest, records: Records, settings: SalesforceSettings) -> None:
        self._rest = rest
        self._records = records
        self._kinds = kinds_of(settings)
        self._places = Places(rest, records, settings)

    async def places(self, roots: Iterable[RecordRef]) -> list[Place]:
        """Where everything of theirs is, in order."""
        known = await self._places.find(roots)
        return sorted((one for some in known.places.values() for one in some.values()), key=self._position)

    async def pages(self, roots: Iterable[RecordRef], cursor: str | None) -> AsyncIterator[Page]:
        """All of it, from a cursor on: the place of the last record that was given."""
        after = self._after(cursor)
        rest: Sequence[Place] = [
            one for one in await self.places(roots) if after is None or self._position(one) > after
        ]
        while True:
            some, rest = self._next(rest)
            records = tuple(await self._read(some))
            last = json.dumps(self._position(some[-1])) if rest else None
            yield Page(records=records, cursor=last)
            if not rest:
                return

    def _next(self, rest: Sequence[Place]) -> tuple[Sequence[Place], Sequence[Place]]:
        """The next ones of one object; files one by one, as each may be large."""
        if not rest:
            return (), ()
        most = 1 if rest[0].sobject == DOCUMENT else _AT_ONCE
        same = next((place for place, one in enumerate(rest) if one.sobject != rest[0].sobject), len(rest))
        return rest[: min(most, same)], rest[min(most, same) :]

    async def _read(self, places: Sequence[Place]) -> list[Record]:
        if not places:
            return []
        sobject = places[0].sobject
        rows = await self._records.read(sobject, [one.id for one in places if not one.binned])
        rows |= await self._records.binned(sobject, [one.id for one in places if one.binned])
        past = await self._past(sobject, rows)
        return [await self._record(one, rows[one.id], past.get(one.id)) for one in places if one.id in rows]

    async def _past(self, sobject: str, rows: Mapping[str, Row]) -> dict[str, list[JsonValue]]:
        past: dict[str, list[JsonValue]] = {}
        whose = {at: one for one, row in rows.items() for at in remembering(sobject, one, row)}
        for kind in HISTORIED if sobject in HISTORIED else ():
            for row in await self._records.history(kind, {one for of, one in whose if of == kind}):
                entry = {name: row.get(name) for name in ("Field", "OldValue", "NewValue", "CreatedDate")}
                past.setdefault(whose[kind, str(row[f"{kind}Id"])], []).append({**entry})
        return past

    async def _record(self, place: Place, row: Row, past: list[JsonValue] | None) -> Record:
        data: dict[str, JsonValue] = dict(values(row))
        if past:
            data["History"] = past
        files = await self._files(place.id) if place.sobject == DOCUMENT else ()
        return Record(
            collection=place.sobject,
            key=place.ref.key,
            data=data,
            fingerprint=shared_print(row) if place.shared else await self._records.fingerprint(place.sobject, row),
            anchor=day(row, self._kinds[place.sobject].anchor),
            parents=place.parents,
            referenced=place.shared or place.needed,
            lets_go=place.shared,
            files=files,
            free_text=await self._records.texts(place.sobject, row),
        )

    async def _files(self, document: str) -> tuple[File, ...]:
        """A file's versions, each with what was uploaded."""
        fields = ("Title", "PathOnClient", "IsLatest")
        files = []
        for row in await self._rest.find(within("ContentVersion", fields, "ContentDocumentId", [document])):
            content = await self._rest.content(str(row["Id"]))
            if content is not None:
                files.append(File(name=str(row.get("PathOnClient") or row["Title"]), content=content))
        return tuple(files)

    def _position(self, place: Place) -> list[JsonValue]:
        return [tuple(self._kinds).index(place.sobject), place.id]

    def _after(self, cursor: str | None) -> list[JsonValue] | None:
        if cursor is None:
            return None
        try:
            match json.loads(cursor):
                case [int(rank), str(one)] if is_id(one):
                    return [rank, one]
                case _:
                    pass
        except ValueError:
            pass
        raise Quarantine(f"The place to go on from in {self._rest.system} is none of its own.")


def shared_print(row: Row) -> str:
    """Not over what is others' in it: their record goes on while ours waits."""
    return fingerprint({"shared": str(row["Id"])})
