"""What was collected, as a reviewer sees it: record by record, with what may be about others and what is taken out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import Field, JsonValue

from activities.ledger.results import object_name
from activities.pages import Collected, Pages
from activities.vault import RequestKey
from habeas.connector import Record
from habeas.errors import BadInput
from habeas.model import Frozen
from habeas.others import Known, Mark, marks
from habeas.redaction import Part, Redactor, Standing, files_meant, spans, texts

__all__ = ["CollectedRecord", "CollectedSystem", "Found", "Reader", "ShownFile", "ShownValue", "Taken"]

_POSITION = re.compile(r"([a-z][a-z0-9_-]{0,79})/(\d{1,6})/(\d{1,6})(?:/([0-9a-f]{12}))?")
_HANDLE = 12
MOST_CHARACTERS = 500_000
"""Of the records on one page of an answer; one record may have more."""


class Taken(Frozen):
    """What of a value is taken out."""

    redaction: str
    ground: str
    part: Part
    start: int
    end: int
    """In characters, from 0; where the whole value goes, all of it."""


class ShownValue(Frozen):
    """One value of a record. Personal."""

    path: str = Field(repr=False)
    """A JSON Pointer into the record's data."""
    value: JsonValue = Field(repr=False)
    marks: tuple[Mark, ...] = ()
    """What may be about somebody else; hints, see `habeas.others`."""
    taken: tuple[Taken, ...] = ()


class ShownFile(Frozen):
    """An attachment. Its content is not looked into. Personal."""

    number: int
    """In its record, from 1."""
    name: str = Field(repr=False)
    media_type: str
    size: int
    """Bytes."""
    redaction: str | None = None


class CollectedRecord(Frozen):
    """One record. Personal."""

    object: str
    """Names it in acts: where it lies and a keyed digest. Identifies nobody."""
    system: str
    collection: str
    values: tuple[ShownValue, ...] = Field(repr=False)
    files: tuple[ShownFile, ...] = Field(default=(), repr=False)
    redaction: str | None = None
    """By which all of it is taken out."""


class CollectedSystem(Frozen):
    """How much of a system there is."""

    system: str
    records: int
    files: int
    collections: dict[str, int]


@dataclass(frozen=True)
class Found:
    """A record and where it lies."""

    system: str
    page: int
    place: int
    record: Record

    @property
    def position(self) -> str:
        """Of the record, as a cursor says it."""
        return f"{self.system}/{self.page}/{self.place}"


class Reader:
    """Reads what was collected for one request."""

    def __init__(self, pages: Pages, key: RequestKey, collected: Mapping[str, Collected]) -> None:
        self._pages = pages
        self._key = key
        self._collected = dict(sorted(collected.items()))

    def systems(self) -> tuple[CollectedSystem, ...]:
        """What there is, by system."""
        return tuple(
            CollectedSystem(
                system=name,
                records=one.records,
                files=one.files,
                collections={each: span.rows for each, span in sorted(one.collections.items())},
            )
            for name, one in self._collected.items()
        )

    def handle(self, found: Found) -> str:
        """What names a record in acts."""
        name = object_name(found.system, found.record.collection, found.record.key)
        return f"{found.position}/{self._key.digest(name)[:_HANDLE]}"

    async def read(self, system: str | None = None, start: str | None = None) -> AsyncIterator[Found]:
        """Records in the order in which they lie: of one system or of all, from a position on.

        Raises:
            BadInput: there is no such system or position.
            StorageMissing: what was collected was deleted since.
        """
        first = (system or "", 0, 0) if start is None else self._position(start, "cursor")[:3]
        names = [name for name in self._collected if name == system or (system is None and name >= first[0])]
        if system is not None and (not names or first[0] != system):
            raise BadInput("system: nothing was collected from a system of this name.", field="system")
        for name in names:
            at_page, at_place = first[1:] if name == first[0] else (0, 0)
            for page in range(at_page, self._collected[name].pages):
                place = 0
                async for record in self._pages.read(name, range(page, page + 1)):
                    if page > at_page or place >= at_place:
                        yield Found(name, page, place, record)
                    place += 1

    async def one(self, handle: str) -> Found:
        """The record of this handle, where it lies now.

        Raises:
            BadInput: there is none.
        """
        system, page, place, digest = self._position(handle, "object")
        if digest and system in self._collected:
            if page < self._collected[system].pages:
                async for found in self._from(system, page, place):
                    if self.handle(found).endswith(f"/{digest}"):
                        return found
                    break
            # It was collected anew since, and lies elsewhere.
            async for found in self.read(system):
                if self.handle(found).endswith(f"/{digest}"):
                    return found
        raise BadInput("object: there is no such record; `habeas request collected` names them.", field="object")

    async def unmet(self, standing: Collection[Standing]) -> frozenset[str]:
        """The redactions, by id, that nothing of what there is now bears. Reads until each has been met.

        Raises:
            StorageMissing: what was collected was deleted since.
        """
        trial, left = Redactor(standing, lambda ground: ""), {one.id for one in standing}
        meant = {one.redaction.place.system if one.redaction.place else None for one in standing}
        for system in self._collected:
            if not left or not meant & {system, None}:
                continue
            async for found in self.read(system):
                if trial.about(system, found.record):
                    trial.redacted(system, found.record)
                    left -= trial.met.keys()
                if not left:
                    break
        return frozenset(left)

    async def _from(self, system: str, page: int, place: int) -> AsyncIterator[Found]:
        n = 0
        async for record in self._pages.read(system, range(page, page + 1)):
            if n == place:
                yield Found(system, page, place, record)
            n += 1

    def _position(self, text: str, field: str) -> tuple[str, int, int, str | None]:
        match = _POSITION.fullmatch(text)
        if match is None:
            raise BadInput(f"{field}: as an answer of `habeas request collected` has it.", field=field)
        system, page, place, digest = match.groups()
        return system, int(page), int(place), digest

    def shown(self, found: Found, redactor: Redactor, known: Known) -> CollectedRecord:
        """A record as a reviewer sees it."""
        about = redactor.about(found.system, found.record)
        gone = {
            n: one.id
            for one in about
            if one.redaction.part is Part.FILE
            for n in files_meant(found.record.files, one.redaction)
        }
        return CollectedRecord(
            object=self.handle(found),
            system=found.system,
            collection=found.record.collection,
            values=tuple(
                ShownValue(path=path, value=value, marks=_marks(value, known), taken=tuple(_taken(path, value, about)))
                for path, value in texts(found.record.data)
            ),
            files=tuple(
                ShownFile(
                    number=n + 1,
                    name=one.name,
                    media_type=one.media_type,
                    size=len(one.content),
                    redaction=gone.get(n),
                )
                for n, one in enumerate(found.record.files)
            ),
            redaction=next((one.id for one in about if one.redaction.part is Part.OBJECT), None),
        )


def _marks(value: JsonValue, known: Known) -> tuple[Mark, ...]:
    return marks(value, known) if isinstance(value, str) else ()


def _taken(path: str, value: JsonValue, about: Iterable[Standing]) -> Iterator[Taken]:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    for one in about:
        field = one.redaction.path
        if one.redaction.part is Part.FIELD and field and (path == field or path.startswith(f"{field}/")):
            yield Taken(redaction=one.id, ground=one.ground, part=Part.FIELD, start=0, end=len(text))
    for start, end, one in spans(text, path, about):
        yield Taken(redaction=one.id, ground=one.ground, part=Part.PASSAGE, start=start, end=end)
