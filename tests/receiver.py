"""A program that is told what happens: a real HTTP server that checks signatures, and behaves as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from habeas.wire.signing import BadSignature, Signer
from tests.served import serving


class Receiver:
    """What came, and what is answered."""

    def __init__(self) -> None:
        self.url = ""
        self.secret = ""
        self.now: datetime | None = None
        self.answers: dict[str, int] = {}
        """Request, or event -> status; 204 for all others."""
        self.status = 204
        self.headers: dict[str, str] = {}
        self.tried: list[dict[str, Any]] = []
        """Every message, rightly signed, in the order of its arrival."""
        self.taken: list[dict[str, Any]] = []
        self.unsigned = 0
        self.raw: list[bytes] = []
        """Whole messages, with headers."""
        self.took = asyncio.Event()

    async def hear(self, request: Request) -> Response:
        """One message."""
        body = await request.body()
        self.raw.append(repr(request.headers.items()).encode() + body)
        try:
            heard = Signer([self.secret]).verify(request.headers, body, self.now or datetime.now(UTC))
        except (BadSignature, ValueError):  # ValueError: it has no secret yet
            self.unsigned += 1
            return Response(status_code=401)
        message = json.loads(body)
        assert heard == message["id"]
        assert request.headers["content-type"] == "application/cloudevents+json; charset=UTF-8"
        self.tried.append(message)
        status = self.answers.get(message["id"], self.answers.get(message.get("subject", ""), self.status))
        if status < 300:
            self.taken.append(message)
            self.took.set()
        return Response(status_code=status, headers=self.headers)

    def ids(self, request_id: str) -> list[str]:
        """What was taken of a request, in order."""
        return [one["id"] for one in self.taken if one.get("subject") == request_id]


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """It, on a real socket."""
    made = Receiver()
    app = Starlette(routes=[Route("/hooks/habeas", made.hear, methods=["POST"])])
    async with serving(app) as at:
        made.url = f"{at}/hooks/habeas"
        yield made
