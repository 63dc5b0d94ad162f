"""Collected pages in storage: written encrypted one by one as they come, read back one by one.

A page's number and cursor go together, so a page written again after a crash replaces itself.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from pydantic import Field, JsonValue

from activities.ledger import Ledger, Tx
from activities.storage import Storage
from activities.vault import RequestKey
from habeas.connector import Collection, Manifest, Page, Record, RecordRef
from habeas.model import Frozen, SystemName

COLLECTED = "collected/"
_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})


def page_path(request_id: str, system: str, number: int) -> str:
    """Where a page lies. Nothing in the name says whose it is."""
    return f"requests/{request_id}/collected/{system}/{number:06d}.page"


def found_folder(request_id: str, act_id: str) -> str:
    """Where what a human found lies until it is taken in: under the act by which they said so."""
    return f"requests/{request_id}/tasks/{act_id}"


class Span(Frozen):
    """Where a collection's records lie: how many, on which pages."""

    rows: int = 0
    first: int = 0
    last: int = 0
    filled: tuple[str, ...] | None = None
    """Of the fields that some laws keep back, those that have a value in any record; None: it was not looked at."""

    def holds(self, field: str) -> bool:
        """Whether there is a value to keep back."""
        return self.filled is None or field in self.filled


class Collected(Frozen):
    """What was collected from a system, and how far it has come. PII-free: it travels in heartbeats."""

    cursor: str | None = None
    pages: int = 0
    records: int = 0
    files: int = 0
    free_text: bool = False
    collections: dict[str, Span] = Field(default_factory=dict)
    roots: str | None = None
    """A name for the records below which it was collected, which says nothing without the request's key."""
    seen: str = "0"
    """Which of these came themselves: a bit for each, in hex, by their order."""
    content: str | None = None
    """A name for all pages so far, which says nothing without the request's key: another page is another name."""

    def missing(self, roots: Sequence[RecordRef]) -> tuple[RecordRef, ...]:
        """Those of these records, in the order in which `after` had them, of which nothing has come."""
        return tuple(one for n, one in enumerate(roots) if not int(self.seen, 16) >> n & 1)

    def after(
        self,
        page: Page,
        kinds: Mapping[str, Collection],
        written: str | None = None,
        roots: Sequence[RecordRef] = (),
    ) -> Collected:
        """Once this page is stored.

        Args:
            page: the next one.
            kinds: the system's collections by their names; every record on the page is of one of them.
            written: as `Pages.write` answers.
            roots: below which it is collected.
        """
        came = {(record.collection, record.key) for record in page.records}
        bits = sum(1 << n for n, one in enumerate(roots) if (one.collection, one.key) in came)
        spans = dict(self.collections)
        for name, rows in Counter(record.collection for record in page.records).items():
            before = spans.get(name) or Span(first=self.pages, filled=())
            filled = before.filled
            if filled is not None:
                filled = tuple(sorted({*filled, *_filled(page, kinds[name])}))
            spans[name] = Span(rows=before.rows + rows, first=before.first, last=self.pages, filled=filled)
        return Collected(
            cursor=page.cursor,
            pages=self.pages + 1,
            records=self.records + len(page.records),
            files=self.files + sum(len(record.files) for record in page.records),
            free_text=self.free_text or any(kinds[one.collection].texts(one) for one in page.records),
            collections=spans,
            roots=self.roots,
            seen=f"{int(self.seen, 16) | bits:x}",
            content=_named(self.content, written),
        )


def _filled(page: Page, kind: Collection) -> set[str]:
    """Fields that a copy may have to keep back (by origin or type) and that a record on this page has a value in."""
    watched = {*kind.origins, *kind.types}
    records = [record for record in page.records if record.collection == kind.name]
    found = {field for record in records for field in watched if record.data.get(field) not in _EMPTY}
    if kind.file_field in watched and any(record.files for record in records):
        found.add(str(kind.file_field))
    return found


async def save_collected(tx: Tx, request_id: str, system: str, collected: Collected) -> None:
    """Remember what was collected from a system."""
    await tx.seal(request_id, f"{COLLECTED}{system}", collected)


async def load_collected(tx: Tx, request_id: str) -> dict[str, Collected]:
    """What was collected, by system."""
    found = {}
    for name in await tx.sealed_names(request_id, prefix=COLLECTED):
        collected = await tx.unseal(request_id, name, Collected)
        if collected is not None:
            found[name.removeprefix(COLLECTED)] = collected
    return found


def outdated(collected: Mapping[str, Collected], manifests: Mapping[str, Manifest]) -> tuple[SystemName, ...]:
    """Systems of which something was collected that they do not have by that name any more: a table was renamed, say.

    What lies in storage then says nothing that a plan or a copy could be made of, and is collected again.
    """
    return tuple(
        name
        for name, one in sorted(collected.items())
        if name not in manifests or one.collections.keys() - {each.name for each in manifests[name].collections}
    )


class Pages:
    """One request's collected pages."""

    def __init__(self, ledger: Ledger, storage: Storage, request_id: str) -> None:
        self._ledger = ledger
        self._storage = storage
        self._request_id = request_id

    async def write(self, system: str, number: int, page: Page) -> str:
        """Store one page, sealed by the request's key; a name for what is on it, which says nothing without that key.

        Raises:
            StorageFull: there is no room; nothing is visible under the page's name.
        """
        return await self._put(page_path(self._request_id, system, number), page)

    async def write_found(self, act_id: str, number: int, page: Page) -> None:
        """Store one page of what a human found.

        Raises:
            StorageFull: as `write`.
        """
        await self._put(f"{found_folder(self._request_id, act_id)}/{number:06d}.page", page)

    async def read_found(self, act_id: str, pages: int) -> AsyncIterator[Page]:
        """What a human found, page by page; the last has no cursor."""
        for number in range(pages):
            path = f"{found_folder(self._request_id, act_id)}/{number:06d}.page"
            records = [record async for record in self._records(path)]
            yield Page(records=tuple(records), cursor=str(number + 1) if number + 1 < pages else None)

    async def _put(self, path: str, page: Page) -> str:
        key = await self._ledger.key(self._request_id)
        digest = hashlib.sha256()
        await self._storage.put(path, key.encrypt(_lines(page, digest), path))
        return _name_of(key, digest)

    async def read(self, system: str, pages: range, collection: str | None = None) -> AsyncIterator[Record]:
        """The records on these pages, of one collection or of all, as they were collected; one page in memory."""
        for number in pages:
            async for record in self._records(page_path(self._request_id, system, number)):
                if collection is None or record.collection == collection:
                    yield record

    async def content(self, system: str, pages: int, progress: Callable[[], None] = lambda: None) -> str | None:
        """The name for what is on these pages now, as `Collected.content` has it of what was on them.

        Args:
            system: whose.
            pages: how many there are.
            progress: called after each.
        """
        key, name = await self._ledger.key(self._request_id), None
        for number in range(pages):
            page = await self._page(page_path(self._request_id, system, number))
            name = _named(name, _name_of(key, hashlib.sha256(page)))
            progress()
        return name

    async def _records(self, path: str) -> AsyncIterator[Record]:
        for line in (await self._page(path)).split(b"\n")[:-1]:
            yield Record.model_validate_json(line)

    async def _page(self, path: str) -> bytearray:
        key = await self._ledger.key(self._request_id)
        content = bytearray()
        async for chunk in key.decrypt(self._storage.get(path), path):
            content += chunk
        return content


def _name_of(key: RequestKey, page: hashlib._Hash) -> str:
    return key.digest(f"page/{page.hexdigest()}")


def _named(before: str | None, page: str | None) -> str:
    return hashlib.sha256(f"{before}/{page}".encode()).hexdigest()


async def _lines(page: Page, digest: hashlib._Hash) -> AsyncIterator[bytes]:
    for record in page.records:
        line = record.model_dump_json().encode() + b"\n"
        digest.update(line)
        yield line
