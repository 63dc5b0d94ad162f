"""One collection's records as JSON and as CSV, as streams; what the page shows of them is gathered on the way."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

from pydantic import JsonValue

from activities.package.errors import SourceChanged
from activities.package.facts import CollectionFacts, OpenRecords, SystemFacts
from activities.package.jsonl import json_line
from activities.package.names import Names, safe_name
from activities.package.preview import Node
from activities.package.schema import Shape
from habeas.connector import File, Record
from habeas.redaction import MARKED

__all__ = ["Attachment", "Table", "csv_cell"]

PREVIEW_ROWS = 50
SHOWN_ATTACHMENTS = 200
_CHUNK = 1 << 17
_FILES = "_files"
# What a spreadsheet takes for the start of a formula (OWASP, CSV injection), full-width forms too.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
_NEGATIVE = re.compile(r"-\d+([.,]\d+)?")


@dataclass(frozen=True)
class Attachment:
    """A file of a record, as it lies in the package."""

    path: str
    name: str
    media_type: str
    size: int


@dataclass
class Table:
    """One collection on its way into the package."""

    system: SystemFacts
    facts: CollectionFacts
    open: OpenRecords
    json_path: str
    csv_path: str
    files_folder: str
    show: Callable[[JsonValue], Node]
    columns: list[str] = field(default_factory=list)
    preview: list[dict[str, Node]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    """The first ones; ``attachment_count`` counts all."""
    attachment_count: int = 0
    shape: Shape = field(default_factory=Shape)

    def __post_init__(self) -> None:
        self._withheld = {w.field for w in self.facts.withheld}
        self.columns = [c for c in self.facts.columns if self._discloses(c)]

    async def json(self) -> AsyncGenerator[bytes, None]:
        """A JSON array, one record per line. Fills in columns, preview and attachments."""
        known, buffer, first = set(self.columns), bytearray(b"["), True
        async with aclosing(self._records()) as records:
            async for record, files in records:
                row = self._disclosed(record)
                self.columns += (new := [name for name in row if name not in known])
                known.update(new)
                if len(self.preview) < PREVIEW_ROWS:
                    self.preview.append({name: self.show(value) for name, value in row.items()})
                self._note(files)
                buffer += b"\n" if first else b",\n"
                written = _with_files(row, files)
                self.shape.see(written)
                buffer += json_line(written)
                first = False
                if len(buffer) >= _CHUNK:
                    yield bytes(buffer)
                    buffer.clear()
        yield bytes(buffer + b"\n]\n")

    async def csv(self) -> AsyncGenerator[bytes, None]:
        """RFC 4180 in UTF-8 with a byte order mark, without which spreadsheets guess the letters wrong."""
        names = [*self.columns, _FILES] if self.attachment_count else self.columns
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        text.write("\ufeff")
        writer.writerow([csv_cell(name) for name in names])
        async with aclosing(self._records()) as records:
            async for record, files in records:
                row = self._disclosed(record)
                cells = [csv_cell(row.get(name)) for name in self.columns]
                if self.attachment_count:
                    cells.append(csv_cell("; ".join(a.path for a in files)))
                writer.writerow(cells)
                if text.tell() >= _CHUNK:
                    yield _encoded(text)
        yield _encoded(text)

    async def files(self) -> AsyncGenerator[tuple[Attachment, File], None]:
        """Every attachment with its content, in order."""
        async with aclosing(self._records()) as records:
            async for record, files in records:
                for attachment, file in zip(files, record.files, strict=True):
                    yield attachment, file

    async def _records(self) -> AsyncGenerator[tuple[Record, list[Attachment]], None]:
        count, names, number = 0, Names(), 0
        stream = self.open()
        try:
            async for found in stream:
                record = found if self.facts.excerpt.files else found.model_copy(update={"files": ()})
                count += 1
                attachments = []
                for file in record.files:
                    number += 1
                    path = names.take(self.files_folder, f"{number}-{safe_name(file.name)}")
                    attachments.append(Attachment(path, file.name, file.media_type, len(file.content)))
                yield record, attachments
        finally:
            # Readers may stop early; whatever the source holds open is given back at once.
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()
        if count != self.facts.rows:
            raise SourceChanged(
                f"{self.system.name}/{self.facts.name}: {self.facts.rows} records counted, {count} read.",
                system=self.system.name,
            )

    def _disclosed(self, record: Record) -> dict[str, JsonValue]:
        return {name: value for name, value in record.data.items() if self._discloses(name)}

    def _discloses(self, field: str) -> bool:
        return field not in self._withheld and (field == MARKED or self.facts.excerpt.shows(field))

    def _note(self, files: list[Attachment]) -> None:
        self.attachment_count += len(files)
        self.attachments += files[: SHOWN_ATTACHMENTS - len(self.attachments)]


def _with_files(row: dict[str, JsonValue], files: list[Attachment]) -> dict[str, JsonValue]:
    if not files:
        return row
    name = _FILES
    while name in row:
        name += "_"
    listed = [{"path": a.path, "name": a.name, "media_type": a.media_type, "size": a.size} for a in files]
    return row | {name: cast("JsonValue", listed)}


def csv_cell(value: JsonValue) -> str:
    """One cell; text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else json_line(value).decode()
    return f"'{text}" if _FORMULA.match(text) and not _NEGATIVE.fullmatch(text) else text


def _encoded(text: io.StringIO) -> bytes:
    data = text.getvalue().encode(errors="backslashreplace")
    text.seek(0)
    text.truncate()
    return data


def slices(content: bytes, size: int = _CHUNK) -> Iterator[bytes]:
    """A file's content in pieces."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
