"""The second look: each planned object as it is now, and nobody of the person's name come back."""

from __future__ import annotations

from activities.connectors.sql.keys import encode
from activities.connectors.sql.locate import find_roots
from activities.connectors.sql.planned import State, sorted_out, states
from activities.connectors.sql.session import Database
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.outcomes import ConfirmAnswer, Done, Fate, ObjectOutcome

STILL_THERE = "still_there"
NOT_ANONYMISED = "not_anonymised"
CHANGED = "changed"
MISSING = "missing"
CAME_BACK = "came_back"


async def confirm(database: Database, plan: SystemPlan) -> ConfirmAnswer:
    """See `SqlConnector.confirm`. Planned objects in the plan's order, then roots that should not be there."""
    async with database.reading_afresh() as connection:
        shape = await database.shape(connection)
        planned = sorted_out(shape, plan)
        seen: dict[tuple[str, str], ObjectOutcome] = {}
        for name, rows in planned.items():
            now = await states(connection, shape.places[name], list(rows))
            for key, each in rows.items():
                seen[name, each.key] = judge(each, now.get(key))
        roots = await find_roots(connection, shape, plan.identifiers)
    found = [(table, key) for table, key in roots if plan.covers(table) and key not in planned.get(table, {})]
    back = [
        ObjectOutcome(collection=table, key=encode(shape.places[table], key), fate=Fate.FAILED, reason=CAME_BACK)
        for table, key in found
    ]
    listed = [seen[each.collection, each.key] for each in plan.objects]
    return Done[tuple[ObjectOutcome, ...]](result=(*listed, *back))


def judge(each: PlannedObject, now: State | None) -> ObjectOutcome:
    """What a planned object has become."""
    match each.treatment:
        case Treatment.DELETE:
            return each.became(Fate.ERASED) if now is None else each.became(Fate.FAILED, STILL_THERE)
        case Treatment.ANONYMISE:
            if now is None:
                return each.became(Fate.NOT_FOUND)
            return each.became(Fate.ANONYMISED) if now.is_erased else each.became(Fate.FAILED, NOT_ANONYMISED)
        case Treatment.RETAIN:
            if now is None:
                return each.became(Fate.FAILED, MISSING)
            same = now.fingerprint == each.fingerprint
            return each.became(Fate.RETAINED) if same else each.became(Fate.FAILED, CHANGED)
