"""End rows past their term: exactly those that were listed, as far as nothing keeps them."""

from __future__ import annotations

from activities.connectors.sql.confirm import judge
from activities.connectors.sql.expire import DRIFTED, REFERENCED, RESTRICTED, Judged
from activities.connectors.sql.keys import Key
from activities.connectors.sql.planned import Planned, State, sorted_out
from activities.connectors.sql.terms import ways
from activities.connectors.sql_portable import pointing, rows
from activities.connectors.sql_portable.session import Database, Session
from activities.connectors.sql_portable.treat import treat
from habeas.connector import SystemPlan, Treatment
from habeas.outcomes import ConfirmAnswer, Done, Fate, ObjectOutcome


async def expire(database: Database, plan: SystemPlan) -> ConfirmAnswer:
    """See `SqlConnector.expire`.

    Raises:
        Quarantine: the database's own rules or triggers stand against it; nothing was changed.
    """
    async with database.writing() as session:
        planned = sorted_out(session.shape, plan)
        judged = await _judge_all(session, planned)
        if judged.todo:
            await treat(session, judged.todo, planned)
    outcomes: dict[tuple[str, str], ObjectOutcome] = {}
    async with database.reading_afresh() as session:
        for name, listed in planned.items():
            now = await rows.rows(session, session.shape.places[name], list(listed))
            for key, each in listed.items():
                why, row = judged.blocked.get((name, key)), now.get(key)
                state = State(row.fingerprint, row.is_erased) if row else None
                outcomes[name, each.key] = each.became(Fate.BLOCKED, why) if why else judge(each, state)
    return Done[tuple[ObjectOutcome, ...]](result=tuple(outcomes[each.collection, each.key] for each in plan.objects))


async def _judge_all(session: Session, planned: Planned) -> Judged:
    judged = Judged()
    for name, listed in planned.items():
        now = await rows.rows(session, session.shape.places[name], list(listed), lock=True)
        for key, each in listed.items():
            row = now.get(key)
            if each.treatment is Treatment.RETAIN or row is None:
                continue
            if each.treatment is Treatment.ANONYMISE and row.is_erased:
                continue
            if row.fingerprint != each.fingerprint:
                judged.blocked[name, key] = DRIFTED
            elif row.is_restricted:
                judged.blocked[name, key] = RESTRICTED
            else:
                going = judged.todo.delete if each.treatment is Treatment.DELETE else judged.todo.anonymise
                going.setdefault(name, []).append(key)
    while await _hold_back(session, judged):
        pass
    return judged


async def _hold_back(session: Session, judged: Judged) -> bool:
    """Take rows out that something staying points at; True if there were any, for these now stay as well."""
    found: set[tuple[str, Key]] = set()
    for name, keys in judged.todo.delete.items():
        place = session.shape.places[name]
        for way in ways(session.shape, place):
            is_home = way.schema == session.shape.schema.name and way.table in session.shape.places
            gone = set(judged.todo.delete.get(way.table, [])) if is_home else set()
            held = await pointing.at(session, place, keys, way)
            found |= {(name, key) for key, others in held.items() if others - gone}
    for name, key in found:
        judged.todo.delete[name].remove(key)
        judged.blocked[name, key] = REFERENCED
    judged.todo.delete = {name: keys for name, keys in judged.todo.delete.items() if keys}
    return bool(found)
