"""REST2, as far as it is needed: records by id, searches that go on from the last id, and no personal data in a URL.

https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html. What is said of it below was seen in 5.0.3.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from activities.connectors.api import Answer, ApiClient
from activities.connectors.api.paging import further
from habeas.errors import Terminal, Transient

__all__ = ["Limit", "Rest", "Row", "Versioned", "above", "is_", "like", "one_of"]

Row = dict[str, Any]
Limit = dict[str, Any]
"""One condition of a search: field, operator, value. Several must all hold."""

_PER_PAGE = 100
"""The most that RT gives."""
_GONE = 404
_STALE = 412


@dataclass(frozen=True)
class Versioned:
    """A record, and its ETag: the id of its last transaction."""

    row: Row
    etag: str | None


class Rest:
    """REST2 of one RT."""

    def __init__(self, system: str, api: ApiClient) -> None:
        self._system = system
        self._api = api

    async def record(self, kind: str, key: int) -> Versioned | None:
        """``user`` or ``ticket`` by id; None if there is none.

        Not for transactions and attachments: of one that is gone, RT answers 500.
        """
        answer = await self._api.call("GET", f"REST/2.0/{kind}/{key}", also=(_GONE,))
        if answer.status == _GONE:
            return None
        found = self._object(answer)
        if "_hyperlinks" not in found:  # as every record of RT has: fields may all be missing
            raise self._garbage()
        return Versioned(found, answer.headers.get("etag"))

    async def update(self, kind: str, key: int, values: Row, etag: str | None) -> bool:
        """Change a record that is still as it was; False if it is not (412).

        RT answers 200 also where it refused a value: read it back.
        """
        headers = {"If-Match": etag} if etag else {}
        answer = await self._api.call("PUT", f"REST/2.0/{kind}/{key}", json=values, headers=headers, also=(_STALE,))
        return answer.status != _STALE

    async def users(self, limit: Limit, fields: Iterable[str]) -> list[Row]:
        """Users, disabled ones too; at most a hundred. RT compares without regard to case.

        Of conditions on fields that it cannot search users by (their id, say) RT says nothing, and gives everybody.
        """
        # Without `id` among the fields, a user's is their name.
        params = {"per_page": _PER_PAGE, "find_disabled_rows": 1, **_fields(("id", *fields))}
        query: JsonValue = [limit]
        return self._rows(await self._api.call("POST", "REST/2.0/users", params=params, json=query))

    async def search(
        self, kind: str, limits: Iterable[Limit], fields: Iterable[str], *, after: int = 0
    ) -> AsyncIterator[Row]:
        """``transactions`` or ``attachments``, in the order of their ids, from one on."""
        params = {"orderby": "id", "per_page": _PER_PAGE, **_fields(fields)}
        conditions = list(limits)
        while True:
            query: JsonValue = [*conditions, above(after)]
            answer = await self._api.call("POST", f"REST/2.0/{kind}", params=params, json=query)
            rows = self._rows(answer)
            for row in rows:
                yield row
            if len(rows) < _PER_PAGE:
                return
            after = further(self._system, after, int(rows[-1]["id"]))

    async def tickets(self, query: str, fields: Iterable[str], *, after: int = 0) -> AsyncIterator[Row]:
        """Tickets by TicketSQL, in the order of their ids. Never deleted ones: `Web.deleted_tickets` finds those."""
        params = {"orderby": "id", "per_page": _PER_PAGE, **_fields(fields)}
        while True:
            form = {"query": f"({query}) AND id > {after}"}
            rows = self._rows(await self._api.call("POST", "REST/2.0/tickets", params=params, form=form))
            for row in rows:
                yield row
            if len(rows) < _PER_PAGE:
                return
            after = further(self._system, after, int(rows[-1]["id"]))

    async def content(self, attachment: int) -> Row:
        """An attachment with its content in base64."""
        return self._object(await self._api.call("GET", f"REST/2.0/attachment/{attachment}"))

    async def version(self) -> str:
        """RT's version."""
        return str(self._object(await self._api.call("GET", "REST/2.0/rt")).get("Version", ""))

    def _rows(self, answer: Answer) -> list[Row]:
        found = self._object(answer)
        # Null if our user may not see everything: then pages have holes, and what is missing is missing silently.
        if found.get("total") is None:
            detail = f"{self._system} does not let our token see everything: its user needs the right SuperUser."
            raise Terminal(detail, system=self._system)
        items: list[Row] = found["items"]
        return items

    def _object(self, answer: Answer) -> Row:
        if not answer.headers.get("content-type", "").startswith("application/json"):
            raise self._garbage()
        found = answer.json
        if not isinstance(found, dict):
            raise self._garbage()
        return found

    def _garbage(self) -> Transient:
        return Transient(f"{self._system}: it answered something else than REST2 does.", system=self._system)


def above(number: int) -> Limit:
    """Ids above this one, and what else is said of them: RT joins conditions on one field by OR unless told."""
    return {"field": "id", "operator": ">", "value": number, "entry_aggregator": "AND"}


def is_(field: str, value: str | int) -> Limit:
    """Equal, in any case."""
    return {"field": field, "operator": "=", "value": value}


def like(field: str, value: str) -> Limit:
    """Contains it; ``%`` and ``_`` in it match anything: look at what was found."""
    return {"field": field, "operator": "LIKE", "value": value}


def one_of(field: str, values: Iterable[int]) -> Limit:
    """One of these numbers."""
    return {"field": field, "operator": "IN", "value": list(values)}


def _fields(fields: Iterable[str]) -> dict[str, Any]:
    """``Cc.id`` is a field of what ``Cc`` refers to."""
    flat: dict[str, Any] = {}
    names = []
    for field in fields:
        name, _, inner = field.partition(".")
        names.append(name)
        if inner:
            flat[f"fields[{name}]"] = inner
    return {"fields": ",".join(names), **flat}
