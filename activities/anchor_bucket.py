"""Anchors in a bucket: one object for each, written once, and locked where that is asked for.

Whoever may write to the bucket can put another version over an anchor; what was there first is still there while it is
locked, and is what counts here.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from activities.anchor_places import AnchorPlace, AnchorsDiffer, PlaceUnavailable
from activities.connectors.files.s3.bucket import Bucket
from activities.connectors.files.s3.settings import BucketSettings
from habeas.errors import ConfigurationError, HabeasError

__all__ = ["BucketPlace"]

_NEAR = 500
"""Anchors among which the last one is looked for first."""
_SYSTEM = "evidence"


class BucketPlace(AnchorPlace):
    """A bucket, by AWS's own variables: ``AWS_REGION``, ``AWS_ENDPOINT_URL`` and those of credentials.

    Raises:
        ConfigurationError: a variable is missing or wrong, or Amazon's library is.
    """

    def __init__(self, bucket: str, prefix: str, lock: timedelta) -> None:
        try:
            settings = BucketSettings(
                bucket=bucket,
                region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
                url=os.environ.get("AWS_ENDPOINT_URL"),
                credentials="ambient",
            )
        except ValidationError:
            raise ConfigurationError("`evidence.anchors`: the bucket's name, or AWS_REGION, is not one.") from None
        self._bucket = Bucket(_SYSTEM, settings)
        self._prefix = f"{prefix}/" if prefix else ""
        self._lock = lock

    async def read(self) -> bytes:
        """As `AnchorPlace.read`; of each anchor the version that was there first."""
        first: dict[str, Any] = {}
        async with _answers():
            async for page in self._bucket.pages("ListObjectVersions", {"Prefix": f"{self._prefix}anchor-"}):
                for row in page.get("Versions", ()):
                    known = first.get(row["Key"])
                    # Of one key the newest come first; a second may hold several.
                    if known is None or row["LastModified"] <= known["LastModified"]:
                        first[row["Key"]] = row
            lines = [await self._get(key, VersionId=row["VersionId"]) for key, row in sorted(first.items())]
        return b"".join(lines)

    async def known(self, lines: Sequence[bytes]) -> int:
        """As `AnchorPlace.known`: the last one has the hash of all before."""
        async with _answers():
            last = await self._last(self._name(len(lines) - _NEAR)) if len(lines) > _NEAR else None
            last = last or await self._last(None)
            if last is None:
                return 0
            number = self._number(last)
            if number > len(lines) or await self._get(last) != lines[number - 1]:
                raise AnchorsDiffer
        return number

    async def append(self, lines: Sequence[bytes], known: int) -> None:
        """As `AnchorPlace.append`."""
        for number, line in enumerate(lines[known:], start=known + 1):
            await self._put(self._name(number), line, "application/json")

    async def keep_stamp(self, number: int, stamp: bytes) -> None:
        """As `AnchorPlace.keep_stamp`."""
        await self._put(f"{self._prefix}stamp-{number:010}.tsr", stamp, "application/timestamp-reply")

    async def _put(self, name: str, content: bytes, media_type: str) -> None:
        values: dict[str, Any] = {
            "Key": name,
            "Body": content,
            "ContentMD5": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
            "ContentType": media_type,
            "IfNoneMatch": "*",
        }
        if self._lock:
            until = datetime.now(UTC) + self._lock
            values |= {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        async with _answers():
            answer, _ = await self._bucket.call("PutObject", values, also=(HTTPStatus.PRECONDITION_FAILED,))
        if answer.status == HTTPStatus.PRECONDITION_FAILED:
            raise PlaceUnavailable("Another process wrote there meanwhile.")

    async def aclose(self) -> None:
        """As `AnchorPlace.aclose`."""
        await self._bucket.aclose()

    async def _last(self, after: str | None) -> str | None:
        """The last name in the bucket's order, which is that of the numbers."""
        last, begin = None, {} if after is None else {"StartAfter": after}
        async for page in self._bucket.pages("ListObjectsV2", {"Prefix": f"{self._prefix}anchor-", **begin}):
            for row in page.get("Contents", ()):
                last = str(row["Key"])
        return last

    async def _get(self, key: str, **more: str) -> bytes:
        answer, _ = await self._bucket.call("GetObject", {"Key": key, **more})
        return answer.content

    def _name(self, number: int) -> str:
        return f"{self._prefix}anchor-{number:010}.json"

    def _number(self, name: str) -> int:
        digits = name.removeprefix(f"{self._prefix}anchor-").removesuffix(".json")
        if not digits.isdecimal() or not int(digits):
            raise AnchorsDiffer
        return int(digits)


@asynccontextmanager
async def _answers() -> AsyncIterator[None]:
    """What the bucket's client says as what a place says."""
    try:
        yield
    except (AnchorsDiffer, PlaceUnavailable):
        raise
    except HabeasError as error:
        raise PlaceUnavailable(f"The bucket does not serve it ({error.code}).") from None
