"""Zendesk's REST API as the other rooms call it: records, pages, what is no answer of Zendesk's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import TypeAlias

from pydantic import JsonValue

from activities.connectors.api import Answer, ApiClient
from habeas.errors import Quarantine

__all__ = ["GONE", "INVALID", "Rest", "Row", "number", "rows", "text"]

Row: TypeAlias = dict[str, JsonValue]
GONE = 404
INVALID = 422
_PAGE = 100
_MOST_FOUND = 1000


class Rest:
    """One account. A record that is not there is None; a list of one that is not there is empty."""

    def __init__(self, system: str, api: ApiClient) -> None:
        self.system = system
        self._api = api

    async def get(self, path: str, name: str) -> Row | None:
        """One record, out of what it is wrapped in.

        Some are documented as an object and in Zendesk's OpenAPI file as an array of one: both are read.
        """
        answer = await self._api.call("GET", f"api/v2/{path}", also=(GONE,))
        if answer.status == GONE:
            return None
        wrapped = _row(self.system, answer.json).get(name)
        return _row(self.system, wrapped[0] if isinstance(wrapped, list) and len(wrapped) == 1 else wrapped)

    async def page(
        self, path: str, name: str, after: str | None = None, size: int = _PAGE
    ) -> tuple[list[Row], str | None]:
        """A page by cursor, and the next one's (https://developer.zendesk.com/api-reference/introduction/pagination/)."""
        params: dict[str, str | int] = {"page[size]": size} | ({"page[after]": after} if after else {})
        answer = await self._api.call("GET", f"api/v2/{path}", params=params, also=(GONE,))
        if answer.status == GONE:
            return [], None
        whole = _row(self.system, answer.json)
        meta = whole.get("meta")
        following = meta.get("after_cursor") if isinstance(meta, dict) and meta.get("has_more") else None
        if following is not None and (not isinstance(following, str) or following == after):
            raise Quarantine(f"{self.system} gives no page to go on with.", system=self.system)
        return [_row(self.system, one) for one in _list(self.system, whole.get(name))], following

    async def pages(self, path: str, name: str) -> AsyncIterator[Row]:
        """Every record of a list."""
        after: str | None = None
        while True:
            found, after = await self.page(path, name, after)
            for one in found:
                yield one
            if after is None:
                return

    async def search_users(self, **asked: str) -> list[Row]:
        """What a search of users finds, which is more than was meant (``SearchUsers``; by offset only).

        Raises:
            Quarantine: more than a thousand.
        """
        found: list[Row] = []
        for place in range(1, _MOST_FOUND // _PAGE + 1):
            params: dict[str, str | int] = {**asked, "page": place, "per_page": _PAGE}
            whole = _row(self.system, await self._api.json("GET", "api/v2/users/search", params=params))
            found += [_row(self.system, one) for one in _list(self.system, whole.get("users"))]
            if not whole.get("next_page"):
                return found
        detail = f"A search in {self.system} finds more than {_MOST_FOUND} users."
        raise Quarantine(detail, system=self.system)

    async def put(self, path: str, body: JsonValue, also: Collection[int] = ()) -> Answer:
        """Change a record."""
        return await self._api.call("PUT", f"api/v2/{path}", json=body, also=also)

    async def delete(self, path: str, also: Collection[int] = ()) -> Answer:
        """Delete a record, or begin to."""
        return await self._api.call("DELETE", f"api/v2/{path}", also=also)

    async def raw(self, address: str, also: Collection[int] = ()) -> Answer:
        """What lies at a whole address, or at a path below the account's."""
        return await self._api.call("GET", address, also=also)

    def wrapped(self, answer: Answer, name: str) -> Row:
        """The record in an answer."""
        return _row(self.system, _row(self.system, answer.json).get(name))


def text(row: Row, field: str) -> str:
    """A field's text; empty where there is none."""
    value = row.get(field)
    return value if isinstance(value, str) else ""


def number(row: Row, field: str = "id") -> int:
    """A field's id; 0, which is nobody's, where there is none."""
    value = row.get(field)
    return value if isinstance(value, int) else 0


def rows(row: Row, field: str) -> list[Row]:
    """A field's records."""
    value = row.get(field)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _row(system: str, value: JsonValue) -> Row:
    if not isinstance(value, dict):
        raise Quarantine(f"{system} answered something that is not as documented.", system=system)
    return value


def _list(system: str, value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise Quarantine(f"{system} answered something that is not as documented.", system=system)
    return value
