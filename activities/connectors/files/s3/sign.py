"""How calls to S3 are signed (Signature Version 4), by Amazon's own library.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from activities.connectors.files.s3.settings import BucketSettings
from habeas.errors import ConfigurationError, Terminal

__all__ = ["Signature", "missing"]

# It writes what it signs and what it reads at DEBUG: names of files are in both.
logging.getLogger("botocore").setLevel(logging.WARNING)


def missing(system: str) -> ConfigurationError:
    """Amazon's library is not installed."""
    return ConfigurationError(f"systems.{system}: the connector 's3' needs `pip install 'habeas[s3]'`.", system=system)


class Signature(httpx2.Auth):
    """Signs each call as it goes out.

    Raises:
        ConfigurationError: the library is missing.
        Terminal: this machine has no credentials.
    """

    requires_request_body = True

    def __init__(self, system: str, settings: BucketSettings) -> None:
        try:
            from botocore.auth import S3SigV4Auth
            from botocore.awsrequest import AWSRequest
            from botocore.credentials import Credentials
        except ImportError:
            raise missing(system) from None
        self._system = system
        self._region = settings.region
        self._signer, self._request = S3SigV4Auth, AWSRequest
        self._credentials: Any = None
        if settings.access_key_id is not None and settings.secret_access_key is not None:
            token = settings.session_token.get_secret_value() if settings.session_token else None
            self._credentials = Credentials(
                settings.access_key_id, settings.secret_access_key.get_secret_value(), token
            )

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncIterator[httpx2.Request]:  # type: ignore[override]  # sends nothing
        """See httpx2."""
        # Those of a role are fetched, and again when they end, by calls that block.
        credentials = await asyncio.to_thread(self._frozen)
        signed = self._request(request.method, str(request.url), data=request.content)
        self._signer(credentials, "s3", self._region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request

    def _frozen(self) -> Any:
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session

        try:
            if self._credentials is None:
                self._credentials = Session().get_credentials()
            if self._credentials is not None:
                return self._credentials.get_frozen_credentials()
            why = "none are there"
        except BotoCoreError as error:
            why = type(error).__name__
        detail = f"This machine has no credentials for {self._system} (credentials = 'ambient'): {why}."
        raise Terminal(detail, system=self._system)
