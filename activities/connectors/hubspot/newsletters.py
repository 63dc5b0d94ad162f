"""What contacts chose of an account's kinds of newsletter: read by address, and ended by address.

HubSpot takes addresses in the body from accounts with Marketing Hub Enterprise, and in the URL from everybody: where
those are called, the settings accept it.
https://developers.hubspot.com/docs/api-reference/legacy/communication-preferences/status/batch/get-subscriptions and
https://developers.hubspot.com/docs/guides/api/marketing/subscriptions; scopes:
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/scopes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import JsonValue, TypeAdapter

from activities.connectors.hubspot import shapes
from activities.connectors.hubspot.hub import Hub, Row
from activities.connectors.hubspot.settings import HubSpotSettings

__all__ = ["NOBODY", "Newsletters"]

NOBODY = "nobody@example.com"
"""An address that is nobody's, to try permissions with."""
_AT = "communication-preferences/v4"
_EMAIL: Mapping[str, str] = {"channel": "EMAIL"}


class Newsletters:
    """One account's."""

    def __init__(self, hub: Hub, settings: HubSpotSettings) -> None:
        self._hub = hub
        self._in_urls = settings.addresses_in_urls == "accept"

    async def definitions(self) -> set[str]:
        """The ids of the kinds of newsletter."""
        found = await self._hub.json("GET", f"{_AT}/definitions", shapes.DEFINITIONS)
        return {str(each["id"]) for each in found["results"]}

    async def choices(self, email: str) -> list[Row]:
        """What an address has chosen, by kind of newsletter."""
        if self._in_urls:
            found = await self._hub.json("GET", _of(email), shapes.CHOICES, params=_EMAIL)
            return list(found["results"])
        return [one for each in await self._batch("read", [email], shapes.STATUSES) for one in each["statuses"]]

    async def gets_nothing(self, email: str) -> bool:
        """Whether an address has opted out of all e-mail."""
        if self._in_urls:
            found = await self._hub.json("GET", f"{_of(email)}/unsubscribe-all", shapes.ANYTHING, params=_EMAIL)
            return bool(found["results"])
        read = await self._batch("unsubscribe-all/read", [email], shapes.WIDE)
        wide = [one for each in read for one in each["wideStatuses"]]
        return any(one["status"] == "UNSUBSCRIBED" for one in wide)

    async def unsubscribe(self, email: str, subscription: int) -> None:
        """One kind of newsletter ends. May be repeated."""
        body: dict[str, JsonValue] = {"subscriptionId": subscription, "statusState": "UNSUBSCRIBED", **_EMAIL}
        if self._in_urls:
            await self._hub.call("POST", _of(email), json=body)
        else:
            await self._batch("write", [{"subscriberIdString": email, **body}], channel=False)

    async def unsubscribe_all(self, email: str) -> None:
        """No e-mail of any kind any more. May be repeated."""
        if self._in_urls:
            await self._hub.call("POST", f"{_of(email)}/unsubscribe-all", params=_EMAIL)
        else:
            await self._batch("unsubscribe-all", [email])

    async def _batch(
        self,
        what: str,
        inputs: list[JsonValue],
        shape: TypeAdapter[Any] = shapes.ANYTHING,
        *,
        channel: bool = True,
    ) -> list[Any]:
        path, params = f"{_AT}/statuses/batch/{what}", _EMAIL if channel else {}
        found = await self._hub.json("POST", path, shape, params=params, json={"inputs": inputs})
        self._hub.only_missing(found)
        return list(found["results"])


def _of(email: str) -> str:
    return f"{_AT}/statuses/{quote(email, safe='')}"
