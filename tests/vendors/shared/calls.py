"""One request, as a route sees it, and how a route says no."""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A request that was read to its end."""

    method: str
    path: str
    params: dict[str, str]
    query: QueryParams
    headers: Headers
    body: bytes

    def bearer(self) -> str | None:
        """The token of ``Authorization: Bearer``, or None."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    def basic(self) -> tuple[str, str] | None:
        """User and password of ``Authorization: Basic``, or None."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = b64decode(encoded, validate=True).decode().partition(":")
        except (Base64Error, UnicodeDecodeError):
            return None
        return (user, password) if colon else None


@dataclass(frozen=True)
class Seen:
    """A call that was made, and the status it got (None: no whole answer was sent)."""

    method: str
    path: str
    status: int | None
    authorized: bool
    query: str = ""


class Refusal(Exception):
    """The call is answered with this instead."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def json_answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer as all three vendors send it, with its character set."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return Response(body, status, headers, media_type="application/json;charset=utf-8")


def no_content() -> Response:
    """204 without a body."""
    return Response(status_code=204)
