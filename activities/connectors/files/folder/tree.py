"""Reaching files below one folder and nowhere else: step by step from its descriptor, and never through a link.

Every name is opened in the folder that was opened before it (openat(2) with O_NOFOLLOW): whoever puts a link in the
place of a folder meanwhile gets an error, and not another file.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from activities.connectors.files.pattern import segments_of
from activities.connectors.files.store import Kind, Stored
from habeas.errors import Quarantine

__all__ = ["Entry", "RootMissing", "Tree", "stored_of"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_GONE = (FileNotFoundError, NotADirectoryError)


class RootMissing(Exception):
    """The folder itself is not there: its disk may not be mounted. That is not the same as no files."""


@dataclass(frozen=True)
class Entry:
    """One name in a folder."""

    name: str = field(repr=False)
    status: os.stat_result

    @property
    def is_folder(self) -> bool:
        """A folder itself, no link to one."""
        return stat.S_ISDIR(self.status.st_mode)


class Tree:
    """The folder. Blocking; names are keys with slashes. Raises OSError, whose text holds names: never let it out."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def entries(self, key: str) -> list[Entry] | None:
        """What lies in a folder, sorted; None if there is no such folder."""
        try:
            with self._folder(_parts(key)) as descriptor:
                names = sorted(os.listdir(descriptor))  # noqa: PTH208  a path knows no descriptors
                return [Entry(name, one) for name in names if (one := _lstat(name, descriptor))]
        except _GONE:
            return None

    def status(self, key: str) -> os.stat_result | None:
        """What is under a name; None if nothing is."""
        *folders, name = _parts(key)
        try:
            with self._folder(folders) as descriptor:
                return _lstat(name, descriptor)
        except _GONE:
            return None

    def read(self, key: str, most: int) -> bytes | None:
        """A file's content, and one byte more than the most if there is more; None if it is no file (any more)."""
        *folders, name = _parts(key)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            with self._folder(folders) as descriptor:
                file = os.open(name, flags, dir_fd=descriptor)
        except _GONE:
            return None
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):  # a link or a pipe took its place
                return None
            raise
        with os.fdopen(file, "rb") as opened:
            return opened.read(most + 1) if stat.S_ISREG(os.fstat(file).st_mode) else None

    def unlink(self, key: str) -> None:
        """Remove a name that is no folder's, and let the disk know."""
        *folders, name = _parts(key)
        with self._folder(folders) as descriptor:
            os.unlink(name, dir_fd=descriptor)
            os.fsync(descriptor)

    def remove_folder(self, key: str) -> bool:
        """Remove a folder if it is empty; whether it has gone."""
        *folders, name = _parts(key)
        try:
            with self._folder(folders) as descriptor:
                os.rmdir(name, dir_fd=descriptor)
                os.fsync(descriptor)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def may(self, key: str) -> tuple[bool, bool] | None:
        """Whether a folder's names may be read, and removed, as far as its rights say; None if it is missing."""
        try:
            with self._folder(_parts(key)) as descriptor:
                readable = os.access(".", os.R_OK | os.X_OK, dir_fd=descriptor, effective_ids=True)
                mounted_read_only = bool(os.fstatvfs(descriptor).f_flag & os.ST_RDONLY)
                return readable, os.access(
                    ".", os.W_OK | os.X_OK, dir_fd=descriptor, effective_ids=True
                ) and not mounted_read_only
        except _GONE:
            return None
        except PermissionError:
            return False, False

    @contextmanager
    def _folder(self, parts: list[str]) -> Iterator[int]:
        try:
            descriptor = os.open(self._root, _FOLDER)
        except _GONE:
            raise RootMissing from None
        try:
            for part in parts:
                inner = _opened(part, descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)


def stored_of(key: str, status: os.stat_result) -> Stored:
    """What is under a name, for the rest of the house."""
    mode = status.st_mode
    kind = Kind.FILE if stat.S_ISREG(mode) else Kind.FOLDER if stat.S_ISDIR(mode) else Kind.LINK
    modified = datetime.fromtimestamp(status.st_mtime_ns // 1_000_000_000, UTC)
    size = status.st_size if kind is Kind.FILE else 0
    return Stored(key=key, kind=kind, modified=modified, size=size, mark=str(status.st_mtime_ns))


def _opened(name: str, descriptor: int) -> int:
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
    except NotADirectoryError:
        status = _lstat(name, descriptor)
        if status is not None and stat.S_ISLNK(status.st_mode):  # Linux says the same of a link as of a file
            raise OSError(errno.ELOOP, "a link") from None
        raise


def _lstat(name: str, descriptor: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _parts(key: str) -> list[str]:
    """The names on the way to it.

    Raises:
        Quarantine: the key is none of a file below this folder.
    """
    parts = segments_of(key) if key else []
    if parts is None:
        raise Quarantine("A key is none of a file's.")
    return parts
