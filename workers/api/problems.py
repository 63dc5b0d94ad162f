"""Errors as RFC 9457 problem details: which field, what is wrong with it, what to do. Never what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from habeas import errors
from habeas.model import Frozen

__all__ = ["PROBLEMS", "Problem", "WithProblem", "add_problems", "problem"]

log = structlog.get_logger(__name__)

FAILED = "api_failed"
"""A call of the API failed here, and not by the caller's fault."""
MEDIA_TYPE = "application/problem+json"

_STATUS: tuple[tuple[type[errors.HabeasError], int], ...] = (
    (errors.UnknownRequest, 404),
    (errors.LinkRefused, 404),
    (errors.WrongStage, 409),
    (errors.MustStay, 409),
    (errors.NoDelay, 409),
    (errors.NotAllowed, 403),
    (errors.BadInput, 422),
    (errors.KeyDestroyed, 410),
    (errors.LedgerUnavailable, 503),
    (errors.EngineUnavailable, 503),
    (errors.Transient, 503),
    (errors.ConnectorError, 502),
)
"""The first that fits."""


class Wrong(Frozen):
    """One field that is not usable."""

    field: str
    """Its name, with dots; empty for the whole."""
    message: str


class Problem(Frozen):
    """RFC 9457. ``detail`` says what is wrong, ``remedy`` what to do."""

    type: str = Field(description="urn:habeas:error: and the code; about:blank where there is nothing more to say")
    title: str
    status: int
    detail: str = ""
    code: str
    remedy: str = ""
    errors: tuple[Wrong, ...] = ()


class WithProblem(HTTPException):
    """A refusal that no error of the engine's stands for."""

    def __init__(
        self, status: int, code: str, detail: str, remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code
        self.remedy = remedy


def _described(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: _described(status) for status in (400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 503)
}
"""What any route may answer with."""


def add_problems(app: FastAPI) -> None:
    """Have every error of an app answered as a problem."""

    @app.exception_handler(errors.HabeasError)
    async def known(_: Request, error: errors.HabeasError) -> Response:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        if status >= 500:
            log.error(FAILED, error=error.code)
        field = error.facts.get("field")
        wrong = [Wrong(field=str(field), message=str(error))] if field else []
        headers = {"retry-after": "30"} if status == 503 else None
        return problem(status, error.code, str(error), error.diagnostics(), wrong, headers)

    @app.exception_handler(RequestValidationError)
    async def unusable(_: Request, error: RequestValidationError) -> Response:
        wrong = [
            # The place without its first part (body, query), and the message: never the value.
            Wrong(field=".".join(map(str, one["loc"][1:])), message=str(one["msg"]).removeprefix("Value error, "))
            for one in error.errors()
        ]
        return problem(422, "bad_input", "The input is not usable.", "Correct the fields; nothing was changed.", wrong)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        code = getattr(error, "code", HTTPStatus(error.status_code).name.lower())
        remedy = getattr(error, "remedy", "")
        return problem(error.status_code, code, str(error.detail), remedy, headers=error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> Response:
        log.error(FAILED, error=type(error).__name__)
        return problem(500, "unexpected", "Something unforeseen happened.", "Try again; nothing is half done.")


def problem(
    status: int,
    code: str,
    detail: str,
    remedy: str = "",
    wrong: Sequence[Wrong] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer that says what is wrong."""
    said = Problem(
        type=f"urn:habeas:error:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        remedy=remedy,
        errors=tuple(wrong),
    )
    return JSONResponse(said.model_dump(mode="json"), status, headers, MEDIA_TYPE)
