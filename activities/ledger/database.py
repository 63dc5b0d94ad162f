"""The ledger: its connections and transactions."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any, Self

from sqlalchemy import event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from activities.ledger.acts import Acts
from activities.ledger.anchors import Anchors
from activities.ledger.artifacts import Artifacts
from activities.ledger.callbacks import Callbacks
from activities.ledger.challenges import Challenges
from activities.ledger.condition import Condition
from activities.ledger.deliveries import Deliveries
from activities.ledger.endings import Endings
from activities.ledger.evidence import Evidence
from activities.ledger.expiries import Expiries
from activities.ledger.faults import mapped_errors
from activities.ledger.figures import Numbers
from activities.ledger.health import Health
from activities.ledger.holders import Holders
from activities.ledger.holds import Holds
from activities.ledger.keys import KeyRing
from activities.ledger.letters import Letters
from activities.ledger.measures import Measures
from activities.ledger.notices import Notices
from activities.ledger.opening import Opening
from activities.ledger.paces import Paces
from activities.ledger.past import Past
from activities.ledger.people import People
from activities.ledger.queue import Queue
from activities.ledger.replays import Replays
from activities.ledger.requests import Requests
from activities.ledger.restrictions import Restrictions
from activities.ledger.results import Results
from activities.ledger.seals import Seals
from activities.ledger.searches import Searches
from activities.ledger.sessions import Sessions
from activities.ledger.suppressions import Suppressions
from activities.ledger.tasks import Tasks
from activities.ledger.tokens import Tokens
from activities.ledger.troubles import Troubles
from activities.ledger.untold import Untold
from activities.ledger.visits import Visits
from activities.ledger.watching import Watching
from activities.ledger.writes import Writes
from activities.vault import RequestKey, Vault
from habeas.errors import ConfigurationError

CONNECT_TIMEOUT = 10.0
STATEMENT_TIMEOUT = 60.0
_SERVER_SETTINGS = {
    "application_name": "habeas",
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "15s",
    "idle_in_transaction_session_timeout": "60s",
}


class Tx(
    Opening,
    Requests,
    Queue,
    Seals,
    Evidence,
    Anchors,
    Acts,
    Challenges,
    Letters,
    Artifacts,
    Results,
    Endings,
    Callbacks,
    Notices,
    Restrictions,
    Holds,
    Expiries,
    Past,
    People,
    Tasks,
    Sessions,
    Tokens,
    Deliveries,
    Troubles,
    Untold,
    Visits,
    Writes,
    Searches,
    Holders,
    Health,
    Numbers,
    Condition,
    Replays,
    Suppressions,
    Watching,
    Measures,
    Paces,
):
    """One transaction on the ledger: all of what is done in it is there at its end, or none of it."""


class Ledger:
    """Requests, sealed personal data, evidence. One per process; safe for concurrent use."""

    def __init__(
        self, engine: AsyncEngine, vault: Vault, keys: KeyRing, controllers: frozenset[str] | None = None
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._keys = keys
        self._controllers = controllers
        self._open: Tx | None = None

    @classmethod
    def connect(cls, url: str, vault: Vault, pool_size: int = 10, *, keys: KeyRing | None = None) -> Self:
        """A ledger on ``postgresql://user:password@host:port/database``. Connects when first used.

        Raises:
            ConfigurationError: the URL is not one of PostgreSQL.
        """
        return cls(make_engine(url, pool_size), vault, KeyRing() if keys is None else keys)

    @property
    def vault(self) -> Vault:
        """The master keys that the ledger works with."""
        return self._vault

    @property
    def whole(self) -> bool:
        """Whether everybody's requests are there."""
        return self._controllers is None

    def only(self, controllers: Iterable[str]) -> Self:
        """The same ledger as staff of these controllers see it: nobody else's request is there.

        It remembers keys of its own, so that one which another view opened does not open here.
        """
        return type(self)(self._engine, self._vault, KeyRing(), frozenset(controllers))

    def within(self, tx: Tx) -> Self:
        """The same ledger in a transaction that is open: what is begun in it is kept, or not, with that one."""
        inner = type(self)(self._engine, self._vault, self._keys, self._controllers)
        inner._open = tx
        return inner

    @contextlib.asynccontextmanager
    async def begin(self, *, after: Tx | None = None) -> AsyncIterator[Tx]:
        """One transaction: committed at the end, rolled back on any exception.

        Args:
            after: one that ended a moment ago: chains are most likely as it left them, and need not be read for that.

        Raises:
            LedgerUnavailable: the database does not answer, or not in time. Nothing was written, except when the
                connection broke during the commit itself: then it is not known, and every method may be called again.
            RuntimeError: a failed statement's error was swallowed, and the transaction could not be committed.
        """
        if self._open is not None:
            yield self._open
            return
        async with contextlib.AsyncExitStack() as stack:
            with mapped_errors():
                connection = await stack.enter_async_context(self._engine.connect())
            tx = Tx(connection, self._vault, self._keys, self._controllers, after=after)
            yield tx
            await tx.commit()

    async def key(self, request_id: str) -> RequestKey:
        """The request's key, from memory if it was used within the last minute.

        Raises:
            UnknownRequest, KeyDestroyed: as `Room.key`.
            LedgerUnavailable: as `begin`.
        """
        key = self._keys.get(request_id)
        if key is None:
            async with self.begin() as tx:
                key = await tx.key(request_id)
        return key

    async def destroy_key(self, request_id: str, at: datetime) -> None:
        """Destroy the request's key, and what is sealed with it, for good; see `Endings.destroy_key`."""
        async with self.begin() as tx:
            await tx.destroy_key(request_id, at)

    async def ping(self) -> None:
        """Raises `LedgerUnavailable` if the database does not answer."""
        with mapped_errors():
            async with self._engine.connect() as connection:
                await connection.execute(select(1))

    async def aclose(self) -> None:
        """Give back all connections."""
        await self._engine.dispose()


def driver_url(url: str) -> URL:
    """The URL with asyncpg as its driver.

    Raises:
        ConfigurationError: it is not a PostgreSQL URL. Never repeats it: it holds a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in {"postgresql", "postgres", "postgresql+asyncpg"}:
        raise ConfigurationError("`ledger.url` is not of the form postgresql://user:password@host:port/database.")
    return parsed.set(drivername="postgresql+asyncpg")


def make_engine(url: str, pool_size: int = 10, **server_settings: str) -> AsyncEngine:
    """An engine whose errors never show parameters, and whose connections are checked without a round trip."""
    engine = create_async_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT,
            "command_timeout": STATEMENT_TIMEOUT,
            "server_settings": _SERVER_SETTINGS | server_settings,
        },
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
        # asyncpg hears at once when the server goes: the pool then makes a new connection, and nobody sees an error.
        if connection.driver_connection.is_closed():
            raise DisconnectionError

    return engine
