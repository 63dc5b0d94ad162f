"""Rows as JSON and as fingerprints. The database makes both, so that every caller gets the same bytes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue

from activities.connectors.sql.effects import TOKEN_DIGITS, TOKEN_PREFIX, constant, erased_columns
from activities.connectors.sql.shape import PgType, Place
from habeas.datamap import Effect, MapRetention

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DIGITS_MAX = 300


def _object(place: Place, columns: Sequence[sa.ColumnElement[Any]], name: str) -> sa.ColumnElement[str]:
    """``row_to_json`` over just these columns, as text; for `json_build_object` ends at 50 of them."""
    if not columns:
        return sa.literal("{}")
    values = sa.select(*columns).correlate(place.clause).lateral(name)
    row = sa.select(sa.cast(sa.func.row_to_json(values.table_valued()), sa.Text))
    return row.select_from(values).scalar_subquery()


def _sha256(text: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return sa.func.encode(sa.func.sha256(sa.func.convert_to(text, "UTF8")), "hex")


def data_json(place: Place) -> sa.ColumnElement[str]:
    """What is disclosed of a row; decimal numbers as text, for JSON readers round them."""
    content = place.rule.file.content if place.rule.file else None
    shown = [
        sa.cast(place.column(name), sa.Text).label(name) if column.base == "numeric" else place.column(name)
        for name, column in place.table.columns.items()
        if place.rule.rule(name).disclose and name != content
    ]
    return _object(place, shown, "shown")


def fingerprint(place: Place) -> sa.ColumnElement[str]:
    """SHA-256 over the JSON of the whole row, withheld columns too; long bytes enter by their own SHA-256.

    Marks are left out: who restricts a record, or stops its use, while an erasure waits for approval has changed
    nothing that the plan was made from.
    """
    whole = [
        sa.func.encode(sa.func.sha256(place.column(name)), "hex").label(name)
        if column.base == "bytea"
        else place.column(name)
        for name, column in place.table.columns.items()
        if name not in place.rule.marks
    ]
    return _sha256(_object(place, whole, "whole"))


def erased_value(place: Place, name: str) -> sa.ColumnElement[Any]:
    """What anonymising writes into this column."""
    column, rule = place.table.columns[name], place.rule.rule(name)
    if rule.erase is not Effect.TOKEN:
        return sa.cast(sa.cast(constant(column, rule), sa.Text), PgType(column.full_type))
    digest = _sha256(sa.func.concat_ws("/", place.name, name, *(sa.cast(place.column(k), sa.Text) for k in place.key)))
    if column.base == "uuid":
        return sa.cast(sa.func.left(digest, 32), PgType(column.full_type))
    return sa.func.concat(TOKEN_PREFIX, sa.func.left(digest, TOKEN_DIGITS))


def is_erased(place: Place) -> sa.ColumnElement[bool]:
    """Do all columns that anonymising writes to hold what it writes? Compared as text: JSON has no equality."""
    same = [
        sa.cast(place.column(name), sa.Text).is_not_distinct_from(sa.cast(erased_value(place, name), sa.Text))
        for name in erased_columns(place.table, place.rule)
    ]
    return sa.and_(sa.true(), *same)


def anchor(place: Place, term: MapRetention | None) -> sa.ColumnElement[str | None]:
    """The date a term runs from, in UTC, as ``YYYY-MM-DD``; NULL where there is none (or it is infinite)."""
    if not term:
        return sa.cast(sa.null(), sa.Text)
    day = sa.cast(place.column(term.anchor), sa.Date)
    return sa.case((sa.func.isfinite(day), sa.cast(day, sa.Text)))


def read_anchor(text: str | None) -> date | None:
    """The date, if it is one that the calendar here knows (not BC, not after 9999)."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def read_data(text: str) -> dict[str, JsonValue]:
    """A row's JSON as values that can be written again as strict JSON, whatever the store let in."""
    data: dict[str, JsonValue] = json.loads(text, parse_float=_float, parse_int=_int)
    return {name: _clean(value) for name, value in data.items()} if _may_be_unclean(text) else data


def _may_be_unclean(text: str) -> bool:
    return "\\ud" in text or "\\uD" in text


def _float(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


def _int(text: str) -> int | str:
    return int(text) if len(text) <= _DIGITS_MAX else text


def _clean(value: JsonValue) -> JsonValue:
    """Half of a surrogate pair, as only the `json` type lets in, cannot be encoded: it becomes U+FFFD."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {_LONE_SURROGATE.sub("\ufffd", name): _clean(one) for name, one in value.items()}
    return value
