"""Marks: columns that say a row is restricted, or no longer used for a purpose. Set, lifted and read by key.

A row that bears the mark already is not written to, so that a second run changes nothing, a moment in time included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from activities.connectors.sql.keys import Key, by_table
from activities.connectors.sql.marks import NO_SUCH_PURPOSE, NOT_STOPPED, fate_of, mark_outcome, rules_of
from activities.connectors.sql.shape import Place
from activities.connectors.sql_portable import collect, rows, treat, values, walk
from activities.connectors.sql_portable.rows import Row
from activities.connectors.sql_portable.session import Session
from activities.connectors.sql_portable.touched import Touched
from habeas.connector import RecordRef, Restrict, Stop
from habeas.datamap import StopRule
from habeas.datamap.model import NOW, NULL
from habeas.errors import Quarantine
from habeas.outcomes import Fate, ObjectOutcome


async def restrict(session: Session, change: Restrict) -> tuple[ObjectOutcome, ...]:
    """Set or lift the mark on exactly these rows, and look again."""
    touched = await Touched.start(session)
    for name, keys in by_table(session.shape.places, change.objects).items():
        place = session.shape.places[name]
        rule = place.rule.restrict
        if rule is None:
            continue
        before = await rows.rows(session, place, keys, lock=True)
        todo = [key for key, row in before.items() if row.is_restricted is not change.on]
        await _write(session, place, rule.column, rule.on if change.on else rule.off, todo, touched)
        await _look(session, place, todo, lambda row: row.is_restricted is change.on)
    await touched.verify()
    return await restricted(session, change)


async def restricted(session: Session, change: Restrict) -> tuple[ObjectOutcome, ...]:
    """How each of these rows is marked now."""
    outcomes: list[ObjectOutcome] = []
    for name, keys in by_table(session.shape.places, change.objects).items():
        place = session.shape.places[name]
        now = await rows.rows(session, place, keys)
        for key in keys:
            state = now[key].is_restricted if key in now else None
            outcomes.append(mark_outcome(place, key, *fate_of(place, state, on=change.on)))
    return tuple(outcomes)


async def stop(session: Session, change: Stop) -> tuple[ObjectOutcome, ...]:
    """Write every mark of these purposes on the persons' rows, and look again."""
    touched = await Touched.start(session)
    for place, rule in rules_of(session.shape, change):
        before = await _of_person(session, place, rule, change.roots, lock=True)
        todo = [key for key, row in before.items() if not row.bears(rule.column, rule.to)]
        await _write(session, place, rule.column, rule.to, todo, touched)
        await _look(session, place, todo, partial(_bears, rule=rule))
    await touched.verify()
    return await stopped(session, change)


async def stopped(session: Session, change: Stop) -> tuple[ObjectOutcome, ...]:
    """Each of the persons' rows that has a mark of these purposes, as it is now; roots that are gone, as not found."""
    chosen = rules_of(session.shape, change)
    places = session.shape.places
    found: dict[tuple[str, Key], bool] = {}
    for place, rule in chosen:
        for key, row in (await _of_person(session, place, rule, change.roots)).items():
            found[place.name, key] = found.get((place.name, key), True) and row.bears(rule.column, rule.to)
    outcomes = [
        mark_outcome(places[name], key, Fate.STOPPED if done else Fate.FAILED, None if done else NOT_STOPPED)
        for (name, key), done in found.items()
    ]
    for name, keys in by_table(places, change.roots).items():
        there = await rows.rows(session, places[name], keys)
        for key in keys:
            if key not in there:
                outcomes.append(mark_outcome(places[name], key, Fate.NOT_FOUND))
            elif not chosen:
                outcomes.append(mark_outcome(places[name], key, Fate.BLOCKED, NO_SUCH_PURPOSE))
    return tuple(outcomes)


async def _of_person(
    session: Session, place: Place, rule: StopRule, roots: Sequence[RecordRef], *, lock: bool = False
) -> dict[Key, Row]:
    mine = await walk.person(session, by_table(session.shape.places, roots))
    keys = collect.in_order(mine[place.name])
    found = await rows.rows(session, place, keys, lock=lock)
    return {
        key: found[key]
        for key in keys
        if key in found and all(found[key].bears(name, word) for name, word in rule.where.items())
    }


def _bears(row: Row, rule: StopRule) -> bool:
    return row.bears(rule.column, rule.to)


async def _look(session: Session, place: Place, keys: Sequence[Key], is_right: Callable[[Row], bool]) -> None:
    after = await rows.rows(session, place, keys)
    if not all(key in after and is_right(after[key]) for key in keys):
        raise Quarantine(f"{place.name}: the mark does not hold what was written (a trigger?).")


async def _write(session: Session, place: Place, column: str, word: str, keys: Sequence[Key], touched: Touched) -> None:
    for batch in rows.batches(keys):
        await treat.write(session, place, batch, {column: _value(place, column, word)}, touched)


def _value(place: Place, name: str, word: str) -> Any:
    column = place.table.columns[name]
    if word == NULL:
        return None
    if word != NOW:
        return values.written(column, word)
    now = datetime.now(UTC).replace(microsecond=0)
    return values.written(column, now.date().isoformat() if column.base == "date" else now.isoformat())
