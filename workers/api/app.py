"""The API as an ASGI application over an office."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from workers.api import (
    acts,
    afterwards,
    duties,
    events,
    looks,
    oversight,
    previews,
    requests,
    review,
    sessions,
    tokens,
    webhooks,
)
from workers.api.callers import Limits
from workers.api.problems import PROBLEMS, Problem, add_problems
from workers.office import Office
from workers.streams import Streams

PREFIX = "/api/v1"
"""Where it is mounted."""
MOST_CALL = 80 * 1024 * 1024
"""Bytes of a call; its routes bound theirs more tightly: a CSV file of requests, a scan with a task."""

_ABOUT = """\
Everything the command line can do, for programs.

Each call carries a token (`habeas token create`): its scopes say what it may do, and its account does the acts. Each
write carries an `Idempotency-Key`: sent again, it is done once. Errors are problem details (RFC 9457) that name field
and remedy. Lists come in pages: `limit` says how long they are, `next` of one is `cursor` of the following in the same
`sort`."""


def create_api(office: Office, limits: Limits | None = None, streams: Streams | None = None) -> FastAPI:
    """The API, to be mounted under `PREFIX`."""
    app = FastAPI(
        title="Habeas",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        responses=PROBLEMS,
        redirect_slashes=False,
    )
    app.state.office = office
    app.state.limits = limits or Limits()
    app.state.streams = streams or Streams()
    for part in (requests, previews, looks, review, acts, duties, afterwards):
        app.include_router(part.router)
    for part in (tokens, sessions, webhooks, events, oversight):
        app.include_router(part.router)
    app.webhooks.include_router(webhooks.told)
    add_problems(app)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1, with our problem in the place of FastAPI's own validation error."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            webhooks=app.webhooks.routes,
            servers=[{"url": PREFIX}],
        )
        schemas = made["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        described = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(described.pop("$defs", {}))
        schemas["Problem"] = described
        app.openapi_schema = made
    return app.openapi_schema
