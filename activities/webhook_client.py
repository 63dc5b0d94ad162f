"""One message to one webhook: signed, sent to a public address only, bounded in time, its answer read no further."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Self

import httpx2

from activities.connectors.api.retry_after import retry_after
from activities.public_address import NotPublic, public_addresses
from habeas.wire.signing import Signer

__all__ = ["Answered", "WebhookClient"]

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
TIMEOUT = 15.0
"""Seconds for one message, as Standard Webhooks advises (15 to 30)."""

# It writes every address at INFO, and a webhook's path may be its secret.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class Answered(NamedTuple):
    """What came of a message."""

    code: str
    """``http_204``, ``timeout``, ``unreachable``, ``address_refused``."""
    taken: bool = False
    gone: bool = False
    """It says that it wants no more (410)."""
    retry_after: float | None = None
    """Seconds that it asks to be left alone for."""


class WebhookClient:
    """Sends messages to one webhook. A context manager.

    Args:
        url: where to.
        secret: ``whsec_…`` of the webhook; None for one that is sent nothing worth signing.
        private: whether it may be an address of our own networks.
    """

    def __init__(self, url: str, secret: str | None, *, private: bool = False) -> None:
        self._url = httpx2.URL(url)
        self._signer = Signer([secret]) if secret is not None else None
        self._private = private
        # One client per webhook: connections are told apart by address, and two hosts may have the same one.
        self._http = httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, message_id: str, at: datetime, body: bytes) -> Answered:
        """Send a message.

        Args:
            message_id: the same each time that it is sent.
            at: now.
            body: a CloudEvent in structured mode.
        """
        signed = self._signer.sign(message_id, at, body) if self._signer else {}
        headers = {"content-type": CONTENT_TYPE, "user-agent": "Habeas", **signed}
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._post(headers, body)
        except NotPublic:
            return Answered("address_refused")
        except (httpx2.TimeoutException, TimeoutError):
            return Answered("timeout")
        except (httpx2.TransportError, httpx2.StreamError, OSError):
            return Answered("unreachable")

    async def _post(self, headers: Mapping[str, str], body: bytes) -> Answered:
        for url, more in await self._targets():
            request = self._http.build_request("POST", url, content=body, headers={**headers, "host": self._host})
            request.extensions = {**request.extensions, **more}
            try:
                response = await self._http.send(request, stream=True)
            except httpx2.ConnectError:
                continue
            await response.aclose()
            return _answered(response)
        return Answered("unreachable")

    async def _targets(self) -> list[tuple[httpx2.URL, dict[str, str]]]:
        """Addresses to connect to, and under which name: the certificate must be the name's."""
        if self._private:
            return [(self._url, {})]
        host, port = self._url.raw_host.decode(), self._url.port or (443 if self._url.scheme == "https" else 80)
        found = await public_addresses(host, port)
        return [(self._url.copy_with(host=one), {"sni_hostname": host}) for one in found]

    @property
    def _host(self) -> str:
        return self._url.netloc.decode()


def _answered(response: httpx2.Response) -> Answered:
    status = response.status_code
    return Answered(
        f"http_{status}",
        taken=200 <= status < 300,
        gone=status == 410,
        retry_after=retry_after(response.headers) if status in {429, 503} else None,
    )
