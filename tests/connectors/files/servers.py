"""Two S3 servers, and Amazon's own client to reach past the connector.

moto has Amazon's features and checks rights as they are given to users; nanio checks every signature, and knows no
versions. The client has nothing in common with the connector but its library's signature.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
from botocore.config import Config
from botocore.session import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.connectors.peer import running
from tests.connectors.serving import served

REGION = "eu-north-1"
_EVERYTHING = ("s3:*", "iam:*")


@dataclass
class Server:
    """One running server, and who may use it."""

    url: str
    key: str
    secret: str

    @cached_property
    def s3(self) -> Any:
        return _client("s3", self.url, self.key, self.secret)

    def user(self, allowed: Sequence[str]) -> tuple[str, str]:
        """Somebody who may do this; their credentials. For moto."""
        iam = _client("iam", self.url, self.key, self.secret)
        return _made(iam, f"user-{secrets.token_hex(6)}", allowed)

    def bucket(self, *, versions: bool = False, locks: bool = False) -> str:
        """An empty bucket; its name."""
        name = f"bucket-{secrets.token_hex(6)}"
        more = {"ObjectLockEnabledForBucket": True} if locks else {}
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}, **more)
        if versions or locks:
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name


@contextmanager
def moto(folder: Path) -> Iterator[Server]:
    """The one with Amazon's features. It asks nobody for rights until it is told to."""
    with running("moto", folder, _moto) as url:
        founder = _made(_client("iam", url, "nobody", "nothing"), "founder", _EVERYTHING)
        httpx2.post(f"{url}/moto-api/reset-auth", content=b"0").raise_for_status()
        yield Server(url, *founder)


@contextmanager
def nanio(folder: Path) -> Iterator[Server]:
    """The one that checks signatures."""
    key, secret = "AKIANANIO", "a-secret-of-nanio"
    environment = {"NANIO_ACCESS_KEY": key, "NANIO_SECRET_KEY": secret}
    with running("nanio", folder, _nanio, environment) as url:
        yield Server(url, key, secret)


@asynccontextmanager
async def forbidding(
    upstream: str, method: str, asked: str, answers: Mapping[str, bytes] | None = None
) -> AsyncIterator[str]:
    """A server that forbids more than moto can: calls with this method and this word in the query.

    Args:
        upstream: where all others go.
        method: of what is forbidden.
        asked: in the query of what is forbidden.
        answers: by another word in the query, what is answered to it instead.
    """
    denied = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"

    async def answer(request: Request) -> Response:
        if request.method == method and asked in request.query_params:
            return Response(denied, 403, media_type="application/xml")
        for word, content in (answers or {}).items():
            if word in request.query_params:
                return Response(content, media_type="application/xml")
        async with httpx2.AsyncClient() as client:
            address = f"{upstream}{request.scope['raw_path'].decode()}?{request.url.query}"
            passed = await client.request(
                request.method, address, headers=request.headers.raw, content=await request.body()
            )
        return Response(passed.content, passed.status_code, headers={"content-type": "application/xml"})

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "HEAD", "DELETE", "PUT"])])
    async with served(app) as address:
        yield address


def _moto(port: int) -> list[str]:
    return ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]


def _nanio(port: int) -> list[str]:
    return [
        "-m",
        "nanio",
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--data-dir",
        "data",
        "--region",
        REGION,
    ]


def _made(iam: Any, name: str, allowed: Sequence[str]) -> tuple[str, str]:
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(allowed), "Resource": "*"}],
    }
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
    return key["AccessKeyId"], key["SecretAccessKey"]


def _client(service: str, url: str, key: str, secret: str) -> Any:
    return Session().create_client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )
