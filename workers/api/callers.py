"""Who calls, what they may do, how often; and the key under which a write is done once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Header, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from pydantic import BaseModel

from habeas.access import Scope
from habeas.errors import BadInput
from habeas.model import Frozen
from workers.api.problems import WithProblem
from workers.office import Office
from workers.office.writes import KeyedWrite
from workers.throttle import Throttle

__all__ = ["Caller", "Limits", "OnceKey", "may"]

M = TypeVar("M", bound=BaseModel)

_NAMESPACE = uuid.UUID("8f6c5a52-6f0e-5b7e-9d0a-5d3f0c9b2a11")
_PLAIN = re.compile(r"[a-z_]{1,30}")
_BEARER = HTTPBearer(scheme_name="token", description="A token of `habeas token create`.", auto_error=False)


class Limits:
    """How often one token may call, and how often one address may come with a wrong one. For one process."""

    def __init__(self, per_minute: int = 600, wrong_per_minute: int = 20) -> None:
        self._calls, self._wrong = Throttle(per_minute), Throttle(wrong_per_minute)

    def call(self, token_id: str) -> None:
        """One more call.

        Raises:
            WithProblem: 429, with ``retry-after``.
        """
        _let_in(self._calls.hit(token_id))

    def wrong(self, address: str) -> None:
        """Count one wrong token. A right one is let in from there all the same: who shares the address is no guesser.

        Raises:
            WithProblem: 429, with ``retry-after``.
        """
        _let_in(self._wrong.hit(address))


def _let_in(wait: int) -> None:
    if wait:
        raise WithProblem(
            429, "too_often", "Too many calls.", "Wait as `retry-after` says.", {"retry-after": str(wait)}
        )


@dataclass(frozen=True)
class Caller:
    """Who calls, and the office as their account sees it."""

    office: Office
    account: str


async def _caller(
    request: Request,
    needed: SecurityScopes,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Caller:
    office: Office = request.app.state.office
    limits: Limits = request.app.state.limits
    address = request.client.host if request.client else ""
    bearer = await office.bearer(given.credentials) if given is not None else None
    if bearer is None:
        if given is not None:
            limits.wrong(address)
        raise WithProblem(
            401,
            "no_token",
            "This call needs a token that is valid.",
            "Send `Authorization: Bearer` and a token of `habeas token create`.",
            {"www-authenticate": "Bearer"},
        )
    limits.call(bearer.token_id)
    missing = {Scope(one) for one in needed.scopes} - bearer.scopes
    if missing:
        names = ", ".join(sorted(missing))
        raise WithProblem(403, "not_allowed", f"This token may not do this: it lacks {names}.", "Make one that may.")
    _refuse_unknown(request)
    seen = office.for_staff(bearer.account, bearer.scopes, bearer.controllers)
    return Caller(seen, bearer.account)


def _refuse_unknown(request: Request) -> None:
    """A filter that is misspelt would narrow nothing, and nobody would notice.

    Raises:
        BadInput: the route has no such parameter.
    """
    known = _parameters(request.scope["route"].dependant)
    for name in request.query_params:
        if name not in known:
            field = name if _PLAIN.fullmatch(name) else "query"
            has = ", ".join(sorted(known)) or "none"
            raise BadInput(f"{field}: there is no such parameter here; there are: {has}.", field=field)


def _parameters(of: Dependant) -> set[str]:
    return {one.alias for one in of.query_params}.union(*map(_parameters, of.dependencies))


def may(scope: Scope) -> Any:
    """A dependency: the caller, who has this scope."""
    return Security(_caller, scopes=[scope.value])


def _once(request: Request, key: str, account: str) -> str:
    """The id of the act that a key stands for: a UUID itself; else the same for this caller, route and key only."""
    with contextlib.suppress(ValueError):
        return str(uuid.UUID(key))
    return str(uuid.uuid5(_NAMESPACE, f"{account}\0{request.method} {request.url.path}\0{key}"))


class OnceKey:
    """The ``Idempotency-Key`` of a write: the same write under the same key is done once, however often it is sent."""

    def __init__(
        self,
        request: Request,
        key: Annotated[
            str,
            Header(
                alias="Idempotency-Key",
                description="Yours, new for each write; the same one again asks for the same write, which is not done "
                "twice.",
                min_length=8,
                max_length=200,
                pattern=r"^[\x21-\x7e]+$",
            ),
        ],
    ) -> None:
        self._request = request
        self.key = key

    @asynccontextmanager
    async def _write(self, who: Caller, *said: Frozen | bytes | bool) -> AsyncIterator[KeyedWrite]:
        """Do a write under the key. What is refused leaves the key free."""
        act_id = _once(self._request, self.key, who.account)
        parts = (who.account, self._request.method, self._request.url.path, *map(_spelled, said))
        async with who.office.keyed_write(act_id, "\0".join(parts).encode()) as write:
            yield write

    async def kept(
        self,
        who: Caller,
        answer: type[M],
        do: Callable[[str], Awaitable[M]],
        *said: Frozen | bytes | bool,
        nothing: Callable[[M], bool] = lambda _: False,
    ) -> M:
        """Do a write whose answer is kept: sent again, nothing is done and the first answer is given.

        Args:
            who: who writes.
            answer: what kind of answer that is.
            do: does it, under this id.
            said: all that is sent.
            nothing: whether this answer says that nothing was done: then the key stays free.

        Raises:
            KeyReused: other content came under this key before.
        """
        async with self._write(who, *said) as write:
            if (before := write.answered(answer)) is not None:
                return before
            done = await do(write.act_id)
            write.refused = nothing(done)
            return done if write.refused else await write.keep(done)

    @asynccontextmanager
    async def secret(self, who: Caller, *said: Frozen | bytes | bool) -> AsyncIterator[None]:
        """Do a write whose answer holds a secret that is nowhere kept, and so cannot be answered again.

        Raises:
            WithProblem: 409 where it was done before.
            KeyReused: other content came under this key before.
        """
        async with self._write(who, *said) as write:
            if not write.first:
                raise WithProblem(
                    409,
                    "made_already",
                    "This was made under this key before; its secret was in that answer only.",
                    "If that answer was lost, look at the list, end what was made, and make another under a new key.",
                )
            yield


def _spelled(said: Frozen | bytes | bool) -> str:
    if isinstance(said, bytes):
        return hashlib.sha256(said).hexdigest()
    return json.dumps(said.model_dump(mode="json") if isinstance(said, Frozen) else said, sort_keys=True)
