"""Results: how far each system has come, what became of each object, and errors in full."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, Field
from sqlalchemy import ARRAY, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.prepared import Prepared
from activities.ledger.room import Room, context, plain
from activities.ledger.tables import CODE, error, object_outcome, system_result
from habeas.errors import KeyDestroyed
from habeas.model import Frozen
from habeas.outcomes import Fate, ObjectOutcome

_CODE = re.compile(CODE)
_BATCH = 5000
_STANDS = Prepared(
    "INSERT INTO system_result"
    " (request_id, system, phase, state, counts, waiting_since, error_code, correlation, updated_at)"
    " VALUES (:request_id, :system, :phase, :state, :counts, :waiting_since, :error_code, :correlation,"
    " coalesce(:updated_at, now()))"
    " ON CONFLICT (request_id, system, phase) DO UPDATE SET state = excluded.state, counts = excluded.counts,"
    " waiting_since = excluded.waiting_since, error_code = excluded.error_code, correlation = excluded.correlation,"
    " updated_at = excluded.updated_at"
)
NOT_A_CODE = "unstated"
"""Stands for a reason that a connector gave in free text: such text may name people."""
WAITING = "waiting"
"""The state of a phase in a system that the request waits for."""


class SystemRow(Frozen):
    """How one phase of a request stands in one system."""

    system: str
    phase: str
    state: str
    counts: dict[str, int]
    waiting_since: AwareDatetime | None
    error_code: str | None
    correlation: str | None
    updated_at: AwareDatetime


class OutcomeRow(Frozen):
    """What became of one object; ``object`` names it only to who has the request's key."""

    system: str
    object: str
    collection: str
    field: str | None
    fate: Fate
    reason: str | None
    law: str | None
    until: date | None
    at: AwareDatetime


class RetainedRow(Frozen):
    """How many objects of a collection are kept, by which law and until when."""

    system: str
    collection: str
    law: str | None
    until: date | None
    count: int


class ErrorRow(Frozen):
    """An error in full."""

    correlation: str
    request_id: str | None
    code: str
    detail: str = Field(repr=False)
    at: AwareDatetime


class Results(Room):
    """Methods on results of systems and on errors."""

    async def save_system(
        self,
        request_id: str,
        system: str,
        phase: str,
        state: str,
        counts: Mapping[str, int],
        waiting_since: datetime | None = None,
        error_code: str | None = None,
        correlation: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """How this phase stands in this system now, in place of what was said before. ``at`` defaults to the clock."""
        values = {
            "request_id": request_id,
            "system": system,
            "phase": phase,
            "state": state,
            "counts": json.dumps(dict(counts)),
            "waiting_since": waiting_since,
            "error_code": error_code,
            "correlation": correlation,
            "updated_at": at,
        }
        await self._write_later(
            ("system", request_id, system, phase),
            _STANDS.of(values),
            replaces=True,
        )

    async def systems(self, request_id: str) -> tuple[SystemRow, ...]:
        """All phases in all systems, by system and then in the order they were last written."""
        columns = [system_result.c[name] for name in SystemRow.model_fields]
        rows = await self._all(
            select(*columns)
            .where(system_result.c.request_id == request_id)
            .order_by(system_result.c.system, system_result.c.updated_at, system_result.c.phase)
        )
        return tuple(SystemRow(**plain(row)) for row in rows)

    async def save_outcomes(
        self, request_id: str, system: str, outcomes: Iterable[ObjectOutcome], at: datetime
    ) -> None:
        """What became of objects, in place of what was said of them earlier. Their keys are stored only as HMACs."""
        key = await self.key(request_id)
        newest = {key.digest(object_name(system, each.collection, each.key, each.field)): each for each in outcomes}
        # In one order everywhere, or two reports could wait for each other.
        rows = sorted(newest.items(), key=lambda item: item[0])
        for start in range(0, len(rows), _BATCH):
            await self._run(_saved_outcomes(request_id, system, rows[start : start + _BATCH], at))

    async def outcome_counts(self, request_id: str) -> dict[str, dict[str, int]]:
        """System -> fate -> number of objects."""
        columns = object_outcome.c
        rows = await self._all(
            select(columns.system, columns.fate, func.count().label("number"))
            .where(columns.request_id == request_id)
            .group_by(columns.system, columns.fate)
            .order_by(columns.system, columns.fate)
        )
        counts: dict[str, dict[str, int]] = {}
        for row in rows:
            counts.setdefault(row.system, {})[row.fate] = row.number
        return counts

    async def object_digests(self, request_id: str, system: str, outcomes: Iterable[ObjectOutcome]) -> tuple[str, ...]:
        """The names under which these objects (or fields of them) stand in the table, in the same order."""
        key = await self.key(request_id)
        return tuple(key.digest(object_name(system, one.collection, one.key, one.field)) for one in outcomes)

    async def objects_of(self, request_id: str, system: str, fate: Fate) -> frozenset[str]:
        """The names of the objects of one system that have this fate by now."""
        columns = object_outcome.c
        rows = await self._all(
            select(columns.object).where(
                columns.request_id == request_id, columns.system == system, columns.fate == fate.value
            )
        )
        return frozenset(row.object for row in rows)

    async def outcomes(self, request_id: str) -> tuple[OutcomeRow, ...]:
        """Every object's outcome, by system and collection."""
        columns = object_outcome.c
        rows = await self._all(
            select(*(columns[name] for name in OutcomeRow.model_fields))
            .where(columns.request_id == request_id)
            .order_by(columns.system, columns.collection, columns.object)
        )
        return tuple(OutcomeRow(**plain(row)) for row in rows)

    async def retained(self, request_id: str) -> tuple[RetainedRow, ...]:
        """What is kept: counts by system, collection, law and date."""
        columns = object_outcome.c
        groups = (columns.system, columns.collection, columns.law, columns.until)
        rows = await self._all(
            select(*groups, func.count().label("count"))
            .where(columns.request_id == request_id, columns.fate == Fate.RETAINED.value)
            .group_by(*groups)
            .order_by(*groups)
        )
        return tuple(RetainedRow(**plain(row)) for row in rows)

    async def save_error(
        self, request_id: str | None, correlation: str, code: str, detail: str, at: datetime | None = None
    ) -> None:
        """Keep a foreign error's text, sealed, under the id that appears everywhere else; the first one said stays.

        Without a request it is sealed under the house key. ``at`` defaults to the clock.
        """
        name, values = _error_name(correlation), {"correlation": correlation, "request_id": request_id, "code": code}
        if request_id is None:
            house = self._vault.house_key()
            values["master_key_id"] = self._vault.active_key_id
            detail_sealed = house.seal(detail.encode(), context("", name))
        else:
            detail_sealed = await self._sealed(request_id, name, detail)
        moment = {} if at is None else {"at": at}
        await self._run(upsert(error).values(**values, detail=detail_sealed, **moment).on_conflict_do_nothing())

    async def errors(self, request_id: str) -> tuple[str, ...]:
        """Under which ids a request's errors lie, the newest first."""
        rows = await self._all(
            select(error.c.correlation).where(error.c.request_id == request_id).order_by(error.c.at.desc())
        )
        return tuple(row.correlation for row in rows)

    async def error(self, correlation: str) -> ErrorRow | None:
        """An error in full, None if there is none.

        Raises:
            KeyDestroyed: its request's key is gone.
        """
        row = await self._first(select(error).where(error.c.correlation == correlation))
        if row is None:
            return None
        values = plain(row)
        sealed, master_key_id = values.pop("detail"), values.pop("master_key_id")
        if row.request_id is not None:
            detail = await self._opened(row.request_id, _error_name(correlation), sealed)
        elif sealed is None:
            raise KeyDestroyed
        else:
            house = self._vault.house_key(master_key_id)
            detail = house.open(sealed, context("", _error_name(correlation))).decode()
        return ErrorRow(**values, detail=detail)


def object_name(system: str, collection: str, key: str, field: str | None = None) -> str:
    """The text whose `RequestKey.digest` names an object, or one field of it, in the table of outcomes."""
    return f"object/{system}/{collection}/{key}" + (f"#{field}" if field else "")


def _error_name(correlation: str) -> str:
    return f"~error/{correlation}"


def _saved_outcomes(request_id: str, system: str, rows: list[tuple[str, ObjectOutcome]], at: datetime) -> Any:
    """One statement for a batch; its text is the same for any number of rows."""
    columns = object_outcome.c
    lists = {
        "object": [digest for digest, _ in rows],
        "collection": [each.collection for _, each in rows],
        "field": [each.field for _, each in rows],
        "fate": [each.fate.value for _, each in rows],
        "reason": [_reason(each.reason) for _, each in rows],
        "law": [each.law for _, each in rows],
        "until": [each.until for _, each in rows],
    }
    arrays = [literal(values, ARRAY(columns[name].type)) for name, values in lists.items()]
    given = func.unnest(*arrays).table_valued(*lists, name="given").render_derived()
    insertion = upsert(object_outcome).from_select(
        ["request_id", "system", "at", *lists],
        select(literal(request_id), literal(system), literal(at, columns.at.type), *given.c),
    )
    said = insertion.excluded
    replaced = {name: said[name] for name in ("fate", "reason", "law", "until", "at")}
    return insertion.on_conflict_do_update(
        index_elements=["request_id", "system", "object"],
        set_=replaced,
        # A report that comes late does not undo a newer one.
        where=columns.at <= said.at,
    )


def _reason(reason: str | None) -> str | None:
    return NOT_A_CODE if reason is not None and not _CODE.fullmatch(reason) else reason
