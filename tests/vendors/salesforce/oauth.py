"""Sessions.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm and
https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm
"""

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.responses import Response

from tests.vendors.salesforce.errors import invalid_session, oauth
from tests.vendors.salesforce.org import Org
from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.routing import Routes

routes: Routes[Org] = Routes()
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://login.salesforce.com"
ORG_ID = "00DQy0000000001MAA"


@dataclass
class ConnectedApp:
    """The connected app: who may get a session, and of what scopes."""

    client_id: str = "3MVG9_habeas"
    client_secret: str = "1955279925675241571"
    username: str = "integration@org.example"
    scopes: frozenset[str] = frozenset({"api"})
    certificate: RSAPublicKey | None = None
    run_as_user: bool = True
    approved: bool = True
    revoked: bool = False


@dataclass
class Sessions:
    """The sessions that were opened. They end after ``lasts`` (the org's setting; two hours unless it is changed)."""

    clock: Clock
    app: ConnectedApp = field(default_factory=ConnectedApp)
    lasts: timedelta = timedelta(hours=2)
    opened: dict[str, tuple[datetime, frozenset[str]]] = field(default_factory=dict)

    def open(self) -> str:
        """A new session's token."""
        token = f"{ORG_ID[:15]}!{token_urlsafe(40)}"
        self.opened[token] = (self.clock.now(), self.app.scopes)
        return token

    def scopes(self, token: str | None) -> frozenset[str]:
        """The session's scopes; 401 for one that is over or never was."""
        if token not in self.opened:
            raise invalid_session()
        since, scopes = self.opened[token]
        if since + self.lasts <= self.clock.now():
            raise invalid_session()
        return scopes

    def revoke(self) -> None:
        """End all sessions, and open no more."""
        self.app.revoked = True
        self.opened.clear()


def token(sessions: Sessions, org: Org, call: Call) -> Response:
    """``POST /services/oauth2/token``, form-encoded.

    The answer has no ``expires_in``. The sentences of the errors are those that forums and connectors' manuals quote
    (docs.striim.com "no client credentials user enabled", "user hasn't approved this consumer"), not verified.
    """
    form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
    app = sessions.app
    match form.get("grant_type"):
        case "client_credentials":
            _check_client(app, form, call)
        case grant if grant == JWT_BEARER:
            _check_assertion(sessions, form.get("assertion", ""))
        case _:
            raise oauth("unsupported_grant_type", "grant type not supported")
    opened = sessions.open()
    return json_answer(
        {
            "access_token": opened,
            "signature": "made-up",
            "scope": " ".join(sorted(app.scopes)),
            "instance_url": org.base_url,
            "id": f"{AUDIENCE}/id/{ORG_ID}/{org.user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(sessions.clock.now().timestamp() * 1000)),
            "api_instance_url": org.base_url,
        }
    )


def _check_client(app: ConnectedApp, form: dict[str, str], call: Call) -> None:
    client_id, secret = call.basic() or (form.get("client_id"), form.get("client_secret"))
    if client_id != app.client_id or app.revoked:
        raise oauth("invalid_client_id", "client identifier invalid")
    if secret != app.client_secret:
        raise oauth("invalid_client", "invalid client credentials")
    if not app.run_as_user:
        raise oauth("invalid_grant", "no client credentials user enabled")


def _check_assertion(sessions: Sessions, assertion: str) -> None:
    """``iss`` is the app, ``sub`` the user, ``aud`` the login address, ``exp`` within three minutes; RS256."""
    app = sessions.app
    claims = _verified(app, assertion)
    if claims.get("iss") != app.client_id or app.revoked:
        raise oauth("invalid_client_id", "client identifier invalid")
    if claims.get("aud") != AUDIENCE:
        raise oauth("invalid_grant", "audience is invalid")
    expires = claims.get("exp")
    now = sessions.clock.now().timestamp()
    if not isinstance(expires, int | float) or not now < expires <= now + 180:
        raise oauth("invalid_grant", "expired authorization code")
    if claims.get("sub") != app.username or not app.approved:
        raise oauth("invalid_grant", "user hasn't approved this consumer")


def _verified(app: ConnectedApp, assertion: str) -> dict[str, Any]:
    wrong = oauth("invalid_grant", "invalid assertion")
    try:
        head, payload, signature = assertion.split(".")
        algorithm = json.loads(_decode(head))["alg"]
        if app.certificate is None or algorithm != "RS256":
            raise wrong
        app.certificate.verify(_decode(signature), f"{head}.{payload}".encode(), PKCS1v15(), SHA256())
        claims = json.loads(_decode(payload))
    except (ValueError, KeyError, TypeError, InvalidSignature) as broken:
        raise wrong from broken
    if not isinstance(claims, dict):
        raise wrong
    return claims


def _decode(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
