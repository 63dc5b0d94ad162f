"""Where collected pages and packages are kept: a folder, or a bucket. Holds encrypted bytes only.

Paths name nobody: ``requests/<id>/collected/<system>/<n:06d>.page``, ``requests/<id>/package/<artifact-id>``.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore, S3Store

from habeas.errors import ConfigurationError, HabeasError, StorageFull, Transient

__all__ = ["BucketStorage", "FolderStorage", "Storage", "StorageMissing", "StorageUnavailable"]

CHUNK_BYTES = 1024 * 1024
PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 2
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_INCOMING = ".incoming"
_LEFT_BEHIND_AFTER = 24 * 3600.0  # seconds
P = ParamSpec("P")
T = TypeVar("T")


class StorageMissing(HabeasError):
    """A stored file is not there."""

    code = "storage_missing"
    remedy = "Look for {path} in the storage and in its last backup; what it held can also be made again."


class StorageUnavailable(Transient):
    """The storage does not answer, or refuses."""

    code = "storage_unavailable"
    remedy = "Check `storage.url`, its credentials and that it is mounted or reachable; the step goes on by itself."


class Storage(ABC):
    """Files by path. A path is there whole or not at all."""

    @staticmethod
    def from_url(url: str) -> Storage:
        """A storage at ``file:///folder`` or ``s3://bucket/prefix`` (credentials as AWS's own variables say).

        Raises:
            ConfigurationError: another kind of URL, or one that does not fit its kind.
        """
        parts = urlsplit(url)
        if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path.startswith("/"):
            return FolderStorage(Path(unquote(parts.path)))
        if parts.scheme == "s3" and parts.netloc:
            try:
                return BucketStorage(S3Store.from_url(url))
            except (BaseError, ValueError):
                raise ConfigurationError("The storage's URL is not of the form s3://bucket/prefix.") from None
        raise ConfigurationError("The storage's URL is neither file:///folder nor s3://bucket/prefix.")

    @abstractmethod
    async def put(self, path: str, source: AsyncIterable[bytes]) -> int:
        """Write a file from a stream, in bounded memory; in place of an older one, once it is complete.

        Returns:
            The number of bytes.

        Raises:
            StorageFull: no room; nothing of it is left behind.
            StorageUnavailable: the storage does not take it.
            Whatever the source raises: then nothing is written.
        """

    @abstractmethod
    def get(self, path: str) -> AsyncGenerator[bytes, None]:
        """A file's bytes in chunks.

        Raises:
            StorageMissing: at the first chunk.
            StorageUnavailable: the storage does not give it.
        """

    @abstractmethod
    async def exists(self, path: str) -> bool:
        """Whether there is a file of this path."""

    @abstractmethod
    async def list(self, prefix: str) -> tuple[str, ...]:
        """The paths of all files in this folder and below it, sorted."""

    @abstractmethod
    async def delete_prefix(self, prefix: str) -> None:
        """Remove the file or folder of this path and all below it; nothing there is no error."""


class FolderStorage(Storage):
    """Files in a folder of this machine: mode 0600 in folders of mode 0700, flushed to the disk before they count.

    obstore's own local store keeps neither promise, which is why it is not used here.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._swept = False

    async def put(self, path: str, source: AsyncIterable[bytes]) -> int:
        """As `Storage.put`."""
        target = self._root / checked(path)
        draft = _Handle(self._root / _INCOMING / secrets.token_hex(16))
        try:
            with _folder_errors():
                await _in_thread(self._create, draft)
            size = await _copy(source, draft)
            with _folder_errors():
                await _in_thread(draft.publish, target, self._root)
        finally:
            draft.discard()
        return size

    async def get(self, path: str) -> AsyncGenerator[bytes, None]:
        """As `Storage.get`."""
        handle = _Handle(self._root / checked(path))
        try:
            with _folder_errors(path):
                await _in_thread(handle.open)
            while True:
                with _folder_errors(path):
                    chunk = await _in_thread(handle.read)
                if not chunk:
                    return
                yield chunk
        finally:
            handle.close()

    async def exists(self, path: str) -> bool:
        """As `Storage.exists`."""
        return await _in_thread((self._root / checked(path)).is_file)

    async def list(self, prefix: str) -> tuple[str, ...]:
        """As `Storage.list`."""
        with _folder_errors(prefix):
            return await _in_thread(self._paths, self._root / checked(prefix))

    async def delete_prefix(self, prefix: str) -> None:
        """As `Storage.delete_prefix`."""
        with _folder_errors(prefix):
            await _in_thread(_remove, self._root / checked(prefix))

    def _paths(self, folder: Path) -> tuple[str, ...]:
        found = (each for each in folder.rglob("*") if each.is_file())
        return tuple(sorted(each.relative_to(self._root).as_posix() for each in found))

    def _create(self, draft: _Handle) -> None:
        """Open a file that nobody sees yet, on the same file system as its later place."""
        incoming = draft.path.parent
        _make_folders(incoming, self._root)
        if not self._swept:
            self._swept = True
            _sweep(incoming, time.time() - _LEFT_BEHIND_AFTER)
        draft.create()


class BucketStorage(Storage):
    """Files in a bucket, by obstore: uploaded in parts, visible only when all are there."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, path: str, source: AsyncIterable[bytes]) -> int:
        """As `Storage.put`."""
        counted = _Counted(source)
        try:
            with _bucket_errors():
                await obstore.put_async(
                    self._store,
                    checked(path),
                    counted.chunks(),
                    use_multipart=True,
                    chunk_size=PART_BYTES,
                    max_concurrency=PARTS_AT_ONCE,
                )
        except StorageUnavailable:
            if counted.error is not None:
                raise counted.error from None
            raise
        return counted.size

    async def get(self, path: str) -> AsyncGenerator[bytes, None]:
        """As `Storage.get`."""
        with _bucket_errors(path):
            chunks = (await obstore.get_async(self._store, checked(path))).stream(min_chunk_size=CHUNK_BYTES)
        while True:
            with _bucket_errors(path):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield bytes(chunk)

    async def exists(self, path: str) -> bool:
        """As `Storage.exists`."""
        try:
            with _bucket_errors(path):
                await obstore.head_async(self._store, checked(path))
        except StorageMissing:
            return False
        return True

    async def list(self, prefix: str) -> tuple[str, ...]:
        """As `Storage.list`."""
        with _bucket_errors(prefix):
            return tuple(sorted([each async for each in self._paths(prefix)]))

    async def delete_prefix(self, prefix: str) -> None:
        """As `Storage.delete_prefix`."""
        with _bucket_errors(prefix):
            # The file of exactly this path, too: listing gives only what is below it.
            paths = [each async for each in self._paths(prefix)]
            if await self.exists(prefix):
                paths.append(prefix)
            if paths:
                await obstore.delete_async(self._store, paths)

    async def _paths(self, prefix: str) -> AsyncIterator[str]:
        async for batch in obstore.list(self._store, checked(prefix)):
            for entry in batch:
                yield entry["path"]


class _Counted:
    """A source, how much it gave, and the error that it ended with: that one is not the storage's."""

    def __init__(self, source: AsyncIterable[bytes]) -> None:
        self._source = source
        self.size = 0
        self.error: Exception | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._source:
                self.size += len(chunk)
                yield chunk
        except Exception as error:
            self.error = error
            raise


def checked(path: str) -> str:
    """The path, if it cannot lead out of the storage.

    Raises:
        ValueError: it is empty, absolute, has a hidden or odd part.
    """
    if not _PATH.fullmatch(path):
        raise ValueError("a storage path is made of letters, digits and ._- between single slashes")
    return path


class _Handle:
    """A file of this machine. Made before it is opened, so that whoever is cancelled meanwhile can still close it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._created = False

    def create(self) -> None:
        opened = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._created = True
        self._file = os.fdopen(opened, "wb", buffering=0)

    def open(self) -> None:
        self._file = self.path.open("rb", buffering=0)

    def read(self) -> bytes:
        return self._open_file().read(CHUNK_BYTES)

    def write(self, data: bytes) -> None:
        # On a disk that is nearly full only a part may be written: the next write then says ENOSPC.
        rest, file = memoryview(data), self._open_file()
        while rest:
            rest = rest[file.write(rest) :]

    def publish(self, target: Path, root: Path) -> None:
        """Give it its name, once its bytes are on the disk; the name is on the disk when this returns."""
        os.fsync(self._open_file().fileno())
        self.close()
        _make_folders(target.parent, root)
        self.path.replace(target)
        self._created = False
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def discard(self) -> None:
        """Close it, and remove it if it was created here and not published."""
        self.close()
        if self._created:
            self.path.unlink(missing_ok=True)

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("the file is not open")
        return self._file


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in a thread and, when cancelled, wait for its end: it may be using a file."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _copy(source: AsyncIterable[bytes], draft: _Handle) -> int:
    """Write a stream in pieces big enough to be worth a change of thread."""
    size, waiting = 0, bytearray()
    async for chunk in source:
        waiting += chunk
        size += len(chunk)
        if len(waiting) >= CHUNK_BYTES:
            await _write(draft, waiting)
    await _write(draft, waiting)
    return size


async def _write(draft: _Handle, waiting: bytearray) -> None:
    # The source's own errors are not the disk's: only what is done here is mapped.
    with _folder_errors():
        await _in_thread(draft.write, bytes(waiting))
    waiting.clear()


def _make_folders(folder: Path, root: Path) -> None:
    """Each with mode 0700, whatever the umask (``parents=True`` would give the upper ones the default mode)."""
    if folder == root:
        folder.parent.mkdir(parents=True, exist_ok=True)
    else:
        _make_folders(folder.parent, root)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)


def _remove(place: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()


def _sweep(incoming: Path, before: float) -> None:
    """Remove drafts of processes that were killed long ago."""
    for draft in incoming.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if draft.stat().st_mtime < before:
                draft.unlink()


def _missing(path: str | None) -> StorageMissing | StorageUnavailable:
    return StorageUnavailable("Its folder or bucket is not there.") if path is None else StorageMissing(path=path)


@contextlib.contextmanager
def _folder_errors(path: str | None = None) -> Iterator[None]:
    """Map the system's errors; with a path that is read, also that nothing is there."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError):
        raise _missing(path) from None
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull from None
        raise StorageUnavailable(error.strerror or "") from None


@contextlib.contextmanager
def _bucket_errors(path: str | None = None) -> Iterator[None]:
    """Map obstore's errors; their own texts hold addresses and answers of the server, and stay out."""
    try:
        yield
    except FileNotFoundError:
        raise _missing(path) from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise StorageUnavailable("It refuses the credentials.") from None
    except BaseError:
        raise StorageUnavailable from None
