"""Whether a bucket lets us do what we will need: each permission tried on a name that nothing has.

What each operation needs: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Collection
from http import HTTPStatus

from activities.connectors.api import Refused
from activities.connectors.files.s3.bucket import Bucket, Row
from activities.connectors.files.s3.settings import S3Settings

__all__ = ["has_locks", "wrong"]

_NOT_THERE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)
_WRONG_REGION = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
_CREDENTIALS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}


async def has_locks(bucket: Bucket) -> bool:
    """Whether Object Lock is on.

    Raises:
        Refused: the permission s3:GetBucketObjectLockConfiguration is missing.
    """
    answer, _ = await bucket.call("GetObjectLockConfiguration", also=_NOT_THERE)
    return answer.status == HTTPStatus.OK


async def wrong(bucket: Bucket, settings: S3Settings, folders: Collection[str]) -> tuple[list[str], list[str]]:
    """See `Store.wrong`."""
    try:
        return [one async for one in _wrong(bucket, settings, folders)], _untried(settings)
    except Refused as error:
        return [_told(error)], []


async def _wrong(bucket: Bucket, settings: S3Settings, folders: Collection[str]) -> AsyncIterator[str]:
    listing = "s3:ListBucketVersions" if settings.versions else "s3:ListBucket"
    for folder in folders:
        where = f"`{folder or '*'}`"
        found: Row = {}
        try:
            async for page in bucket.pages(_list(settings), {"Prefix": folder}, most=1):
                found = page
                break
        except Refused as error:
            if _is_about_more(error):
                raise
            yield f"The credentials lack {listing}, for names below {where}."
            continue
        if settings.uploads and await _refused(bucket, "ListMultipartUploads", MaxUploads=1, Prefix=folder):
            yield f"The credentials lack s3:ListBucketMultipartUploads, for names below {where}."
        async for permission in _on_names(bucket, settings, folder, found):
            yield f"The credentials lack {permission}, for names below {where}."
    async for told in _on_bucket(bucket, settings):
        yield told


async def _on_names(bucket: Bucket, settings: S3Settings, folder: str, found: Row) -> AsyncIterator[str]:
    nothing = f"{folder}habeas-check-{secrets.token_hex(16)}"
    if await _refused(bucket, "GetObject", Key=nothing):
        yield "s3:GetObject"
    for one in found.get("Versions", ())[:1]:
        if await _refused(bucket, "HeadObject", Key=one["Key"], VersionId=one["VersionId"]):
            yield "s3:GetObjectVersion"
    if settings.uploads and await _refused(bucket, "AbortMultipartUpload", Key=nothing, UploadId=secrets.token_hex(16)):
        yield "s3:AbortMultipartUpload"
    # The version "null" is one that a name without versions has. Deleting one that is not there leaves no marker.
    how = {"VersionId": "null"} if settings.versions else {}
    if await _refused(bucket, "DeleteObject", Key=nothing, **how):
        yield "s3:DeleteObjectVersion" if settings.versions else "s3:DeleteObject"


async def _on_bucket(bucket: Bucket, settings: S3Settings) -> AsyncIterator[str]:
    try:
        _, said = await bucket.call("GetBucketVersioning", also=_NOT_THERE)
    except Refused:
        yield "The credentials lack s3:GetBucketVersioning."
        return
    if said.get("MFADelete") == "Enabled":
        yield "The bucket lets nobody delete a version without a second factor (MFA delete): nothing can be erased."
    if said.get("Status") and not settings.versions:
        yield "The bucket keeps versions: set `versions = true`, or what is deleted stays."
    if settings.versions and await _refused(bucket, "GetObjectLockConfiguration"):
        yield "The credentials lack s3:GetBucketObjectLockConfiguration."


def _untried(settings: S3Settings) -> list[str]:
    if not settings.versions:
        return []
    return ["s3:DeleteObject", "s3:GetObjectVersionTagging", "s3:GetObjectRetention", "s3:GetObjectLegalHold"]


def _list(settings: S3Settings) -> str:
    return "ListObjectVersions" if settings.versions else "ListObjectsV2"


async def _refused(bucket: Bucket, operation: str, **values: object) -> bool:
    try:
        await bucket.call(operation, values, (*_NOT_THERE, HTTPStatus.BAD_REQUEST))
    except Refused as error:
        if _is_about_more(error):
            raise
        return True
    return False


def _is_about_more(error: Refused) -> bool:
    """Whether it is more than one permission that is missing."""
    return error.status != HTTPStatus.FORBIDDEN or bool(_CREDENTIALS & set(error.codes))


def _told(error: Refused) -> str:
    if _CREDENTIALS & set(error.codes):
        return f"The server does not know the credentials ({', '.join(error.codes)})."
    if "NoSuchBucket" in error.codes:
        return "There is no such bucket (`bucket`)."
    if _WRONG_REGION & set(error.codes):
        return "The bucket is in another region (`region`)."
    return error.detail
