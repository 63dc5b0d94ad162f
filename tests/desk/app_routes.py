"""The routes of the desk, for the tables of tests that have a row for each."""

from collections.abc import Iterator

from starlette.routing import Route
from starlette.types import ASGIApp

from workers.desk.guard import Guard


def routes_of(app: ASGIApp) -> set[str]:
    """Method and path of every route, as ``GET /requests/{request_id}``; those of the API have a table of their own."""
    assert isinstance(app, Guard)
    return set(_routes(app._app))


def _routes(inside: object) -> Iterator[str]:
    """Also of the routers that were included."""
    for route in getattr(inside, "routes", ()):
        if isinstance(route, Route):
            yield from (f"{method} {route.path}" for method in route.methods or () if method != "HEAD")
        else:
            yield from _routes(getattr(route, "original_router", None))
