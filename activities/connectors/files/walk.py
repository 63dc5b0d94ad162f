"""Everything of a person as records, in one order, from any place in it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date

from pydantic import JsonValue

from activities.connectors.files.media import media_type
from activities.connectors.files.search import Hit, Identity, Patterns, Wanted
from activities.connectors.files.settings import Anchor, FilesSettings
from activities.connectors.files.store import Kind, Store, Stored, place_of
from habeas.connector import File, Page, Record, RecordRef
from habeas.errors import Quarantine

__all__ = ["Walk", "readable"]

_AT_ONCE = 100
_LARGE = 1_000_000
_MARKS = 16


class Walk:
    """One system's files of a person.

    Args:
        secret: mixed into cursors, so that nobody can guess a name from one.
    """

    def __init__(self, system: str, store: Store, patterns: Patterns, settings: FilesSettings, secret: str) -> None:
        self._system = system
        self._store = store
        self._patterns = patterns
        self._settings = settings
        self._salt = hashlib.sha256(f"habeas cursor\0{system}\0{secret}".encode()).hexdigest()

    async def hits(self, roots: Iterable[RecordRef]) -> list[Hit]:
        """All that lies under names of the same persons as the roots', sorted."""
        wanted: dict[str, dict[Identity, None]] = {}
        for root in roots:
            identities = self._patterns.identities(root.collection, place_of(root.key)[0])
            if len(identities) != 1:
                raise Quarantine(f"A record of {self._system} is none that its patterns know.", system=self._system)
            wanted.setdefault(root.collection, {})[identities[0]] = None
        found: dict[tuple[str, str], Hit] = {}
        for collection, whose in wanted.items():
            search = [Wanted(dict(one)) for one in whose]
            async for hit in self._patterns.find(self._store, collection, search):
                found[collection, hit.stored.place] = hit
        order = {name: number for number, name in enumerate(self._settings.collections)}
        return sorted(found.values(), key=lambda one: (order[one.collection], *_order(one.stored)))

    async def pages(self, roots: Iterable[RecordRef], cursor: str | None) -> AsyncIterator[Page]:
        """All of it, from a cursor on: after the last record it names that is still there."""
        page: list[Record] = []
        size = 0
        last: list[str] = []
        for hit in self._after(await self.hits(roots), cursor):
            if len(page) >= _AT_ONCE or size >= _LARGE:
                yield Page(records=tuple(page), cursor=".".join(last[-_MARKS:]))
                page, size = [], 0
            record = await self._record(hit)
            if record is not None:
                page.append(record)
                size += sum(len(one.content) for one in record.files)
            last.append(self._mark(hit))
        yield Page(records=tuple(page), cursor=None)

    def bare(self, hit: Hit) -> Record:
        """A record without what it says."""
        stored = hit.stored
        return Record(collection=hit.collection, key=stored.place, data={}, fingerprint=stored.fingerprint)

    def _after(self, hits: Sequence[Hit], cursor: str | None) -> Sequence[Hit]:
        marks = frozenset(cursor.split(".")) if cursor else frozenset()
        return hits[max((at for at, one in enumerate(hits, 1) if self._mark(one) in marks), default=0) :]

    def _mark(self, hit: Hit) -> str:
        told = f"{self._salt}\0{hit.collection}\0{hit.stored.place}\0{hit.stored.fingerprint}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    async def _record(self, hit: Hit) -> Record | None:
        stored, rule = hit.stored, self._settings.collections[hit.collection]
        data: dict[str, JsonValue] = {"name": readable(stored.key), "modified": stored.modified.isoformat()}
        if stored.kind is Kind.FILE:
            data |= {"size": stored.size} | ({} if stored.current else {"superseded": True})
        else:
            data["kind"] = stored.kind.value
        files: tuple[File, ...] = ()
        if stored.kind is Kind.FILE and not rule.without_content and (stored.size or not stored.key.endswith("/")):
            content = await self._store.read(stored)
            if content is None:
                return None
            if isinstance(content, str):
                data["content_not_given"] = content
            else:
                name = readable(stored.key.rstrip("/").rsplit("/", 1)[-1])
                files = (File(name=name, media_type=media_type(content.bytes), content=content.bytes),)
                data |= content.told | {"content": True}
        return self.bare(hit).model_copy(update={"data": data, "files": files, "anchor": self._anchor(hit)})

    def _anchor(self, hit: Hit) -> date | None:
        if self._settings.collections[hit.collection].anchor is Anchor.MODIFIED:
            return hit.stored.modified.date()
        # Whatever else the name could say was ruled out when it was found.
        return self._patterns[hit.collection].readings(hit.stored.key)[0].day


def readable(name: str) -> str:
    """A name that is no text (POSIX knows bytes only), as far as it can be shown."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _order(stored: Stored) -> tuple[str, float, str]:
    return stored.key, stored.modified.timestamp(), stored.id
