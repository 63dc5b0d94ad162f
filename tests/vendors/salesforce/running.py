"""Running a query: names, types, and which records it finds.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm:
strings compare without regard to case; % and _ are LIKE's wildcards.
"""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.vendors.salesforce import ids
from tests.vendors.salesforce.definitions import Field, Object
from tests.vendors.salesforce.errors import invalid_type, refusal
from tests.vendors.salesforce.objects import OBJECTS
from tests.vendors.salesforce.org import Org, find_object
from tests.vendors.salesforce.soql import Both, Comparison, Condition, Constant, Not, Query, malformed, plain
from tests.vendors.salesforce.store import Row
from tests.vendors.shared.calls import Json

_TEXT = ("string", "email", "phone", "picklist", "textarea", "url", "anyType")
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LINKED = ("ContentDocumentId", "LinkedEntityId")


def run(org: Org, query: Query, *, everything: bool, path: str) -> list[Json]:
    """The records, as they are answered; ``everything`` (queryAll) finds the deleted ones too."""
    kind = find_object(query.object)
    if kind is None or not org.rights.sees(kind):
        raise invalid_type(query.object)
    paths = [_resolve(org, query, kind, name, at) for name, at in query.fields]
    _check(org, query, kind, query.where)
    order = [(rule, _resolve(org, query, kind, rule.field, rule.at)) for rule in query.order]
    if kind.name == "ContentDocumentLink":
        _check_link_filter(query.where)
    rows = [
        row
        for row in org.store.all(kind.name, deleted=everything)
        if query.where is None or _holds(org, kind, row, query.where)
    ]
    for rule, steps in reversed(order):
        rows.sort(key=lambda row: _order_key(_value(org, row, steps)), reverse=rule.descending)
        rows.sort(key=lambda row: (_value(org, row, steps) is None) == rule.nulls_last)
    rows = rows[query.offset :][: query.limit]
    return [_render(org, row, paths, path) for row in rows]


def _resolve(org: Org, query: Query, kind: Object, name: str, at: int) -> list[Field]:
    """The fields from the object to the one that is named, through its parents."""
    steps: list[Field] = []
    current = kind
    *parents, last = name.split(".")
    for parent in parents:
        field = current.by_relationship(parent)
        if field is None or (current.name, field.name) in org.rights.hidden_fields:
            message = f"Didn't understand relationship '{parent}' in field path. If you are attempting to use a custom "
            more = "relationship, be sure to append the '__r' after the custom relationship name."
            raise malformed(query.text, at, message + more, "INVALID_FIELD")
        steps.append(field)
        current = OBJECTS[field.reference_to[0]]
    found = org.rights.field(current, last)
    if found is None:
        raise malformed(
            query.text,
            at,
            f"No such column '{last}' on entity '{current.name}'. If you are attempting to use a custom field, be sure "
            "to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
            "appropriate names.",
            "INVALID_FIELD",
        )
    return [*steps, found]


def _check(org: Org, query: Query, kind: Object, where: Condition | None) -> None:
    match where:
        case Both():
            for part in where.parts:
                _check(org, query, kind, part)
        case Not():
            _check(org, query, kind, where.part)
        case Comparison():
            field = _resolve(org, query, kind, where.field, where.at)[-1]
            if not field.filterable:
                message = f"field '{field.name}' can not be filtered in a query call"
                raise malformed(query.text, where.at, message, "INVALID_FIELD")
            if where.operator == "LIKE" and field.type not in _TEXT:
                message = "invalid operator on id field" if field.type in ("id", "reference") else "invalid operator"
                raise malformed(query.text, where.at, message, "INVALID_QUERY_FILTER_OPERATOR")
            for literal in where.values:
                _check_literal(query, where, field, literal)
        case None:
            pass


def _check_literal(query: Query, one: Comparison, field: Field, literal: Constant) -> None:
    if literal.kind == "null":
        return
    if field.type in ("id", "reference"):
        if literal.kind == "string" and ids.long_form(str(literal.value)) is None:
            message = f"invalid ID field: {literal.value}"
            raise malformed(query.text, one.at, message, "INVALID_QUERY_FILTER_OPERATOR")
        wanted = "string"
    elif field.type in _TEXT:
        wanted = "string"
    elif field.type == "boolean":
        wanted = "boolean"
    elif field.type in ("int", "double"):
        wanted = "number"
    else:
        wanted = "moment"
    dated = isinstance(literal.value, str) and "T" in literal.value
    if literal.kind != wanted or (wanted == "moment" and dated != (field.type == "datetime")):
        quotes = "should be enclosed in quotes" if wanted == "string" else "should not be enclosed in quotes"
        shown = "dateTime" if field.type == "datetime" else field.type
        message = f"value of filter criterion for field '{field.name}' must be of type {shown} and {quotes}"
        raise malformed(query.text, one.at, message, "INVALID_FIELD")


def _check_link_filter(where: Condition | None) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocumentlink.htm."""
    parts = where.parts if isinstance(where, Both) and where.word == "AND" else (where,)
    if not any(
        isinstance(part, Comparison) and part.field in _LINKED and part.operator in ("=", "IN") for part in parts
    ):
        raise refusal(
            400,
            "MALFORMED_QUERY",
            "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or "
            "LinkedEntityId using the equals operator or multiple Id's using the IN operator.",
        )


def _holds(org: Org, kind: Object, row: Row, where: Condition) -> bool:
    match where:
        case Both():
            results = (_holds(org, kind, row, part) for part in where.parts)
            return all(results) if where.word == "AND" else any(results)
        case Not():
            return not _holds(org, kind, row, where.part)
        case Comparison():
            return _compare(org, kind, row, where)


def _compare(org: Org, kind: Object, row: Row, one: Comparison) -> bool:
    steps = _names(kind, one.field)
    field, stored = steps[-1], _comparable(steps[-1], _value(org, row, steps))
    given = [_comparable(field, literal.value) for literal in one.values]
    match one.operator:
        case "=" | "IN":
            return stored in given
        case "!=" | "NOT IN":
            return stored not in given
        case "LIKE":
            pattern = plain(re.escape(str(one.values[0].value).lower()).replace("%", ".*").replace("_", "."))
            return stored is not None and re.fullmatch(pattern, str(stored), re.DOTALL) is not None
        case _:
            pass
    if stored is None or given[0] is None:
        return False
    return _ORDERED[one.operator](stored, given[0])


def _names(kind: Object, name: str) -> list[Field]:
    """The same as ``_resolve``, for a name that was checked."""
    *parents, last = name.split(".")
    steps: list[Field] = []
    for parent in parents:
        field = kind.by_relationship(parent)
        if field is None:
            raise LookupError(name)
        steps.append(field)
        kind = OBJECTS[field.reference_to[0]]
    found = kind.field(last)
    if found is None:
        raise LookupError(name)
    return [*steps, found]


def _value(org: Org, row: Row, steps: list[Field]) -> Any:
    current: Row | None = row
    for step in steps[:-1]:
        current = org.store.find(str(current.values[step.name])) if current else None
    return current.values.get(steps[-1].name) if current else None


def _comparable(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.type in ("id", "reference"):
        return ids.long_form(str(value))
    if field.type == "datetime":
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    return plain(value).lower() if isinstance(value, str) else value


def _order_key(value: Any) -> tuple[bool, Any]:
    return (value is not None, value.lower() if isinstance(value, str) else value) if value is not None else (False, 0)


def _render(org: Org, row: Row, paths: list[list[Field]], path: str) -> Json:
    made = attributes(row, path)
    for steps in paths:
        here, current = made, row
        for step in steps[:-1]:
            parent = org.store.find(str(current.values[step.name]))
            relationship = step.relationship or step.name
            if parent is None:
                here[relationship] = None
                break
            here = here.setdefault(relationship, attributes(parent, path))
            current = parent
        else:
            here[steps[-1].name] = shown(current, steps[-1], path)
    return made


def attributes(row: Row, path: str) -> Json:
    """The start of every record: its type and its address."""
    return {"attributes": {"type": row.object.name, "url": f"{path}/sobjects/{row.object.name}/{row.id}"}}


def shown(row: Row, field: Field, path: str) -> Any:
    """A value as it is answered; a file's content is an address."""
    if field.type == "base64":
        return f"{path}/sobjects/{row.object.name}/{row.id}/{field.name}"
    return row.values[field.name]
