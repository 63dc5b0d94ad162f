"""What a place where files lie can do: the same for a bucket and for a folder."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from activities.connectors.api.erasure import fingerprint
from habeas.errors import Quarantine
from habeas.outcomes import Fate, ObjectOutcome

__all__ = ["Content", "Held", "Kind", "Obstacle", "Store", "Stored", "place_of"]


class Kind(StrEnum):
    """What lies under a name."""

    FILE = "file"
    MARKER = "marker"
    """Nothing but the note that the name was deleted (S3's delete marker)."""
    UPLOAD = "upload"
    """Parts that were uploaded and never put together."""
    FOLDER = "folder"
    """An empty folder, or what stands for one."""
    LINK = "link"
    """A symbolic link, or anything else without content of its own. Never followed."""


@dataclass(frozen=True)
class Stored:
    """One thing under a name: a file, one version of it, a marker, an unfinished upload."""

    key: str = field(repr=False)
    kind: Kind
    modified: datetime
    size: int = 0
    id: str = ""
    """The version's or upload's; empty where a name has one thing only."""
    mark: str = ""
    """What the store says that changes with the content: ETag; inode and time."""
    current: bool = True
    """What is read under the name now."""

    @property
    def trace(self) -> bool:
        """Whether it is no more than a name: a marker, an empty folder."""
        return self.kind in (Kind.MARKER, Kind.FOLDER)

    @property
    def place(self) -> str:
        """Its key in the contract's words."""
        parts = [self.key, *([self.id] if self.id else []), *(["upload"] if self.kind is Kind.UPLOAD else [])]
        return json.dumps(parts)

    @property
    def fingerprint(self) -> str:
        """Differs once anything was written under its name."""
        told: dict[str, JsonValue] = {"kind": self.kind.value, "mark": self.mark, "size": self.size}
        return fingerprint(told | {"place": self.place, "modified": self.modified.isoformat()})


def place_of(key: str) -> tuple[str, str, bool]:
    """A key in the contract's words taken apart: name, id, whether it is an upload's.

    Raises:
        Quarantine: it is none of a file's.
    """
    try:
        parts = json.loads(key)
    except ValueError:
        parts = None
    if not isinstance(parts, list) or not parts or not all(isinstance(one, str) and one for one in parts):
        raise Quarantine("A key is none of a file's.")
    return parts[0], parts[1] if len(parts) > 1 else "", parts[2:] == ["upload"]


@dataclass(frozen=True)
class Held:
    """What is under one name. Without things it is a folder's, ending in a slash, and can be looked into."""

    key: str = field(repr=False)
    things: tuple[Stored, ...] = ()


@dataclass(frozen=True)
class Content:
    """A file's bytes, and what is noted beside them."""

    bytes: bytes = field(repr=False)
    told: dict[str, JsonValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Obstacle:
    """Why a thing stays."""

    reason: str
    until: date | None = None
    """The last day on which it stays, if that is known."""

    def outcome(self, collection: str, key: str) -> ObjectOutcome:
        """The same, of one object."""
        return ObjectOutcome(collection=collection, key=key, fate=Fate.BLOCKED, reason=self.reason, until=self.until)


class Store(Protocol):
    """A bucket, or a folder. Raises the contract's errors; names of files are in none of them."""

    def listed(self, folder: str, start: str, *, deep: bool) -> AsyncIterator[Held]:
        """What lies in a folder, as far as its names begin so.

        Args:
            folder: empty, or ending in a slash.
            start: what names begin with, in any spelling of accents. More may be given.
            deep: everything below, instead of folders to look into. Empty folders are given as such.
        """
        ...

    def at(self, key: str, *, upload: bool = False) -> AsyncIterator[Stored]:
        """All that lies under exactly this name."""
        ...

    async def read(self, stored: Stored) -> Content | str | None:
        """A file's content; a reason (a code) why it cannot be read; None if it has gone.

        Raises:
            Quarantine: it is longer than the settings allow.
        """
        ...

    async def delete(self, stored: Stored, others: Collection[str]) -> Obstacle | None:
        """Delete it for good, unless it is not as it was listed. What else lies under the name stays.

        Args:
            stored: it.
            others: all names that are to be deleted with it.
        """
        ...

    async def left_over(self, key: str, bearing: int) -> bool:
        """Whether only traces of this name are left: a marker; empty folders from so many segments on."""
        ...

    async def clear(self, key: str, bearing: int) -> None:
        """Remove these traces, if nothing else is left."""
        ...

    async def obstacle(self, stored: Stored) -> Obstacle | None:
        """What forbids to delete it, as far as the store tells without trying."""
        ...

    async def ready(self, folders: Collection[str]) -> None:
        """See to it that there is something to look into.

        Args:
            folders: what the patterns begin with.

        Raises:
            Terminal: one is missing.
        """
        ...

    async def wrong(self, folders: Collection[str]) -> tuple[list[str], list[str]]:
        """What is missing to work with these folders, a sentence each; and what could not be tried."""
        ...

    async def aclose(self) -> None:
        """Give back connections."""
        ...
