"""Files of this machine: written whole or not at all, closed to others, on the disk when they have their name."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

CHUNK_BYTES = 1024 * 1024
P = ParamSpec("P")
T = TypeVar("T")


class Handle:
    """A file of this machine. Made before it is opened, so that whoever is cancelled meanwhile can still close it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._created = False

    def create(self) -> None:
        """Make it, mode 0600, and open it for writing. FileExistsError if it is there."""
        opened = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._created = True
        self._file = os.fdopen(opened, "wb", buffering=0)

    def open(self) -> None:
        """Open it for reading."""
        self._file = self.path.open("rb", buffering=0)

    def read(self) -> bytes:
        """Some bytes, none at the end."""
        return self._open_file().read(CHUNK_BYTES)

    def write(self, data: bytes) -> None:
        """Write all of it."""
        # On a disk that is nearly full only a part may be written: the next write then says ENOSPC.
        rest, file = memoryview(data), self._open_file()
        while rest:
            rest = rest[file.write(rest) :]

    def publish(self, target: Path, root: Path) -> None:
        """Give it its name, once its bytes are on the disk; the name is on the disk when this returns."""
        os.fsync(self._open_file().fileno())
        self.close()
        make_folders(target.parent, root)
        self.path.replace(target)
        self._created = False
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Close it, if it is open."""
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


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in a thread and, when cancelled, wait for its end: it may be using a file."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def make_folders(folder: Path, root: Path) -> None:
    """Each with mode 0700, whatever the umask (``parents=True`` would give the upper ones the default mode)."""
    if folder == root:
        folder.parent.mkdir(parents=True, exist_ok=True)
    else:
        make_folders(folder.parent, root)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)


def remove(place: Path) -> None:
    """Remove a file, or a folder with all in it; nothing there is no error."""
    with contextlib.suppress(FileNotFoundError):
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()


def sweep(incoming: Path, before: float) -> None:
    """Remove drafts of processes that were killed long ago."""
    for draft in incoming.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if draft.stat().st_mtime < before:
                draft.unlink()
