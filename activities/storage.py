"""Where collected pages and packages are kept: a folder, or a bucket. Holds encrypted bytes only.

Paths name nobody: ``requests/<id>/collected/<system>/<n:06d>.page``, ``requests/<id>/package/<artifact-id>``.
"""

from __future__ import annotations

import contextlib
import errno
import re
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore, S3Store

from activities.files import CHUNK_BYTES, Handle, in_thread, make_folders, remove, sweep
from habeas.errors import ConfigurationError, HabeasError, StorageFull, Transient

__all__ = ["BucketStorage", "FolderStorage", "Storage", "StorageMissing", "StorageUnavailable"]

PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 2
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_INCOMING = ".incoming"
_LEFT_BEHIND_AFTER = 24 * 3600.0  # seconds


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
                raise ConfigurationError("`storage.url` is not of the form s3://bucket/prefix.") from None
        raise ConfigurationError("`storage.url` is neither file:///folder nor s3://bucket/prefix.")

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
        draft = Handle(self._root / _INCOMING / secrets.token_hex(16))
        try:
            with _folder_errors():
                await in_thread(self._create, draft)
            size = await _copy(source, draft)
            with _folder_errors():
                await in_thread(draft.publish, target, self._root)
        finally:
            draft.discard()
        return size

    async def get(self, path: str) -> AsyncGenerator[bytes, None]:
        """As `Storage.get`."""
        handle = Handle(self._root / checked(path))
        try:
            with _folder_errors(path):
                await in_thread(handle.open)
            while True:
                with _folder_errors(path):
                    chunk = await in_thread(handle.read)
                if not chunk:
                    return
                yield chunk
        finally:
            handle.close()

    async def exists(self, path: str) -> bool:
        """As `Storage.exists`."""
        return await in_thread((self._root / checked(path)).is_file)

    async def list(self, prefix: str) -> tuple[str, ...]:
        """As `Storage.list`."""
        with _folder_errors(prefix):
            return await in_thread(self._paths, self._root / checked(prefix))

    async def delete_prefix(self, prefix: str) -> None:
        """As `Storage.delete_prefix`."""
        with _folder_errors(prefix):
            await in_thread(remove, self._root / checked(prefix))

    def _paths(self, folder: Path) -> tuple[str, ...]:
        found = (each for each in folder.rglob("*") if each.is_file())
        return tuple(sorted(each.relative_to(self._root).as_posix() for each in found))

    def _create(self, draft: Handle) -> None:
        """Open a file that nobody sees yet, on the same file system as its later place."""
        incoming = draft.path.parent
        make_folders(incoming, self._root)
        if not self._swept:
            self._swept = True
            sweep(incoming, time.time() - _LEFT_BEHIND_AFTER)
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


async def _copy(source: AsyncIterable[bytes], draft: Handle) -> int:
    """Write a stream in pieces big enough to be worth a change of thread."""
    size, waiting = 0, bytearray()
    async for chunk in source:
        waiting += chunk
        size += len(chunk)
        if len(waiting) >= CHUNK_BYTES:
            await _write(draft, waiting)
    await _write(draft, waiting)
    return size


async def _write(draft: Handle, waiting: bytearray) -> None:
    # The source's own errors are not the disk's: only what is done here is mapped.
    with _folder_errors():
        await in_thread(draft.write, bytes(waiting))
    waiting.clear()


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
