"""Correct, restrict, lift or stop: one transaction, all or nothing, and a second look on a new connection."""

from __future__ import annotations

from typing import assert_never

from activities.connectors.sql.rectify import Drift
from activities.connectors.sql_portable import marks, rectify
from activities.connectors.sql_portable.session import Database, Session
from habeas.connector import Change, Rectify, Restrict, Stop
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, ObjectOutcome

Outcomes = tuple[ObjectOutcome, ...]


async def change(database: Database, wanted: Change) -> ChangeAnswer:
    """See `SqlConnector.change`.

    Raises:
        Quarantine: the database's own rules or triggers stand against it; nothing was changed.
    """
    try:
        async with database.writing() as session:
            return Done[Outcomes](result=await _carry_out(session, wanted))
    except Drift as drift:
        return drift.answer


async def confirm_change(database: Database, wanted: Change) -> ConfirmAnswer:
    """See `SqlConnector.confirm_change`."""
    async with database.reading_afresh() as session:
        return Done[Outcomes](result=await _look(session, wanted))


async def _carry_out(session: Session, wanted: Change) -> Outcomes:
    match wanted:
        case Rectify():
            return await rectify.rectify(session, wanted)
        case Restrict():
            return await marks.restrict(session, wanted)
        case Stop():
            return await marks.stop(session, wanted)
        case _:
            assert_never(wanted)


async def _look(session: Session, wanted: Change) -> Outcomes:
    match wanted:
        case Rectify():
            return await rectify.rectified(session, wanted)
        case Restrict():
            return await marks.restricted(session, wanted)
        case Stop():
            return await marks.stopped(session, wanted)
        case _:
            assert_never(wanted)
