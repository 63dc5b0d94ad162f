"""How a column is compared with an identifier: the same form on both sides, and equality. Never likeness."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from activities.connectors.sql.schema import Column
from activities.connectors.sql.shape import PgType, Place
from habeas.datamap import IdentifierRule, MatchBy
from habeas.model import Identifier
from habeas.written import phone_in, phone_ways, ways

_NO = ("", "0", "f", "false")
_ZERO_DATE = "0000-00-00"
"""What MySQL keeps where a date is missing in a column that takes no NULL."""
_BLANKS = " \t\r\n\u00a0"
_TAG = re.compile(r"^([^+@]+)\+[^@]*@")
_INTEGER_BITS = {"int2": 16, "int4": 32, "int8": 64}


def sought(rule: IdentifierRule, column: Column, identifiers: Iterable[Identifier]) -> dict[str, list[Identifier]]:
    """The forms to look for in this column -> the identifiers that each stands for."""
    forms: dict[str, list[Identifier]] = {}
    for identifier in identifiers:
        if identifier.kind == rule.kind:
            for form in dict.fromkeys(_forms(rule, identifier)):
                if form and _possible(column, form):
                    forms.setdefault(form, []).append(identifier)
    return forms


def identifier_of(rule: IdentifierRule, value: str | None) -> Identifier | None:
    """What the store holds under a kind may be anything; what has not its form cannot be searched by."""
    try:
        written = phone_in(value or "", rule.region) if rule.match is MatchBy.PHONE else value or ""
        return Identifier(kind=rule.kind, value=written)
    except ValueError:
        return None


def says_proven(rule: IdentifierRule, said: str | None) -> bool:
    """Whether what a row bears is the person's as far as the map knows.

    Args:
        rule: of the identifier's column.
        said: what `IdentifierRule.proven`'s column holds, as text; None where it is NULL, or the rule has none.
    """
    if isinstance(rule.proven, str):
        return said is not None and said.casefold() not in _NO and not said.startswith(_ZERO_DATE)
    return rule.proven is None


def _forms(rule: IdentifierRule, identifier: Identifier) -> Iterator[str]:
    if rule.match is MatchBy.PHONE:
        with suppress(ValueError):
            yield from phone_ways(identifier.value, rule.region)
        return
    for written in ways(identifier.kind, identifier.value):
        yield _form(rule.match, written)


def _form(match: MatchBy, value: str) -> str:
    match match:
        case MatchBy.EXACT:
            return value
        case MatchBy.CASE:
            return value.lower()
        case MatchBy.PLUS:
            return _TAG.sub(r"\1@", value.lower())
        case MatchBy.PHONE:
            digits = re.sub(r"[^0-9]", "", value)
            if re.match(r"[^0-9]*\+", value):
                return "+" + digits
            return "+" + digits[2:] if digits.startswith("00") else digits


def held(match: MatchBy, value: str) -> str:
    """The form of a value that a column holds: what `found_form` has the database make."""
    trimmed = value.strip(_BLANKS)
    match match:
        case MatchBy.EXACT:
            return value
        case MatchBy.CASE | MatchBy.PLUS | MatchBy.PHONE:
            return _form(match, trimmed)


def _possible(column: Column, form: str) -> bool:
    """Can this form be a value of the column at all? A failing cast would fail the whole search."""
    if column.base in _INTEGER_BITS:
        return bool(re.fullmatch(r"0|-?[1-9]\d{0,18}", form)) and abs(int(form)) < 2 ** (_INTEGER_BITS[column.base] - 1)
    if column.base == "uuid":
        try:
            return str(UUID(form)) == form.lower()
        except ValueError:
            return False
    return True


def found_form(place: Place, rule: IdentifierRule) -> sa.ColumnElement[str]:
    """The column's value in the form that `sought` uses."""
    column = sa.cast(place.column(rule.column), sa.Text)
    trimmed = sa.func.btrim(column, _BLANKS)
    match rule.match:
        case MatchBy.EXACT:
            return column
        case MatchBy.CASE:
            return sa.func.lower(trimmed)
        case MatchBy.PLUS:
            return sa.func.regexp_replace(sa.func.lower(trimmed), r"^([^+@]+)\+[^@]*@", r"\1@")
        case MatchBy.PHONE:
            digits = sa.func.regexp_replace(column, "[^0-9]", "", "g")
            abroad = sa.func.regexp_replace(digits, "^00", "+")
            return sa.case((column.op("~")(r"^[^0-9]*\+"), sa.func.concat("+", digits)), else_=abroad)


FORMS = "forms"


def bears(place: Place, rule: IdentifierRule) -> sa.ColumnElement[bool]:
    """The row bears one of the forms that come with the execution, as `FORMS`."""
    values = sa.bindparam(FORMS, type_=ARRAY(sa.Text))
    if rule.match is MatchBy.EXACT:
        # In the column's own type, so that its index and its own idea of equality (citext) are used.
        own: Any = place.table.columns[rule.column].type
        return place.column(rule.column) == sa.any_(sa.cast(values, PgType(f"{own}[]")))
    return found_form(place, rule) == sa.any_(values)
