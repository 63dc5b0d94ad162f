"""Whether a bucket lets us do what we will need: each permission to read tried on a name that nothing has.

What each operation needs: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html

Nothing but GET is sent. No right to delete can be told without deleting: of a name that nothing has, too, a bucket with
versions notes that it was deleted (https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html).
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Collection, Mapping
from http import HTTPStatus

from activities.connectors.api import Refused
from activities.connectors.files.s3.bucket import Bucket, Row
from activities.connectors.files.s3.settings import S3Settings

__all__ = ["has_locks", "keeps_versions", "versioning", "wrong"]

_NOT_THERE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)
_WRONG_REGION = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
_VERSION = {"VersionId": "null"}
"""The version that a name has which was written without versions."""
_READS: Mapping[bool, tuple[tuple[str, Row, str], ...]] = {
    False: (("GetObject", {}, "s3:GetObject"), ("GetObjectTagging", {}, "s3:GetObjectTagging")),
    True: (
        ("GetObject", {}, "s3:GetObject"),
        ("GetObject", _VERSION, "s3:GetObjectVersion"),
        ("GetObjectTagging", _VERSION, "s3:GetObjectVersionTagging"),
    ),
}
_READS_LOCKS: tuple[tuple[str, Row, str], ...] = (
    ("GetObjectRetention", _VERSION, "s3:GetObjectRetention"),
    ("GetObjectLegalHold", _VERSION, "s3:GetObjectLegalHold"),
)
"""Without them HeadObject is silent about a lock (API_HeadObject)."""
_CREDENTIALS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}


async def has_locks(bucket: Bucket) -> bool:
    """Whether Object Lock is on.

    Raises:
        Refused: the permission s3:GetBucketObjectLockConfiguration is missing.
    """
    answer, _ = await bucket.call("GetObjectLockConfiguration", also=_NOT_THERE)
    return answer.status == HTTPStatus.OK


async def versioning(bucket: Bucket) -> Row:
    """What the bucket says of its versions: its ``Status`` and ``MFADelete``; neither where it never had any.

    A server that knows no versions may take the question for one about its names, and answer those.

    Raises:
        Refused: the permission s3:GetBucketVersioning is missing.
    """
    return (await bucket.call("GetBucketVersioning", also=_NOT_THERE))[1]


async def keeps_versions(bucket: Bucket) -> bool:
    """Whether what is deleted by its name alone stays, as an older version: also where versions were suspended.

    Raises:
        Refused: as `versioning`.
    """
    return bool((await versioning(bucket)).get("Status"))


async def wrong(bucket: Bucket, settings: S3Settings, folders: Collection[str]) -> tuple[list[str], list[str]]:
    """See `Store.wrong`."""
    try:
        return [one async for one in _wrong(bucket, settings, folders)], _untried(settings)
    except Refused as error:
        return [_told(error)], []


async def _wrong(bucket: Bucket, settings: S3Settings, folders: Collection[str]) -> AsyncIterator[str]:
    reads = _READS[settings.versions]
    if settings.versions:
        if await _refused(bucket, "GetObjectLockConfiguration"):
            yield "The credentials lack s3:GetBucketObjectLockConfiguration."
        elif await has_locks(bucket):
            reads += _READS_LOCKS
    for folder in folders:
        async for permission in _on_names(bucket, settings, folder, reads):
            yield f"The credentials lack {permission}, for names below `{folder or '*'}`."
    if await _refused(bucket, "GetBucketVersioning"):
        yield "The credentials lack s3:GetBucketVersioning."
        return
    said = await versioning(bucket)
    if said.get("MFADelete") == "Enabled":
        yield "The bucket lets nobody delete a version without a second factor (MFA delete): nothing can be erased."
    if said.get("Status") and not settings.versions:
        yield "The bucket keeps versions: set `versions = true`; until then nothing is looked for or erased in it."


async def _on_names(
    bucket: Bucket, settings: S3Settings, folder: str, reads: tuple[tuple[str, Row, str], ...]
) -> AsyncIterator[str]:
    if settings.versions and await _unlisted(bucket, "ListObjectVersions", folder):
        yield "s3:ListBucketVersions"
    if settings.uploads and await _refused(bucket, "ListMultipartUploads", MaxUploads=1, Prefix=folder):
        yield "s3:ListBucketMultipartUploads"
    if await _unlisted(bucket, "ListObjectsV2", folder):
        # Without it what is not there is answered as what is forbidden (API_GetObject): no other can be told.
        yield f"s3:ListBucket, without which it cannot be told whether {', '.join(one[2] for one in reads)} are there"
        return
    nothing = f"{folder}habeas-check-{secrets.token_hex(16)}"
    for operation, more, permission in reads:
        if await _refused(bucket, operation, Key=nothing, **more):
            yield permission


async def _unlisted(bucket: Bucket, operation: str, folder: str) -> bool:
    try:
        async for _ in bucket.pages(operation, {"Prefix": folder}, most=1):
            break
    except Refused as error:
        if _is_about_more(error):
            raise
        return True
    return False


def _untried(settings: S3Settings) -> list[str]:
    deleting = ["s3:DeleteObject", *(["s3:DeleteObjectVersion"] if settings.versions else [])]
    return [*deleting, *(["s3:AbortMultipartUpload"] if settings.uploads else [])]


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
