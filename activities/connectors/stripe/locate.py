"""Finding customers: by address in the list, which knows them at once; by search in any case of letters, and by phone.

What a search returns is only a candidate: each is read by its id and compared again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from activities.connectors.api.paging import refuse_same_page
from activities.connectors.stripe.kinds import CUSTOMERS, KINDS, Row, key_of
from activities.connectors.stripe.rest import PAGE, Rest
from habeas.connector import Located, Match
from habeas.errors import Quarantine, Terminal
from habeas.model import Identifier, normalise
from habeas.written import ways

__all__ = ["borne", "locate", "query"]

_MOST = 50


async def locate(system: str, rest: Rest, identifiers: tuple[Identifier, ...], *, search: bool) -> Located:
    """Every customer who bears one of these; several may bear the same.

    Raises:
        Quarantine: there are too many.
    """
    found: dict[str, tuple[Row, list[Identifier]]] = {}
    for identifier in dict.fromkeys(one for one in identifiers if one.kind == "email" or (search and _is_phone(one))):
        async for row in _bearing(rest, identifier, search=search):
            found.setdefault(str(row["id"]), (row, []))[1].append(identifier)
            if len(found) > _MOST:
                detail = f"More than {_MOST} customers of {system} bear these identifiers."
                raise Quarantine(detail, system=system)
    return Located(matches=tuple(_match(row, by) for _, (row, by) in sorted(found.items())))


def borne(row: Row) -> tuple[Identifier, ...]:
    """A customer's identifiers."""
    shipping = row.get("shipping")
    values = [("email", row.get("email")), ("phone", row.get("phone"))]
    values.append(("phone", shipping.get("phone") if isinstance(shipping, dict) else None))
    made = []
    for kind, value in values:
        try:
            made.append(Identifier(kind=kind, value=normalise(kind, str(value or ""))))
        except ValueError:
            continue
    return tuple(dict.fromkeys(made))


def query(field: str, value: str) -> str:
    """A condition of Stripe's search language, the value quoted: https://docs.stripe.com/search#search-query-language."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field}:"{escaped}"'


async def _bearing(rest: Rest, identifier: Identifier, *, search: bool) -> AsyncIterator[Row]:
    seen: set[str] = set()
    async for row in _candidates(rest, identifier, search=search):
        key = str(row["id"])
        if key not in seen and identifier in borne(row):
            yield row
        seen.add(key)


async def _candidates(rest: Rest, identifier: Identifier, *, search: bool) -> AsyncIterator[Row]:
    value = identifier.value
    if identifier.kind == "email":
        # The list's filter is case-sensitive: https://docs.stripe.com/api/customers/list.
        local, _, domain = value.rpartition("@")
        spelt = [*ways("email", value), f"{local.capitalize()}@{domain}", value.upper()]
        # A search knows any case of letters; without one these are asked for as well.
        spelt += [] if search else [f"{local.title()}@{domain}", f"{local.upper()}@{domain}", value.title()]
        for written in dict.fromkeys(spelt):
            async for row in rest.every("customers", email=written):
                yield row
    if search:
        for written in ways(identifier.kind, identifier.value):
            async for row in _searched(rest, query(identifier.kind, written)):
                yield row


async def _searched(rest: Rest, condition: str) -> AsyncIterator[Row]:
    """https://docs.stripe.com/api/customers/search: up to a minute behind, an hour at bad times."""
    page: str | None = None
    while True:
        more = {"page": page} if page else {}
        answer = await rest.get("customers/search", query=condition, limit=PAGE, **more)
        if answer is None:
            raise Terminal("It has no search of customers: set `search` to false, and nobody is found by phone.")
        for one in answer.get("data", ()):
            row = await rest.get(KINDS[CUSTOMERS].where(key_of(str(one["id"]))))
            if row is not None and not row.get("deleted"):
                yield row
        before, page = page, answer.get("next_page") if answer.get("has_more") else None
        if page is None:
            return
        refuse_same_page(rest.system, before, page)


def _is_phone(one: Identifier) -> bool:
    return one.kind == "phone"


def _match(row: Row, by: list[Identifier]) -> Match:
    name = str(row.get("name") or "").strip() or None
    return Match(collection=CUSTOMERS, key=key_of(str(row["id"])), found_by=tuple(by), yields=borne(row), name=name)
