"""A session of the org's: opened by OAuth 2.0, opened again when it is over.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm and
https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm. The answer says not how long it lasts:
an expired one is answered 401 INVALID_SESSION_ID (the REST guide, errorcodes.htm).
"""

from __future__ import annotations

import asyncio
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from activities.connectors.api import Answer, ApiClient
from activities.connectors.api.errors import error_codes, failed
from activities.connectors.salesforce.settings import SalesforceSettings
from habeas.errors import Terminal, Transient

__all__ = ["Session"]

_OVER, _REFUSED = 401, 403
_BUSY: Mapping[str, float] = {
    "REQUEST_LIMIT_EXCEEDED": 3600.0,
    "UNABLE_TO_LOCK_ROW": 5.0,
    "QUERY_TIMEOUT": 60.0,
    "SERVER_UNAVAILABLE": 60.0,
}
"""Codes that pass, and how many seconds to wait: the REST guide, errorcodes.htm, and the API's ExceptionCode.

The limit of calls is counted over the last 24 hours, so that some are free again soon:
https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
"""
_AT_ONCE = "Concurrent"
_A_MOMENT = 30.0
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JWT_LASTS = 120


class Session:
    """Calls with a session; ``now`` is the time in seconds since 1970, for the JWT bearer flow."""

    def __init__(
        self, system: str, api: ApiClient, settings: SalesforceSettings, now: Callable[[], float] = time.time
    ) -> None:
        self.system = system
        self._api = api
        self._settings = settings
        self._now = now
        self._token: str | None = None
        self._opening = asyncio.Lock()

    async def call(
        self,
        method: str,
        path: str,
        *,
        also: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        """As `ApiClient.call`; a session that is over is opened again, once.

        Raises:
            Transient: a limit is reached (``retry_after``), or a record is being changed by somebody else.
            Refused: any other refusal, by its code.
        """
        token = await self.token()
        answer = await self._signed(token, method, path, headers, more)
        if answer.status == _OVER:
            answer = await self._signed(await self.token(instead_of=token), method, path, headers, more)
        if self.busy(answer.status, answer.content) is not None:
            raise self.refusal(answer.status, answer.content, answer.headers)
        if answer.status >= _FIRST_REFUSAL and answer.status not in also:
            raise self.refusal(answer.status, answer.content, answer.headers)
        return answer

    async def token(self, instead_of: str | None = None) -> str:
        """A session's token; another one than that which is over, if somebody has not opened it already."""
        async with self._opening:
            if self._token is None or self._token == instead_of:
                self._token = None
                self._token = await self._open()
            return self._token

    def busy(self, status: int, content: bytes) -> float | None:
        """Seconds to wait, if the answer is a limit or a lock."""
        if status not in (400, _REFUSED, 409):
            return None
        found = next((code for code in error_codes(content) if code in _BUSY), None)
        if found is None:
            return None
        # "ConcurrentRequests (Concurrent API Requests) Limit exceeded.": over as soon as one of them is answered.
        return _A_MOMENT if _AT_ONCE.encode() in content else _BUSY[found]

    def refusal(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> Exception:
        """The engine's error for an answer, be it a whole one or a part of a composite one."""
        wait = self.busy(status, content)
        if wait is not None:
            codes = ", ".join(error_codes(content))
            return Transient(f"{self.system} is busy ({codes}).", retry_after=wait, system=self.system)
        return failed(self.system, status, headers or {}, content)

    async def _signed(
        self, token: str, method: str, path: str, headers: Mapping[str, str] | None, more: Mapping[str, Any]
    ) -> Answer:
        signed = {"Authorization": f"Bearer {token}", **(headers or {})}
        return await self._api.call(method, path, headers=signed, also=_READ_HERE, **more)

    async def _open(self) -> str:
        answer = await self._api.call("POST", "services/oauth2/token", form=self._grant())
        found = answer.json
        token = found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(token, str):
            raise Transient(f"{self.system} answered a sign-in with no token.", system=self.system)
        return token

    def _grant(self) -> dict[str, str]:
        settings = self._settings
        if settings.client_secret is not None:
            secret = settings.client_secret.get_secret_value()
            return {"grant_type": "client_credentials", "client_id": settings.client_id, "client_secret": secret}
        return {"grant_type": _JWT_BEARER, "assertion": self._assertion()}

    def _assertion(self) -> str:
        settings = self._settings
        pem = settings.private_key.get_secret_value().encode() if settings.private_key else b""
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise Terminal(f"systems.{self.system}.private_key is no RSA key in PEM.", system=self.system)
        claims = {
            "iss": settings.client_id,
            "sub": settings.username,
            "aud": settings.audience,
            "exp": int(self._now()) + _JWT_LASTS,
        }
        signed = f"{_encoded(orjson.dumps({'alg': 'RS256'}))}.{_encoded(orjson.dumps(claims))}"
        return f"{signed}.{_encoded(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


_FIRST_REFUSAL = 400
_READ_HERE = (400, _OVER, _REFUSED, 404, 405, 409, 414, 500)
"""500 as the SOAP API's faults come with it."""


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()
