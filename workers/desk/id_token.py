"""The ID token: what a provider signs about who is there (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

__all__ = ["NotGenuine", "Wanted", "claims_of"]

_LEEWAY = 60
"""Seconds by which clocks may differ."""
_SIGNED = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"}
)
"""Signatures that are believed: the provider's own, never one by a secret that both know, and never none."""


class NotGenuine(Exception):
    """The token is not the provider's, not for us, not of this sign-in, or not of now."""


class Wanted(NamedTuple):
    """Whose token is expected, for whom, and of which sign-in."""

    issuer: str
    client_id: str
    nonce: str


def claims_of(
    token: Mapping[str, Any], keys: Any, wanted: Wanted, algorithms: Iterable[str], now: datetime
) -> Mapping[str, Any]:
    """The claims of an ID token, once all of it was checked.

    Args:
        token: the answer of the token endpoint; ``id_token`` is read, and ``access_token`` for ``at_hash``.
        keys: the provider's, as a JWK set.
        wanted: what it must say.
        algorithms: by which the provider says that it signs; of these, those that are believed.
        now: what time it is.

    Raises:
        NotGenuine: as it says.
    """
    believed = sorted(_SIGNED.intersection(algorithms))
    try:
        registry = JWSRegistry(algorithms=believed, strict_check_header=False)
        signed = jwt.decode(str(token["id_token"]), KeySet.import_key_set(keys), registry=registry)
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {
                "iss": {"essential": True, "value": wanted.issuer},
                "aud": {"essential": True, "value": wanted.client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": wanted.nonce},
            },
            {"nonce": wanted.nonce, "client_id": wanted.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(int(now.timestamp()), _LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError):
        # Its cause may quote the token.
        raise NotGenuine from None
    checked: Mapping[str, Any] = claims
    return checked
