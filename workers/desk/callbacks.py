"""Where connected systems call back: signed, small, and told nothing of what they named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from fastapi import APIRouter, Request
from starlette.responses import Response

from habeas.errors import EngineUnavailable, LedgerUnavailable
from habeas.wire import BadSignature, Finished
from workers.office import Office

__all__ = ["CALLBACKS", "CallingBack", "callback_routes"]

CALLBACKS = "/hooks/systems/"


class CallingBack(Protocol):
    """A connector that can tell whether it is its system that calls."""

    def callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Finished:
        """What the system finished; `habeas.wire.BadSignature` if somebody else says so."""
        ...


def callback_routes(office: Office, systems: Mapping[str, CallingBack]) -> APIRouter:
    """The route of the systems that call back, by name."""
    router = APIRouter()

    @router.post("/hooks/systems/{system}")
    async def finished(request: Request, system: str) -> Response:
        connector = systems.get(system)
        if connector is None:
            return Response(status_code=401)  # which systems there are is nobody's business
        try:
            said = connector.callback(request.headers, await request.body(), datetime.now(UTC))
            await office.call_back(system, said.handle)
        except BadSignature:
            return Response(status_code=401)
        except (EngineUnavailable, LedgerUnavailable):
            return Response(status_code=503, headers={"retry-after": "30"})
        return Response(status_code=204)  # also where nobody waits any more: saying it again would not help

    return router
