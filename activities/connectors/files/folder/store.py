"""A folder as a place where files lie: hard links, links, folders that are left empty, rights that are missing."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Callable, Collection
from typing import ParamSpec, TypeVar

from activities.connectors.files.folder.settings import FolderSettings
from activities.connectors.files.folder.tree import RootMissing, Tree, stored_of
from activities.connectors.files.store import Content, Held, Kind, Obstacle, Stored
from activities.files import in_thread
from habeas.errors import Quarantine, Terminal, Transient

__all__ = ["FolderStore"]

P = ParamSpec("P")
T = TypeVar("T")

_MEGABYTE = 1024 * 1024
_REASONS = {
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EROFS: "read_only",
    errno.EBUSY: "in_use",
    errno.ETXTBSY: "in_use",
}


class FolderStore:
    """Everything below one folder."""

    def __init__(self, system: str, settings: FolderSettings) -> None:
        self._system = system
        self._tree = Tree(settings.path)
        self._most = settings.max_file_mb * _MEGABYTE

    async def listed(self, folder: str, start: str, *, deep: bool) -> AsyncIterator[Held]:
        """See `Store.listed`."""
        entries = await self._do(self._tree.entries, folder)
        if entries is None:
            return
        if not entries and folder:
            status = await self._do(self._tree.status, folder)
            if status is not None:
                yield Held(folder, (stored_of(folder, status),))
        for entry in entries:
            key = folder + entry.name
            if not entry.name.startswith(start):
                continue
            if not entry.is_folder:
                yield Held(key, (stored_of(key, entry.status),))
            elif not deep:
                yield Held(f"{key}/")
            else:
                async for held in self.listed(f"{key}/", "", deep=True):
                    yield held

    async def at(self, key: str, *, upload: bool = False) -> AsyncIterator[Stored]:
        """See `Store.at`. A folder counts while it is empty."""
        status = await self._do(self._tree.status, key)
        if status is None:
            return
        stored = stored_of(key, status)
        if (stored.kind is Kind.FOLDER) != key.endswith("/"):
            return
        if stored.kind is not Kind.FOLDER or await self._do(self._tree.entries, key) == []:
            yield stored

    async def read(self, stored: Stored) -> Content | str | None:
        """See `Store.read`."""
        content = await self._do(self._tree.read, stored.key, self._most)
        if content is not None and len(content) > self._most:
            detail = f"A file of {self._system} is longer than {self._most // _MEGABYTE} MB (`max_file_mb`)."
            raise Quarantine(detail, system=self._system)
        return None if content is None else Content(content)

    async def delete(self, stored: Stored, others: Collection[str]) -> Obstacle | None:
        """See `Store.delete`. A file that has another name besides stays, unless that one goes too."""
        if stored.kind is Kind.FOLDER:
            return None  # `clear` does
        return await self._do(self._delete, stored, others)

    async def left_over(self, key: str, bearing: int) -> bool:
        """See `Store.left_over`."""
        for folder in _folders(key, bearing):
            entries = await self._do(self._tree.entries, folder)
            if entries is not None:
                return not entries
        return False

    async def clear(self, key: str, bearing: int) -> None:
        """See `Store.clear`: folders that bear the identifier, and those in them, if they are empty."""
        for folder in _folders(key, bearing):
            if not await self._do(self._tree.remove_folder, folder):
                return

    async def obstacle(self, stored: Stored) -> Obstacle | None:
        """See `Store.obstacle`."""
        status = await self._do(self._tree.status, stored.key)
        linked = status is not None and stored.kind is Kind.FILE and status.st_nlink > 1
        return Obstacle("hard_linked") if linked else None

    async def ready(self, folders: Collection[str]) -> None:
        """See `Store.ready`. A disk that is not mounted must not look like one on which nothing is."""
        for folder in folders:
            if await self._do(self._tree.may, folder) is None:
                detail = f"{self._system} has no folder `{folder}`: its disk may not be mounted, or a pattern is wrong."
                raise Terminal(detail, system=self._system)

    async def wrong(self, folders: Collection[str]) -> tuple[list[str], list[str]]:
        """See `Store.wrong`."""
        found = []
        for folder in folders:
            where = f"`{folder or '.'}` below the `path` of {self._system}"
            rights = await self._do(self._tree.may, folder)
            if rights is None:
                found.append(f"There is no folder {where}.")
            elif not rights[0]:
                found.append(f"This worker may not read the folder {where}: it needs the rights r and x.")
            elif not rights[1]:
                found.append(f"This worker may not delete in the folder {where}: it needs w and x, on a writable disk.")
        return found, ["deleting in folders below those"]

    async def aclose(self) -> None:
        """Nothing is kept open."""

    def _delete(self, stored: Stored, others: Collection[str]) -> Obstacle | None:
        status = self._tree.status(stored.key)
        if status is None:
            return None
        if stored_of(stored.key, status).fingerprint != stored.fingerprint:
            return Obstacle("drifted")
        if stored.kind is Kind.FILE and status.st_nlink > 1 and status.st_nlink > self._names(status, others):
            return Obstacle("hard_linked")
        try:
            self._tree.unlink(stored.key)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in _REASONS:
                raise
            return Obstacle(_REASONS[error.errno])
        return None

    def _names(self, status: os.stat_result, keys: Collection[str]) -> int:
        """How many of these names are names of one file."""
        found = (self._tree.status(key) for key in keys if not key.endswith("/"))
        return sum(one is not None and os.path.samestat(one, status) for one in found)

    async def _do(self, work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """Some blocking work. What the system says of a failure holds names: only its kind gets out.

        Raises:
            Terminal: rights are missing.
            Quarantine: a link stands where a folder was.
            Transient: the folder itself is missing, or anything else.
        """
        try:
            return await in_thread(work, *args, **more)
        except RootMissing:
            detail = f"There is no folder at the `path` of {self._system}: its disk may not be mounted."
            raise Transient(detail, system=self._system) from None
        except PermissionError:
            detail = f"This worker may not read a folder or a file of {self._system}."
            raise Terminal(detail, system=self._system) from None
        except OSError as error:
            if error.errno == errno.ELOOP:
                detail = f"A link stands where {self._system} had a folder. It is not followed."
                raise Quarantine(detail, system=self._system) from None
            name = errno.errorcode.get(error.errno or 0, "?")
            raise Transient(f"The folder of {self._system} cannot be used ({name}).", system=self._system) from None


def _folders(key: str, bearing: int) -> list[str]:
    """The folders on the way to a name that bear its identifier or lie in one that does, the innermost first."""
    parts = key.split("/")[:-1]
    return ["/".join(parts[:count]) + "/" for count in range(len(parts), bearing - 1, -1)]
