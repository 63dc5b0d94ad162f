"""Which records a filter lets through.

https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm (Filter search results): filters of a group
are ANDed, groups ORed; IN and NOT_IN on a string property want lower-case values; CONTAINS_TOKEN takes ``*``. That EQ
ignores the case of strings is not verified.
"""

import re
from fnmatch import fnmatchcase

from tests.vendors.hubspot.bodies import Filter, FilterGroup
from tests.vendors.hubspot.schema import Property
from tests.vendors.hubspot.values import moment

# The guide's table of default searchable properties.
_SEARCHABLE: dict[str, tuple[str, ...]] = {
    "contacts": (
        "firstname",
        "lastname",
        "email",
        "phone",
        "hs_additional_emails",
        "company",
        "hs_object_id",
        "mobilephone",
    ),
    "companies": ("website", "phone", "name", "domain"),
    "deals": ("dealname", "pipeline", "dealstage", "description", "hs_object_id"),
    "tickets": ("subject", "content", "hs_pipeline_stage", "hs_ticket_category", "hs_object_id"),
    "notes": ("hs_note_body",),
    "emails": ("hs_email_subject", "hs_email_text"),
    "calls": ("hs_call_title", "hs_call_body"),
    "meetings": ("hs_meeting_title", "hs_meeting_body"),
    "tasks": ("hs_task_subject", "hs_task_body"),
}
_TOKEN = re.compile(r"[^\W_]+")


def group_matches(group: FilterGroup, defined: dict[str, Property], values: dict[str, str]) -> bool:
    """Whether every filter of the group lets the record through."""
    return all(_matches(one, defined[one.propertyName], values.get(one.propertyName)) for one in group.filters)


def query_matches(kind: str, query: str, values: dict[str, str]) -> bool:
    """Whether every word of the query begins a word of the record's searchable properties."""
    words = [word for name in _SEARCHABLE[kind] for word in _tokens(values.get(name, ""))]
    return all(any(word.startswith(asked) for word in words) for asked in _tokens(query))


def sort_key(defined: dict[str, Property], values: dict[str, str], name: str) -> tuple[bool, float, str]:
    """Where the record stands; those without a value last."""
    value = values.get(name)
    number = _number(defined[name], value) if value is not None else None
    return value is None, number or 0.0, (value or "").lower()


def _matches(one: Filter, known: Property, stored: str | None) -> bool:
    if one.operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (stored is not None) == (one.operator == "HAS_PROPERTY")
    if one.operator in ("NEQ", "NOT_IN", "NOT_CONTAINS_TOKEN"):
        # "NOT" lets those pass that have another value; records without any value are not returned by NOT_IN.
        opposite = {"NEQ": "EQ", "NOT_IN": "IN", "NOT_CONTAINS_TOKEN": "CONTAINS_TOKEN"}[one.operator]
        return stored is not None and not _holds(opposite, one, known, stored)
    return stored is not None and _holds(one.operator, one, known, stored)


def _holds(operator: str, one: Filter, known: Property, stored: str) -> bool:
    value = one.value or ""
    match operator:
        case "EQ":
            return value.lower() in _parts(known, stored)
        case "IN":
            # The stored value is lower case in the index; what is asked for is compared as it stands.
            return any(asked in _parts(known, stored) for asked in one.values or [])
        case "CONTAINS_TOKEN":
            wanted = _tokens(value, wild=True)
            words = _tokens(stored)
            return bool(wanted) and all(any(fnmatchcase(word, asked) for word in words) for asked in wanted)
        case _:
            return _compares(operator, one, known, stored)


def _compares(operator: str, one: Filter, known: Property, stored: str) -> bool:
    here, low = _number(known, stored), _number(known, one.value or "")
    if here is None or low is None:
        return False
    match operator:
        case "LT":
            return here < low
        case "LTE":
            return here <= low
        case "GT":
            return here > low
        case "GTE":
            return here >= low
        case _:
            high = _number(known, one.highValue or "")
            return high is not None and low <= here <= high


def _parts(known: Property, stored: str) -> list[str]:
    return stored.lower().split(";") if known.multiple else [stored.lower()]


def _number(known: Property, value: str) -> float | None:
    try:
        return moment(value) if known.type in ("date", "datetime") else float(value)
    except ValueError:
        return None


def _tokens(text: str, *, wild: bool = False) -> list[str]:
    return re.findall(r"[\w*]+", text.lower()) if wild else _TOKEN.findall(text.lower())
