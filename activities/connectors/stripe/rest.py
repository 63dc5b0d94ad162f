"""Stripe's API, as far as it is needed: objects by id, lists page by page, and forms.

https://docs.stripe.com/api: authentication (Bearer key), versioning (``Stripe-Version``), pagination
(``starting_after``, ``has_more``, at most 100), errors, idempotent requests (``Idempotency-Key`` on POST only).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from activities.connectors.api import Answer, ApiClient, Refused
from activities.connectors.stripe.kinds import Row
from habeas.errors import Quarantine, Transient

__all__ = ["PAGE", "Rest"]

PAGE = 100
"""The most that Stripe gives at once: https://docs.stripe.com/api/pagination."""
_GONE = 404
_BUSY = 409
"""Another call with the same key, or on the same object, is not done yet: https://docs.stripe.com/error-handling."""
_MOST_PAGES = 10_000


class Rest:
    """One account's API."""

    def __init__(self, system: str, api: ApiClient) -> None:
        self.system = system
        self._api = api

    async def get(self, path: str, **params: Any) -> Row | None:
        """One object, None if there is none. A customer that was deleted is still given, as ``deleted``.

        Raises:
            Transient: what is answered is no object of Stripe's: each says which it is (`object`).
        """
        row = await self._row("GET", path, params=params or None)
        if row is not None and "object" not in row:
            raise Transient(f"{self.system} answered something that is no object.", system=self.system)
        return row

    async def post(
        self, path: str, form: Mapping[str, Any], *, key: str | None = None, version: str | None = None
    ) -> Row | None:
        """Change or make something; None if it is not there.

        Args:
            path: below ``/v1``.
            form: the body's fields; never empty.
            key: makes a repeated call answer as the first one did, for a day at least.
            version: the API version, where it is not the settings'.
        """
        headers = {name: value for name, value in (("Idempotency-Key", key), ("Stripe-Version", version)) if value}
        return await self._row("POST", path, form=form, headers=headers)

    async def delete(self, path: str) -> Row | None:
        """Delete or cancel; None if it is not there."""
        return await self._row("DELETE", path)

    async def page(self, path: str, after: str | None = None, **params: Any) -> tuple[list[Row], bool]:
        """One page of a list, and whether there are more. A list of what is not there is empty."""
        asked = {"limit": PAGE, **params} | ({"starting_after": after} if after else {})
        answer = await self._row("GET", path, params=asked)
        rows = [] if answer is None else answer.get("data")
        if not isinstance(rows, list) or not all(isinstance(one, dict) and "id" in one for one in rows):
            raise Transient(f"{self.system} gave no list where one was asked for.", system=self.system)
        return rows, bool(answer and answer.get("has_more"))

    async def every(self, path: str, **params: Any) -> AsyncIterator[Row]:
        """A whole list.

        Raises:
            Quarantine: it does not come to an end.
        """
        after: str | None = None
        for _ in range(_MOST_PAGES):
            rows, more = await self.page(path, after, **params)
            for row in rows:
                yield row
            if not more:
                return
            last = str(rows[-1]["id"]) if rows else None
            if last is None or last == after:
                break
            after = last
        raise Quarantine(f"A list of {self.system} does not come to an end.", system=self.system)

    async def _row(self, method: str, path: str, **more: Any) -> Row | None:
        answer = await self._call(method, path, **more)
        if answer.status == _GONE:
            return None
        row = answer.json
        if not isinstance(row, dict):
            raise Transient(f"{self.system} answered something that is no object.", system=self.system)
        return row

    async def _call(self, method: str, path: str, **more: Any) -> Answer:
        try:
            return await self._api.call(method, f"v1/{path}", also=(_GONE,), **more)
        except Refused as refused:
            if refused.status == _BUSY:
                raise Transient(f"{self.system} is busy with the same object.", system=self.system) from None
            raise
