"""Reads a package back, whole, before anybody is offered it: every member against the manifest, the directory too."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from dataclasses import dataclass

import orjson
from pydantic import Field, ValidationError
from stream_unzip import NO_ENCRYPTION, UnzipError, stream_unzip

from activities.package.bridge import Bridge
from activities.package.errors import PackageDamaged
from activities.package.writer import INDEX, MANIFEST, SCHEMA
from habeas.model import Frozen

__all__ = ["PackageCheck", "verify_package"]

_CHUNK = 1 << 18
_MANIFEST_LIMIT = 256 << 20
# Local header with its extra fields (ZIP64 sizes, time) and data descriptor, in bytes.
_LOCAL, _DESCRIPTOR = 30 + 20 + 9, 24
_ENTRY = struct.Struct("<4s4B4HL2L5H2L")
_ZIP64 = struct.Struct("<2H3Q")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENDING = _END64.size + 20 + 22


class PackageCheck(Frozen):
    """A package that is whole."""

    files: int = Field(ge=2)
    """Members, the manifest among them."""
    bytes: int
    """Size of the ZIP file."""
    sha256: str
    """Of the ZIP file, in hex."""


class _Entry(Frozen):
    path: str
    size: int
    sha256: str
    rows: int | None = None


class _Manifest(Frozen):
    # "schema" is a name that pydantic keeps for itself.
    version: str = Field(alias="schema")
    request: str
    right: str
    made_at: str
    files: tuple[_Entry, ...]


@dataclass(frozen=True)
class _Seen:
    size: int
    sha256: str
    crc: int
    rows: int | None


async def verify_package(stream: AsyncIterable[bytes]) -> PackageCheck:
    """Read a whole package and compare it with its own manifest.

    Args:
        stream: the bytes of the ZIP file, decrypted.

    Raises:
        PackageDamaged: not a ZIP, cut short, a member changed, missing, added or twice, JSON that is none, or a
            directory that does not fit. The message names no file: attachments' names may be personal.
    """
    source = _Source(stream)
    seen: dict[str, _Seen] = {}
    manifest = b""
    async with Bridge() as bridge:
        try:
            async for path, chunks in bridge.drain(_members(bridge, source)):
                if path in seen or MANIFEST in seen:
                    raise PackageDamaged("A file is there twice, or comes after the manifest.")
                if path == MANIFEST:
                    source.keep = True
                    manifest, seen[path] = await _read(bridge, chunks)
                else:
                    seen[path] = await _digest(bridge, chunks, path)
        except UnzipError as error:
            raise PackageDamaged(f"It cannot be unpacked ({type(error).__name__}).") from None
    _compare(seen, _parsed(manifest))
    _check_directory(seen, source)
    return PackageCheck(files=len(seen), bytes=source.size, sha256=source.digest.hexdigest())


class _Source:
    """The stream, counted and hashed on its way; from the manifest on its bytes are kept for the directory's check."""

    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0
        self.keep = False
        self.tail = bytearray()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in self._stream:
                self.digest.update(chunk)
                self.size += len(chunk)
                if not self.keep:
                    self.tail.clear()
                self.tail += chunk
                yield chunk
        finally:
            # Damage ends the reading early; whatever the stream holds open is given back at once.
            if isinstance(self._stream, AsyncGenerator):
                await self._stream.aclose()


def _members(bridge: Bridge, source: _Source) -> Iterator[tuple[str, Iterator[bytes]]]:
    zipped = stream_unzip(
        bridge.pull(source.chunks()), chunk_size=_CHUNK, allowed_encryption_mechanisms=(NO_ENCRYPTION,)
    )
    for name, _size, chunks in zipped:
        yield name.decode(errors="replace"), chunks


async def _digest(bridge: Bridge, chunks: Iterator[bytes], path: str) -> _Seen:
    digest, size, crc = hashlib.sha256(), 0, 0
    lines = _Lines() if path.startswith("data/") and path.endswith(".json") else None
    async for chunk in bridge.drain(chunks):
        digest.update(chunk)
        size += len(chunk)
        crc = zlib.crc32(chunk, crc)
        if lines:
            lines.feed(chunk)
    return _Seen(size, digest.hexdigest(), crc, lines.end() if lines else None)


async def _read(bridge: Bridge, chunks: Iterator[bytes]) -> tuple[bytes, _Seen]:
    content = bytearray()
    async for chunk in bridge.drain(chunks):
        content += chunk
        if len(content) > _MANIFEST_LIMIT:
            raise PackageDamaged("The manifest is too large.")
    whole = bytes(content)
    return whole, _Seen(len(whole), hashlib.sha256(whole).hexdigest(), zlib.crc32(whole), None)


class _Lines:
    """Checks an array with one record per line as it comes by: never more than one record is held."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._rows = 0
        self._begun = self._ended = False

    def feed(self, chunk: bytes) -> None:
        start, at = 0, chunk.find(b"\n")
        while at >= 0:
            self._line(bytes(self._rest + chunk[start:at]) if self._rest else chunk[start:at])
            self._rest.clear()
            start, at = at + 1, chunk.find(b"\n", at + 1)
        self._rest += chunk[start:]

    def _line(self, line: bytes) -> None:
        if not self._begun and line == b"[":
            self._begun = True
        elif self._begun and not self._ended and line == b"]":
            self._ended = True
        elif not self._begun or self._ended or not _is_object(line.removesuffix(b",")):
            raise PackageDamaged("A JSON file is not a list of records.")
        else:
            self._rows += 1

    def end(self) -> int:
        if self._rest or not self._ended:
            raise PackageDamaged("A JSON file does not end as it should.")
        return self._rows


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _parsed(content: bytes) -> _Manifest:
    try:
        manifest = _Manifest.model_validate_json(content)
    except ValidationError:
        raise PackageDamaged("The manifest is missing or cannot be read.") from None
    if manifest.version != SCHEMA:
        raise PackageDamaged("The manifest is of another version.")
    return manifest


def _compare(seen: dict[str, _Seen], manifest: _Manifest) -> None:
    expected = {entry.path: entry for entry in manifest.files}
    if len(expected) != len(manifest.files) or seen.keys() != expected.keys() | {MANIFEST} or INDEX not in seen:
        raise PackageDamaged("The files are not those that the manifest names.")
    for path, entry in expected.items():
        found = seen[path]
        rows = found.rows if found.rows is not None else entry.rows
        if (found.size, found.sha256, rows) != (entry.size, entry.sha256, entry.rows):
            raise PackageDamaged("A file is not what the manifest says.")


def _check_directory(seen: dict[str, _Seen], source: _Source) -> None:
    """The directory at the ZIP's end, by which other programs find the members; unpacking as a stream skips it.

    Every entry must name its member, and the members lie one behind the other from the start of the file.
    """
    tail = bytes(source.tail[-_ENDING:])
    if len(tail) < _ENDING:
        raise PackageDamaged("It ends too early.")
    size, offset = _END64.unpack_from(tail)[-2:]
    if offset + size + _ENDING != source.size:
        raise PackageDamaged("It does not end as it should.")
    try:
        entries = list(_directory(memoryview(source.tail)[-_ENDING - size : -_ENDING]))
    except struct.error:
        raise PackageDamaged("The directory at its end cannot be read.") from None
    at, fits = 0, tail == _ending(len(seen), size, offset) and len(entries) == len(seen)
    for (path, found), (name, crc, length, start, compressed) in zip(seen.items(), entries, strict=False):
        fits = fits and (name, crc, length, start) == (path.encode(), found.crc, found.size, at)
        at += _LOCAL + len(name) + compressed + _DESCRIPTOR
    if not fits or at != offset:
        raise PackageDamaged("The directory at its end does not fit.")


def _directory(entries: memoryview) -> Iterator[tuple[bytes, int, int, int, int]]:
    """Name, CRC, size, offset, compressed size of each entry."""
    at = 0
    while at < len(entries):
        fields = _ENTRY.unpack_from(entries, at)
        if fields[0] != b"PK\x01\x02":
            raise PackageDamaged("The directory at its end cannot be read.")
        crc, name_length, extra_length = fields[9], fields[12], fields[13]
        name = bytes(entries[at + _ENTRY.size :][:name_length])
        _, _, size, compressed, offset = _ZIP64.unpack_from(entries, at + _ENTRY.size + name_length)
        yield name, crc, size, offset, compressed
        at += _ENTRY.size + name_length + extra_length


def _ending(count: int, size: int, offset: int) -> bytes:
    """The records that close a ZIP64 file (APPNOTE 4.3.14 to 4.3.16), as the writer makes them."""
    return (
        _END64.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
        + struct.pack("<4sLQL", b"PK\x06\x07", 0, offset + size, 1)
        + struct.pack("<4s4H2LH", b"PK\x05\x06", *(0xFFFF,) * 4, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    )
