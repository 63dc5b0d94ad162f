"""Everything of a party as records, kind after kind, from any place in it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from activities.connectors.tryton.found import (
    NAME,
    Found,
    any_of,
    day_of,
    group_of,
    last_of,
    moment_of,
    owning,
    paid_by,
    payees_of,
    with_names,
)
from activities.connectors.tryton.kinds import (
    ADDRESSES,
    ATTACHMENTS,
    DOCUMENTS,
    DRAFTS,
    EMAILS,
    IDENTIFIERS,
    INVOICES,
    LINES,
    MECHANISMS,
    MOVES,
    PARTIES,
    PAYEES,
    RESOURCES,
    Kind,
    Place,
    Row,
)
from activities.connectors.tryton.rpc import Rpc
from activities.connectors.tryton.schema import Schema
from habeas.connector import File, Page, Record, RecordRef
from habeas.errors import Quarantine

__all__ = ["Walk"]

_TEXTS = ("description", "note")
"""Of an invoice's line: whoever wrote it may have named anybody."""
_AT_ONCE, _FILES_AT_ONCE, _REFS_AT_ONCE = 50, 5, 500
_LINE = ("description", "note", "quantity", "unit_price", "type")
_OWN = (PARTIES, ADDRESSES, IDENTIFIERS, MECHANISMS, INVOICES, LINES, PAYEES, MOVES)
"""Drafts are read with invoices: they are the same model."""
_PAID = ("alternative_payees", "rec_name", "invoice_date", "create_date")
_STANDING = ("state", "number", "move", "cancel_move")


class Walk:
    """One database's objects of some parties."""

    def __init__(self, rpc: Rpc, schema: Schema, kinds: Mapping[str, Kind], mark: str | None = None) -> None:
        self._rpc = rpc
        self._schema = schema
        self._kinds = kinds
        self._mark = mark
        further = [name for name in kinds if name not in (*_OWN, DRAFTS)]
        self._stages = [*(name for name in _OWN if name in kinds), *further]
        self._marked: set[int] | None = None
        self._owned: dict[str, dict[str, Place]] = {}
        self._hanging = [(group, model) for group in (ATTACHMENTS, DOCUMENTS) for model in RESOURCES]

    async def family(self, roots: Iterable[RecordRef]) -> list[int]:
        """The parties, and those that were merged into them (``replaced_by``)."""
        found = {int(json.loads(one.key)[0]) for one in roots if one.collection == PARTIES}
        newest = found
        while newest:
            rows = self._rpc.every("party.party", [["replaced_by", "in", sorted(newest)]], ("id",))
            newest = {int(row["id"]) async for row in rows} - found
            found = found | newest
        return sorted(found)

    async def everything(self, family: Sequence[int]) -> list[Found]:
        """All of it."""
        found: list[Found] = []
        for number in range(len(self._stages) + len(self._hanging)) if family else ():
            if number == len(self._stages):
                self._owned = {group: owning(found, group) for group in (ATTACHMENTS, DOCUMENTS)}
            last: int | None = 0
            while last is not None:
                some, last = await self._some(family, number, last, _AT_ONCE)
                found += some
        return found

    async def pages(self, roots: Iterable[RecordRef], cursor: str | None) -> AsyncIterator[Page]:
        """All of it as records, from a cursor on: the kind, and the number of the last record that was given."""
        family = await self.family(roots)
        await self._schema.check(family)
        total = len(self._stages) + len(self._hanging)
        number, last = self._position(cursor, total)
        while family and number < total:
            bound = _AT_ONCE if number < len(self._stages) else _FILES_AT_ONCE
            some, more = await self._some(family, number, last, bound)
            number, last = (number, more) if more is not None else (number + 1, 0)
            if some:
                records = tuple([await self._record(one) for one in some])
                yield Page(records=records, cursor=json.dumps([number, last]) if number < total else None)
                if number >= total:
                    return
        yield Page(records=(), cursor=None)

    async def one(self, place: Place) -> Found | None:
        """An object by its number, whatever a search says; None if it is gone."""
        if place.payee is not None:
            theirs = await self._rpc.read("account.invoice", [["id", "=", place.id]], _PAID)
            return next((one for row in theirs for one in payees_of(row, [place.payee])), None)
        if place.collection not in self._kinds:
            names = [one.name for one in await self._schema.fields(place.model)]
            hung = await self._rpc.hung(place.model, place.id, (*names, "create_date"))
            return None if hung is None else Found(place, dict(hung), ())
        rows = await self._rows(place.model, [["id", "=", place.id]], 1)
        found = [one async for one in self._dressed(place.collection, rows, ())]
        return found[0] if found else None

    async def _some(self, family: Sequence[int], number: int, last: int, bound: int) -> tuple[list[Found], int | None]:
        """Some objects of one kind, and the last one's number if there may be more."""
        if number >= len(self._stages):
            group, model = self._hanging[number - len(self._stages)]
            return await self._hung(group, model, family, last, bound)
        name = self._stages[number]
        if name == PAYEES:
            paid = await self._rpc.read("account.invoice", [*paid_by(family), ["id", ">", last]], _PAID, limit=bound)
            return [one for row in paid for one in payees_of(row, family)], last_of(paid, bound)
        kind = self._kinds[name]
        domain = any_of([[one, "in", list(family)] for one in kind.via])
        if name == LINES:
            domain = [domain, ["invoice", "=", None]]
        rows = await self._rows(kind.model, [domain, ["id", ">", last]], bound)
        found = [one async for one in self._dressed(name, rows, family)]
        return found, last_of(rows, bound)

    async def _hung(
        self, group: str, model: str, family: Sequence[int], last: int, bound: int
    ) -> tuple[list[Found], int | None]:
        """What hangs on the person's card, or on their invoices and the like."""
        if group not in self._owned:
            self._owned[group] = await self._owners(group, family)
        owners = self._owned[group]
        names, rows = sorted(owners), []
        for start in range(0, len(names), _REFS_AT_ONCE):
            some: list[Any] = [*names[start : start + _REFS_AT_ONCE]]
            rows += await self._rows(model, [["resource", "in", some], ["id", ">", last]], bound)
        rows = sorted(rows, key=lambda row: int(row["id"]))[:bound]
        name = EMAILS if (group, model) == (ATTACHMENTS, "ir.email") else group
        found = [Found(Place(name, model, row["id"]), dict(row), (owners[str(row["resource"])],)) for row in rows]
        return found, last_of(rows, bound)

    async def _owners(self, group: str, family: Sequence[int]) -> dict[str, Place]:
        found = {}
        for name in self._stages:
            kind = self._kinds[name]
            if group_of(name, kind.model) != group:
                continue
            domain = [any_of([[one, "in", list(family)] for one in kind.via])]
            if name == LINES:
                domain.append(["invoice", "=", None])
            fields = _STANDING if name == INVOICES else ("id",)
            async for row in self._rpc.every(kind.model, domain, fields):
                place = Place.of_invoice(row) if name == INVOICES else Place(name, kind.model, int(row["id"]))
                found[place.resource] = place
        return found

    async def _rows(self, model: str, domain: list[Any], limit: int) -> list[dict[str, Any]]:
        kind = next((one for one in self._kinds.values() if one.model == model), None)
        fields = [one.name for one in await self._schema.fields(model)]
        named = kind.named if kind else ()
        more = ["create_date", *(["categories"] if model == "party.party" else [])]
        rows = await self._rpc.read(model, domain, [*fields, *more, *(f"{one}.rec_name" for one in named)], limit=limit)
        return [with_names(row, named) for row in rows]

    async def _dressed(self, name: str, rows: Sequence[Row], family: Sequence[int]) -> AsyncIterator[Found]:
        """Rows with their lines, and what each points at."""
        lines = await self._lines(rows) if name in (INVOICES, DRAFTS) else {}
        for row in rows:
            given: dict[str, Any] = dict(row)
            place = Place(name, self._kinds[name].model, int(row["id"]))
            if name in (INVOICES, DRAFTS):
                place = Place.of_invoice(row)
                given["lines"] = lines.get(place.id, [])
            if name == PARTIES:
                given["categories"] = sorted(set(row["categories"]) - await self._marks())
            yield Found(place, given, tuple(self._parents(name, row, family)))

    def _parents(self, name: str, row: Row, family: Sequence[int]) -> Iterator[Place]:
        if name == PARTIES:
            return
        for field in self._kinds[name].via:
            if row.get(field) in family:
                yield Place(PARTIES, "party.party", int(row[field]))
        if name == INVOICES and row["party"] in family:
            yield Place(ADDRESSES, "party.address", int(row["invoice_address"]))
            if row.get("party_tax_identifier"):
                yield Place(IDENTIFIERS, "party.identifier", int(row["party_tax_identifier"]))

    async def _lines(self, invoices: Sequence[Row]) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {}
        domain: list[Any] = [["invoice", "in", [int(row["id"]) for row in invoices]]]
        if invoices:
            async for line in self._rpc.every("account.invoice.line", domain, ("invoice", *_LINE)):
                found.setdefault(int(line["invoice"]), []).append({name: line[name] for name in ("id", *_LINE)})
        return found

    async def _marks(self) -> set[int]:
        if self._marked is None:
            rows = await self._rpc.read("party.category", [["name", "=", self._mark]], ()) if self._mark else []
            self._marked = {int(row["id"]) for row in rows}
        return self._marked

    async def _record(self, one: Found) -> Record:
        held = {name: value for name, value in one.row.items() if value not in (None, "", [])}
        data = {name: held.get(name + NAME, value) for name, value in held.items() if not name.endswith(NAME)}
        files: tuple[File, ...] = ()
        if one.place.model == "ir.attachment" and one.row.get("type") == "data":
            files = await self._file(one)
        if one.place.model in await self._schema.history():
            data["history"] = await self.history(one.place)
        kind = self._kinds.get(one.place.collection)
        return Record(
            collection=one.place.collection,
            key=one.place.ref.key,
            data=data,
            fingerprint=one.fingerprint,
            anchor=day_of(one.row, kind.anchors if kind else ("create_date",)),
            parents=tuple(parent.ref for parent in one.parents),
            files=files,
            only_with_parents=kind.only_with_parents if kind else (),
            free_text=("lines",) if any(line[name] for line in one.row.get("lines", ()) for name in _TEXTS) else (),
        )

    async def history(self, place: Place) -> list[JsonValue]:
        """The old values of an object, as far as Tryton kept them, the newest first."""
        revisions = await self._rpc.call(f"model.{place.model}.history_revisions", [place.id])
        names = [one.name for one in await self._schema.fields(place.model)]
        found: list[Any] = []
        for revision in revisions if isinstance(revisions, list) else []:
            moment = revision[0] if isinstance(revision, list) else None
            if not isinstance(moment, str):
                continue
            context = {"active_test": False, "_datetime": moment_of(moment)}
            rows = await self._rpc.read(place.model, [["id", "=", place.id]], names, context=context)
            found += [dict(row) for row in rows]
        return found

    async def _file(self, one: Found) -> tuple[File, ...]:
        row = await self._rpc.hung("ir.attachment", one.place.id, ("data",))
        data = row.get("data") if row else None
        return (File(name=str(one.row["name"]), content=base64.b64decode(data)),) if isinstance(data, str) else ()

    def _position(self, cursor: str | None, total: int) -> tuple[int, int]:
        if cursor is None:
            return 0, 0
        try:
            found = json.loads(cursor)
        except ValueError:
            found = None
        match found:
            case [int(number), int(last)] if 0 <= number < total:
                return number, last
        raise Quarantine(f"The place to go on from in {self._rpc.system} is none of its own.", system=self._rpc.system)
