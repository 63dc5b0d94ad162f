"""The second look: each planned object as it is now, and nobody of the person's name come back."""

from __future__ import annotations

from activities.connectors.sql.confirm import CAME_BACK, judge
from activities.connectors.sql.keys import encode
from activities.connectors.sql.planned import State, sorted_out
from activities.connectors.sql_portable import rows
from activities.connectors.sql_portable.locate import find_roots
from activities.connectors.sql_portable.session import Database
from habeas.connector import SystemPlan
from habeas.outcomes import ConfirmAnswer, Done, Fate, ObjectOutcome


async def confirm(database: Database, plan: SystemPlan) -> ConfirmAnswer:
    """See `SqlConnector.confirm`. Planned objects in the plan's order, then roots that should not be there."""
    async with database.reading_afresh() as session:
        places = session.shape.places
        planned = sorted_out(session.shape, plan)
        seen: dict[tuple[str, str], ObjectOutcome] = {}
        for name, listed in planned.items():
            now = await rows.rows(session, places[name], list(listed))
            for key, each in listed.items():
                row = now.get(key)
                seen[name, each.key] = judge(each, State(row.fingerprint, row.is_erased) if row else None)
        roots = await find_roots(session, plan.identifiers)
    back = [
        ObjectOutcome(collection=table, key=encode(places[table], key), fate=Fate.FAILED, reason=CAME_BACK)
        for table, key in roots
        if plan.covers(table) and key not in planned.get(table, {})
    ]
    listed_seen = [seen[each.collection, each.key] for each in plan.objects]
    return Done[tuple[ObjectOutcome, ...]](result=(*listed_seen, *back))
