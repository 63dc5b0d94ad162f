"""Writes a package: a ZIP that a person can open and a machine can read, as a stream, in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import orjson
from isal import isal_zlib
from pydantic import AwareDatetime, JsonValue
from stream_zip import ZIP_64, stream_zip

from activities.package.bridge import Bridge
from activities.package.facts import PackageFacts, Sources
from activities.package.jsonl import json_line
from activities.package.names import Names, safe_name
from activities.package.page import page, words_for
from activities.package.preview import show
from activities.package.rows import Table, slices
from activities.package.schema import SCHEMAS, schemas
from habeas.errors import BadInput

__all__ = ["INDEX", "MANIFEST", "SCHEMA", "write_package"]

SCHEMA = "habeas.package/1"
INDEX = "index.html"
MANIFEST = "manifest.json"
_MODE = 0o100644
_CHUNK = 1 << 18


@dataclass(frozen=True)
class _Member:
    path: str
    content: AsyncGenerator[bytes, None]
    rows: int | None = None


@dataclass(frozen=True)
class _Written:
    path: str
    size: int
    sha256: str
    rows: int | None


async def write_package(facts: PackageFacts, sources: Sources, now: AwareDatetime) -> AsyncGenerator[bytes, None]:
    """The package as the bytes of a ZIP file, ready to be encrypted and stored.

    Members, in this order: for each collection with records ``data/<system>/<collection>.json`` and ``.csv`` and its
    attachments in ``files/<system>/<collection>/``; ``index.html``, ``schema.json``, ``article15.json``,
    ``withheld.json``; last ``manifest.json`` with size and SHA-256 of every other one. The same input gives the same
    bytes.

    Args:
        facts: what the package says.
        sources: the records of every collection that has any; each is read several times.
        now: when the package is made; also the date of its files.

    Close it (``contextlib.aclosing``) if it is not read to its end: its thread and its sources end then.

    Raises:
        BadInput: a source that the facts do not name, or facts whose source is missing.
        SourceChanged: a source gives another number of records than the facts say.
    """
    tables = _tables(facts, sources)
    stamp = now.astimezone(UTC)
    async with Bridge() as bridge:
        members = bridge.pull(_members(facts, tables, stamp))
        files = ((m.path, stamp, _MODE, ZIP_64, bridge.pull(m.content)) for m in members)
        # isal's object does what zlib's does; only the annotation insists on zlib's own class.
        deflate = cast("Any", partial(isal_zlib.compressobj, 1, wbits=-15))
        async for chunk in bridge.drain(iter(stream_zip(files, chunk_size=_CHUNK, get_compressobj=deflate))):
            yield chunk


def _tables(facts: PackageFacts, sources: Sources) -> list[Table]:
    words, names, tables = words_for(facts.language), Names(), []
    shown = partial(show, words=words, timezone=facts.timezone)
    filled = {(s.name, c.name) for s in facts.systems for c in s.collections if c.rows}
    known = {(s.name, c.name) for s in facts.systems for c in s.collections}
    if filled - sources.keys() or sources.keys() - known:
        raise BadInput("The sources are not those that the package's facts name.", field="sources")
    for system in facts.systems:
        folder = safe_name(system.name)
        for collection in (c for c in system.collections if c.rows):
            base = names.take(f"{folder}/", safe_name(collection.name, "records"))
            tables.append(
                Table(
                    system=system,
                    facts=collection,
                    open=sources[system.name, collection.name],
                    json_path=f"data/{base}.json",
                    csv_path=f"data/{base}.csv",
                    files_folder=f"files/{base}/",
                    show=shown,
                )
            )
    return tables


async def _members(facts: PackageFacts, tables: list[Table], now: datetime) -> AsyncGenerator[_Member, None]:
    written: list[_Written] = []
    async with aclosing(_contents(facts, tables, now)) as members:
        async for member in members:
            yield _Member(member.path, _noted(member, written))
    yield _Member(MANIFEST, _several(_manifest(facts, now, written)))


async def _contents(facts: PackageFacts, tables: list[Table], now: datetime) -> AsyncGenerator[_Member, None]:
    for table in tables:
        yield _Member(table.json_path, table.json(), table.facts.rows)
        yield _Member(table.csv_path, table.csv(), table.facts.rows)
        if table.attachment_count:
            async with aclosing(table.files()) as files:
                async for attachment, file in files:
                    yield _Member(attachment.path, _several(slices(file.content)))
    yield _Member(INDEX, _several(page(facts, tables, now, words_for(facts.language))))
    yield _Member(SCHEMAS, _several([json_line(schemas(tables)), b"\n"]))
    yield _Member("article15.json", _several([_pretty(_article15(facts, now))]))
    yield _Member("withheld.json", _several([_pretty(_withheld(facts))]))


async def _noted(member: _Member, written: list[_Written]) -> AsyncGenerator[bytes, None]:
    digest, size = hashlib.sha256(), 0
    async with aclosing(member.content) as content:
        async for chunk in content:
            digest.update(chunk)
            size += len(chunk)
            yield chunk
    written.append(_Written(member.path, size, digest.hexdigest(), member.rows))


async def _several(chunks: Iterable[bytes]) -> AsyncGenerator[bytes, None]:
    for chunk in chunks:
        yield chunk


def _pretty(value: Mapping[str, object]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _manifest(facts: PackageFacts, now: datetime, written: list[_Written]) -> Iterator[bytes]:
    head = {"schema": SCHEMA, "request": facts.request_id, "right": facts.right, "made_at": now.isoformat()}
    yield orjson.dumps(head)[:-1] + b',"files":['
    for n, file in enumerate(written):
        entry: dict[str, JsonValue] = {"path": file.path, "size": file.size, "sha256": file.sha256}
        if file.rows is not None:
            entry["rows"] = file.rows
        yield (b",\n" if n else b"\n") + orjson.dumps(entry)
    yield b"\n]}\n"


def _article15(facts: PackageFacts, now: datetime) -> Mapping[str, object]:
    authorities = [one.model_dump(exclude_none=True) for one in facts.authorities]
    return {
        "schema": "habeas.article15/1",
        "request": facts.request_id,
        "right": facts.right,
        "regime": facts.regime,
        "controller": facts.controller.model_dump(exclude_none=True),
        "received_on": facts.received_on.isoformat(),
        "made_at": now.isoformat(),
        "systems": [
            {
                "name": system.name,
                "title": system.title,
                "collections": [
                    {"name": c.name, "title": c.called, "category": c.category, "records": c.rows}
                    for c in system.collections
                ],
            }
            for system in facts.systems
        ],
        "categories": [category.model_dump(exclude_none=True) for category in facts.categories],
        "rights": list(facts.rights),
        "authority": authorities[0] if authorities else None,
        "authorities": authorities,
        "notes": facts.notes,
    }


def _withheld(facts: PackageFacts) -> Mapping[str, object]:
    return {
        "schema": "habeas.withheld/1",
        "request": facts.request_id,
        "fields": [
            {"system": s.name, "collection": c.name, "label": w.called, **w.model_dump(exclude_none=True)}
            for s in facts.systems
            for c in s.collections
            if c.rows
            for w in c.withheld
        ],
        "items": [item.model_dump(exclude_none=True) for item in facts.withheld],
        "missing": [system.model_dump(exclude_none=True) for system in facts.missing],
    }
