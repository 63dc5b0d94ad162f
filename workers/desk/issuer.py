"""The provider by whom staff sign in: OpenID Connect, by its authorization code flow with PKCE.

OpenID Connect Core 1.0, Discovery 1.0; RFC 7636 (PKCE, S256), RFC 9207 (who answers), RFC 9700 (current practice).
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx2
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, ValidationError

from habeas.errors import ConfigurationError, HabeasError
from habeas.model import Frozen
from workers.desk.id_token import NotGenuine, Wanted, claims_of
from workers.desk.wire import Guarded
from workers.loopback import is_loopback
from workers.settings import SignInSettings

__all__ = ["Answer", "Issuer", "IssuerUnavailable", "Pending", "SignInRefused"]

_WHOLE = 20.0
"""Seconds for all calls of one step."""
_REMEMBERED = timedelta(minutes=10)
"""How long what the provider says of itself is taken as known."""


class SignInRefused(HabeasError):
    """Nobody was signed in."""

    code = "sign_in_refused"
    remedy = "Start again from the desk. If it stays so, compare `[desk.sign_in]` with what the provider says."


class IssuerUnavailable(HabeasError):
    """The provider by whom staff sign in does not answer as it should."""

    code = "issuer_unavailable"
    remedy = "Check that `desk.sign_in.issuer` is right and can be reached from the desk."


class Pending(Frozen):
    """A sign-in under way, as the browser keeps it for us, sealed."""

    state: str = Field(repr=False)
    nonce: str = Field(repr=False)
    verifier: str = Field(repr=False)
    then: str
    """Where to go afterwards."""
    until: float
    """From when on it is too late; seconds since 1970."""


class Answer(NamedTuple):
    """What the browser brings back from the provider."""

    state: str
    code: str
    iss: str | None


class _Metadata(BaseModel):
    """What a provider says of itself (Discovery 1.0, section 3), as far as it is used here."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: AnyHttpUrl
    token_endpoint: AnyHttpUrl
    jwks_uri: AnyHttpUrl
    userinfo_endpoint: AnyHttpUrl | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Issuer:
    """One provider.

    Args:
        settings: which, and who we are to it.
        redirect_uri: where it sends the browser back to.

    Raises:
        ConfigurationError: its address is neither https nor this machine's.
    """

    def __init__(self, settings: SignInSettings, redirect_uri: str) -> None:
        url = httpx2.URL(settings.issuer)
        if url.scheme != "https" and not is_loopback(url.host):
            raise ConfigurationError("`desk.sign_in.issuer` must be https.")
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._known: tuple[datetime, _Metadata] | None = None

    async def begin(self, then: str, now: datetime, lasts: timedelta) -> tuple[str, Pending]:
        """Where to send the browser, and what to compare its return with.

        Raises:
            IssuerUnavailable: the provider does not say where.
        """
        async with self._calls() as client:
            metadata = await self._metadata(client, now)
            nonce, verifier = generate_token(43), generate_token(64)
            address, state = client.create_authorization_url(
                str(metadata.authorization_endpoint), state=generate_token(43), code_verifier=verifier, nonce=nonce
            )
        until = (now + lasts).timestamp()
        return address, Pending(state=state, nonce=nonce, verifier=verifier, then=then, until=until)

    async def account(self, answer: Answer, pending: Pending, now: datetime) -> str:
        """Whose account it is that the browser comes back with.

        Raises:
            SignInRefused: it is nobody's, or not for us, or not from this browser's own sign-in.
            IssuerUnavailable: the provider does not answer as it should.
        """
        if not hmac.compare_digest(answer.state.encode(), pending.state.encode()) or now.timestamp() >= pending.until:
            raise SignInRefused(reason="state")
        async with self._calls() as client:
            metadata = await self._metadata(client, now)
            # RFC 9207: an answer of another provider's must not be taken for this one's.
            named = answer.iss is not None or metadata.authorization_response_iss_parameter_supported
            if named and answer.iss != metadata.issuer:
                raise SignInRefused(reason="issuer")
            client.token_endpoint_auth_method = _how_to_authenticate(metadata)
            try:
                token = await client.fetch_token(
                    str(metadata.token_endpoint),
                    code=answer.code,
                    code_verifier=pending.verifier,
                    grant_type="authorization_code",
                )
            except OAuthError:
                raise SignInRefused(reason="code") from None
            keys = await _json(client, str(metadata.jwks_uri))
            wanted = Wanted(metadata.issuer, self._settings.client_id, pending.nonce)
            try:
                claims = claims_of(token, keys, wanted, metadata.id_token_signing_alg_values_supported, now)
            except NotGenuine:
                raise SignInRefused(reason="id_token") from None
            claims = await self._completed(client, metadata, claims)
        return self._account(claims)

    async def _completed(
        self, client: AsyncOAuth2Client, metadata: _Metadata, claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """With what only the userinfo endpoint tells, if something is missing (Core 1.0, section 5.3)."""
        needed = {self._settings.account_claim, *([self._settings.groups_claim] if self._settings.groups else [])}
        if needed <= claims.keys() or metadata.userinfo_endpoint is None:
            return claims
        more = await _json(client, str(metadata.userinfo_endpoint), withhold_token=False)
        if not isinstance(more, dict) or more.get("sub") != claims["sub"]:
            raise SignInRefused(reason="userinfo")
        return {**more, **claims}

    def _account(self, claims: Mapping[str, Any]) -> str:
        name = self._settings.account_claim
        account = claims.get(name)
        if not isinstance(account, str) or not account.strip():
            raise SignInRefused(reason="account")
        # Whoever may write any address into their own profile would be anybody.
        if name == "email" and claims.get("email_verified") is not True:
            raise SignInRefused(reason="unverified")
        if self._settings.groups:
            listed = claims.get(self._settings.groups_claim)
            held = {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
            if held.isdisjoint(self._settings.groups):
                raise SignInRefused(reason="group")
        return account

    async def _metadata(self, client: AsyncOAuth2Client, now: datetime) -> _Metadata:
        if self._known is not None and self._known[0] <= now < self._known[0] + _REMEMBERED:
            return self._known[1]
        said = await _json(client, f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = _Metadata.model_validate(said)
        except ValidationError:
            raise IssuerUnavailable(reason="metadata") from None
        if metadata.issuer != self._settings.issuer:
            raise IssuerUnavailable(reason="another_issuer")
        self._known = (now, metadata)
        return metadata

    @asynccontextmanager
    async def _calls(self) -> AsyncIterator[AsyncOAuth2Client]:
        """A client for one step, bounded in time; what goes wrong on the way is the provider's."""
        local = is_loopback(httpx2.URL(self._settings.issuer).host)
        client = AsyncOAuth2Client(
            self._settings.client_id,
            self._settings.client_secret.get_secret_value(),
            redirect_uri=self._redirect_uri,
            scope=" ".join(self._settings.scopes),
            code_challenge_method="S256",
            transport=Guarded(httpx2.AsyncHTTPTransport(trust_env=False), loopback=local),
            timeout=_WHOLE / 2,
            follow_redirects=False,
            trust_env=False,
        )
        try:
            async with asyncio.timeout(_WHOLE), client:
                yield client
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            # HTTPError has no cause worth telling: addresses of the provider's, which hold codes.
            raise IssuerUnavailable(reason=type(error).__name__) from None


async def _json(client: AsyncOAuth2Client, url: str, *, withhold_token: bool = True) -> Any:
    response = await client.request("GET", url, withhold_token=withhold_token)
    response.raise_for_status()
    return response.json()


def _how_to_authenticate(metadata: _Metadata) -> str:
    offered = metadata.token_endpoint_auth_methods_supported
    return "client_secret_post" if "client_secret_basic" not in offered else "client_secret_basic"
