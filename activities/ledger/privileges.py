"""The least that Habeas's processes need of the ledger's database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["SCRIPT", "Privilege", "least_privileges"]

SCRIPT = Path(__file__).with_name("least_rights.sql")
"""For ``psql -v role=NAME``, and for `grant_least`."""
_GRANT = re.compile(r"^GRANT ([A-Z, ]+) ON\s+(?!SCHEMA|FUNCTION)([^;]+?)\s+TO :\"role\";", re.MULTILINE | re.DOTALL)


class Privilege(NamedTuple):
    """One privilege on one table, as PostgreSQL calls it."""

    table: str
    name: str


def least_privileges() -> frozenset[Privilege]:
    """What `least_rights.sql` grants on tables."""
    return frozenset(
        Privilege(table.strip(), name.strip())
        for names, tables in _GRANT.findall(SCRIPT.read_text(encoding="utf-8"))
        for table in tables.split(",")
        for name in names.split(",")
    )
