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

__all__ = ["PROBLEMS", "Problem", "WithProblem", "add_problems", "problem", "said_of", "unspecific"]

log = structlog.get_logger(__name__)

FAILED = "api_failed"
"""A call of the API failed here, and not by the caller's fault."""
MEDIA_TYPE = "application/problem+json"
_WAIT = 30
"""Seconds after which it is worth trying again."""
_AGAIN = "Send it again once `retry-after` is over, a write under the same key: it is not done twice."
WHOLE = "body"
"""The field that is named where all of what was sent is wrong."""
_REMEDIES = {
    400: "Send what the document says: /api/v1/openapi.json.",
    403: "Send it from this site itself, or with a token.",
    404: "Check the address: see /api/v1/openapi.json for those that there are.",
    405: "Use one of the methods in `allow`.",
    413: "Send less at once.",
    421: "Use the name that it is served under: that of `desk.public_url`.",
}
"""Of refusals that need no words of their own."""

_STATUS: tuple[tuple[type[errors.HabeasError], int], ...] = (
    (errors.UnknownRequest, 404),
    (errors.LinkRefused, 404),
    (errors.WrongStage, 409),
    (errors.MustStay, 409),
    (errors.NoDelay, 409),
    (errors.NotAllowed, 403),
    (errors.BadInput, 422),
    (errors.KeyDestroyed, 410),
    (errors.KeysUnavailable, 503),
    (errors.LedgerUnavailable, 503),
    (errors.EngineUnavailable, 503),
    (errors.NotSentYet, 503),
    (errors.Transient, 503),
    (errors.ConnectorError, 502),
)
"""The first that fits."""


class Wrong(Frozen):
    """One field that is not usable."""

    field: str = Field(min_length=1)
    """Its name, with dots; `body` for the whole of it."""
    message: str = Field(min_length=1)


class Problem(Frozen):
    """RFC 9457. ``detail`` says what is wrong, ``remedy`` what to do, ``errors`` of a 422 in which fields."""

    type: str = Field(description="urn:habeas:error: and the code; about:blank where there is nothing more to say")
    title: str
    status: int
    detail: str = Field(min_length=1)
    code: str
    remedy: str = Field(min_length=1)
    errors: tuple[Wrong, ...] = ()


class WithProblem(HTTPException):
    """A refusal that no error of the engine's stands for."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        remedy: str,
        headers: Mapping[str, str] | None = None,
        *,
        field: str | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code
        self.remedy = remedy
        self.field = field


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
        return said_of(error, status)

    @app.exception_handler(RequestValidationError)
    async def unusable(_: Request, error: RequestValidationError) -> Response:
        wrong = [
            Wrong(field=_place(one["loc"], one["type"]), message=str(one["msg"]).removeprefix("Value error, "))
            for one in error.errors()
        ]
        return problem(422, "bad_input", "The input is not usable.", "Correct the fields; nothing was changed.", wrong)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        status, detail = error.status_code, str(error.detail)
        if isinstance(error, WithProblem):
            wrong = [Wrong(field=error.field, message=detail)] if error.field else []
            return problem(status, error.code, detail, error.remedy, wrong, error.headers)
        return unspecific(status, detail, error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> Response:
        log.error(FAILED, error=type(error).__name__)
        return problem(500, "unexpected", "Something unforeseen happened.", "Try again; nothing is half done.")


def said_of(error: errors.HabeasError, status: int, field: str | None = None) -> Response:
    """An error of ours as an answer.

    Args:
        error: the error.
        status: of the answer.
        field: which field is wrong, where the error does not say it in the caller's words.
    """
    named = field or error.facts.get("field") or (WHOLE if status == 422 else None)
    wrong = [Wrong(field=str(named), message=str(error))] if named else []
    if status != 503:
        return problem(status, error.code, str(error), error.diagnostics(), wrong)
    wait = {"retry-after": str(max(1, round(getattr(error, "retry_after", None) or _WAIT)))}
    return problem(status, error.code, str(error), f"{_AGAIN} {error.diagnostics()}", wrong, wait)


def unspecific(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """A refusal of which the status says all there is to say."""
    known = HTTPStatus(status)
    remedy = _REMEDIES.get(status, "See /api/v1/openapi.json for what there is and what it takes.")
    wrong = [Wrong(field=WHOLE, message=detail or known.phrase)] if status == 422 else []
    return problem(status, known.name.lower(), detail or known.phrase, remedy, wrong, headers)


def _place(where: Sequence[int | str], kind: str) -> str:
    """The place of a field without its first part (body, query); never the value. Of JSON that is none, the whole."""
    return WHOLE if kind == "json_invalid" else ".".join(map(str, where[1:])) or WHOLE


def problem(
    status: int,
    code: str,
    detail: str,
    remedy: str,
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
