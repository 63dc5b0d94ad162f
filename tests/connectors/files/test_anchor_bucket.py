"""Anchors in a bucket: written once each, locked, and what was there first is what counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from activities.anchor_bucket import BucketPlace
from activities.anchor_places import AnchorsDiffer, PlaceUnavailable
from tests.connectors.files.servers import REGION, Server

LINES = [f'{{"number":{number}}}\n'.encode() for number in range(1, 4)]


async def test_each_is_written_once_and_locked(amazon: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = amazon.bucket(locks=True)
    for name, value in {
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": amazon.url,
        "AWS_ACCESS_KEY_ID": amazon.key,
        "AWS_SECRET_ACCESS_KEY": amazon.secret,
    }.items():
        monkeypatch.setenv(name, value)
    place = BucketPlace(bucket, "evidence", timedelta(days=30))
    try:
        assert (await place.known(LINES), await place.read()) == (0, b"")
        await place.append(LINES[:2], 0)
        assert await place.known(LINES) == 2
        with pytest.raises(PlaceUnavailable, match="meanwhile"):
            await place.append(LINES, 1)
        await place.append(LINES, 2)
        assert (await place.known(LINES), await place.read()) == (3, b"".join(LINES))

        key = "evidence/anchor-0000000003.json"
        held = amazon.s3.head_object(Bucket=bucket, Key=key)
        assert held["ObjectLockMode"] == "COMPLIANCE"
        assert held["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=29)
        with pytest.raises(ClientError):
            amazon.s3.delete_object(Bucket=bucket, Key=key, VersionId=held["VersionId"])

        # Whoever may write can put something over it, or a mark that it is deleted; the first stays what it is.
        amazon.s3.put_object(Bucket=bucket, Key=key, Body=b"{}\n")
        assert await place.read() == b"".join(LINES)
        with pytest.raises(AnchorsDiffer):
            await place.known(LINES)
        amazon.s3.delete_object(Bucket=bucket, Key=key)
        assert await place.read() == b"".join(LINES)
        with pytest.raises(AnchorsDiffer):
            await place.known(LINES[:1])
    finally:
        await place.aclose()


async def test_a_bucket_that_is_not_there_is_said_so(amazon: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", amazon.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", amazon.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", amazon.secret)
    place = BucketPlace("nowhere-at-all", "", timedelta())
    try:
        with pytest.raises(PlaceUnavailable):
            await place.read()
    finally:
        await place.aclose()
