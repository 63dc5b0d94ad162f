"""What makes a vendor's server of state, routes and faults."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.vendors.shared.calls import Call, Refusal, Seen
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.faults import Faults
from tests.vendors.shared.routing import Route, Table

S = TypeVar("S")


class Vendor(ABC, Generic[S]):
    """An ASGI application that answers as one vendor does."""

    def __init__(self, clock: Clock, table: Table[S]) -> None:
        self.clock = clock
        self.table = table
        self.faults = Faults()
        self.calls: list[Seen] = []
        self.base_url = "http://vendor.invalid"

    @abstractmethod
    def me(self) -> S:
        """The server itself, as its routes know it."""

    @abstractmethod
    def admit(self, call: Call, route: Route[S]) -> None:
        """Raise a Refusal for wrong credentials, missing permissions and too many calls."""

    @abstractmethod
    def unknown(self, call: Call) -> Response:
        """What the vendor says where it has no such route."""

    @abstractmethod
    def stamp(self, call: Call, response: Response) -> None:
        """Add the headers that go with every answer."""

    def made(self, method: str, path: str = "") -> list[Seen]:
        """The calls with this method whose path contains ``path``."""
        return [seen for seen in self.calls if seen.method == method and path in seen.path]

    def answer(self, call: Call) -> Response:
        """Do what is asked for."""
        try:
            found = self.table.find(call)
            if found is None:
                response = self.unknown(call)
            else:
                route, call = found
                self.admit(call, route)
                response = route.handler(self.me(), call)
        except Refusal as refusal:
            response = refusal.response
        self.stamp(call, response)
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            raise RuntimeError(f"a vendor's server speaks HTTP, not {scope['type']}")
        self.clock.advance(self.clock.call_takes)
        body = await Request(scope, receive).body()
        headers = Headers(scope=scope)
        call = Call(scope["method"], scope["path"], {}, QueryParams(scope["query_string"]), headers, body)
        fault = self.faults.due(call)
        if fault is None:
            response = self.answer(call)
            self._note(call, response.status_code)
            await response(scope, receive, send)
        else:
            self._note(call, await fault.play(lambda: self.answer(call), scope, receive, send))

    def _note(self, call: Call, status: int | None) -> None:
        self.calls.append(Seen(call.method, call.path, status, "authorization" in call.headers, str(call.query)))
