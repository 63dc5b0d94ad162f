"""The SQL connector: a data map over any PostgreSQL schema. It creates nothing in the database it is connected to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from activities.connectors.settings import read_settings
from activities.connectors.sql.change import change as carry_out
from activities.connectors.sql.change import confirm_change
from activities.connectors.sql.collect import collect
from activities.connectors.sql.confirm import confirm
from activities.connectors.sql.cursor import Cursors
from activities.connectors.sql.erase import erase
from activities.connectors.sql.errors import guarded, translate
from activities.connectors.sql.expire import expire
from activities.connectors.sql.expired import expired
from activities.connectors.sql.health import health
from activities.connectors.sql.keys import by_table
from activities.connectors.sql.locate import locate
from activities.connectors.sql.session import Database, is_portable
from habeas.connector import Change, Health, Located, Manifest, Page, RecordRef, SystemPlan
from habeas.datamap import DataMap, load_map, require_decided
from habeas.errors import ConfigurationError, DataMapError, HabeasError
from habeas.model import Identifier
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, EraseAnswer


class SqlSettings(BaseModel):
    """A system's settings for this connector."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: SecretStr
    """``postgresql://user:password@host:port/database``, ``mysql://…``, ``mariadb://…`` or ``sqlite:///path``."""
    map: Path
    pool_size: int = Field(default=4, ge=1, le=100)
    statement_timeout: float = Field(default=60.0, gt=0, description="seconds")


class SqlConnector:
    """`habeas.connector.Connector` for a PostgreSQL store.

    Every call looks at the database's own catalogue first and raises `MapDoesNotFit` (a `DataMapError` and `Terminal`)
    where the map does not fit it any more; otherwise `Transient`, `Terminal` or `Quarantine`.
    """

    def __init__(self, data_map: DataMap, settings: SqlSettings) -> None:
        url = settings.url.get_secret_value()
        self.manifest: Manifest = data_map.manifest()
        self._system = data_map.system
        self._secret = url
        self._database = Database(
            url, data_map, pool_size=settings.pool_size, statement_seconds=settings.statement_timeout
        )

    @classmethod
    def from_settings(cls, system: str, settings: Mapping[str, Any]) -> SqlConnector:
        """Make it from ``{"url": …, "map": path}``, for the kind of database that the address names.

        Raises:
            ConfigurationError: a setting is missing, unknown or wrong, or the map is another system's.
            DataMapError: the map is missing, broken or undecided.
        """
        known = read_settings(SqlSettings, system, settings)
        data_map = _decided_map(system, known.map)
        if is_portable(known.url.get_secret_value()):
            # Here, for it is built on this module.
            from activities.connectors.sql_portable.connector import PortableSqlConnector

            return PortableSqlConnector(data_map, known)
        return cls(data_map, known)

    @classmethod
    def describe(cls, system: str, settings: Mapping[str, Any]) -> Manifest:
        """See `habeas.connector.Describing`; only the map is read."""
        path = settings.get("map")
        if path is None:
            raise ConfigurationError(f"`systems.{system}.map` is missing.", system=system)
        return _decided_map(system, Path(path)).manifest()

    async def ping(self) -> Health:
        """Reachable, fitting the map, and allowed to do what the map asks? Says what is missing; never raises."""
        try:
            detail = await guarded(self._system, lambda: health(self._database))
        except HabeasError as error:
            return Health(ok=False, detail=str(error), fits=not isinstance(error, DataMapError))
        return Health(ok=not detail, detail=detail)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """See `habeas.connector.Connector.locate`; more than 50 matches are a `Quarantine`."""

        async def work() -> Located:
            async with self._database.reading() as connection:
                return await locate(connection, await self._database.shape(connection), identifiers)

        return await guarded(self._system, work)

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """See `habeas.connector.Connector.collect`; one snapshot per call, held until its last page is taken."""
        try:
            async with self._database.reading() as connection:
                shape = await self._database.shape(connection)
                cursors = Cursors(self._secret, shape)
                async for page in collect(connection, shape, by_table(shape.places, roots), cursors, cursor):
                    yield page
            return
        except Exception as error:  # noqa: BLE001  foreign errors end here, as in `guarded`
            ours = translate(error, self._system)
        raise ours

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """See `habeas.connector.Connector.erase`; always done at once, so there is never a handle."""
        return await guarded(self._system, lambda: erase(self._database, plan))

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """See `habeas.connector.Connector.confirm`; on a connection of its own."""
        return await guarded(self._system, lambda: confirm(self._database, plan))

    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        """See `habeas.connector.Changing.change`; always done at once. What cannot be done alone is `Fate.BLOCKED`.

        Reasons: ``wrong_value`` (not of the column's type, or against a check), ``not_unique``, ``refers_to_nothing``,
        ``not_rectifiable``, ``not_restrictable``, ``no_such_purpose``.
        """
        return await guarded(self._system, lambda: carry_out(self._database, change))

    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        """See `habeas.connector.Changing.confirm_change`; on a connection of its own."""
        return await guarded(self._system, lambda: confirm_change(self._database, change))

    async def expired(self, today: date, cursor: str | None) -> AsyncIterator[Page]:
        """See `habeas.connector.Expiring.expired`; records have no content. Restricted rows are left out."""
        try:
            async for page in expired(self._database, self._secret, today, cursor):
                yield page
            return
        except Exception as error:  # noqa: BLE001  foreign errors end here, as in `guarded`
            ours = translate(error, self._system)
        raise ours

    async def expire(self, plan: SystemPlan) -> ConfirmAnswer:
        """See `habeas.connector.Expiring.expire`; ``drifted``, ``restricted`` and ``referenced`` ones are left."""
        return await guarded(self._system, lambda: expire(self._database, plan))

    async def aclose(self) -> None:
        """Give back connections."""
        await self._database.aclose()


def _decided_map(system: str, path: Path) -> DataMap:
    data_map = require_decided(load_map(path))
    if data_map.system != system:
        raise ConfigurationError(f"systems.{system}.map is the map of {data_map.system!r}.", system=system)
    return data_map
