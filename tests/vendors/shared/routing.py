"""Which function answers which path."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from re import Pattern
from typing import Generic, TypeAlias, TypeVar

from starlette.responses import Response
from starlette.routing import compile_path

from tests.vendors.shared.calls import Call

S = TypeVar("S")
Handler: TypeAlias = Callable[[S, Call], Response]


@dataclass(frozen=True)
class Route(Generic[S]):
    """One operation of the vendor's, and the permissions of which a caller has to hold one."""

    method: str
    template: str
    pattern: Pattern[str]
    handler: Handler[S]
    needs: tuple[str, ...]
    public: bool


class Routes(Generic[S]):
    """The operations of one room of a vendor's API."""

    def __init__(self) -> None:
        self.all: list[Route[S]] = []

    def on(
        self, method: str, path: str, *, needs: tuple[str, ...] = (), public: bool = False
    ) -> Callable[[Handler[S]], Handler[S]]:
        """Register the function below for the method and path (``/users/{id}``); ``public`` asks for no credentials."""

        def register(handler: Handler[S]) -> Handler[S]:
            pattern, _, _ = compile_path(path)
            self.all.append(Route(method, path, pattern, handler, needs, public))
            return handler

        return register


class Table(Generic[S]):
    """All operations of a vendor; where two templates fit, the one with fewer open places answers."""

    def __init__(self, *rooms: Routes[S]) -> None:
        self.routes = sorted(
            (route for room in rooms for route in room.all), key=lambda route: route.template.count("{")
        )

    def find(self, call: Call) -> tuple[Route[S], Call] | None:
        """The operation, and the call with its path's parameters; None where the vendor has none."""
        for route in self.routes:
            found = route.pattern.match(call.path)
            if found and route.method == call.method:
                return route, replace(call, params=found.groupdict())
        return None

    def methods(self, path: str) -> list[str]:
        """The methods that the path does answer."""
        return sorted({route.method for route in self.routes if route.pattern.match(path)})
