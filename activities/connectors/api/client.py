"""Calls to one system's web API: to its own origin only, bounded in size and time, paced, one error tree.

A connector says which answers it expects; everything else comes out as `Transient`, `Terminal` or `Quarantine`, and the
engine does the rest. What the other side wrote never gets into a message: only its status and its error codes do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2
import orjson
from aiolimiter import AsyncLimiter
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from activities.connectors.api.address import Origins, guarded, origin_of
from activities.connectors.api.errors import failed
from activities.resting import heard, kept
from activities.spans import rename, span
from habeas.errors import Quarantine, Transient

__all__ = ["Answer", "ApiClient", "ApiSettings"]

Params = Mapping[str, str | int | float | bool | Sequence[str | int | float | bool | None] | None]

_WHOLE = 10
"""A whole call may take so many times what one wait for the other side may: long answers come in pieces."""

# It writes every address at INFO, and addresses may hold what a person is searched by.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class ApiSettings(BaseModel):
    """What every API's settings have. A connector's own model inherits from it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    title: str | None = Field(default=None, min_length=1)
    """The system's name for people; unset for the vendor's."""
    rate: float = Field(default=5.0, gt=0, le=1000, description="calls a second, at most, of one worker")
    timeout: float = Field(default=30.0, gt=0, le=600, description="seconds for one call")
    max_answer_mb: int = Field(default=50, ge=1, le=1000)
    """A longer answer stops for a human."""


@dataclass(frozen=True)
class Answer:
    """An answer that was expected."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> JsonValue:
        """Its JSON; None where it is empty.

        Raises:
            Transient: it is no JSON: a page of a proxy, or half an answer.
        """
        if not self.content:
            return None
        try:
            value: JsonValue = orjson.loads(self.content)
        except orjson.JSONDecodeError:
            raise Transient(f"It answered something that is not JSON (status {self.status}).") from None
        return value


class ApiClient:
    """One system's API. Use it as a context manager, or close it.

    Args:
        system: the system's name, for messages.
        base_url: where the API is; https, or loopback.
        settings: pace and bounds.
        auth: how calls are signed.
        headers: sent with every call.
        also: further origins that are called without ``auth`` (a vendor's file host); ``https://*.files.example``
            for all hosts below a name.

    Raises:
        ConfigurationError: the address is neither https nor loopback.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        settings: ApiSettings,
        *,
        auth: httpx2.Auth | None = None,
        headers: Mapping[str, str] | None = None,
        also: Sequence[str] = (),
    ) -> None:
        self._system = system
        self._base = guarded(system, base_url)
        self._own = origin_of(self._base)
        self._also = Origins(system, also)
        self._auth = auth
        self._pace = AsyncLimiter(settings.rate, 1.0) if settings.rate >= 1 else AsyncLimiter(1, 1 / settings.rate)
        self._most = settings.max_answer_mb * 1024 * 1024
        self._whole = settings.timeout * _WHOLE
        # Neither proxies nor credentials of this machine's environment: an address goes where the settings say.
        self._http = httpx2.AsyncClient(
            headers=dict(headers or {}), timeout=settings.timeout, follow_redirects=False, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give back connections."""
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: JsonValue = None,
        form: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        also: Collection[int] = (),
    ) -> Answer:
        """One call.

        Args:
            method: GET, POST and so on.
            path: below the base address; or a whole address of the same origin, as a link to a next page is.
            params: for the query string.
            json: the body, in JSON.
            form: the body, as a form.
            content: the body, byte for byte.
            headers: for this call only.
            also: statuses outside 200-299 that the caller expects too (404 where "not there" is an answer).

        Raises:
            Transient: it does not answer, is busy or still left alone (with ``retry_after``), or broke off.
            Refused: it refuses with another status.
            Terminal: it does not let us in, or redirects.
            Quarantine: the answer is too long, or sends us to somebody else's address.
        """
        url, signed = self._address(path)
        await kept()
        try:
            async with self._pace, asyncio.timeout(self._whole):
                request = self._http.build_request(
                    method, url, params=params, json=json, data=form, content=content, headers=dict(headers or {})
                )
                with span(f"HTTP {method}", system=self._system) as made:
                    answer = await self._send(request, signed)
                    rename(made, f"HTTP {method}", status=answer.status)
        except (httpx2.TimeoutException, TimeoutError):
            raise self._transient("It did not answer in time.") from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.CookieConflict) as error:
            # Also an answer that is not encoded as it says (DecodingError), which is no TransportError.
            raise self._transient(f"It cannot be reached, or broke off ({type(error).__name__}).") from None
        if 200 <= answer.status < 300 or answer.status in also:
            return answer
        refusal = failed(self._system, answer.status, answer.headers, answer.content)
        heard(refusal)
        raise refusal

    async def json(self, method: str, path: str, **more: Any) -> JsonValue:
        """As `call`; the answer's JSON."""
        return (await self.call(method, path, **more)).json

    async def _send(self, request: httpx2.Request, signed: bool) -> Answer:
        response = await self._http.send(request, stream=True, auth=self._auth if signed else None)
        try:
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > self._most:
                    detail = f"{self._system} answered more than {self._most // 1024 // 1024} MB."
                    raise Quarantine(detail, system=self._system)
            return Answer(response.status_code, response.headers, bytes(content))
        finally:
            await response.aclose()

    def _address(self, path: str) -> tuple[httpx2.URL, bool]:
        """The whole address, and whether our credentials go with the call."""
        try:
            url = httpx2.URL(path) if path.startswith(("http://", "https://")) else self._base.join(path.lstrip("/"))
        except httpx2.InvalidURL:
            raise Quarantine(f"{self._system} sent us to something that is no address.", system=self._system) from None
        origin = origin_of(url)
        if origin != self._own and origin not in self._also:
            raise Quarantine(f"{self._system} sent us to an address that is not its own.", system=self._system)
        return url, origin == self._own

    def _transient(self, detail: str) -> Transient:
        return Transient(f"{self._system}: {detail}", system=self._system)
