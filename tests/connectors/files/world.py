"""The conformance suite's view of a bucket, and of a folder."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from activities.connectors.files import FolderConnector, S3Connector
from habeas.connector import Connector
from habeas.testing import HttpFaults
from tests.connectors.files.people import (
    ANN,
    CARL,
    COLLECTED,
    COLLECTIONS,
    HOLDINGS,
    NOBODY,
    OTHER,
    PERSON,
    PERSONAL,
    STRAYS,
    bucket_settings,
)
from tests.connectors.files.servers import Server
from tests.connectors.remade import C, Remade


class FilesWorld(Remade[C]):
    """Ann's and Carl's files, and some of nobody's."""

    person = PERSON
    other = OTHER
    nobody = NOBODY
    personal = PERSONAL
    named = False
    collected = COLLECTED

    def fill(self) -> None:
        for whose in (ANN, CARL):
            for name, content in HOLDINGS.items():
                self.put(name.format(whose), content)
        for name, content in STRAYS.items():
            self.put(name, content)

    @abstractmethod
    def put(self, name: str, content: bytes) -> None: ...

    @abstractmethod
    def all(self) -> dict[str, object]:
        """All that is there, by place."""

    async def others(self) -> object:
        return {place: held for place, held in self.all().items() if ANN not in place.casefold()}

    async def theirs(self) -> object:
        return {place: held for place, held in self.all().items() if ANN in place.casefold()}

    async def alter(self) -> None:
        self.put(f"customers/{ANN}/Ann-Arla.txt", b"Something else altogether.")

    async def add(self) -> bool:
        self.put(f"customers/{ANN}/papers/new.txt", b"One more.")
        return True

    async def move(self) -> bool:
        """Whose a file is stands in its name: with another name it is another file."""
        return False

    async def double(self) -> bool:
        """Whoever has a name has all that it stands in: one more file is no account."""
        return False

    async def come_back(self) -> None:
        self.put(f"customers/{ANN}/restored.txt", b"From a backup.")


class BucketWorld(FilesWorld[S3Connector]):
    """In a bucket."""

    def __init__(self, server: Server, bucket: str, faults: HttpFaults, **how: Any) -> None:
        self.server = server
        self.bucket = bucket
        self.faults = faults
        self.s3 = server.s3
        self._how = how
        self.versions = bool(how.get("versions", True))
        self.connector = self.made()

    def connected(self, **more: Any) -> S3Connector:
        assert self.faults is not None
        written = bucket_settings(self.server, self.bucket, self.faults.url) | self._how | more
        return S3Connector.from_settings("files", written)

    def put(self, name: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=name, Body=content)

    def delete(self, name: str) -> None:
        self.s3.delete_object(Bucket=self.bucket, Key=name)

    def upload(self, name: str) -> None:
        """Begin an upload, send a part, and never come back."""
        begun = self.s3.create_multipart_upload(Bucket=self.bucket, Key=name)["UploadId"]
        self.s3.upload_part(Bucket=self.bucket, Key=name, UploadId=begun, PartNumber=1, Body=b"Half of it.")

    def live(self) -> None:
        """What years of use leave behind: older versions, deleted files, uploads that broke off."""
        for whose in (ANN, CARL):
            self.put(f"exports/{whose}.zip", b"PK\x05\x06" + bytes(17) + b"2")
            self.put(f"customers/{whose}/gone.txt", b"Deleted long ago.")
            self.delete(f"customers/{whose}/gone.txt")
            self.upload(f"customers/{whose}/half.bin")

    def all(self) -> dict[str, object]:
        found: dict[str, object] = {}
        if self.versions:
            listed = self.s3.list_object_versions(Bucket=self.bucket)
            for one in listed.get("Versions", []):
                found[f"{one['Key']}?{one['VersionId']}"] = one["ETag"]
            for one in listed.get("DeleteMarkers", []):
                found[f"{one['Key']}?{one['VersionId']}"] = "marker"
        else:
            for one in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", []):
                found[one["Key"]] = one["ETag"]
        for one in self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []):
            found[f"{one['Key']}?upload={one['UploadId']}"] = "upload"
        return found

    async def stand_in_the_way(self) -> None:
        self.s3.put_object_legal_hold(Bucket=self.bucket, Key=f"exports/{ANN}.zip", LegalHold={"Status": "ON"})

    @asynccontextmanager
    async def without_access(self) -> AsyncIterator[Connector]:
        locked_out = self.made(secret_access_key="not-the-secret")
        yield locked_out
        await locked_out.aclose()


class FolderWorld(FilesWorld[FolderConnector]):
    """In a folder."""

    def __init__(self, root: Path, **more: Any) -> None:
        self.root = root
        self._more = more
        self.connector = self.made()

    def connected(self, **more: Any) -> FolderConnector:
        given = {"path": str(self.root), "collections": COLLECTIONS, **self._more}
        return FolderConnector.from_settings("files", given)

    async def spoil(self) -> bool:
        folder, elsewhere = self.root / "customers", self.root.with_name("elsewhere")
        folder.rename(elsewhere)
        folder.symlink_to(elsewhere)
        return True

    @asynccontextmanager
    async def away(self) -> AsyncIterator[Connector | None]:
        """Its disk is not mounted."""
        elsewhere = self.root.rename(self.root.with_name("elsewhere"))
        yield self.connector
        elsewhere.rename(self.root)

    def put(self, name: str, content: bytes) -> None:
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def all(self) -> dict[str, object]:
        return {
            place.relative_to(self.root).as_posix(): place.read_bytes() if place.is_file() else None
            for place in self.root.rglob("*")
        }
