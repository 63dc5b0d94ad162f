"""What anonymising writes into a column, by the column's type. Pure."""

from __future__ import annotations

from activities.connectors.sql.schema import Column, Table
from habeas.connector import Treatment
from habeas.datamap import ColumnRule, Effect, TableRule

ERASED = "[erased]"
TOKEN_PREFIX = "erased-"  # noqa: S105  what a placeholder begins with
TOKEN_DIGITS = 20
_JSON = ("json", "jsonb")
_TEXT_ARRAYS = ("_text", "_varchar", "_citext")
_BLANK_BY_BASE = {"json": "{}", "jsonb": "{}", "bytea": "", "tsvector": "", "hstore": ""}
_BLANK_BY_CATEGORY = {"S": "", "N": "0", "A": "{}"}


def constant(column: Column, rule: ColumnRule) -> str | None:
    """What the rule writes, as PostgreSQL reads it for the column's type; None for NULL.

    Raises:
        ValueError: the column's type cannot take it (or the effect writes no constant at all).
    """
    match rule.erase:
        case Effect.NULL:
            return None
        case Effect.SET:
            return rule.to
        case Effect.BLANK:
            value = _BLANK_BY_BASE.get(column.base, _BLANK_BY_CATEGORY.get(column.category))
        case Effect.REDACT:
            value = _redaction(column)
        case Effect.KEEP | Effect.TOKEN:
            value = None
    if value is None:
        raise ValueError(f"{rule.erase} does not go with {column.full_type}")
    return value


def _redaction(column: Column) -> str | None:
    if column.base in _JSON:
        return f'"{ERASED}"'
    if column.base in _TEXT_ARRAYS:
        return f"{{{ERASED}}}"
    fits = column.length is None or column.length >= len(ERASED)
    return ERASED if column.category == "S" and fits else None


def takes(column: Column, rule: ColumnRule) -> bool:
    """Can the column take what the rule does to it?"""
    if column.generated:
        return rule.erase is Effect.KEEP
    match rule.erase:
        case Effect.KEEP:
            return True
        case Effect.NULL:
            return not column.not_null
        case Effect.TOKEN:
            long_enough = column.length is None or column.length >= len(TOKEN_PREFIX) + TOKEN_DIGITS
            return column.base == "uuid" or (column.category == "S" and long_enough)
        case Effect.SET | Effect.BLANK | Effect.REDACT:
            try:
                constant(column, rule)
            except ValueError:
                return False
            return True


def offers(column: Column) -> str:
    """The words that the column can take, for people."""
    simple = (Effect.KEEP, Effect.NULL, Effect.BLANK, Effect.REDACT, Effect.TOKEN)
    words = [f'"{effect}"' for effect in simple if takes(column, ColumnRule(erase=effect))]
    if not column.generated and len(words) < 3:
        words.append('{ erase = "set", to = "…" }')
    return " | ".join(words)


def may_be_anonymised(rule: TableRule, is_pointed_at: bool) -> bool:
    """Could a plan anonymise rows of this table: by rule, or because something that stays points at them?"""
    by_rule = Treatment.ANONYMISE in (rule.erase, rule.after if rule.erase is Treatment.RETAIN else None)
    return by_rule or (is_pointed_at and Treatment.DELETE in rule.treatments)


def erased_columns(table: Table, rule: TableRule) -> tuple[str, ...]:
    """Columns that anonymising writes to."""
    return tuple(
        name
        for name, column in table.columns.items()
        if not column.generated and rule.rule(name).erase is not Effect.KEEP
    )
