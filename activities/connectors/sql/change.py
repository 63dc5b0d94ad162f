"""Correct, restrict, lift or stop: one transaction, all or nothing, and a second look on a new connection."""

from __future__ import annotations

from typing import assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql import marks
from activities.connectors.sql.rectify import Drift, rectified, rectify
from activities.connectors.sql.session import Database
from activities.connectors.sql.shape import Shape
from habeas.connector import Change, Rectify, Restrict, Stop
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, ObjectOutcome


async def change(database: Database, wanted: Change) -> ChangeAnswer:
    """See `SqlConnector.change`.

    Raises:
        Quarantine: the database's own rules or triggers stand against it; nothing was changed.
    """
    try:
        async with database.writing() as connection:
            outcomes = await _carry_out(connection, await database.shape(connection), wanted)
    except Drift as drift:
        return drift.answer
    return Done[tuple[ObjectOutcome, ...]](result=outcomes)


async def confirm_change(database: Database, wanted: Change) -> ConfirmAnswer:
    """See `SqlConnector.confirm_change`."""
    async with database.reading_afresh() as connection:
        outcomes = await _look(connection, await database.shape(connection), wanted)
    return Done[tuple[ObjectOutcome, ...]](result=outcomes)


async def _carry_out(connection: AsyncConnection, shape: Shape, wanted: Change) -> tuple[ObjectOutcome, ...]:
    match wanted:
        case Rectify():
            return await rectify(connection, shape, wanted)
        case Restrict():
            return await marks.restrict(connection, shape, wanted)
        case Stop():
            return await marks.stop(connection, shape, wanted)
        case _:
            assert_never(wanted)


async def _look(connection: AsyncConnection, shape: Shape, wanted: Change) -> tuple[ObjectOutcome, ...]:
    match wanted:
        case Rectify():
            return await rectified(connection, shape, wanted)
        case Restrict():
            return await marks.restricted(connection, shape, wanted)
        case Stop():
            return await marks.stopped(connection, shape, wanted)
        case _:
            assert_never(wanted)
