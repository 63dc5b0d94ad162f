"""A bucket as a place where files lie: versions, delete markers, unfinished uploads, locks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from pydantic import JsonValue

from activities.connectors.api import Answer, Refused
from activities.connectors.files.s3 import health
from activities.connectors.files.s3.bucket import Bucket, Row
from activities.connectors.files.s3.settings import S3Settings
from activities.connectors.files.store import Content, Held, Kind, Obstacle, Stored
from habeas.errors import Quarantine, Terminal

__all__ = ["S3Store"]

_MEGABYTE = 1024 * 1024
_ENABLED = "Enabled"
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
"""Of a version that is a delete marker S3 says 405 (API_GetObject)."""
_CHANGED = (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT)
_SETTLED = (*_GONE, *_CHANGED)
_MARKED = "x-amz-delete-marker"
"""The header by which DeleteObject says that the file stays, as an older version behind a marker (API_DeleteObject)."""
_UNREADABLE = {"InvalidObjectState": "archived", "InvalidRequest": "encrypted_with_customers_key"}
"""What GetObject says of an object in an archive, and of one that only its own key opens (API_GetObject)."""


class S3Store:
    """One bucket, all versions of everything in it."""

    def __init__(self, system: str, settings: S3Settings) -> None:
        self._system = system
        self._settings = settings
        self._bucket = Bucket(system, settings)
        self._most = settings.max_answer_mb * _MEGABYTE
        self._locks: bool | None = None

    async def listed(self, folder: str, start: str, *, deep: bool) -> AsyncIterator[Held]:
        """See `Store.listed`."""
        how = {"Prefix": folder + start} | ({} if deep else {"Delimiter": "/"})
        folders: set[str] = set()
        async for held in self._held(how):
            if not held.key.startswith(folder + start):
                continue
            # Some servers look further down than the delimiter lets them.
            end = -1 if deep or held.key == folder else held.key.find("/", len(folder))
            if end < 0:
                yield held
            elif held.key[: end + 1] not in folders:
                folders.add(held.key[: end + 1])
                yield Held(held.key[: end + 1])

    async def at(self, key: str, *, upload: bool = False) -> AsyncIterator[Stored]:
        """See `Store.at`."""
        found = self._uploads({"Prefix": key}) if upload else self._objects({"Prefix": key})
        async for held in found:
            if held.key == key:
                for one in held.things:
                    yield one
            elif held.key > key and not upload:  # the name itself is listed before all that begin with it
                return

    async def read(self, stored: Stored) -> Content | str | None:
        """See `Store.read`."""
        if stored.size > self._most:
            detail = f"A file of {self._system} is longer than {self._most // _MEGABYTE} MB (`max_answer_mb`)."
            raise Quarantine(detail, system=self._system)
        try:
            answer, found = await self._bucket.call("GetObject", _which(stored), _GONE)
        except Refused as error:
            reason = next((_UNREADABLE[code] for code in error.codes if code in _UNREADABLE), None)
            if reason is None:
                raise self._named(error, "s3:GetObjectVersion" if stored.id else "s3:GetObject") from None
            return reason
        if answer.status in _GONE:
            return None
        told: dict[str, JsonValue] = {"noted_type": found["ContentType"]} if found.get("ContentType") else {}
        if found.get("Metadata"):
            told["metadata"] = dict(found["Metadata"])
        if found.get("TagCount"):
            told["tags"] = await self._tags(stored)
        return Content(answer.content, told)

    async def delete(self, stored: Stored, others: Collection[str]) -> Obstacle | None:
        """See `Store.delete`."""
        if stored.kind is Kind.UPLOAD:
            await self._try("AbortMultipartUpload", "s3:AbortMultipartUpload", Key=stored.key, UploadId=stored.id)
            return None
        stays = await self.obstacle(stored)
        if stays is not None:
            return stays
        status = (await health.versioning(self._bucket)).get("Status") if self._settings.versions else None
        how = _which(stored)
        if status is None:  # there is one version only: whoever wrote it anew meanwhile is not to lose it
            how = {"Key": stored.key} | ({"IfMatch": stored.mark} if stored.kind is Kind.FILE else {})
        elif status == _ENABLED and stored.current and await self._is_one_of_many(stored):
            # Else the version before it would be what the name stands for again.
            await self._try("DeleteObject", "s3:DeleteObject", Key=stored.key)
        try:
            permission = "s3:DeleteObjectVersion" if "VersionId" in how else "s3:DeleteObject"
            answer = await self._try("DeleteObject", permission, **how)
            if not self._settings.versions and _MARKED in answer.headers:
                raise self._versioned()
        except Terminal:
            stays = await self._refusal() if self._settings.versions else None
            if stays is None:
                raise
            return stays
        return Obstacle("drifted") if answer.status in _CHANGED else None

    async def left_over(self, key: str, bearing: int) -> bool:
        """See `Store.left_over`."""
        found = [one async for one in self.at(key)] if self._settings.versions else []
        return bool(found) and all(one.kind is Kind.MARKER for one in found)

    async def clear(self, key: str, bearing: int) -> None:
        """See `Store.clear`."""
        found = [one async for one in self.at(key)] if self._settings.versions else []
        if all(one.kind is Kind.MARKER for one in found):
            for one in found:
                await self._try("DeleteObject", "s3:DeleteObjectVersion", Key=key, VersionId=one.id)

    async def obstacle(self, stored: Stored) -> Obstacle | None:
        """See `Store.obstacle`: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html."""
        if stored.kind is not Kind.FILE or not await self.locks():
            return None
        try:
            answer, found = await self._bucket.call("HeadObject", _which(stored), _GONE)
        except Refused as error:
            raise self._named(error, "s3:GetObjectVersion") from None
        if answer.status in _GONE:
            return None
        if found.get("ObjectLockLegalHoldStatus") == "ON":
            return Obstacle("legal_hold")
        until = found.get("ObjectLockRetainUntilDate")
        return Obstacle("object_lock", until.date()) if until and not _is_over(until, answer.headers) else None

    async def locks(self) -> bool:
        """Whether anything in this bucket can be locked."""
        if self._locks is None:
            self._locks = self._settings.versions and await health.has_locks(self._bucket)
        return self._locks

    async def ready(self, folders: Collection[str]) -> None:
        """See `Store.ready`. A bucket knows no folders; one that is not there says so when it is listed.

        Raises:
            Terminal: it keeps versions, and the settings say that it does not: those would neither be found nor erased.
        """
        if self._settings.versions:
            return
        try:
            kept = await health.keeps_versions(self._bucket)
        except Refused as error:
            raise self._named(error, "s3:GetBucketVersioning") from None
        if kept:
            raise self._versioned()

    async def wrong(self, folders: Collection[str]) -> tuple[list[str], list[str]]:
        """See `Store.wrong`."""
        return await health.wrong(self._bucket, self._settings, folders)

    async def aclose(self) -> None:
        """Give back connections."""
        await self._bucket.aclose()

    async def _held(self, how: Mapping[str, str]) -> AsyncIterator[Held]:
        async for held in self._objects(how):
            yield held
        async for held in self._uploads(how):
            yield held

    async def _objects(self, how: Mapping[str, str]) -> AsyncIterator[Held]:
        """Names with all their versions, which may go on on the next page. A marker counts where nothing else is."""
        listed = "ListObjectVersions" if self._settings.versions else "ListObjectsV2"
        found: dict[str, list[Stored]] = {}
        async for page in self._bucket.pages(listed, how):
            for row in page.get("CommonPrefixes", ()):
                yield Held(row["Prefix"])
            for row in (*page.get("Contents", ()), *page.get("Versions", ())):
                found.setdefault(row["Key"], []).append(_stored(row, Kind.FILE))
            for row in page.get("DeleteMarkers", ()):
                found.setdefault(row["Key"], []).append(_stored(row, Kind.MARKER))
            for key in sorted(found, key=str.encode)[:-1]:
                yield _of(key, found.pop(key))
        for key, things in found.items():
            yield _of(key, things)

    async def _uploads(self, how: Mapping[str, str]) -> AsyncIterator[Held]:
        """Parts that were uploaded and never put together: no list of objects shows them."""
        if not self._settings.uploads:
            return
        async for page in self._bucket.pages("ListMultipartUploads", how):
            for row in page.get("CommonPrefixes", ()):
                yield Held(row["Prefix"])
            for row in page.get("Uploads", ()):
                stored = Stored(key=row["Key"], kind=Kind.UPLOAD, modified=row["Initiated"], id=row["UploadId"])
                yield Held(row["Key"], (stored,))

    async def _tags(self, stored: Stored) -> dict[str, JsonValue]:
        try:
            _, found = await self._bucket.call("GetObjectTagging", _which(stored))
        except Refused as error:
            raise self._named(error, "s3:GetObjectVersionTagging" if stored.id else "s3:GetObjectTagging") from None
        return {str(one["Key"]): str(one["Value"]) for one in found.get("TagSet", ())}

    async def _is_one_of_many(self, stored: Stored) -> bool:
        return len([one async for one in self.at(stored.key)]) > 1

    async def _try(self, operation: str, permission: str, **values: str) -> Answer:
        try:
            return (await self._bucket.call(operation, values, _SETTLED))[0]
        except Refused as error:
            raise self._named(error, permission) from None

    async def _refusal(self) -> Obstacle | None:
        """Why one version was not deleted, if it is the bucket that does not let anybody.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
        """
        said = await health.versioning(self._bucket)
        return Obstacle("mfa_delete") if said.get("MFADelete") == _ENABLED else None

    def _versioned(self) -> Terminal:
        detail = f"The bucket of {self._system} keeps versions, which `versions = false` looks past: set it to true."
        return Terminal(detail, system=self._system)

    def _named(self, error: Refused, permission: str) -> Terminal:
        if error.status != HTTPStatus.FORBIDDEN:
            return error
        codes = f" ({', '.join(error.codes)})" if error.codes else ""
        detail = f"{self._system} does not let our credentials do this{codes}: they may lack {permission}."
        return Terminal(detail, system=self._system)


def _stored(row: Row, kind: Kind) -> Stored:
    return Stored(
        key=row["Key"],
        kind=kind,
        modified=row["LastModified"],
        size=row.get("Size", 0),
        id=row.get("VersionId", ""),
        mark=row.get("ETag", ""),
        current=row.get("IsLatest", True),
    )


def _of(key: str, things: list[Stored]) -> Held:
    versions = tuple(one for one in things if one.kind is not Kind.MARKER)
    return Held(key, versions or tuple(things))


def _which(stored: Stored) -> dict[str, str]:
    return {"Key": stored.key} | ({"VersionId": stored.id} if stored.id else {})


def _is_over(until: datetime, headers: Mapping[str, str]) -> bool:
    """Whether a lock has ended, by the clock of who holds it; without one it has not."""
    try:
        return until <= parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return False
