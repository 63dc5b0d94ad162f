"""What the files of a package are, for other programs: fields, types, encoding; JSON Schema (draft 2020-12)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue

if TYPE_CHECKING:
    from activities.package.rows import Table

__all__ = ["SCHEMAS", "Shape", "schemas"]

SCHEMAS = "schema.json"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")

_FORMS: Mapping[str, JsonValue] = {
    "json": {
        "media_type": "application/json",
        "encoding": "UTF-8",
        "form": "one array; each record stands on a line of its own",
    },
    "csv": {
        "media_type": "text/csv; header=present",
        "encoding": "UTF-8 with a byte order mark",
        "form": "RFC 4180: comma, double quotes, CRLF; the first line names the fields",
        "values": "empty: null; true and false; lists and objects as JSON; "
        "text that a spreadsheet would take for a formula has an apostrophe in front",
    },
}


@dataclass
class _Field:
    types: set[str] = field(default_factory=set)
    formats: set[str | None] = field(default_factory=set)
    rows: int = 0

    def see(self, value: JsonValue) -> None:
        """One more value of this field."""
        self.rows += 1
        kind = _type(value)
        self.types.add(kind)
        if isinstance(value, str):
            self.formats.add(_format(value))

    def schema(self) -> dict[str, JsonValue]:
        """As JSON Schema has it; a format only where every text has it."""
        types = sorted(self.types - {"integer"} if "number" in self.types else self.types)
        said: dict[str, JsonValue] = {"type": types[0] if len(types) == 1 else [*types]}
        if len(self.formats) == 1 and (only := next(iter(self.formats))):
            said["format"] = only
        return said


@dataclass
class Shape:
    """The fields of one collection's records, and what is in them: gathered while the records pass."""

    fields: dict[str, _Field] = field(default_factory=dict)
    rows: int = 0

    def see(self, row: Mapping[str, JsonValue]) -> None:
        """One more record."""
        self.rows += 1
        for name, value in row.items():
            self.fields.setdefault(name, _Field()).see(value)

    def schema(self) -> dict[str, JsonValue]:
        """Of the whole array."""
        return {
            "$schema": _DRAFT,
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: seen.schema() for name, seen in self.fields.items()},
                "required": [name for name, seen in self.fields.items() if seen.rows == self.rows],
            },
        }


def schemas(tables: Sequence[Table]) -> dict[str, JsonValue]:
    """The content of ``schema.json``; the tables' records have been read."""
    return {
        "schema": "habeas.schema/1",
        "forms": dict(_FORMS),
        "tables": [
            {
                "system": table.system.name,
                "collection": table.facts.name,
                "category": table.facts.category,
                "records": table.facts.rows,
                "json": table.json_path,
                "csv": table.csv_path,
                "json_schema": table.shape.schema(),
            }
            for table in tables
        ],
    }


def _type(value: JsonValue) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            # JSON knows no NaN and no infinity: they are written as null.
            return "number" if value - value == 0 else "null"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _format(text: str) -> str | None:
    if _DATE.fullmatch(text):
        return "date"
    return "date-time" if _MOMENT.fullmatch(text) else None
