"""Granting the least that processes need, by the tables' owner."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.ledger.database import make_engine
from activities.ledger.faults import mapped_errors
from activities.ledger.privileges import SCRIPT, Privilege
from habeas.errors import ConfigurationError

__all__ = ["grant_least"]

_HELD = text(
    "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
    " WHERE grantee = :role AND table_schema = 'public'"
)
_WHO = text(
    "SELECT session_user AS me, (SELECT tableowner FROM pg_tables WHERE tablename = 'evidence' LIMIT 1) AS owner,"
    " EXISTS (SELECT FROM pg_roles WHERE rolname = :role) AS there"
)


async def grant_least(url: str, role: str, *, keep: bool = True) -> tuple[Privilege, ...]:
    """Grant a role the least rights, as the tables' owner; nothing is taken from it. May run again.

    Args:
        url: the ledger's, of the owner.
        role: who gets them.
        keep: False to find out what would be granted, and change nothing.

    Returns:
        The rights that it did not have.

    Raises:
        ConfigurationError: there is no such role, the URL's is not the owner, or there are no tables.
        LedgerUnavailable: as `Ledger.begin`.
    """
    engine = make_engine(url, 1)
    try:
        with mapped_errors():
            async with engine.connect() as connection:
                await _check(connection, role)
                before = await _held(connection, role)
                quoted = '"' + role.replace('"', '""') + '"'
                raw: Any = (await connection.get_raw_connection()).driver_connection
                await raw.execute(SCRIPT.read_text(encoding="utf-8").replace(':"role"', quoted))
                added = await _held(connection, role) - before
                await (connection.commit() if keep else connection.rollback())
    finally:
        await engine.dispose()
    return tuple(sorted(added))


async def _check(connection: AsyncConnection, role: str) -> None:
    row = (await connection.execute(_WHO, {"role": role})).mappings().one()
    if not row["there"]:
        raise ConfigurationError(f"The ledger's database has no role {role}: make it first (CREATE ROLE … LOGIN).")
    if row["owner"] is None:
        raise ConfigurationError("The ledger's tables are not there: run `habeas ledger migrate`.")
    if row["me"] != row["owner"]:
        raise ConfigurationError(
            f"`ledger.url` signs in as {row['me']}, but the tables are {row['owner']}'s, who alone can grant rights."
        )


async def _held(connection: AsyncConnection, role: str) -> frozenset[Privilege]:
    return frozenset(Privilege(*row) for row in await connection.execute(_HELD, {"role": role}))
