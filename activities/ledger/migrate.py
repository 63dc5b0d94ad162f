"""The schema's migrations, shipped with the package and run by the program itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from activities.ledger.database import make_engine
from activities.ledger.faults import mapped_errors

# Alembic takes a third of a second to import, and only migrations need it: no command should pay for it.
if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
# Any number that nothing else in the database uses.
_LOCK = 0x48_61_62_65_61_73


async def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema to the newest revision. Processes that do so at once wait for each other; all or nothing.

    Raises:
        LedgerUnavailable, ConfigurationError: as `Ledger.begin` and `Ledger.connect`.
    """
    from alembic import command

    await _run(url, lambda connection: command.upgrade(config(connection), revision))


async def downgrade(url: str, revision: str) -> None:
    """Take the schema back to an older revision (``base``: nothing is left)."""
    from alembic import command

    await _run(url, lambda connection: command.downgrade(config(connection), revision))


async def current_revision(url: str) -> str | None:
    """The schema's revision, None if there is no schema."""
    from alembic.runtime.migration import MigrationContext

    engine = make_engine(url, 1)
    try:
        with mapped_errors():
            async with engine.connect() as connection:
                return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    finally:
        await engine.dispose()


def config(connection: Connection) -> Config:
    """Alembic's configuration on an open connection."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


async def _run(url: str, step: Callable[[Connection], None]) -> None:
    # A migration may take its time, and may wait for another process's.
    engine = make_engine(url, 1, statement_timeout="0", lock_timeout="0", idle_in_transaction_session_timeout="0")
    try:
        with mapped_errors():
            async with engine.begin() as connection:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                await connection.run_sync(step)
    finally:
        await engine.dispose()
