"""One call of the API: sent, answered, or refused with the error that the office itself would raise."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from activities.ledger.paging import MOST
from habeas import errors
from workers.api.paging import Page
from workers.api.problems import Problem

__all__ = ["ApiUnavailable", "Calls"]

M = TypeVar("M")
T = TypeVar("T")


class ApiUnavailable(errors.EngineUnavailable):
    """The API does not answer."""

    code = "api_unavailable"
    remedy = "Check HABEAS_API, and that the desk runs there. An act is repeated safely with --act-id."


class Calls:
    """Calls of one API by one token."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, answer: type[M], /, **query: Any) -> M:
        """Ask for something.

        Raises:
            HabeasError: what the office would raise; `ApiUnavailable` if nobody answers.
        """
        given = {name: _text(value) for name, value in query.items() if value is not None}
        return _read(answer, await self._send("GET", path, params=given))

    async def every(self, path: str, page: type[Page[T]], /, **query: Any) -> tuple[T, ...]:
        """All of a list, page after page.

        Raises:
            As `get`.
        """
        rows: list[T] = []
        cursor: str | None = None
        while True:
            one = await self.get(path, page, limit=MOST, cursor=cursor, **query)
            rows += one.items
            if (cursor := one.next) is None:
                return tuple(rows)

    async def every_seen(self, path: str, page: type[Page[T]], reason: str, /) -> tuple[T, ...]:
        """All of a list that names somebody, page after page; each look leaves its mark.

        Raises:
            As `get`.
        """
        rows: list[T] = []
        cursor: str | None = None
        while True:
            one = await self.post(path, page, {"reason": reason, "limit": MOST, "cursor": cursor})
            rows += one.items
            if (cursor := one.next) is None:
                return tuple(rows)

    async def post(
        self, path: str, answer: type[M], body: Mapping[str, Any] | BaseModel, /, *, key: str | None = None
    ) -> M:
        """Have something done, once under its key.

        Raises:
            As `get`.
        """
        said = body.model_dump(mode="json") if isinstance(body, BaseModel) else _plain(body)
        return _read(answer, await self._send("POST", path, json=said, headers=_once(key)))

    async def send(self, path: str, answer: type[M], content: bytes, media_type: str, /, **query: Any) -> M:
        """Send a file.

        Raises:
            As `get`.
        """
        given = {name: _text(value) for name, value in query.items()}
        headers = _once(None) | {"content-type": media_type}
        return _read(answer, await self._send("POST", path, content=content, params=given, headers=headers))

    async def delete(self, path: str, answer: type[M], /) -> M:
        """End something.

        Raises:
            As `get`.
        """
        return _read(answer, await self._send("DELETE", path, headers=_once(None)))

    @asynccontextmanager
    async def stream(self, path: str, body: Mapping[str, Any] | None = None) -> AsyncIterator[httpx2.Response]:
        """A long answer, as it comes; with a body it is posted.

        Raises:
            As `get`.
        """
        with _reached():
            given: dict[str, Any] = {} if body is None else {"json": _plain(body)}
            async with self._client.stream("GET" if body is None else "POST", path, **given) as response:
                if response.is_error:
                    await response.aread()
                    raise _refused(response)
                yield response

    async def _send(self, method: str, path: str, **given: Any) -> httpx2.Response:
        with _reached():
            response = await self._client.request(method, path, **given)
        if response.is_error:
            raise _refused(response)
        return response


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except httpx2.HTTPError as error:
        raise ApiUnavailable(type(error).__name__) from None


def _once(key: str | None) -> dict[str, str]:
    return {"idempotency-key": key or str(uuid.uuid4())}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in body.items() if value is not None}
    return dict(TypeAdapter(dict[str, Any]).dump_python(given, mode="json"))


def _read(answer: type[M], response: httpx2.Response) -> M:
    try:
        return TypeAdapter(answer).validate_json(response.content)
    except ValidationError:
        raise ApiUnavailable("What answers there is not this version of Habeas.") from None


def _kinds(kind: type[errors.HabeasError] = errors.HabeasError) -> Iterator[type[errors.HabeasError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _refused(response: httpx2.Response) -> errors.HabeasError:
    """The error that the office raised there."""
    try:
        said = Problem.model_validate_json(response.content)
    except ValidationError:
        return ApiUnavailable(f"It answered {response.status_code}.")
    fallback: type[errors.HabeasError] = errors.NotAllowed if response.status_code in {401, 403} else errors.BadInput
    if response.status_code >= 500 or response.status_code == 429:
        fallback = ApiUnavailable
    kind = next((one for one in _kinds() if one.code == said.code and one.__doc__), fallback)
    first = (kind.__doc__ or "").strip().splitlines()[0]
    wrong = " ".join(f"{one.field}: {one.message}." for one in said.errors if one.field not in one.message)
    error = kind(" ".join(filter(None, (said.detail.removeprefix(first).strip(), wrong))))
    if said.remedy:
        error.remedy = said.remedy.replace("{", "{{").replace("}", "}}")  # type: ignore[misc]  # as it was said there
    return error
