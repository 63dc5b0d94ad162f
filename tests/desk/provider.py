"""A real OpenID provider in a process of its own, and a way to it that sees what is asked, and can bend it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.served import free_socket, serving

VALID = 120
"""Seconds that its tokens are good for."""
PEOPLE: dict[str, dict[str, object]] = {
    "kim": {"email": "kim@example.com", "email_verified": True, "groups": ["staff", "privacy"]},
    "noor": {"email": "noor@example.com", "email_verified": True, "groups": ["staff"]},
    "stranger": {"email": "stranger@example.com", "email_verified": True},
    "unverified": {"email": "kim@example.com", "email_verified": False, "groups": ["staff"]},
    "nobody": {},
}

Bend = Callable[[str, dict[str, str], bytes], bytes]
"""Path, headers (to be changed in place) and body of a request -> the body that goes on."""


@dataclass
class Between:
    """Where the provider is for everybody else: each request goes on to it, and is remembered."""

    upstream: str
    issuer: str = ""
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    bend: Bend | None = None
    answers: dict[str, bytes] = field(default_factory=dict)
    """What is said in the provider's place, by path."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body, headers = await request.body(), dict(request.headers)
        self.asked.append((request.url.path, body))
        if (said := self.answers.get(request.url.path)) is not None:
            await Response(said, media_type="application/json")(scope, receive, send)
            return
        if self.bend is not None:
            body = self.bend(request.url.path, headers, body)
        headers.pop("content-length", None)
        async with httpx2.AsyncClient() as onward:
            url = f"{self.upstream}{request.url.path}?{request.url.query}"
            got = await onward.request(request.method, url, headers=headers, content=body)
        kept = {name: got.headers[name] for name in ("content-type", "location") if name in got.headers}
        await Response(got.content, got.status_code, kept)(scope, receive, send)

    async def choose(self, address: str, person: str) -> str:
        """Sign in there as this person; the address that the browser is sent back to."""
        async with httpx2.AsyncClient() as browser:
            sent = await browser.post(address, data={"sub": person})
        assert sent.status_code == 302, sent.text
        return sent.headers["location"]


@asynccontextmanager
async def provider() -> AsyncIterator[Between]:
    """Run one for a while."""
    with free_socket() as free:
        port = free.getsockname()[1]
    people = [word for sub, claims in PEOPLE.items() for word in ("--user-claims", json.dumps({"sub": sub, **claims}))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), "-e", str(VALID), *people]
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - returns at once; our own words
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        upstream = f"http://127.0.0.1:{port}"
        async with asyncio.timeout(90), httpx2.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"{upstream}/.well-known/openid-configuration")
                    break
                except httpx2.ConnectError:
                    assert process.poll() is None
                    await asyncio.sleep(0.05)
        between = Between(upstream)
        async with serving(between) as between.issuer:
            yield between
    finally:
        process.terminate()
        process.wait(20)
