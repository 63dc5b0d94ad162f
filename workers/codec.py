"""The codec server: opens sealed payloads for Temporal's UI and command line, and asks who looks first.

It speaks the protocol of Temporal's remote codecs, ``POST /decode``; ``/encode`` is not served, nobody need seal
anything by hand. A browser comes from the one UI that the settings name, with the session of the desk (on the same
host: a cookie knows no port); a program with a token of the API. Whatever they may not open comes back sealed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
import uvicorn
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payload, Payloads

from activities.codec import SealingCodec, about, workflow_of
from habeas.access import Scope
from habeas.errors import HabeasError, NotAllowed
from workers.api.bodies import whole_body
from workers.api.problems import WithProblem
from workers.desk.door import Door, NotOurs, SignInFirst, TooOften
from workers.desk.server import door_of, refuse_wide
from workers.listening import listening
from workers.loopback import LOOPBACK_NAMES
from workers.office import Office, open_office
from workers.throttle import Throttle

if TYPE_CHECKING:
    from workers.settings import Settings

__all__ = ["create_codec_app", "serve_codec"]

log = structlog.get_logger(__name__)

CODEC_STARTED = "codec_server_started"
"""The codec server listens."""
MOST = 8 * 1024 * 1024
"""Bytes of one call: a page of the UI's."""
WRONG_PER_MINUTE = 20
_ALLOWED = "authorization, content-type, x-namespace"


class CodecServer:
    """Answers Temporal's UI.

    Args:
        office: the whole one.
        door: the way in with a session of the desk.
        codec: what opens payloads.
        ui: the UI's origin, as ``https://temporal.example.org``; None for programs only.
        hosts: names by which it is called.
    """

    def __init__(self, office: Office, door: Door, codec: SealingCodec, ui: str | None, hosts: frozenset[str]) -> None:
        self._office = office
        self._door = door
        self._codec = codec
        self._ui = ui
        self._hosts = hosts
        self._wrong = Throttle(WRONG_PER_MINUTE)

    async def preflight(self, request: Request) -> Response:
        """What a browser asks before it sends anything from another origin."""
        if not self._is_ui(request):
            return Response(status_code=403)
        return Response(status_code=204, headers=self._dressed())

    async def decode(self, request: Request) -> Response:
        """Open what whoever asks may open."""
        from_ui = self._is_ui(request)
        if "origin" in request.headers and not from_ui:
            return Response(status_code=403)
        if (request.url.hostname or "") not in self._hosts:
            return Response(status_code=421)
        headers = self._dressed() if from_ui else {}
        try:
            office, account = await self._who(request, from_ui=from_ui)
            payloads = Parse(await whole_body(request, {"application/json"}, MOST), Payloads()).payloads
            allowed = await office.may_decode(about(payloads), by=account)
            opened = [await self._open(one) if workflow_of(one) in allowed else one for one in payloads]
        except (SignInFirst, NotOurs):
            return Response(status_code=401, headers=headers)
        except NotAllowed:
            return Response(status_code=403, headers=headers)
        except TooOften:
            return Response(status_code=429, headers=headers)
        except WithProblem as problem:
            return Response(status_code=problem.status_code, headers=headers)
        except (ParseError, UnicodeDecodeError):
            return Response(status_code=400, headers=headers)
        return Response(MessageToJson(Payloads(payloads=opened)), media_type="application/json", headers=headers)

    async def _open(self, payload: Payload) -> Payload:
        try:
            return (await self._codec.decode([payload]))[0]
        except HabeasError:
            return payload  # Whose key is gone, or what was changed, stays as it is.

    async def _who(self, request: Request, *, from_ui: bool) -> tuple[Office, str]:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and token:
            address = request.client.host if request.client else ""
            if wait := self._wrong.full(address):
                raise TooOften(wait)
            bearer = await self._office.bearer(token)
            if bearer is None:
                self._wrong.hit(address)
                raise SignInFirst
            if Scope.TEMPORAL_DECODE not in bearer.scopes:
                raise NotAllowed
            return self._office.for_staff(bearer.account, bearer.scopes, bearer.controllers), bearer.account
        if not from_ui:
            # A cookie alone says that a browser sent it, and not which page had it send it.
            raise SignInFirst
        signed = await self._door.come_in(request, used=False)
        return signed.office, signed.account

    def _is_ui(self, request: Request) -> bool:
        return self._ui is not None and request.headers.get("origin") == self._ui

    def _dressed(self) -> dict[str, str]:
        return {
            "access-control-allow-origin": self._ui or "",
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": _ALLOWED,
            "access-control-allow-credentials": "true",
            "access-control-max-age": "600",
            "vary": "origin",
            "cache-control": "no-store",
        }


def create_codec_app(
    office: Office, door: Door, codec: SealingCodec, ui: str | None, hosts: frozenset[str]
) -> Starlette:
    """The server as an ASGI application."""
    server = CodecServer(office, door, codec, ui, hosts)
    return Starlette(
        routes=[
            Route(path, endpoint, methods=methods)
            for path in ("/decode", "/{namespace}/decode")
            for endpoint, methods in ((server.decode, ["POST"]), (server.preflight, ["OPTIONS"]))
        ]
    )


async def serve_codec(settings: Settings, staff: str) -> None:
    """Serve until a signal says stop.

    Raises:
        ConfigurationError: nobody would have to say who they are to whoever reaches it, or its port is taken.
        LedgerUnavailable: the database does not answer.
    """
    codec = settings.codec
    refuse_wide(settings.desk, codec.host)
    hosts = frozenset({*LOOPBACK_NAMES, codec.host, *codec.names})
    async with open_office(settings) as office:
        opening = SealingCodec(office.vault, sealing=False)
        app = create_codec_app(office, door_of(settings.desk, office, staff), opening, codec.ui_origin, hosts)
        with listening(codec.host, codec.port, "codec.port") as listener:
            log.info(CODEC_STARTED, port=listener.getsockname()[1])
            config = uvicorn.Config(
                app, access_log=False, log_config=None, lifespan="off", server_header=False, proxy_headers=False
            )
            await uvicorn.Server(config).serve(sockets=[listener])
