"""Calls to one Tryton database by its remote procedure calls, signed in by a session.

https://docs.tryton.org/8.2/server/topics/rpc.html. The REST interface with its application keys
(https://docs.tryton.org/8.2/server/topics/user_application.html) runs no wizards, and Tryton erases by a wizard.

A call whose body has no ``id`` is answered by HTTP statuses: 400 where Tryton's own rules refuse it, 409 for a warning
that somebody must accept, 423 where the record was changed meanwhile (``trytond/protocols/jsonrpc.py``). The text that
comes with these names people, and is never read.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pydantic import JsonValue

from activities.connectors.api import ApiClient, Refused
from activities.connectors.api.paging import further
from activities.connectors.tryton.kinds import Row
from habeas.errors import Transient

__all__ = ["Rpc"]

_FORBIDS, _UNAUTHORISED, _LOCKED = 400, 401, 423
_AT_ONCE = 200
"""Records of one call. Tryton's own bound is 1000 (``request.records_limit``)."""
Context = Mapping[str, Any]
_ALL: Context = {"active_test": False}
"""Records that are not active are found too: https://docs.tryton.org/8.2/server/ref/models.html."""


class Rpc:
    """One database, as one user."""

    def __init__(self, system: str, api: ApiClient, database: str, login: str, password: str) -> None:
        self.system = system
        self._api = api
        self._path = f"{quote(database, safe='')}/rpc/"
        self._login = login
        self._password = password
        self._session: str | None = None
        self._preferences: Context = {}
        self._signing_in = asyncio.Lock()

    async def call(self, method: str, *params: Any, context: Context = _ALL) -> Any:
        """What a method answers, as plain JSON: dates and amounts as text, bytes as base64.

        Raises:
            Refused: Tryton does not let us, or its rules forbid it.
            Transient: as `ApiClient.call`, and where the record was changed at this moment.
        """
        session = self._session or await self._sign_in(None)
        try:
            return await self._post(method, [*params, {**self._preferences, **context}], session)
        except Refused as refused:
            if refused.status != _UNAUTHORISED:
                raise
        # A session ends by itself when it is not used.
        session = await self._sign_in(session)
        return await self._post(method, [*params, {**self._preferences, **context}], session)

    async def preferences(self) -> Context:
        """The user's, as they were when they signed in: ``groups``, ``companies`` and so on."""
        if self._session is None:
            await self._sign_in(None)
        return self._preferences

    async def read(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Iterable[str],
        *,
        limit: int | None = None,
        context: Context = _ALL,
    ) -> list[Row]:
        """Records that fit, in the order of their numbers, at most ``limit``; inactive ones too."""
        answer = await self.call(
            f"model.{model}.search_read",
            list(domain),
            0,
            limit,
            [["id", "ASC"]],
            sorted({"id", *fields}),
            context=context,
        )
        return self._rows(answer)

    async def every(self, model: str, domain: Sequence[Any], fields: Iterable[str]) -> AsyncIterator[Row]:
        """The same, all of them."""
        wanted, last = list(fields), 0
        while True:
            rows = await self.read(model, [*domain, ["id", ">", last]], wanted, limit=_AT_ONCE)
            for row in rows:
                yield row
            if len(rows) < _AT_ONCE:
                return
            last = further(self.system, last, int(rows[-1]["id"]))

    async def hung(self, model: str, number: int, fields: Iterable[str]) -> Row | None:
        """What hangs on another record is not found without it (``trytond/ir/resource.py``); None if it is gone."""
        try:
            rows = await self.call(f"model.{model}.read", [number], sorted({"id", *fields}))
        except Refused as refused:
            if refused.status != _FORBIDS:
                raise
            return None
        return next(iter(self._rows(rows)), None)

    async def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        """Change records."""
        await self.call(f"model.{model}.write", list(ids), dict(values))

    async def delete(self, model: str, ids: Sequence[int]) -> None:
        """Delete records. One that is not there is refused."""
        await self.call(f"model.{model}.delete", list(ids))

    def _rows(self, answer: JsonValue) -> list[Row]:
        """Whatever else is answered, of a proxy or a page of maintenance, is no "there is none"."""
        rows: list[Row] | None = [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else None
        if rows is None or (isinstance(answer, list) and len(rows) != len(answer)):
            raise Transient(f"{self.system} gave no list where one was asked for.", system=self.system)
        return rows

    async def _sign_in(self, used: str | None) -> str:
        async with self._signing_in:
            if self._session is None or self._session == used:
                found = await self._post("common.db.login", [self._login, {"password": self._password}], None)
                match found:
                    case [int(user), str(token), *_]:
                        session = base64.b64encode(f"{self._login}:{user}:{token}".encode()).decode()
                    case _:
                        raise Transient(f"{self.system} answered something that is no session.", system=self.system)
                # Tryton's clients send these along: some fields are open to groups that the context names.
                told = await self._post("model.res.user.get_preferences", [True, {}], session)
                self._preferences = told if isinstance(told, dict) else {}
                self._session = session
            return self._session

    async def _post(self, method: str, params: list[Any], session: str | None) -> Any:
        headers = {"Authorization": f"Session {session}"} if session else {}
        try:
            answer = await self._api.json(
                "POST", self._path, json={"method": method, "params": params}, headers=headers
            )
        except Refused as refused:
            if refused.status == _LOCKED:
                raise Transient(f"{self.system}: a record was changed at this moment.", system=self.system) from None
            told = f"{refused.detail} It was asked for `{method}`."
            raise Refused(told, status=refused.status, codes=refused.codes, system=self.system) from None
        return _plain(answer)


def _plain(value: Any) -> JsonValue:
    """https://docs.tryton.org/8.2/server/topics/rpc.html: what JSON has no type for is marked by ``__class__``."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        plain: JsonValue = value
        return plain
    match value.get("__class__"):
        case "Decimal":
            return str(value["decimal"])
        case "bytes":
            return "".join(str(value["base64"]).split())
        case "date":
            return _date(value)
        case "datetime":
            return f"{_date(value)}T{_time(value)}"
        case "time":
            return _time(value)
        case "timedelta":
            seconds: JsonValue = value["seconds"]
            return seconds
    return {name: _plain(one) for name, one in value.items()}


def _date(value: Mapping[str, int]) -> str:
    return f"{value['year']:04}-{value['month']:02}-{value['day']:02}"


def _time(value: Mapping[str, int]) -> str:
    fraction = f".{value['microsecond']:06}" if value.get("microsecond") else ""
    return f"{value['hour']:02}:{value['minute']:02}:{value['second']:02}{fraction}"
