"""The measured shop: three PostgreSQL stores, ten tables, 60 rows of each person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import asyncpg

from workers.stack.options import Stores

__all__ = ["CONTROLLER", "ROWS", "TABLES", "email_of", "shop"]

_HERE = Path(__file__).parent / "shop"
CONTROLLER = "bench"
ROWS = 60
"""Of each person, in all stores."""
TABLES = {
    "crm": ("contacts", "addresses", "notes", "activities"),
    "billing": ("customers", "invoices", "invoice_lines"),
    "support": ("users", "tickets", "comments"),
}


def shop() -> Stores:
    """Its stores, for a stack."""
    return Stores(tuple(TABLES), _HERE / "maps", _HERE / "policies", CONTROLLER, _seed)


def email_of(number: int) -> str:
    """By what a person is found; they count from 1."""
    return f"person{number}@example.com"


async def _seed(dsns: Mapping[str, str], people: int) -> None:
    for name, dsn in dsns.items():
        connection = await asyncpg.connect(dsn)
        try:
            sql = (_HERE / f"{name}.sql").read_text(encoding="utf-8")
            await connection.execute(sql.replace(":people", str(int(people))))
            await connection.execute("ANALYZE")
        finally:
            await connection.close()
