"""The SQL connector for MySQL, MariaDB and SQLite: the same data map, the same promises, no dialect of PostgreSQL's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import TypeVar

from activities.connectors.sql.connector import SqlConnector, SqlSettings
from activities.connectors.sql.cursor import Cursors
from activities.connectors.sql.errors import guarded
from activities.connectors.sql.keys import by_table
from activities.connectors.sql_portable.change import change as carry_out
from activities.connectors.sql_portable.change import confirm_change
from activities.connectors.sql_portable.collect import collect
from activities.connectors.sql_portable.confirm import confirm
from activities.connectors.sql_portable.erase import erase
from activities.connectors.sql_portable.expire import expire
from activities.connectors.sql_portable.expired import expired
from activities.connectors.sql_portable.health import health
from activities.connectors.sql_portable.locate import locate
from activities.connectors.sql_portable.session import Database
from habeas.connector import Change, Health, Located, Page, RecordRef, SystemPlan
from habeas.datamap import DataMap
from habeas.errors import DataMapError, HabeasError
from habeas.model import Identifier
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, EraseAnswer

R = TypeVar("R")


class PortableSqlConnector(SqlConnector):
    """`SqlConnector` for what is not PostgreSQL; made by its `from_settings`, by the scheme of the address."""

    def __init__(self, data_map: DataMap, settings: SqlSettings) -> None:
        self.manifest = data_map.manifest()
        self._system = data_map.system
        self._secret = settings.url.get_secret_value()
        self._portable = Database(
            self._secret, data_map, pool_size=settings.pool_size, statement_seconds=settings.statement_timeout
        )

    async def _guarded(self, work: Callable[[], Awaitable[R]]) -> R:
        return await guarded(self._system, work, self._portable.dialect.translate)

    async def ping(self) -> Health:
        """See `SqlConnector.ping`."""
        try:
            detail = await self._guarded(lambda: health(self._portable))
        except HabeasError as error:
            return Health(ok=False, detail=str(error), fits=not isinstance(error, DataMapError))
        return Health(ok=not detail, detail=detail)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """See `SqlConnector.locate`."""

        async def work() -> Located:
            async with self._portable.reading() as session:
                return await locate(session, identifiers)

        return await self._guarded(work)

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """See `SqlConnector.collect`."""
        try:
            async with self._portable.reading() as session:
                cursors = Cursors(self._secret, session.shape)
                async for page in collect(session, by_table(session.shape.places, roots), cursors, cursor):
                    yield page
            return
        except Exception as error:  # noqa: BLE001  foreign errors end here, as in `guarded`
            ours = self._portable.dialect.translate(error, self._system)
        raise ours

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """See `SqlConnector.erase`."""
        return await self._guarded(lambda: erase(self._portable, plan))

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """See `SqlConnector.confirm`."""
        return await self._guarded(lambda: confirm(self._portable, plan))

    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        """See `SqlConnector.change`."""
        return await self._guarded(lambda: carry_out(self._portable, change))

    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        """See `SqlConnector.confirm_change`."""
        return await self._guarded(lambda: confirm_change(self._portable, change))

    async def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        """See `SqlConnector.expired`."""
        try:
            async for page in expired(self._portable, self._secret, today, cursor):
                yield page
            return
        except Exception as error:  # noqa: BLE001  foreign errors end here, as in `guarded`
            ours = self._portable.dialect.translate(error, self._system)
        raise ours

    async def expire(self, plan: SystemPlan) -> ConfirmAnswer:
        """See `SqlConnector.expire`."""
        return await self._guarded(lambda: expire(self._portable, plan))

    async def aclose(self) -> None:
        """Give back connections."""
        await self._portable.aclose()
