"""The other side, ready-made: a FastAPI router that serves a connector to Habeas.

app.include_router(habeas_router(MyConnector(), secrets=[os.environ["HABEAS_SECRET"]]))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from habeas.connector import Changing, Connector, Expiring, Page, Vetoing
from habeas.errors import ConnectorError, Quarantine, Terminal, Transient
from habeas.wire.messages import (
    PREFIX,
    ChangeCall,
    CollectCall,
    EraseCall,
    ExpireCall,
    ExpiredCall,
    LocateCall,
    Problem,
    Vetoes,
    VetoesCall,
)
from habeas.wire.signing import BadSignature, Signer

__all__ = ["habeas_router"]

C = TypeVar("C", bound=BaseModel)
_STATUS = {"transient": 503, "terminal": 409, "quarantine": 422}
_MOST = 64 * 1024 * 1024
"""Bytes of a call, at most: a plan names every object of a person."""


def habeas_router(
    connector: Connector, secrets: Sequence[str], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> APIRouter:
    """Serve a connector. Every call must be signed with one of the secrets, and every answer is.

    Args:
        connector: whose methods are called.
        secrets: shared with Habeas; the first one signs. See `habeas.wire.signing.Signer`.
        now: the clock.
    """
    served = _Served(connector, Signer(secrets), now)
    router = APIRouter(prefix=PREFIX)
    for path, answer in served.calls().items():
        router.add_api_route(f"/{path}", _endpoint(served, answer), methods=["POST"], include_in_schema=False)
    return router


Answering = Callable[[bytes], Awaitable[bytes]]


def _endpoint(served: _Served, answer: Answering) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await served.respond(request, answer)

    return endpoint


class _Served:
    """One connector behind its signatures."""

    def __init__(self, connector: Connector, signer: Signer, now: Callable[[], datetime]) -> None:
        self._connector = connector
        self._signer = signer
        self._now = now

    def calls(self) -> dict[str, Answering]:
        """By path: what answers it. A method that the connector does not have has no path."""
        one = self._connector
        calls = {
            "manifest": self._manifest,
            "ping": self._ping,
            "locate": _call(LocateCall, lambda call: one.locate(call.identifiers)),
            "collect": _call(CollectCall, lambda call: _first(one.collect(call.roots, call.cursor))),
            "erase": _call(EraseCall, lambda call: one.erase(call.plan, call.handle)),
            "confirm": _call(EraseCall, lambda call: one.confirm(call.plan, call.handle)),
        }
        if isinstance(one, Vetoing):
            calls["vetoes"] = _call(VetoesCall, lambda call: _vetoes(one, call))
        if isinstance(one, Changing):
            calls["change"] = _call(ChangeCall, lambda call: one.change(call.change, call.handle))
            calls["confirm-change"] = _call(ChangeCall, lambda call: one.confirm_change(call.change, call.handle))
        if isinstance(one, Expiring):
            calls["expired"] = _call(ExpiredCall, lambda call: _first(one.expired(call.today, call.cursor)))
            calls["expire"] = _call(ExpireCall, lambda call: one.expire(call.plan))
        return calls

    async def _manifest(self, _: bytes) -> bytes:
        return self._connector.manifest.model_dump_json().encode()

    async def _ping(self, _: bytes) -> bytes:
        return (await self._connector.ping()).model_dump_json().encode()

    async def respond(self, request: Request, answer: Answering) -> Response:
        """Check the signature, answer, sign."""
        body = await _bounded(request)
        if body is None:
            return Response(status_code=413)
        try:
            message_id = self._signer.verify(request.headers, body, self._now())
        except BadSignature:
            return Response(status_code=401)
        try:
            status, content = 200, await answer(body)
        except ValidationError:
            status, content = 400, b"{}"  # its message quotes the call
        except ConnectorError as error:
            problem = _problem(error)
            status, content = _STATUS[problem.error], problem.model_dump_json().encode()
        headers = self._signer.sign(message_id, self._now(), content)
        return Response(content, status, headers | {"cache-control": "no-store"}, "application/json")


async def _bounded(request: Request) -> bytes | None:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST:
            return None
    return bytes(body)


def _call(model: type[C], method: Callable[[C], Awaitable[BaseModel]]) -> Answering:
    async def answering(body: bytes) -> bytes:
        return (await method(model.model_validate_json(body))).model_dump_json().encode()

    return answering


async def _first(pages: Any) -> Page:
    try:
        page: Page = await anext(pages)
    finally:
        with suppress(AttributeError):  # an iterator that is no generator has nothing to close
            await pages.aclose()
    return page


async def _vetoes(connector: Vetoing, call: VetoesCall) -> Vetoes:
    return Vetoes(vetoes=await connector.vetoes(call.plan))


def _problem(error: ConnectorError) -> Problem:
    match error:
        case Transient():
            return Problem(error="transient", detail=error.detail, retry_after=error.retry_after)
        case Quarantine():
            return Problem(error="quarantine", detail=error.detail)
        case Terminal() | _:
            return Problem(error="terminal", detail=error.detail)
