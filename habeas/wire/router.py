"""The other side, ready-made: a FastAPI router that serves a connector to Habeas.

app.include_router(habeas_router(MyConnector(), secrets=[os.environ["HABEAS_SECRET"]]))
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from habeas.connector import Changing, Connector, Expiring, Manifest, Page, Vetoing
from habeas.errors import ConnectorError, Quarantine, Terminal, Transient
from habeas.wire.messages import (
    PREFIX,
    Call,
    ChangeCall,
    CollectCall,
    EraseCall,
    ExpireCall,
    ExpiredCall,
    LocateCall,
    ManifestCall,
    PingCall,
    Problem,
    Vetoes,
    VetoesCall,
)
from habeas.wire.signing import BadSignature, Signer
from habeas.wire.taken import TakenIds

__all__ = ["habeas_router"]

C = TypeVar("C", bound=Call)
_STATUS = {"transient": 503, "terminal": 409, "quarantine": 422}
_MOST = 64 * 1024 * 1024
"""Bytes of a call, at most: a plan names every object of a person."""
_MEANT_FOR_ANOTHER = (
    "The call's `operation` does not say that it is meant for this path: it was made for another one, or by a Habeas "
    "of before calls said so, which must be updated."
)
log = logging.getLogger("habeas.wire")


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
        self._taken = TakenIds()

    def calls(self) -> dict[str, Answering]:
        """By path: what answers it. A method that the connector does not have has no path."""
        one = self._connector
        calls = {
            "manifest": _call("manifest", ManifestCall, lambda _: self._manifest()),
            "ping": _call("ping", PingCall, lambda _: one.ping()),
            "locate": _call("locate", LocateCall, lambda call: one.locate(call.identifiers)),
            "collect": _call("collect", CollectCall, lambda call: _first(one.collect(call.roots, call.cursor))),
            "erase": _call("erase", EraseCall, lambda call: one.erase(call.plan, call.handle)),
            "confirm": _call("confirm", EraseCall, lambda call: one.confirm(call.plan, call.handle)),
        }
        if isinstance(one, Vetoing):
            calls["vetoes"] = _call("vetoes", VetoesCall, lambda call: _vetoes(one, call))
        if isinstance(one, Changing):
            calls["change"] = _call("change", ChangeCall, lambda call: one.change(call.change, call.handle))
            calls["confirm-change"] = _call(
                "confirm-change", ChangeCall, lambda call: one.confirm_change(call.change, call.handle)
            )
        if isinstance(one, Expiring):
            calls["expired"] = _call("expired", ExpiredCall, lambda call: _first(one.expired(call.today, call.cursor)))
            calls["expire"] = _call("expire", ExpireCall, lambda call: one.expire(call.plan))
        return calls

    async def _manifest(self) -> Manifest:
        return self._connector.manifest

    async def respond(self, request: Request, answer: Answering) -> Response:
        """Check the signature, answer, sign."""
        body = await _bounded(request)
        if body is None:
            return Response(status_code=413)
        now = self._now()
        try:
            message_id = self._signer.verify(request.headers, body, now)
        except BadSignature:
            return Response(status_code=401)
        try:
            if not self._taken.take(message_id, now):
                return Response(status_code=401)
            status, content = 200, await answer(body)
        except _Misread:
            status, content = 400, b"{}"
        except Exception as error:  # noqa: BLE001 - whatever it is, an answer that is not signed is not believed
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


class _Misread(Exception):
    """The body is not of the call. What pydantic says of that quotes it."""


def _call(path: str, model: type[C], method: Callable[[C], Awaitable[BaseModel]]) -> Answering:
    async def answering(body: bytes) -> bytes:
        return (await method(_read(path, model, body))).model_dump_json().encode()

    return answering


def _read(path: str, model: type[C], body: bytes) -> C:
    try:
        call = model.model_validate_json(body)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        if any(one["loc"] == ("operation",) for one in wrong):
            raise Terminal(_MEANT_FOR_ANOTHER) from None
        raise _Misread from None
    if call.operation != path:
        raise Terminal(_MEANT_FOR_ANOTHER)
    return call


async def _first(pages: Any) -> Page:
    try:
        page: Page = await anext(pages)
    finally:
        with suppress(AttributeError):  # an iterator that is no generator has nothing to close
            await pages.aclose()
    return page


async def _vetoes(connector: Vetoing, call: VetoesCall) -> Vetoes:
    return Vetoes(vetoes=await connector.vetoes(call.plan))


def _problem(error: Exception) -> Problem:
    match error:
        case Transient():
            return Problem(error="transient", detail=error.detail, retry_after=error.retry_after)
        case Quarantine():
            return Problem(error="quarantine", detail=error.detail)
        case ConnectorError():
            return Problem(error="terminal", detail=error.detail)
    # Its class and nothing of its text, which may quote somebody's data. Mostly a database that is away: it may pass.
    name = type(error).__name__
    log.error("The connector broke on a call: %s.", name)
    return Problem(error="transient", detail=f"The connector broke: {name}.")
