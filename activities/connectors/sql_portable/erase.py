"""Carry out an approved plan in one transaction: look at everything first, then change, then look again.

As `activities.connectors.sql.erase`: whatever is not as the plan saw it, and not already as it wants it, stops
everything before the first change.
"""

from __future__ import annotations

from activities.connectors.sql.erase import Drift, done_by_plan, sort_by_state
from activities.connectors.sql.keys import by_table
from activities.connectors.sql.planned import Planned, State, sorted_out
from activities.connectors.sql.schema import ForeignKey
from activities.connectors.sql.treat import ToDo
from activities.connectors.sql_portable import pointing, rows, walk
from activities.connectors.sql_portable.session import Database, Session
from activities.connectors.sql_portable.treat import treat
from habeas.connector import SystemPlan, Treatment
from habeas.errors import Quarantine
from habeas.outcomes import EraseAnswer


async def erase(database: Database, plan: SystemPlan) -> EraseAnswer:
    """See `SqlConnector.erase`.

    Raises:
        Quarantine: the database's own rules or triggers stand against the plan; nothing was changed.
    """
    try:
        async with database.writing() as session:
            await _carry_out(session, plan)
    except Drift as drift:
        return drift.answer
    return done_by_plan(plan)


async def _carry_out(session: Session, plan: SystemPlan) -> None:
    planned = sorted_out(session.shape, plan)
    todo, changed = await _compare(session, planned)
    roots = by_table(session.shape.places, plan.roots)
    mine = await walk.person(session, roots)
    appeared = sum(len(keys.keys() - planned.get(name, {}).keys()) for name, keys in mine.items() if plan.covers(name))
    # What is to go and is as it was, but leads back to the roots no more, is somebody else's by now: see the original.
    if roots and all(mine[name].keys() >= set(keys) for name, keys in roots.items()):
        changed += sum(len(set(keys) - mine[name].keys()) for name, keys in todo.going().items())
    if changed or appeared:
        raise Drift(changed, appeared)
    if todo:

        async def nothing_left_pointing() -> None:
            await _nothing_left_pointing(session, todo, planned)

        await treat(session, todo, planned, nothing_left_pointing)


async def states(session: Session, name: str, planned: Planned) -> dict[tuple[str, ...], State]:
    """The planned rows of a table as they are now; locked, but those that stay."""
    place = session.shape.places[name]
    kept = [key for key, each in planned[name].items() if each.treatment is Treatment.RETAIN]
    going = [key for key, each in planned[name].items() if each.treatment is not Treatment.RETAIN]
    found = await rows.rows(session, place, kept) | await rows.rows(session, place, going, lock=True)
    return {key: State(row.fingerprint, row.is_erased) for key, row in found.items()}


async def _compare(session: Session, planned: Planned) -> tuple[ToDo, int]:
    todo, changed = ToDo(), 0
    for name, listed in planned.items():
        changed += sort_by_state(name, listed, await states(session, name, planned), todo)
    return todo, changed


async def _nothing_left_pointing(session: Session, todo: ToDo, planned: Planned) -> None:
    """No row that stays may point at one that goes: ON DELETE CASCADE or SET NULL would change it behind our back."""
    for name, keys in todo.delete.items():
        place = session.shape.places[name]
        for foreign in session.shape.pointing_at(name):
            found = await pointing.at(session, place, keys, pointing.way(foreign))
            left = [other for others in found.values() for other in others]
            inside = _inside(session, foreign)
            gone, known = (todo.delete.get(inside, []), planned.get(inside, {})) if inside else ([], {})
            staying = [other for other in left if other not in set(gone)]
            strangers = [other for other in staying if other not in known]
            if strangers:
                raise Drift(0, len(strangers))
            if staying:
                raise Quarantine(f"The plan keeps {len(staying)} rows of {inside} that point at rows it deletes.")


def _inside(session: Session, foreign: ForeignKey) -> str | None:
    known = foreign.schema == session.shape.schema.name and foreign.table in session.shape.places
    return foreign.table if known else None
