"""Rows on their way into a table, and the small touches that all three stores put on what they write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from workers.samples.population import Person, Trait

__all__ = ["Sheet", "Store", "as_json", "garbled", "mixed_case", "spelling"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table's rows, columns in the order given, parents before children."""

    table: str
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]] = field(default_factory=list)

    def add(self, *values: object) -> None:
        """One more row."""
        self.rows.append(values)


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that goes into one database, tables in the order in which they can be loaded."""

    schema: str
    sheets: tuple[Sheet, ...]


def as_json(value: Mapping[str, object]) -> str:
    """JSON for a ``jsonb`` column, always written the same way."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def mixed_case(email: str) -> str:
    """``signe.holm@…`` as a phone's keyboard writes it: ``Signe.Holm@…``."""
    local, _, domain = email.partition("@")
    return f"{local.title()}@{domain}"


def spelling(person: Person, email: str) -> str | None:
    """An address as somebody typed it in."""
    if person.has(Trait.NO_EMAIL):
        return None
    if person.has(Trait.PLACEHOLDER):
        return "n/a"
    if person.has(Trait.SHOUTED):
        return email.upper()
    if person.has(Trait.PADDED):
        return f" {email} "
    return mixed_case(email) if person.has(Trait.MIXED_CASE) else email


def garbled(text: str) -> str:
    """UTF-8 that somebody once read as Latin-1: ``Søren`` -> ``SÃ¸ren``."""
    return text.encode().decode("latin-1")
