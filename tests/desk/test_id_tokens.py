"""An ID token that is not what it should be signs nobody in, whatever is wrong with it."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from workers.desk.id_token import NotGenuine, Wanted, claims_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
WANTED = Wanted("https://id.example.org", "desk", "n" * 43)
KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
KEYS = KeySet([KEY]).as_dict(private=False)
GOOD: dict[str, Any] = {
    "iss": WANTED.issuer,
    "sub": "kim",
    "aud": "desk",
    "nonce": WANTED.nonce,
    "iat": AT - 5,
    "exp": AT + 60,
    "email": "kim@example.com",
}


def made(key: Any = KEY, alg: str = "RS256", **changes: object) -> str:
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": "1"}, claims, key, registry=JWSRegistry(algorithms=[alg]))


def unsigned() -> str:
    parts = [json.dumps({"alg": "none"}), json.dumps(GOOD)]
    return ".".join([*(base64.urlsafe_b64encode(one.encode()).rstrip(b"=").decode() for one in parts), ""])


def read(text: str, keys: Any = KEYS, algorithms: tuple[str, ...] = ("RS256", "HS256", "none")) -> str:
    """Also a provider that says it signs by a shared secret, or not at all, is not believed."""
    claims = claims_of({"id_token": text, "access_token": "a"}, keys, WANTED, algorithms, NOW)
    return str(claims["email"])


@pytest.mark.parametrize("changes", [{}, {"aud": ["desk"]}, {"azp": "desk"}, {"exp": AT - 30}, {"iat": AT + 30}])
def test_a_genuine_one_is_read(changes: dict[str, Any]) -> None:
    assert read(made(**changes)) == "kim@example.com"


BAD: dict[str, Callable[[], str]] = {
    "another issuer": lambda: made(iss="https://evil.example"),
    "no issuer": lambda: made(iss=None),
    "another audience": lambda: made(aud="another"),
    "another audience, though we asked": lambda: made(aud="another", azp="desk"),
    "no audience": lambda: made(aud=None),
    "two audiences, and nothing says for whom": lambda: made(aud=["desk", "another"]),
    "another party's": lambda: made(aud=["desk", "another"], azp="another"),
    "another nonce": lambda: made(nonce="x" * 43),
    "no nonce": lambda: made(nonce=None),
    "nobody": lambda: made(sub=None),
    "expired": lambda: made(exp=AT - 61),
    "without an end": lambda: made(exp=None),
    "without a beginning": lambda: made(iat=None),
    "from tomorrow": lambda: made(iat=AT + 86400, exp=AT + 90000),
    "not yet good": lambda: made(nbf=AT + 3600),
    "of another access token": lambda: made(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "signed by another key": lambda: made(OTHER),
    "unsigned": unsigned,
    "signed by the public key as a secret": lambda: made(
        OctKey.import_key(json.dumps(KEYS["keys"][0]), {"kid": "1"}), "HS256"
    ),
    "no token": lambda: "x",
    "empty": lambda: "",
}


@pytest.mark.parametrize("wrong", BAD)
def test_any_other_is_refused(wrong: str) -> None:
    with pytest.raises(NotGenuine) as caught:
        read(BAD[wrong]())
    assert caught.value.args == ()


@pytest.mark.parametrize(
    "keys", [{}, {"keys": []}, [], None, "x", {"keys": [{"kty": "oct", "k": "eHh4eHh4eHh4eHh4eHh4eA"}]}]
)
def test_keys_that_are_none_open_nothing(keys: object) -> None:
    with pytest.raises(NotGenuine):
        read(made(), keys)


def test_a_change_is_seen() -> None:
    head, body, signature = made().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = (
        base64.urlsafe_b64encode(json.dumps({**claims, "email": "noor@example.com"}).encode()).rstrip(b"=").decode()
    )
    with pytest.raises(NotGenuine):
        read(f"{head}.{forged}.{signature}")
